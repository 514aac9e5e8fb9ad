"""Values through a byte stream: a length, then a pickle. Both ends are our own processes."""

import gc
import io
import pickle
import queue
import struct
import threading
from typing import Any, BinaryIO

_LENGTH = struct.Struct("<Q")
LARGE = 200_000  # bytes; above it the collector of cycles costs more than reading


class Pipe:
    """One end of a pair of streams. `send` may be called from several threads, `receive` from one."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        self._lock = threading.Lock()

    def send(self, value: object) -> None:
        """Write one value. Raises OSError where the other end is gone."""
        data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        with self._lock:
            self._outgoing.write(_LENGTH.pack(len(data)))
            self._outgoing.write(data)
            self._outgoing.flush()

    def receive(self) -> Any:
        """Wait for one value. Raises EOFError where the other end is gone."""
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size))
        data = self._read(length)
        return pickle.loads(data) if length < LARGE else _loads_large(data)

    def close_outgoing(self) -> None:
        """Nothing more will be sent; what was sent arrives."""
        self._outgoing.close()

    def close(self) -> None:
        for stream in (self._outgoing, self._incoming):
            try:
                stream.close()
            except OSError:  # the other end broke it first
                continue

    def _read(self, size: int) -> bytes:
        data = self._incoming.read(size)
        if len(data) < size:
            raise EOFError
        return data


def _loads_large(data: bytes) -> Any:
    """A graph or its layout: thousands of objects without cycles, which the collector need not look at meanwhile."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return pickle.load(_Pieces(data))
    finally:
        if collecting:
            gc.enable()


class _Pieces:
    """Bytes that a pickle is read from in Python: between two of its frames other threads have their turn."""

    def __init__(self, data: bytes) -> None:
        self._stream = io.BytesIO(data)

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(size)

    def readline(self) -> bytes:
        return self._stream.readline()


class Outbox:
    """Sends values through a pipe on a thread of its own: whoever puts one in never waits for the other end."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._values: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._send_all, name="qviz-engine-writer", daemon=True)
        self._thread.start()

    def put(self, value: object) -> None:
        """Send `value` after those before it; lost where the other end is gone."""
        self._values.put(value)

    def finish(self, seconds: float) -> None:
        """Wait until all is sent, or the time is over."""
        self._values.put(_END)
        self._thread.join(seconds)

    def _send_all(self) -> None:
        while (value := self._values.get()) is not _END:
            try:
                self._pipe.send(value)
            except (OSError, ValueError):
                return  # the other end died; whoever reads from it sees that


_END = object()
