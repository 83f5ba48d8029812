"""The derived tables of patients, doctors and machines, and the rules about them: published cases are found, lawful ones
are left alone, and nothing hangs on the order, the splitting or the threads. Standard library only.

usage: test_people.py KIEM SOURCE_DIRECTORY
"""
import random

from support import HEADER, Case, line, main, row

SERVICE = "MA_LK,STT,MA_DICH_VU,MA_NHOM,TEN_DICH_VU,SO_LUONG,T_BHTT,MA_BAC_SI,NGUOI_THUC_HIEN,NGAY_YL,NGAY_TH_YL,NGAY_KQ,MA_MAY,MA_PTTT,TYLE_TT_DV,PHAM_VI,DON_GIA_BH"


class People(Case):
    def setUp(self):
        super().setUp()
        self.made_claims, self.lines = [], []

    def person(self, number):
        return f"GD4790{1000000000 + 7919 * number:010d}"[:15]

    def visit(self, number, day="20240304", hour="0800", facility="79001", **more):
        key = f"L{len(self.made_claims)}"
        start = f"{day}{hour}"
        cells = {"MA_LK": key, "MA_THE_BHYT": self.person(number), "NGAY_VAO": start, "NGAY_RA": f"{day}2330", "NAM_QT": day[:4],
                 "THANG_QT": str(int(day[4:6])), "GT_THE_TU": "20220101", "GT_THE_DEN": "20271231", "MA_CSKCB": facility, **more}
        self.made_claims.append(row(**cells))
        return key

    def line(self, key, group, **more):
        cells = {"MA_LK": key, "STT": str(len(self.lines) + 1), "MA_NHOM": str(group), "MA_DICH_VU": "02.1896", "SO_LUONG": "1",
                 "T_BHTT": "30000", "TYLE_TT_DV": "100", "PHAM_VI": "1", "DON_GIA_BH": "30000", **more}
        self.lines.append(line(cells, SERVICE))

    def exams(self, doctor, day, times, facility="79001"):
        for number, time in enumerate(times):
            key = self.visit(100 * len(self.made_claims) + number, day=day, facility=facility)
            self.line(key, 13, MA_BAC_SI=doctor, NGAY_YL=f"{day}{time // 60:02d}{time % 60:02d}")

    def run_all(self, *more, out="out"):
        claims = self.claims(*self.made_claims)
        services = self.write_lines("services.csv", SERVICE, *self.lines)
        self.check(claims, "--services", services, *more, out=out)
        return {(f["scope"], f["subject"], f["rule"]) for f in self.table("findings", out)
                if f["scope"] in ("patient", "doctor", "machine")}

    def test_more_than_65_exams(self):
        self.exams("000101/T79-CCHN", "20240304", [420 + 5 * i for i in range(66)])
        self.exams("000102/T79-CCHN", "20240304", [420 + 5 * i for i in range(65)])
        self.exams("000103/T79-CCHN", "20250304", [420 + 10 * i for i in range(70)])  # eleven hours and more
        self.exams("000104/T79-CCHN", "20250304", [420 + 5 * i for i in range(70)])
        self.exams("000105/T79-CCHN", "20240304", [420 + 5 * i for i in range(40)])  # two facilities
        self.exams("000105/T79-CCHN", "20240304", [780 + 5 * i for i in range(40)], facility="79002")
        found = self.run_all()
        self.assertEqual(found, {("doctor", "000101/T79-CCHN", "S04"), ("doctor", "000104/T79-CCHN", "S04")})
        rows = {r["doctor"]: r for r in self.table("doctors")}
        self.assertEqual(rows["000101/T79-CCHN"]["max_exams_day"], "66")
        self.assertEqual(rows["000103/T79-CCHN"]["max_exams_day"], "70")
        self.assertEqual(rows["000103/T79-CCHN"]["max_exams_8h"], "48")
        self.assertEqual(rows["000105/T79-CCHN"]["facilities"], "2")
        self.assertEqual(rows["000105/T79-CCHN"]["max_exams_day"], "40")
        self.assertEqual(rows["000101/T79-CCHN"]["spent"], str(66 * 30000))
        self.assertEqual(rows["000104/T79-CCHN"]["month"], "2025-03-01")

    def test_a_claim_with_very_many_doctors(self):
        key, many = self.visit(1), 50000  # minutes if each line looked at all doctors before it
        for i in range(many):
            self.line(key, 8, MA_BAC_SI=f"{1000000 + i}/T79-CCHN", NGUOI_THUC_HIEN=f"{2000000 + i}/T79-CCHN",
                      NGAY_YL="202403040800", NGAY_TH_YL="202403040810", NGAY_KQ="202403040930")
        self.run_all()
        rows = self.table("doctors")
        self.assertEqual(len(rows), 2 * many)
        self.assertEqual(sum(int(r["lines"]) for r in rows), many)
        self.assertEqual({r["max_busy_minutes"] for r in rows}, {"0", "80"})

    def test_two_places_at_once(self):
        for doctor, suffix, gap in (("000201/T79-CCHN", "", 2), ("000202/T79-CCHN", ".TX.79002", 2), ("000203/T79-CCHN", "", 90)):
            for number in range(3):
                here, there = 480 + 60 * number, 480 + 60 * number + gap
                self.exams(doctor, "20240305", [here])
                self.exams(doctor + suffix, "20240305", [there], facility="79002")
        self.exams("000201/T79-CCHN", "20240305", [1000], facility="79003")  # on that day, not at that time
        self.exams("0000000/T79-CCHN", "20240305", [480, 540])  # a number of zeros is nobody
        self.exams("0000000/T79-CCHN", "20240305", [480, 540], facility="79002")
        self.assertEqual(self.run_all(), {("doctor", "000201/T79-CCHN", "H03")})
        rows = {r["doctor"]: r for r in self.table("doctors")}
        self.assertEqual(rows["000201/T79-CCHN"]["two_places"], "79001;79002")
        self.assertEqual(rows["000201/T79-CCHN"]["max_two_places"], "3")
        self.assertEqual(rows["000201/T79-CCHN"]["max_two_places_on"], "2024-03-05")
        self.assertNotIn("0000000/T79-CCHN", rows)
        self.assertEqual(rows["000201/T79-CCHN"]["flagged"], "1")
        self.assertEqual(rows["000203/T79-CCHN"]["flagged"], "0")

    def operations(self, surgeon, count, every, minutes=120, group=8, day="20240306"):
        for number in range(count):
            start = 360 + every * number
            key = self.visit(5000 + len(self.made_claims), day=day)
            end = start + minutes
            ends = f"{int(day) + end // 1440}{end % 1440 // 60:02d}{end % 60:02d}"
            for _ in range(2):  # two lines of one session are one piece of work
                self.line(key, group, NGUOI_THUC_HIEN=surgeon, NGAY_YL=f"{day}0500", NGAY_KQ=ends,
                          NGAY_TH_YL=f"{int(day) + start // 1440}{start % 1440 // 60:02d}{start % 60:02d}")

    def test_more_hours_than_a_day_has(self):
        self.operations("000301/T79-CCHN;000399/T79-CCHN", 14, 35)
        self.operations("000302/T79-CCHN", 6, 120)  # one after the other
        self.operations("000303/T79-CCHN", 40, 15, minutes=30, group=18)  # procedures side by side: 20 hours
        found = self.run_all()
        self.assertEqual(found, {("doctor", "000301/T79-CCHN", "H02"), ("doctor", "000301/T79-CCHN", "H04_DAY"),
                                 ("doctor", "000399/T79-CCHN", "H04_DAY"), ("doctor", "000303/T79-CCHN", "H04_LONG")})
        rows = {r["doctor"]: r for r in self.table("doctors")}
        self.assertEqual(rows["000301/T79-CCHN"]["max_busy_minutes"], "1680")
        self.assertEqual(rows["000302/T79-CCHN"]["max_busy_minutes"], "720")
        self.assertEqual(rows["000302/T79-CCHN"]["max_at_once_minutes"], "0")

    def test_a_claim_sent_twice_is_work_done_once(self):
        visit = {"MA_LOAI_KCB": "03", "MA_BENH_CHINH": "K35"}
        done = {"NGUOI_THUC_HIEN": "000701/T79-CCHN", "NGAY_YL": "202403060800", "NGAY_TH_YL": "202403060900", "NGAY_KQ": "202403061000"}
        for month in ("3", "4"):  # once more for the same month, once for the next
            for number in (1, 2):
                key = self.visit(number, day="20240306", THANG_QT=month, **visit)
                self.line(key, 8, **(done if number == 1 else {**done, "NGUOI_THUC_HIEN": "000702/T79-CCHN"}))
        self.made_claims[2] = self.made_claims[2].replace(",2024,4,", ",2024,3,")
        for number in range(40):
            for _ in range(2):
                key = self.visit(100 + number, day="20250304")
                self.line(key, 13, MA_BAC_SI="000703/T79-CCHN", NGAY_YL=f"2025030408{number:02d}")
                self.line(key, 2, TEN_DICH_VU="Siêu âm ổ bụng", MA_MAY="SA.1.79001.A", NGAY_YL=f"2025030408{number:02d}")
        self.assertEqual(self.run_all(), set())
        rows = {r["doctor"]: r for r in self.table("doctors")}
        for doctor in ("000701/T79-CCHN", "000702/T79-CCHN"):
            self.assertEqual((rows[doctor]["max_at_once_minutes"], rows[doctor]["max_busy_minutes"]), ("0", "60"))
        day = rows["000703/T79-CCHN"]
        self.assertEqual((day["lines"], day["exams"], day["max_exams_8h"], day["spent"]), ("80", "40", "40", str(80 * 30000)))
        self.assertEqual([(r["cases"], r["spent"]) for r in self.table("machines")], [("40", str(80 * 30000))])
        self.assertEqual({rule for _, rule in self.findings()} & {"X01", "X01B"}, {"X01", "X01B"})

    def test_norms_of_a_day(self):
        norms = self.write("norms.csv", "service_code,least_minutes\n03.0001,120\n")
        for number in range(13):
            key = self.visit(7000 + number)
            self.line(key, 18, MA_DICH_VU="03.0001", NGUOI_THUC_HIEN="000401/T79-CCHN", NGAY_YL="202403040900",
                      NGAY_TH_YL=f"20240304{9 + number // 2:02d}00")
        found = self.run_all("--table", f"service_norms={norms}")
        self.assertIn(("doctor", "000401/T79-CCHN", "H04_NORM"), found)
        self.assertEqual(self.table("doctors")[0]["max_norm_minutes"], str(13 * 120))
        norms = self.write("norms.csv", "service_code,least_minutes\n03.0001,111\n")
        self.run_all("--table", f"service_norms={norms}", out="less")
        told = [f["message"] for f in self.table("findings", "less") if f["rule"] == "H04_NORM"]
        self.assertIn("need 24.05 hours, more than 24:", told[0])

    def test_a_machine_named_twice_in_a_cell(self):
        for cell in ("SA.1.79001.A;SA.1.79001.A", "SA.1.79001.A; SA.1.79001.B ;SA.1.79001.A;", "SA.1.79001.B"):
            self.line(self.visit(len(self.made_claims)), 2, TEN_DICH_VU="Siêu âm ổ bụng", MA_MAY=cell, NGAY_YL="202403040900", SO_LUONG="2")
        self.run_all()
        self.assertEqual([(r["machine"], r["cases"], r["spent"]) for r in self.table("machines")],
                         [("SA.1.79001.A", "4", "60000"), ("SA.1.79001.B", "4", "60000")])

    def test_midnight_is_no_time_of_day(self):
        for number in range(60):  # only the date is known: nobody knows of eight hours
            key = self.visit(len(self.made_claims), day="20250304")
            for clock, doctor in (("0000", "000106/T79-CCHN"), (f"08{number:02d}", "000107/T79-CCHN")):
                time = f"20250304{clock}"
                self.line(key, 13, MA_BAC_SI=doctor, NGAY_YL=time)
                self.line(key, 13, MA_BAC_SI=doctor, NGAY_YL=time)
            self.line(key, 2, TEN_DICH_VU="Siêu âm ổ bụng", MA_MAY="SA.1.79001.A", NGAY_YL="202503040000")
            self.line(key, 2, TEN_DICH_VU="Siêu âm ổ bụng", MA_MAY="SA.1.79001.B", NGAY_YL=f"2025030408{number:02d}")
        self.assertEqual(self.run_all(), {("doctor", "000107/T79-CCHN", "S04"), ("machine", "SA.1.79001.B", "S06"),
                                          ("machine", "SA.1.79001.B", "S06_DAY")})
        rows = {r["doctor"]: (r["max_exams_day"], r["max_exams_8h"], r["max_exams_8h_on"]) for r in self.table("doctors")}
        self.assertEqual(rows, {"000106/T79-CCHN": ("120", "0", ""), "000107/T79-CCHN": ("120", "120", "2025-03-04")})
        rows = {r["machine"]: (r["cases"], r["hours"], r["max_cases_8h"]) for r in self.table("machines")}
        self.assertEqual(rows, {"SA.1.79001.A": ("60", "24", "0"), "SA.1.79001.B": ("60", "8", "60")})

    def scans(self, machine, count, name, day="20240304"):
        for number in range(count):
            time = 420 + 480 * number // count
            key = self.visit(9000 + len(self.made_claims), day=day)
            self.line(key, 2, TEN_DICH_VU=name, MA_MAY=machine, NGAY_YL=f"{day}0650", NGUOI_THUC_HIEN="000501/T79-CCHN",
                      NGAY_TH_YL=f"{day}{time // 60:02d}{time % 60:02d}")

    def test_a_machine_over_its_limit(self):
        self.scans("SA.1.79001.A", 58, "Siêu âm ổ bụng")
        self.scans("SA.1.79001.B", 57, "Siêu âm tim thai")
        self.scans("CT.1.79001.A", 35, "Chụp CLVT sọ não")
        self.scans("CT.1.79001.B", 60, "Chụp CLVT 256 dãy mạch vành")  # no limit of its own
        self.scans("XN.1.79001.A", 200, "Định lượng glucose")
        found = self.run_all()
        self.assertEqual({f for f in found if f[0] == "machine"},
                         {("machine", "SA.1.79001.A", "S06_DAY"), ("machine", "SA.1.79001.A", "S06"),
                          ("machine", "CT.1.79001.A", "S06_DAY"), ("machine", "CT.1.79001.A", "S06")})
        told = [f["message"] for f in self.table("findings") if f["subject"] == "SA.1.79001.A"]
        self.assertEqual([("served 58 cases" in text, "above its limit of 57.6;" in text) for text in told], [(True, True)] * 2)
        rows = {r["machine"]: r for r in self.table("machines")}
        self.assertEqual((rows["SA.1.79001.A"]["kind"], rows["CT.1.79001.A"]["kind"], rows["CT.1.79001.B"]["kind"]), ("us", "ct", ""))
        self.assertEqual((rows["SA.1.79001.A"]["cases"], rows["SA.1.79001.A"]["hours"], rows["SA.1.79001.A"]["days"]), ("58", "8", "1"))

    def test_growth(self):
        for month, count in (("01", 60), ("02", 60), ("03", 60), ("04", 310)):
            for number in range(count):
                day = f"2024{month}{1 + number % 28:02d}"
                self.line(self.visit(len(self.made_claims), day=day), 3, MA_BAC_SI="000601/T79-CCHN", NGAY_YL=f"{day}0900")
        self.assertEqual(self.run_all(), {("doctor", "000601/T79-CCHN", "A06_DOCTOR")})
        last = self.table("doctors")[-1]
        self.assertEqual((last["lines_before"], last["growth"]), ("60", "5.166666"))

    def test_patients_of_the_published_cases(self):
        days = [f"2024{1 + i // 27:02d}{1 + i % 27:02d}" for i in range(240)]
        for i in range(80):  # 80 visits at 18 hospitals in two months and a bit
            self.visit(1, day=days[i * 60 // 80], facility=f"79{1 + i % 18:03d}", MA_BENH_CHINH="J06")
        for i in range(231):  # 231 visits at eleven hospitals
            self.visit(2, day=days[i], facility=f"79{1 + i % 11:03d}", MA_BENH_CHINH="M54")
        for i in range(150):  # dialysis
            self.visit(3, day=days[i], facility="79001", MA_BENH_CHINH="N18.5")
        for i in range(24):  # twice a month, as many do
            self.visit(4, day=days[i * 10], facility="79001", MA_BENH_CHINH="I10")
        for i in range(3):  # three stays that overlap another
            for facility, start, end in (("79001", 1, 6), ("79002", 3, 8)):
                month = f"2024{3 + 2 * i:02d}"
                self.visit(5, day=f"{month}{start:02d}", facility=facility, NGAY_RA=f"{month}{end:02d}1000", MA_LOAI_KCB="03",
                           MA_BENH_CHINH="J18")
        for i in range(3):  # the same with transfers
            for facility, start, end, leave in (("79001", 1, 3, "2"), ("79002", 2, 8, "1")):
                month = f"2024{3 + 2 * i:02d}"
                self.visit(6, day=f"{month}{start:02d}", facility=facility, NGAY_RA=f"{month}{end:02d}1000", MA_LOAI_KCB="03",
                           MA_BENH_CHINH="J18", MA_LOAI_RV=leave)
        found = {(int(subject), rule) for scope, subject, rule in self.run_all()}
        number = {n: int(self.person(n)[5:]) for n in range(1, 7)}
        self.assertEqual(found, {(number[1], "X05_PATIENT"), (number[1], "X07_PATIENT"), (number[2], "X05_PATIENT"), (number[2], "X07_PATIENT"),
                                 (number[2], "X06_SPEND"), (number[5], "X02_PATIENT")})
        rows = {int(r["patient"]): r for r in self.table("patients")}
        self.assertEqual((rows[number[2]]["claims"], rows[number[2]]["max_facilities_365d"]), ("231", "11"))
        self.assertEqual((rows[number[3]]["long_courses"], rows[number[3]]["max_visit_days_365d"]), ("150", "0"))
        self.assertEqual((rows[number[5]]["stays"], rows[number[5]]["overlaps"]), ("6", "3"))
        self.assertEqual(rows[number[6]]["overlaps"], "0")
        with open(self.path("out/findings.csv"), encoding="utf-8") as file:
            for finding in (line for line in file if line.startswith("patient,")):
                self.assertEqual(finding.count(self.person(1)[5:]) + finding.count(self.person(2)[5:]) +
                                 finding.count(self.person(5)[5:]), 1)  # as the subject, nowhere else

    def test_clocks_of_two_facilities_are_no_overlap(self):
        late = {1: ("0810", "1000", "2000"), 2: ("1000", "1000", "2000"), 3: ("1001", "1001", "0900")}
        for number, ends in late.items():  # each patient goes from one to the other three times
            for month, end in zip((3, 5, 7), ends):
                stay = {"MA_LOAI_KCB": "03", "MA_BENH_CHINH": "J18"}
                self.visit(number, day=f"20240{month}01", NGAY_RA=f"20240{month}05{end}", **stay)
                self.visit(number, day=f"20240{month}05", facility="79002", NGAY_RA=f"20240{month}091000", **stay)
        self.assertEqual(self.run_all(), {("patient", self.person(3)[5:], "X02_PATIENT")})
        rows = {r["patient"]: (r["overlaps"], r["overlap_minutes"]) for r in self.table("patients")}
        self.assertEqual([rows[self.person(n)[5:]] for n in late], [("1", "720"), ("1", "720"), ("2", "242")])

    def test_long_courses_are_rows_of_a_table(self):
        for i in range(25):
            self.visit(1, day=f"202403{1 + i:02d}", MA_BENH_CHINH="N18.5")
            self.visit(2, day=f"202403{1 + i:02d}", MA_BENH_CHINH="J06", MA_BENH_KT="E11;Z49.1")
        claims = self.claims(*self.made_claims)
        self.check(claims)
        self.assertNotIn("X06", {rule for _, rule in self.findings()})
        self.assertEqual({r["long_courses"] for r in self.table("patients")}, {"25"})
        table = self.write("courses.csv", "code_from,code_to,beside\nN18,N18,0\n")
        self.check(claims, "--table", f"long_courses={table}", out="own")
        found = {subject for subject, rule in self.findings("own") if rule == "X06"}
        self.assertEqual(len(found), 25 - 14)
        self.assertEqual(sorted(r["long_courses"] for r in self.table("patients", "own")), ["0", "25"])

    def test_the_same_drug_from_two_hospitals(self):
        drugs = []
        for person, facilities, every in ((1, ("79001", "79002"), 12), (2, ("79001",), 12), (3, ("79001", "79002"), 28)):
            for i in range(8):
                day = 1 + every * i
                key = self.visit(person, day=f"2024{3 + day // 28:02d}{1 + day % 28:02d}", facility=facilities[i % len(facilities)])
                drugs.append(f"{key},40.491,1.01,1 viên * 2 lần/ngày * 30 ngày,2024{3 + day // 28:02d}{1 + day % 28:02d}0900,60,50000,4")
        for day, facility in (("20240301", "79001"), ("20240316", "79002")):  # five drugs fetched early, once
            key = self.visit(4, day=day, facility=facility)
            drugs += [f"{key},40.{drug},1.01,1 viên/ngày * 30 ngày,{day}0900,30,50000,4" for drug in range(5)]
        claims = self.claims(*self.made_claims)
        lines = self.write("drugs.csv", "\n".join(["MA_LK,MA_THUOC,DUONG_DUNG,LIEU_DUNG,NGAY_YL,SO_LUONG,T_BHTT,MA_NHOM", *drugs]) + "\n")
        self.check(claims, "--drugs", lines)
        found = [int(f["subject"]) for f in self.table("findings") if f["rule"] == "X08"]
        self.assertEqual(found, [int(self.person(1)[5:])])
        rows = {int(r["patient"]): r["supply_overlaps"] for r in self.table("patients")}
        self.assertEqual([rows[int(self.person(n)[5:])] for n in (1, 2, 3, 4)], ["7", "0", "0", "1"])
        self.check(claims, out="without")
        rules = {rule["rule"]: rule for rule in self.summary("without")["rules"]}
        self.assertEqual(rules["X08"]["needs"], "patient.supply_overlaps")

    def test_two_cards_of_one_person(self):
        header = HEADER + ",SO_CCCD"
        def visits(number, citizen, facility, months, **more):
            for month in months:
                self.visit(number, day=f"2024{month:02d}05", facility=facility, **more)
                self.made_claims[-1] += "," + citizen
        visits(1, "079080000011", "79001", (1, 2, 3, 4))
        visits(2, "079080000011", "79002", (2, 3, 4, 5))
        visits(3, "079080000022", "79001", (1, 2, 3))  # a parent and a child
        visits(4, "079080000022", "79002", (1, 2, 3), NGAY_SINH="202001010000")
        visits(5, "079080000033", "79001", (1, 2))  # an exchanged card
        visits(6, "079080000033", "79002", (3, 4))
        self.check(self.claims(*self.made_claims, header=header))
        found = sorted(int(f["subject"]) for f in self.table("findings") if f["rule"] == "C13")
        self.assertEqual(found, sorted(int(self.person(n)[5:]) for n in (1, 2)))
        self.assertEqual(sorted({r["other_card_days"] for r in self.table("patients")}), ["0", "61"])
        self.check(self.claims(row()), out="without")
        rules = {rule["rule"]: rule for rule in self.summary("without")["rules"]}
        self.assertEqual(rules["C13"]["needs"], "patient.other_card_days")
        splits = (lambda k: k % 2, lambda k: k in (2, 3), lambda k: k < 4)
        for number, split in enumerate(splits):  # one part learned, the other checked
            learned = [c for k, c in enumerate(self.made_claims[:8]) if split(k)]
            checked = [c for k, c in enumerate(self.made_claims[:8]) if not split(k)]
            state = self.path(f"past{number}.state")
            self.kiem("learn", self.claims(*learned, header=header, name="past.csv"), "-o", state)
            self.check(self.claims(*checked, header=header), "--state", state, out="state")
            days = {int(r["patient"]): r["other_card_days"] for r in self.table("patients", "state")}
            self.assertEqual(set(days.values()), {"61"})

    def test_six_claims_a_week_of_fewer_days(self):
        for day in range(4, 9):  # radiotherapy, and four colds in a month
            self.visit(1, day=f"202403{day:02d}", MA_BENH_CHINH="C50.9", MA_BENH_KT="Z51.0")
        for day in ("20240212", "20240219", "20240226", "20240308"):
            self.visit(1, day=day, hour="1400", facility="79002", MA_BENH_CHINH="J06")
        for day in ("20240222", "20240304", "20240306", "20240308"):  # four visits, each sent twice
            self.visit(2, day=day, MA_BENH_CHINH="J06")
            self.visit(2, day=day, MA_BENH_CHINH="J06")
        for day in range(4, 10):  # six visits
            self.visit(3, day=f"202403{day:02d}", MA_BENH_CHINH="J06")
        self.check(self.claims(*self.made_claims))
        told = [(f["subject"], f["message"]) for f in self.table("findings") if f["rule"] == "X05_WEEK"]
        self.assertEqual(told, [(f"L{len(self.made_claims) - 1}", "6 claims in 7 days, 6 visit days in 30 days; check diagnoses and repeated drugs.")])

    def test_two_identities_on_a_citizen_number(self):
        for name, born in (("NGUYEN THU AN", "198003150000"), ("TRAN THU BINH", "196003150000")):
            self.visit(1, MA_THE_BHYT="", NGAY_SINH=born)
            self.made_claims[-1] += f",079080000011,{name}"
        self.check(self.claims(*self.made_claims, header=HEADER + ",SO_CCCD,HO_TEN"))
        told = [f["message"] for f in self.table("findings") if f["rule"] == "C12"]
        self.assertEqual([text.split(" but ")[0] for text in told], ["This claim and L0 carry one card or citizen number"])

    def test_pseudonyms_hide_the_subject(self):
        for i in range(60):
            self.visit(1, day=f"2024{1 + i // 27:02d}{1 + i % 27:02d}", facility=f"79{1 + i % 9:03d}")
        found = self.run_all("--pseudonymise", "key")
        self.assertTrue(found)
        self.assertFalse([subject for _, subject, _ in found if self.person(1)[5:] in subject])

    def test_order_splitting_threads_and_memory_change_nothing(self):
        source = random.Random(5)
        for number in range(1500):
            day = f"2024{source.randint(1, 6):02d}{source.randint(1, 28):02d}"
            key = self.visit(source.randint(0, 300), day=day, facility=f"7900{source.randint(1, 3)}", MA_BENH_CHINH="J06")
            for _ in range(source.randint(0, 4)):
                time = f"{day}{source.randint(7, 11):02d}{source.randint(0, 59):02d}"
                self.line(key, source.choice((1, 2, 8, 13, 18)), MA_BAC_SI=f"00070{source.randint(1, 4)}/T79-CCHN", NGAY_YL=time,
                          NGUOI_THUC_HIEN=f"00070{source.randint(1, 4)}/T79-CCHN;000709/T79-CCHN", NGAY_TH_YL=time,
                          NGAY_KQ=f"{day}12{source.randint(0, 59):02d}", TEN_DICH_VU="Siêu âm ổ bụng",
                          MA_MAY=source.choice(("", "SA.1", "SA.2;SA.1")))
        tables = ("doctors", "machines", "patients")
        self.run_all("--threads", "1", out="plain")
        expected = {name: self.table(name, "plain") for name in tables}
        people = ("patient", "doctor", "machine")
        of_people = [f for f in self.table("findings", "plain") if f["scope"] in people]
        self.assertTrue(all(expected.values()) and of_people)
        self.run_all("--threads", "3", "--memory", "1M", out="threads")
        half = len(self.made_claims) // 2
        source.shuffle(self.made_claims)
        source.shuffle(self.lines)
        parts = [self.claims(*self.made_claims[:half], name="a.csv"), self.claims(*self.made_claims[half:], name="b.csv")]
        services = self.write_lines("services.csv", SERVICE, *self.lines)
        self.check(*parts, "--services", services, out="split")
        for out in ("threads", "split"):
            for name in tables:
                self.assertEqual(self.table(name, out), expected[name], (out, name))
            self.assertEqual([f for f in self.table("findings", out) if f["scope"] in people], of_people)

    def test_planted_people_are_found(self):
        self.synth(9000, 12, 0.2)
        self.check(self.path("synth/claims.csv"), "--facilities", self.path("synth/facilities.csv"),
                   "--drugs", self.path("synth/drugs.csv"), "--services", self.path("synth/services.csv"))
        labels = [label["kind"] for label in self.table("labels", "synth")]
        found = [f["rule"] for f in self.table("findings") if f["scope"] in ("doctor", "machine")]
        for kind, claims, rule in (("doctor_in_two_places", 6, "H03"), ("machine_above_limit", 26, "S06_DAY"),
                                   ("impossible_doctor_day", 11, "H04_DAY")):
            self.assertGreater(labels.count(kind), 0, kind)
            self.assertGreaterEqual(found.count(rule), labels.count(kind) // 36, kind)
            self.assertLessEqual(found.count(rule), labels.count(kind) // claims, kind)

    def test_without_lines_the_rules_are_named_as_not_run(self):
        self.check(self.claims(row(), header=HEADER))
        rules = {rule["rule"]: rule for rule in self.summary()["rules"]}
        self.assertEqual(rules["H03"]["needs"], "doctor.max_two_places")
        self.assertNotIn("needs", rules["X07_PATIENT"])
        self.assertEqual(self.table("doctors"), [])


if __name__ == "__main__":
    main()
