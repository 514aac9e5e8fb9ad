"""Run by AIMET's own interpreter, not by qviz's: simulate MODEL on DATA.npz with ENCODINGS, print top-1 as JSON."""

import json
import sys

import numpy as np
import onnx
from aimet_onnx.batch_norm_fold import fold_all_batch_norms_to_weight
from aimet_onnx.quantsim import QuantizationSimModel, load_encodings_to_sim

FREE_BATCH = 50


def main(model_path: str, data_path: str, encodings_path: str) -> None:
    model, data = onnx.load(model_path), np.load(data_path)
    fold_all_batch_norms_to_weight(model)
    simulation = QuantizationSimModel(model, providers=["CPUExecutionProvider"])
    load_encodings_to_sim(simulation, encodings_path, strict=False)
    ports = simulation.session.get_inputs()
    size = ports[0].shape[0] if isinstance(ports[0].shape[0], int) else FREE_BATCH
    labels = data["labels"]
    outputs = [
        simulation.session.run(None, {p.name: data[p.name][i : i + size] for p in ports})[0]
        for i in range(0, len(labels), size)
    ]
    predicted = np.concatenate(outputs).reshape(len(labels), -1).argmax(1)
    print(json.dumps({"top1": 100 * float((predicted == labels).mean())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
