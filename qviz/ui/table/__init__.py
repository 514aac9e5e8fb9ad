"""The table of all quantizers."""
