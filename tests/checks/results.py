"""docs/results.md names every column of the result files, and the keys of the summary.

usage: results.py KIEM SOURCE_DIRECTORY"""
import csv
import json
import os
import re
import subprocess
import sys
import tempfile

kiem, source = map(os.path.abspath, sys.argv[1:3])
sample = os.path.join(source, "data", "sample", "details")
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([kiem, "check", os.path.join(sample, "claims.csv"), "--out", folder, "--quiet"], check=True)
    columns = {}
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
            columns[name] = list(json.load(file)) if name.endswith(".json") else next(csv.reader(file))
with open(os.path.join(source, "docs", "results.md"), encoding="utf-8") as file:
    sections = re.split(r"^## ", file.read(), flags=re.M)[1:]
for name, wanted in sorted(columns.items()):
    told = {word for section in sections if name in section.split("\n")[0] for word in re.findall(r"`([A-Za-z_0-9]+)`", section)}
    missing = [column for column in wanted if column not in told and column != "kiem"]
    assert not missing, f"docs/results.md: {name}: {missing}"
assert len(columns) == 11, sorted(columns)
print("docs/results.md holds")
