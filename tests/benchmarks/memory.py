"""Memory while 10,000 samples are evaluated, in its own process: `python -m tests.benchmarks.memory MODEL DATA`."""

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

import qviz

COUNT, BUDGET = 10_000, 64 << 20


def megabytes_above(model: str, shape: tuple[int, ...], name: str) -> float:
    """Peak resident memory of an evaluation, above what it was with the model open, less the memo's budget."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.npz"
        np.savez(path, **{name: np.random.default_rng(0).standard_normal((COUNT, *shape)).astype(np.float32)})
        command = [sys.executable, "-m", "tests.benchmarks.memory", model, str(path)]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def main(model: str, data: str) -> None:
    with qviz.Session.open(model, budget=BUDGET):
        opened = _resident()
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.is_set():
            peak[0] = max(peak[0], _resident())
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with qviz.Session.open(model, data, budget=BUDGET) as session:
        session.simulate()
    done.set()
    watcher.join()
    print((peak[0] - opened - BUDGET) / 2**20)


if __name__ == "__main__":
    main(*sys.argv[1:])
