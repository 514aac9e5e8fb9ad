"""`make bench`: time of the sample networks, quantized and in float. Not a test: figures depend on the machine."""

import time
from collections.abc import Callable

import numpy as np
import onnxruntime as ort

import qviz
from qviz.paths import sample

BATCH, REPEATS = 32, 7


def float_seconds(model: str, images: np.ndarray) -> float:
    """The median time of plain ONNX Runtime over all images, in micro-batches, on one thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    parts = np.array_split(images, -(-len(images) // BATCH))
    return median(lambda: [session.run(None, {"image": part}) for part in parts])


def quantized_seconds(session: qviz.Session, changed: str) -> float:
    """The median time of an answer on all samples after the range of `changed` was edited."""
    high = iter(np.linspace(1, 2, REPEATS))

    def edit() -> None:
        session.set_range(changed, 0, float(next(high)))
        session.simulate()

    return median(edit)


def median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def main() -> None:
    data = str(sample("digits_eval.npz"))
    images = np.load(data)["images"].astype(np.float32)[:, None]
    print(f"{'network':16} {'float ORT':>12} {'edit of first':>14} {'edit of last':>14}   (ms, {len(images)} samples)")
    for name, first, last in (("digits_cnn", "conv1/relu", "conv4/relu"), ("digits_mobile", "stem/relu", "head/relu")):
        model = str(sample(f"{name}.onnx"))
        with qviz.Session.open(model, data) as session:
            session.simulate()
            times = (float_seconds(model, images), quantized_seconds(session, first), quantized_seconds(session, last))
        print(f"{name:16} {times[0] * 1e3:12.1f} {times[1] * 1e3:14.1f} {times[2] * 1e3:14.1f}")


if __name__ == "__main__":
    main()
