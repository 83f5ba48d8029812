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


class Judge:
    """Judges claims one by one, each on its own, or with a state beside the earlier claims that it has learned. Rules that
    need scores or other tables do not run here.

    One call at a time; threads that want to judge in parallel have a judge each and share the policy.
    """

    def __init__(self, policy: Policy | str | os.PathLike[str] | None = None, lang: str = "vi",
                 state: State | None = None) -> None:
        if lang not in LANGUAGES:
            raise ValueError(f"lang is 'vi' or 'en', not {lang!r}")
        sink, self._lock = ErrorSink(), threading.Lock()
        self._policy = policy_of(policy)
        self._judge, self._batch = Handle(lib.kiem_judge_free), Handle(lib.kiem_batch_free)
        sink.check(lib.kiem_judge_new(None, self._policy.handle, LANGUAGES[lang], ctypes.byref(self._judge.value),
                                      sink.handle))
        self._state = state  # must live as long as the judge
        if state is not None:
            sink.check(lib.kiem_judge_use_state(self._judge.value, state.handle, sink.handle))
        sink.check(lib.kiem_batch_new(None, ctypes.byref(self._batch.value), sink.handle))

    def __call__(self, claims: Mapping[str, object] | Iterable[Mapping[str, object]]) -> Table:
        """The findings of a claim, given as a dict by field name, or of several (up to 2,048)."""
        rows = [claims] if isinstance(claims, Mapping) else claims
        sink, copy, findings = ErrorSink(), Handle(lib.kiem_table_free), ctypes.c_void_p()
        batch = self._batch.value
        with self._lock:
            lib.kiem_batch_clear(batch)
            for row in rows:
                self._put(batch, row, sink)
            sink.check(lib.kiem_judge_batch(self._judge.value, batch, ctypes.byref(findings), sink.handle))
            sink.check(lib.kiem_table_copy(findings, ctypes.byref(copy.value), sink.handle))
        return Table(copy.value, copy)

    @staticmethod
    def _put(batch: Any, row: Mapping[str, object], sink: ErrorSink) -> None:
        if not isinstance(row, Mapping):
            raise TypeError(f"a claim is a dict of fields, not {type(row).__name__}")
        for field, value in row.items():
            text = text_of(value)
            if text is None:
                continue
            raw = text.encode()
            sink.check(lib.kiem_batch_set(batch, field.encode(), raw, len(raw), sink.handle))
        sink.check(lib.kiem_batch_end_row(batch, sink.handle))
