"""The inspector: settings of the selected quantizers, and those of the whole model."""
