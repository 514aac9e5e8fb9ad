"""Which tensors get a quantizer: AIMET's rules with the exceptions found in the files it writes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from qviz.graph import operators
from qviz.graph.graph import Bias, Node, Quantizer, Tensor
from qviz.graph.quantizers import activation_quantizer, roles, weight_quantizer


@dataclass(frozen=True)
class Placement:
    """Quantizers in the order of what they quantize, and biases."""

    quantizers: Mapping[str, Quantizer]
    biases: tuple[Bias, ...]


def place(
    nodes: Iterable[Node],
    tensors: Mapping[str, Tensor],
    views: Mapping[str, str] | None = None,
    reshaped: Collection[str] = (),
) -> Placement:
    """Quantizers of a model: inputs, outputs of operators, weights and float constants.

    `views` maps a constant to the weight that it is a view of; weights in `reshaped` are read through a Reshape and
    are quantized per tensor, as activations are.
    """
    return _Placer(tuple(nodes), tensors, views or {}, reshaped).place()


class _Placer:
    """One pass over a model in topological order; what data movement yields follows what it moves."""

    def __init__(
        self,
        nodes: tuple[Node, ...],
        tensors: Mapping[str, Tensor],
        views: Mapping[str, str],
        reshaped: Collection[str],
    ) -> None:
        self._nodes = nodes
        self._by_name = {n.name: n for n in nodes}
        self._tensors = tensors
        self._views = views
        self._reshaped = reshaped
        self._members: dict[str, list[str]] = {}  # weight -> it and its views, as far as they are read
        self._quantizers: dict[str, Quantizer] = {}
        self._owner: dict[str, str] = {}  # tensor -> the quantizer on whose grid it lies
        self._biases: dict[str, Bias] = {}
        self._inside = {n.outputs[0]: follower for n, follower in self._supergroups()}

    def place(self) -> Placement:
        for name, tensor in self._tensors.items():
            if tensor.kind == "constant" and tensor.is_float:
                self._members.setdefault(self._views.get(name, name), []).append(name)
            elif tensor.kind == "input" and tensor.is_float and tensor.consumers:
                self._add(activation_quantizer(tensor, self._by_name))
        for node in self._nodes:
            self._place_constants(node)
            self._place_outputs(node)
        self._join()
        grids = self._grids()
        biases = (replace(b, input=grids.get(b.input, b.input)) for b in self._biases.values())
        return Placement(self._quantizers, tuple(b for b in biases if b.name not in self._owner))

    def _add(self, quantizer: Quantizer) -> None:
        self._quantizers[quantizer.name] = quantizer
        self._owner.update(dict.fromkeys(quantizer.tensors, quantizer.name))

    def _supergroups(self) -> Iterable[tuple[Node, Node]]:
        for node in self._nodes:
            output = self._tensors.get(node.outputs[0]) if node.outputs else None
            if output is None or output.is_output or len(output.consumers) != 1:
                continue
            reader = self._by_name[output.consumers[0]]
            if self._is_supergroup(node, reader):
                yield node, reader

    def _is_supergroup(self, node: Node, reader: Node) -> bool:
        if node.domain or reader.domain or (node.op, reader.op) not in operators.SUPERGROUPS:
            return False
        if reader.op == "Clip":
            return reader.inputs[0] == node.outputs[0] and not operators.is_depthwise(
                node, self._tensors.get(node.inputs[1])
            )
        return node.op != "MatMul" or self._matmul_bias(node, reader) is not None

    def _matmul_bias(self, matmul: Node, add: Node) -> str | None:
        """The constant vector that `add` adds to a MatMul by a weight: a bias."""
        weight = matmul.inputs[1]
        if self._tensors[weight].kind != "constant" or weight in self._reshaped:
            return None
        others = [self._tensors[i] for i in add.inputs if i != matmul.outputs[0]]
        fits = len(others) == 1 and others[0].kind == "constant" and len(others[0].shape or ()) == 1
        return others[0].name if fits else None

    def _place_constants(self, node: Node) -> None:
        for at, name in enumerate(node.inputs):
            tensor = self._tensors.get(name)
            if tensor is None or tensor.kind != "constant" or not tensor.is_float:
                continue
            if operators.is_bias(node, at) and self._tensors[node.inputs[1]].kind == "constant":
                self._biases.setdefault(name, Bias(name, node.name, node.inputs[0], node.inputs[1]))
            root = self._views.get(name, name)
            if root not in self._quantizers and not self._adds_bias(node, name):
                self._place_weight(root)

    def _adds_bias(self, node: Node, name: str) -> bool:
        for i in node.inputs:
            if self._inside.get(i) is node and node.op == "Add":
                producer = self._tensors[i].producer
                matmul = self._by_name[producer] if producer else node
                if matmul.op == "MatMul" and self._matmul_bias(matmul, node) == name:
                    self._biases[name] = Bias(name, node.name, matmul.inputs[0], matmul.inputs[1])
                    return len(self._tensors[name].consumers) == 1
        return False

    def _place_weight(self, root: str) -> None:
        members = tuple(self._members[root])
        found = {m: roles(self._tensors[m], self._by_name) for m in members}
        readings = [r for m in members for r in found[m]]
        if not readings:
            return
        quantizer = weight_quantizer(root, members, readings, self._tensors[members[0]])
        if len(members) > 1 or root in self._reshaped:
            quantizer = replace(quantizer, axis=None, channels=1)
        if root in self._reshaped:
            quantizer = replace(quantizer, kind="activation")
        self._add(quantizer)

    def _place_outputs(self, node: Node) -> None:
        source = node.inputs[0] if node.inputs else ""
        for name in node.outputs:
            tensor = self._tensors.get(name)
            if tensor is None or not tensor.is_float or not (tensor.consumers or tensor.is_output):
                continue
            if name in self._inside or self._only_steers(tensor) or (node.op, node.domain) == (operators.ON_GRID, ""):
                continue
            owner = self._owner.get(source)
            if owner is not None and not node.opaque and operators.moves_data(node):
                self._owner[name] = owner
                self._quantizers[owner] = _with_follower(self._quantizers[owner], name)
            elif owner is not None and not node.domain and node.op in operators.TAKES_INPUT:
                self._owner[name] = owner
                q = self._quantizers[owner]
                self._quantizers[owner] = replace(q, tensors=(*q.tensors, name))
            else:
                self._add(activation_quantizer(tensor, self._by_name))

    def _only_steers(self, tensor: Tensor) -> bool:
        readings = [
            operators.steers(node, at)
            for node in (self._by_name[c] for c in tensor.consumers)
            for at, name in enumerate(node.inputs)
            if name == tensor.name
        ]
        return bool(readings) and all(readings) and not tensor.is_output

    def _join(self) -> None:
        """Push each Concat's quantizer back to the producers of its inputs, as far as nobody else reads those."""
        for node in reversed(self._nodes):
            name = node.outputs[0] if node.outputs else ""
            if node.op == operators.JOINS and not node.domain and name in self._quantizers:
                found = self._parts(node)
                if found.quantizers:
                    self._join_into(name, found)

    def _join_into(self, name: str, found: "_Parts") -> None:
        own = self._quantizers[name]
        joined = [self._quantizers.pop(p) for p in (*found.quantizers, *found.absorbed)]
        tensors = [t for q in joined for t in q.tensors if q.name not in found.absorbed]
        followers = [*found.absorbed, *(f for q in joined for f in q.followers), *own.followers]
        (followers if found.complete else tensors).append(name)
        grid = tuple(dict.fromkeys(followers))
        self._quantizers[name] = replace(own, tensors=tuple(tensors), followers=grid)
        self._owner.update(dict.fromkeys((*tensors, *grid), name))

    def _parts(self, concat: Node) -> "_Parts":
        quantizers: dict[str, None] = {}
        absorbed: list[str] = []
        complete = True
        for name in dict.fromkeys(concat.inputs):
            start = self._joinable(name)
            if start is None:
                complete = False
                continue
            producer = self._by_name[self._tensors[start].producer or ""]
            inner = self._parts(producer) if producer.op == operators.JOINS and not producer.domain else None
            if inner is not None and inner.complete:
                quantizers |= dict.fromkeys(inner.quantizers)
                absorbed += [start, *inner.absorbed]
            else:
                quantizers[start] = None
        return _Parts(tuple(quantizers), tuple(absorbed), complete)

    def _joinable(self, name: str) -> str | None:
        """The quantizer behind `name`, through data movement, if it stands on one activation with this one reader."""
        while name in self._owner and len(self._tensors[name].consumers) == 1:
            producer = self._tensors[name].producer
            if producer is None:
                return None
            if name in self._quantizers:
                return name if self._quantizers[name].tensors == (name,) else None
            name = self._by_name[producer].inputs[0]
        return None

    def _grids(self) -> dict[str, str]:
        """For each tensor on a quantizer's grid the quantized tensor whose values it holds."""
        grids = {t: t for q in self._quantizers.values() for t in q.tensors}
        for node in self._nodes:
            for name in node.outputs:
                if name in self._owner and name not in grids:
                    grids[name] = grids.get(node.inputs[0], node.inputs[0])
        return grids


@dataclass(frozen=True)
class _Parts:
    """What a Concat's quantizer takes over: quantizers of producers, and those of Concats whose inputs all joined."""

    quantizers: tuple[str, ...]
    absorbed: tuple[str, ...]
    complete: bool


def _with_follower(quantizer: Quantizer, name: str) -> Quantizer:
    return replace(quantizer, followers=(*quantizer.followers, name))
