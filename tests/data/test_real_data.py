"""Float top-1 on real models and data, as the table beside them says."""

import numpy as np
import onnxruntime as ort
import pytest

from qviz.data.loading import open_data
from qviz.data.options import DataOptions, Preprocess
from qviz.graph.graph import Graph, Port

CIFAR = Preprocess(scale=1 / 255, mean=(0.4914, 0.4822, 0.4465), std=(0.247, 0.2435, 0.2616))
MNIST = Preprocess(scale=1 / 255, mean=(0.1307,), std=(0.3081,))
FASHION = Preprocess(scale=1 / 255, mean=(0.5,), std=(0.5,))
CAFFE = Preprocess(color="bgr", mean=(104, 117, 123))


def top1(folder, model, source, preprocess=None):
    session = ort.InferenceSession(folder / model)
    (port,) = session.get_inputs()
    declared = tuple(port.shape)
    graph = Graph("m", (), {}, (Port(port.name, "float32", ("N", *declared[1:]), 0),), (), {}, ())
    data = open_data(DataOptions(str(folder / source), preprocess=preprocess or Preprocess()), graph)
    step = 1 if isinstance(declared[0], int) else 50
    right = 0
    for start in range(0, len(data), step):
        indices = range(start, min(start + step, len(data)))
        feed = data.feed(indices)
        if port.type == "tensor(float16)":
            feed = {name: value.astype(np.float16) for name, value in feed.items()}
        scores = session.run(None, feed)[0]
        right += int((scores.reshape(len(scores), -1).argmax(axis=1) == data.labels[indices]).sum())
    return round(100 * right / len(data), 2)


@pytest.mark.parametrize(
    ("model", "source", "preprocess", "expected"),
    [
        ("mnist/mnist_cntk.onnx", "mnist/test_2000.npz", Preprocess(), 98.95),
        ("mnist/mnist_cntk.onnx", "mnist/mnist_cntk_input_2000.npz", None, 98.95),
        ("mnist/mnist_cntk.onnx", "mnist/folder_200", Preprocess(), 99.0),
        ("mnist/mnist_burn.onnx", "mnist/test_2000.npz", MNIST, 99.45),
        ("fashion/fashion_mlp.onnx", "fashion/test_2000.npz", FASHION, 87.9),
        ("fashion/fashion_mlp.onnx", "fashion/fashion_mlp_input_2000.npz", None, 87.9),
        ("cifar10/resnet20.onnx", "cifar10/test_500.npz", CIFAR, 91.8),
        ("cifar10/resnet20.onnx", "cifar10/resnet20_input_500.npz", None, 91.8),
        ("cifar10/tinymobilenet.onnx", "cifar10/test_500.npz", CIFAR, 80.8),
        ("cifar10/tinymobilenet.onnx", "cifar10/tinymobilenet_input_500.npz", None, 80.8),
        ("cifar10/tinymobilenet.onnx", "cifar10/folder_200", CIFAR, 83.0),
        ("other/iris_mlp.onnx", "other/iris.csv", None, 98.0),
    ],
)  # fmt: skip
def test_top1_is_that_of_the_table(shared, model, source, preprocess, expected):
    assert top1(shared, model, source, preprocess) == expected


def test_squeezenet_reads_a_folder_of_jpegs(shared):
    assert 55 < top1(shared, "imagenet/squeezenet_fp16.onnx", "imagenet/folder_100", CAFFE) < 75  # 61 % of 500


@pytest.mark.slow
def test_top1_of_vgg11_is_that_of_the_table(shared):
    assert top1(shared, "cifar10/vgg11.onnx", "cifar10/vgg11_test_2000.npz", CIFAR) == 85.1


def test_pictures_and_ready_inputs_are_the_same_numbers(shared):
    graph = Graph("m", (), {}, (Port("input.1", "float32", ("N", 3, 32, 32), 0),), (), {}, ())
    pictures, ready = (
        open_data(DataOptions(str(shared / "cifar10" / name), preprocess=CIFAR), graph)
        for name in ("test_500.npz", "resnet20_input_500.npz")
    )
    indices = range(0, 500, 7)
    np.testing.assert_allclose(pictures.feed(indices)["input.1"], ready.feed(indices)["input.1"], atol=1e-6)
