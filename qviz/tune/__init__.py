"""Searches that use the simulator: what each quantizer costs."""
