"""The package itself: policies, on-line judging, progress, Ctrl-C, threads, types, the generated module."""
import datetime
import os
import pickle
import re
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import numpy
import pandas
import polars
import pytest

import kiem
from kiem.inputs import text_of

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "sample"
CLAIM = {"MA_LK": "EXAMPLE-1", "MA_THE_BHYT": "GD4790000000001", "GIOI_TINH": 1, "NGAY_SINH": datetime.date(1980, 3, 15),
         "MA_BENH_CHINH": "O80", "MA_CSKCB": "79001", "NGAY_VAO": datetime.datetime(2025, 3, 10, 8, 0),
         "NGAY_RA": datetime.datetime(2025, 3, 10, 9, 30), "T_BHTT": Decimal("200000"), "T_BNTT": float("nan"), "HO_TEN": None}


# ---- policy

RULE = {"id": "HOUSE1", "scope": "claim", "severity": "notice", "condition": "T_BHTT > 1", "basis": "house rule",
        "message_vi": "vi", "message_en": "en"}


@pytest.mark.parametrize("frame", [pandas.DataFrame([RULE]), polars.DataFrame([RULE]), polars.DataFrame([RULE]).to_arrow(), [RULE]],
                         ids=["pandas", "polars", "pyarrow", "dicts"])
def test_rules_from_tables(frame):
    policy = kiem.Policy(rules=frame)
    assert "HOUSE1" in policy.rules["id"] and f"{len(policy.rules)} rules" in repr(policy)
    assert "HOUSE1" in kiem.Judge(policy)(CLAIM)["rule"]
    assert "HOUSE1" in kiem.check([CLAIM], policy=policy).findings["rule"]


def test_rules_from_files_and_several_sources(tmp_path):
    path = tmp_path / "house.csv"
    path.write_text(",".join(RULE) + "\n" + ",".join(RULE.values()) + "\n")
    other = {**RULE, "id": "HOUSE2"}
    ids = kiem.Policy(rules=[path, [other], path.read_bytes(), path.open()]).rules["id"]
    assert "HOUSE1" in ids and "HOUSE2" in ids
    assert len(ids) == len(kiem.rules()) + 2


def test_mistakes_in_rules_are_placed():
    with pytest.raises(kiem.PolicyError, match="did you mean 'T_BHTT'") as caught:
        kiem.Policy(rules=[{**RULE, "condition": "T_BHT > 1"}])
    assert caught.value.file == "rules" and caught.value.row == 2
    with pytest.raises(kiem.ArgumentError, match="did you mean 'facilities'"):
        kiem.Policy(tables={"facility": []})
    with pytest.raises(kiem.InputError) as caught:
        kiem.Policy(rules="nowhere.csv")
    assert caught.value.file == "nowhere.csv"
    with pytest.raises(TypeError):
        kiem.check(SAMPLE / "claims.csv", policy=kiem.Policy(), rules=[RULE])


def test_reference_tables_from_frames():
    facilities = pandas.read_csv(SAMPLE / "facilities.csv", dtype=str)
    by_frame = kiem.check(SAMPLE / "claims.csv", tables={"facilities": facilities})
    by_path = kiem.check(SAMPLE / "claims.csv", facilities=SAMPLE / "facilities.csv")
    assert by_frame.summary == by_path.summary
    assert by_frame.findings.to_dict() == by_path.findings.to_dict()
    budgets = pandas.read_csv(SAMPLE / "budgets.csv", dtype={"province_code": str})
    assert (kiem.check(SAMPLE / "claims.csv", budgets=budgets).provinces.to_dict()
            == kiem.check(SAMPLE / "claims.csv", budgets=SAMPLE / "budgets.csv").provinces.to_dict())


def test_missing_cells_of_tables():
    missing = pandas.DataFrame({"facility_code": ["79001", "01001"], "first_day": pandas.to_datetime(["2024-01-01", None]),
                                "last_day": pandas.array(["2026-12-31", pandas.NA], dtype="string"),
                                "inpatient": pandas.array([1, pandas.NA], dtype="Int64"), "sunday": [0.0, float("nan")]})
    assert kiem.check(SAMPLE / "claims.csv", tables={"contracts": missing}, keep="small").summary["judged"] == 20000
    mixed = pandas.DataFrame({"MA_LK": ["a", "b", "c"], "T_BHTT": [1, "2", pandas.NA]})
    assert "bad_value" not in kiem.check(mixed).findings["rule"]


# ---- on-line

@pytest.mark.parametrize("value, shown", [
    (numpy.float64(200000.5), "200000.5"), (numpy.float32(200000.5), "200000.5"), (numpy.float32(1e10), "10000000000"),
    (0.1 + 0.2, "0.3"), (1e-7, "0.0000001"), (2.0, "2"), (numpy.int64(5), "5"), (numpy.True_, "1"), (Decimal("2E+5"), "200000"),
    (numpy.datetime64("2025-03-10T08:00", "ns"), "202503100800"), (pandas.Timestamp("2025-03-10 08:00", tz="Asia/Bangkok"), "202503100800"),
    (pandas.NA, None), (pandas.NaT, None), (numpy.datetime64("NaT"), None), (float("nan"), None), (numpy.str_("x"), "x")])
def test_values_as_text(value, shown):
    assert text_of(value) == shown


def test_values_that_are_no_field():
    judge = kiem.Judge()
    with pytest.raises(ValueError, match="zone"):
        judge({"NGAY_VAO": datetime.datetime(2025, 3, 10, 1, tzinfo=datetime.timezone.utc)})
    with pytest.raises(TypeError, match="bytes"):
        judge({"MA_LK": b"x"})
    with pytest.raises(TypeError, match="a claim or line is a dict"):
        judge(pandas.DataFrame([CLAIM]))


def test_one_claim_as_a_dict():
    judge = kiem.Judge(lang="en")
    findings = judge(CLAIM)
    assert "C18_MALE" in findings["rule"] and findings.name == "findings"
    assert judge({"MA_LK": "B", "GIOI_TINH": 2})["rule"] != findings["rule"]
    assert "C18_MALE" in findings["rule"], "findings stay when the next claim is judged"
    many = judge([CLAIM, {"MA_LK": "B", "T_BHTT": "x"}])
    assert set(many["subject"]) == {"EXAMPLE-1", "B"} and "bad_value" in many["rule"]
    assert len(judge([])) == 0


def test_lines_of_a_claim_are_judged_as_those_of_files():
    folder = SAMPLE / "details"
    tables = {name: pandas.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False).to_dict("records")
              for name in ("claims", "drugs", "services")}
    whole = kiem.check(tables["claims"], drugs=tables["drugs"], services=tables["services"], lang="en").findings
    expected = {found for found in zip(whole["scope"], whole["subject"], whole["rule"], whole["severity"], whole["amount"])
                if found[0] in ("drug", "service") or found[2].startswith(("M", "G", "S"))}
    assert len(expected) > 15
    lines = {name: {} for name in ("drugs", "services")}
    for name, by_claim in lines.items():
        for line in tables[name]:
            by_claim.setdefault(line["MA_LK"], []).append(line)
    judge, seen = kiem.Judge(lang="en"), set()
    for claim in tables["claims"]:
        found = judge(claim, *[by_claim.get(claim["MA_LK"], []) for by_claim in lines.values()])
        seen |= {one for one in zip(found["scope"], found["subject"], found["rule"], found["severity"], found["amount"])
                 if one[0] in ("drug", "service") or one[2].startswith(("M", "G", "S"))}
    assert seen == expected
    together = judge(tables["claims"], *[[line for claim in tables["claims"] for line in by_claim.get(claim["MA_LK"], [])]
                                        for by_claim in lines.values()])
    assert seen <= set(zip(*[together[name] for name in ("scope", "subject", "rule", "severity", "amount")]))
    with pytest.raises(kiem.ArgumentError, match="drug line 1 is of none of the claims"):
        judge({"MA_LK": "x"}, drugs=[{"MA_LK": "y"}])


def test_mistakes_in_a_claim():
    judge = kiem.Judge()
    with pytest.raises(kiem.ArgumentError, match="did you mean 'T_BHTT'"):
        judge({"T_BHT": 1})
    assert len(judge({"MA_LK": "x"}).columns) > 5, "a judge stays usable"
    with pytest.raises(ValueError, match="lang"):
        kiem.Judge(lang="fr")


def test_judges_in_threads_agree():
    policy, found = kiem.Policy(), [None] * 4
    expected = kiem.Judge(policy)(CLAIM).to_dict()

    def work(i):
        judge = kiem.Judge(policy)
        found[i] = all(judge(CLAIM).to_dict() == expected for _ in range(50))
    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4


def test_two_policies_in_one_process():
    strict, lax = kiem.Policy(rules=[RULE]), kiem.Policy(rules=[{**RULE, "id": "C18_MALE", "severity": "off"}])
    first, second = kiem.Judge(strict), kiem.Judge(lax)
    for _ in range(3):
        assert {"HOUSE1", "C18_MALE"} <= set(first(CLAIM)["rule"])
        assert not {"HOUSE1", "C18_MALE"} & set(second(CLAIM)["rule"])


def test_the_gil_is_released():
    ticks, done = 0, threading.Event()

    def tick():
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0.001)
    thread = threading.Thread(target=tick)
    thread.start()
    checks = 0
    while ticks < 50 and checks < 20:
        kiem.check(SAMPLE / "claims.csv")
        checks += 1
    done.set()
    thread.join()
    assert ticks > 4 * checks, "without it, one tick between two checks"


def test_checks_run_side_by_side():
    """Each waits in the middle of reading until the other is there too: one that kept others out would wait for ever."""
    both, judged = threading.Barrier(2), []

    class Claims:
        def __init__(self):
            self.left = (SAMPLE / "details" / "claims.csv").read_bytes()

        def read(self, size):
            both.wait(timeout=60)
            part, self.left = self.left[:size], self.left[size:]
            return part
    threads = [threading.Thread(target=lambda: judged.append(kiem.check(Claims(), threads=1).summary["judged"])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(judged) == 2 and judged[0] == judged[1] > 0


def test_the_library_is_called_without_the_gil():
    import ctypes
    from kiem._load import lib
    assert type(lib) is ctypes.CDLL and not isinstance(lib, ctypes.PyDLL)


def test_checks_in_threads():
    results = []
    threads = [threading.Thread(target=lambda: results.append(kiem.check(SAMPLE / "claims.csv").summary)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2 and results[0] == results[1]


def test_results_do_not_depend_on_threads_or_memory():
    one = kiem.check(SAMPLE / "claims.csv", threads=1, memory="1M")
    many = kiem.check(SAMPLE / "claims.csv", threads=3)
    assert one.summary == many.summary and one.claims.to_dict() == many.claims.to_dict()
    assert len(one.timings) > 3
    with pytest.raises(kiem.ArgumentError, match="threads must be a number"):
        kiem.check(SAMPLE / "claims.csv", threads=0)


# ---- progress and stopping

def test_progress():
    seen = []
    kiem.check(SAMPLE / "claims.csv", progress=seen.append)
    assert {p.phase for p in seen} >= {"read", "judge", "write"}
    assert seen[-1].rows == 20000 and seen[-1].bytes_done == seen[-1].bytes_total > 0
    assert kiem.check(SAMPLE / "claims.csv", progress=True).summary["judged"] == 20000


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_progress_of_xml(tmp_path, threads):
    files = [tmp_path / f"{i}.xml" for i in range(4)]
    for i, file in enumerate(files):
        file.write_text(f"<A><TONG_HOP><MA_LK>{i}</MA_LK><MA_BENH_CHINH>I10</MA_BENH_CHINH></TONG_HOP></A>\n")
    seen = []
    kiem.check(files, threads=threads, progress=seen.append)
    done = [p.bytes_done for p in seen]
    assert done == sorted(done) and done[-1] == seen[-1].bytes_total == sum(file.stat().st_size for file in files)

    def stop(progress):
        raise ZeroDivisionError(progress.bytes_done)
    with pytest.raises(ZeroDivisionError):
        kiem.check(files, threads=threads, progress=stop)


def test_the_bar_of_tqdm(monkeypatch, capsys):
    """The real tqdm: it ends at the whole, and is closed when a job fails too."""
    import tqdm.auto
    bars = []

    class Kept(tqdm.auto.tqdm):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            bars.append(self)
    monkeypatch.setattr(tqdm.auto, "tqdm", Kept)
    kiem.check(SAMPLE / "claims.csv", progress=True)
    bar, = bars
    assert bar.n == bar.total == (SAMPLE / "claims.csv").stat().st_size and bar.disable
    assert "20,000 rows" in capsys.readouterr().err
    with pytest.raises(kiem.InputError):
        kiem.check(b"a,b\n1,2\n", progress=True)
    assert len(bars) == 2 and bars[1].disable, "closed"


def test_no_bar_without_tqdm(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert kiem.check(SAMPLE / "details" / "claims.csv", progress=True).summary["judged"] > 0


# ---- tables by name

def test_tables_have_names():
    result = kiem.check(SAMPLE / "details" / "claims.csv")
    assert {"findings", "claims", "provinces", "facilities", "patients", "rejects", "rules", "totals", "timings"} <= set(result.tables)
    assert set(result.tables) <= set(dir(result))
    for name in result.tables:
        assert getattr(result, name).name == name
    with pytest.raises(AttributeError, match="its tables are findings, claims"):
        result.finding


def test_a_table_of_a_later_library(monkeypatch):
    from kiem import job
    monkeypatch.setattr(job, "_table_names", lambda: ("findings", "doctors_of_tomorrow"))
    monkeypatch.setattr(job.Result, "table", lambda self, name: name)
    assert kiem.check([CLAIM]).doctors_of_tomorrow == "doctors_of_tomorrow"


@pytest.mark.parametrize("keep, kept", [("small", set()), ([], set()), ("findings", {"findings"}),
                                        (["claims", "rejects"], {"claims", "rejects"}), ("all", {"findings", "claims", "rejects"})])
def test_only_the_tables_asked_for_are_kept(keep, kept):
    result = kiem.check(SAMPLE / "details" / "claims.csv", keep=keep)
    assert len(result.rules) and len(result.totals)
    for name in ("findings", "claims", "rejects"):
        if name in kept:
            assert result.table(name).name == name
        else:
            with pytest.raises(kiem.ArgumentError, match="did not keep"):
                result.table(name)


def test_misspelt_columns_are_told():
    assert "column 2 looks like T_BHTT" in repr(kiem.check(b"MA_LK,T_BHT\nA1,5\n"))
    assert "looks like" not in repr(kiem.check(b"MA_LK,T_BHTT\nA1,5\n"))
    dates = kiem.check(b"MA_LK,NGAY_VAO\n" + b"".join(b"A%d,15/03/2024\n" % i for i in range(20)))
    for text in (repr(dates), dates._repr_html_()):
        assert "no column MA_THE_BHYT, NGAY_SINH" in text and "NGAY_VAO empty or unreadable in most rows" in text


def test_keep_wants_names_of_tables():
    with pytest.raises(kiem.ArgumentError, match="'finding'"):
        kiem.check(SAMPLE / "claims.csv", keep="finding")


def test_what_progress_raises_comes_out():
    def stop(progress):
        raise KeyError("enough")
    with pytest.raises(KeyError, match="enough"):
        kiem.check(SAMPLE / "claims.csv", progress=stop)


def test_what_a_file_raises_comes_out():
    class Broken:
        def read(self, size):
            raise RuntimeError("the tape tore")
    with pytest.raises(RuntimeError, match="the tape tore"):
        kiem.check(Broken())


def test_ctrl_c_stops_cleanly(tmp_path):
    program = f"""
import itertools, kiem, sys
header, *rows = open({str(SAMPLE / 'claims.csv')!r}, 'rb').read().split(b'\\n')[:-1]
class Endless:
    def __init__(self):
        self.parts = itertools.chain([header + b'\\n'], itertools.repeat(b'\\n'.join(rows[:500]) + b'\\n'))
    def read(self, size):
        print('reading', flush=True)
        return next(self.parts)
try:
    kiem.check(Endless(), out={str(tmp_path / 'out')!r}, memory='64M')
except KeyboardInterrupt:
    print('stopped')
    sys.exit(7)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": str(Path(kiem.__file__).parents[1])})
    for _ in range(20):
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 7 and out.endswith("stopped\n")
    assert not list((tmp_path / "out").glob("*.csv")), "no half results"


def test_a_second_ctrl_c_leaves_the_job_what_it_calls():
    program = """
import gc, kiem, threading, weakref
go_on = threading.Event()
class Stuck:
    def read(self, size):
        print('reading', flush=True)
        go_on.wait()
        return b''
class Progress:
    def __call__(self, progress):
        pass
progress = Progress()
watched = weakref.ref(progress)
def check(progress):
    try:
        kiem.check(Stuck(), progress=progress)
    except KeyboardInterrupt:
        print('stopped', flush=True)
given, progress = [progress], None
check(given.pop())
gc.collect()
print(watched() is not None)
go_on.set()
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": str(Path(kiem.__file__).parents[1])})
    process.stdout.readline()
    for _ in range(2):
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0 and out == "stopped\nTrue\n"


# ---- the package

def test_errors_can_be_pickled():
    with pytest.raises(kiem.InputError) as caught:
        kiem.check("none.csv")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is kiem.InputError and str(copy) == str(caught.value) and copy.file == "none.csv"
    assert isinstance(copy, ValueError)


def test_every_exported_function_is_declared():
    mapped = set(re.findall(r"^\s*(kiem_\w+);", (ROOT / "lib/libkiem.map").read_text(), flags=re.M))
    from kiem import _ffi
    assert set(_ffi.FUNCTIONS) == mapped


def test_generated_module_is_current():
    subprocess.run([sys.executable, ROOT / "bindings/python/generate_ffi.py", ROOT / "include", "--check",
                    ROOT / "bindings/python/kiem/_ffi.py"], check=True)


@pytest.mark.parametrize("version", ["3.10", "3.13"])
def test_types(version):
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--python-version", version, "kiem"],
                          cwd=ROOT / "bindings/python", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_a_library_that_is_not_there_is_named():
    done = subprocess.run([sys.executable, "-c", "import kiem"], capture_output=True, text=True,
                          env={**os.environ, "KIEM_LIBRARY": "/nowhere/libkiem.so.1",
                               "PYTHONPATH": str(Path(kiem.__file__).parents[1])})
    assert done.returncode and "set KIEM_LIBRARY" in done.stderr


def test_another_library_is_told():
    done = subprocess.run([sys.executable, "-c", "import kiem"], capture_output=True, text=True,
                          env={**os.environ, "KIEM_LIBRARY": "libm.so.6", "PYTHONPATH": str(Path(kiem.__file__).parents[1])})
    assert done.returncode and "ImportError" in done.stderr and "libm.so.6 is older than this package, or another" in done.stderr


def test_a_column_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(KeyError, match="findings has no column 'rul'; its columns are scope, subject"):
        kiem.check([CLAIM]).findings["rul"]


@pytest.mark.parametrize("claims", [None, "A1", b"A1"])
def test_a_judge_wants_fields(claims):
    with pytest.raises(TypeError, match="claims are a dict of fields or several"):
        kiem.Judge()(claims)


def test_a_judge_tells_the_way_from_a_row_of_pandas():
    with pytest.raises(TypeError, match=r"row\.to_dict\(\)"):
        kiem.Judge()(pandas.DataFrame([CLAIM]).iloc[0])


def test_provinces_of_the_merger_and_pseudonyms():
    """As --province-map and --pseudonymise of the command."""
    claims = SAMPLE / "details" / "claims.csv"
    merged = kiem.check(claims, province_map=34, keep="small").provinces["province"]
    assert "70" not in merged and "70" in kiem.check(claims, keep="small").provinces["province"]
    known, hidden = kiem.check(claims).patients["patient"], kiem.check(claims, pseudonym_key="key").patients["patient"]
    assert not set(known) & set(hidden) and len(known) == len(hidden)
    with pytest.raises(kiem.ArgumentError, match="province_map"):
        kiem.check(claims, province_map=1)
    with pytest.raises(kiem.ArgumentError, match="pseudonym_key"):
        kiem.check(claims, pseudonym_key="")


def test_the_open_result_of_a_duckdb_connection():
    import duckdb
    asked = duckdb.connect().execute(f"SELECT * FROM read_csv('{SAMPLE / 'details' / 'claims.csv'}', all_varchar=true) LIMIT 9")
    assert kiem.check(asked, keep="small").summary["judged"] == 9


@pytest.mark.parametrize("lang, words", [("vi", "hẹn không rõ"), ("en", "again on not known")])
def test_a_value_that_is_empty_is_not_known(lang, words):
    rule = {"id": "H1", "scope": "claim", "severity": "notice", "condition": "T_BHTT >= 0 OR T_BHTT IS NULL", "basis": "b",
            "message_vi": "hẹn {NGAY_TAI_KHAM}", "message_en": "again on {NGAY_TAI_KHAM}"}
    assert words in kiem.Judge(kiem.Policy(rules=[rule]), lang=lang)({"MA_LK": "A1", "T_BHTT": 1})["message"]


def test_none_is_an_empty_field_for_a_judge_as_for_a_check():
    claim = {**CLAIM, "T_BHTT": None}
    assert "REQ_T_BHTT" in kiem.Judge()(claim)["rule"] and "REQ_T_BHTT" in kiem.check([claim]).findings["rule"]
    assert "REQ_T_BHTT" not in kiem.Judge()({name: value for name, value in claim.items() if name != "T_BHTT"})["rule"]
