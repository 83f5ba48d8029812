"""kiem checks hospital health-insurance claims.

    import kiem
    result = kiem.check("claims.csv", budgets="budgets.csv")
    print(result.summary["findings"], len(result.findings))
"""
from __future__ import annotations

import os
from typing import Any

from ._load import lib
from .errors import ArgumentError, BusyError, InputError, KiemError, PolicyError, StateError
from .job import Progress, Result, check
from .judge import Judge
from .outlier import OutlierScorer
from .policy import Policy
from .sample import draw_sample, estimate_sample
from .state import State
from .table import Table

__version__: str = lib.kiem_version_text().decode()
__all__ = ["check", "draw_sample", "estimate_sample", "rules", "Judge", "OutlierScorer", "Policy", "Progress", "Result", "State", "Table",
           "ArgumentError", "BusyError", "InputError", "KiemError", "PolicyError", "StateError"]


def rules(extra: Any = None, policy: str | os.PathLike[str] | None = None) -> Table:
    """The catalogue of rules as a table; `extra` are further rules, `policy` is a policy directory."""
    return Policy(extra, None, policy).rules
