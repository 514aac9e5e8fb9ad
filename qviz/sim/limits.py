"""How many cores and how much memory there are, within what a container allows."""

import os
import re
import sys
from pathlib import Path

from qviz.errors import QvizError

CGROUP_FILES = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
FALLBACK_MEMORY = 8 << 30


def worker_count() -> int:
    """Threads that take micro-batches: the cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def physical_memory() -> int:
    """Bytes of memory, or the control group's limit where that is lower."""
    limits = [_machine_memory()]
    for name in CGROUP_FILES:
        path = Path(name)
        if path.is_file() and (text := path.read_text().strip()).isdigit():
            limits.append(int(text))
    return min(limits)


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
