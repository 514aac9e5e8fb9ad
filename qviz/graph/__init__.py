"""The model as a user sees it: loading and checking ONNX, placing quantizers, layout."""
