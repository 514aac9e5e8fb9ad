"""What a model costs: known counts of known networks, and how the settings change them."""

from pathlib import Path

import pytest

from qviz.cost import cost, tensor_bits
from qviz.encodings import Encodings, Setting
from qviz.graph.model import load_model
from qviz.graph.multiplications import batch_symbols, multiplications
from qviz.paths import sample
from qviz.quant.spec import BinarySpec, CodebookSpec, FloatSpec, Granularity, TernarySpec, UniformSpec

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
KNOWN = {  # multiplications of one sample, as their authors and common counters give them
    "cifar10/resnet20.onnx": 40_813_184,
    "cifar10/vgg11.onnx": 152_769_536,
    "imagenet/squeezenet_fp16.onnx": 349_151_936,
}


@pytest.mark.parametrize("name", KNOWN)
def test_multiplications_of_known_networks(name: str) -> None:
    if not (SHARED / name).exists():
        pytest.skip(f"{name} is not there")
    found, unknown = multiplications(load_model(str(SHARED / name), {}).graph)
    assert sum(m.count for m in found) == KNOWN[name]
    assert unknown == 0


@pytest.mark.parametrize(("bits", "share"), [(8, 1 / 16), (4, 1 / 64)])
def test_bit_operations_are_products_of_widths(bits: int, share: float) -> None:
    graph, encodings = opened(bits)
    found = cost(graph, encodings, *multiplications(graph))
    assert found.bit_operations / found.float_bit_operations == pytest.approx(share)
    weights = [t for q in graph.quantizers.values() if q.kind == "param" for t in q.tensors]
    kept = found.float_bytes - sum(elements(graph.tensors[t].shape) * 4 for t in weights)
    assert found.weight_bytes == kept + sum(elements(graph.tensors[t].shape) for t in weights) * bits // 8


def test_what_is_off_costs_what_a_float_costs() -> None:
    graph, encodings = opened(8)
    off = encodings.with_settings({n: Setting(enabled=False) for n in encodings.settings})
    found = cost(graph, off, *multiplications(graph))
    assert found.bit_operations == found.float_bit_operations > 0
    assert found.weight_bytes == found.float_bytes


def test_pooling_keeps_the_width_of_what_it_pools() -> None:
    graph, encodings = opened(6)
    followers = [t for q in graph.quantizers.values() for t in q.followers]
    assert followers
    assert {tensor_bits(graph, encodings)[t] for t in followers} == {6}
    assert batch_symbols(graph) == {"batch"}


def opened(bits: int) -> tuple:  # type: ignore[type-arg]
    """The sample's graph with all ranges set and all widths alike."""
    graph = load_model(str(sample("digits_cnn.onnx")), {}).graph
    ranged = Setting(spec=UniformSpec(bits)).with_range([-1.0], [1.0], "manual")
    return graph, Encodings(
        dict.fromkeys(graph.quantizers, ranged), {n: q.tensors for n, q in graph.quantizers.items()}
    )


def elements(shape: tuple[int, ...]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def test_a_codebook_counts_its_indices_and_its_table() -> None:
    graph, encodings = opened(4)
    name = next(n for n, q in graph.quantizers.items() if q.kind == "param")
    before = cost(graph, encodings, ()).weight_bytes
    codebook = Setting(spec=CodebookSpec(16)).with_range([-1.0], [1.0], "manual")
    after = cost(graph, encodings.with_settings({name: codebook}), ())
    assert after.weight_bytes == before + 16 * 4
    for spec, bits in ((BinarySpec(), 1), (TernarySpec(), 2), (FloatSpec(), 16)):
        setting = Setting(spec=spec).with_range([-1.0], [1.0], "manual")
        changed = encodings.with_settings({name: setting})
        assert tensor_bits(graph, changed)[name] == bits
        saved = (4 - bits) * sum(elements(graph.tensors[t].shape) for t in graph.quantizers[name].tensors)
        assert cost(graph, changed, ()).weight_bytes == before - saved // 8


def test_scales_of_blocks_count() -> None:
    graph, encodings = opened(4)
    name = next(n for n, q in graph.quantizers.items() if q.kind == "param")
    before = cost(graph, encodings, ()).weight_bytes
    spec = UniformSpec(4, granularity=Granularity.PER_BLOCK, block=2)
    blocks = Setting(spec=spec).with_range([-1.0] * 10, [1.0] * 10, "manual")
    assert cost(graph, encodings.with_settings({name: blocks}), ()).weight_bytes == before + 40
