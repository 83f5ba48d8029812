"""Both sides of each bound of the rules: tests/cases/edges*.csv as examples of rules, in the form of data/policy/rules/examples_*.csv.

A row there has bases, each a claim (or what a facility, doctor, patient has been found to be) with its lines; each alternative of
`fires` and of `silent`, and for `fires` the base itself unless lines make the case, is put on each of them. // stands between.
A row table:NAME is one of a table that users give, for the rows behind it."""
import csv
import glob
import os

HEADER = ("rule", "fires", "claim", "drugs", "services", "note")


def alternatives(text):
    return [part.strip() for part in text.split(" // ")] if text else []


def with_change(base, change):
    """`base` with the words of `change` in place of its own."""
    parts = [part for part in base.split("|") if part]
    changed = {part.partition("=")[0] for part in change.split("|")}
    return "|".join([part for part in parts if part.partition("=")[0] not in changed] + [part for part in change.split("|") if part])


def examples_of(row):
    lines = (row["drugs"], row["services"])
    if row["rule"].startswith("table:"):
        yield (row["rule"], "", row["base"], *lines, "")
        return
    fires = alternatives(row["fires"]) + ([] if any(lines) else [""])
    for base in alternatives(row["base"]):
        for expected, changes in (("1", fires), ("0", alternatives(row["silent"]))):
            for change in changes:
                yield (row["rule"], expected, with_change(base, change), *lines, change)


def examples(source):
    for path in sorted(glob.glob(os.path.join(source, "tests", "cases", "edges*.csv"))):
        with open(path, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                yield from examples_of(row)


def write(source, folder):
    """Into the rules of a copy of the policy."""
    with open(os.path.join(folder, "rules", "examples_of_edges.csv"), "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([HEADER, *examples(source)])
