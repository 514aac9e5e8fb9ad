"""Makes the sample data: handwritten digits, two trained networks, and the faulty state in which the demo opens.

Run it by `make samples`. Everything is seeded and runs on one thread, so that the same versions give the same files.

digits_mobile.onnx: in a long-trained depthwise network, folding the batch norms leaves some channels with weights far
larger than the others', because the batch norm before shrinks those channels. Training on digits is too short for that,
so `spread` does it afterwards: a channel is divided by a factor in one batch norm and multiplied by it in the next, and
the Relu between lets a positive factor through. The network computes the same function as before.
"""

import json
from pathlib import Path

import networks
import numpy as np
import onnx
import onnxruntime
import torch
from networks import SIZE, Block, Cnn, Mobile
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

HERE = Path(__file__).parent
SEED, EPOCHS, BATCH = 7, 40, 32
EVALUATED, CALIBRATED = 600, 256
SPREAD = 136.0  # how far the weakest channel of each depthwise layer is rescaled
WIDE_TENSOR, WIDE_FACTOR = "block3/expand/relu", 25.0  # the demo's stray range

Split = tuple[np.ndarray, np.ndarray]


def digits() -> tuple[Split, Split]:
    """(training, evaluation), each (uint8 images (n, 16, 16), labels (n,)), every class in the same share."""
    bunch = load_digits()
    images = np.stack([_enlarged(image) for image in bunch.images])
    train_x, eval_x, train_y, eval_y = train_test_split(
        images, bunch.target.astype(np.int64), test_size=EVALUATED, random_state=SEED, stratify=bunch.target
    )
    return (train_x, train_y), (eval_x, eval_y)


def _enlarged(image: np.ndarray) -> np.ndarray:
    """8x8 with values 0..16 -> 16x16 with values 0..255."""
    small = Image.fromarray(np.minimum(image * 16, 255).astype(np.uint8))
    return np.asarray(small.resize((SIZE, SIZE), Image.Resampling.BICUBIC))


def as_input(images: np.ndarray) -> Tensor:
    return torch.from_numpy(images.astype(np.float32))[:, None]


def train(network: nn.Module, split: Split) -> None:
    """Cross-entropy, Adam with a one-cycle rate, images shifted by up to one pixel."""
    x, y = as_input(split[0]) / 255, torch.from_numpy(split[1])
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.01)
    steps = EPOCHS * -(-len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=steps)
    network.train()
    for _ in range(EPOCHS):
        for part in torch.randperm(len(x)).split(BATCH):
            shift = torch.randint(-1, 2, (2,)).tolist()
            loss = nn.functional.cross_entropy(network(x[part].roll(shift, (2, 3))), y[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    network.eval()


@torch.no_grad()
def take_raw_pixels(first: nn.Conv2d) -> None:
    """Trained on 0..1, the network shall take 0..255: images then need no preprocessing."""
    first.weight /= 255


@torch.no_grad()
def accuracy(network: nn.Module, split: Split) -> float:
    """Top-1 in percent."""
    return float((network(as_input(split[0])).argmax(1).numpy() == split[1]).mean() * 100)


@torch.no_grad()
def spread(network: Mobile, split: Split) -> None:
    """Moves scale from the batch norm before each depthwise layer into the one after it, most for weak channels."""
    for block in (unit for unit in network.units.values() if isinstance(unit, Block)):
        order = weakest_first(network, block.depthwise.conv, split)
        factor = torch.empty(len(order))
        factor[order] = SPREAD ** torch.linspace(1, 0, len(order))
        block.expand.bn.weight /= factor
        block.expand.bn.bias /= factor
        _expect_smaller(block.depthwise.bn, factor)


def _expect_smaller(norm: nn.BatchNorm2d, factor: Tensor) -> None:
    """Each channel arrives divided by its factor and shall leave as before."""
    old = norm.running_var + norm.eps
    norm.running_mean /= factor
    norm.running_var /= factor**2
    norm.weight *= factor * ((norm.running_var + norm.eps) / old).sqrt()


def weakest_first(network: Mobile, depthwise: nn.Conv2d, split: Split) -> list[int]:
    """Channels in the order of how much the logits change without them: a coarse grid does the first little harm."""
    x = as_input(split[0][:CALIBRATED])
    logits, harm = network(x), []
    for channel in range(depthwise.out_channels):
        kept = depthwise.weight[channel].clone()
        depthwise.weight[channel] = 0
        harm.append(float((network(x) - logits).square().mean()))
        depthwise.weight[channel] = kept
    return np.argsort(harm).tolist()


def demo(model: onnx.ModelProto, calibration: np.ndarray) -> dict[str, object]:
    """The state in which `qviz demo` opens: min-max calibration, then these two faults."""
    return {
        "model": "digits_mobile.onnx",
        "data": "digits_eval.npz",
        "calibration": "digits_calib.npz",
        "wide": {"tensor": WIDE_TENSOR, "low": 0.0, "high": round(WIDE_FACTOR * largest(model, calibration), 1)},
        "weights": {"granularity": "per-tensor"},
    }


def largest(model: onnx.ModelProto, images: np.ndarray) -> float:
    """The largest value of WIDE_TENSOR over `images`."""
    probed = onnx.ModelProto.FromString(model.SerializeToString())
    probed.graph.output.append(onnx.helper.make_empty_tensor_value_info(WIDE_TENSOR))
    session = onnxruntime.InferenceSession(probed.SerializeToString())
    return float(session.run([WIDE_TENSOR], {"image": as_input(images).numpy()})[0].max())


def make(name: str, network: Cnn | Mobile, first: nn.Conv2d, training: Split, evaluation: Split) -> onnx.ModelProto:
    """Trains, rescales, writes and reports one network."""
    train(network, training)
    take_raw_pixels(first)
    if isinstance(network, Mobile):
        spread(network, training)
    model = networks.onnx_model(name, network)
    onnx.save(model, HERE / f"{name}.onnx")
    print(f"{name}: {accuracy(network, evaluation):.2f} % of {len(evaluation[0])}")
    return model


def main() -> None:
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    training, evaluation = digits()
    calibration = tuple(part[:CALIBRATED] for part in training)
    for file, split in (("digits_calib.npz", calibration), ("digits_eval.npz", evaluation)):
        np.savez_compressed(HERE / file, images=split[0], labels=split[1])
    cnn, mobile = Cnn(), Mobile()
    make("digits_cnn", cnn, cnn.units["conv1"].conv, training, evaluation)
    model = make("digits_mobile", mobile, mobile.units["stem"].conv, training, evaluation)
    (HERE / "demo.json").write_text(json.dumps(demo(model, calibration[0]), indent=2) + "\n")


if __name__ == "__main__":
    main()
