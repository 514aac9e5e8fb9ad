"""The image tab: a weight as a picture, in float, quantized, and their difference."""
