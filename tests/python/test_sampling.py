"""Samples for review through Python."""
from decimal import Decimal

import kiem
import pytest

SIZES = [Decimal(1000 + i * 7919 % 10007) for i in range(300)]
KEYS = [f"79001\0K{i}" for i in range(300)]


def test_a_whole_use():
    chances, drawn = kiem.draw_sample(SIZES, KEYS, 40, seed=2026)
    assert sum(drawn) == 40 and sum(chances) == pytest.approx(40)
    assert kiem.draw_sample(SIZES[::-1], KEYS[::-1], 40, seed=2026)[1] == drawn[::-1]
    rows = [i for i in range(300) if drawn[i]]
    tenth = [SIZES[i] / 10 for i in rows]
    said = kiem.estimate_sample(tenth, [chances[i] for i in rows], [SIZES[i] for i in rows])
    assert float(said["total"]) == pytest.approx(float(sum(SIZES)) / 10) and said["found"] == sum(tenth)
    assert said["interval"] == "given" and said["lower"] <= said["total"] < said["upper"]
    assert kiem.estimate_sample([5], [0.5])["high"] is None


def test_wrong_arguments_are_exceptions():
    with pytest.raises(kiem.ArgumentError, match="row 2"):
        kiem.draw_sample([1, -1], ["a", "b"], 1)
    with pytest.raises(ValueError, match="2 sizes and 1 keys"):
        kiem.draw_sample([1, 1], ["a"], 1)
    with pytest.raises(kiem.ArgumentError, match="row 1"):
        kiem.estimate_sample([5], [0])
    with pytest.raises(ValueError, match="one length"):
        kiem.estimate_sample([5], [0.5], [])
    with pytest.raises(kiem.ArgumentError):
        kiem.estimate_sample([], [])
    assert kiem.draw_sample([], [], 5) == ([], [])
    for wanted, seed in (0, 1), (2**64 + 1, 1), (1, -1), (1, 2**64):
        with pytest.raises(ValueError, match=" to .*, not "):
            kiem.draw_sample([1, 1], ["a", "b"], wanted, seed)
    for confidence in 49, 100, 2**32 + 95:
        with pytest.raises(ValueError, match="confidence is 50 to 99"):
            kiem.estimate_sample([5], [0.5], confidence=confidence)
    with pytest.raises(TypeError):
        kiem.draw_sample([1, 1], ["a", "b"], 1, 2.5)


@pytest.mark.parametrize("amount", [None, float("nan"), "a lot", float("inf")])
def test_an_amount_that_is_none_is_named_with_its_row(amount):
    with pytest.raises(ValueError, match=r"^sizes, row 2: .* is no amount$"):
        kiem.draw_sample([1, amount], ["a", "b"], 1)
    with pytest.raises(ValueError, match=r"^overpaid, row 1: .* is no amount$"):
        kiem.estimate_sample([amount], [0.5])


def test_keys_are_text():
    with pytest.raises(TypeError, match="keys are text, not int"):
        kiem.draw_sample([1, 2], [1, 2], 1)
