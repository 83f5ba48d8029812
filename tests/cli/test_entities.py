"""Facilities beside their peers, from outside: what was planted stands out with its figures, the usual does not, and neither
order nor threads show. Standard library only.

usage: test_entities.py KIEM SOURCE_DIRECTORY
"""
import random
import re

from support import Case, main, read_bytes

HEADER = "MA_LK,MA_THE_BHYT,MA_BENH_CHINH,NGAY_VAO,NGAY_RA,SO_NGAY_DTRI,T_THUOC,T_TONGCHI_BH,T_BNCCT,T_BHTT,MA_LOAI_KCB,MA_KHOA,MA_CSKCB"
FACILITIES = [f"790{n:02}" for n in range(1, 13)]
ICD = ["I10", "I11", "J18", "J20", "K35", "E11"]


def year(seed, change=None):
    """A year of twelve facilities; change(row) may alter what one of them does. Returns rows and the money changed."""
    die = random.Random(seed)
    rows, money = [], {}
    for number in range(9600):
        facility, month, kind = FACILITIES[number % 12], number // 12 % 12 + 1, die.randrange(6)
        stay = die.randrange(3) == 0
        row = {"facility": facility, "month": month, "day": 1 + die.randrange(28), "kind": kind, "stay": stay,
               "days": 2 + kind + die.randrange(4), "department": f"K{die.randrange(3)}",
               "cost": int((3000000 if stay else 200000) * (1 + 0.2 * kind) * die.lognormvariate(0, 0.3))}
        if number % 12 == 0 and not row["stay"] and die.randrange(3) == 0:
            row["stay"], row["cost"] = True, row["cost"] * 15  # more stays than its peers, at their price
        before = row["cost"]
        if change:
            change(row, die)
        money[facility] = money.get(facility, 0) + row["cost"] - before
        fund = row["cost"] * 8 // 10
        out = f"2024{row['month']:02}{row['day']:02}"
        rows.append([f"A{number:06}", f"GD479{number % 4000:010}", ICD[row["kind"]], out + "0800", out + "1000",
                     row["days"] if row["stay"] else 0, row["cost"] // 3, row["cost"], row["cost"] - fund, fund,
                     "03" if row["stay"] else "01", row["department"], row["facility"]])
    return rows, money


def dearer(row, die):
    if row["facility"] == "79005" and row["month"] >= 4:
        row["cost"] = int(row["cost"] * 1.5)


class Entities(Case):
    def check(self, rows, *more):
        super().check(self.write_rows("claims.csv", HEADER.split(","), *rows), "--quiet", *more)

    def findings(self):
        return {(f["subject"], f["rule"]): f for f in self.table("findings") if f["scope"] in ("facility", "province") and f["rule"][0] == "E"}

    def test_a_dearer_facility_leads_the_list_with_its_figures(self):
        rows, money = year(1, dearer)
        self.check(rows)
        by_rank = sorted((f for f in self.table("facilities") if f["rank"]), key=lambda f: int(f["rank"]))
        self.assertEqual(len(by_rank), 12)
        first = by_rank[0]
        self.assertEqual((first["facility"], first["flagged"]), ("79005", "1"))
        self.assertEqual([f["flagged"] for f in by_rank[1:]], ["0"] * 11)
        self.assertGreater(float(first["observed_expected"]), float(first["funnel_high"]))
        self.assertLess(float(first["q_value"]), 0.01)
        self.assertEqual((first["shift_from"], first["compared_from"]), ("2024-04-01", "2024-01-01"))
        self.assertAlmostEqual(float(first["shift"]), 0.5, delta=0.1)
        # the excess is fund money: close to what was planted, less its shrinkage
        self.assertTrue(0.6 < float(first["excess"]) / (money["79005"] * 0.8) < 1.1, first["excess"])
        found = self.findings()
        self.assertIn(("79005", "E03"), found)
        finding = found["79005", "E01"]
        self.assertEqual((finding["severity"], finding["amount_at_risk"], finding["amount"]), ("suspicion", "0", first["excess"]))
        self.assertIn("no ground to refuse a claim", finding["message"])
        self.assertIn("Decree 146/2018", finding["basis"])
        # no worse than the list by total money, which the costly cases of 79001 lead
        by_money = sorted(by_rank, key=lambda f: -float(f["spent"]))
        self.assertEqual(by_money[0]["facility"], "79001")
        for places in range(1, 12):
            self.assertGreaterEqual(sum(money[f["facility"]] for f in by_rank[:places]),
                                    sum(money[f["facility"]] for f in by_money[:places]))

    def test_the_usual_does_not_stand_out(self):
        for seed in (2, 3):
            self.check(year(seed)[0])
            self.assertEqual(self.findings(), {})
            self.assertEqual({f["flagged"] for f in self.table("facilities")}, {"0"})

    def test_stays_days_and_departments(self):
        def odd(row, die):
            if row["facility"] == "79003":
                row["days"] += row["days"] // 2
            if row["facility"] == "79006" and die.randrange(3) == 0 and row["month"] != 2:
                row["day"] = 30  # the end of the month
            if row["facility"] == "79008" and row["department"] == "K2":
                row["cost"] = int(row["cost"] * 1.6)
            if row["month"] != 2 and die.randrange(9) == 0:
                row["day"] = 28 + die.randrange(3)

        self.check(year(4, odd)[0])
        found = self.findings()
        self.assertIn(("79003", "E02"), found)
        self.assertIn(("79006", "E06"), found)
        self.assertIn(("79008", "E07"), found)
        self.assertIn("department K2", found["79008", "E07"]["message"])
        self.assertEqual({subject for subject, _ in found}, {"79003", "79006", "79008"})

    def doctors_of(self, rows):
        """A line of services for each claim: who ordered it, and what it cost the fund."""
        lines = [["MA_LK", "STT", "MA_NHOM", "MA_DICH_VU", "SO_LUONG", "T_BHTT", "MA_BAC_SI", "NGAY_YL"]]
        for number, row in enumerate(rows):
            doctor = f"{row[12][1:]}0{number // 12 % 4 + 1}/T79-CCHN"
            lines.append([row[0], 1, 13, "02.1896", 1, row[9], doctor, row[3]])
            if number % 5 == 0:  # one who has less of the money
                lines.append([row[0], 2, 1, "23.0001", 1, row[9] // 3, "000999/T79-CCHN", row[3]])
        return self.write_rows("services.csv", *lines)

    def test_departments_and_doctors(self):
        rows, _ = year(6)
        for number, row in enumerate(rows):
            if row[12] == "79004" and number // 12 % 4 == 2 and number // 12 < 700:
                row[7:10] = [row[7] * 2, row[8] * 2, row[9] * 2]
            if row[12] == "79009" and row[11] == "K1":
                row[7:10] = [row[7] * 8 // 5, row[8] * 8 // 5, row[9] * 8 // 5]
        services = self.doctors_of(rows)
        for threads in ("1", "2"):
            self.check(rows, "--services", services, "--threads", threads)
            units = self.table("units")
            if threads == "1":
                first = units
        self.assertEqual(first, units)
        flagged = {(u["kind"], u["facility"], u["unit"]) for u in units if u["flagged"] == "1"}
        self.assertLessEqual({("doctor", "79004", "900403/T79-CCHN"), ("department", "79009", "K1")}, flagged)
        self.assertEqual({facility for _, facility, _ in flagged}, {"79004", "79009"})
        self.assertEqual(len([u for u in units if u["kind"] == "department"]), 36)
        self.assertEqual(len([u for u in units if u["kind"] == "doctor"]), 48)
        for kind in ("department", "doctor"):
            self.assertEqual(sum(int(u["claims"]) for u in units if u["kind"] == kind), len(rows))
        dear = next(u for u in units if u["unit"] == "900403/T79-CCHN")
        self.assertTrue(1.6 < float(dear["observed_expected"]) < 2.1, dear)
        self.assertLess(float(dear["q_value"]), 0.01)
        named = next(f for f in self.table("facilities") if f["facility"] == "79009")
        department = next(u for u in units if (u["facility"], u["unit"]) == ("79009", "K1"))
        self.assertEqual((named["department"], named["department_excess"], named["department_q_value"]),
                         ("K1", department["excess"], department["q_value"]))

    def test_few_claims_of_a_doctor_say_nothing(self):
        rows, _ = year(7)
        for row in rows[3:3 + 12 * 29:12]:
            row[7:10] = [row[7] * 9, row[8] * 9, row[9] * 9]
        lines = [["MA_LK", "MA_NHOM", "MA_DICH_VU", "T_BHTT", "MA_BAC_SI", "NGAY_YL"]]
        for number, row in enumerate(rows):
            few = number % 12 == 3 and number // 12 < 29
            lines.append([row[0], 13, "02.1896", row[9], "000777/T79-CCHN" if few else f"00{number % 48:02}1/T79-CCHN", row[3]])
        self.check(rows, "--services", self.write_rows("services.csv", *lines))
        few = next(u for u in self.table("units") if u["unit"] == "000777/T79-CCHN")
        self.assertEqual((few["claims"], few["flagged"], few["q_value"], few["observed_expected"]), ("29", "0", "", ""))
        self.assertEqual({u["flagged"] for u in self.table("units") if u["kind"] == "doctor"}, {"0"})

    def excess_of(self, rows, facility="79005"):
        self.check(rows)
        return int(next(f for f in self.table("facilities") if f["facility"] == facility)["excess"])

    def test_the_part_of_the_fund_is_that_of_claims_with_a_cost(self):
        rows, _ = year(10, dearer)
        whole = self.excess_of(rows)
        corrections = [[row[0] + "N"] + row[1:6] + [-x for x in row[6:10]] + row[10:] for row in rows if row[12] == "79005"][::3]
        self.assertEqual(self.excess_of(rows + corrections), whole)
        for row in rows[4::24]:  # half the claims of 79005 do not tell what they cost
            row[7] = ""
        self.assertTrue(0.4 < self.excess_of(rows) / whole < 0.6)

    def test_without_diagnoses_nobody_is_compared(self):
        rows, _ = year(11, dearer)
        for row in rows:
            row[2] = ""
        self.check(rows)
        self.assertEqual({(f["observed_expected"], f["weekend_observed_expected"], f["digit"], f["flagged"]) for f in self.table("facilities")},
                         {("", "", "", "0")})
        self.assertEqual(self.findings(), {})

    def test_the_message_never_tells_a_smaller_q_than_there_is(self):
        def slightly(row, die):
            if row["facility"] == "79005":
                row["cost"] = int(row["cost"] * 1.08)

        seen = 0
        for seed in (20, 21, 22):
            self.check(year(seed, slightly)[0])
            q = {f["facility"]: float(f["q_value"]) for f in self.table("facilities")}
            for (subject, rule), finding in self.findings().items():
                if rule in ("E01", "E01_LOW"):
                    told = float(re.search(r"q ≤ ([0-9.]+)", finding["message"]).group(1))
                    self.assertLessEqual(q[subject], told)
                    self.assertLess(told, max(q[subject], 0.00005) + 0.0001)
                    seen += told > 0.0001
        self.assertGreater(seen, 1)

    def test_a_large_excess_that_is_less_sure_hides_no_department(self):
        def two(row, die):
            if row["department"] == "K2":
                row["cost"] = int(row["cost"] * 10 * die.lognormvariate(0, 1))
            if row["facility"] == "79008":
                row["cost"] = int(row["cost"] * {"K0": 1, "K1": 1.3, "K2": 1.45}[row["department"]])

        self.check(year(35, two)[0])
        units = {u["unit"]: u for u in self.table("units") if u["facility"] == "79008"}
        self.assertTrue(float(units["K1"]["q_value"]) < 0.01 < float(units["K2"]["q_value"]) < 0.05)
        self.assertGreater(int(units["K2"]["excess"]), int(units["K1"]["excess"]))
        self.assertEqual(next(f for f in self.table("facilities") if f["facility"] == "79008")["department"], "K1")
        self.assertIn(("79008", "E07"), self.findings())

    def test_order_and_threads_do_not_show(self):
        rows, _ = year(5, dearer)
        seen = set()
        for threads in ("1", "3"):
            for part in (0, 1):
                if part:
                    random.Random(6).shuffle(rows)
                self.check(rows, "--threads", threads)
                seen.add(read_bytes(self.path("out"), "facilities.csv"))
        self.assertEqual(len(seen), 1)

    def test_only_facilities_of_one_level_and_class_are_peers(self):
        rows, _ = year(7, dearer)
        levels = [["facility_code", "tier", "technical_level", "class"]]
        levels += [[f, "district", "basic", "II" if f == "79005" else "III"] for f in FACILITIES]
        self.check(rows, "--facilities", self.write_rows("facilities.csv", *levels))
        alone = next(f for f in self.table("facilities") if f["facility"] == "79005")
        self.assertEqual((alone["observed_expected"], alone["q_value"], alone["rank"], alone["flagged"]), ("", "", "", "0"))
        self.assertEqual(len([f for f in self.table("facilities") if f["rank"]]), 11)

    def test_the_window_ends_with_as_of(self):
        rows, _ = year(8, dearer)
        self.check(rows, "--as-of", "2024-03-31")  # nothing has changed yet
        facilities = self.table("facilities")
        self.assertEqual({f["flagged"] for f in facilities}, {"0"})
        self.assertEqual({f["compared_from"] for f in facilities}, {"2023-04-01"})
        self.assertEqual({f["shift_from"] for f in facilities}, {""})  # three months are no series

    def test_a_rule_about_a_facility_is_held_against_the_day_of_the_report(self):
        house = [["id", "scope", "severity", "condition", "effective_from", "effective_to", "basis", "message_vi", "message_en"],
                 ["H1", "facility", "notice", "claims > 1", "2024-01-01", "", "house", "x", "x"],
                 ["H2", "facility", "notice", "claims > 1", "", "2024-01-01", "house", "x", "x"]]
        self.check(year(9)[0], "--rules", self.write_rows("house.csv", *house))
        rules = [f["rule"] for f in self.table("findings") if f["scope"] == "facility"]
        self.assertEqual((rules.count("H1"), rules.count("H2")), (12, 0))


if __name__ == "__main__":
    main()
