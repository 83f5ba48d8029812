"""Samples for review, drawn by money, and what they say of all claims: docs/sampling.md."""
from __future__ import annotations

import array
import ctypes
import operator
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from ._load import lib
from .errors import ErrorSink, Handle
from .table import Table


def _hundredths(name: str, amounts: Iterable[Any]) -> array.array[int]:
    """Amounts as the library takes them; a file that was not found has none, and must not be among them."""
    money = array.array("q")
    for amount in amounts:
        try:
            money.append(round(Decimal(str(amount)) * 100))
        except (ArithmeticError, ValueError):
            raise ValueError(f"{name}, row {len(money) + 1}: {amount!r} is no amount") from None
    return money


def _bytes(key: Any) -> bytes:
    if not isinstance(key, str):
        raise TypeError(f"keys are text, not {type(key).__name__}")
    return key.encode()


def _address(values: array.array[Any]) -> int:
    return values.buffer_info()[0]


def _whole(name: str, value: Any, least: int, most: int) -> int:
    """ctypes would cut off what is too much for the library, and draw by another number."""
    number = operator.index(value)
    if not least <= number <= most:
        raise ValueError(f"{name} is {least} to {most}, not {number}")
    return number


def draw_sample(sizes: Iterable[Any], keys: Iterable[str], wanted: int, seed: int = 1) -> tuple[list[float], list[bool]]:
    """The chance of each claim, and whether it was drawn: `wanted` of them, in proportion to `sizes` (dong).

    Luck comes from a claim's key and the seed, so the order of the claims does not matter.
    """
    wanted, seed = _whole("wanted", wanted, 1, 2**63 - 1), _whole("seed", seed, 0, 2**64 - 1)
    money, texts = _hundredths("sizes", sizes), [_bytes(key) for key in keys]
    if len(money) != len(texts):
        raise ValueError(f"{len(money)} sizes and {len(texts)} keys")
    offsets = array.array("q", [0])
    for text in texts:
        offsets.append(offsets[-1] + len(text))
    chances, drawn = array.array("d", bytes(8 * len(money))), array.array("B", bytes(len(money)))
    sink = ErrorSink()
    sink.check(lib.kiem_sample_draw(None, _address(money), b"".join(texts), _address(offsets), len(money), wanted, seed,
                                    _address(chances), _address(drawn), sink.handle))
    return chances.tolist(), [bool(one) for one in drawn]


def estimate_sample(overpaid: Iterable[Any], chances: Iterable[float], sizes: Iterable[Any] | None = None,
                    confidence: int = 95) -> dict[str, Any]:
    """What a reviewed sample says of all claims: total, low, high and more (see kiem_sample_estimate in kiem.h).

    `overpaid` (dong) and `chances` are those of the claims drawn; `sizes` only when a claim cannot be overpaid by more.
    """
    confidence = _whole("confidence", confidence, 50, 99)
    money, chance = _hundredths("overpaid", overpaid), array.array("d", chances)
    bounds = None if sizes is None else _hundredths("sizes", sizes)
    if len(money) != len(chance) or (bounds is not None and len(bounds) != len(money)):
        raise ValueError("overpaid, chances and sizes are not of one length")
    sink, table = ErrorSink(), Handle(lib.kiem_table_free)
    sink.check(lib.kiem_sample_estimate(None, _address(money), _address(chance), None if bounds is None else _address(bounds),
                                        len(money), confidence, ctypes.byref(table.value), sink.handle))
    return next(iter(Table(table.value, table)))
