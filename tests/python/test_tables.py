"""Claims from every kind of table, results to every kind of table: the same findings as from the CSV file."""
import datetime
import io
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import nanoarrow
import pandas
import polars
import pyarrow
import pyarrow.csv
import pytest

import kiem

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
DETAILS = SAMPLE / "details"
TEXT = {"MA_LK", "MA_THE_BHYT", "MA_DKBD", "MA_CSKCB", "HO_TEN", "MA_BENH_CHINH", "MA_BENH_KT", "MA_LOAI_KCB", "GT_THE_TU", "GT_THE_DEN"}


def findings(result, first):
    """Findings without the file and with rows counted from `first`."""
    table = result.findings.to_dict()
    rows = [None if row is None else row - first for row in table["row"]]
    return list(zip(rows, table["rule"], table["subject"], table["severity"], table["amount_at_risk"], table["evidence"],
                    table["message"]))


@pytest.fixture(scope="module")
def expected():
    return findings(kiem.check(SAMPLE / "claims.csv", lang="en"), 2)


def as_text():
    return pyarrow.csv.read_csv(SAMPLE / "claims.csv", convert_options=pyarrow.csv.ConvertOptions(
        column_types={name: pyarrow.string() for name in header()}, strings_can_be_null=True))


def header():
    return (SAMPLE / "claims.csv").read_text().split("\n", 1)[0].split(",")


def typed():
    """As pyarrow guesses the types: codes lose their zeros, dates become integers."""
    return pyarrow.csv.read_csv(SAMPLE / "claims.csv", convert_options=pyarrow.csv.ConvertOptions(
        column_types={"MA_PTTT_QT": pyarrow.string()}, strings_can_be_null=True))


def dictionaries():
    table = as_text()
    return pyarrow.table({name: table[name].dictionary_encode() for name in table.column_names})


def decimals():
    table = as_text()
    for i, name in enumerate(table.column_names):
        if name.startswith("T_"):
            table = table.set_column(i, name, table[name].cast(pyarrow.decimal128(18, 2)))
    return table


def timestamps():
    table = as_text()
    for i, name in enumerate(table.column_names):
        if name in ("NGAY_VAO", "NGAY_RA"):
            stamps = pyarrow.compute.strptime(table[name], format="%Y%m%d%H%M", unit="us")
            table = table.set_column(i, name, stamps)
    return table


def views():
    table = as_text()
    return pyarrow.table({name: pyarrow.array(table[name].to_pylist(), pyarrow.string_view()) for name in table.column_names})


def large():
    table = as_text()
    return pyarrow.table({name: table[name].cast(pyarrow.large_string()) for name in table.column_names})


SOURCES = {
    "pyarrow text": as_text,
    "pyarrow typed": typed,
    "pyarrow dictionary": dictionaries,
    "pyarrow decimal": decimals,
    "pyarrow timestamp": timestamps,
    "pyarrow view": views,
    "pyarrow large": large,
    "pyarrow reader": lambda: as_text().to_reader(max_chunksize=777),
    "pandas text": lambda: pandas.read_csv(SAMPLE / "claims.csv", dtype=str),
    "pandas typed": lambda: pandas.read_csv(SAMPLE / "claims.csv", dtype={"MA_PTTT_QT": str}, low_memory=False),
    "pandas reordered": lambda: pandas.read_csv(SAMPLE / "claims.csv", dtype=str)[sorted(header())],
    "polars": lambda: polars.read_csv(SAMPLE / "claims.csv", infer_schema=False),
    "polars typed": lambda: polars.read_csv(SAMPLE / "claims.csv", infer_schema_length=None,
                                             schema_overrides={"MA_PTTT_QT": polars.String}),
    "polars lazy": lambda: polars.read_csv(SAMPLE / "claims.csv", infer_schema=False).lazy(),
    "duckdb": lambda: duckdb.sql(f"SELECT * FROM read_csv('{SAMPLE / 'claims.csv'}', all_varchar = true)"),
    "duckdb typed": lambda: duckdb.sql(f"SELECT * FROM read_csv('{SAMPLE / 'claims.csv'}', types = {{'MA_PTTT_QT': 'VARCHAR'}})"),
    "nanoarrow": lambda: nanoarrow.ArrayStream(as_text()),
}


@pytest.mark.parametrize("source", SOURCES)
def test_every_table_gives_the_findings_of_the_file(source, expected):
    assert findings(kiem.check(SOURCES[source](), lang="en"), 1) == expected


def test_pandas_without_pyarrow(expected):
    class Plain(pandas.DataFrame):
        def __arrow_c_stream__(self, requested_schema=None):
            raise ImportError("pyarrow is not here")
    frame = Plain(pandas.read_csv(SAMPLE / "claims.csv", dtype=str))
    assert findings(kiem.check(frame, lang="en"), 1) == expected


def test_mixed_python_objects():
    frame = pandas.DataFrame({"MA_LK": ["A", 2], "T_BHTT": [Decimal("1.5"), "x"]})
    claims = kiem.check(frame).claims
    assert claims["MA_LK"] == ["A", "2"] and claims["row"] == [1, 2]


def test_rows_as_dicts():
    rows = [{"MA_LK": "A", "GIOI_TINH": 1, "MA_BENH_CHINH": "O80", "T_BHTT": Decimal("1.5")},
            {"MA_LK": "B", "NGAY_VAO": datetime.datetime(2025, 3, 10, 8, 15)}]
    result = kiem.check(rows)
    assert result.claims["MA_LK"] == ["A", "B"] and "C18_MALE" in result.findings["rule"]
    assert kiem.check({"MA_LK": ["A", None], "T_BHTT": [1, 2]}).claims["MA_LK"] == ["A", None]


@pytest.mark.parametrize("source", ["bytes", "bytearray", "binary file", "text file", "BytesIO", "list"])
def test_bytes_and_files(source, expected):
    path = SAMPLE / "claims.csv"
    given = {"bytes": path.read_bytes, "bytearray": lambda: bytearray(path.read_bytes()), "binary file": lambda: path.open("rb"),
             "text file": lambda: path.open(encoding="utf-8"), "BytesIO": lambda: io.BytesIO(path.read_bytes()),
             "list": lambda: [path]}[source]()
    assert findings(kiem.check(given, lang="en"), 2) == expected


def test_details_from_tables():
    def details(read):
        result = kiem.check(read(DETAILS / "claims.csv"), drugs=read(DETAILS / "drugs.csv"),
                            services=read(DETAILS / "services.csv"), lang="en")
        return sorted(zip(*(result.findings[name] for name in ("rule", "subject", "amount_at_risk", "message"))))
    from_files = details(str)
    assert from_files and details(lambda path: polars.read_csv(path, infer_schema=False)) == from_files
    assert details(lambda path: pandas.read_csv(path, dtype=str)) == from_files


# ---- results

@pytest.fixture(scope="module")
def result():
    return kiem.check(SAMPLE / "claims.csv", budgets=SAMPLE / "budgets.csv", facilities=SAMPLE / "facilities.csv")


TABLES = [table for table in kiem.check(b"MA_LK\nA\n").tables if table != "timings"]


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_the_same_everywhere(result, name):
    table = result.table(name)
    plain = table.to_dict()
    arrow = table.to_arrow()
    arrow.validate(full=True)
    assert arrow.column_names == table.columns and arrow.num_rows == len(table)
    frame = table.to_polars()
    array = nanoarrow.Array(nanoarrow.ArrayStream(table).read_all()) if len(table) else None
    for i, column in enumerate(table.columns):
        values = arrow[column].to_pylist()
        if pyarrow.types.is_decimal(arrow.schema.field(column).type):
            values = [None if v is None else v if plain_is_decimal(plain[column]) else float(v) for v in values]
        assert values == plain[column]
        assert frame[column].to_list() == arrow[column].to_pylist()
        if array is not None and not pyarrow.types.is_decimal(arrow.schema.field(column).type):
            assert array.child(i).to_pylist() == arrow[column].to_pylist()
    relation = duckdb.from_arrow(arrow)
    assert relation.count("*").fetchall()[0][0] == len(table)


def plain_is_decimal(values):
    return any(isinstance(v, Decimal) for v in values)


def test_streams_outlive_everything():
    stream = kiem.check(DETAILS / "claims.csv").claims.__arrow_c_stream__()

    class Holder:
        def __arrow_c_stream__(self, requested_schema=None):
            return stream
    table = pyarrow.table(Holder())
    assert table.num_rows > 0 and table["MA_LK"][0].as_py()
    kiem.check(DETAILS / "claims.csv").claims.__arrow_c_stream__()  # never read


def test_pandas_types(result):
    frame = result.claims.to_pandas()
    assert frame["row"].dtype == "int64" and frame["flagged"].dtype == "bool" and frame["score"].dtype == "float64"
    assert isinstance(frame["amount_at_risk"][0], Decimal)
    assert list(result.claims.to_pandas(exact=False)["amount_at_risk"]) == [float(amount) for amount in result.claims["amount_at_risk"]]
    provinces = result.provinces.to_pandas()
    assert str(provinces["exhausts_on"].dtype).startswith("datetime64")
    assert [None if v is pandas.NaT else v.date() for v in provinces["exhausts_on"]] == result.provinces["exhausts_on"]
    assert list(result.rejects.to_pandas().columns) == result.rejects.columns
    for name in TABLES:
        assert len(result.table(name).to_pandas()) == len(result.table(name))


def test_rows_and_looks(result):
    first = next(iter(result.findings))
    assert first["rule"] == result.findings["rule"][0]
    text = repr(result.findings)
    assert "kiem table findings" in text and "more" in text and max(map(len, text.split("\n"))) < 170
    page = result.findings._repr_html_()
    assert page.startswith("<table>") and page.count("<tr>") == 11
    assert "20,000 claims judged" in repr(result) and "severity" in result._repr_html_()
    assert "0 rows" in repr(result.rejects)
    assert "&lt;" in kiem.rules().__class__._repr_html_(kiem.rules())


# ---- what can be wrong

def error_of(claims, **more):
    with pytest.raises(kiem.KiemError) as caught:
        kiem.check(claims, **more)
    return caught.value


def test_wrong_tables():
    assert "a column of type list" in str(error_of(pyarrow.table({"MA_LK": ["A"], "T_BHTT": [[1]]})))
    error = error_of(pyarrow.table({"MA_LK": ["A"], "NGAY_VAO": pyarrow.array([0], pyarrow.timestamp("us", "UTC"))}))
    assert isinstance(error, kiem.InputError) and error.column == 2 and error.file == "claims" and "time zone" in str(error)
    assert "known name" in str(error_of(pandas.DataFrame({"a": [1], "b": [2]})))
    assert "both mean" in str(error_of(pyarrow.table({"MA_LK": ["A"], "ma_lk": ["B"]})))
    error = error_of(pandas.DataFrame({"MA_LK": ["A", "B"], "T_BHTT": ["1", "1.234,50"]}))
    assert error.row == 2 and error.column == 2


def test_bad_values_are_named_not_lost():
    frame = pandas.DataFrame({"MA_LK": ["A", "B", "C"], "T_BHTT": [1.5, float("inf"), 1e300], "GIOI_TINH": [1, 2, 3]})
    rules = kiem.check(frame).findings
    assert [subject for subject, rule in zip(rules["subject"], rules["rule"]) if rule == "bad_value"] == ["B", "C"]


def test_rows_of_bytes_that_are_no_text_are_rejected():
    cells = pyarrow.array([b"ok", b"\xff\xfe"]).view(pyarrow.string())
    result = kiem.check(pyarrow.table({"MA_LK": cells, "T_BHTT": [1, 2]}), lang="en")
    assert result.rejects["reason"] == ["invalid UTF-8"] and result.rejects["row"] == [2]
    assert result.rejects["column"] == ["MA_LK"] and result.rejects["offset"] == [None]
    assert result.summary["judged"] == 1


def test_no_rows():
    result = kiem.check(pandas.DataFrame({"MA_LK": pandas.Series([], dtype=str), "T_BHTT": pandas.Series([], dtype=float)}))
    assert result.summary["judged"] == 0 and len(result.findings) == 0 and result.claims.to_polars().height == 0


def test_missing_columns_are_told():
    """Rules whose columns are not there do not run, and say what they need; nothing is passed silently."""
    result = kiem.check(pandas.DataFrame({"MA_LK": ["A"], "GIOI_TINH": [1], "MA_BENH_CHINH": ["O80"]}))
    needs = dict(zip(result.rules["rule"], result.rules["needs"]))
    assert "C18_MALE" in result.findings["rule"] and needs["C18_MALE"] is None
    assert needs["C11"] and sum(need is not None for need in needs.values()) > 50


class Given:
    """Hands out the capsule it was given."""

    def __init__(self, capsule):
        self.capsule = capsule

    def __arrow_c_stream__(self, requested_schema=None):
        return self.capsule


def test_streams_that_are_used_up_or_no_streams():
    table = pyarrow.table({"MA_LK": ["A"]})
    given = Given(table.__arrow_c_stream__())
    assert kiem.check(given).summary["judged"] == 1
    with pytest.raises(kiem.ArgumentError, match="has been released"):
        kiem.check(given)
    for wrong in (table.schema.__arrow_c_schema__(), 42, None):
        with pytest.raises((ValueError, TypeError)):
            kiem.check(Given(wrong))
    assert kiem.check(Given(table.__arrow_c_stream__())).summary["judged"] == 1


def test_a_stream_that_lies_about_its_buffers():
    """As far as it can be noticed: offsets that run backwards. Those of nanoarrow are not checked when it makes an array."""
    ends = nanoarrow.c_buffer([0, 9, 3], nanoarrow.int32())
    text = nanoarrow.c_array_from_buffers(nanoarrow.string(), 2, [None, ends, b"AB CD EF"], validation_level="none")
    batch = nanoarrow.c_array_from_buffers(nanoarrow.struct({"MA_LK": nanoarrow.string()}), 2, [None], children=[text],
                                           validation_level="none")
    error = error_of(nanoarrow.ArrayStream(batch))
    assert isinstance(error, kiem.InputError) and "damaged" in str(error) and error.column == 1


def test_a_stream_that_fails_midway():
    schema = pyarrow.schema([("MA_LK", pyarrow.string()), ("T_BHTT", pyarrow.int64())])

    def batches():
        yield pyarrow.record_batch([["A", "B"], [1, 2]], schema=schema)
        raise RuntimeError("the source is gone")
    error = error_of(pyarrow.RecordBatchReader.from_batches(schema, batches()))
    assert "failed midway" in str(error) and error.row == 3


def test_what_is_no_input():
    with pytest.raises(TypeError, match="a table is a path"):
        kiem.check(42)
    with pytest.raises(TypeError):
        kiem.check(SAMPLE / "claims.csv", budgets=42)
    with pytest.raises(kiem.ArgumentError, match="as_of must be a date"):
        kiem.check(SAMPLE / "claims.csv", as_of="soon")
    with pytest.raises(ValueError):
        kiem.check([])


def test_tables_do_not_leak():
    """The memory of a process that reads and hands out the same table again and again does not grow."""
    program = """
import resource, pyarrow, pyarrow.csv, kiem
table = pyarrow.csv.read_csv(%r)
def once():
    result = kiem.check(table)
    pyarrow.table(result.claims); result.findings.__arrow_c_stream__()
for _ in range(5): once()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(25): once()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
""" % str(DETAILS / "claims.csv")
    grown = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True,
                           env={**__import__("os").environ, "PYTHONPATH": str(Path(kiem.__file__).parents[1])}).stdout
    assert int(grown) < 8000, f"{grown} KiB"


def test_a_lazy_frame_may_be_a_table_of_a_policy():
    lazy = polars.read_csv(SAMPLE / "facilities.csv", infer_schema=False).lazy()
    tables = kiem.Policy(tables={"facilities": lazy}), kiem.Policy(tables={"facilities": SAMPLE / "facilities.csv"})
    assert findings(kiem.check(SAMPLE / "claims.csv", policy=tables[0]), 2) == findings(kiem.check(SAMPLE / "claims.csv", policy=tables[1]), 2)
