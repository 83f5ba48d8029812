"""States from Python: learned, merged, saved, pickled, and used by a check and a judge."""
import io
import os
import pickle
import resource
import signal
import stat
from pathlib import Path

import pandas
import polars
import pyarrow
import pytest

import kiem
from kiem.run import aside

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
STAY = {"MA_LK": "S1", "MA_THE_BHYT": "GD4790000000017", "MA_CSKCB": "79001", "MA_LOAI_KCB": "03", "NGAY_SINH": "198003150000",
        "GIOI_TINH": 1, "MA_BENH_CHINH": "I10", "NGAY_VAO": "202403010800", "NGAY_RA": "202403080800", "T_BHTT": 400000,
        "T_TONGCHI_BH": 500000}
SECOND = {**STAY, "MA_LK": "S2", "MA_CSKCB": "79002", "NGAY_VAO": "202403030800", "NGAY_RA": "202403060800"}


def overlaps(table):
    return [rule for rule in table["rule"] if rule.startswith("X0")]


def test_a_state_remembers_across_checks():
    state = kiem.State()
    assert state.learn([polars.DataFrame([STAY])]) == 1 and state.claims == 1 and "1 claims" in repr(state)
    alone, beside = kiem.check(polars.DataFrame([SECOND])), kiem.check(polars.DataFrame([SECOND]), state=state)
    assert not overlaps(alone.findings) and overlaps(beside.findings)
    assert not overlaps(kiem.Judge()(SECOND)) and overlaps(kiem.Judge(state=state)(SECOND))


def test_files_are_learned_once():
    state = kiem.State()
    assert state.learn(SAMPLE / "claims.csv") == 20000
    with pytest.raises(kiem.ArgumentError):
        state.learn(SAMPLE / "claims.csv")
    assert state.claims == 20000
    assert state.learn(SAMPLE / "claims.csv", again=True) == 20000


def test_order_of_learning_and_merging_does_not_show(tmp_path):
    frames = [polars.DataFrame([STAY]), polars.DataFrame([SECOND])]
    together, first, second = kiem.State(), kiem.State(), kiem.State()
    for frame in frames:
        together.learn(frame)
    first.learn(frames[1])
    second.learn(frames[0])
    first.merge(second)
    assert first.to_bytes() == together.to_bytes()
    first.save(tmp_path / "a.state")
    assert stat.S_IMODE(os.stat(tmp_path / "a.state").st_mode) == 0o600 and not (tmp_path / "a.state.part").exists()
    assert kiem.State.load(tmp_path / "a.state").to_bytes() == first.to_bytes()
    assert pickle.loads(pickle.dumps(first)).to_bytes() == first.to_bytes()


def test_damage_is_refused():
    state = kiem.State()
    state.learn(polars.DataFrame([STAY]))
    data = bytearray(state.to_bytes())
    for broken in (data[:-1], b"", b"not a state at all", data[:20] + bytes([data[20] ^ 1]) + data[21:]):
        with pytest.raises(kiem.StateError):
            kiem.State.from_bytes(bytes(broken))
    with pytest.raises(kiem.KiemError):
        state.merge(state)


def test_tables_are_learned_once():
    """Whatever library holds the rows, in whatever order, pieces and types they come."""
    frame = pandas.read_csv(SAMPLE / "details" / "claims.csv", dtype=str)
    table = pyarrow.Table.from_pandas(frame)
    forms = [frame, frame.iloc[::-1], polars.read_csv(SAMPLE / "details" / "claims.csv", infer_schema=False),
             table.to_reader(max_chunksize=7), pandas.read_csv(SAMPLE / "details" / "claims.csv", dtype={"MA_PTTT_QT": str}),
             pandas.concat([frame.assign(UNKNOWN="x")])]
    state = kiem.State()
    count = state.learn(frame)
    for form in forms:
        with pytest.raises(kiem.ArgumentError, match="has learned this source already"):
            state.learn(form)
    with pytest.raises(kiem.ArgumentError, match="given twice"):
        kiem.State().learn([frame, table])
    assert state.claims == count and state.learn(frame, again=True) == count
    changed = frame.copy()
    changed.loc[3, "MA_CSKCB"] = "79999"
    assert kiem.State().learn([frame, changed]) == 2 * count and state.learn(frame.iloc[1:]) == count - 1
    empty = frame.iloc[:0]
    assert kiem.State().learn([empty, empty]) == 0


def test_again_is_a_truth_value():
    state, claims = kiem.State(), polars.DataFrame([STAY])
    state.learn(claims)
    for no in (False, 0, None, ""):
        with pytest.raises(kiem.ArgumentError, match="already"):
            state.learn(claims, again=no)
    for yes in (True, 2**32, "yes"):  # of 2**32 ctypes takes the last 32 bits
        assert state.learn(claims, again=yes) > 0


def test_what_fails_aside_is_told():
    def fail():
        raise KeyError("met in the other thread")
    with pytest.raises(KeyError, match="met in"):
        aside(fail)


def test_busy_and_changed_states():
    state = kiem.State()
    state.learn(polars.DataFrame([STAY]))
    judge = kiem.Judge(state=state)
    assert overlaps(judge(SECOND))
    state.learn(polars.DataFrame([{**STAY, "MA_LK": "S3"}]))
    with pytest.raises(kiem.ArgumentError, match="the state has changed"):
        judge(SECOND)
    judge, known = kiem.Judge(state=state), kiem.State()
    known.learn(polars.DataFrame([STAY]))
    for refused in (lambda: state.learn(polars.DataFrame([STAY])), lambda: state.learn("none.csv"), lambda: state.merge(known)):
        with pytest.raises(kiem.KiemError):
            refused()
        assert overlaps(judge(SECOND))  # nothing was learned
    inside = []

    class Claims(io.BytesIO):
        def read(self, size):
            try:
                state.learn(polars.DataFrame([SECOND]))
            except kiem.BusyError as error:
                inside.append(str(error))
            return super().read(size)
    state.learn(Claims(b"MA_LK,NGAY_VAO\nA,202503100800\n"))
    assert inside and all("in use" in text for text in inside)


def test_a_saved_state_is_for_its_owner_whatever_was_there(tmp_path):
    state = kiem.State()
    state.learn(polars.DataFrame([STAY]))
    (tmp_path / "a.state.part").touch(0o644)
    state.save(tmp_path / "a.state")
    assert stat.S_IMODE(os.stat(tmp_path / "a.state").st_mode) == 0o600


def test_a_state_that_cannot_be_saved_leaves_nothing(tmp_path):
    state = kiem.State()
    state.learn(SAMPLE / "claims.csv")
    (tmp_path / "a.state").write_bytes(b"before")
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
        with pytest.raises(OSError):
            state.save(tmp_path / "a.state")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert os.listdir(tmp_path) == ["a.state"] and (tmp_path / "a.state").read_bytes() == b"before"


def test_ctrl_c_is_heard_while_a_state_is_saved_or_loaded(capfd):
    """As KeyboardInterrupt, not as a state that could not be written, or worse was."""
    state = kiem.State()
    state.learn(SAMPLE / "claims.csv")
    whole, heard = state.to_bytes(), 0
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for call in [state.to_bytes, lambda: kiem.State.from_bytes(whole).to_bytes()] * 20:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.001)
                assert call() == whole
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                heard += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert heard and "ignored" not in capfd.readouterr().err


def test_any_bytes_are_loaded():
    data = kiem.State().to_bytes()
    for form in (data, bytearray(data), memoryview(data)):
        assert kiem.State.from_bytes(form).to_bytes() == data
    for other in (None, "text", 5):
        with pytest.raises(TypeError):
            kiem.State.from_bytes(other)
