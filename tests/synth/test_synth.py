"""Tests of `kiem synth`: same bytes, exact arithmetic, lawful where it says lawful. Standard library only.

usage: test_synth.py KIEM SAMPLE_DIRECTORY
"""

import os
import subprocess
import sys
import tempfile
import unittest
from collections import Counter, defaultdict

import law
from runs import DETAILED, KIEM, LAWFUL, MIXED, SAMPLE, Run, days, digests, half_up, minutes, money, number, read

CLAIM_FIELDS = (
    "MA_LK,STT,MA_BN,HO_TEN,SO_CCCD,NGAY_SINH,GIOI_TINH,NHOM_MAU,MA_QUOCTICH,MA_DANTOC,MA_NGHE_NGHIEP,DIA_CHI,"
    "MATINH_CU_TRU,MAHUYEN_CU_TRU,MAXA_CU_TRU,DIEN_THOAI,MA_THE_BHYT,MA_DKBD,GT_THE_TU,GT_THE_DEN,NGAY_MIEN_CCT,"
    "LY_DO_VV,LY_DO_VNT,MA_LY_DO_VNT,CHAN_DOAN_VAO,CHAN_DOAN_RV,MA_BENH_CHINH,MA_BENH_KT,MA_BENH_YHCT,MA_PTTT_QT,"
    "MA_DOITUONG_KCB,MA_NOI_DI,MA_NOI_DEN,MA_TAI_NAN,NGAY_VAO,NGAY_VAO_NOI_TRU,NGAY_RA,GIAY_CHUYEN_TUYEN,"
    "SO_NGAY_DTRI,PP_DIEU_TRI,KET_QUA_DTRI,MA_LOAI_RV,GHI_CHU,NGAY_TTOAN,T_THUOC,T_VTYT,T_TONGCHI_BV,T_TONGCHI_BH,"
    "T_BNTT,T_BNCCT,T_BHTT,T_NGUONKHAC,T_BHTT_GDV,NAM_QT,THANG_QT,MA_LOAI_KCB,MA_KHOA,MA_CSKCB,MA_KHUVUC,CAN_NANG,"
    "CAN_NANG_CON,NAM_NAM_LIEN_TUC,NGAY_TAI_KHAM,MA_HSBA,MA_TTDV,DU_PHONG"
).split(",")

# XML1 fields of Decision 4750 that are always filled
REQUIRED = (
    "MA_LK MA_BN HO_TEN NGAY_SINH GIOI_TINH MA_QUOCTICH MA_DANTOC MA_NGHE_NGHIEP DIA_CHI MATINH_CU_TRU MAXA_CU_TRU "
    "MA_THE_BHYT MA_DKBD GT_THE_TU LY_DO_VV CHAN_DOAN_VAO CHAN_DOAN_RV MA_BENH_CHINH MA_DOITUONG_KCB NGAY_VAO NGAY_RA "
    "SO_NGAY_DTRI KET_QUA_DTRI MA_LOAI_RV T_THUOC T_VTYT T_TONGCHI_BV T_TONGCHI_BH T_BNTT T_BNCCT T_BHTT T_NGUONKHAC "
    "T_BHTT_GDV NAM_QT THANG_QT MA_LOAI_KCB MA_KHOA MA_CSKCB CAN_NANG MA_HSBA"
).split()

TRAPS = (
    "dialysis dialysis_during_stay chemotherapy radiotherapy rehabilitation_daily transfer_overlap newborn_mother_card "
    "newborn_own_card twins night_emergency new_year_split relative_picks_up_drugs day_stay death_extra_bed_day "
    "sent_up_same_day costly_stay two_cards changed_card commune_full_benefit five_year_exemption "
    "off_network_central_40 off_network_outpatient late_settlement raised_digit open_ended_card child_until_september "
    "birth_year_only other_sources minority_off_network near_poor_2026"
).split()

PLANTED = (
    "duplicate duplicate_other_month near_duplicate overlapping_stay visit_inside_stay after_death many_visits "
    "several_facilities_a_day split_stay second_delivery benefit_above_due small_bill_copay commune_copay sums_differ "
    "expired_card impossible_digit sex_diagnosis child_card_adult upcoding phantom_combination inflated_facility "
    "blanket_tests off_network_outpatient_paid"
).split()
PLANTED_IN_DETAILS = (
    "impossible_doctor_day doctor_in_two_places machine_above_limit bed_days_above_stay second_operation_full "
    "quantity_price_broken component_beside_whole "
    "second_exam_full supply_above_ceiling result_before_order"
).split()

# kinds whose amounts break the law or the arithmetic on purpose
MONEY_KINDS = {
    "benefit_above_due", "small_bill_copay", "commune_copay", "sums_differ", "off_network_outpatient_paid",
}


class Bytes(unittest.TestCase):
    def test_same_seed_same_bytes_other_seed_others(self):
        with tempfile.TemporaryDirectory() as place:
            seen = []
            for name, seed in (("a", "3"), ("b", "3"), ("c", "4")):
                out = os.path.join(place, name)
                subprocess.run([KIEM, "synth", "--claims", "2500", "--seed", seed, "--fraud", "0.03", "--out", out], check=True)
                seen.append(digests(out))
            self.assertEqual(len(seen[0]), 7)
            self.assertEqual(seen[0], seen[1])
            for name in ("claims.csv", "labels.csv", "drugs.csv", "services.csv", "budgets.csv"):
                self.assertNotEqual(seen[0][name], seen[2][name])

    def test_sample_is_what_the_command_gives(self):
        for directory in (SAMPLE, os.path.join(SAMPLE, "details")):
            with open(os.path.join(SAMPLE, "README.md"), encoding="utf-8") as file:
                wanted = f"--out {os.path.relpath(directory, os.path.join(SAMPLE, '..', '..'))}\n"
                lines = [line for line in file if line.startswith("kiem synth ") and line.endswith(wanted)]
            self.assertEqual(len(lines), 1, directory)
            with tempfile.TemporaryDirectory() as place:
                words = lines[0].split()[2:-2]
                subprocess.run([KIEM, "synth", *words, "--out", place], check=True)
                made = digests(place)
            self.assertEqual(digests(directory), made)

    def test_refuses_bad_options(self):
        for words in (["--claims", "x"], ["--fraud", "2"], ["--nonsense", "1"], ["--provinces", "03"], ["--claims"],
                      ["--from", "2024-02-30"], ["--from", "2024-01-01", "--to", "2024-01-20"], ["--standard", "9"]):
            with tempfile.TemporaryDirectory() as place:
                done = subprocess.run([KIEM, "synth", *words, "--out", place], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, words)
            self.assertTrue(done.stderr.startswith("kiem: "), words)
        done = subprocess.run([KIEM, "synth", "--claims", "10", "--out", "/nonexistent/x"], capture_output=True)
        self.assertEqual(done.returncode, 3)


class Claims(unittest.TestCase):
    def each(self, text, also_abnormal=()):
        run = Run.of(text)
        for claim in run.claims:
            if run.abnormal.get(claim["MA_LK"], None) in (None, *also_abnormal):
                yield run, claim

    def test_columns_and_required_fields(self):
        for text in (MIXED, DETAILED, LAWFUL):
            run = Run.of(text)
            self.assertEqual(list(run.claims[0]), CLAIM_FIELDS)
            self.assertEqual(len(run.claims), int(text.split()[1]))
            self.assertEqual(len(run.by_id), len(run.claims))
            for place, claim in enumerate(run.claims):
                self.assertEqual(int(claim["STT"]), place + 1)
                for field in REQUIRED:
                    self.assertNotEqual(claim[field], "", (claim["MA_LK"], field))
                inpatient = claim["MA_LOAI_KCB"] in ("03", "04", "09")
                self.assertEqual(claim["NGAY_VAO_NOI_TRU"] != "", inpatient)
                self.assertEqual(claim["LY_DO_VNT"] != "", inpatient)
                if claim["MA_DOITUONG_KCB"] == "1.3":
                    self.assertIn(claim["MA_NOI_DI"], run.facilities)
                    self.assertNotEqual(claim["GIAY_CHUYEN_TUYEN"], "")

    def test_sums(self):
        for text in (MIXED, DETAILED, LAWFUL):
            for run, c in self.each(text, set(PLANTED + PLANTED_IN_DETAILS) - {"sums_differ"}):
                bv, bh = money(c, "T_TONGCHI_BV"), money(c, "T_TONGCHI_BH")
                fund, copay, own, other = (money(c, f) for f in ("T_BHTT", "T_BNCCT", "T_BNTT", "T_NGUONKHAC"))
                self.assertEqual(bv, fund + copay + own + other, c["MA_LK"])
                self.assertEqual(money(c, "T_BHTT_GDV"), fund)
                if other == 0:
                    self.assertEqual(bh, fund + copay, c["MA_LK"])
                    self.assertEqual(own, bv - bh, c["MA_LK"])
                self.assertGreater(bh, 0)
                self.assertLessEqual(money(c, "T_THUOC") + money(c, "T_VTYT"), bv)

    def test_benefit_is_the_one_due(self):
        seen = Counter()
        for text in (MIXED, DETAILED, LAWFUL):
            for run, c in self.each(text, set(PLANTED + PLANTED_IN_DETAILS) - MONEY_KINDS):
                bh, fund = money(c, "T_TONGCHI_BH"), money(c, "T_BHTT")
                due = law.benefit_due(c, run.facilities[c["MA_CSKCB"]], bh)
                seen[due] += 1
                # rounded line by line: at most half a hundredth for each of fewer than 100 lines
                self.assertLess(abs(fund - bh * due / 100), 50, (c["MA_LK"], due, run.traps.get(c["MA_LK"])))
        for rate in (100, 95, 80, 40, 38, 32, 0):
            self.assertIn(rate, seen)

    def test_clear_of_unsettled_law(self):
        """Own choice with a small bill is disputed: it must not occur where it would matter."""
        for text in (MIXED, LAWFUL):
            for run, c in self.each(text):
                date = int(c["NGAY_RA"][:8])
                if c["MA_DOITUONG_KCB"] in law.IN_NETWORK - {"1.2"}:
                    continue
                if run.facilities[c["MA_CSKCB"]]["tier"] == "commune" or law.level_percent(c["MA_THE_BHYT"], date) == 100:
                    continue
                self.assertGreaterEqual(money(c, "T_TONGCHI_BH"), law.base_salary(date) * 15, c["MA_LK"])

    def test_dates_cards_and_days(self):
        for text in (MIXED, DETAILED, LAWFUL):
            for run, c in self.each(text):
                start, end = minutes(c["NGAY_VAO"]), minutes(c["NGAY_RA"])
                self.assertLess(start, end)
                if c["NGAY_VAO_NOI_TRU"]:
                    self.assertTrue(start <= minutes(c["NGAY_VAO_NOI_TRU"]) <= end, c["MA_LK"])
                self.assertTrue("20240101" <= c["NGAY_VAO"][:8] and c["NGAY_RA"][:8] <= "20260831")
                self.assertEqual(c["NAM_QT"], c["NGAY_RA"][:4])
                self.assertGreaterEqual(c["THANG_QT"], c["NGAY_RA"][4:6])
                # a stay never runs over a change of law, nor over the end of a budget year
                for change in ("20240701", "20250101", "20250701", "20260101", "20260701"):
                    self.assertFalse(c["NGAY_VAO"][:8] < change <= c["NGAY_RA"][:8], c["MA_LK"])
                lists = [c[f].split(";") for f in ("MA_THE_BHYT", "MA_DKBD", "GT_THE_TU", "GT_THE_DEN")]
                self.assertEqual(len({len(part) for part in lists}), 1)
                valid = [a <= c["NGAY_VAO"][:8] and (b == "" or c["NGAY_VAO"][:8] <= b) for a, b in zip(*lists[2:])]
                self.assertTrue(any(valid), c["MA_LK"])
                last = max(b or "99991231" for b in lists[3])
                self.assertLessEqual(c["NGAY_RA"][:8], last)
                for card in lists[0]:
                    self.assertRegex(card, r"^[A-Z]{2}[1-5]\d{12}$")
                    self.assertEqual(card[2] == "5", card[:2] in ("QN", "CA", "CY"))
                self.check_days(c)

    def check_days(self, c):
        kind, stay = c["MA_LOAI_KCB"], days(c["NGAY_RA"]) - days(c["NGAY_VAO"]) + 1
        found = int(c["SO_NGAY_DTRI"])
        if kind in ("01", "09"):
            self.assertEqual(found, 0)
        elif kind == "05" or (kind == "07" and c["NGAY_RA"] >= "2025"):
            self.assertIn(found, (28, 30))
        elif kind == "07":
            self.assertEqual(found, 0)
        else:
            self.assertEqual(found, stay)

    def test_persons(self):
        for text in (MIXED, LAWFUL):
            people = {}
            for run, c in self.each(text):
                card = c["MA_THE_BHYT"].split(";")[0]
                who = (c["HO_TEN"], c["NGAY_SINH"], c["GIOI_TINH"], c["SO_CCCD"])
                key = (card[5:], c["NGAY_SINH"], c["HO_TEN"])
                self.assertEqual(people.setdefault(key, who), who)
                code = c["SO_CCCD"]
                if code:
                    self.assertEqual(len(code), 12)
                    self.assertEqual(int(code[3]) % 2, 0 if c["GIOI_TINH"] == "1" else 1)
                    self.assertEqual(code[4:6], c["NGAY_SINH"][2:4])
                    self.assertEqual(int(code[3]) // 2, 1 if c["NGAY_SINH"][:2] == "20" else 0)
                    self.assertGreater(int(code[:3]), 96)  # no province: nobody's real number
                if card[:2] == "HT":
                    self.assertGreaterEqual(int(c["NGAY_VAO"][:4]) - int(c["NGAY_SINH"][:4]), 45, c["MA_LK"])
                if card[:2] == "TE":
                    year, month = int(c["NGAY_SINH"][:4]) + 6, int(c["NGAY_SINH"][4:6])
                    limit = year * 10000 + (930 if month <= 9 else month * 100 + 31)
                    self.assertLessEqual(int(c["NGAY_VAO"][:8]), limit, c["MA_LK"])
                self.assertIn(" THỬ ", c["HO_TEN"])

    def test_lawful_histories_hold_no_contradiction(self):
        for text in (LAWFUL, MIXED):
            run = Run.of(text)
            by_person = defaultdict(list)
            for c in run.claims:
                if c["MA_LK"] not in run.abnormal:
                    by_person[c["MA_THE_BHYT"][5:15], c["NGAY_SINH"]].append(c)
            for person, claims in by_person.items():
                claims.sort(key=lambda c: c["NGAY_VAO"])
                births = [days(c["NGAY_VAO"]) for c in claims if c["MA_BENH_CHINH"] in ("O80", "O82")]
                self.assertTrue(all(b - a > 168 for a, b in zip(births, births[1:])), person)
                for a, b in zip(claims, claims[1:]):
                    kinds = {run.traps.get(a["MA_LK"]), run.traps.get(b["MA_LK"])}
                    if kinds & {"transfer_overlap", "dialysis_during_stay", "dialysis", "relative_picks_up_drugs", "twins"}:
                        continue
                    self.assertLess(a["NGAY_RA"], b["NGAY_VAO"], (a["MA_LK"], b["MA_LK"], kinds))
                    self.assertNotEqual(a["KET_QUA_DTRI"], "5", (a["MA_LK"], b["MA_LK"]))


class Lines(unittest.TestCase):
    def test_lines_and_their_sums(self):
        run = Run.of(DETAILED)
        totals = defaultdict(Counter)
        broken = early = 0
        for name, prices in (("drugs.csv", ("DON_GIA", "DON_GIA")), ("services.csv", ("DON_GIA_BV", "DON_GIA_BH"))):
            for row in read(run.path, name):
                claim = run.by_id[row["MA_LK"]]
                quantity = number(row["SO_LUONG"], 3)
                bv_price, bh_price = (number(row[p], 3) for p in prices)
                service = int(row.get("TYLE_TT_DV", 100))
                paid, rate = int(row["TYLE_TT_BH"]), number(row["MUC_HUONG"], 1)
                bv, bh = money(row, "THANH_TIEN_BV"), money(row, "THANH_TIEN_BH")
                fund, copay, own = (money(row, f) for f in ("T_BHTT", "T_BNCCT", "T_BNTT"))
                other = money(row, "T_NGUONKHAC")
                exact = (bv == half_up(quantity * bv_price * service, 10**6) and
                         bh == half_up(quantity * bh_price * service * paid, 10**8))
                if run.abnormal.get(row["MA_LK"]) == "quantity_price_broken":
                    broken += not exact
                else:
                    self.assertTrue(exact, (row["MA_LK"], row["STT"], name))
                self.assertEqual(fund, half_up(bh * rate, 1000))
                self.assertEqual(bv, fund + copay + own + other)
                self.assertEqual(other, sum(money(row, "T_NGUONKHAC_" + s) for s in ("NSNN", "VTNN", "VTTN", "CL")))
                if other == 0:
                    self.assertEqual((copay, own), (bh - fund, bv - bh))
                else:
                    self.assertEqual(own, max(0, bv - bh - other))  # the patient's own part goes first
                if run.abnormal.get(row["MA_LK"]) == "result_before_order":
                    early += bool(row.get("NGAY_KQ")) and row["NGAY_KQ"] < row["NGAY_YL"]
                else:
                    self.check_times(row, claim)
                total = totals[row["MA_LK"]]
                parts = {"T_TONGCHI_BV": bv, "T_TONGCHI_BH": bh, "T_BHTT": fund, "T_BNCCT": copay, "T_BNTT": own,
                         "T_NGUONKHAC": other, "T_THUOC": bv if name == "drugs.csv" else 0,
                         "T_VTYT": bv if row["MA_NHOM"] == "10" else 0}
                total.update(parts)
                if row["MA_NHOM"] in ("14", "15"):
                    total["bed days"] += quantity // 1000
        self.assertGreater(broken, 0)
        self.assertEqual(early, list(run.abnormal.values()).count("result_before_order"))
        for claim in run.claims:
            total = totals[claim["MA_LK"]]
            if run.abnormal.get(claim["MA_LK"]) == "sums_differ":
                self.assertTrue(total["T_BHTT"] != money(claim, "T_BHTT") or
                                total["T_TONGCHI_BV"] != money(claim, "T_TONGCHI_BV"))
                continue
            for field in ("T_TONGCHI_BV", "T_TONGCHI_BH", "T_BHTT", "T_BNCCT", "T_BNTT", "T_NGUONKHAC", "T_THUOC", "T_VTYT"):
                self.assertEqual(total[field], money(claim, field), (claim["MA_LK"], field))
            self.check_beds(run, claim, total["bed days"])

    def check_times(self, row, claim):
        ordered, done, result = row["NGAY_YL"], row["NGAY_TH_YL"], row.get("NGAY_KQ", "")
        self.assertTrue(claim["NGAY_VAO"] <= ordered <= claim["NGAY_RA"], (row["MA_LK"], row["STT"], ordered))
        if done:
            self.assertLessEqual(ordered, done)
        if done and result:
            self.assertLessEqual(done, result)
        if "TYLE_TT_DV" in row:
            self.assertEqual(row["NGUOI_THUC_HIEN"] != "", row["MA_NHOM"] in ("1", "2", "3", "8", "18"))

    def check_beds(self, run, claim, beds):
        if claim["MA_LOAI_KCB"] not in ("03", "04"):
            self.assertEqual(beds, 0)
            return
        admitted, end = minutes(claim["NGAY_VAO_NOI_TRU"]), minutes(claim["NGAY_RA"])
        due = end // 1440 - admitted // 1440
        if end - admitted < 1440:
            due = 1 if end - admitted > 240 else 0
        elif claim["KET_QUA_DTRI"] == "5":
            due += 1
        if run.abnormal.get(claim["MA_LK"]) == "bed_days_above_stay":
            self.assertGreater(beds, due)
        else:
            self.assertEqual(beds, due, claim["MA_LK"])


class Labels(unittest.TestCase):
    def test_lawful_run_has_only_lawful_labels(self):
        run = Run.of(LAWFUL)
        self.assertEqual({row["label"] for row in run.labels}, {"0"})
        self.assertEqual({row["kind"] for row in run.labels}, set(TRAPS))
        self.assertEqual({row["amount"] for row in run.labels}, {"0"})

    def test_every_kind_and_the_asked_share(self):
        for text, kinds in ((MIXED, PLANTED), (DETAILED, PLANTED_IN_DETAILS)):
            run = Run.of(text)
            found = Counter(run.abnormal.values())
            self.assertLessEqual(set(kinds), set(found))
            share = sum(found.values()) / len(run.claims)
            self.assertTrue(0.045 < share < 0.06, share)
            self.assertEqual(set(run.traps.values()), set(TRAPS))
            self.assertEqual(len(run.labels), len(run.abnormal) + len(run.traps))
            for row in run.labels:
                claim = run.by_id[row["MA_LK"]]
                self.assertLessEqual(money(row, "amount"), money(claim, "T_BHTT"))
                self.assertTrue(row["note"])

    def of_kind(self, kind):
        run = Run.of(MIXED)
        for row in run.labels:
            if row["kind"] == kind:
                related = run.by_id.get(row["note"][-10:])
                yield run, run.by_id[row["MA_LK"]], related, row

    def test_duplicates(self):
        same = "MA_THE_BHYT HO_TEN NGAY_VAO NGAY_RA MA_BENH_CHINH MA_CSKCB T_TONGCHI_BV T_BHTT NAM_QT".split()
        for kind in ("duplicate", "duplicate_other_month"):
            for _, claim, original, row in self.of_kind(kind):
                for field in same:
                    self.assertEqual(claim[field], original[field])
                self.assertEqual(claim["THANG_QT"] == original["THANG_QT"], kind == "duplicate")
                self.assertEqual(money(row, "amount"), money(claim, "T_BHTT"))

    def test_stays_that_contradict(self):
        for _, claim, other, _ in self.of_kind("overlapping_stay"):
            shared = min(minutes(claim["NGAY_RA"]), minutes(other["NGAY_RA"])) - max(
                minutes(claim["NGAY_VAO"]), minutes(other["NGAY_VAO"]))
            self.assertGreater(shared, 12 * 60)
            self.assertNotEqual(claim["MA_CSKCB"], other["MA_CSKCB"])
        for _, claim, other, _ in self.of_kind("visit_inside_stay"):
            self.assertGreater(days(claim["NGAY_VAO"]) - days(other["NGAY_VAO"]), 1)
            self.assertGreater(days(other["NGAY_RA"]) - days(claim["NGAY_RA"]), 1)
        for _, claim, other, _ in self.of_kind("after_death"):
            self.assertEqual(other["KET_QUA_DTRI"], "5")
            self.assertGreater(days(claim["NGAY_VAO"]) - days(other["NGAY_RA"]), 1)
        for _, claim, other, _ in self.of_kind("second_delivery"):
            self.assertTrue(7 <= days(claim["NGAY_VAO"]) - days(other["NGAY_RA"]) <= 168)

    def test_many_visits(self):
        by_person = defaultdict(list)
        for _, claim, _, _ in self.of_kind("many_visits"):
            by_person[claim["MA_THE_BHYT"][5:]].append(claim)
        self.assertTrue(by_person)
        for claims in by_person.values():
            self.assertGreaterEqual(len(claims), 50)
            self.assertGreaterEqual(len({c["MA_CSKCB"] for c in claims}), 7)
            spread = [days(c["NGAY_VAO"]) for c in claims]
            self.assertLess(max(spread) - min(spread), 70)

    def test_rates(self):
        for kind in ("benefit_above_due", "off_network_outpatient_paid"):
            for run, claim, _, row in self.of_kind(kind):
                bh, fund = money(claim, "T_TONGCHI_BH"), money(claim, "T_BHTT")
                due = law.benefit_due(claim, run.facilities[claim["MA_CSKCB"]], bh)
                self.assertLess(abs(fund - bh * due / 100 - money(row, "amount")), 50, (kind, claim["MA_LK"]))
                self.assertGreater(money(row, "amount"), 0)
        for kind in ("small_bill_copay", "commune_copay"):
            for run, claim, _, row in self.of_kind(kind):
                due = law.benefit_due(claim, run.facilities[claim["MA_CSKCB"]], money(claim, "T_TONGCHI_BH"))
                self.assertEqual(due, 100)
                self.assertGreater(money(claim, "T_BNCCT"), 0)
                self.assertEqual(row["amount"], "0")

    def test_cards_and_persons(self):
        for _, claim, _, _ in self.of_kind("expired_card"):
            self.assertGreater(days(claim["NGAY_VAO"]) - days(claim["GT_THE_DEN"]), 15)
        for _, claim, _, _ in self.of_kind("impossible_digit"):
            self.assertEqual(claim["MA_THE_BHYT"][2], "5")
            self.assertNotIn(claim["MA_THE_BHYT"][:2], ("QN", "CA", "CY"))
        for _, claim, _, _ in self.of_kind("child_card_adult"):
            self.assertEqual(claim["MA_THE_BHYT"][:3], "TE1")
            self.assertGreater(int(claim["NGAY_VAO"][:4]) - int(claim["NGAY_SINH"][:4]), 16)
        for _, claim, _, _ in self.of_kind("sex_diagnosis"):
            self.assertIn((claim["GIOI_TINH"], claim["MA_BENH_CHINH"]), (("1", "O80"), ("2", "N40")))

    def test_costs_of_the_changed_facility(self):
        run = Run.of(MIXED)
        for kind in ("inflated_facility", "blanket_tests"):
            places = {claim["MA_CSKCB"] for _, claim, _, _ in self.of_kind(kind)}
            self.assertEqual(len(places), 1)
            first = min(claim["NGAY_RA"] for _, claim, _, _ in self.of_kind(kind))
            later = [c for c in run.claims if c["MA_CSKCB"] in places and c["NGAY_RA"] >= first]
            for claim in later:  # every claim of the facility from then on, but for those made on purpose
                self.assertTrue(claim["MA_LK"] in run.abnormal or claim["MA_LK"] in run.traps)


class Realism(unittest.TestCase):
    def test_mix(self):
        run = Run.of(LAWFUL)
        kinds = Counter(c["MA_LOAI_KCB"] for c in run.claims)
        share = {k: n / len(run.claims) for k, n in kinds.items()}
        self.assertTrue(0.60 < share["01"] < 0.80, share)
        self.assertTrue(0.08 < share["03"] < 0.16, share)
        self.assertTrue(0.05 < share["05"] < 0.20, share)
        fund = sorted(money(c, "T_BHTT") for c in run.claims)
        self.assertGreater(sum(fund) / len(fund), 2 * fund[len(fund) // 2])  # money is skewed

    def test_estimates_are_used_unevenly(self):
        run = Run.of(LAWFUL)
        spent = Counter()
        for c in run.claims:
            spent[c["MA_CSKCB"][:2], c["NAM_QT"]] += money(c, "T_BHTT")
        used = []
        for row in read(run.path, "budgets.csv"):
            self.assertEqual(row["decision"], "(invented)")
            if row["year"] in ("2024", "2025"):
                used.append(spent[row["province_code"], row["year"]] / 100 / int(row["budget_vnd"]))
        self.assertEqual(len(used), 16)
        self.assertTrue(0.58 < min(used) < 0.70 and 1.10 < max(used) < 1.17, used)


class OldLayout(unittest.TestCase):
    def test_4210(self):
        run = Run.of("--claims 4000 --seed 5 --fraud 0.02 --standard 4210")
        self.assertEqual(len(run.claims[0]), 40)
        for c in run.claims:
            if run.abnormal.get(c["MA_LK"]) != "sums_differ":
                parts = sum(money(c, f) for f in ("T_BNTT", "T_BNCCT", "T_BHTT", "T_NGUONKHAC"))
                self.assertEqual(money(c, "T_TONGCHI"), parts)
            self.assertIn(c["MA_LYDO_VVIEN"], "1234")
            self.assertTrue("2022" <= c["NGAY_RA"][:4] <= "2023")
            self.assertIn(len(c["NGAY_SINH"]), (4, 8))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
