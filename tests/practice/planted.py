"""What kiem finds of abuse that was planted, kind by kind, and what it says of lawful claims that look like abuse.

usage: planted.py KIEM [CLAIMS [SEED ...]]

Invented claims only (kiem synth), so the rates are of these kinds as they were planted, not of the world. Prints the tables of
docs/found.md; exits with 1 when a kind that contradicts itself or the law is missed, or a lawful look-alike is suspected."""
import collections
import csv
import os
import subprocess
import sys
import tempfile

FRAUD = "0.02"
OWN = ("claim", "drug", "service")
GRAVE = ("suspicion", "violation", "error")
# what a text or the claim itself contradicts: every one is found
CERTAIN = ("after_death", "bed_days_above_stay", "child_card_adult", "commune_copay", "component_beside_whole", "duplicate", "duplicate_other_month",
           "expired_card", "impossible_digit", "near_duplicate", "off_network_outpatient_paid", "overlapping_stay", "quantity_price_broken",
           "result_before_order", "second_delivery", "second_exam_full", "second_operation_full", "sex_diagnosis", "small_bill_copay", "sums_differ",
           "supply_above_ceiling", "visit_inside_stay")


def rows(*path):
    with open(os.path.join(*path), encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def subjects_of(folder):
    """Of each claim the facility, patient, doctors and machines that findings may be about."""
    of = collections.defaultdict(set)
    for row in rows(folder, "claims.csv"):
        of[row["MA_LK"]] |= {("facility", row["MA_CSKCB"]), ("patient", row["MA_THE_BHYT"][-10:])}
    for name in ("drugs.csv", "services.csv"):
        for row in rows(folder, name):
            for doctor in (row["MA_BAC_SI"] + ";" + row.get("NGUOI_THUC_HIEN", "")).split(";"):
                of[row["MA_LK"]].add(("doctor", doctor))
            for machine in row.get("MA_MAY", "").split(";"):
                of[row["MA_LK"]].add(("machine", machine))
    return of


class Kind:
    def __init__(self):
        self.planted = self.own = self.other = 0
        self.wrong = self.at_risk = 0.0
        self.rules = collections.Counter()


def run(kiem, count, seed, kinds, others):
    with tempfile.TemporaryDirectory() as folder:
        claims, out = os.path.join(folder, "claims"), os.path.join(folder, "out")
        subprocess.run([kiem, "synth", "--claims", count, "--seed", seed, "--fraud", FRAUD, "--out", claims],
                       check=True, stdout=subprocess.DEVNULL)
        files = [part for role in ("drugs", "services", "facilities", "budgets") for part in ("--" + role, f"{claims}/{role}.csv")]
        subprocess.run([kiem, "check", f"{claims}/claims.csv", *files, "--out", out, "--quiet"], check=True)
        found, about = collections.defaultdict(set), collections.defaultdict(set)
        for row in rows(out, "findings.csv"):
            if row["severity"] in GRAVE and row["scope"] in OWN:
                found[row["subject"]].add(row["rule"])
            elif row["scope"] not in OWN + ("province",):
                about[row["scope"], row["subject"]].add((row["rule"], row["severity"]))
        at_risk = {row["MA_LK"]: float(row["amount_at_risk"] or 0) for row in rows(out, "claims.csv")}
        subjects, labelled = subjects_of(claims), set()
        for row in rows(claims, "labels.csv"):
            kind, claim = kinds[row["label"], row["kind"]], row["MA_LK"]
            labelled.add(claim)
            kind.planted += 1
            kind.own += bool(found[claim])
            elsewhere = {rule for subject in subjects[claim] for rule, _ in about.get(subject, ())
                         if subject[0] != "facility" or rule[0] == "E"}  # warnings by law name half of all facilities
            kind.other += not found[claim] and bool(elsewhere)
            kind.wrong += float(row["amount"])
            kind.at_risk += min(float(row["amount"]), at_risk[claim])
            kind.rules.update(found[claim] or elsewhere)
        others["claims"] += len(at_risk) - len(labelled)
        for claim, rules in found.items():
            if rules and claim not in labelled:
                others["suspected"] += 1
                others.update("by " + rule for rule in rules)


def main():
    kiem, count = os.path.abspath(sys.argv[1]), (sys.argv[2:] or ["60000"])[0]
    kinds, others = collections.defaultdict(Kind), collections.Counter()
    for seed in sys.argv[3:] or ["3", "4", "5"]:
        run(kiem, count, seed, kinds, others)
    print("| planted | claims | found | by what it belongs to | wrong fund money, million VND | put in question | rules |\n|---|---|---|---|---|---|---|")
    for (label, name), kind in sorted(kinds.items()):
        if label == "1":
            share = f"{100 * kind.at_risk / kind.wrong:.0f} %" if kind.wrong else ""
            print(f"| {name.replace('_', ' ')} | {kind.planted} | {100 * kind.own / kind.planted:.0f} % "
                  f"| {100 * kind.other / kind.planted:.0f} % | {kind.wrong / 1e6:.1f} | {share} "
                  f"| {', '.join(sorted(kind.rules, key=lambda rule: (-kind.rules[rule], rule))[:3])} |")
    lawful = {name: kind for (label, name), kind in kinds.items() if label == "0"}
    suspected = {name: kind.own for name, kind in lawful.items() if kind.own}
    print(f"\nLawful look-alikes: {sum(kind.planted for kind in lawful.values())} claims of {len(lawful)} kinds; suspected: {suspected or 0}")
    by = ", ".join(f"{rule} {count}" for rule, count in sorted(others.items(), key=lambda pair: (-pair[1], pair[0])) if rule.startswith("by "))
    print(f"Other claims: {others['claims']}; suspected: {others['suspected']}" + (f" ({by.replace('by ', '')})" if by else ""))
    missed = [name for name in CERTAIN if kinds["1", name].own < kinds["1", name].planted]
    if missed or suspected:
        sys.exit(f"missed: {missed}; lawful ones suspected: {suspected}")


main()
