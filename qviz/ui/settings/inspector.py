"""The inspector of the selected quantizers: shows what they have in common and edits them together."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from qviz.encodings import Setting
from qviz.quant.blocks import BlockGrid
from qviz.quant.calibrators import CALIBRATORS
from qviz.quant.spec import UNIFORM, FloatSpec
from qviz.session import Session
from qviz.ui.bridge import Bridge
from qviz.ui.compared import other_name, other_setting
from qviz.ui.later import Later
from qviz.ui.modes import mode_text
from qviz.ui.settings.calibrating import FIRST_METHOD, calibrate
from qviz.ui.settings.edges import set_edge
from qviz.ui.settings.form import Form, mark, separator
from qviz.ui.settings.model_form import ModelForm
from qviz.ui.settings.names import form_text, kinds, range_text, source
from qviz.ui.settings.refusals import greyed, refused_by_all, violated
from qviz.ui.settings.selection import Common, common, requested, shape_text, span
from qviz.ui.settings.specs import byte_text, set_spec, stored_bytes
from qviz.ui.settings.target_form import TargetForm
from qviz.ui.text import NOTHING, fixed, sentence
from qviz.ui.view_state import View, ViewState

STEPS = 100  # presses of an arrow key over a range without integers
REASONS = 3  # of a target, in words; more are counted


class Inspector(QScrollArea):
    """Every control edits all selected quantizers as one history entry."""

    def __init__(self, session: Session, bridge: Bridge, view: View, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._view = session, view
        self.form, self.target_form = Form(), TargetForm(session, bridge)
        self.model_form = ModelForm(session, bridge)
        self._empty = QLabel()
        self._build()
        self._connect()
        self._later = Later(session, self._refresh, self)
        view.changed.connect(self._selection_changed)
        self._bridge = bridge
        bridge.encodings.connect(self._encodings_changed)
        bridge.modes.connect(lambda _detail: self._show_mode(names) if (names := self._names()) else None)
        for signal in (bridge.model, bridge.baseline):  # histograms bring new encodings along
            signal.connect(self._later.ask)
        self._retranslate()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _build(self) -> None:
        page = QWidget()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 12)
        column.setSpacing(8)
        self._empty.setWordWrap(True)
        self._empty.setProperty("role", "caption")
        self._empty.setContentsMargins(12, 12, 12, 12)
        for part in (self.target_form, separator(), self._empty, self.form, separator(), self.model_form):
            column.addWidget(part)
        column.addStretch()
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _connect(self) -> None:
        form = self.form
        self.target_form.pointed.connect(lambda name: self._view.update(selected=(name,), node=None))
        form.enabled.clicked.connect(lambda on: self._session.set_enabled(self._names(), on))
        form.locked.clicked.connect(lambda on: self._session.set_locked(self._names(), on))
        form.kind.activated.connect(lambda: self._set_spec(form=form.kind.value()))
        form.centroids.valueChanged.connect(lambda size: self._set_spec(size=size))
        form.bits.valueChanged.connect(lambda bits: self._set_spec(bits=bits))
        form.scheme.activated.connect(lambda: self._set_spec(scheme=form.scheme.value()))
        form.granularity.activated.connect(lambda: self._set_spec(granularity=form.granularity.value()))
        form.block.valueChanged.connect(lambda block: self._set_spec(block=block))
        form.low.committed.connect(lambda value: self._set_edge("min", value))
        form.high.committed.connect(lambda value: self._set_edge("max", value))
        form.recalibrate.clicked.connect(self._recalibrate)
        form.calibrator.activated.connect(lambda: self._calibrate(form.calibrator.value() or FIRST_METHOD))

    def _set_spec(self, **chosen: int | str | None) -> None:
        set_spec(self._session, self._bridge, self._names(), **chosen)

    def _recalibrate(self) -> None:
        used = common([self._session.committed[n] for n in self._names()]).source
        self._calibrate(used if used and used in CALIBRATORS else FIRST_METHOD)

    def _calibrate(self, method: str) -> None:
        calibrate(self._session, self._bridge, self._names(), method)

    def _set_edge(self, edge: str, value: float) -> None:
        set_edge(self._session, self._names(), edge, value, "Type a range")

    def _names(self) -> list[str]:
        settings = self._session.encodings.settings
        return [n for n in self._view.state.selected if n in settings]

    def _selection_changed(self, state: ViewState, before: ViewState) -> None:
        if state.selected != before.selected:
            self._later.ask()

    def _encodings_changed(self) -> None:
        names = self._names()
        if self._session.previewing and names == [self._view.state.dragging]:  # its range is all that changes
            setting = self._session.encodings[names[0]]
            self._show_range(common([setting]))
            self._show_derived([setting])
        else:
            self._later.ask()

    def _refresh(self) -> None:
        names = self._names()
        self.form.setVisible(bool(names))
        self._empty.setVisible(not names)
        if names:
            settings = [self._session.encodings[n] for n in names]
            self._show_head(names)
            self._show_common(common(settings))
            self._show_derived(settings)
            self._show_shared(names)
            self._show_mode(names)
            self._show_target(names)
            self._show_other(names)

    def _show_head(self, names: list[str]) -> None:
        if len(names) > 1:
            self.form.name.show_name(self.tr("{0} quantizers").format(len(names)))
            self.form.name.setToolTip("\n".join(names[:30]))
            self.form.about.setText(self.tr("Changes apply to all of them."))
            return
        quantizer = self._session.quantizers[names[0]]
        self.form.name.show_name(quantizer.name)
        self.form.about.setText(f"{kinds()[quantizer.kind]} · {quantizer.op} · {shape_text(quantizer)}")

    def _show_common(self, shared: Common) -> None:
        form, mixed = self.form, self.tr("mixed")
        for box, on in ((form.enabled, shared.enabled), (form.locked, shared.locked)):
            box.setTristate(on is None)
            box.setCheckState(_check_state(on))
        form.show_form(shared, mixed, self._saved(shared))
        self._show_range(shared)
        splits = any(self._session.quantizers[n].axis is not None for n in self._names())
        form.granularity.setEnabled(splits)
        form.granularity.setToolTip("" if splits else self.tr("This tensor has no output-channel axis."))

    def _saved(self, shared: Common) -> str:
        """What other forms than integers save of the weights selected."""
        names = [n for n in self._names() if self._session.quantizers[n].kind == "param"]
        if shared.form in (UNIFORM, None) or not names:
            return ""
        before, after = stored_bytes(self._session, names)
        share = f"{fixed(100 * (1 - after / max(before, 1)), 1)}\u00a0%"
        return self.tr("{0} instead of {1} as float32: {2} less.").format(byte_text(after), byte_text(before), share)

    def _show_target(self, names: list[str]) -> None:
        """Grey what the target cannot run, and say what of the settings it cannot."""
        session, form = self._session, self.form
        refused, violating = refused_by_all(session, names), session.violating()
        form.show_greyed(greyed(session, names))
        reasons = list(dict.fromkeys(sentence(text) for n in names for text in violating.get(n, ())))
        more = [self.tr("and {0} more").format(len(reasons) - REASONS)] if len(reasons) > REASONS else []
        form.show_violations([*reasons[:REASONS], *more])
        fields = {"form": form.kind, "bits": form.bits, "scheme": form.scheme, "granularity": form.granularity}
        for name, wrong in violated(session, names).items():
            mark(fields[name], wrong)
        fixed = refused.ranges is not None and not any(n in violating for n in names)
        why = sentence(refused.ranges) if fixed and refused.ranges is not None else ""
        if all(isinstance(spec := session.encodings[n].spec, FloatSpec) and not spec.scaled for n in names):
            fixed, why = True, self.tr("Floats of 16 bits have no range: their values lie where they lie.")
        known = any(n in session.histograms for n in names)
        for control, usable in (
            (form.low, True),
            (form.high, True),
            (form.recalibrate, known),
            (form.calibrator, known),
        ):
            control.setEnabled(usable and not fixed)
            if why:
                control.setToolTip(why)
        off = refused.on is not None and not any(session.encodings[n].enabled for n in names)
        form.enabled.setEnabled(not off)
        form.enabled.setToolTip(
            sentence(refused.on) if off and refused.on else self.tr("Off: this tensor stays in float.")
        )

    def _show_other(self, names: list[str]) -> None:
        """How the state compared with sets the one selected, where that differs."""
        other = other_setting(self._session, names[0]) if len(names) == 1 else None
        if other is None:
            self.form.show_other("", "", "")
            return
        now = self._session.encodings[names[0]]
        same_form = (other.enabled, other.spec) == (now.enabled, now.spec)
        same_range = requested(other) == requested(now) and other.source == now.source
        self.form.show_other(
            other_name(self._session), "" if same_form else form_text(other), "" if same_range else range_text(other)
        )

    def _show_range(self, shared: Common) -> None:
        form = self.form
        empty = self.tr("mixed") if shared.has_range else NOTHING
        form.low.set_value(shared.low, empty)
        form.high.set_value(shared.high, empty)
        known = shared.source in CALIBRATORS
        form.calibrator.set_value(shared.source if known else None, "" if known else source(shared.source))

    def _show_derived(self, settings: list[Setting]) -> None:
        grid, encoding = (settings[0].grid, settings[0].encoding) if len(settings) == 1 else (None, None)
        form = self.form
        form.show_scale(encoding is not None or grid is None)
        if grid is None:
            form.show_derived(NOTHING, NOTHING, NOTHING)
            return
        edges = requested(settings[0])
        widest = float((grid.max - grid.min).max())
        form.low.step = form.high.step = (
            0.1 if not edges else (float(encoding.scale.max()) if encoding is not None else widest / STEPS)
        )
        effective = f"{span(grid.min[:1])} … {span(grid.max[:1])}"
        if grid.channels > 1:
            by_block = isinstance(grid, BlockGrid)
            effective = (self.tr("{0} blocks") if by_block else self.tr("{0} channels")).format(grid.channels)
        told = ("", "") if encoding is None else (span(encoding.scale), span(-encoding.offset))
        form.show_derived(effective, *told)

    def _show_shared(self, names: list[str]) -> None:
        tensors = self._session.encodings.groups.get(names[0], ()) if len(names) == 1 else ()
        self.form.shared.setVisible(len(tensors) > 1)
        self.form.shared.setText(self.tr("Shared by {0} tensors: {1}").format(len(tensors), ", ".join(tensors)))

    def _show_mode(self, names: list[str]) -> None:
        """How the operator runs that makes, or reads, the one that is selected."""
        node = self._session.quantizers[names[0]].node if len(names) == 1 else None
        text = mode_text(self._session.running.modes.get(node or ""))
        self.form.runs.setVisible(bool(text))
        self.form.runs.setText(text)

    def _retranslate(self) -> None:
        self.setAccessibleName(self.tr("Settings"))
        self._empty.setText(self.tr("Select a quantizer in the graph or in the table to see and change its settings."))
        for part in (self.target_form, self.form, self.model_form):
            part.retranslate()
        labels = [self.target_form.label, *self.form.labels(), *self.model_form.labels]
        widest = max(label.sizeHint().width() for label in labels)
        for label in labels:
            label.setMinimumWidth(widest)  # one column over all groups of rows
        self._refresh()


def _check_state(on: bool | None) -> Qt.CheckState:
    if on is None:
        return Qt.CheckState.PartiallyChecked
    return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
