"""Policies: the law as rows, house rules and tables on top."""
from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from typing import Any

from ._load import lib
from .errors import ErrorSink, Handle
from .inputs import csv_of, is_many, whole_text
from .table import Table


class Policy:
    """Rules and reference tables, checked and compiled; immutable, for any number of threads.

    rules: house rules, as a path, CSV bytes, a file, a DataFrame or a list of dicts, or a list of these; a rule whose id
    is there already replaces it. tables: rows for reference tables, by name, such as {"facilities": frame}.
    directory: a policy directory that replaces files of the built-in policy.
    """

    def __init__(self, rules: Any = None, tables: Mapping[str, Any] | None = None,
                 directory: str | os.PathLike[str] | None = None) -> None:
        sink, self._owner = ErrorSink(), Handle(lib.kiem_policy_free)
        path = whole_text(directory) if directory is not None else None
        sink.check(lib.kiem_policy_new(None, path, ctypes.byref(self._owner.value), sink.handle))
        for given in rules if is_many(rules) else [] if rules is None else [rules]:
            name, text = csv_of(given, "rules")
            sink.check(lib.kiem_policy_add_rules(self.handle, os.fsencode(name), text, len(text), sink.handle))
        for table, given in (tables or {}).items():
            name, text = csv_of(given, table)
            sink.check(lib.kiem_policy_set_table(self.handle, table.encode(), os.fsencode(name), text, len(text),
                                                 sink.handle))
        sink.check(lib.kiem_policy_compile(self.handle, sink.handle))

    @property
    def handle(self) -> ctypes.c_void_p:
        return self._owner.value

    @property
    def rules(self) -> Table:
        """The catalogue of rules."""
        sink, table = ErrorSink(), Handle(lib.kiem_table_free)
        sink.check(lib.kiem_policy_rules(self.handle, ctypes.byref(table.value), sink.handle))
        return Table(table.value, (table, self._owner))

    def __repr__(self) -> str:
        return f"<kiem policy: {len(self.rules)} rules>"


def policy_of(policy: Policy | str | os.PathLike[str] | None, rules: Any = None,
              tables: Mapping[str, Any] | None = None) -> Policy:
    """The policy given, or the one made of a directory, rules and tables."""
    if not isinstance(policy, Policy):
        return Policy(rules, tables, policy)
    if rules is not None or tables:
        raise TypeError("rules and tables are given to kiem.Policy when a policy is given")
    return policy
