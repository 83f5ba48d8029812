"""The money side of kiem check, from outside: estimates, season, forecast, sums, prices, indicators. Standard library only.

usage: test_money.py KIEM SOURCE_DIRECTORY
"""
import datetime as dt
import decimal
import math
import random

from money import DAY, HEADER, MoneyCase, days_of, policy, season
from support import main


class Money(MoneyCase):
    # ---- golden cases of the record

    def test_thanh_hoa_first_half_of_2025(self):
        """3,083.43 bn are 58 % (the estimate is implied): a straight line says 115.8 %, the season 125.5 %."""
        half = [d for d in days_of(2025) if d.month <= 6]
        each = 3083430000000 // len(half)
        rows = [self.claim(d, each + (3083430000000 - each * len(half) if d == half[0] else 0)) for d in half]
        budget = self.budgets("38,2025,5316258620690,implied by 58 %")
        shown = self.check(self.claims(rows), "--budgets", budget, "--as-of", "2025-06-30").stdout
        province = self.table("provinces")[0]
        self.assertEqual((province["province"], province["spent"], province["utilisation"]), ("38", "3083430000000", "0.580000"))
        self.assertEqual(province["status"], "likely_over")
        self.assertAlmostEqual(float(province["straight_line"]) / 5316258620690, 0.58 * 365 / 181, delta=1e-4)
        expected = sum(s for s, d in zip(season(2025, "outpatient"), days_of(2025)) if d.month <= 6)
        self.assertAlmostEqual(float(province["expected_by_now"]), expected, delta=1e-6)
        self.assertGreater(float(province["pace"]), 1.24)
        self.assertLess(province["exhausts_earliest"], province["exhausts_on"])
        self.assertLess(province["exhausts_on"], province["exhausts_latest"])
        self.assertIn("runs out " + province["exhausts_on"], shown)
        self.assertIn("assumed", shown)
        notice = next(f for f in self.table("findings") if f["rule"] == "B02")
        self.assertIn("before 30 October", notice["message"])
        self.assertIn("No ground to refuse a claim", notice["message"])
        self.assertEqual((notice["severity"], notice["amount_at_risk"], notice["file"]), ("notice", "0", ""))

    def test_binh_phuoc_of_2023(self):
        """489 bn are 82 % of the year (the estimate is implied): not used up, and no notice of it."""
        days = days_of(2023)
        each = 489000000000 // len(days)
        rows = [self.claim(d, each + (489000000000 - each * len(days) if d == days[0] else 0), "70001") for d in days]
        budget = self.budgets("70,2023,596341463415,implied by 82 %")
        self.check(self.claims(rows), "--budgets", budget, "--as-of", "2024-12-31")
        province = next(p for p in self.table("provinces") if p["province"] == "70")
        self.assertEqual((province["spent"], province["utilisation"]), ("489000000000", "0.820000"))
        self.assertEqual((province["evidence"], province["exhausts_on"]), ("closed", ""))
        self.assertNotIn("used_up", province["status"])
        self.assertEqual(self.notices(), [])

    def test_the_nation_of_2023_by_the_published_estimate(self):
        """124,000 of 114,500 bn; the published estimate of the nation is used when no other is given."""
        provinces = [r["code"] for r in policy("provinces") if r["code"].isdigit() and int(r["code"]) < 97]
        each, rest = divmod(124000 * 10**9, len(provinces))
        rows = [self.claim(dt.date(2023, 12, 31), each + (rest if i == 0 else 0), facility=p + "001") for i, p in enumerate(provinces)]
        self.check(self.claims(rows))
        nation = self.table("provinces")[-1]
        self.assertEqual((nation["province"], nation["spent"], nation["utilisation"]), ("00", "124000000000000", "1.082969"))
        self.assertEqual(nation["decision"], "877/QD-TTg")
        self.assertEqual((nation["status"], nation["evidence"]), ("used_up", "closed"))
        self.assertIn(("00", "B01"), self.notices())

    def test_nghe_an_first_quarter_of_2023(self):
        """Visits +42.54 %, cost +32.21 %: a visit costs 7.2 % less, and the drivers say how much of the change is visits."""
        rows = []
        for year, visits, cost in ((2022, 10000, 776.04e9), (2023, 14254, 1026e9)):
            each = round(cost / visits)
            for i in range(visits):
                rows.append(self.claim(dt.date(year, 1 + i % 3, 1 + i % 28), each, facility="40001"))
        self.check(self.claims(rows), "--as-of", "2023-03-31")
        province = next(p for p in self.table("provinces") if p["year"] == "2023")
        self.assertEqual(province["driver_months"], "3")
        self.assertAlmostEqual(float(province["driver_visits"]) / 1e9, 317.3, delta=0.1)
        self.assertAlmostEqual(float(province["driver_cost_per_visit"]) / 1e9, -67.3, delta=0.1)
        self.assertEqual(province["driver_price"], "")

    # ---- season and forecast

    def test_the_curve_is_what_the_tables_say(self):
        rows = [self.claim(dt.date(2024, 1, 2), 1000000, kind=kind, facility=f) for kind, f in (("01", "01001"), ("03", "48001"))]
        claims = self.claims(rows)
        for day in ("2024-01-31", "2024-02-12", "2024-06-30", "2024-12-30"):
            self.check(claims, "--as-of", day)
            got = {p["province"]: float(p["expected_by_now"]) for p in self.table("provinces")}
            for province, kind in (("01", "outpatient"), ("48", "inpatient")):
                wanted = sum(s for s, d in zip(season(2024, kind), days_of(2024)) if d <= dt.date.fromisoformat(day))
                self.assertAlmostEqual(got[province], wanted, delta=1e-6, msg=day)

    def test_quarters_stand_beside_what_the_season_expects_in_them(self):
        rows = self.year_of_claims(2023)
        self.check(self.claims(rows), "--as-of", "2023-12-31")
        province = self.table("provinces")[0]
        expected = [float(province[f"expected_q{i}"]) for i in range(1, 5)]
        self.assertAlmostEqual(sum(expected), 1, delta=4e-6)
        for i, share in enumerate(expected):
            self.assertAlmostEqual(float(province[f"spent_q{i + 1}"]) / float(province["spent"]), share, delta=1e-5)

    def test_a_year_by_the_curve_is_forecast_as_it_ends(self):
        rows = self.year_of_claims(2024)
        whole = sum(int(r["T_BHTT"]) for r in rows)
        budget = self.budgets(f"79,2024,{whole},x")
        for month in (3, 6, 9, 11):
            cut = dt.date(2024, month + 1, 1) - DAY
            self.check(self.claims([r for r in rows if r["NGAY_RA"][:8] <= f"{cut:%Y%m%d}"]), "--budgets", budget,
                       "--as-of", str(cut))
            province = self.table("provinces")[0]
            self.assertAlmostEqual(float(province["forecast"]) / whole, 1, delta=0.02)
            self.assertLess(float(province["forecast_low"]), float(province["forecast"]))
            self.assertLess(float(province["forecast_high"]), float(province["forecast_high95"]))
            self.assertTrue(0.98 < float(province["pace"]) < 1.1)  # above 1 by the claims assumed to be late

    def test_dates_of_receipt_teach_the_lag(self):
        """A dump cut by date of receipt: with the column the forecast is that of the full data, and says so."""
        random.seed(4)
        rows, cut = [], dt.date(2024, 6, 28)
        shares = season(2024, "outpatient")
        for day, share in zip(days_of(2024), shares):
            for _ in range(round(share * 20000)):
                sent = day + random.choice((0, 1, 1, 2, 3, 5, 8)) * DAY
                rows.append(self.claim(day, 300000, facility="79001", NGAY_GUI=f"{sent:%Y%m%d}1000"))
        known = [r for r in rows if r["NGAY_GUI"][:8] <= f"{cut:%Y%m%d}"]
        self.check(self.claims(known, header=HEADER + ",NGAY_GUI"), "--as-of", str(cut))
        learned = self.table("provinces")[0]
        self.assertEqual(learned["lag_source"], "received")
        spent = sum(int(r["T_BHTT"]) for r in rows if r["NGAY_RA"][:8] <= f"{cut:%Y%m%d}")
        self.assertAlmostEqual((float(learned["spent"]) + float(learned["unreported"])) / spent, 1, delta=0.01)
        self.assertLess(float(learned["spent"]) / spent, 0.985)
        late = sum(r["NGAY_RA"][:8] <= f"{cut:%Y%m%d}" for r in rows) - int(learned["claims"])
        low, middle, high = (int(learned["unreported_claims" + end]) for end in ("_low", "", "_high"))
        self.assertTrue(low < middle < high and abs(late - middle) <= high - low, (late, low, middle, high))
        late = self.rule("LATE")
        self.assertGreater(late["false"], 0)
        self.assertNotIn("needs", late)
        self.check(self.claims(known), "--as-of", str(cut), out="without")
        self.assertEqual(self.table("provinces", "without")[0]["lag_source"], "assumed")
        late = self.rule("LATE", "without")
        self.assertEqual(late["needs"], "NGAY_GUI")

    def test_a_cut_on_any_day_of_the_week_finds_the_late_claims(self):
        """Whether claims are received by days, on days off too, or by working days."""
        for off in (True, False):
            random.seed(4)
            rows, late, told = [], 0, 0
            for day, share in zip(days_of(2024), season(2024, "outpatient")):
                for _ in range(round(share * 60000) if dt.date(2024, 4, 15) <= day <= dt.date(2024, 6, 30) else 0):
                    sent, lag = day, random.choice((0, 1, 1, 2, 3, 5, 8))
                    while lag:
                        sent += DAY
                        lag -= off or sent.isoweekday() <= 5
                    rows.append(self.claim(day, 300000, facility="79001", NGAY_GUI=f"{sent:%Y%m%d}1000"))
            for cut in range(20240620, 20240627):
                known = [r for r in rows if r["NGAY_GUI"][:8] <= str(cut)]
                self.check(self.claims(known, header=HEADER + ",NGAY_GUI"), "--as-of", f"2024-06-{cut % 100}")
                province = self.table("provinces")[0]
                self.assertEqual(province["lag_source"], "received")
                missing = sum(r["NGAY_RA"][:8] <= str(cut) for r in rows) - int(province["claims"])
                late += missing
                told += int(province["unreported_claims"])
            self.assertAlmostEqual(told / late, 1, delta=0.1)

    def test_earlier_years_teach_the_curve(self):
        rows = [r for year in (2022, 2023) for r in self.year_of_claims(year)]
        rows += [r for r in self.year_of_claims(2024) if r["NGAY_RA"][4:6] <= "06"]
        self.check(self.claims(rows), "--as-of", "2024-06-30")
        sources = {p["year"]: p["season_source"] for p in self.table("provinces")}
        self.assertEqual(sources, {"2022": "assumed", "2023": "learned", "2024": "learned"})

    def test_an_estimate_in_another_unit_is_told(self):
        claims = self.claims(self.year_of_claims(2024)[:20])
        spent = int(self.check(claims) and self.table("provinces")[0]["spent"])
        for budget, told in ((spent // 1000000, True), (spent // 10 - 1, True), (spent // 9, False), (spent * 100, False)):
            done = self.check(claims, "--budgets", self.budgets(f"79,2024,{budget},x"))
            self.assertEqual("check that it is in dong" in done.stdout, told, budget)

    def test_too_early_for_a_forecast(self):
        self.check(self.claims(self.year_of_claims(2024)[:20]), "--budgets", self.budgets("79,2024,365000000,x"))
        province = self.table("provinces")[0]
        self.assertEqual((province["evidence"], province["forecast"], province["exhausts_on"]), ("too_early", "", ""))
        self.assertNotEqual(province["pace"], "")

    def test_late_days_off_and_working_days(self):
        """Discharged on 2024-02-07, before Tet: the seventh working day is 2024-02-23."""
        rows = [self.claim(dt.date(2024, 2, 7), 100000, NGAY_GUI=sent) for sent in ("202402231700", "202402260800", "")]
        self.check(self.claims(rows, header=HEADER + ",NGAY_GUI"))
        late = [f for f in self.table("findings") if f["rule"] == "LATE"]
        self.assertEqual([(f["subject"], f["amount_at_risk"]) for f in late], [("A2", "0")])
        self.assertIn("1 working days after 2024-02-23", late[0]["message"])

    # ---- sums

    def test_every_table_has_the_same_money(self):
        rows = self.mixed_rows()
        total = sum(int(decimal.Decimal(r["T_BHTT"]) * 100) for r in rows)
        self.check(self.claims(rows), "--as-of", "2025-12-31")
        provinces = self.table("provinces")
        hundredths = lambda value: int(decimal.Decimal(value) * 100)
        self.assertEqual(sum(hundredths(p["spent"]) for p in provinces), total)
        for p in provinces:
            self.assertEqual(sum(hundredths(p[f"spent_q{i}"]) for i in range(1, 5)), hundredths(p["spent"]))
        later = [p for p in provinces if p["year"] == "2025"]
        for p in later:
            before = next(b for b in provinces if b["year"] == "2024" and b["province"] == p["province"])
            drivers = [k for k in p if k.startswith("driver_") and k not in ("driver_months", "driver_price")]
            self.assertEqual(len(drivers), 6)
            self.assertEqual(sum(hundredths(p[k]) for k in drivers), hundredths(p["change"]))
            self.assertEqual(hundredths(p["change"]), hundredths(p["spent"]) - hundredths(before["spent"]))
        facilities = self.table("facilities")
        self.assertEqual(sum(hundredths(f["spent_year"]) for f in facilities), sum(hundredths(p["spent"]) for p in later))

    def test_rows_may_come_in_any_order_and_by_any_threads(self):
        rows = self.mixed_rows()
        first = self.claims(rows)
        random.shuffle(rows)
        other = self.claims(rows, name="shuffled.csv")
        budget = self.budgets("79,2025,900000000000000,x")
        self.check(first, "--budgets", budget, "--as-of", "2025-09-30", out="one")
        self.check(other, "--budgets", budget, "--as-of", "2025-09-30", "--threads", "2", out="two")
        for name in ("provinces", "facilities"):
            self.assertEqual(self.table(name, "one"), self.table(name, "two"))

    def test_both_maps_of_2025(self):
        rows = self.mixed_rows()
        claims = self.claims(rows)
        budget = self.budgets("70,2025,1000,x", "75,2025,3000,x")
        self.check(claims, "--budgets", budget, "--as-of", "2025-12-31", out="old")
        self.check(claims, "--budgets", budget, "--as-of", "2025-12-31", "--province-map", "34", out="new")
        old = {p["province"]: p for p in self.table("provinces", "old") if p["year"] == "2025"}
        new = {p["province"]: p for p in self.table("provinces", "new") if p["year"] == "2025"}
        self.assertEqual(sorted(old), ["01", "70", "75", "79"])
        self.assertEqual(sorted(new), ["01", "75", "79"])
        self.assertAlmostEqual(float(new["75"]["spent"]), float(old["70"]["spent"]) + float(old["75"]["spent"]), delta=0.001)
        self.assertEqual((new["75"]["budget"], new["75"]["name"]), ("4000", "Đồng Nai"))

    # ---- prices from lines

    def priced(self, share=1.0):
        """Two years, twelve visits a month: prices +10 %, quantities +20 %; lines for a share of the claims."""
        rows, lines = [], []
        for year, price, quantity in ((2023, 1000, 10), (2024, 1100, 12)):
            for month in range(1, 13):
                for i in range(12):
                    row = self.claim(dt.date(year, month, 1 + i), price * quantity, facility="40001")
                    rows.append(row)
                    if i < 12 * share:
                        lines.append(f"{row['MA_LK']},1,40.17,VD-1,500mg,vien,4,{quantity},{price},100,{price * quantity},{row['NGAY_VAO']}")
        header = "MA_LK,STT,MA_THUOC,SO_DANG_KY,HAM_LUONG,DON_VI_TINH,MA_NHOM,SO_LUONG,DON_GIA,TYLE_TT_BH,THANH_TIEN_BH,NGAY_YL"
        return self.claims(rows), self.write_lines("drugs.csv", header, *lines)

    def test_lines_tell_price_from_volume(self):
        claims, drugs = self.priced()
        self.check(claims, "--drugs", drugs, "--as-of", "2024-12-31")
        province = next(p for p in self.table("provinces") if p["year"] == "2024")
        self.assertEqual(province["price_source"], "lines")
        change = 144 * (13200 - 10000)
        weight = change / math.log(1.32)
        self.assertEqual(int(province["change"]), change)
        self.assertAlmostEqual(float(province["driver_price"]), weight * math.log(1.1), delta=0.01)
        self.assertAlmostEqual(float(province["driver_cost_per_visit"]), weight * math.log(1.2), delta=0.01)
        self.assertEqual((province["drug_share"], province["bed_share"]), ("1.000000", "0.000000"))
        self.check(claims, "--drugs", drugs, "--threads", "2", "--as-of", "2024-06-30", out="half")
        half = next(p for p in self.table("provinces", "half") if p["year"] == "2024")
        self.assertAlmostEqual(float(half["driver_price"]), weight * math.log(1.1) / 2, delta=0.01)

    def test_few_lines_leave_price_and_volume_together(self):
        for share, source in ((0.7, "lines"), (0.5, "none")):
            claims, drugs = self.priced(share)
            self.check(claims, "--drugs", drugs)
            province = next(p for p in self.table("provinces") if p["year"] == "2024")
            self.assertEqual(province["price_source"], source)
            parts = [k for k in province if k.startswith("driver_") and k != "driver_months" and province[k]]
            self.assertEqual(len(parts), 7 if source == "lines" else 6)
            self.assertEqual(sum(int(decimal.Decimal(province[k]) * 100) for k in parts), int(province["change"]) * 100)

    # ---- indicators and the calendar

    def test_published_indicators(self):
        """Nghe An, first quarter of 2023: 1,309,588 visits, 1,026 bn, 1.55 visits a card; here a thousandth of it."""
        rows = []
        for i in range(1310):
            day = dt.date(2023, 1 + i % 3, 1 + i % 28)
            inpatient = i % 10 == 0
            rows.append(self.claim(day, 783452, facility="40001", kind="03" if inpatient else "01", SO_NGAY_DTRI="6",
                                   T_THUOC="261150", T_VTYT="78345", MA_THE_BHYT=f"DN440{i % 845:010d}"))
        self.check(self.claims(rows, header=HEADER + ",SO_NGAY_DTRI,T_THUOC,T_VTYT"), "--as-of", "2023-03-31")
        province = self.table("provinces")[0]
        self.assertEqual((province["claims"], province["cost_per_visit"], province["mean_stay"]), ("1310", "783452", "6.000000"))
        self.assertAlmostEqual(float(province["visits_per_card"]), 1310 / 845, delta=0.02)
        self.assertEqual((province["inpatient_share"], province["drug_share"]), ("0.100000", "0.333332"))
        self.assertEqual((province["total"], province["copay"]), (str(1310 * 783452), "0"))
        self.assertEqual((province["rank_cost_per_visit"], province["peers_growth"]), ("1", ""))

    def test_where_patients_come_from_and_how_claims_are_paid(self):
        day = dt.date(2025, 8, 5)
        rows = [self.claim(day, 50, card="79", facility="79001", T_BHTT_GDV="50"),
                self.claim(day, 30, card="74", facility="79001", T_BHTT_GDV="0"),
                self.claim(day, 12, card="40", facility="79001", T_BHTT_GDV="2"),
                self.claim(day, 5, card="01", facility="79001", T_BHTT_GDV="0"),
                self.claim(day, 3, facility="79001", T_BHTT_GDV="", MA_THE_BHYT="", MA_DKBD="")]
        claims = self.claims(rows, header=HEADER + ",T_BHTT_GDV")
        columns = ("main_origin", "main_origin_share", "otherwise_paid_claims", "otherwise_paid_spent", "by_service_share")
        self.check(claims)
        self.assertEqual([self.table("provinces")[0][c] for c in columns], ["74", "0.300000", "2", "35", "0.520000"])
        self.check(claims, "--province-map", "34")  # Binh Duong is Ho Chi Minh City
        self.assertEqual([self.table("provinces")[0][c] for c in columns], ["40", "0.120000", "2", "35", "0.520000"])
        self.check(self.claims(rows))
        self.assertEqual(self.table("provinces")[0]["otherwise_paid_claims"], "")

    def test_growth_above_that_of_other_provinces(self):
        rows = []
        for facility, now in (("01001", 130000), ("26001", 105000), ("27001", 100000), ("30001", 110000), ("79001", 200000)):
            for year, each in ((2023, 100000), (2024, now)):
                rows += [self.claim(dt.date(year, month, 5), each, facility=facility) for month in range(1, 7)]
        self.check(self.claims(rows), "--as-of", "2024-06-30")
        province = {p["province"]: p for p in self.table("provinces") if p["year"] == "2024"}
        hanoi = province["01"]
        self.assertEqual((hanoi["growth"], hanoi["peers_growth"], hanoi["peers"], hanoi["peers_of"]), ("0.300000", "0.050000", "3", "region"))
        self.assertEqual(province["79"]["peers_of"], "nation")
        self.assertEqual([n for n in self.notices() if n[1] == "B05"], [("01", "B05"), ("79", "B05")])
        self.assertEqual([province[p]["rank_cost_per_visit"] for p in ("79", "01", "30", "26", "27")], ["1", "2", "3", "4", "5"])

    def test_claims_to_come_hang_on_what_open_days_brought_together(self):
        # six working days, all open; which of them brought more is chance
        days = [dt.date(2024, 6, day) for day in (17, 18, 19, 20, 21, 24)]
        told = []
        for counts in ((10, 10, 10, 10, 10, 10), (1, 1, 1, 1, 1, 55), (55, 1, 1, 1, 1, 1)):
            self.check(self.claims([self.claim(day, 100000) for day, count in zip(days, counts) for _ in range(count)]), "--as-of", "2024-06-24")
            told.append([int(self.table("provinces")[0]["unreported_claims" + end]) for end in ("_low", "", "_high")])
        self.assertTrue(told[0] == told[1] == told[2] and told[0][0] < told[0][1] < told[0][2], told)

    def test_the_29th_of_february_is_held_against_the_28th(self):
        rows = [self.claim(dt.date(year, 1 + i % 2, 5), 100000) for year in (2022, 2023, 2024) for i in range(40)]
        rows += [self.claim(dt.date(year, 3, 1), 900000) for year in (2022, 2023) for _ in range(10)]
        self.check(self.claims(rows), "--as-of", "2024-02-29")
        facility = self.table("facilities")[0]
        self.assertEqual([facility[c] for c in ("growth", "growth_before", "cost_multiple")], ["0.000000", "0.000000", "1.000000"])

    def test_the_first_year_has_peers_of_the_region_too(self):
        rows = [self.claim(dt.date(2024, 1 + i % 6, 5), each, facility=facility) for i in range(30)
                for facility, each in (("01001", 100000), ("26001", 110000), ("27001", 120000), ("30001", 160000), ("79001", 900000))]
        self.check(self.claims(rows), "--as-of", "2024-06-30")
        province = {p["province"]: [p[c] for c in ("peers_of", "peers", "peers_cost_per_visit", "peers_growth")] for p in self.table("provinces")}
        self.assertEqual(province["01"], ["region", "3", "130000", ""])
        self.assertEqual(province["79"], ["nation", "4", "122500", ""])

    def test_the_settlement_calendar_before_and_since_july_2025(self):
        rows = [self.claim(dt.date(year, 12, 1), 100000) for year in (2024, 2025)]
        self.check(self.claims(rows), "--as-of", "2025-12-31")
        old, new = self.table("provinces")
        dues = ("quarter", "report_due", "advance_due", "advance_percent", "answer_due", "payment_due", "settlement_due")
        self.assertEqual([old[k] for k in dues],
                         ["4", "2025-01-15", "2025-01-22", "80", "2025-02-14", "2025-02-24", "2025-09-30"])
        self.assertEqual([new[k] for k in dues],
                         ["4", "2026-01-15", "2026-01-22", "90", "2026-03-16", "2026-03-26", "2026-09-30"])

    def test_the_list_of_a_month_is_due_on_the_fifteenth(self):
        rows = [self.claim(dt.date(2024, 3, 20), 100000, NGAY_GUI=sent, THANG_QT=month)
                for sent, month in (("202404151700", "3"), ("202404160800", "3"), ("202404160800", "4"))]
        self.check(self.claims(rows, header=HEADER + ",NGAY_GUI"))
        late = [f for f in self.table("findings") if f["rule"] == "LATE_LIST"]
        self.assertEqual([(f["subject"], f["amount_at_risk"]) for f in late], [("A2", "0")])
        self.check(self.claims(rows), out="without")
        self.assertEqual(self.rule("LATE_LIST", "without")["needs"], "NGAY_GUI")


if __name__ == "__main__":
    main()
