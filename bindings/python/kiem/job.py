"""The whole run over many claims."""
from __future__ import annotations

import ctypes
import datetime
import functools
import html
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import _ffi
from ._load import lib
from .errors import ErrorSink, Handle
from .inputs import Feed, is_many
from .policy import Policy, policy_of
from .run import new_job, run
from .state import State
from .table import Table

_PROGRESS = _ffi.FUNCTIONS["kiem_job_on_progress"][1][1]


@dataclass(frozen=True)
class Progress:
    """What a running job tells about itself. bytes_total is 0 when it cannot be known."""

    phase: str
    bytes_done: int
    bytes_total: int
    rows: int
    rejects: int
    findings: int


@functools.cache
def _table_names() -> tuple[str, ...]:
    names: list[str] = []
    while name := lib.kiem_job_table_name(len(names)):
        names.append(name.decode())
    return tuple(names)


class Result:
    """What a check found: a table for each name in `tables`, also as attributes (`result.findings`); the summary as a
    dict."""

    def __init__(self, job: Handle) -> None:
        self._job = job
        sink, text = ErrorSink(), ctypes.c_void_p()
        sink.check(lib.kiem_job_summary(job.value, ctypes.byref(text), sink.handle))
        self.summary: dict[str, Any] = json.loads(ctypes.string_at(text.value or 0))

    @property
    def tables(self) -> list[str]:
        """The names of the tables there are."""
        return list(_table_names())

    def __getattr__(self, name: str) -> Table:
        """Tables that a later library has come by their names."""
        if name in _table_names():
            return self.table(name)
        raise AttributeError(f"a result has no {name!r}; its tables are {', '.join(_table_names())}")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_table_names()})

    def table(self, name: str) -> Table:
        """The table of that name; ArgumentError when there is none, or `keep` left it out."""
        sink, handle = ErrorSink(), ctypes.c_void_p()
        sink.check(lib.kiem_job_table(self._job.value, name.encode(), ctypes.byref(handle), sink.handle))
        return Table(handle, self._job)

    @property
    def findings(self) -> Table:
        """What was found, a row a finding (columns of every table: docs/results.md)."""
        return self.table("findings")

    @property
    def claims(self) -> Table:
        """A row a claim judged: money at risk, score, the benefit due."""
        return self.table("claims")

    @property
    def shortlist(self) -> Table:
        """The claims to look at first: of each severity those with most money at risk."""
        return self.table("shortlist")

    @property
    def provinces(self) -> Table:
        """A row a province and year: money, estimate, forecast."""
        return self.table("provinces")

    @property
    def facilities(self) -> Table:
        """A row a facility: money, and how it stands beside its peers."""
        return self.table("facilities")

    @property
    def patients(self) -> Table:
        """A row a patient."""
        return self.table("patients")

    @property
    def doctors(self) -> Table:
        """A row a month, from the service lines."""
        return self.table("doctors")

    @property
    def machines(self) -> Table:
        """A row a month, from the service lines."""
        return self.table("machines")

    @property
    def units(self) -> Table:
        """Departments and doctors beside their peers, after case mix."""
        return self.table("units")

    @property
    def rejects(self) -> Table:
        """Rows that could not be judged, and why."""
        return self.table("rejects")

    @property
    def rules(self) -> Table:
        """What each rule found, and whether it ran."""
        return self.table("rules")

    @property
    def totals(self) -> Table:
        """Counts and sums by name."""
        return self.table("totals")

    @property
    def timings(self) -> Table:
        """Seconds of each stage, summed over threads."""
        return self.table("timings")

    def __repr__(self) -> str:
        lines = [f"<kiem result: {self.summary['judged']:,} claims judged, {self.summary['rejected']:,} rows rejected>"]
        lines += [f"  {severity:<10} {found['count']:>10,}" for severity, found in self.summary["findings"].items()]
        lines += [f"  {note}" for note in self._notes()]
        return "\n".join(lines + [f"  to review  {self.summary['amount_at_risk']:>10,} VND"])

    def _notes(self) -> list[str]:
        """Files that may not be as meant."""
        again = [f"{file['file']}: {file['repeated']:,} of its claims were given before, most in {file['repeated_from']}"
                 for file in self.summary["files"] if "repeated" in file]
        return again + [f"{file['file']}: {before}{file[key]}{after}" for file in self.summary["files"] for key, before, after in (
            ("near_misses", "", ""), ("missing", "no column ", ""), ("unread", "", " empty or unreadable in most rows")) if key in file]

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._notes())
        rows = "".join(f"<tr><td>{html.escape(severity)}</td><td style='text-align:right'>{found['count']:,}</td></tr>"
                       for severity, found in self.summary["findings"].items())
        return (f"<table><caption>{self.summary['judged']:,} claims judged, {self.summary['rejected']:,} rows rejected, "
                f"{self.summary['amount_at_risk']:,} VND to review</caption>"
                f"<thead><tr><th>severity</th><th>findings</th></tr></thead><tbody>{rows}</tbody></table>{notes}")


class _Bar:
    """A tqdm bar."""

    def __init__(self, tqdm: Any) -> None:
        self._bar = tqdm(unit="B", unit_scale=True, desc="kiem")
        self.close: Callable[[], object] = self._bar.close

    def __call__(self, progress: Progress) -> None:
        self._bar.total = progress.bytes_total or None
        self._bar.n = progress.bytes_done
        self._bar.set_postfix_str(f"{progress.phase}, {progress.rows:,} rows, {progress.findings:,} findings", refresh=True)


def _bar() -> _Bar | None:
    """A bar, when tqdm is there."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return _Bar(tqdm)


def _watch(job: Handle, progress: Callable[[Progress], object], feed: Feed) -> None:
    def callback(_: int | None, pointer: int) -> int:
        try:
            now = _ffi.Progress.from_address(pointer)
            progress(Progress(now.phase.decode(), now.bytes_done, now.bytes_total, now.rows, now.rejects, now.findings))
            return 0
        except BaseException as failure:
            feed.failure = failure
            return 1
    pointer = _PROGRESS(callback)
    lib.kiem_job_on_progress(job.value, pointer, None)
    feed.keep(pointer)


def check(claims: Any, budgets: Any = None, facilities: Any = None, rules: Any = None,
          policy: Policy | str | os.PathLike[str] | None = None, out: str | os.PathLike[str] | None = None,
          lang: str = "vi", as_of: datetime.date | str | None = None, decimal_comma: bool = False, *,
          drugs: Any = None, services: Any = None, tables: Mapping[str, Any] | None = None, format: str = "csv",
          threads: int | None = None, memory: str | int | None = None, state: State | None = None,
          progress: Callable[[Progress], object] | bool | None = None, keep: str | Iterable[str] = "all",
          fdr: float | None = None, shortlist: int | None = None, province_map: int | None = None,
          pseudonym_key: str | None = None) -> Result:
    """Judges every claim and returns a Result.

    claims, drugs, services: each a path, bytes, a file, a DataFrame (pandas, Polars), a pyarrow table, a DuckDB relation, a Spark frame,
    anything with __arrow_c_stream__, or a list of these; claims also as the ministry's XML, which brings its lines. Rows of a file are numbered as a spreadsheet shows them, rows
    of a table from 1. Of a packed file give the open one (gzip.open(path)). Times are the local time of the record:
    without a zone, or with that of Viet Nam.
    budgets, facilities, rules, tables: the same or a list of dicts; rules may be a list, tables is {name: rows}.
    policy: a Policy, or a policy directory. out: a directory for the result files, in this format (csv or ndjson).
    lang: "vi" or "en". as_of: the day up to which money is summed, a date or "yyyy-mm-dd", by default the latest discharge.
    decimal_comma: numbers in text are written 1.234,50. threads: how many work, by default as many as there
    are processors; results do not depend on it. memory: what claims may take before they go to a file ("2G").
    fdr: share of false flags accepted among the unusual claims, by default 0.05.
    shortlist: how many claims of each severity the table of that name has, by default 100.
    province_map: 63 (default) or 34, the provinces before or since the merger of 2025-07-01. pseudonym_key: in results the
    numbers of patients are hashed with this key.
    state: what was learned from earlier claims; a claim that both have counts once.
    progress: called with a Progress now and then; True shows a tqdm bar when tqdm is there. What it raises stops the
    job and comes out of check.
    keep: which tables the result has: "all", or names of them. The small ones (shortlist, provinces, facilities, rules,
    totals, timings) are always there, and alone with "small", so that memory does not grow with what is found.
    """
    if not (progress is None or isinstance(progress, bool) or callable(progress)):
        raise TypeError(f"progress is a function, True or None, not {type(progress).__name__}")
    if not isinstance(state, (State, type(None))):
        raise TypeError(f"state is a kiem.State, not {type(state).__name__}")
    given = {**(tables or {}), **({} if facilities is None else {"facilities": facilities})}
    compiled = policy_of(policy, rules, given)
    sink = ErrorSink()
    options = {"lang": lang, "decimal_comma": "1" if decimal_comma else "0", "format": format, "as_of": as_of,
               "threads": threads, "memory": memory, "out": None if out is None else os.fspath(out),
               "keep": keep if isinstance(keep, str) else ",".join(keep) or "small",
               "fdr": f"{fdr:f}" if isinstance(fdr, (int, float)) else fdr, "shortlist": shortlist,
               "province_map": province_map, "pseudonym_key": pseudonym_key}
    job = new_job(compiled.handle, options)
    if state is not None:
        sink.check(lib.kiem_job_use_state(job.value, state.handle, sink.handle))
    feed = Feed(job)
    for role, inputs in (("claims", claims), ("drugs", drugs), ("services", services)):
        for one in inputs if is_many(inputs) else [] if inputs is None else [inputs]:
            feed.add(role, one)
    if budgets is not None:
        feed.add("budgets", budgets)
    show = _bar() if progress is True else progress
    if callable(show):
        _watch(job, show, feed)
    try:
        run(lambda error: lib.kiem_job_run(job.value, error), job, feed)
    finally:
        if isinstance(show, _Bar):
            show.close()
    feed.close()
    return Result(job)
