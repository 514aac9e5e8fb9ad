"""The commands without a window: calibrate, simulate, export."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from qviz.data.options import DataOptions, Preprocess
from qviz.data.preprocess import read_preprocess
from qviz.document import Document
from qviz.encodings import IMPORTED
from qviz.errors import QvizError, Text
from qviz.form_options import activation_fields, weight_fields
from qviz.formats.importing import ImportReport
from qviz.formats.registry import FORMATS
from qviz.formats.unsaid import RANDOM
from qviz.progress_bar import ProgressBar
from qviz.session import Session
from qviz.sim.limits import bytes_of
from qviz.sim.result import Result
from qviz.sim.trial import guesses
from qviz.summary import finite, interval, summary

AIMET = "aimet-1.0.0"
TOLD = 5  # names of a file that are not in force, each told with its neighbours or the reason


def run(options: argparse.Namespace) -> int:
    """Run the command that `options` names."""
    return {"calibrate": calibrate, "simulate": simulate, "export": export}[options.command](options)


def calibrate(options: argparse.Namespace) -> int:
    """`qviz calibrate`: ranges from data, written as an encodings file, in the target's format where there is one."""
    _spare_the_model(options)
    with open_session(options) as session:
        quantize(session, options)
        if options.out:
            format = options.format or _format_of(options.out, session)
            random = (RANDOM,) if session.data is not None and session.data.random else ()
            _print_warnings((*random, *session.export(options.out, format)))
            settings = session.committed.settings.values()
            print(f"Wrote {options.out} ({format}): {sum(s.is_active for s in settings)} of {len(settings)} quantized.")
        else:
            _print_table(session)
    return 0


def simulate(options: argparse.Namespace) -> int:
    """`qviz simulate`: accuracy and error, as text or as one JSON object."""
    with open_session(options) as session:
        result = run_through(session, options)
        if options.json:
            print(json.dumps(finite(summary(session, result)), indent=1))
        else:
            _print_result(session, result)
    return 0


def run_through(session: Session, options: argparse.Namespace) -> Result:
    """Quantize as the options say and simulate, with a progress bar; the check set too where one is named."""
    quantize(session, options)
    with ProgressBar("Simulating") as bar:
        for result in session.simulate_stream():
            bar.update(result.samples, result.total)
    if options.check:
        session.check()
    if guesses(result):
        print(
            "qviz: the float model itself scores as if it guessed; the usual cause is wrong preprocessing"
            " (--scale, --mean, --std).",
            file=sys.stderr,
        )
    return result


def export(options: argparse.Namespace) -> int:
    """`qviz export`: an encodings file in another format."""
    _spare_the_model(options)
    with Session.open(options.model, encodings=options.encodings, shapes=_shapes(options.shape)) as session:
        _tell_left_out(session, options)
        _print_warnings(session.export(options.out, options.format))
    print(f"Wrote {options.out}.")
    return 0


def _format_of(path: str, session: Session) -> str:
    """The target's own format, unless the file is named as AIMET's are, or there is no target."""
    return AIMET if session.target is None or path.endswith(FORMATS[AIMET].suffix) else session.target.export


def _spare_the_model(options: argparse.Namespace) -> None:
    """Raises QvizError where the output would replace the model."""
    if options.out and Path(options.out).resolve() == Path(options.model).resolve():
        raise QvizError("{path} is the model itself: choose another name.", path=options.out)


def _print_warnings(warnings: Iterable[Text]) -> None:
    for warning in warnings:
        print(f"qviz: {warning}", file=sys.stderr)


def document_of(options: argparse.Namespace) -> Document:
    """The document that MODEL and the data options name."""
    data = _data_options(options, options.data) if options.data or options.random is not None else None
    return Document(
        model=options.model,
        shapes=_shapes(options.shape),
        data=data,
        calibration=_data_options(options, options.calib) if options.calib else None,
        check=_data_options(options, options.check) if options.check else None,
        calibration_samples=options.calib_samples,
        metric=options.metric,
        output=options.output,
        integer=False if options.fake_quant else None,
    )


def open_session(options: argparse.Namespace) -> Session:
    """A session on MODEL and the data options, with the encodings file where one is given."""
    document = document_of(options)
    bar = ProgressBar("Loading")
    try:
        session = Session.open(
            document.model, document.data, getattr(options, "encodings", None), shapes=document.shapes,
            calibration=document.calibration, check=document.check, calibration_samples=document.calibration_samples,
            metric=document.metric, output=document.output, budget=bytes_of(options.cache),
        )  # fmt: skip
    finally:
        bar.close()
    session.set_integer(not options.fake_quant)
    _tell_left_out(session, options)
    for note in session.graph.notes if session.graph else ():
        print(f"qviz: {note}", file=sys.stderr)
    return session


def quantize(session: Session, options: argparse.Namespace) -> None:
    """Target, ranges, bit-widths and bias rule as the options say; those of a file, or of a QDQ model, stay."""
    if getattr(options, "encodings", None) is None:
        if options.target:
            session.set_target(options.target)
        for kind, fields in (("param", weight_fields(options)), ("activation", activation_fields(options))):
            if fields:  # another form is calibrated again by the calibrator that it has
                session.set_spec([n for n, q in session.quantizers.items() if q.kind == kind], **fields)
        if options.method or not (options.target or _has_own_ranges(session, options)):
            session.calibrate(options.method or "minmax")
        _tell_violations(session)
    if options.bias:
        session.set_bias(options.bias)


def _has_own_ranges(session: Session, options: argparse.Namespace) -> bool:
    """Whether the model came with ranges (a QDQ model does) and the command is not to find others."""
    return options.command != "calibrate" and any(s.source == IMPORTED for s in session.committed.settings.values())


def _tell_violations(session: Session) -> None:
    """What the target cannot run, each sentence once with how many tensors it is about."""
    told = Counter(str(text) for name in session.committed.settings for text in session.violations(name))
    for sentence, count in told.items():
        print(f"qviz: {sentence} ({count} tensors)", file=sys.stderr)


def _tell_left_out(session: Session, options: argparse.Namespace) -> None:
    """What of the encodings file is not in force, and why. Raises QvizError where nothing of it is."""
    report = session.report
    if report is None:
        return
    if report.applied == 0 and (report.unknown or report.refused):
        session.close()
        raise _unusable(report, options.encodings)
    for name, near in report.unknown[:TOLD]:
        hint = f" (did you mean {', '.join(near)}?)" if near else ""
        print(f"qviz: the model has no tensor {name}{hint}.", file=sys.stderr)
    if len(report.unknown) > TOLD:
        print(f"qviz: nor {len(report.unknown) - TOLD} more of the file's names.", file=sys.stderr)
    for name, why in report.refused[:TOLD]:
        print(f"qviz: {name} is left out: {why}", file=sys.stderr)
    if len(report.refused) > TOLD:
        print(f"qviz: so are {len(report.refused) - TOLD} more of the file's names.", file=sys.stderr)


def _unusable(report: ImportReport, file: str) -> QvizError:
    if not report.refused:
        return QvizError("None of the names in {file} is in the model: it is of another one.", file=file)
    name, why = report.refused[0]
    return QvizError("Nothing in {file} can be used, for {name}: {why}", file=file, name=name, why=why)


def _data_options(options: argparse.Namespace, source: str | None) -> DataOptions:
    return DataOptions(
        source=source,
        random=options.random if source is None else None,
        shapes=_shapes(options.shape),
        values={name: _number(value, "--input") for name, value in map(_pair, options.input)},
        preprocess=_preprocess(options),
        limit=options.limit,
    )


def _preprocess(options: argparse.Namespace) -> Preprocess:
    base = read_preprocess(Path(options.preprocess)) if options.preprocess else Preprocess()
    given: dict[str, Any] = {"layout": options.layout, "color": options.color}
    if options.size:
        height, width = _numbers(options.size, "--size", 2)
        given["size"] = int(height), int(width)
    if options.scale:
        given["scale"] = _number(options.scale, "--scale")
    for name in ("mean", "std"):
        if getattr(options, name):
            given[name] = _numbers(getattr(options, name), f"--{name}")
    return Preprocess(**{**asdict(base), **{k: v for k, v in given.items() if v is not None}})


def _shapes(given: list[str]) -> Mapping[str, tuple[int, ...]]:
    return {name: tuple(int(v) for v in _numbers(value, "--shape")) for name, value in map(_pair, given)}


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.rpartition("=")
    if not sign or not name:
        raise QvizError("Write {text} as NAME=VALUE.", text=text)
    return name, value


def _numbers(text: str, what: str, count: int | None = None) -> tuple[float, ...]:
    numbers = tuple(_number(part, what) for part in text.split(","))
    if count is not None and len(numbers) != count:
        raise QvizError("{what} takes {count} numbers, not {text}.", what=what, count=count, text=text)
    return numbers


def _number(text: str, what: str) -> float:
    """A number or a fraction such as 1/255."""
    try:
        return float(Fraction(text)) if "/" in text else float(text)
    except (ValueError, ZeroDivisionError):
        raise QvizError("{what} takes numbers, not {text}.", what=what, text=text) from None


def _print_result(session: Session, result: Result) -> None:
    for metric in result.metrics:
        ci95 = interval(metric, result)
        note = f"  (95 %: {ci95[0]:.2f} to {ci95[1]:.2f})" if ci95 else ""
        print(f"{metric.name:10} {metric.output:24} float {metric.float:8.2f}  quantized {metric.quantized:8.2f}{note}")
    if result.agreement is not None:
        print(f"agreement with float {result.agreement:.2f} %")
    if session.checked is not None:
        metric = session.checked.metrics[0]
        print(f"check set: {metric.name} float {metric.float:.2f}  quantized {metric.quantized:.2f}")
    print(f"{result.total} samples; output SQNR {result.output_sqnr_db:.2f} dB")


def _print_table(session: Session) -> None:
    for name, setting in session.committed.settings.items():
        if (grid := setting.grid) is not None:
            print(f"{name:40} {setting.spec.bits:2} bits  {grid.min.min():12.6g} {grid.max.max():12.6g}")
