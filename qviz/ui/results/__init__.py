"""What quantization did: history, samples, confusion matrix, size, and the comparison with baseline B."""
