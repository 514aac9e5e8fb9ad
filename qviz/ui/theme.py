"""Colours and fonts of the window in its two themes, and how they reach Qt."""

from dataclasses import dataclass, fields
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from qviz.paths import resource


@dataclass(frozen=True)
class Theme:
    """Every colour by what it means, as #rrggbb. At least 4.5:1 for text, 3:1 for marks, on `panel` and `plot`."""

    dark: bool
    window: str
    panel: str
    plot: str  # background of plots and the graph
    raised: str  # buttons, fields
    border: str
    text: str
    muted: str  # secondary text, axes
    accent: str  # selection, focus, primary button
    accent_text: str
    histogram: str  # bars of the float values
    quantized: str  # outline of the values after quantization
    handle_min: str
    handle_max: str
    effective: str  # shading of the effective range
    rounding: str  # rounding error curve
    clipping: str  # clipping error curve, dashed
    total: str  # total error curve
    good: str  # a gain whose interval excludes zero
    bad: str
    warning: str
    edge: str  # edges of the graph
    category: dict[str, str]  # operator category -> stripe colour


DARK = Theme(
    dark=True, window="#16181d", panel="#1c1f26", plot="#14161b", raised="#262a33", border="#353b47", text="#e8eaef",
    muted="#9aa3b2", accent="#4c9aff", accent_text="#0b1220", histogram="#6b8fc9", quantized="#f2b84b",
    handle_min="#5ad1c8", handle_max="#ff8f66", effective="#4c9aff", rounding="#5ad1c8", clipping="#ff8f66",
    total="#e8eaef", good="#5fd38d", bad="#ff7b7b", warning="#f2b84b", edge="#69748a",
    category={
        "linear": "#5b9bf5", "activation": "#f07f6b", "pool": "#58c48c", "normalization": "#3fbfae",
        "shape": "#b59a85", "elementwise": "#c58af0", "tensor": "#d9a441", "control": "#e06fa8", "other": "#8d97a8",
    },
)  # fmt: skip
LIGHT = Theme(
    dark=False, window="#f3f4f7", panel="#ffffff", plot="#ffffff", raised="#ffffff", border="#c9ced8", text="#1a1d24",
    muted="#5a6372", accent="#1a66d9", accent_text="#ffffff", histogram="#5f86c4", quantized="#a86200",
    handle_min="#00798a", handle_max="#c2410c", effective="#1a66d9", rounding="#00798a", clipping="#c2410c",
    total="#1a1d24", good="#157a3f", bad="#c02626", warning="#8f5600", edge="#7a8496",
    category={
        "linear": "#1f66cf", "activation": "#bf4630", "pool": "#20804d", "normalization": "#0f7d70",
        "shape": "#7d5f48", "elementwise": "#8440bd", "tensor": "#8f6100", "control": "#b02f72", "other": "#5a6372",
    },
)  # fmt: skip

NORMAL_TEXT = 10.0  # points
DIM = 0.64  # how strong a text is that belongs to an older setting


class ThemeSource(QObject):
    """The theme in force; it follows the system until one is chosen."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.current = DARK
        self._chosen: bool | None = None  # dark, light, or follow the system
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow)

    def choose(self, dark: bool | None) -> None:
        """Dark, light, or (None) what the system says."""
        self._chosen = dark
        self._follow()

    def _follow(self) -> None:
        scheme = QGuiApplication.styleHints().colorScheme()
        dark = scheme == Qt.ColorScheme.Dark if self._chosen is None else self._chosen
        self.current = DARK if dark else LIGHT
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setPalette(palette(self.current))
            app.setStyleSheet(stylesheet(self.current))
        self.changed.emit(self.current)


def palette(theme: Theme) -> QPalette:
    """Fusion's palette in our colours."""
    p = QPalette()
    role = QPalette.ColorRole
    for target, name in (
        (role.Window, theme.panel), (role.Base, theme.raised), (role.AlternateBase, theme.panel),
        (role.Button, theme.raised), (role.Text, theme.text), (role.WindowText, theme.text),
        (role.ButtonText, theme.text), (role.ToolTipBase, theme.raised), (role.ToolTipText, theme.text),
        (role.Highlight, theme.accent), (role.HighlightedText, theme.accent_text), (role.Link, theme.accent),
        (role.PlaceholderText, theme.muted), (role.BrightText, theme.bad), (role.Mid, theme.border),
        (role.Light, theme.raised), (role.Midlight, theme.border), (role.Dark, theme.border),
        (role.Shadow, theme.window),
    ):  # fmt: skip
        p.setColor(target, QColor(name))
    for target in (role.Text, role.WindowText, role.ButtonText):
        p.setColor(QPalette.ColorGroup.Disabled, target, QColor(theme.muted))
    return p


def stylesheet(theme: Theme) -> str:
    """resources/theme.qss in the colours of `theme`."""
    colors = {f.name: getattr(theme, f.name) for f in fields(theme)}
    derived = {
        "hover": blend(theme.raised, theme.text, 0.08),
        "accent_hover": blend(theme.accent, theme.text, 0.12),
        "selected": selection(theme),
        "stripe": blend(theme.panel, theme.text, 0.025),
        "disabled": blend(theme.panel, theme.text, 0.42),
        "dim": blend(theme.panel, theme.text, DIM),
        "tone": "dark" if theme.dark else "light",
        "icons": resource("icons").as_posix(),
    }
    return Template(resource("theme.qss").read_text(encoding="utf-8")).substitute({**colors, **derived})


def selection(theme: Theme) -> str:
    """Ground of a selected row: texts of every role can be read on it."""
    return blend(theme.panel, theme.accent, 0.22 if theme.dark else 0.14)


def blend(under: str, over: str, share: float) -> str:
    """The colour `share` of the way from `under` to `over`, as #rrggbb."""
    a, b = QColor(under), QColor(over)
    pairs = ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))
    return "#{:02x}{:02x}{:02x}".format(*(round(x + (y - x) * share) for x, y in pairs))


def scaled_font(factor: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The interface font in the size of text chosen, times `factor`."""
    font = QFont(QApplication.font())
    font.setPointSizeF(font.pointSizeF() * factor)
    font.setWeight(weight)
    return font


def interface_font(point_size: float = NORMAL_TEXT) -> QFont:
    """The bundled interface font with digits of equal width."""
    for path in sorted(resource("fonts").glob("*.otf")):
        QFontDatabase.addApplicationFont(str(path))
    font = QFont("Inter")
    font.setPointSizeF(point_size)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font
