"""The memory that a container allows, by either version of control groups."""

from pathlib import Path

import pytest

from qviz.sim.limits import default_budget, group_limits, physical_memory

MANY = 9223372036854771712  # what version 1 says where there is no limit


def limits(folder: Path, membership: str, files: dict[str, object]) -> list[int]:
    (folder / "cgroup").write_text(membership)
    for name, value in files.items():
        path = folder / "sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{value}\n")
    return group_limits(folder / "cgroup", folder / "sys")


def test_version_2_takes_the_lowest_limit_of_all_groups_around(tmp_path: Path) -> None:
    files = {"a/memory.max": 2 << 30, "a/b/memory.max": "max", "a/b/c/memory.max": 3 << 30, "other/memory.max": 1}
    assert min(limits(tmp_path, "0::/a/b/c\n", files)) == 2 << 30


def test_version_2_without_any_limit(tmp_path: Path) -> None:
    assert limits(tmp_path, "0::/a\n", {"a/memory.max": "max"}) == []


@pytest.mark.parametrize("files", [{"memory.max": 1 << 30}, {"memory/memory.limit_in_bytes": 1 << 30}])
def test_in_a_container_the_root_is_its_own_group(tmp_path: Path, files: dict[str, object]) -> None:
    membership = "4:cpu,memory:/docker/0123\n0::/docker/0123\n"
    assert limits(tmp_path, membership, files) == [1 << 30]


def test_version_1_nested(tmp_path: Path) -> None:
    files = {"memory/memory.limit_in_bytes": MANY, "memory/jobs/memory.limit_in_bytes": 5 << 28}
    files |= {"memory/jobs/one/memory.limit_in_bytes": MANY, "cpu/jobs/one/memory.limit_in_bytes": 1}
    assert min(limits(tmp_path, "3:cpu:/jobs/one\n2:memory:/jobs/one\n", files)) == 5 << 28


def test_no_control_groups_at_all(tmp_path: Path) -> None:
    assert group_limits(tmp_path / "none", tmp_path) == []
    assert 0 < default_budget() == physical_memory() // 4


def test_without_control_groups_the_machine_s_memory_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS, on Windows and in a bare root."""
    with_groups = physical_memory()
    monkeypatch.setattr("qviz.sim.limits.group_limits", list)
    assert physical_memory() >= with_groups
    assert default_budget() == physical_memory() // 4
