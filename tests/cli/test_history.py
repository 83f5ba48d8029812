"""The columns of a person's history beside their slow definition (history.py), in one run and in parts, and with a state.
Standard library only.

usage: test_history.py KIEM SOURCE_DIRECTORY
"""
import collections
import random

import history
from support import Case, main

COLUMNS = ("duplicate_of near_duplicate_of overlap_minutes overlapping_claim inside_stay same_day_claim previous_stay previous_discharge_minutes "
           "inpatient_before_14d death_claim after_death previous_delivery births_within_180d removed_before other_identity visits_7d visits_30d "
           "visits_365d visit_days_30d visit_days_365d facilities_same_day facilities_30d facilities_365d same_diagnosis_7d distinct_cards "
           "spend_365d copay_year in_long_course").split()
RULE = "id,scope,severity,condition,basis,message_vi,message_en"


class History(Case):
    def setUp(self):
        super().setUp()
        shown = "|".join(f"{{{name}}}" for name in COLUMNS)
        self.rules = self.write_lines("rules.csv", RULE, f"SHOWN,claim,notice,1 = 1,test,{shown},{shown}")

    def write_claims(self, name, rows):
        return self.write_rows(name, history.HEADER, *([row.get(column, "") for column in history.HEADER] for row in rows))

    def judged(self, *arguments, out="out"):
        """What is found of claims of each rule of the history, by the key of the claim; keys are one each."""
        self.check(*arguments, "--rules", self.rules, "--lang", "en", out=out)
        found = collections.defaultdict(set)
        for finding in self.table("findings", out):
            if finding["scope"] == "claim" and finding["rule"][0] in "SX" or finding["rule"] in ("C08", "C12", "C17", "C19"):
                found[finding["subject"]].add((finding["rule"], finding["amount"], finding["message"]))
        return found

    def compare(self, rows, found):
        wrong = []
        for claim in history.people_of(rows):
            message, = (text for rule, _, text in found[claim.key] if rule == "SHOWN")
            for name, cell in zip(COLUMNS, message.split("|")):
                want = claim.shown.get(name) if claim.person else None
                if isinstance(want, set):
                    good = cell in want if want else cell == "not known"
                elif want is None:
                    good = cell == "not known"
                else:
                    good = cell != "not known" and float(cell.replace(",", "")) == want
                if not good:
                    wrong.append((claim.key, claim.person, name, cell, want))
        self.assertEqual(wrong[:9], [])

    def test_every_claim_beside_every_other(self):
        for seed, count, people in ((1, 400, 3), (2, 1200, 8), (3, 1200, 40), (4, 1500, 12)):
            rows = history.claims(seed, count, people)
            claims = self.write_claims("claims.csv", rows)
            whole = self.judged(claims, "--threads", "1")
            self.compare(rows, whole)
            self.assertEqual(self.judged(claims, "--threads", "2", "--memory", "1M"), whole)
            random.Random(seed).shuffle(rows)
            half = [self.write_claims("first.csv", rows[:count // 3]), self.write_claims("second.csv", rows[count // 3:])]
            self.assertEqual(self.judged(*half), whole)
            self.kiem("learn", half[0], "-o", self.path(f"state{seed}"), "--quiet")
            beside = self.judged(half[1], "--state", self.path(f"state{seed}"))
            self.assertEqual(beside, {row["MA_LK"]: whole[row["MA_LK"]] for row in rows[count // 3:]})
            self.kiem("learn", claims, "-o", self.path(f"all{seed}"), "--quiet")
            again = self.judged(half[1], "--state", self.path(f"all{seed}"))  # a claim that was learned is not met again
            self.assertEqual(again, beside)


if __name__ == "__main__":
    main()
