"""The days on which rules begin and end are days of the documents they rest on, written a second time in tests/cases/days_of_documents.csv,
and the versions of a rule leave no day between them.

usage: days.py SOURCE_DIRECTORY"""
import collections
import csv
import datetime
import glob
import os
import sys

source = os.path.abspath(sys.argv[1])


def rows(*path):
    with open(os.path.join(source, *path), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def next_day(text):
    return (datetime.date.fromisoformat(text) + datetime.timedelta(1)).isoformat()


documents, faults, used = rows("tests", "cases", "days_of_documents.csv"), [], set()


def is_day_of(basis, column, day):
    found = [number for number, document in enumerate(documents) if document["document"] in basis and document[column] == day]
    used.update(found)
    return bool(found)


versions = collections.defaultdict(list)
for path in glob.glob(os.path.join(source, "data", "policy", "rules", "*.csv")):
    if not os.path.basename(path).startswith("examples"):
        for row in rows(path):
            versions[row["id"]].append(row)
for rule, of in sorted(versions.items()):
    of.sort(key=lambda version: version["effective_from"])
    for version, after in zip(of, of[1:] + [None]):
        first, last = version["effective_from"], version["effective_to"]
        ends = last and is_day_of(version["basis"], "last_day", last)
        if version is of[0] and first and not is_day_of(version["basis"], "first_day", first):
            faults.append(f"{rule} begins on {first}: no such day of {version['basis']}")
        if after and next_day(last) != after["effective_from"]:
            faults.append(f"{rule}: {last} is not the day before {after['effective_from']}")
        if last and not ends and not (after and is_day_of(after["basis"], "first_day", after["effective_from"])):
            faults.append(f"{rule} ends on {last}: no such day of {version['basis']}")
faults += [f"no rule needs {document}" for number, document in enumerate(documents) if number not in used]
assert len(versions) > 400, len(versions)
assert not faults, "\n".join(faults)
print(f"{len(versions)} rules begin and end with their documents")
