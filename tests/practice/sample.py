"""How near samples come to the truth, on the sample data with invented overpayment: the table of docs/sampling.md.

usage: KIEM_LIBRARY=build/release/lib/libkiem.so PYTHONPATH=bindings/python python3 tests/practice/sample.py KIEM [DRAWS]

Invented truth: of the claims with money at risk (what a finding or the peers say) 60 % are overpaid by 30 to 100 % of
it; in the second table also 1 % of all others, in the third 10 %, by 30 % of T_BHTT, where nothing points at them. For each length of list and each seed (1 to DRAWS, 400) one list is drawn by risk, by T_BHTT and with equal
chances; all drawn claims are reviewed without error.
"""
import csv
import os
import random
import statistics
import subprocess
import sys
import tempfile
from decimal import Decimal

import kiem

KIEM, DRAWS = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 400
SAMPLE = os.path.join(os.path.dirname(__file__), "..", "..", "data", "sample")


def claims():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([KIEM, "check", os.path.join(SAMPLE, "claims.csv"), "--facilities", os.path.join(SAMPLE, "facilities.csv"),
                        "--out", folder, "--quiet"], check=True)
        with open(os.path.join(folder, "claims.csv"), encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


def money(row, column):
    return float(row[column] or 0)


def covers(estimate, truth):
    return estimate["low"] is not None and float(estimate["low"]) <= truth <= float(estimate["high"])


def main():
    rows, draw = claims(), random.Random(20261122)
    fund = [money(row, "T_BHTT") for row in rows]
    at_risk = [max(money(row, "amount_at_risk"), money(row, "excess")) for row in rows]
    pointed = [round(risk * draw.uniform(.3, 1), 2) if risk and draw.random() < .6 else 0 for risk in at_risk]
    aside = [round(.3 * paid, 2) if not risk and draw.random() < .01 else 0 for risk, paid in zip(at_risk, fund)]
    often = [round(.3 * paid, 2) if not risk and draw.random() < .1 else 0 for risk, paid in zip(at_risk, fund)]
    risk = [max(money_at_risk, .01 * paid, 1000) for money_at_risk, paid in zip(at_risk, fund)]
    keys = [f"{row['facility']} {row['MA_LK']}" for row in rows]
    ways = {"by risk": risk, "by fund": [max(paid, 1) for paid in fund], "equal chances": [1000] * len(rows)}
    for overpaid in (pointed, [a + b for a, b in zip(pointed, aside)], [a + b for a, b in zip(pointed, often)]):
        table(ways, keys, overpaid, at_risk, sum(fund))


def table(ways, keys, overpaid, at_risk, fund):
    truth = sum(overpaid)
    print(f"{len(keys)} claims, {truth:,.0f} overpaid of {fund:,.0f}; {DRAWS} draws")
    for wanted in (50, 100, 200, 400):
        for way, sizes in ways.items():
            totals, covered, held, without, without_covered = [], 0, 0, 0, 0
            for seed in range(1, DRAWS + 1):
                chances, drawn = kiem.draw_sample([Decimal(f"{size:.2f}") for size in sizes], keys, wanted, seed)
                chosen = [i for i, one in enumerate(drawn) if one]
                bounds = [Decimal(f"{sizes[i]:.2f}") for i in chosen] if way == "by fund" else None
                found = kiem.estimate_sample([overpaid[i] for i in chosen], [chances[i] for i in chosen], bounds)
                totals.append(float(found["total"]))
                covered += covers(found, truth)
                if not any(overpaid[i] and not at_risk[i] for i in chosen):
                    without, without_covered = without + 1, without_covered + covers(found, truth)
                held += way == "by fund" and float(found["upper"]) >= truth
            print(f"{wanted:4} {way:14} mean {statistics.fmean(totals) / truth:.3f}  spread {statistics.pstdev(totals) / truth:.1%}  "
                  f"95 % covers {covered / DRAWS:.1%}  without others {without} lists, {without_covered} cover" + (f"  upper bound holds {held / DRAWS:.1%}" if way == "by fund" else ""), flush=True)


main()
