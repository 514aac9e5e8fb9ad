"""Operators that work value by value run as tables on codes, and give the very codes of fake-quant."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import helper

from qviz.encodings import ClipRange, Encodings, Setting
from qviz.quant.spec import Scheme, UniformSpec
from qviz.sim.executor import Executor
from qviz.sim.memo import Memo
from qviz.sim.plan import make_plan
from tests.sim.test_integer import LENGTH, Machine

SHAPE = [LENGTH, 48]


CHAINS = {
    "swish": [helper.make_node("Sigmoid", ["x"], ["s"]), helper.make_node("Mul", ["x", "s"], ["y"])],
    "relu6_by_hand": [
        helper.make_node("Add", ["x", "three"], ["a"]),
        helper.make_node("Clip", ["a", "zero", "six"], ["c"]),
        helper.make_node("Div", ["c", "six"], ["y"]),
    ],
    "gelu_by_hand": [
        helper.make_node("Div", ["x", "root"], ["d"]),
        helper.make_node("Erf", ["d"], ["e"]),
        helper.make_node("Add", ["e", "one"], ["p"]),
        helper.make_node("Mul", ["x", "p"], ["m"]),
        helper.make_node("Mul", ["m", "half"], ["y"]),
    ],
    "slope": [helper.make_node("PRelu", ["x", "half"], ["y"])],
    "power": [helper.make_node("Pow", ["x", "two"], ["y"])],
}
NUMBERS = {"three": 3, "zero": 0, "six": 6, "root": 2**0.5, "one": 1, "half": 0.5, "two": 2}
PLAIN = (
    "Abs", "Atan", "Ceil", "Celu", "Cos", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu",
    "Mish", "Neg", "Round", "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Tanh",
    "ThresholdedRelu",
)  # fmt: skip
POSITIVE = ("Log", "Reciprocal", "Sqrt")  # infinite or no number at some codes


def machine(name: str, folder: Path) -> Machine:
    """Quantized before and behind, nowhere between."""
    nodes = CHAINS.get(name) or [helper.make_node(name, ["x"], ["y"])]
    read = {i for n in nodes for i in n.input}
    numbers = {n: np.float32(v) for n, v in NUMBERS.items() if n in read}
    made = Machine(name.lower(), folder, (nodes, numbers, SHAPE), opset=20)
    made.executor = Executor(made.model, make_plan(made.graph, {"x", "y"}), Memo(0))
    if name in POSITIVE:
        made.spans["y"] = (-3.0, 3.0)
    return made


def quantized(made: Machine, bits: int, scheme: Scheme) -> Encodings:
    def setting(name: str) -> Setting:
        low, high = made.spans[name]
        return Setting(spec=UniformSpec(bits, scheme), range=ClipRange((low,), (high * 0.93,)), source="manual")

    return Encodings().with_settings({n: setting(n) for n in "xy"})


@pytest.mark.parametrize("name", [*PLAIN, *POSITIVE, *CHAINS])
def test_a_table_gives_the_codes_of_fake_quant(tmp_path: Path, name: str) -> None:
    made = machine(name, tmp_path)
    for bits, scheme in ((8, Scheme.ASYMMETRIC), (8, Scheme.SYMMETRIC), (4, Scheme.ASYMMETRIC), (2, Scheme.SYMMETRIC)):
        encodings = quantized(made, bits, scheme)
        assert {m.kind for m in made.modes(encodings)} == {"integer"}
        assert made.outputs(encodings, True).tobytes() == made.outputs(encodings, False).tobytes()


def test_a_result_of_sixteen_bits_comes_from_a_table_too(tmp_path: Path) -> None:
    made = machine("Sigmoid", tmp_path)
    encodings = quantized(made, 8, Scheme.ASYMMETRIC)
    wide = encodings.with_settings({"y": replace(encodings["y"], spec=UniformSpec(16))})
    assert {m.kind for m in made.modes(wide)} == {"integer"}
    assert made.outputs(wide, True).tobytes() == made.outputs(wide, False).tobytes()


def test_codes_of_more_than_eight_bits_are_left_to_fake_quant(tmp_path: Path) -> None:
    made = machine("Sigmoid", tmp_path)
    (mode,) = made.modes(quantized(made, 9, Scheme.ASYMMETRIC))
    assert str(mode.reason) == "y has more than 8 bits."


def test_a_slope_for_each_channel_is_no_table(tmp_path: Path) -> None:
    slopes = np.linspace(0, 1, SHAPE[1], dtype=np.float32)
    made = Machine("prelu", tmp_path, ([helper.make_node("PRelu", ["x", "slopes"], ["y"])], {"slopes": slopes}, SHAPE))
    (mode,) = made.modes(quantized(made, 8, Scheme.ASYMMETRIC))
    assert mode.kind == "float"
