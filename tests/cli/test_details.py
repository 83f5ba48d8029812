"""kiem check with drug and service lines: a few claims in both standards, each with what is to be found in it.
Standard library only.

usage: test_details.py KIEM SOURCE_DIRECTORY
"""
import os

from support import SOURCE, Case, main

DATA = os.path.join(SOURCE, "tests", "data")


class Details(Case):
    def judge(self, standard, *more, out="out"):
        files = [os.path.join(DATA, f"details_{table}_{standard}.csv") for table in ("claims", "drugs", "services")]
        self.check(files[0], "--drugs", files[1], "--services", files[2], *more, out=out)
        return {(f["subject"], f["scope"], f["rule"]): f for f in self.table("findings", out)}

    def of(self, found, claim):
        return sorted(rule for subject, _, rule in found if subject == claim)

    def test_lines_of_3176(self):
        found = self.judge("3176")
        self.assertEqual(self.of(found, "G1"), [])  # the clean one
        self.assertEqual(self.of(found, "G2"), ["M01", "M01_BH"])
        self.assertEqual(self.of(found, "G3"), ["S01", "S16_RESULT"])
        self.assertEqual(self.of(found, "G4"), ["P04", "S05", "S08_DOUGLAS"])
        self.assertEqual(self.of(found, "G5"), ["G10", "M03", "M03_BH", "M05", "M05_COPAY"])
        self.assertEqual(found["G2", "drug", "M01_BH"]["amount"], "8000")
        self.assertEqual(found["G2", "drug", "M01_BH"]["row"], "3")
        self.assertEqual(found["G2", "drug", "M01_BH"]["file"], "details_drugs_3176.csv")
        self.assertEqual(found["G3", "claim", "S01"]["amount"], "28000")  # 70 % of the second exam
        self.assertEqual(found["G4", "claim", "S05"]["amount"], "400000")  # half of the lesser operation
        self.assertEqual(found["G4", "service", "P04"]["severity"], "violation")
        self.assertIn("Circular 04/2017", found["G4", "service", "P04"]["basis"])

    def test_lines_of_4210(self):
        found = self.judge("4210")
        self.assertEqual(self.of(found, "H1"), [])
        self.assertEqual(self.of(found, "H2"), ["M01_4210", "M12_PAID"])
        self.assertEqual(self.of(found, "H3"), ["M02_4210", "M03_4210", "M07_4210_SERVICE", "M09_4210_SERVICE"])

    def test_lines_in_several_files_are_those_of_one(self):
        whole = self.judge("3176")
        claims, drugs, services = (os.path.join(DATA, f"details_{table}_3176.csv") for table in ("claims", "drugs", "services"))
        with open(drugs, encoding="utf-8") as file:
            header, *lines = file.read().splitlines()
        halves = [self.write_lines(f"drugs{i}.csv", header, *lines[i::2]) for i in range(2)]
        self.check(claims, "--drugs", halves[0], "--services", services, "--drugs", halves[1], out="halves")
        self.assertEqual({(f["subject"], f["scope"], f["rule"]) for f in self.table("findings", "halves")}, set(whole))
        self.assertIn("given twice", self.kiem("check", claims, "--drugs", drugs, "--drugs", drugs, status=2).stderr)

    def test_without_lines_their_rules_are_named_as_not_run(self):
        self.check(os.path.join(DATA, "details_claims_3176.csv"))
        rules = {rule["rule"]: rule for rule in self.summary()["rules"]}
        for rule in ("M01", "M03", "S05", "P01"):
            self.assertEqual(rules[rule]["not_run_in_files"], 1, rule)
        self.assertEqual([f["rule"] for f in self.table("findings")], [])

    def test_a_catalogue_of_the_hospital(self):
        bids = self.write("bids.csv", "facility_code,registration,price,percent,effective_from,effective_to\n"
                                      "79001,VD-1-24,1500,100,2025-01-01,2025-12-31\n")
        found = self.judge("3176", "--table", f"drug_bids={bids}")
        dear = [f for (_, _, rule), f in found.items() if rule == "D02"]
        self.assertEqual([f["subject"] for f in dear], ["G1", "G2"])
        self.assertEqual(dear[0]["amount"], "4000")  # 10 x 500 dong x 80 %

    def test_more_lines_of_a_batch_of_claims_than_16_bits_count(self):
        """The only line of its kind stands behind 65,536 others; a rule about it reads one column of few values."""
        claims = self.write_lines("many.csv", "MA_LK,MA_CSKCB,T_BHTT", *[f"L{i},79001,1" for i in range(2000)])
        lines = [f"L{i},40.{k % 7},1" for i in range(2000) for k in range(40)]
        drugs = self.write_lines("lines.csv", "MA_LK,MA_THUOC,SO_LUONG", *lines[:-1], "L1999,ODD 9,1")
        rule = self.write_lines("house.csv", "id,scope,severity,condition,basis,message_vi,message_en",
                                "HOUSE,drug,notice,MA_THUOC MATCHES 'ODD [0-9]',x,x,x")
        self.check(claims, "--drugs", drugs, "--rules", rule)
        found = [(f["subject"], f["row"]) for f in self.table("findings") if f["rule"] == "HOUSE"]
        self.assertEqual(found, [("L1999", "80001")])

    def test_invented_details_are_clean(self):
        self.synth(8000, 6, 0)
        self.check(*(self.path("synth/" + f) for f in ("claims.csv",)), "--facilities", self.path("synth/facilities.csv"),
                   "--drugs", self.path("synth/drugs.csv"), "--services", self.path("synth/services.csv"))
        grave = [f for f in self.table("findings") if f["severity"] in ("error", "violation")]
        self.assertEqual([(f["subject"], f["rule"]) for f in grave], [])

    def test_planted_lines_are_found(self):
        self.synth(6000, 12, 0.05)
        self.check(self.path("synth/claims.csv"), "--facilities", self.path("synth/facilities.csv"),
                   "--drugs", self.path("synth/drugs.csv"), "--services", self.path("synth/services.csv"))
        rules = {"quantity_price_broken": "M01", "bed_days_above_stay": "G01", "second_operation_full": "S05", "component_beside_whole": "S08",
                 "second_exam_full": "S01", "supply_above_ceiling": "P04", "result_before_order": "S16_RESULT"}
        found = {(f["subject"], f["rule"]) for f in self.table("findings")}
        with open(self.path("synth/labels.csv"), encoding="utf-8") as file:
            labels = [line.split(",") for line in file.read().splitlines()[1:]]
        seen = set()
        for label in labels:
            kind = next((k for k in rules if k in label), None)
            if kind:
                seen.add(kind)
                self.assertIn((label[0], rules[kind]), found)
        self.assertEqual(seen, set(rules))

    def test_files_with_other_card_columns(self):
        """Two inputs in one job; the first has no validity dates of the cards."""
        first = self.write("a.csv", "MA_LK,MA_THE_BHYT,NGAY_VAO,NGAY_RA,T_BHTT\nA1,GD4790000000017,202403010800,202403010900,1000\n")
        second = self.write("b.csv", "MA_LK,MA_THE_BHYT,MA_DKBD,GT_THE_TU,GT_THE_DEN,NGAY_VAO,NGAY_RA,T_BHTT\n"
                                     "B1,GD4790000000017,79001,20240101,20240201,202403020800,202403020900,1000\n")
        self.check(first, second)
        self.assertIn(("B1", "C05"), self.findings())


if __name__ == "__main__":
    main()
