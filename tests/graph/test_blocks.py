"""Blocks that repeat are found as a person would name them, whatever their sizes and their place."""

import random
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qviz.graph.blocks import Block, repeated_blocks
from qviz.graph.graph import Graph, Node, Tensor, TensorKind
from qviz.graph.grouping import collapse, groups_of
from qviz.graph.model import load_model

DATA = Path(__file__).parents[3] / "shared" / "data"


class Net:
    """A network written operator by operator; -1 is its input, "w" a weight."""

    def __init__(self) -> None:
        self.reads: list[tuple[str, list[int | str]]] = []

    def add(self, op: str, *reads: int | str) -> int:
        self.reads.append((op, list(reads)))
        return len(self.reads) - 1

    def normalized(self, x: int) -> int:
        centered = self.add("Sub", x, self.add("ReduceMean", x))
        spread = self.add("Sqrt", self.add("Add", self.add("ReduceMean", self.add("Pow", centered, "s")), "s"))
        return self.add("Add", self.add("Mul", self.add("Div", centered, spread), "s"), "s")

    def linear(self, x: int) -> int:
        return self.add("Add", "s", self.add("MatMul", x, "w"))

    def graph(self) -> Graph:
        readers: dict[str, list[str]] = defaultdict(list)
        tensors, nodes = {}, []
        for at, (op, reads) in enumerate(self.reads):
            names = []
            for slot, read in enumerate(reads):
                name = f"c{at}_{slot}" if isinstance(read, str) else f"t{read}"
                if isinstance(read, str):
                    tensors[name] = Tensor(
                        name, "constant", "float32", (4, 4) if read == "w" else (), None, (f"n{at}",)
                    )
                readers[name].append(f"n{at}")
                names.append(name)
            nodes.append(Node(f"n{at}", op, "", tuple(names), (f"t{at}",)))
        for at in range(-1, len(nodes)):
            made = f"n{at}" if at >= 0 else None
            kind: TensorKind = "activation" if made else "input"
            consumers = tuple(dict.fromkeys(readers[f"t{at}"]))
            tensors[f"t{at}"] = Tensor(f"t{at}", kind, "float32", (1, 8), made, consumers, at == len(nodes) - 1)
        return Graph("net", tuple(nodes), tensors, (), (), {}, ())


def resnet(stages: int, blocks: int) -> Graph:
    net = Net()
    x = net.add("Relu", net.add("Conv", -1, "w"))
    for _ in range(stages):
        for block in range(blocks):
            y = net.add("Conv", net.add("Relu", net.add("Conv", x, "w")), "w")
            skip = net.add("Conv", x, "w") if block == 0 else x
            x = net.add("Relu", net.add("Add", y, skip))
    net.add("Gemm", net.add("GlobalAveragePool", x), "w")
    return net.graph()


def transformer(layers: int) -> Graph:
    net = Net()
    mask = net.add("Unsqueeze", -1)
    x = net.add("Gather", -1, "w")
    for _ in range(layers):
        y = net.normalized(x)
        q, k, v = (net.add("Transpose", net.add("Reshape", net.linear(y))) for _ in range(3))
        share = net.add("Softmax", net.add("Add", net.add("MatMul", q, net.add("Transpose", k)), mask))
        x = net.add("Add", x, net.linear(net.add("Reshape", net.add("MatMul", share, v))))
        x = net.add("Add", x, net.linear(net.add("Gelu", net.linear(net.normalized(x)))))
    net.add("MatMul", net.normalized(x), "w")
    return net.graph()


def shuffled(graph: Graph, seed: int) -> Graph:
    """The same network with its operators in another order in which it can be run."""
    pick, waiting = random.Random(seed), list(graph.nodes)
    done: set[str | None] = {None}
    order: list[Node] = []
    while waiting:
        ready = [n for n in waiting if all(graph.tensors[i].producer in done for i in n.inputs)]
        node = pick.choice(ready)
        waiting.remove(node)
        order.append(node)
        done.add(node.name)
    return replace(graph, nodes=tuple(order))


def told(blocks: list[Block]) -> set[tuple[str, int, int]]:
    """Kind, how often, and nodes of each."""
    return {(b.kind, b.count, len(b.members)) for b in blocks}


def test_residual_blocks_are_found_with_the_activation_that_ends_them() -> None:
    graph = resnet(1, 4)
    blocks = [b for b in repeated_blocks(graph) if b.kind == "residual"]
    assert [b.count for b in blocks] == [3, 3, 3]
    assert all([graph.node_by_name[m].op for m in b.members] == ["Conv", "Relu", "Conv", "Add", "Relu"] for b in blocks)
    assert [b.nth for b in blocks] == [1, 2, 3]


def test_stages_hold_their_blocks() -> None:
    assert told(repeated_blocks(resnet(3, 4))) == {("stage", 3, 21), ("residual", 9, 5)}


def test_layers_of_a_transformer_are_blocks_though_all_read_one_mask() -> None:
    graph = transformer(5)
    outer = [b for b in repeated_blocks(graph) if b.kind == "attention"]
    assert [b.count for b in outer] == [5] * 5
    drawn, _ = collapse(graph, groups_of(graph).values())
    assert Counter(n.op for n in drawn.nodes)[""] >= 5
    assert len(drawn.nodes) < 20


@pytest.mark.parametrize("seed", range(5))
def test_blocks_are_found_in_a_file_in_which_branches_mingle(seed: int) -> None:
    graph = shuffled(transformer(5), seed)
    assert max(b.count for b in repeated_blocks(graph) if b.kind == "attention") >= 4
    drawn, _ = collapse(graph, groups_of(graph).values())
    assert len(drawn.nodes) < 0.3 * len(graph.nodes)


@pytest.mark.parametrize("op", ["Relu", "Conv"])
def test_a_row_of_one_operator_is_no_block(op: str) -> None:
    net = Net()
    for i in range(40):
        net.add(op, i - 1)
    assert repeated_blocks(net.graph()) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["Add", "Conv", "Relu"]), st.lists(st.integers(0, 9), min_size=1, max_size=2)),
             min_size=2, max_size=60)
)  # fmt: skip
def test_blocks_lie_apart_or_inside_one_another(choices: list[tuple[str, list[int]]]) -> None:
    net = Net()
    for at, (op, reads) in enumerate(choices):
        net.add(op, *(max(at - 1 - r, -1) for r in reads))
    graph = net.graph()
    blocks = repeated_blocks(graph)
    sets = [set(b.members) for b in blocks]
    assert all(a.isdisjoint(b) or a <= b or b <= a for a in sets for b in sets)
    assert all(len(s) >= 3 for s in sets)
    assert blocks == repeated_blocks(graph)
    for block in blocks:
        assert len([b for b in blocks if (b.family, b.count) == (block.family, block.count)]) == block.count
        assert sum(s > set(block.members) for s in sets) <= 2


EXPECTED = {
    "cifar10/resnet20.onnx": {("residual", 7, 5), ("stage", 2, 16)},
    "cifar10/vgg11.onnx": {("plain", 5, 3)},
    "imagenet/squeezenet_fp16.onnx": {("branching", 8, 7)},
    "other/detector_yolox_nano.onnx": {("branching", 3, 33), ("branching", 5, 19), ("branching", 2, 46)},
    "other/denoise_gru.onnx": {("recurrent", 2, 57), ("recurrent", 3, 36)},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_blocks_of_real_models(name: str) -> None:
    if not (DATA / name).exists():
        pytest.skip("the models of ../shared/data are not here")
    graph = load_model(str(DATA / name)).graph
    assert told(repeated_blocks(graph)) >= EXPECTED[name]
    drawn, shown = collapse(graph, groups_of(graph).values())
    assert shown
    assert len(drawn.nodes) < 0.6 * len(graph.nodes)
