"""The mathematics of one tensor: numpy only; no file, no model, no Qt."""
