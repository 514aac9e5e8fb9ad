"""AIMET's own simulation, run by an interpreter that has aimet-onnx: nothing of qviz is imported here.

PYTHON aimet_run.py MODEL DATA prints one JSON object: seconds of a full simulation, and of each "change the range of
one activation and run again", the best of two each.
"""

import json
import sys
import time

import numpy as np
import onnx
from aimet_onnx.quantsim import QuantizationSimModel

BATCH, EDITS, CALIBRATED = 32, 8, 64


def main(model: str, data: str) -> None:
    arrays = dict(np.load(data))
    count = len(next(iter(arrays.values())))
    feeds = [{n: a[i : i + BATCH] for n, a in arrays.items()} for i in range(0, count, BATCH)]
    sim = QuantizationSimModel(onnx.load(model), dummy_input=feeds[0])
    sim.compute_encodings(feeds[: CALIBRATED // BATCH])

    def run() -> float:
        start = time.perf_counter()
        for feed in feeds:
            sim.session.run(None, feed)
        return time.perf_counter() - start

    def edited(quantizer) -> float:  # type: ignore[no-untyped-def]
        start = time.perf_counter()
        encodings = quantizer.get_encodings()
        for encoding in encodings:
            encoding.min, encoding.max, encoding.delta = (
                0.999 * v for v in (encoding.min, encoding.max, encoding.delta)
            )
        quantizer.load_encodings(encodings)
        run()
        return time.perf_counter() - start

    run()
    names = [n for n in sim.activation_names if sim.qc_quantize_op_dict[n].enabled]
    quantizers = [sim.qc_quantize_op_dict[n] for n in names[:: -(-len(names) // EDITS)]]
    edits = [min(edited(q), edited(q)) for q in quantizers]
    print(json.dumps({"simulation": min(run(), run()), "edits": edits}))


if __name__ == "__main__":
    main(*sys.argv[1:])
