"""Large models and large data within their budget: memory is that of a process of its own, read from /proc."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from qviz.graph.model import load_model
from tests.acceptance.scale_models import Transformer

MB = 1 << 20
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc"),
]
WATCHED = """
import json, sys, threading
from pathlib import Path
from qviz import edits
from qviz.data.options import DataOptions
from qviz.sim.engine import Engine
from qviz.sim.events import Calibrated
from qviz.sim.requests import LoadData, LoadModel

def own():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("RssAnon"))

def told(event):
    if isinstance(event, Calibrated):
        histograms.update(event.histograms)

def watch():
    while not done.wait(0.02):
        peak[0] = max(peak[0], own())

histograms, answer, start = {}, {}, own()
peak, done = [start], threading.Event()
threading.Thread(target=watch, daemon=True).start()
"""


def measured(code: str, *arguments: object, watched: str = WATCHED) -> dict[str, float]:
    """What `code` puts into `answer`, in a process of its own."""
    script = f"{watched}\n{code}\ndone.set()\nprint(json.dumps(answer))"
    command = [sys.executable, "-c", script, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert ended.returncode == 0, ended.stderr[-2000:]
    return json.loads(ended.stdout.splitlines()[-1])


EVALUATE = """
engine = Engine(told, int(sys.argv[3]))
engine.load_model(LoadModel(sys.argv[1]))
answer["model"] = own() - start
engine.load_data(LoadData(DataOptions(source=sys.argv[2])))
engine.calibrate(engine.model.encodings)
encodings = engine.model.encodings
encodings = edits.calibrate(encodings, histograms, encodings.settings, "minmax", keep_hand_made=False)
*_, result = engine.simulate(encodings, 1)
answer.update(samples=result.samples, used=engine._memo.used, peak=peak[0] - start)
"""


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_ten_thousand_samples_larger_than_the_budget(tmp_path: Path, save) -> None:
    """470 MB of samples, 64 MB of cache: what is held besides the model stays within the budget and 300 MB."""
    from onnx import helper

    from tests.graph.support import save as save_model

    rng, budget = np.random.default_rng(0), 64 * MB
    weights = {"w": rng.standard_normal((8, 3, 5, 5)).astype(np.float32), "h": np.eye(8, 10, dtype=np.float32)}
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], name="conv", strides=[4, 4]),
        helper.make_node("Relu", ["c"], ["r"], name="relu"),
        helper.make_node("ReduceMean", ["r"], ["m"], name="mean", axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["m", "h"], ["y"], name="head"),
    ]
    model = save_model(tmp_path / "m.onnx", nodes, {"x": ("N", 3, 64, 64)}, {"y": ("N", 10)}, weights)
    x = np.zeros((10_000, 3, 64, 64), np.float32)
    x[:] = rng.standard_normal((100, 3, 64, 64)).astype(np.float32).repeat(100, axis=0)
    save(tmp_path / "set.npz", x=x, labels=np.arange(len(x)) % 10)
    found = measured(EVALUATE, model, tmp_path / "set.npz", budget)
    assert found["samples"] == 10_000
    assert found["used"] <= budget
    assert found["peak"] - found["model"] <= budget + 300 * MB < x.nbytes


def test_a_transformer_of_three_thousand_nodes(tmp_path: Path) -> None:
    """Opened, calibrated, simulated and edited; the edit near the end costs a small part of the whole."""
    code = (
        EVALUATE.replace("source=sys.argv[2]", "random=int(sys.argv[2])")
        + """
from dataclasses import replace
name = [n for n in encodings.settings if "/layers.64/" in n][-1]
off = replace(encodings, settings={**encodings.settings, name: replace(encodings[name], enabled=False)})
*_, edited = engine.simulate(off, 2)
*_, undone = engine.simulate(encodings, 3)
answer.update(nodes=len(engine.graph.nodes), whole=result.seconds, edited=edited.seconds, undone=undone.seconds)
answer.update(same=undone.metric == result.metric, other=edited.output_sqnr_db != result.output_sqnr_db)
"""
    )
    found = measured(code, Transformer(65).save(tmp_path / "t.onnx"), 64, 256 * MB)
    assert found["nodes"] > 3000
    assert found["peak"] <= 256 * MB + 1200 * MB  # 2,300 sessions, and histograms of 3,000 quantizers
    assert found["used"] <= 256 * MB
    assert found["edited"] < found["whole"] / 3
    assert found["undone"] < found["whole"] / 3
    assert found["same"]
    assert found["other"]


def test_ten_thousand_nodes_load_in_the_time_of_a_few_sessions(tmp_path: Path) -> None:
    """No step of opening grows faster than the model: ten times as many nodes take about ten times as long."""
    small, large = (Transformer(n).save(tmp_path / f"{n}.onnx") for n in (20, 200))

    def seconds(path: str) -> float:
        started = time.process_time()
        load_model(path)
        return time.process_time() - started

    seconds(small)  # what is loaded once
    once, ten_times = min(seconds(small) for _ in range(2)), min(seconds(large) for _ in range(2))
    assert ten_times < 20 * once


LOAD = """
engine = Engine(told, 0)
engine.load_model(LoadModel(sys.argv[1]))
answer.update(held=own() - start, peak=peak[0] - start)
"""
WINDOW = """
import pickle
from qviz.sim.client import ProcessClient
from qviz.sim.events import ModelLoaded

def came(event):
    events.append(event)
    told(event)
    if isinstance(event, Calibrated) and event.complete:
        ready.set()

client, events, ready = ProcessClient(), [], threading.Event()
client.start(came)
client.send(LoadModel(sys.argv[1]))
assert ready.wait(500)
answer.update(held=own() - start, onnx="onnx" in sys.modules or "onnxruntime" in sys.modules)
loaded = next(e for e in events if isinstance(e, ModelLoaded))
for histogram in histograms.values():  # as a table of own errors does
    histogram.spread
answer.update(looked=own() - start)
answer.update(weights=loaded.weight_bytes, told=len(pickle.dumps(loaded)))
client.close()
"""


def test_a_model_with_external_data_is_held_once(tmp_path: Path) -> None:
    """500 MB of weights: two copies at most while it is opened."""
    network = Transformer(10, sequence=8, width=1024, hidden=4096)
    weights = sum(a.nbytes for a in network.constants.values())
    assert weights > 480 * MB
    found = measured(LOAD, network.save(tmp_path / "big.onnx", external="big.bin"))
    assert found["peak"] <= 2 * weights + 150 * MB
    client_only = "\n".join(line for line in WATCHED.splitlines() if "qviz" not in line or "events" in line)
    code = "from qviz.sim.requests import LoadModel\n" + WINDOW
    seen = measured(code, tmp_path / "big.onnx", watched=client_only)
    assert seen["weights"] == weights
    assert not seen["onnx"]
    assert seen["told"] < 5 * MB
    assert seen["held"] < 100 * MB  # histograms of 92,000 channels
    assert seen["looked"] < 200 * MB
