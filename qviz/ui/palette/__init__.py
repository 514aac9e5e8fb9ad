"""The command palette: every action and quantizer by a few letters of its name."""
