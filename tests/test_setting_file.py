"""Settings of every form come back from a file as they were; what is no setting is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qviz.encodings import ClipRange, Setting, Stored
from qviz.errors import QvizError
from qviz.quant.spec import (
    BinarySpec,
    CodebookSpec,
    FloatFormat,
    FloatSpec,
    Granularity,
    Scheme,
    Spec,
    TernarySpec,
    UniformSpec,
)
from qviz.setting_file import setting_in, setting_out

numbers = st.floats(-1e6, 1e6)
granularities = st.sampled_from([Granularity.PER_TENSOR, Granularity.PER_CHANNEL])


def specs() -> st.SearchStrategy[Spec]:
    return st.one_of(
        st.builds(UniformSpec, st.integers(2, 16), st.sampled_from(Scheme), granularities),
        st.builds(UniformSpec, st.just(1), st.just(Scheme.ASYMMETRIC), granularities),
        st.builds(UniformSpec, st.integers(2, 16), st.sampled_from(Scheme), st.just(Granularity.PER_BLOCK),
                  st.integers(1, 512)),
        st.builds(FloatSpec, granularities, st.sampled_from(FloatFormat)),
        st.builds(CodebookSpec, st.integers(2, 256)),
        st.builds(BinarySpec, granularities),
        st.builds(TernarySpec, granularities),
    )  # fmt: skip


@st.composite
def all_settings(draw: st.DrawFn) -> Setting:
    ends = draw(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=4))
    scales = tuple(draw(st.floats(1e-6, 1e6)) for _ in ends)
    return Setting(
        enabled=draw(st.booleans()),
        spec=draw(specs()),
        range=draw(st.none() | st.just(ClipRange(*zip(*ends, strict=True)))),
        stored=draw(st.none() | st.builds(Stored, st.just(scales), st.just((0,) * len(ends)))),
        source=draw(st.sampled_from(["", "minmax", "manual", "imported"])),
        locked=draw(st.booleans()),
        centroids=tuple(draw(st.lists(st.floats(-9, 9, width=32), max_size=8))),
    )


@given(all_settings())
def test_every_setting_comes_back(setting: Setting) -> None:
    assert setting_in(json.loads(json.dumps(setting_out(setting)))) == setting


def test_settings_of_older_files_are_read() -> None:
    old = {
        "enabled": True,
        "spec": {"form": "uniform", "bits": 8, "scheme": "symmetric", "granularity": "per-channel"},
        "range": {"low": [-1.0, -2.0], "high": [1.0, 2.0]}, "stored": None, "source": "minmax", "locked": False,
    }  # fmt: skip
    told = setting_in(old)
    assert told.spec == UniformSpec(8, Scheme.SYMMETRIC, Granularity.PER_CHANNEL)
    assert told.range == ClipRange((-1.0, -2.0), (1.0, 2.0))
    assert setting_out(told).keys() == old.keys()


@pytest.mark.parametrize(
    "changed",
    [
        {"spec": {"form": "unheard of", "granularity": "per-tensor"}},
        {"spec": {"form": "codebook", "size": 4096}},
        {"spec": {"form": "uniform", "bits": 1, "scheme": "symmetric", "granularity": "per-tensor"}},
        {"spec": {"form": "uniform", "bits": 4, "scheme": "symmetric", "granularity": "per-block"}},
        {"enabled": 1},
        {"locked": "no"},
        {"range": {"low": [], "high": []}},
        {"range": {"low": [-1.0], "high": [1.0, 2.0]}},
        {"range": {"low": [-1.0], "high": [float("inf")]}},
        {"range": {"low": [-1.0], "high": [10**400]}},
        {"range": {"low": "ab", "high": "cd"}},
        {"range": [[-1.0], [1.0]]},
        {"stored": {"scale": [-1.0], "offset": [0]}},
        {"stored": {"scale": [1.0], "offset": [-256]}},
        {"stored": {"scale": [1.0, 2.0], "offset": [0]}},
        {"spec": {"form": "uniform", "bits": 1e999, "scheme": "symmetric", "granularity": "per-tensor"}},
        {"spec": {"form": "uniform", "bits": 4.5, "scheme": "symmetric", "granularity": "per-tensor"}},
        {"centroids": [float("nan")]},
        {"centroids": [0.0] * 300},
        {"centroids": "many"},
    ],
)
def test_what_is_no_setting_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, QvizError)):
        setting_in(setting_out(Setting()) | changed)
