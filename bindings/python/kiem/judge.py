"""Claims judged as they arrive."""
from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterable, Mapping
from typing import Any

from ._load import lib
from .errors import LANGUAGES, ErrorSink, Handle
from .inputs import text_of
from .policy import Policy, policy_of
from .state import State
from .table import Table

Row = Mapping[str, object]


class Judge:
    """Judges claims one by one, each on its own, or with a state beside the earlier claims that it has learned, and with
    their lines where they are given. Rules that need other tables do not run here.

    One call at a time; threads that want to judge in parallel have a judge each and share the policy.
    """

    def __init__(self, policy: Policy | str | os.PathLike[str] | None = None, lang: str = "vi",
                 state: State | None = None) -> None:
        if lang not in LANGUAGES:
            raise ValueError(f"lang is 'vi' or 'en', not {lang!r}")
        if not isinstance(state, (State, type(None))):
            raise TypeError(f"state is a kiem.State, not {type(state).__name__}")
        sink, self._lock = ErrorSink(), threading.Lock()
        self._policy = policy_of(policy)
        self._judge = Handle(lib.kiem_judge_free)
        sink.check(lib.kiem_judge_new(None, self._policy.handle, LANGUAGES[lang], ctypes.byref(self._judge.value),
                                      sink.handle))
        self._state = state  # must live as long as the judge
        if state is not None:
            sink.check(lib.kiem_judge_use_state(self._judge.value, state.handle, sink.handle))
        self._batches = [Handle(lib.kiem_batch_free) for _ in range(3)]
        claims, *lines = self._batches
        sink.check(lib.kiem_batch_new(None, ctypes.byref(claims.value), sink.handle))
        for batch, role in zip(lines, (b"drugs", b"services")):
            sink.check(lib.kiem_batch_new_lines(None, role, ctypes.byref(batch.value), sink.handle))

    def __call__(self, claims: Row | Iterable[Row], drugs: Iterable[Row] | None = None,
                 services: Iterable[Row] | None = None) -> Table:
        """The findings of a claim, given as a dict by field name, or of several (up to 2,048).

        None is an empty field. A field that no claim has named so far is not known, and rules that need it do not run; give
        every claim the same names.
        drugs, services: their lines, in the order of the claims and with their MA_LK (which those of one claim need not
        have), up to 131,072 of each; claims that share their MA_LK want a call each. An empty list says that there are none,
        None that they are not known: rules that need them do not run then.
        """
        if claims is None or isinstance(claims, (str, bytes)):
            raise TypeError(f"claims are a dict of fields or several, not {type(claims).__name__}")
        rows = [claims] if isinstance(claims, Mapping) else claims
        sink, copy, findings = ErrorSink(), Handle(lib.kiem_table_free), ctypes.c_void_p()
        with self._lock:
            given = [self._fill(batch.value, part, sink) for batch, part in zip(self._batches, (rows, drugs, services))]
            sink.check(lib.kiem_judge_claims(self._judge.value, *given, ctypes.byref(findings), sink.handle))
            sink.check(lib.kiem_table_copy(findings, ctypes.byref(copy.value), sink.handle))
        return Table(copy.value, copy)

    def xml(self, envelope: bytes | str, name: str = "xml") -> Table:
        """The findings of the claims and lines in the ministry's XML (GIAMDINHHS), of at most 2,048 claims."""
        sink, copy, findings = ErrorSink(), Handle(lib.kiem_table_free), ctypes.c_void_p()
        raw = envelope.encode() if isinstance(envelope, str) else bytes(envelope)
        with self._lock:
            sink.check(lib.kiem_judge_xml(self._judge.value, name.encode(), raw, len(raw), ctypes.byref(findings),
                                          sink.handle))
            sink.check(lib.kiem_table_copy(findings, ctypes.byref(copy.value), sink.handle))
        return Table(copy.value, copy)

    def _fill(self, batch: Any, rows: Iterable[Row] | None, sink: ErrorSink) -> Any:
        lib.kiem_batch_clear(batch)
        for row in () if rows is None else rows:
            self._put(batch, row, sink)
        return None if rows is None else batch

    @staticmethod
    def _put(batch: Any, row: Row, sink: ErrorSink) -> None:
        if not isinstance(row, Mapping):
            raise TypeError(f"a claim or line is a dict of fields, not {type(row).__name__} (of a pandas row: row.to_dict())")
        for field, value in row.items():
            raw = (text_of(value) or "").encode()  # None is an empty field, as in a table, not one that is not given
            sink.check(lib.kiem_batch_set(batch, str(field).encode(), raw, len(raw), sink.handle))
        sink.check(lib.kiem_batch_end_row(batch, sink.handle))
