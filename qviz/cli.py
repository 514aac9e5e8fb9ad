"""The command line: `qviz` opens the window, `qviz COMMAND` works without one."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from qviz import __version__
from qviz.errors import QvizError
from qviz.quant.spec import CODEBOOK, FORMS, WEIGHT_FORMS, Scheme

EXIT_USER_ERROR = 2
# Written out, since help and `qviz doctor` must run where numpy is missing.
METHODS = (
    *("minmax", "percentile", "moving-average", "mse", "tf_enhanced", "entropy", "aciq", "sigma"),
    *("aimet-minmax", "aimet-tf_enhanced", "aimet-percentile"),
)
TARGETS = ("ascend", "cambricon", "ncnn", "onnxruntime", "qnn", "tensorrt", "tflite")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run qviz. Returns 0, or 2 after one clear line on stderr for what a user can cause."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if given and given[0] in COMMANDS:
            return _command(given)
        return _window(given)
    except QvizError as error:
        print(f"qviz: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        print("qviz: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `qviz simulate ... | head` is no error
        sys.stderr.close()
        return 0


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> None:  # type: ignore[override]
        raise QvizError("{message}. Try {program} --help.", message=message, program=self.prog)


def _window(given: list[str]) -> int:
    parser = _Parser("qviz", description="See and tune the quantization of a neural network.", epilog=_EPILOG)
    parser.add_argument("model", nargs="?", metavar="MODEL", help="an ONNX model or a .qviz session")
    parser.add_argument("--encodings", metavar="FILE", help="open with these encodings")
    parser.add_argument("--version", action="version", version=f"qviz {__version__}")
    data_arguments(parser, required=False)
    options = parser.parse_args(given)
    if options.model and not Path(options.model).exists():
        raise QvizError(
            "There is no file {model}, nor such a command; there are {known}.",
            model=options.model,
            known=", ".join(COMMANDS),
        )
    _check_qt()
    from qviz.commands import document_of
    from qviz.sim.limits import bytes_of
    from qviz.ui.app import run

    return run(document_of(options) if options.model else None, options.encodings, bytes_of(options.cache))


def _command(given: list[str]) -> int:
    parser = _Parser("qviz")
    sub = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, (summary, fill) in COMMANDS.items():
        fill(sub.add_parser(name, help=summary, description=summary))
    options = parser.parse_args(given)
    if options.command == "doctor":
        from qviz.doctor import report

        return report()
    if options.command == "demo":
        if options.output:
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        _check_qt()
        from qviz.ui.demo import run_demo

        return run_demo(options.output)
    if options.command == "report":
        from qviz.report_command import write_report

        return write_report(options)
    if options.command == "sweep":
        from qviz.sweep_command import sweep

        return sweep(options)
    from qviz import commands

    return commands.run(options)


def _check_qt() -> None:
    from qviz.doctor import qt_problem

    problem = qt_problem()
    if problem is not None:
        raise QvizError("{problem}", problem=problem)


def data_arguments(parser: argparse.ArgumentParser, required: bool) -> None:
    """What says where data is and how it becomes inputs."""
    group = parser.add_argument_group("data")
    source = group.add_mutually_exclusive_group(required=required)
    source.add_argument("--data", metavar="DATA", help=".npz, a folder, .csv, or loader.py:function")
    source.add_argument("--random", type=int, metavar="N", help="N random samples, where there is no data")
    group.add_argument("--calib", metavar="DATA", help="a calibration set of its own")
    group.add_argument("--calib-samples", type=int, default=256, metavar="N", help="samples to calibrate on (256)")
    group.add_argument("--check", metavar="DATA", help="a set never used while editing")
    group.add_argument("--limit", type=int, metavar="N", help="use at most N samples")
    group.add_argument("--shape", action="append", default=[], metavar="NAME=1,3,224,224", help="for free dimensions")
    group.add_argument("--input", action="append", default=[], metavar="NAME=VALUE", help="one value for all samples")
    group.add_argument("--metric", metavar="M", help="top1, top5, agreement, sqnr, cosine, psnr, mse, FILE.py:function")
    group.add_argument("--output", metavar="NAME", help="the model output that the metric reads")
    running = parser.add_argument_group("simulation")
    running.add_argument("--fake-quant", action="store_true", help="all as fake-quant, as AIMET does")
    running.add_argument("--cache", metavar="SIZE", help="memory for results, such as 500M or 2G (a quarter of all)")
    images = parser.add_argument_group("raw images")
    images.add_argument("--size", metavar="H,W", help="resize to this height and width")
    images.add_argument("--layout", choices=("nchw", "nhwc"))
    images.add_argument("--color", choices=("rgb", "bgr", "gray"))
    images.add_argument("--scale", metavar="S", help="pixel * S, such as 1/255")
    images.add_argument("--mean", metavar="M[,M,M]", help="then - M, for each colour")
    images.add_argument("--std", metavar="S[,S,S]", help="then / S, for each colour")
    images.add_argument("--preprocess", metavar="FILE.toml", help="all of these from a file")


def _quantization_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("quantization")
    group.add_argument("--target", metavar="T", help="hardware target: " + ", ".join(TARGETS))
    group.add_argument("--method", metavar="M", help="calibrator (minmax, or the target's): " + ", ".join(METHODS))
    for kind, name in (("weights", "param"), ("activations", "act")):
        forms = [f + ("[:SIZE]" if f == CODEBOOK else "") for f in FORMS if kind == "weights" or f not in WEIGHT_FORMS]
        group.add_argument(f"--{name}-bits", type=int, metavar="B", help=f"bit-width of {kind} (8)")
        group.add_argument(f"--{name}-form", metavar="F", help=f"form of {kind} (uniform): " + ", ".join(forms))
        group.add_argument(f"--{name}-scheme", metavar="S", help=f"of {kind}: " + ", ".join(Scheme))
    group.add_argument("--param-granularity", metavar="G", help="of weights: per-tensor, per-channel, per-block[:SIZE]")
    group.add_argument("--bias", choices=("int32", "float"), help="int32 (default), or left in float")


def _calibrate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL")
    data_arguments(parser, required=True)
    _quantization_arguments(parser)
    parser.add_argument("--format", metavar="F", help=f"of the file (the target's, or aimet-1.0.0): {_FORMATS}")
    parser.add_argument(
        "-o", dest="out", metavar="FILE", help="write the encodings here; FILE.encodings is aimet-1.0.0"
    )


def _simulate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--encodings", metavar="FILE", help="simulate these instead of calibrating")
    data_arguments(parser, required=True)
    _quantization_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def _report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--encodings", metavar="FILE", help="report on these instead of calibrating")
    data_arguments(parser, required=True)
    _quantization_arguments(parser)
    parser.add_argument("-o", dest="out", metavar="FILE", required=True, help="write the report here, as HTML")


def _sweep_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--encodings", metavar="FILE", help="sweep these instead of calibrating")
    data_arguments(parser, required=True)
    _quantization_arguments(parser)
    parser.add_argument("--samples", type=int, default=256, metavar="N", help="measure on the first N samples (256)")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--csv", metavar="FILE", help="write a table here")


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL")
    parser.add_argument("--encodings", metavar="FILE", required=True)
    parser.add_argument("--format", required=True, metavar="F", help=_FORMATS)
    parser.add_argument("--shape", action="append", default=[], metavar="NAME=1,3,224,224", help="for free dimensions")
    parser.add_argument("-o", dest="out", metavar="OUT", required=True)


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", metavar="FOLDER", help="no display: leave a screenshot and encodings here")


COMMANDS = {
    "demo": ("The window, on the bundled model and data.", _demo_arguments),
    "calibrate": ("Find ranges and write the encodings.", _calibrate_arguments),
    "simulate": ("Accuracy and error of the quantized model.", _simulate_arguments),
    "sweep": ("What each quantizer costs: sensitivity, the worst first.", _sweep_arguments),
    "report": ("One HTML file with summary, graph, table and histograms.", _report_arguments),
    "export": ("Write encodings in a target's format.", _export_arguments),
    "doctor": ("What this machine lacks, and the command that installs it.", lambda parser: None),
}
_FORMATS = (
    "aimet-1.0.0, aimet-0.6.1, aimet-2.0.0, qdq, qnn, ort-overrides, ort-ranges, tensorrt, tensorrt-json, mqbench, "
    "ncnn, amct or csv"
)
_EPILOG = "commands: " + ", ".join(COMMANDS) + " (qviz COMMAND --help tells more)"

if __name__ == "__main__":
    sys.exit(main())
