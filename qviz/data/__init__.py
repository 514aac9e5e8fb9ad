"""Calibration and evaluation sets: npz, folders of arrays or images, a user's own loader, random values."""
