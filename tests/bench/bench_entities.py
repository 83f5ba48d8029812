"""How facilities beside their peers do on invented claims: where the planted ones rank, and how often a test speaks on claims in
which nothing is planted. Standard library only.

usage: bench_entities.py KIEM CLAIMS SEED...
"""
import csv
import os
import subprocess
import sys
import tempfile

KIEM, CLAIMS, SEEDS = sys.argv[1], sys.argv[2], sys.argv[3:]
TESTS = {"cost": "", "days of stay": "stay_", "weekend": "weekend_", "month end": "month_end_", "step": "shift_", "leading digit": "digit_"}


def rows_of(*path):
    with open(os.path.join(*path), newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def check(folder, seed, fraud):
    subprocess.run([KIEM, "synth", "--claims", CLAIMS, "--seed", seed, "--fraud", fraud, "--details", "off", "--out", folder],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run([KIEM, "check", folder + "/claims.csv", "--facilities", folder + "/facilities.csv", "--quiet", "--out", folder + "/out"],
                   check=True)
    return list(rows_of(folder, "out", "facilities.csv"))


def planted(folder, window):
    """Money planted by kind and facility in the window that is compared, and by facility in all."""
    claims = {r["MA_LK"]: (r["MA_CSKCB"], r["NGAY_RA"][:8]) for r in rows_of(folder, "claims.csv")}
    money = {}
    for label in rows_of(folder, "labels.csv"):
        if label["kind"] in ("inflated_facility", "blanket_tests"):
            facility, day = claims[label["MA_LK"]]
            if day >= window.replace("-", ""):
                money[label["kind"], facility] = money.get((label["kind"], facility), 0) + float(label["amount"])
    return money


def recovered(facilities, money, key, places):
    found = [f["facility"] for f in sorted(facilities, key=key)[:places]]
    return 100 * sum(m for (_, f), m in money.items() if f in found) / sum(money.values())


def findings(folder):
    return sum(f["scope"] == "facility" and f["rule"] in ("E01", "E01_LOW", "E02", "E03", "E04", "E05", "E06", "E07")
               for f in rows_of(folder, "out", "findings.csv"))


print("seed  planted            facility  claims  O/E    q         excess (m)  planted (m)  rank of  flagged  % of planted money in the first 2: by rank, by money spent")
null = {name: [0, 0, 0, 0, 0] for name in TESTS}
departments = said = tested_facilities = 0
for seed in SEEDS:
    with tempfile.TemporaryDirectory() as folder:
        facilities = check(folder, seed, "0.02")
        tested = [f for f in facilities if f["rank"]]
        flagged = sum(f["flagged"] == "1" for f in facilities)
        money = planted(folder, tested[0]["compared_from"])
        shares = [recovered(tested, money, key, 2) for key in (lambda f: int(f["rank"]), lambda f: -float(f["spent"]))]
        for (kind, code), amount in sorted(money.items()):
            f = next(f for f in facilities if f["facility"] == code)
            print(f"{seed:5} {kind:18} {code:9} {f['claims']:>6}  {float(f['observed_expected']):.3f}  {float(f['q_value']):.6f}  {float(f['excess']) / 1e6:10.0f}"
                  f"  {amount / 1e6:11.0f}  {f['rank']:>3} of {len(tested):<4} {flagged:4}  {shares[0]:.0f}, {shares[1]:.0f}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        facilities = check(folder, seed, "0")
        tested_facilities += len(facilities)
        departments += sum(f["department"] != "" for f in facilities)
        said += findings(folder)
        for name, prefix in TESTS.items():
            p = [float(f[prefix + "p_value"]) for f in facilities if f[prefix + "q_value"]]
            q = [float(f[prefix + "q_value"]) for f in facilities if f[prefix + "q_value"]]
            null[name] = [a + b for a, b in zip(null[name], (len(p), sum(x < 0.05 for x in p), sum(x < 0.01 for x in p), sum(x < 0.05 for x in q),
                                                             any(x < 0.05 for x in q)))]

print(f"\nnothing planted: {len(SEEDS)} files, {tested_facilities} facilities; {said} findings E01 to E07; departments named {departments}")
print("test            tested   p < .05   p < .01   q < .05   files with one")
for name, (tested, p05, p01, q05, files) in null.items():
    print(f"{name:14} {tested:7} {100 * p05 / max(1, tested):8.1f}% {100 * p01 / max(1, tested):8.2f}% {q05:9} {files:9}")
