"""Tables and values as analysts really give them: read with their meaning, or refused in clear words that show no value."""
import datetime
import io
import multiprocessing
import pathlib
import threading
from decimal import Decimal

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pyarrow.dataset
import pytest

import kiem

CLAIM = {"MA_LK": "A1", "MA_THE_BHYT": "GD4790000000017", "MA_DKBD": "79001", "GT_THE_TU": "20240101", "GT_THE_DEN": "20241231",
         "NGAY_SINH": "198003150000", "GIOI_TINH": "1", "MA_BENH_CHINH": "I10", "MA_DOITUONG_KCB": "1.1", "MA_NOI_DI": None,
         "NGAY_VAO": "202403010800", "NGAY_RA": "202403010930", "KET_QUA_DTRI": "2", "MA_LOAI_RV": "1", "T_TONGCHI_BV": "500000",
         "T_TONGCHI_BH": "500000", "T_BNTT": "0", "T_BNCCT": "0", "T_BHTT": "400000", "T_NGUONKHAC": "0", "NAM_QT": "2024",
         "THANG_QT": "3", "MA_LOAI_KCB": "01", "MA_CSKCB": "79001"}
ROWS = [{**CLAIM, "MA_LK": f"A{i}", "MA_THE_BHYT": f"GD47900000{i:05d}"} for i in range(5)]
AMOUNTS = [name for name in CLAIM if name.startswith("T_")]
TIMES = ["NGAY_VAO", "NGAY_RA"]
TABLE = pyarrow.Table.from_pylist(ROWS)
PANDAS = pandas.DataFrame(ROWS)
POLARS = polars.DataFrame(ROWS)


def outcome(claims):
    result = kiem.check(claims, lang="en")
    rows = sorted(zip(result.findings["subject"], result.findings["rule"]))
    return result.summary["judged"], result.summary["rejected"], rows, result.provinces["spent"]


EXPECTED = outcome(ROWS)


def with_columns(names, make):
    return pyarrow.table({name: make(TABLE[name].to_pylist()) if name in names else TABLE[name] for name in CLAIM})


def with_totals(frame, label=None):
    totals = {name: sum(map(float, PANDAS[name])) for name in AMOUNTS} | ({"MA_LK": label} if label else {})
    return pandas.concat([frame, pandas.DataFrame([totals])], ignore_index=True)


def times():
    return PANDAS.assign(**{name: pandas.to_datetime(PANDAS[name], format="%Y%m%d%H%M") for name in TIMES})


SAME = {
    "strings": lambda: PANDAS.astype("string"),
    "pyarrow strings": lambda: PANDAS.astype("string[pyarrow]"),
    "categories": lambda: PANDAS.astype("category"),
    "floats": lambda: PANDAS.astype({name: "float64" for name in AMOUNTS + TIMES + ["NAM_QT"]}),
    "nullable": lambda: PANDAS.astype({name: "int64" for name in AMOUNTS}).astype({name: "Int64" for name in AMOUNTS}),
    "decimals in objects": lambda: PANDAS.assign(**{name: PANDAS[name].map(Decimal) for name in AMOUNTS}),
    "mixed objects": lambda: PANDAS.assign(T_BHTT=["400000", 400000, 4e5, Decimal(400000), numpy.int32(400000)]),
    "datetime64": times,
    "datetime64 of Viet Nam": lambda: times().assign(NGAY_VAO=times().NGAY_VAO.dt.tz_localize("Asia/Ho_Chi_Minh")),
    "an index": lambda: PANDAS.set_index("MA_LK"),
    "Polars": lambda: POLARS,
    "lazy Polars": lambda: POLARS.lazy(),
    "Polars null": lambda: POLARS.with_columns(polars.lit(None).alias("MA_NOI_DI")),  # a buffer too many, against the specification
    "Polars enum": lambda: POLARS.with_columns(polars.col("MA_CSKCB").cast(polars.Enum(["79001"]))),
    "DuckDB": lambda: duckdb.from_arrow(TABLE),
    "DuckDB numbers": lambda: duckdb.from_arrow(TABLE).select("* replace (T_BHTT::decimal(38, 2) as T_BHTT, T_BNTT::hugeint as T_BNTT)"),
    "chunks of one row": lambda: pyarrow.concat_tables([TABLE.slice(i, 1) for i in range(5)]),
    "a slice": lambda: pyarrow.concat_tables([TABLE, TABLE]).slice(5, 5),
    "views": lambda: with_columns(set(CLAIM) - {"MA_NOI_DI"}, lambda cells: pyarrow.array(cells, pyarrow.string_view())),
    "decimals": lambda: with_columns(AMOUNTS, lambda cells: pyarrow.array([Decimal(c) for c in cells], pyarrow.decimal128(18, 2))),
    "batches one by one": lambda: pyarrow.RecordBatchReader.from_batches(TABLE.schema, (b for b in TABLE.to_batches(max_chunksize=2))),
    "batches in a list": lambda: TABLE.to_batches(max_chunksize=2),
    "a data set": lambda: pyarrow.dataset.dataset(TABLE),
    "columns in a dict": lambda: {name: [row[name] for row in ROWS] for name in CLAIM},
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_claims(name):
    assert outcome(SAME[name]()) == EXPECTED


@pytest.mark.parametrize("label", [None, "TỔNG CỘNG", "Cộng: 5 hồ sơ"])
@pytest.mark.parametrize("frame", [lambda f: f, lambda f: f.astype({"T_BHTT": str}), polars.from_pandas, lambda f: f.to_dict("records")],
                         ids=["pandas", "mixed", "Polars", "dicts"])
def test_a_row_of_totals_is_rejected(frame, label):
    claims = frame(with_totals(PANDAS.astype({name: "int64" for name in AMOUNTS}), label))
    assert outcome(claims) == (EXPECTED[0], 1, *EXPECTED[2:])
    rejects = kiem.check(claims, lang="en").rejects
    assert rejects["row"] == [6] and rejects["reason"][0].startswith("no claim but totals")


def test_an_empty_table_of_dates_is_no_row_of_totals():
    """Times as timestamps, all there: none is taken for blank; none there: each row is rejected."""
    assert outcome(times())[1] == 0
    blank = PANDAS.assign(**{name: None for name in ("MA_LK", "MA_THE_BHYT", "MA_BENH_CHINH", "NGAY_SINH", *TIMES)})
    assert outcome(blank)[:2] == (0, 5)


REFUSED = [
    (lambda: pyarrow.Table.to_pandas(TABLE).to_csv(), TypeError, "a str is a path"),
    (lambda: [["A1", "x"]], TypeError, "a row of a list is a dict of fields, not str"),
    (lambda: (row for row in ROWS), TypeError, "not generator"),
    (lambda: PANDAS.assign(MA_LK=[{}, "1", "2", "3", "4"]), TypeError, "a field is text, a number or a date, not dict"),
    (lambda: PANDAS.assign(MA_LK=[numpy.array([1, 2]), "1", "2", "3", "4"]), TypeError, "not ndarray"),
    (lambda: [{**CLAIM, "NGAY_VAO": datetime.timedelta(1)}], TypeError, "not timedelta"),
    (lambda: [{**CLAIM, "MA_LK": b"A1"}], TypeError, "not bytes"),
    (lambda: times().assign(NGAY_VAO=times().NGAY_VAO.dt.tz_localize("UTC")), kiem.InputError, "type timestamp with a time zone"),
    (lambda: with_columns(AMOUNTS, lambda cells: pyarrow.array([Decimal(c) for c in cells], pyarrow.decimal256(60, 2))), kiem.InputError,
     "wanted is an integer, a decimal of up to 128 bits"),
    (lambda: pyarrow.table({}), kiem.InputError, "none of the 0 columns"),
    (lambda: pandas.concat([PANDAS, PANDAS[["T_BHTT"]]], axis=1), kiem.InputError, "both mean T_BHTT"),
]


@pytest.mark.parametrize("make,kind,words", REFUSED, ids=[words for _, _, words in REFUSED])
def test_refused_in_clear_words(make, kind, words):
    with pytest.raises(kind) as refused:
        kiem.check(make())
    assert words in str(refused.value)
    assert "GD479" not in str(refused.value)


class Numbers:
    def read(self, size):
        return 5


@pytest.mark.parametrize("options,kind", [({"progress": 5}, TypeError), ({"state": 5}, TypeError), ({"fdr": "x"}, kiem.ArgumentError),
                                          ({"drugs": Numbers()}, TypeError)])
def test_wrong_arguments(options, kind):
    with pytest.raises(kind):
        kiem.check(ROWS, **options)


def test_wrong_claims_of_a_judge():
    judge = kiem.Judge()
    for claim, kind in (({5: 1}, kiem.ArgumentError), ({"MA_LK": {}}, TypeError), (5, TypeError), ([None], TypeError)):
        with pytest.raises(kind):
            judge(claim)
    with pytest.raises(TypeError):
        kiem.Judge(state=5)


def test_what_a_callback_raises_comes_out():
    def stop(progress):
        raise KeyError("mine")
    with pytest.raises(KeyError, match="mine"):
        kiem.check(ROWS, progress=stop)

    class Breaks(io.BytesIO):
        def read(self, size=-1):
            raise OSError("mine")
    with pytest.raises(OSError, match="mine"):
        kiem.check(Breaks())


def test_threads_and_forked_processes():
    found = []
    threads = [threading.Thread(target=lambda: found.append(outcome(PANDAS))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [EXPECTED] * 4
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(outcome, [ROWS] * 4).get(timeout=60) == [EXPECTED] * 4


def test_what_may_not_be_as_meant_goes_to_the_logger(caplog):
    with caplog.at_level("INFO", logger="kiem"):
        kiem.check([{("T_BHT" if name == "T_BHTT" else name): value for name, value in row.items()} for row in ROWS])
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert ("INFO", "claims: 5 rows read, 0 rejected") in told
    assert any(level == "WARNING" and "T_BHT" in text and "T_BHTT" in text for level, text in told)
    assert any(level == "WARNING" and "no column T_BHTT" in text for level, text in told)
    assert not any("GD479" in text for _, text in told)


def test_exports_that_overlap_are_told_once(caplog, tmp_path):
    header, *rows = (pathlib.Path(__file__).parents[2] / "data/sample/claims.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    for name, part in (("a.csv", rows[:60]), ("b.csv", rows[40:90])):
        (tmp_path / name).write_text(header + "".join(part), encoding="utf-8")
    with caplog.at_level("WARNING", logger="kiem"):
        result = kiem.check([tmp_path / "a.csv", tmp_path / "b.csv"])
    told = [record.getMessage() for record in caplog.records if "overlap" in record.getMessage()]
    assert len(told) == 1 and "20 of its claims are in" in told[0]
    assert [file.get("repeated") for file in result.summary["files"]] == [None, 20]
    assert "b.csv: 20 of its claims were given before, most in a.csv" in repr(result)
    caplog.clear()
    with caplog.at_level("WARNING", logger="kiem"):
        kiem.check(tmp_path / "a.csv")
    assert not [record for record in caplog.records if "overlap" in record.getMessage()]
