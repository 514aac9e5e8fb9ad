"""Members of an .npz that are too large to hold: mapped where they lie, or unpacked once into a file that is mapped.

The unpacked file has no name: whatever ends the process, the system takes it back.
"""

import errno
import lzma
import math
import mmap
import os
import shutil
import struct
import sys
import tempfile
import tokenize
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from qviz.data.dataset import Array
from qviz.errors import QvizError

LARGE = 1 << 26  # bytes of an array; smaller ones are read into memory
CHUNK = 1 << 24  # bytes unpacked at a time
KEPT = 8  # unpacked arrays found again, the latest
MEGABYTE = 1 << 20
DAMAGED = (  # what zipfile, its decompressors and numpy raise for files that are not what they seem
    OSError,
    ValueError,
    EOFError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    SyntaxError,
    TypeError,
    tokenize.TokenError,
)
LOCAL_HEADER = struct.Struct("<4s22xHH")  # signature, then the lengths of name and extra field

Progress = Callable[[int, int], None]  # megabytes done and in all; raises Cancelled where the work is to stop
_Key = tuple[str, int, int, str]  # path, time of change, size, member
_unpacked: OrderedDict[_Key, Array] = OrderedDict()


def silent(done: int, total: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True)
class Header:
    """What stands before the values of an .npy."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]
    length: int  # of the header itself, in bytes

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    def mapped(self, file: IO[bytes], offset: int) -> Array:
        """The values that start at `offset` of `file`, read page by page as they are needed."""
        order = "F" if self.fortran else "C"
        return np.asarray(np.memmap(file, self.dtype, "r", offset, self.shape, order))  # type: ignore[call-overload]


def large_member(path: Path, member: str, progress: Progress = silent) -> Array | None:
    """The array of one member (`x.npy`) of an .npz without holding it; None where it is small, or no plain numbers.

    A compressed member is unpacked once, as long as the file stays as it is. Raises QvizError where there is no room
    to unpack it, and one of DAMAGED.
    """
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(member)
        if info.file_size < LARGE:
            return None
        with archive.open(info) as stream:
            header = read_header(stream)
            if header.dtype.hasobject or header.nbytes < LARGE:
                return None
            if header.length + header.nbytes > info.file_size:
                raise ValueError("the member is shorter than its shape says")
            if info.compress_type == zipfile.ZIP_STORED and not info.flag_bits & 1:
                return _in_place(path, info, header)
            return _found_again(path, member, lambda: _unpack(stream, header, path, progress))


def let_go(values: Array) -> None:
    """Give back the pages of a mapped array that were read so far: else they count as memory of this process."""
    base: Any = values
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def read_header(stream: IO[bytes]) -> Header:
    """The header of an .npy at the place where `stream` stands. Raises ValueError where there is none."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read(stream)
    return Header(shape, fortran, dtype, stream.tell())


def _in_place(path: Path, info: zipfile.ZipInfo, header: Header) -> Array:
    """A member that is stored as it is."""
    with path.open("rb") as file:
        file.seek(info.header_offset)
        signature, name, extra = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
        if signature != b"PK\x03\x04":
            raise zipfile.BadZipFile("no member where one should be")
        return header.mapped(file, info.header_offset + LOCAL_HEADER.size + name + extra + header.length)


def _found_again(path: Path, member: str, unpack: Callable[[], Array]) -> Array:
    stat = path.stat()
    key = (str(path.resolve()), stat.st_mtime_ns, stat.st_size, member)
    if key not in _unpacked:
        _unpacked[key] = unpack()
    _unpacked.move_to_end(key)
    while len(_unpacked) > KEPT:
        _unpacked.popitem(last=False)
    return _unpacked[key]


def _unpack(stream: IO[bytes], header: Header, path: Path, progress: Progress) -> Array:
    folder, total = _folder(), header.nbytes
    if shutil.disk_usage(folder).free < total:
        raise _no_room(folder, path, total)
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            done = 0
            while part := stream.read(CHUNK):
                file.write(part)
                done += len(part)
                progress(min(done, total) // MEGABYTE, total // MEGABYTE)
            file.flush()
            if done < total:
                raise EOFError("the member ends early")
            return header.mapped(file, 0)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise _no_room(folder, path, total) from None
        raise


def _no_room(folder: str, path: Path, size: int) -> QvizError:
    return QvizError(
        "There is no room to unpack {name}: it takes {size} MB in {folder}. Free some, set TMPDIR to another folder, "
        "or save the data uncompressed (numpy.savez).",
        name=path.name, size=size // MEGABYTE, folder=folder,
    )  # fmt: skip


def _folder() -> str:
    """A folder on disk: the usual one for temporary files is in memory on many systems."""
    on_disk = "/var/tmp"
    named = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    if not named and sys.platform != "win32" and os.access(on_disk, os.W_OK):
        return on_disk
    return tempfile.gettempdir()
