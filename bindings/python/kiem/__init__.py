"""kiem checks hospital health-insurance claims.

    import kiem
    result = kiem.check("claims.csv", budgets="budgets.csv")
    print(result.summary["findings"], len(result.findings))
"""
import ctypes
import json
import os

from . import _ffi
from ._load import lib
from .errors import ErrorSink, InputError, KiemError, PolicyError
from .outlier import OutlierScorer
from .table import Table

__version__ = lib.kiem_version_text().decode()
__all__ = ["check", "rules", "Result", "Table", "KiemError", "InputError", "PolicyError", "OutlierScorer"]


class _Handle:
    """A C object that is freed with its Python owner."""

    def __init__(self, free):
        self.value = ctypes.c_void_p()
        self._free = free

    def __del__(self):
        self._free(self.value)


def _policy(rules, facilities, directory):
    sink, policy = ErrorSink(), _Handle(lib.kiem_policy_free)
    sink.check(lib.kiem_policy_new(None, directory.encode() if directory else None, ctypes.byref(policy.value), sink.handle))
    for path in [rules] if isinstance(rules, (str, os.PathLike)) else rules or []:
        with open(path, "rb") as file:
            text = file.read()
        sink.check(lib.kiem_policy_add_rules(policy.value, os.fspath(path).encode(), text, len(text), sink.handle))
    if facilities:
        with open(facilities, "rb") as file:
            text = file.read()
        sink.check(lib.kiem_policy_set_table(policy.value, b"facilities", os.fspath(facilities).encode(), text, len(text),
                                             sink.handle))
    sink.check(lib.kiem_policy_compile(policy.value, sink.handle))
    return policy


class Result:
    """What a check found: tables findings, claims, provinces, facilities, patients, rejects, rules; summary as a dict."""

    def __init__(self, job):
        self._job = job
        sink, text = ErrorSink(), ctypes.c_void_p()
        sink.check(lib.kiem_job_summary(job.value, ctypes.byref(text), sink.handle))
        self.summary = json.loads(ctypes.string_at(text.value))

    def _table(self, name):
        sink, handle = ErrorSink(), ctypes.c_void_p()
        sink.check(lib.kiem_job_table(self._job.value, name.encode(), ctypes.byref(handle), sink.handle))
        return Table(handle, self._job)

    findings = property(lambda self: self._table("findings"))
    claims = property(lambda self: self._table("claims"))
    provinces = property(lambda self: self._table("provinces"))
    facilities = property(lambda self: self._table("facilities"))
    patients = property(lambda self: self._table("patients"))
    rejects = property(lambda self: self._table("rejects"))
    rules = property(lambda self: self._table("rules"))

    def __repr__(self):
        return f"<kiem result: {self.summary['judged']} claims judged, {self.summary['rejected']} rows rejected>"


def check(claims, budgets=None, facilities=None, rules=None, policy=None, out=None, lang="vi", as_of=None,
          decimal_comma=False):
    """Judges every claim of one or more CSV files and returns a Result.

    claims, budgets, facilities, rules: paths (claims and rules may be lists); policy: a directory; out: a directory
    for the result files; lang: "vi" or "en"; as_of: a date or "yyyy-mm-dd".
    """
    compiled = _policy(rules, facilities, policy)
    sink, job = ErrorSink(), _Handle(lib.kiem_job_free)
    sink.check(lib.kiem_job_new(None, compiled.value, ctypes.byref(job.value), sink.handle))
    options = {"lang": lang, "decimal_comma": "1" if decimal_comma else "0"}
    if as_of:
        options["as_of"] = str(as_of)
    if out:
        options["out"] = os.fspath(out)
    for name, value in options.items():
        sink.check(lib.kiem_job_set(job.value, name.encode(), value.encode(), sink.handle))
    for path in [claims] if isinstance(claims, (str, os.PathLike)) else claims:
        sink.check(lib.kiem_job_add_file(job.value, b"claims", os.fspath(path).encode(), sink.handle))
    if budgets:
        sink.check(lib.kiem_job_add_file(job.value, b"budgets", os.fspath(budgets).encode(), sink.handle))
    sink.check(lib.kiem_job_run(job.value, sink.handle))
    return Result(job)


def rules(extra=None, policy=None):
    """The catalogue of rules as a table; `extra` are further rule files."""
    compiled, sink = _policy(extra, None, policy), ErrorSink()
    table = _Handle(lib.kiem_table_free)
    sink.check(lib.kiem_policy_rules(compiled.value, ctypes.byref(table.value), sink.handle))
    return Table(table.value, (table, compiled))
