"""Runs every example of docs/grammar.md: each is made a rule that must speak on the claim of that page.

usage: grammar.py KIEM SOURCE_DIRECTORY
"""
import csv
import os
import re
import subprocess
import sys
import tempfile

KIEM, SOURCE = sys.argv[1], sys.argv[2]
with open(os.path.join(SOURCE, "docs", "grammar.md"), encoding="utf-8") as file:
    PAGE = file.read()
CLAIM = re.search(r"```\n(.*?)\n```", PAGE, re.S).group(1)
LINES = re.findall(r"`((?:MA_THUOC|MA_DICH_VU)=[^`]*)`", PAGE)


def condition(expression, value):
    if value == "NULL":
        return f"({expression}) IS NULL"
    if value == "TRUE":
        return expression
    if value == "FALSE":
        return f"NOT ({expression})"
    return f"({expression}) = {value}"


def examples():
    inside = False
    for line in PAGE.splitlines():
        inside = line.startswith("|") and (inside or line.endswith("| example | value |"))
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if inside and len(cells) == 4 and cells[2].startswith("`"):
            yield cells[2].strip("`"), cells[3].strip("|").strip()


def main():
    rules, tests = [], []
    drugs = " // ".join(line for line in LINES if line.startswith("MA_THUOC"))
    services = " // ".join(line for line in LINES if line.startswith("MA_DICH_VU"))
    for number, (expression, value) in enumerate(examples()):
        rules.append([f"G{number:03}", "claim", "notice", condition(expression, value), "grammar.md", "x", "x"])
        tests.append([f"G{number:03}", "1", CLAIM, drugs, services, expression])
    assert len(rules) > 50, "the tables of grammar.md are not understood"
    names = re.findall(r'^    \{"([a-z_]+)", \d', open(os.path.join(SOURCE, "lib", "rules", "resolve_call.c")).read(), re.M)
    missing = [name for name in names if f"| `{name}` |" not in PAGE]
    assert names and not missing, f"grammar.md says nothing of {missing}"
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "rules"))
        for name, head, rows in (("grammar", "id,scope,severity,condition,basis,message_vi,message_en", rules),
                                 ("examples_grammar", "rule,fires,claim,drugs,services,note", tests)):
            with open(os.path.join(folder, "rules", name + ".csv"), "w", newline="", encoding="utf-8") as file:
                writer = csv.writer(file)
                writer.writerow(head.split(","))
                writer.writerows(rows)
        done = subprocess.run([KIEM, "rules", "--test", "--policy", folder, "--lang", "en"], capture_output=True, text=True)
    failed = re.findall(r"examples_grammar.csv:(\d+): (.*)", done.stdout)
    for line, what in failed:
        print(tests[int(line) - 2][5], "->", what, file=sys.stderr)
    if failed or " 0 failed;" not in done.stdout:
        sys.exit(done.stderr + done.stdout[-500:])
    print(f"{len(rules)} examples")


main()
