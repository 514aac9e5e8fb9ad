"""What quantization wants to know about operators: which move data, which inputs are weights and biases."""

from collections.abc import Mapping

from qviz.graph.graph import Node, Tensor

MOVES_DATA = frozenset(
    (
        *("Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Slice", "Split", "Gather", "GatherElements"),
        *("GatherND", "Pad", "Tile", "Expand", "DepthToSpace", "SpaceToDepth", "Identity", "Dropout", "Compress"),
        *("MaxPool", "MaxRoiPool", "TopK", "ReduceMax", "ReduceMin", "Col2Im", "ReverseSequence", "Relu"),
    )
)  # values of the output are values of the first input (or zero): it stays on the input's grid
TAKES_INPUT = frozenset(("AveragePool", "Resize", "Upsample"))  # off the grid, but quantized as the input is
JOINS = "Concat"
ON_GRID = "DequantizeLinear"  # of an integer input of the model: its output lies on a grid already
SUPERGROUPS = frozenset(
    (
        *(("Conv", "Relu"), ("Conv", "Clip"), ("ConvTranspose", "Relu"), ("Add", "Relu"), ("Gemm", "Relu")),
        ("MatMul", "Add"),
    )
)  # (producer, only reader): nothing is quantized between them
WEIGHTS: Mapping[str, tuple[int, ...]] = {
    "Conv": (1,),
    "ConvTranspose": (1,),
    "Gemm": (1, 0),
    "MatMul": (1, 0),
    "Gather": (0,),
    "LSTM": (1, 2),
    "GRU": (1, 2),
    "RNN": (1, 2),
    "BatchNormalization": (1,),
    "InstanceNormalization": (1,),
    "LayerNormalization": (1,),
    "GroupNormalization": (1,),
    "RMSNormalization": (1,),
}  # inputs that are params where they are constant
BIASES: Mapping[str, int] = {"Conv": 2, "ConvTranspose": 2, "Gemm": 2}  # rescaled with s_x * s_w
UNQUANTIZED: Mapping[str, tuple[int, ...]] = {
    "LSTM": (3, 5, 6, 7),
    "GRU": (3, 5),
    "RNN": (3, 5),
    "BatchNormalization": (2, 3, 4),
    "InstanceNormalization": (2,),
    "LayerNormalization": (2,),
    "GroupNormalization": (2,),
    "QuantizeLinear": (1,),
    "DequantizeLinear": (1,),
    "Resize": (1, 2, 3),
    "Upsample": (1,),
    "Pad": (2,),
    "Dropout": (1,),
    "NonMaxSuppression": (3, 4),
    "OneHot": (2,),
    "Range": (0, 1, 2),
}  # float inputs that no quantizer stands on where they are constant: biases, statistics, factors, thresholds

SETTINGS_OF = frozenset(("Resize", "Upsample", "Dropout", "NonMaxSuppression", "Range"))  # whose such inputs steer it


def steers(node: Node, at: int) -> bool:
    """Whether input `at` is a factor or threshold rather than data: never quantized, even where it is computed."""
    return not node.domain and node.op in SETTINGS_OF and at in UNQUANTIZED[node.op]


def moves_data(node: Node) -> bool:
    """Whether the first output holds values of the first input only."""
    nearest = node.op in ("Resize", "Upsample") and node.attributes.get("mode", "nearest") == "nearest"
    return not node.domain and (node.op in MOVES_DATA or nearest)


def is_bias(node: Node, at: int) -> bool:
    """Whether input `at` is a bias that the bias rule decides about."""
    scaled = node.op == "Gemm" and any(float(node.attributes.get(k, 1)) != 1 for k in ("alpha", "beta"))
    return not node.domain and BIASES.get(node.op) == at and not scaled


def channel_axis(node: Node, at: int, weight: Tensor) -> int | None:
    """Axis of input `at` that counts output channels; None where the weight is quantized per tensor.

    AIMET's rule: Conv 0; ConvTranspose 1 (depthwise 0); Gemm 0 or 1 as transB says; MatMul last, or second last where
    the weight stands left.
    """
    rank = len(weight.shape or ())
    if node.domain or rank < 2:
        return None
    if node.op == "Conv" and at == 1:
        return 0
    if node.op == "ConvTranspose" and at == 1:
        return _transposed_axis(node, weight)
    if node.op == "Gemm" and at == 1:
        return 0 if node.attributes.get("transB", "0") == "1" else 1
    if node.op == "Gemm" and at == 0:
        return 1 if node.attributes.get("transA", "0") == "1" else 0
    if node.op == "MatMul":
        return rank - 1 if at == 1 else rank - 2
    return None


def _transposed_axis(node: Node, weight: Tensor) -> int:
    """Output channels within a group; the groups themselves where each has one output channel."""
    assert weight.shape is not None
    return 0 if node.attributes.get("group", "1") != "1" and weight.shape[1] == 1 else 1


def is_depthwise(node: Node, weight: Tensor | None) -> bool:
    """Whether a Conv has one input channel a group, and several groups."""
    if node.op != "Conv" or weight is None or weight.shape is None:
        return False
    return int(node.attributes.get("group", "1")) > 1 and weight.shape[1] == 1
