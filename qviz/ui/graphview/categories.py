"""Operators by what they do, for the colour of a card's stripe."""

_OPERATORS = {
    "linear": "Conv ConvTranspose Gemm MatMul ConvInteger MatMulInteger Einsum RNN LSTM GRU DeformConv Attention",
    "activation": "Relu LeakyRelu PRelu Elu Selu Celu Sigmoid HardSigmoid HardSwish Tanh Softmax LogSoftmax Softplus "
    "Softsign Gelu Mish Swish ThresholdedRelu Clip Hardmax Shrink",
    "pool": "MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool GlobalLpPool MaxRoiPool RoiAlign MaxUnpool "
    "ReduceMean ReduceMax ReduceMin ReduceSum ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSumExp",
    "normalization": "BatchNormalization InstanceNormalization LayerNormalization GroupNormalization LRN "
    "RMSNormalization LpNormalization MeanVarianceNormalization Dropout",
    "shape": "Reshape Flatten Transpose Squeeze Unsqueeze Expand Shape Size Cast Identity DepthToSpace SpaceToDepth",
    "elementwise": "Add Sub Mul Div Pow Sqrt Exp Log Abs Neg Min Max Mean Sum Erf Floor Ceil Round Sign Reciprocal Mod "
    "Sin Cos Equal Greater Less GreaterOrEqual LessOrEqual And Or Not Xor Where",
    "tensor": "Concat Split Slice Gather GatherElements GatherND Scatter ScatterElements ScatterND Pad Tile Resize "
    "Upsample TopK ArgMax ArgMin NonMaxSuppression NonZero OneHot CumSum Range ConstantOfShape Constant Trilu",
    "control": "If Loop Scan SequenceAt SequenceConstruct SequenceInsert",
}
_CATEGORY = {op: category for category, names in _OPERATORS.items() for op in names.split()}


def category(op: str) -> str:
    """The category of an operator: a key of `Theme.category`."""
    return _CATEGORY.get(op, "other")
