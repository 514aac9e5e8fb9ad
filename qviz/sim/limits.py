"""How many cores and how much memory there are, within what a container allows."""

import os
import re
import sys
from pathlib import Path

from qviz.errors import QvizError

FALLBACK_MEMORY = 8 << 30


def worker_count() -> int:
    """Threads that take micro-batches: the cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def physical_memory() -> int:
    """Bytes of memory, or the lowest limit of a control group that this process is in."""
    return min([_machine_memory(), *group_limits()])


def group_limits(membership: Path = Path("/proc/self/cgroup"), mounted: Path = Path("/sys/fs/cgroup")) -> list[int]:
    """Limits in bytes of the control groups that `membership` lists and of those around them; none means no limit.

    Version 2 has one tree under `mounted` and says "max" for none; version 1 has one for memory, and a huge number.
    In a container the path may be that outside of it: then the root of the tree is the container's own group.
    """
    limits = []
    for line in _lines(membership):
        hierarchy, _, rest = line.partition(":")
        controllers, _, group = rest.partition(":")
        if hierarchy == "0" and not controllers:
            tree, name = mounted, "memory.max"
        elif "memory" in controllers.split(","):
            tree, name = mounted / "memory", "memory.limit_in_bytes"
        else:
            continue
        inside = tree / group.lstrip("/")
        texts = ["".join(_lines(folder / name)) for folder in (inside, *inside.parents) if folder.is_relative_to(tree)]
        limits += [int(text) for text in texts if text.isdigit()]
    return limits


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def default_budget() -> int:
    """Bytes that the memo may hold: a quarter of the memory."""
    return physical_memory() // 4


def bytes_of(size: str | None) -> int | None:
    """A number of bytes, or one with K, M, G or T behind it; None stays. Raises QvizError for anything else."""
    if size is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)B?", size.strip().upper())
    if match is None:
        raise QvizError("--cache takes a size such as 500M or 2G, or 0 for none, not {size}.", size=size)
    return round(float(match[1]) * 1024 ** " KMGT".index(match[2] or " "))


def _machine_memory() -> int:
    if sys.platform == "win32":
        return FALLBACK_MEMORY
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def lower_priority() -> None:
    """Let the window go first on busy cores (nice +10)."""
    if hasattr(os, "nice"):
        os.nice(10)
    elif sys.platform == "win32":
        import ctypes

        below_normal = 0x4000
        ctypes.windll.kernel32.SetPriorityClass(ctypes.windll.kernel32.GetCurrentProcess(), below_normal)


def give_back_memory() -> None:
    """Return what was freed to the system: the C library keeps it otherwise, and a large model's is large."""
    if sys.platform == "linux":
        import ctypes

        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # GNU's C library has it
        if trim is not None:
            trim(0)
