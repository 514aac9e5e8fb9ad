"""The table for spreadsheets."""

import csv
import io

import pytest

from qviz.encodings import Encodings, Setting
from qviz.formats.csv_table import write
from qviz.formats.registry import read_encodings
from qviz.formats.source import Source
from qviz.graph.graph import Quantizer
from tests.formats.layered import load, set_up


def test_one_row_a_tensor_or_channel_with_readable_columns(tmp_path):
    opened = set_up()
    rows = list(csv.DictReader(io.StringIO(opened.file(tmp_path / "t.csv", "csv"))))
    assert list(rows[0]) == ["name", "kind", "bits", "scheme", "granularity", "min", "max", "scale", "offset"]
    assert [r["name"] for r in rows].count("w_fc") == 5
    first, encoding = rows[0], opened.encodings["input"].encoding
    assert (first["name"], first["kind"], first["bits"]) == ("input", "activation", "8")
    assert (first["scheme"], first["granularity"]) == ("symmetric strict", "per-tensor")
    assert [float(first[c]) for c in ("min", "max", "scale", "offset")] == [
        encoding.min[0], encoding.max[0], encoding.scale[0], encoding.offset[0],
    ]  # fmt: skip


@pytest.mark.parametrize("name", ['=cmd|"/c calc"!A1', "+1", "-2", "@SUM(A1)", "'quoted", "\ttab", "a,b\nc"])
def test_no_name_is_a_formula_and_each_reads_back(tmp_path, name):
    quantizer = Quantizer(name, "activation", (name,), None, "Conv", None, None, 1, False)
    setting = Setting().with_range([-1], [1], "manual")
    text = write(Source(Encodings({name: setting}, {name: (name,)}), {name: quantizer}))
    cell = next(r for r in csv.reader(io.StringIO(text)) if r[0] != "name")[0]
    assert not cell.startswith(("=", "+", "-", "@", "\t"))
    (tmp_path / "t").write_text(text)
    assert [e.name for e in read_encodings(tmp_path / "t").entries] == [name]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_with_ranges_alone_from_any_spreadsheet(tmp_path, separator):
    path = tmp_path / "t"
    lines = ["Name,bits,min,max", "input,4,-1,3", "w_fc,8,-1,1", "w_fc,8,-2,2", "scores,9.5,0,1", "wino_relu,8,1,x"]
    path.write_text("\r\n".join(lines).replace(",", separator) + "\r\n", encoding="utf-8-sig")
    file = read_encodings(path)
    assert file.format == "csv"
    assert [(e.name, e.setting.spec.bits, e.setting.range.high) for e in file.entries] == [
        ("input", 4, (3.0,)), ("w_fc", 8, (1.0, 2.0)),
    ]  # fmt: skip
    assert [n for n, _ in file.refused] == ["scores", "wino_relu"]
    _, report = load().merged(file)
    assert [(n, str(t)) for n, t in report.refused][-1] == ("w_fc", "It has 2 scales, but the tensor has 5 channels.")
