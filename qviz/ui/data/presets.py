"""Preprocessing that models are commonly trained with."""

from dataclasses import replace

from qviz.data.options import Preprocess

BYTE = 1 / 255
PRESETS: dict[str, Preprocess] = {
    "raw": Preprocess(),
    "unit": Preprocess(scale=BYTE),
    "signed": Preprocess(scale=BYTE, mean=(0.5,), std=(0.5,)),
    "mnist": Preprocess(scale=BYTE, mean=(0.1307,), std=(0.3081,)),
    "imagenet": Preprocess(scale=BYTE, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
    "cifar10": Preprocess(scale=BYTE, mean=(0.4914, 0.4822, 0.4465), std=(0.247, 0.2435, 0.2616)),
    "caffe": Preprocess(color="bgr", mean=(104.0, 117.0, 123.0)),
}
COLOURED, GRAY = ("imagenet", "cifar10", "caffe"), ("mnist",)


def candidates(base: Preprocess, channels: int | None) -> dict[str, Preprocess]:
    """Every preset that fits pictures of so many channels (None: unknown), with the size and layout of `base`."""
    unfit = COLOURED if channels == 1 else GRAY
    return {n: applied(n, base) for n in PRESETS if n not in unfit}


def applied(name: str, base: Preprocess) -> Preprocess:
    """A preset with the size and layout of `base`."""
    return replace(PRESETS[name], size=base.size, layout=base.layout)
