"""Data larger than memory stay on disk."""

import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from qviz.data.loading import open_data
from qviz.data.options import DataOptions
from qviz.data.spool import LARGE
from qviz.errors import Cancelled, QvizError
from qviz.graph.graph import Graph, Port
from qviz.sim.limits import give_back_memory

IMAGE = Port("x", "float32", ("N", 3, 64, 64), 0)
SAMPLES = LARGE // (3 * 64 * 64 * 4) + 200
resource = pytest.importorskip("resource", reason="limits of a process are those of POSIX")
needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")


def values(seed: int = 0) -> np.ndarray:
    """More than LARGE bytes that compress well, every sample different."""
    x = np.zeros((SAMPLES, *IMAGE.shape[1:]), np.float32)
    x[:, 0, 0, 0] = np.arange(SAMPLES) + seed
    return x


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "room"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


@pytest.fixture
def limited_files() -> Iterator[None]:
    """No file may grow beyond a megabyte, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def own_memory() -> int:
    """Bytes of this process that are backed by no file."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def compressed(path: Path, x: np.ndarray) -> DataOptions:
    np.savez_compressed(path, x=x, labels=np.arange(len(x)) % 10)
    return DataOptions(str(path))


@needs_proc
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_samples_of_a_large_file_are_read_when_needed(
    tmp_path: Path, room: Path, model: Callable[..., Graph], save: Callable[..., None]
) -> None:
    x = values()
    save(tmp_path / "set.npz", x=x, labels=np.arange(SAMPLES) % 10)
    give_back_memory()
    before = own_memory()
    data = open_data(DataOptions(str(tmp_path / "set.npz")), model(IMAGE))
    give_back_memory()  # what unpacking needed for a while
    assert own_memory() - before < LARGE // 2
    np.testing.assert_array_equal(data.feed([7, SAMPLES - 1])["x"], x[[7, -1]])
    np.testing.assert_array_equal(data.labels, np.arange(SAMPLES) % 10)
    assert list(room.iterdir()) == []


def test_a_file_is_unpacked_once_until_it_changes(tmp_path: Path, room: Path, model: Callable[..., Graph]) -> None:
    options, heard = compressed(tmp_path / "set.npz", values()), []
    tell = lambda done, total: heard.append((done, total))  # noqa: E731
    open_data(options, model(IMAGE), tell)
    assert heard[-1] == (values().nbytes >> 20,) * 2
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    known = len(heard)
    open_data(options, model(IMAGE), tell)
    assert len(heard) == known
    os.utime(options.source, ns=(1, 1))
    compressed(tmp_path / "set.npz", values(seed=5))
    assert open_data(options, model(IMAGE), tell).feed([0])["x"][0, 0, 0, 0] == 5
    assert len(heard) == 2 * known


def test_unpacking_can_be_cancelled(tmp_path: Path, room: Path, model: Callable[..., Graph]) -> None:
    def stop(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        open_data(compressed(tmp_path / "set.npz", values()), model(IMAGE), stop)
    assert list(room.iterdir()) == []


def test_a_full_disk_is_said_so(tmp_path: Path, room: Path, model: Callable[..., Graph], request) -> None:
    options = compressed(tmp_path / "set.npz", values())
    request.getfixturevalue("limited_files")
    with pytest.raises(QvizError, match=r"no room to unpack set\.npz: it takes \d+ MB in .*room"):
        open_data(options, model(IMAGE))


def test_a_damaged_member_is_said_so(tmp_path: Path, room: Path, model: Callable[..., Graph]) -> None:
    options = compressed(tmp_path / "set.npz", values())
    path = tmp_path / "set.npz"
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("x.npy").header_offset + archive.getinfo("x.npy").compress_size // 2
    content = bytearray(path.read_bytes())
    content[at] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(QvizError, match="damaged"):
        open_data(options, model(IMAGE))


def test_a_killed_process_leaves_nothing_behind(tmp_path: Path, room: Path) -> None:
    options = compressed(tmp_path / "set.npz", values())
    code = (
        "import sys, time; from pathlib import Path; from qviz.data.npz import NpzArrays\n"
        "x = NpzArrays(Path(sys.argv[1]))['x']; print(x[3, 0, 0, 0], flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(options.source)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "3.0\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert list(room.iterdir()) == []


@needs_proc
def test_large_npy_files_stay_on_disk(tmp_path: Path, model: Callable[..., Graph]) -> None:
    np.save(tmp_path / "x.npy", values())
    before = own_memory()
    data = open_data(DataOptions(str(tmp_path)), model(IMAGE))
    assert own_memory() - before < LARGE // 2
    assert data.feed([9])["x"][0, 0, 0, 0] == 9
