"""Values through a byte stream: a length, then a pickle. Both ends are our own processes."""

import pickle
import struct
import threading
from typing import Any, BinaryIO

_LENGTH = struct.Struct("<Q")


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
        return pickle.loads(self._read(length))

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
