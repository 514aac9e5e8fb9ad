"""The score strip: float, now, change, flips, samples done."""
