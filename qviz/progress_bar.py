"""A progress bar on stderr, drawn only where that is a terminal."""

import sys

WIDTH = 30


class ProgressBar:
    """One line that is redrawn; it leaves nothing behind."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._drawn = False

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def update(self, done: int, total: int) -> None:
        """Show `done` of `total`."""
        if sys.stderr.isatty():
            filled = WIDTH * done // max(total, 1)
            bar = "#" * filled + "." * (WIDTH - filled)
            print(f"\r{self._title} [{bar}] {done}/{total}", end="", file=sys.stderr, flush=True)
            self._drawn = True

    def close(self) -> None:
        """Take the line away."""
        if self._drawn:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
            self._drawn = False
