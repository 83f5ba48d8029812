"""The benefit due, against cases worked out by hand from the law (tests/cases/benefit_cases.csv, benefit_vectors.csv).
Every case is sent as a 3176 file and, where that layout can say it, as a 4210 file. Standard library only.

usage: test_benefit.py KIEM SOURCE_DIRECTORY
"""
import csv
import os
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal

KIEM, SOURCE = sys.argv[1], sys.argv[2]
CASES = os.path.join(SOURCE, "tests", "cases")

# facility_tier_level of a case -> tier before 2025, technical level, points, kind
FACILITIES = {
    "commune": ("commune", "", "", "station"),
    "district": ("district", "", "", "general"),
    "provincial": ("provincial", "", "", "general"),
    "central": ("central", "", "", "general"),
    "basic, under 50 points": ("", "basic", "45", "general"),
    "basic, 50 to 70 points": ("", "basic", "60", "general"),
    "basic, formerly provincial or central": ("provincial", "basic", "65", "general"),
    "specialised, formerly central": ("central", "specialised", "85", "general"),
    "specialised, formerly provincial": ("provincial", "specialised", "75", "general"),
    "specialised, formerly district": ("district", "specialised", "72", "general"),
    "initial (station of another province)": ("commune", "initial", "", "station"),
    "regional polyclinic": ("district", "basic", "30", "regional polyclinic"),
}
KINDS = {"outpatient": "01", "inpatient": "03", "commune stay": "06"}
OLD_KINDS = {"01": "1", "03": "3", "06": "5"}
IN_NETWORK = ("1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
LISTED_DISEASE = "C92.0"


def facility_code(label):
    return f"79{list(FACILITIES).index(label):03d}"


def inputs_of(case):
    """extra_inputs as fields: K areas, years of birth, the five-year date, co-payment of the year, listed diseases."""
    text, note, fields, copay = case["extra_inputs"], case["note"], {}, None
    for part in text.split(";"):
        name, _, value = part.strip().partition("=")
        if name == "MA_KHUVUC":
            fields["MA_KHUVUC"] = value
        elif name.startswith("born "):
            fields["NGAY_SINH"] = part.strip()[5:9] + "01010000"
        elif name == "five_year_from":
            # the day five years are complete; where the note says they are not, the day the cover began
            fields["NAM_NAM_LIEN_TUC"] = f"{int(value[:4]) + 5}{value[4:]}" if "not reached" in note else value
        elif name == "copay_before":
            copay = value
        elif "listed disease" in part or "on the list" in part:
            fields["MA_BENH_CHINH"] = LISTED_DISEASE
        elif part.startswith("newborn"):
            fields["NGAY_SINH"] = case["admission"][:8] + "0600"
    return fields, copay


def route_of(case):
    """(MA_DOITUONG_KCB, MA_LYDO_VVIEN); an empty one cannot be said in that layout."""
    kind, _, code = case["route_code"].partition(" ")
    if kind == "lydo":
        return {"1": "1.1", "2": "2", "3": "3", "4": ""}[code], code
    if kind != "dt":
        return "3.1", "3"
    if code in IN_NETWORK:
        return code, "1"
    return code, "2" if code == "2" else "" if code in ("9", "1.16", "1.17") else "3"


def claim_of(case, number, standard):
    fields, _ = inputs_of(case)
    new, old = route_of(case)
    total, fund, copay = case["total_in_scope"], case["expected_fund"], case["expected_copay"]
    own = case["expected_own"] or "0"
    kind = KINDS[case["care_kind"]]
    claim = {"MA_LK": case["id"], "NGAY_SINH": "196001010000", "GIOI_TINH": "1", "MA_BENH_CHINH": "J18.9", "KET_QUA_DTRI": "2",
             "MA_DKBD": "79999", "GT_THE_TU": "20150101", "GT_THE_DEN": "20281231", "NGAY_VAO": case["admission"],
             "NGAY_RA": case["discharge"], "T_BNTT": own, "T_BNCCT": copay, "T_BHTT": fund, "T_NGUONKHAC": "0",
             "MA_CSKCB": facility_code(case["facility_tier_level"]), "MA_KHUVUC": "", "NGAY_MIEN_CCT": "", "NAM_NAM_LIEN_TUC": "",
             **fields}
    card = f"{case['group']}{case['card_level']}79{number:010d}"
    if standard == "3176":
        claim.update(MA_THE_BHYT=card, MA_DOITUONG_KCB=new, MA_LOAI_KCB=kind, T_TONGCHI_BV=total, T_TONGCHI_BH=total)
        return claim if new else None
    if claim["NAM_NAM_LIEN_TUC"] or not old:
        return None
    del claim["NAM_NAM_LIEN_TUC"]
    claim.update(MA_THE=card, MIEN_CUNG_CT=claim.pop("NGAY_MIEN_CCT"), MA_BENH=claim.pop("MA_BENH_CHINH"),
                 MA_LYDO_VVIEN=old, MA_LOAI_KCB=OLD_KINDS[kind], T_TONGCHI=total)
    return claim


class Cases(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.cases = []
        for name in ("benefit_cases.csv", "benefit_vectors.csv"):
            with open(os.path.join(CASES, name), encoding="utf-8", newline="") as file:
                cls.cases += list(csv.DictReader(file))
        cls.facilities = cls.write("facilities.csv", ["facility_code", "name", "province_code", "tier", "technical_level", "kind",
                                                      "class", "points"],
                                   [[facility_code(label), "", "79", tier, level, kind, "", points]
                                    for label, (tier, level, points, kind) in FACILITIES.items()])
        cls.listed = cls.write("listed.csv", ["code", "appendix"], [[LISTED_DISEASE, "I"]])
        cls.copay = cls.write("copay.csv", ["person", "vnd"],
                              [[f"{i:010d}", inputs_of(case)[1]] for i, case in enumerate(cls.cases) if inputs_of(case)[1]])

    @classmethod
    def write(cls, name, header, rows):
        path = os.path.join(cls.folder.name, name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
        return path

    def run_claims(self, claims, *more, facilities=True):
        out = os.path.join(self.folder.name, "out")
        path = self.write("claims.csv", list(claims[0]), [list(claim.values()) for claim in claims])
        command = [KIEM, "check", path, "--out", out, "--lang", "en", "--quiet", "--table", "copay_of_year=" + self.copay, *more]
        if facilities:
            command += ["--facilities", self.facilities]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(out, "claims.csv"), encoding="utf-8", newline="") as file:
            rows = {row["MA_LK"]: row for row in csv.DictReader(file)}
        findings = {}
        with open(os.path.join(out, "findings.csv"), encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                findings.setdefault(row["subject"], []).append(row)
        return rows, findings

    def claims(self, standard, change=lambda case, claim: claim, wanted=lambda case: True):
        made = [(case, claim_of(case, i, standard)) for i, case in enumerate(self.cases) if wanted(case)]
        return [(case, change(case, claim)) for case, claim in made if claim]

    def check_due(self, standard):
        made = self.claims(standard)
        rows, findings = self.run_claims([claim for _, claim in made], "--table", "listed_diseases=" + self.listed)
        wrong = []
        for case, _ in made:
            row, uncertain = rows[case["id"]], case["confidence"].startswith("uncertain")
            due = [row["benefit_rate_due"], row["fund_due"], row["copay_due"]]
            expected = [Decimal(case[name]) for name in ("expected_rate", "expected_fund", "expected_copay")]
            good = all(due) and abs(Decimal(due[0]) - expected[0]) <= Decimal("0.005") and [Decimal(d) for d in due[1:]] == expected[1:]
            if not good and not uncertain:
                wrong.append((case["id"], due, expected, row["benefit_step"]))
            for finding in findings.get(case["id"], []):
                if finding["rule"] == "M06" and Decimal(case["expected_fund"]) == 0:
                    continue  # a 4210 file with nothing insured is sent back by VSS
                if finding["rule"].startswith(("T", "M")) and finding["severity"] != "notice":
                    wrong.append((case["id"], finding["rule"], finding["severity"], finding["message"]))
        self.assertEqual(wrong, [])
        return len(made)

    def test_3176(self):
        self.assertGreater(self.check_due("3176"), 90)

    def test_4210(self):
        self.assertGreater(self.check_due("4210"), 80)

    def overpaid(self, case, claim):
        claim["T_BHTT"], claim["T_BNCCT"], claim["T_BNTT"] = case["total_in_scope"], "0", "0"
        return claim

    @staticmethod
    def is_short_of_full(case):
        return (case["confidence"].startswith("certain") and Decimal(case["expected_fund"]) + 1 < Decimal(case["total_in_scope"])
                and "five_year_from" not in case["extra_inputs"])

    def test_paid_in_full_is_found_with_the_amount(self):
        made = self.claims("3176", self.overpaid, self.is_short_of_full)
        _, findings = self.run_claims([claim for _, claim in made], "--table", "listed_diseases=" + self.listed)
        for case, claim in made:
            found = [f for f in findings.get(case["id"], []) if f["rule"].startswith("T")]
            self.assertEqual([f["severity"] for f in found], ["violation"], (case["id"], [f["rule"] for f in found]))
            self.assertEqual(Decimal(found[0]["amount"]), Decimal(case["total_in_scope"]) - Decimal(case["expected_fund"]), case["id"])

    def test_without_the_columns_that_could_clear_it_a_rule_speaks_softer(self):
        made = self.claims("3176", self.overpaid, self.is_short_of_full)
        for gone, facilities in (("NGAY_MIEN_CCT", True), ("NAM_NAM_LIEN_TUC", True), ("", False)):
            claims = [{name: value for name, value in claim.items() if name != gone} for _, claim in made]
            _, findings = self.run_claims(claims, facilities=facilities)
            for case, _ in made:
                for finding in findings.get(case["id"], []):
                    if finding["rule"] in ("T04", "T05") and facilities and case["discharge"] < "2025":
                        continue  # the five years never reached such visits, so nothing is missing
                    if finding["rule"].startswith("T"):
                        self.assertIn(finding["severity"], ("suspicion", "notice"), (gone, case["id"], finding["rule"]))

    def test_unknown_place_is_not_guessed(self):
        made = self.claims("3176")
        rows, _ = self.run_claims([claim for _, claim in made], facilities=False)
        for case, claim in made:
            if claim["MA_DOITUONG_KCB"].startswith("3") or claim["MA_DOITUONG_KCB"] in ("1.11", "1.12", "1.13", "1.14", "1.15", "1.18"):
                self.assertEqual((rows[case["id"]]["benefit_rate_due"], rows[case["id"]]["benefit_step"]), ("", "unknown_place"), case["id"])

    def test_unknown_route_is_not_guessed(self):
        made = self.claims("3176", lambda case, claim: {**claim, "MA_DOITUONG_KCB": ""}, lambda case: case["facility_tier_level"] == "central")
        rows, _ = self.run_claims([claim for _, claim in made])
        for case, _ in made:
            self.assertEqual((rows[case["id"]]["benefit_rate_due"], rows[case["id"]]["benefit_step"]), ("", "unknown_route"), case["id"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
