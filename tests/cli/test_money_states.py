"""Money of states, facilities beside their estimates, and bad input of the money side, from outside. Standard library only.

usage: test_money_states.py KIEM SOURCE_DIRECTORY
"""
import datetime as dt
import random
import re

from money import DAY, MoneyCase, days_of, season
from support import main


class MoneyOfStates(MoneyCase):
    # ---- money of states

    def learn(self, claims, *more, out="state"):
        self.kiem("learn", claims, "-o", self.path(out), "--quiet", *more)
        return self.path(out)

    def without(self, rows, *columns):
        return [{k: v for k, v in r.items() if k not in columns} for r in rows]

    def test_the_money_of_a_state_and_of_the_input_are_one(self):
        rows = self.mixed_rows()
        early, late = [r for r in rows if r["NGAY_RA"] < "202505"], [r for r in rows if r["NGAY_RA"] >= "202505"]
        self.check(self.claims(rows), "--as-of", "2025-12-31", out="whole")
        state = self.learn(self.claims(early, "early.csv"))
        self.check(self.claims(late, "late.csv"), "--state", state, "--as-of", "2025-12-31", out="parts")
        whole, parts = self.table("provinces", "whole"), self.table("provinces", "parts")
        of_input = ("money_source", "visits_per_card", "observed_expected", "excess", "p_value", "q_value")
        self.assertEqual(self.without(whole, *of_input), self.without(parts, *of_input))
        self.assertEqual({p["money_source"] for p in parts}, {"state+input"})
        spent = lambda out: {f["facility"]: f["spent_year"] for f in self.table("facilities", out)}
        self.assertEqual(spent("whole"), spent("parts"))

    def test_claims_of_the_state_that_come_again_count_once(self):
        claims = self.claims(self.mixed_rows())
        self.check(claims, out="alone")
        self.check(claims, "--state", self.learn(claims), out="again")
        self.assertEqual(self.table("provinces", "alone"), self.table("provinces", "again"))

    def test_earlier_years_of_a_state_teach_the_curve(self):
        state = self.learn(self.claims([r for year in (2022, 2023) for r in self.year_of_claims(year)]))
        rows = [r for r in self.year_of_claims(2024) if r["NGAY_RA"][4:6] <= "06"]
        self.check(self.claims(rows), "--state", state, "--as-of", "2024-06-30")
        sources = {p["year"]: (p["season_source"], p["money_source"]) for p in self.table("provinces")}
        self.assertEqual(sources["2024"], ("learned", "input"))
        self.assertEqual(sources["2022"][1], "state+input")

    def late_rows(self):
        random.seed(5)
        rows = []
        for day, share in zip(days_of(2024), season(2024, "outpatient")):
            for _ in range(round(share * 20000)):
                rows.append((day + random.choice((0, 1, 1, 2, 3, 5, 8)) * DAY, self.claim(day, 300000, facility="79001")))
        return rows

    def test_two_cuts_teach_the_lag(self):
        """What was in on 2024-06-10 beside what is in on 2024-07-05, once as a later cut of all, once as what came since."""
        rows = self.late_rows()
        before, now = dt.date(2024, 6, 10), dt.date(2024, 7, 5)
        state = self.learn(self.claims([r for sent, r in rows if sent <= before]), "--as-of", str(before))
        whole = sum(int(r["T_BHTT"]) for _, r in rows if r["NGAY_RA"][:8] <= f"{now:%Y%m%d}")
        for name, known in (("all", [r for sent, r in rows if sent <= now]),
                            ("since", [r for sent, r in rows if before < sent <= now])):
            self.check(self.claims(known), "--state", state, "--as-of", str(now), out=name)
            province = self.table("provinces", name)[0]
            self.assertEqual(province["lag_source"], "states")
            self.assertAlmostEqual((float(province["spent"]) + float(province["unreported"])) / whole, 1, delta=0.01)
            self.assertLess(float(province["spent"]) / whole, 0.99)
        self.check(self.claims([r for sent, r in rows if sent <= now]), "--as-of", str(now), out="alone")
        self.assertEqual(self.table("provinces", "alone")[0]["lag_source"], "assumed")

    def test_the_table_of_provinces_in_both_languages(self):
        rows = [r for r in self.year_of_claims(2024) if r["NGAY_RA"][4:6] <= "08"]
        spent = sum(int(r["T_BHTT"]) for r in rows)
        budget = self.budgets(f"79,2024,{round(spent / 0.7)},x")
        claims = self.claims(rows)
        english = self.check(claims, "--budgets", budget, "--as-of", "2024-08-31").stdout
        vietnamese = self.check(claims, "--budgets", budget, "--as-of", "2024-08-31", lang="vi").stdout
        on = self.table("provinces")[0]["exhausts_on"]
        for shown, words in ((english, ("Use of the estimate", "runs out " + on, "year end", "assumed lag", "no ground to refuse")),
                             (vietnamese, ("Sử dụng dự toán", "hết ngày " + "/".join(reversed(on.split("-"))), "cả năm", "độ trễ giả định", "không phải căn cứ từ chối"))):
            for word in words:
                self.assertIn(word, shown)
            bar = re.search(r"79 2024 (\[.{20}\])", shown).group(1)
            self.assertRegex(bar, r"^\[#{12}\|#\.{6}\]$")
        self.assertRegex(english, r"  70\.0 %")
        self.assertRegex(vietnamese, r"  70,0 %")
        self.assertRegex(english, r"chance of passing it (above )?\d\d %")
        self.assertRegex(vietnamese, r"xác suất vượt (trên )?\d\d %")

    def test_the_table_tells_what_drives_the_change(self):
        rows = self.year_of_claims(2023) + [r for r in self.year_of_claims(2024, scale=1200000) if r["NGAY_RA"][4:6] <= "08"]
        english = self.check(self.claims(rows), "--budgets", self.budgets("79,2024,0,x"), "--as-of", "2024-08-31").stdout
        province = [p for p in self.table("provinces") if p["year"] == "2024"][0]
        line = re.search(r"against the same 8 months ([+-]?[\d,]+) \(([+-][\d.]+) %\): (.*)", english)
        self.assertEqual(int(line.group(1).replace(",", "")), int(float(province["change"]) / 1e6))
        self.assertEqual(line.group(2), f"{float(province['growth']) * 100:+.1f}")
        self.assertIn("visits", line.group(3))
        self.assertRegex(english, r"79 2023 .*\(no estimate\)")
        self.assertRegex(english, r"79 2024 .*\(an estimate of 0\)")

    def test_some_repeated_claims_leave_the_state_out(self):
        rows = self.year_of_claims(2024)
        state = self.learn(self.claims(rows[:200]))
        self.check(self.claims(rows[180:]), "--state", state)
        province = self.table("provinces")[0]
        self.assertEqual(province["money_source"], "input")
        self.assertEqual(int(province["spent"]), sum(int(r["T_BHTT"]) for r in rows[180:]))

    # ---- facilities

    def test_facilities_beside_their_own_estimate_and_their_peers(self):
        rows = []
        for facility, cost in (("79001", 120000), ("79002", 100000), ("79003", 80000), ("79009", 500000)):
            rows += [self.claim(d, cost, facility=facility) for d in days_of(2024) if d.month <= 6]
        facilities = self.write_lines("facilities.csv", "facility_code,name,province_code,tier,technical_level,kind,class",
                                      *(f"7900{i},x,79,district,basic,general,II" for i in (1, 2, 3)))
        budget = self.budgets("79,2024,200000000,x,", "79,2024,30000000,x,79001", "79,2024,21000000,x,79002",
                              header="province_code,year,budget_vnd,decision,facility_code")
        self.check(self.claims(rows), "--budgets", budget, "--facilities", facilities, "--as-of", "2024-06-30")
        table = {f["facility"]: f for f in self.table("facilities")}
        self.assertEqual(table["79001"]["peers_cost_per_visit"], "100000")
        self.assertEqual((table["79001"]["cost_per_visit"], table["79001"]["peers"]), ("120000", "3"))
        self.assertEqual(table["79009"]["peers_cost_per_visit"], "")
        self.assertEqual(table["79001"]["utilisation"], "0.728000")
        self.assertEqual(table["79003"]["status"], "no_estimate")
        self.assertIn(("79001", "B12"), self.notices())
        self.assertEqual([n for n in self.notices() if n[1] == "W1"], [("79001", "W1")])
        self.assertNotIn("79003", [s for s, r in self.notices() if r.startswith("B")])

    def test_a_facility_that_opens_in_june(self):
        rows = [self.claim(d, 100000, facility=f) for f, month in (("79001", 1), ("79002", 6)) for d in days_of(2024)
                if month <= d.month <= 9]
        self.check(self.claims(rows), "--as-of", "2024-09-30")
        table = {f["facility"]: f for f in self.table("facilities")}
        self.assertLess(float(table["79002"]["expected_by_now"]), float(table["79001"]["expected_by_now"]))
        self.assertAlmostEqual(float(table["79002"]["forecast"]), 100000 * 214, delta=3000000)

    def test_house_rules_about_provinces_and_facilities(self):
        rules = self.write_lines(
            "rules.csv", "id,scope,severity,condition,basis,date_basis,message_vi,message_en",
            "H1,province,suspicion,out_of_province_share > 0.3,house,as_of,x,Province {province}: {out_of_province_share}.",
            "H2,facility,notice,spent > 100000 AND z IS NULL,house,as_of,x,Facility {facility}.")
        rows = [self.claim(dt.date(2024, 3, 1), 60000, facility="79001", card=card) for card in ("79", "70", "38")]
        self.check(self.claims(rows), "--rules", rules, status=0)
        self.assertEqual([n for n in self.notices() if n[1].startswith("H")], [("79001", "H2"), ("79", "H1")])
        finding = next(f for f in self.table("findings") if f["rule"] == "H1")
        self.assertEqual((finding["message"], finding["row"], finding["evidence"]),
                         ("Province 79: 0.666667.", "", "out_of_province_share=0.666667"))
        bad = self.write_lines("bad.csv", "id,scope,severity,condition,basis,message_vi,message_en", "H1,province,notice,spnt > 1,house,x,x")
        done = self.check(self.claims(rows), "--rules", bad, status=2)
        self.assertIn("did you mean 'spent'", done.stderr)

    # ---- bad input

    def test_a_year_without_an_estimate_and_one_of_zero(self):
        rows = [self.claim(dt.date(2024, 3, 1), 100000), self.claim(dt.date(2025, 3, 1), 100000)]
        self.check(self.claims(rows), "--budgets", self.budgets("38,2025,0,x"))
        for province in self.table("provinces"):
            self.assertEqual((province["status"], province["utilisation"], province["pace"]), ("no_estimate", "", ""))

    def test_corrections_are_lawful_and_a_negative_year_has_no_forecast(self):
        rows = [self.claim(dt.date(2024, 3, 1), -100000), self.claim(dt.date(2024, 3, 2), 40000)]
        self.check(self.claims(rows), "--budgets", self.budgets("38,2024,1000000,x"))
        province = self.table("provinces")[0]
        self.assertEqual((province["spent"], province["evidence"], province["forecast"]), ("-60000", "none", ""))
        self.assertEqual([f["subject"] for f in self.table("findings") if f["rule"] == "M_NEGATIVE"], ["A1"])

    def test_a_negative_total_is_a_finding(self):
        self.check(self.claims([self.claim(dt.date(2024, 3, 1), 0, T_TONGCHI_BH="-5000")]))
        self.assertIn("M_NEGATIVE", [f["rule"] for f in self.table("findings")])

    def test_an_unknown_province_names_its_row(self):
        budget = self.budgets("38,2025,5,x", "99,2025,6,y")
        done = self.check(self.claims([self.claim(dt.date(2025, 3, 1), 1)]), "--budgets", budget, status=2)
        self.assertIn("row 3", done.stderr)
        self.assertIn("not the code of a province", done.stderr)

    def test_settlement_month_13_is_a_finding(self):
        self.check(self.claims([self.claim(dt.date(2024, 3, 1), 100000, THANG_QT="13")]))
        self.assertIn("M15_MONTH", [f["rule"] for f in self.table("findings")])

    def test_overlapping_budgets_name_their_row(self):
        budget = self.budgets("38,2025,5,x,2025-01-01", "38,2025,6,y,", header="province_code,year,budget_vnd,decision,effective_from")
        done = self.check(self.claims([self.claim(dt.date(2025, 3, 1), 1)]), "--budgets", budget, status=2)
        self.assertIn("row 3", done.stderr)
        self.assertIn("already gives", done.stderr)

    def test_an_adjustment_counts_from_its_day(self):
        rows = [self.claim(dt.date(2025, 3, 1), 100)]
        budget = self.budgets("38,2025,1000,877,", "38,2025,2000,adjusted,2025-09-01",
                              header="province_code,year,budget_vnd,decision,effective_from")
        for day, amount, decision in (("2025-08-31", "1000", "877"), ("2025-09-01", "2000", "adjusted")):
            self.check(self.claims(rows), "--budgets", budget, "--as-of", day)
            province = self.table("provinces")[0]
            self.assertEqual((province["budget"], province["decision"]), (amount, decision))

    def test_after_the_law_of_2025_notices_name_no_dates(self):
        rows = [self.claim(dt.date(2025, 9, 1), 100000)]
        self.check(self.claims(rows), "--budgets", self.budgets("38,2025,100000,x"))
        notice = next(f for f in self.table("findings") if f["rule"] == "B01")
        self.assertNotIn("October", notice["message"])
        self.assertIn("188/2025", notice["basis"])


if __name__ == "__main__":
    main()
