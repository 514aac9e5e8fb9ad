"""Scopes and repeated blocks are found, and drawn as one the graph stays a graph."""

from hypothesis import given, settings
from hypothesis import strategies as st

from qviz.graph.graph import Graph, Node, Tensor
from qviz.graph.grouping import Group, collapse, groups_of
from qviz.graph.layout import compute_layout


def graph_of(nodes: list[tuple[str, str, list[int]]]) -> Graph:
    """Nodes (name, operator, nodes that it reads; -1 is the input), the last of which gives the output."""
    made = tuple(
        Node(name, op, "", tuple(f"t{i}" for i in reads), (f"t{at}",)) for at, (name, op, reads) in enumerate(nodes)
    )
    tensors = {
        f"t{at}": Tensor(
            f"t{at}", "activation" if at >= 0 else "input", "float32", (1,), made[at].name if at >= 0 else None,
            tuple(n.name for n in made if f"t{at}" in n.inputs), at == len(nodes) - 1,
        )
        for at in range(-1, len(nodes))
    }  # fmt: skip
    return Graph("g", made, tensors, (), (), {}, ())


def in_order(graph: Graph) -> bool:
    seen: set[str] = set()
    for node in graph.nodes:
        sources = {graph.tensors[i].producer for i in node.inputs if i in graph.tensors}
        if not sources - {None} <= seen:
            return False
        seen.add(node.name)
    return True


NAMED = graph_of(
    [("/a/conv", "Conv", [-1]), ("/a/relu", "Relu", [0]), ("/b/x/conv", "Conv", [1]), ("/b/x/relu", "Relu", [2]),
     ("/b/add", "Add", [3, 1]), ("/head", "Gemm", [4])]
)  # fmt: skip


def test_scopes_come_from_the_names_outer_ones_first() -> None:
    groups = groups_of(NAMED)
    assert {n: len(g.members) for n, g in groups.items()} == {"/a": 2, "/b": 3, "/b/x": 2}
    assert list(groups).index("/b") < list(groups).index("/b/x")


def test_dots_separate_scopes_too() -> None:
    graph = graph_of([("net.a.conv", "Conv", [-1]), ("net.a.relu", "Relu", [0]), ("out", "Gemm", [1])])
    assert list(groups_of(graph)) == ["net.a"]


def test_blocks_that_repeat_are_found_where_names_tell_nothing() -> None:
    wiring = [("c", "Conv", [-1])]
    for _ in range(3):
        first = len(wiring) - 1
        wiring += [("c", "Conv", [first]), ("r", "Relu", [first + 1]), ("a", "Add", [first + 2, first])]
    groups = groups_of(graph_of([(f"{name}_{i}", op, reads) for i, (name, op, reads) in enumerate(wiring)]))
    assert [g.members for g in groups.values()] == [tuple(f"{n}_{i + k}" for n, k in zip("cra", range(3), strict=True))
                                                    for i in (1, 4, 7)]  # fmt: skip


def test_a_collapsed_scope_is_one_node_with_the_edges_that_leave_it() -> None:
    drawn, shown = collapse(NAMED, groups_of(NAMED).values())
    assert [n.name for n in drawn.nodes] == ["/a", "/b", "/head"]
    assert set(shown) == {"/a", "/b"}
    assert drawn.tensors["t1"].producer == "/a"
    assert drawn.tensors["t1"].consumers == ("/b",)
    assert {(e.source, e.target) for e in compute_layout(drawn).edges} == {("/a", "/b"), ("/b", "/head")}


def test_an_expanded_scope_shows_what_is_collapsed_inside_it() -> None:
    drawn, _ = collapse(NAMED, [groups_of(NAMED)["/b/x"]])
    assert [n.name for n in drawn.nodes] == ["/a/conv", "/a/relu", "/b/x", "/b/add", "/head"]


def test_a_group_that_an_edge_leaves_and_comes_back_to_stays_open() -> None:
    graph = graph_of([("s/a", "Conv", [-1]), ("b", "Relu", [0]), ("s/c", "Add", [1, 0])])
    drawn, shown = collapse(graph, groups_of(graph).values())
    assert drawn is graph
    assert not shown


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.lists(st.integers(0, 99), min_size=1, max_size=3)), min_size=2,
             max_size=24)
)  # fmt: skip
def test_whatever_is_collapsed_the_graph_stays_in_order(choices: list[tuple[str, list[int]]]) -> None:
    graph = graph_of(
        [(f"{s}/{i}", "Add", sorted({r % (i + 1) - 1 for r in reads})) for i, (s, reads) in enumerate(choices)]
    )
    drawn, shown = collapse(graph, [Group(g.name, g.members) for g in groups_of(graph).values()])
    assert in_order(drawn)
    kept = {n.name for n in drawn.nodes} - set(shown)
    assert kept | {m for g in shown.values() for m in g.members} == {n.name for n in graph.nodes}
    assert len(compute_layout(drawn).positions) == len(drawn.nodes)
