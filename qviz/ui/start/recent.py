"""Files opened lately, remembered between runs."""

from pathlib import Path

from PySide6.QtCore import QSettings

KEY, MOST = "recent", 8


def recent_files() -> list[str]:
    """Newest first; files that are gone are left out."""
    stored = QSettings().value(KEY, [])
    paths = stored if isinstance(stored, list) else [stored]  # Qt stores a list of one as its element
    return [p for p in map(str, paths) if Path(p).exists()]


def remember(path: str) -> None:
    """Put a model or session in front."""
    full = str(Path(path).resolve())
    QSettings().setValue(KEY, [full, *(p for p in recent_files() if p != full)][:MOST])
