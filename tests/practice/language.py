"""The rule language a second time: random expressions over random claims, worked out by expressions.py and by kiem, as conditions
(batches, with the counts of the summary) and in messages (single rows).

usage: language.py KIEM [EXPRESSIONS [SEED]]
"""
import csv
import datetime as dt
import json
import os
import re
import subprocess
import sys
import tempfile

from expressions import CARD_LISTS, FIELDS, R, cell, condition, date, decimal, make_claim, number

KIEM, WANTED, SEED = sys.argv[1], int((sys.argv[2:] + ["20000"])[0]), int((sys.argv[3:] + ["1"])[0])
CLAIMS, RULES, WRONG_MAX = 150, 400, 20


def shown(value):
    if value is None or not isinstance(value, dt.date):
        return "not known" if value is None else decimal(value)
    return value.strftime("%Y-%m-%d %H:%M" if isinstance(value, dt.datetime) else "%Y-%m-%d")


def write(folder, name, rows):
    with open(os.path.join(folder, name), "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return os.path.join(folder, name)


def one_round(folder):
    claims, columns = [make_claim() for _ in range(CLAIMS)], [*FIELDS["claim"], *CARD_LISTS]
    files, rows = [write(folder, "claims.csv", [["MA_LK", *columns]] + [[f"A{n + 1}"] + [cell(claim[name]) for name in columns] for n, claim in enumerate(claims)])], {
        "claim": [(claim, claim) for claim in claims]}
    for scope in ("drug", "service"):
        rows[scope] = [(line, claim) for claim in claims for line in claim[scope]]
        lines = [[f"A{n + 1}"] + [cell(line[name]) for name in FIELDS[scope]] for n, claim in enumerate(claims) for line in claim[scope]]
        files += [f"--{scope}s", write(folder, scope + ".csv", [["MA_LK", *FIELDS[scope]]] + lines)]
    rules, nodes = [["id", "scope", "severity", "condition", "basis", "message_vi", "message_en"]], []
    for n in range(RULES):
        scope = R.choice(["claim", "claim", "drug", "service"])
        test, value = condition(scope, R.randrange(1, 6)), R.choice([number, date])(scope, R.randrange(1, 6))
        nodes.append((scope, test, value))
        rules += [[f"T{n}", scope, "notice", test.text, "b", "x", "x"], [f"F{n}", scope, "notice", f"NOT ({test.text})", "b", "x", "x"],
                  [f"V{n}", scope, "notice", "1 = 1", "b", "x", f"[{{{value.text}}}]"]]
    done = subprocess.run([KIEM, "check", *files, "--rules", write(folder, "rules.csv", rules), "--out", folder + "/out", "--lang", "en", "--quiet"],
                          capture_output=True, text=True)
    if done.returncode:
        row = rules[int((re.findall(r"row (\d+)", done.stderr) or [1])[0]) - 1]
        return [f"{done.stderr.strip()}\n    {row[3]}\n    {row[6]}"]
    with open(folder + "/out/findings.csv", newline="", encoding="utf-8") as file:
        found = {(finding["rule"], int(finding["row"]) - 2): finding["message"].replace(",", "") for finding in csv.DictReader(file)}
    with open(folder + "/out/summary.json", encoding="utf-8") as file:
        counts = {rule["rule"]: (rule["true"], rule["false"], rule["null"]) for rule in json.load(file)["rules"] if "true" in rule}
    wrong = []
    for n, (scope, test, value) in enumerate(nodes):
        truth = [test.value(*row) for row in rows[scope]]
        got = [(f"T{n}", place) in found or (False if (f"F{n}", place) in found else None) for place in range(len(truth))]
        messages, due = [found.get((f"V{n}", place)) for place in range(len(truth))], [f"[{shown(value.value(*row))}]" for row in rows[scope]]
        for kind, text, here, there in (("condition", test.text, truth, got), ("value", value.text, due, messages)):
            for place in [place for place in range(len(here)) if here[place] != there[place]][:1]:
                wrong.append(f"{kind} of a {scope}: {text}\n    kiem {there[place]}, here {here[place]}, of {rows[scope][place]}")
        if got == truth and counts[f"T{n}"] != (truth.count(True), truth.count(False), truth.count(None)):
            wrong.append(f"counts of a {scope}: {test.text}\n    kiem {counts[f'T{n}']}, here {truth.count(True), truth.count(False), truth.count(None)}")
    return wrong


def main():
    done, wrong = 0, []
    R.seed(SEED)
    while done < WANTED and len(wrong) < WRONG_MAX:
        with tempfile.TemporaryDirectory() as folder:
            wrong += one_round(folder)
        done += 2 * RULES
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"{done} expressions, each over {CLAIMS} claims or their lines: {len(wrong)} differences (seed {SEED})")
    sys.exit(bool(wrong))


main()
