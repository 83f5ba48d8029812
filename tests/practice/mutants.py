"""How well the tests hold the law: small faults are put into a copy of the policy, and those are told that no test would see.

usage: mutants.py KIEM SOURCE_DIRECTORY [rules|expressions|tables] [PATTERN [TESTS]]

    rules        conditions, exceptions and amounts of rules whose id matches PATTERN; one fault of each rule at a time
    expressions  terms and computed columns whose name matches, one fault at a time
    tables       cells of the tables whose name matches, one fault at a time

A fault is a boundary moved by one, a comparison widened or turned, AND for OR, a NOT or an element of a list dropped, a date a day later.
The tests of the command (or those named: claims,lines) are run once, and what they check is kept; then every fault is tried on that and on the examples of the
rules. It is seen when an example fails or findings of the rule differ: rule, subject, severity, amounts, basis (for the other two kinds,
findings of any rule, or what is due of a claim). Some faults change nothing that can be: a comparison of what is never equal. All rules take hours: name a PATTERN, and the TESTS
that matter to it. Not in ctest."""
import collections
import concurrent.futures
import csv
import datetime
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import edges  # noqa: E402

TESTS = ("claims", "lines", "benefit", "people", "entities", "history", "patterns", "details", "scores", "money", "money_states", "state", "grades")
NO_INPUT = ("--out", "-o", "--threads", "--memory", "--workbook")
COMPARED = ("subject", "severity", "amount", "amount_patient", "basis")
DUE = ("MA_LK", "benefit_rate_due", "fund_due", "copay_due", "benefit_step")  # of claims.csv, for terms and columns
LARGE = 3 << 20
TOKEN = re.compile(r"'(?:[^']|'')*'|<=|>=|<>|[0-9]+(?:\.[0-9]+)?|[A-Za-z_][A-Za-z0-9_.]*|\s+|.")
TURNED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "<>", "<>": "="}
BLOCKS = ("AND", "OR", "WHERE", "NOT", "THEN", "WHEN", "ELSE")


# ---- what the tests check

def keep(folder, arguments):
    """Keeps a call of `kiem check` with its input; what it writes, and calls with a policy of their own, are left out."""
    kept, skip = [], False
    for argument in arguments:
        name, equals, path = argument.partition("=") if "=" in argument and not os.path.exists(argument) else ("", "", argument)
        if skip or argument in NO_INPUT:
            skip = not skip
        elif argument == "-" or argument == "--policy" or os.path.isdir(path):
            return
        elif os.path.isfile(path):
            if os.path.getsize(path) > LARGE:
                return
            with open(path, "rb") as file:
                copy = os.path.join(folder, hashlib.sha256(file.read()).hexdigest()[:20] + "." + os.path.basename(path).partition(".")[2])
            shutil.copyfile(path, copy)
            kept.append(name + equals + copy)
        else:
            kept.append(argument)
    text = json.dumps(kept)
    with open(os.path.join(folder, hashlib.sha256(text.encode()).hexdigest()[:20] + ".call"), "w") as file:
        file.write(text)


def stand_in():
    """This program in place of the command, while the tests run."""
    if sys.argv[1:2] == ["check"] and "--help" not in sys.argv:
        keep(os.environ["KIEM_KEPT"], sys.argv[2:])
    os.execv(os.environ["KIEM_REAL"], ["kiem"] + sys.argv[1:])


def record(kiem, source, folder, names):
    stand = os.path.join(folder, "stand_in")
    with open(stand, "w") as file:
        file.write(f'#!/bin/sh\nexec "{sys.executable}" "{os.path.abspath(__file__)}" "$@"\n')
    os.chmod(stand, 0o700)
    calls = []
    for name in names:
        program = os.path.join(source, "tests", "benefit" if name == "benefit" else "cli", f"test_{name}.py")
        # A test of how the command is stopped may fail with another one in front: only the calls count.
        subprocess.run([sys.executable, program, stand, source], capture_output=True,
                       env={**os.environ, "KIEM_KEPT": folder, "KIEM_REAL": kiem})
        for call in sorted(set(glob.glob(os.path.join(folder, "*.call"))) - set(calls)):
            calls.append(call)
    if not calls:
        sys.exit("the tests made no call")
    return [json.load(open(call)) for call in calls]


class Tests:
    def __init__(self, kiem, source, folder, names):
        self.kiem, self.policy = kiem, os.path.join(folder, "policy")
        shutil.copytree(os.path.join(source, "data", "policy"), self.policy)
        edges.write(source, self.policy)
        calls = [(call, self.findings(call, self.policy)) for call in record(kiem, source, folder, names)]
        self.calls = [(call, found) for call, found in calls if found is not None]  # bad input is refused under any law

    def findings(self, call, policy):
        with tempfile.TemporaryDirectory() as out:
            subprocess.run([self.kiem, "check", *call, "--policy", policy, "--out", out, "--quiet"], capture_output=True)
            found = collections.defaultdict(list)
            try:
                with open(os.path.join(out, "findings.csv"), newline="", encoding="utf-8") as file:
                    for row in csv.DictReader(file):
                        found[row["rule"]].append(tuple(row[name] for name in COMPARED))
                with open(os.path.join(out, "claims.csv"), newline="", encoding="utf-8") as file:
                    found[""] = [tuple(row[name] for name in DUE) for row in csv.DictReader(file)]
            except OSError:
                return None
        return {rule: sorted(rows) for rule, rows in found.items()}

    def examples(self, policy):
        """The rules of which an example fails; or, second, the rule or table that is refused."""
        done = subprocess.run([self.kiem, "rules", "--test", "--policy", policy, "--lang", "en"], capture_output=True, text=True)
        if " examples, " in done.stdout:
            return set(re.findall(r"^\S+: (\S+): expected", done.stdout, re.MULTILINE)), None
        return set(), done.stderr

    def unseen(self, policy, rules):
        """Of the rules those whose findings differ nowhere; None as the only rule stands for all."""
        left = set(rules)
        for call, before in self.calls:
            after = self.findings(call, policy) if left else before
            left = {rule for rule in left if after is not None and (after.get(rule) == before.get(rule) if rule else after == before)}
        return left


# ---- faults

def is_between(tokens, places):
    """Whether the AND behind these tokens belongs to a BETWEEN."""
    depth = 0
    for place in reversed(places):
        word = tokens[place].upper()
        depth += (word == ")") - (word == "(")
        if depth < 0 or depth == 0 and word in BLOCKS:
            return False
        if depth == 0 and word == "BETWEEN":
            return True
    return False


def next_text(text):
    """A literal, its last character another one."""
    body, tail = (text[1:-2], "%'") if text.endswith("%'") and len(text) > 3 else (text[1:-1], "'")
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", body):
        return "'" + day(body, 1) + tail
    last = body[-1:]
    return "'" + body[:-1] + chr(ord(last) + (-1 if last in "9Z" else 1)) + tail if last.isalnum() and last.isascii() else None


def numbers_beside(text):
    digits = len(text.partition(".")[2])
    value, step = float(text), 10.0 ** -digits
    return [f"{beside:.{digits}f}" for beside in (value + step, value - step) if beside >= 0]


def faults_at(tokens, places, at):
    """(first token, end, what stands there instead)."""
    here, token = places[at], tokens[places[at]]
    before = tokens[places[at - 1]] if at else ""
    behind = tokens[places[at + 1]] if at + 1 < len(places) else ""
    if token in TURNED:
        return [(here, here + 1, TURNED[token])]
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", token):
        return [(here, here + 1, number) for number in numbers_beside(token)]
    if token.upper() in ("AND", "OR") and not is_between(tokens, places[:at]):
        return [(here, here + 1, "OR" if token.upper() == "AND" else "AND")]
    if token.upper() == "NOT" and behind.upper() != "NULL":
        return [(here, here + 1, "")]
    if token[0] == "'" and before in ("(", ",") and behind == ",":
        return [(here, places[at + 1] + 1, "")]
    if token[0] == "'" and before == "," and behind == ")":
        return [(places[at - 1], here + 1, "")]
    if token[0] == "'" and before.upper() != "MATCHES" and next_text(token):
        return [(here, here + 1, next_text(token))]
    return []


def faults_of(expression):
    """(expression with the fault, how it is shown)."""
    tokens = TOKEN.findall(expression)
    places = [i for i, token in enumerate(tokens) if not token.isspace()]
    for at in range(len(places)):
        for first, end, instead in faults_at(tokens, places, at):
            head, here, tail = ("".join(part) for part in (tokens[:first], tokens[first:end], tokens[end:]))
            yield head + instead + tail, f"{head[-50:]}[{here} -> {instead}]{tail[:50]}"


def day(text, days):
    return (datetime.date.fromisoformat(text) + datetime.timedelta(days)).isoformat()


def faults_of_cell(name, cell):
    if name in ("condition", "unless", "amount", "expression"):
        yield from faults_of(cell)
        if name == "unless" and cell:
            yield "", "no exception for " + cell[:80]
    elif re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell):
        for days in (1, -1):
            yield day(cell, days), f"{cell} {days:+d} day"
    elif re.fullmatch(r"[0-9]+(\.[0-9]+)?", cell):
        for number in numbers_beside(cell):
            yield number, f"{cell} -> {number}"


Fault = collections.namedtuple("Fault", "path row column cell of what")


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def faults_in(path, columns, pattern, of_column):
    rows = read(path)
    for number, row in enumerate(rows[1:], 1):
        of = row[of_column]
        for column, name in enumerate(rows[0]):
            if (columns is None or name in columns) and re.match(pattern, of):
                for cell, what in faults_of_cell(name, row[column]):
                    yield Fault(path, number, column, cell, of, f"{name}: {what}")


def faulty(policy, faults, folder):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(policy, folder)
    for path in {fault.path for fault in faults}:
        rows = read(path)
        for fault in faults:
            if fault.path == path:
                rows[fault.row][fault.column] = fault.cell
        with open(os.path.join(folder, os.path.relpath(path, policy)), "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    return folder


# ---- the trials

def try_rules(tests, folder, faults):
    """One fault of each of these rules at once: rule -> seen, unseen or refused."""
    faults, end = {fault.of: fault for fault in faults}, {}
    while True:
        failing, refused = tests.examples(faulty(tests.policy, faults.values(), folder))
        named = [rule for rule in re.findall(r"rule (\w+)", refused or "") if rule in faults]
        if not named:
            break
        end.update((rule, "refused") for rule in named)
        faults = {rule: fault for rule, fault in faults.items() if rule not in named}
    assert not refused, refused
    unseen = tests.unseen(folder, set(faults) - failing)
    end.update((rule, "unseen" if rule in unseen else "seen") for rule in faults)
    return end


def try_one(tests, folder, fault):
    failing, refused = tests.examples(faulty(tests.policy, [fault], folder))
    if refused or failing:
        return "refused" if refused else "seen"
    return "unseen" if tests.unseen(folder, {None}) else "seen"


def rule_rounds(policy, pattern):
    of = collections.defaultdict(list)
    columns = ("condition", "unless", "amount")  # tests/checks/days.py holds their days
    for path in sorted(glob.glob(os.path.join(policy, "rules", "*.csv"))):
        if not os.path.basename(path).startswith("examples"):
            for fault in faults_in(path, columns, pattern, 0):
                of[fault.of].append(fault)
    for number in range(max(map(len, of.values()), default=0)):
        yield [faults[number] for faults in of.values() if number < len(faults)]


def single_faults(policy, kind, pattern):
    for path in sorted(glob.glob(os.path.join(policy, "*.csv"))):
        name = os.path.basename(path)[:-4]
        if kind == "expressions" and name in ("terms", "columns"):
            yield from faults_in(path, ("expression",), pattern, 0)
        elif kind == "tables" and name not in ("terms", "columns", "tables") and re.match(pattern, name):
            yield from faults_in(path, None, "", 0)


def main():
    kiem, source = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    kind, pattern, names = (sys.argv[3:] + ["rules", "", ",".join(TESTS)][max(0, len(sys.argv) - 3):])[:3]
    ends = collections.Counter()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        tests = Tests(kiem, source, folder, names.split(","))
        if kind == "rules":
            rounds = [(try_rules, faults) for faults in rule_rounds(tests.policy, pattern)]
        else:
            rounds = [(try_one, fault) for fault in single_faults(tests.policy, kind, pattern)]
        places = (os.path.join(folder, f"policy{number}") for number in range(len(rounds)))

        def tried(trial):
            place = next(places)
            end = trial[0](tests, place, trial[1])
            shutil.rmtree(place)
            return end if isinstance(end, dict) else {trial[1].of: end}
        for (_, faults), end in zip(rounds, workers.map(tried, rounds)):
            for fault in faults if isinstance(faults, list) else [faults]:
                ends[end[fault.of]] += 1
                if end[fault.of] == "unseen":
                    print(f"{os.path.basename(fault.path)}:{fault.row + 1}: {fault.of}: {fault.what}", flush=True)
    print(f"{ends['seen'] + ends['unseen']} faults, {ends['unseen']} unseen ({ends['refused']} refused when loaded)")


if __name__ == "__main__":
    stand_in() if "KIEM_REAL" in os.environ else main()
