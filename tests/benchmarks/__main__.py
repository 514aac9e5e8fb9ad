"""`make bench`: the figures of the simulator as a table and as JSON. Not a test: they depend on the machine."""

import argparse
import json
import platform
import tempfile
from pathlib import Path

from tests.benchmarks.answers import answers_a_second
from tests.benchmarks.measures import Bench
from tests.benchmarks.memory import megabytes_above
from tests.benchmarks.networks import Case, cases

INT8 = ("avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm")  # flags of processors with int8 dot products
UNITS = {
    "float ms": "ms",
    "edit beyond share": "ms",
    "without own segment": "ms",
    "first estimate": "ms",
    "undo": "ms",
    "drag": "/s",
    "memory": "MB",
}
MORE_IS_BETTER = {"drag", "AIMET rerun / edit"}
MEMORY_TARGET = 300.0


def processor() -> tuple[str, list[str]]:
    """The processor's model and those of its flags that make integers fast."""
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    fields = {key.strip(): value.strip() for key, value in lines.items()}
    flags = fields.get("flags", fields.get("Features", "")).split()
    return fields.get("model name", platform.processor()), [f for f in INT8 if f in flags]


def measured(case: Case, long: bool, aimet: str, folder: Path) -> dict[str, float]:
    """All figures of one model; `long` adds those that take minutes, `aimet` (an interpreter) those of AIMET."""
    bench = Bench(case)
    figures = bench.ratios() | bench.edits()
    figures["sensitivity"] = bench.sensitivity()
    if aimet:
        figures |= bench.aimet(aimet, folder)
    activations = [n for n, q in bench.engine.graph.quantizers.items() if not q.constant]
    encodings, port = bench.encodings, bench.engine.graph.inputs[0]
    bench.close()
    if long:
        figures["drag"] = answers_a_second(case.model, case.data, encodings, activations[len(activations) // 2])
    if case.name == "resnet20" and long:
        shape = tuple(d for d in port.shape[1:] if isinstance(d, int))
        figures["memory"] = megabytes_above(case.model, shape, port.name)
    return figures


def print_table(case: Case, figures: dict[str, float]) -> None:
    print(f"\n{case.name}")
    targets = case.targets | ({"memory": MEMORY_TARGET} if "memory" in figures else {})
    for name, value in figures.items():
        target = targets.get(name)
        met = target is None or (value >= target if name in MORE_IS_BETTER else value <= target)
        wanted = "" if target is None else f"{'>=' if name in MORE_IS_BETTER else '<='} {target:g}"
        print(f"  {name:20} {value:10.2f} {UNITS.get(name, 'x'):3} {wanted:10} {'' if met else 'missed'}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("names", nargs="*", help="models to measure; all without")
    parser.add_argument("--json", default="benchmarks.json", help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="without the drag and the memory of 10,000 samples")
    parser.add_argument("--aimet-python", default="", help="an interpreter with aimet-onnx: its simulation is run too")
    options = parser.parse_args()
    model, flags = processor()
    print(f"{model}; int8: {' '.join(flags) or 'no dot products'}; x = times plain float ONNX Runtime")
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(Path(folder), bool(flags)):
            if not options.names or case.name in options.names:
                found[case.name] = measured(case, not options.quick, options.aimet_python, Path(folder))
                print_table(case, found[case.name])
    Path(options.json).write_text(json.dumps({"processor": model, "int8": flags, "figures": found}, indent=2))


if __name__ == "__main__":
    main()
