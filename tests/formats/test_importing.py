"""What a file does to an open model: what it names is set, the rest is left, and nothing is lost silently."""

from dataclasses import replace

import pytest

from qviz.encodings import IMPORTED, Setting, Stored
from qviz.errors import Text
from qviz.formats.entries import EncodingsFile, FileEntry
from qviz.formats.importing import merge
from qviz.formats.registry import read_encodings
from qviz.graph.model import load_model
from qviz.quant.spec import Granularity, Scheme, UniformSpec
from tests.formats.support import CHANNELS, graph, start
from tests.graph.support import shared


def entry(name, scale=(0.1,), bits=8, kind="activation", axis=None):
    per_channel = Granularity.PER_CHANNEL if len(scale) > 1 else Granularity.PER_TENSOR
    spec = UniformSpec(bits, Scheme.SYMMETRIC, per_channel)
    offset = (-(2 ** (bits - 1)),) * len(scale)
    return FileEntry(name, kind, Setting(spec=spec, stored=Stored(scale, offset), source=IMPORTED), axis)


def in_float(name):
    return FileEntry(name, "activation", Setting(enabled=False, source=IMPORTED))


def bias(scale, name="b"):
    return FileEntry(name, "bias", Setting(stored=Stored(scale, (-(2**31),) * len(scale)), source=IMPORTED))


def bring(*entries, start_off=False, before=None):
    g = graph()
    file = EncodingsFile("aimet-1.0.0", entries, any(e.kind == "bias" for e in entries))
    return merge(before or start(g), file, g, g.quantizers, start_off)


def test_an_import_sets_what_it_names_and_leaves_the_rest():
    before = start(graph()).with_settings({"y": Setting().with_range([-1], [1], "manual")})
    after, report, _ = bring(entry("x"), before=before)
    assert after["x"].stored.scale == (0.1,)
    assert after.changed(before) == {"x"}
    assert report.applied == 1


def test_opening_a_file_disables_what_it_does_not_name():
    after, _, _ = bring(entry("x"), start_off=True)
    assert {n for n, s in after.settings.items() if s.enabled} == {"x"}


def test_a_name_from_before_folding_finds_the_tensor_that_carries_its_value():
    after, report, _ = bring(entry("x_before"))
    assert after["x"].stored.scale == (0.1,)
    assert report.unknown == ()


def test_an_unknown_name_is_reported_with_near_ones_and_stops_nothing():
    after, report, _ = bring(entry("jointed"), entry("qqqq"), entry("x"))
    assert report.unknown == (("jointed", ("joined",)), ("qqqq", ()))
    assert after["x"].source == IMPORTED


def test_a_quantizer_appears_where_none_stood():
    after, report, quantizers = bring(entry("free"))
    assert report.new == ("free",)
    assert after["free"].stored.scale == (0.1,)
    assert after.groups["free"] == ("free",)
    assert quantizers["free"].tensors == ("free",)
    assert "free" not in graph().quantizers


def test_a_tensor_that_follows_another_needs_no_quantizer_for_the_same_grid():
    after, report, _ = bring(entry("y"), entry("moved"))
    assert (report.applied, report.new) == (2, ())
    after, report, _ = bring(entry("y"), entry("moved", (0.7,)))
    assert report.new == ("moved",)
    assert after["y"].stored.scale == (0.1,)


def test_one_name_of_a_shared_quantizer_sets_it_whole():
    after, report, _ = bring(entry("left"))
    assert after["joined"].stored.scale == (0.1,)
    assert after.groups["joined"] == ("left", "right", "joined")
    assert report.split == ()


def test_equal_entries_of_a_shared_quantizer_keep_it_together():
    after, report, _ = bring(entry("left"), entry("joined"), entry("right"))
    assert (report.applied, report.split) == (3, ())
    assert "left" not in after


def test_an_entry_that_differs_for_one_member_splits_the_set_and_says_so():
    after, report, quantizers = bring(entry("joined"), entry("left", (0.3,)), entry("right"))
    assert report.split == ("joined",)
    assert (after["joined"].stored.scale, after["left"].stored.scale) == ((0.1,), (0.3,))
    assert (after.groups["joined"], after.groups["left"]) == (("right", "joined"), ("left",))
    assert (quantizers["joined"].tensors, quantizers["left"].tensors) == (("right", "joined"), ("left",))


def test_a_member_in_float_is_split_off_and_disabled():
    after, report, _ = bring(entry("joined"), in_float("left"))
    assert report.split == ("joined",)
    assert (after["joined"].enabled, after["left"].enabled) == (True, False)


def test_an_entry_in_float_disables_and_keeps_the_range_for_later():
    before = start(graph()).with_settings({"y": Setting().with_range([-1], [1], "manual")})
    after, _, _ = bring(in_float("y"), in_float("free"), before=before)
    assert not after["y"].enabled
    assert after["y"].range == before["y"].range
    assert "free" not in after


def test_channels_that_do_not_fit_are_refused_by_name():
    after, report, _ = bring(entry("w", (0.1, 0.2)), entry("x", (0.1, 0.2)), entry("y"))
    assert [name for name, _ in report.refused] == ["w", "x"]
    assert "2 scales, but the tensor has 4 channels" in str(report.refused[0][1])
    assert after["w"].stored is None
    assert after["y"].stored is not None
    _, report, _ = bring(entry("w", (0.1,) * CHANNELS, axis=1))
    assert "axis 1" in str(report.refused[0][1])
    after, report, _ = bring(entry("w", (0.1,) * CHANNELS, axis=-2))
    assert (report.refused, after["w"].encoding.channels) == ((), CHANNELS)


def test_a_single_bit_is_refused_for_an_activation():
    one = FileEntry("x", "activation", Setting(spec=UniformSpec(1), stored=Stored((0.1,), (0,)), source=IMPORTED))
    after, report, _ = bring(one, entry("y"))
    assert [name for name, _ in report.refused] == ["x"]
    assert "from 2 to 16 bits, not 1" in str(report.refused[0][1])
    assert (after["x"].stored, report.applied) == (None, 1)


def test_a_tensor_without_floats_is_refused_and_what_the_reader_refused_is_passed_on():
    g = graph()
    file = EncodingsFile("aimet-1.0.0", (entry("index"),), False, (("odd", Text("Its scale is damaged.")),))
    _, report, _ = merge(start(g), file, g, g.quantizers, False)
    assert [name for name, _ in report.refused] == ["odd", "index"]
    assert "holds no floats" in str(report.refused[1][1])


@pytest.mark.parametrize("name", ["b", "Conv_0.bias"])
def test_int32_biases_set_the_rule_and_are_checked(name):
    w = entry("w", (0.1, 0.2, 0.3, 0.4))
    right = bias(tuple(0.5 * s for s in w.setting.stored.scale), name)
    after, report, _ = bring(entry("x", (0.5,)), w, right)
    assert (after.bias, report.bias, report.bias_differs, report.applied) == ("int32", "int32", (), 3)
    after, report, _ = bring(entry("x", (0.7,)), w, right)
    assert report.bias_differs == ("b",)


def test_a_file_without_biases_leaves_them_in_float():
    assert bring(entry("x"))[0].bias == "float"


def test_32_bits_elsewhere_are_refused():
    _, report, _ = bring(bias((0.1,), "y"), bias((0.1,), "nowhere"))
    assert [name for name, _ in report.refused] == ["y"]
    assert [name for name, _ in report.unknown] == ["nowhere"]


def test_a_lock_stays_and_the_values_are_those_of_the_file():
    before = start(graph()).with_settings({"y": replace(Setting().with_range([-1], [1], "manual"), locked=True)})
    after, _, _ = bring(entry("y"), before=before)
    assert (after["y"].locked, after["y"].stored.scale) == (True, (0.1,))


@pytest.mark.parametrize(
    ("model", "encodings"),
    [
        ("cifar10/resnet20.onnx", "aimet/resnet20_w8a8.1.0.0.encodings"),
        ("cifar10/resnet20.onnx", "aimet/resnet20_w8a8.2.0.0.encodings"),
        ("mnist/mnist_cntk.onnx", "aimet/mnist_cntk_w4a4.1.0.0.encodings"),
    ],
)
def test_what_aimet_exported_finds_its_place_in_the_real_model(model, encodings):
    loaded, file = load_model(shared(model)), read_encodings(shared(encodings))
    graph = loaded.graph
    after, report, _ = merge(loaded.encodings, file, graph, graph.quantizers, start_off=True)
    assert (report.unknown, report.refused, report.new, report.bias_differs) == ((), (), (), ())
    assert report.applied == len(file.entries)
    assert all(s.enabled and s.stored for s in after.settings.values())
