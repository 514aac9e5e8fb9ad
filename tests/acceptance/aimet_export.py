"""Run by AIMET's own interpreter: quantize MODEL by blocks of BLOCK, calibrate on DATA.npz, export to FOLDER/NAME.

Prints top-1 of the simulation as JSON.
"""

import json
import sys

import numpy as np
import onnx
from aimet_onnx.batch_norm_fold import fold_all_batch_norms_to_weight
from aimet_onnx.quantsim import QuantizationSimModel, set_blockwise_quantization_for_weights

CALIBRATION = 64


def main(model_path: str, data_path: str, block: str, version: str, folder: str, name: str) -> None:
    model, data = onnx.load(model_path), np.load(data_path)
    fold_all_batch_norms_to_weight(model)
    simulation = QuantizationSimModel(model, providers=["CPUExecutionProvider"])
    set_blockwise_quantization_for_weights(simulation, ("Conv", "Gemm", "MatMul"), 4, True, int(block), strict=False)
    ports, labels = [p.name for p in simulation.session.get_inputs()], data["labels"]
    feeds = [{p: data[p][i : i + 1] for p in ports} for i in range(len(labels))]
    simulation.compute_encodings(feeds[:CALIBRATION])
    outputs = np.concatenate([simulation.session.run(None, f)[0] for f in feeds])
    simulation.export(folder, name, encoding_version=version)
    print(json.dumps({"top1": 100 * float((outputs.reshape(len(labels), -1).argmax(1) == labels).mean())}))


if __name__ == "__main__":
    main(*sys.argv[1:])
