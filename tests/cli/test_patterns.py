"""Patterns over time from outside: each published case of patients that claims can show is found, each lawful case that looks
like one is left alone. Standard library only.

usage: test_patterns.py KIEM SOURCE_DIRECTORY
"""
import datetime as dt

from support import HEADER, Case, line, main

FIELDS = HEADER + ",HO_TEN,MA_NOI_DEN,MA_KHOA,MA_PTTT_QT"
PATTERNS = ("X01", "X01B", "X02", "X03", "X04", "X05_WEEK", "X06", "X06_YEAR", "X07", "X09", "X10", "C08", "C12", "C13", "C17", "C19",
            "X02_PATIENT", "X04_PATIENT", "X05_PATIENT", "X06_PATIENT", "X07_PATIENT", "X06_SPEND", "X08")
BASE = {"MA_DKBD": "79001", "GT_THE_TU": "20220101", "GT_THE_DEN": "20271231", "NGAY_SINH": "198003150000", "GIOI_TINH": "1",
        "MA_BENH_CHINH": "I10", "MA_DOITUONG_KCB": "1.1", "KET_QUA_DTRI": "2", "MA_LOAI_RV": "1", "T_TONGCHI_BV": "500000",
        "T_TONGCHI_BH": "500000", "T_BNTT": "0", "T_BNCCT": "100000", "T_BHTT": "400000", "T_NGUONKHAC": "0", "MA_LOAI_KCB": "01",
        "HO_TEN": "NGUYEN VAN AN"}
STAY = {"MA_LOAI_KCB": "03", "MA_BENH_CHINH": "J18"}
WOMAN = {"GIOI_TINH": "2", "HO_TEN": "TRAN THI BE", "NGAY_SINH": "199503150000"}
BIRTH = {**WOMAN, **STAY, "MA_BENH_CHINH": "O80"}


class Patterns(Case):
    def setUp(self):
        super().setUp()
        self.rows = []

    def claim(self, person, start, end=None, facility="79001", **more):
        """start and end: yyyy-mm-dd HH:MM."""
        times = [(dt.datetime.fromisoformat(t)).strftime("%Y%m%d%H%M") for t in (start, end or start[:10] + " 23:30")]
        number = len(self.rows)
        money = str(300000 + 1000 * number)  # no two alike by chance
        cells = {**BASE, "MA_LK": f"L{number}", "MA_THE_BHYT": f"GD479{1000000000 + 7919 * person:010d}", "NGAY_VAO": times[0],
                 "NGAY_RA": times[1], "NAM_QT": times[1][:4], "THANG_QT": str(int(times[1][4:6])), "MA_CSKCB": facility,
                 "T_TONGCHI_BV": money, "T_TONGCHI_BH": money, "T_BHTT": money, "T_BNCCT": "0", **more}
        self.rows.append(line(cells, FIELDS))

    def days(self, person, count, facilities=("79001",), start="2024-01-02", step=1.0, **more):
        first = dt.date.fromisoformat(start)
        for i in range(count):
            self.claim(person, f"{first + dt.timedelta(days=int(i * step))} {8 + i % 3:02d}:00", facility=facilities[i % len(facilities)], **more)

    def found(self, *more):
        self.check(self.claims(*self.rows, header=FIELDS), *more)
        self.rows = []
        return {f["rule"] for f in self.table("findings") if f["rule"] in PATTERNS + ("C07",)}

    # ---- published cases

    def test_231_visits_at_more_than_ten_hospitals(self):
        self.days(1, 231, [f"79{i:03d}" for i in range(1, 12)], MA_BENH_CHINH="M54")
        self.assertTrue({"X06", "X07", "X05_PATIENT", "X07_PATIENT"} <= self.found())

    def test_80_visits_at_18_and_50_at_8_hospitals_in_two_months(self):
        for count, hospitals in ((80, 18), (50, 8)):
            self.days(1, count, [f"79{i:03d}" for i in range(1, hospitals + 1)], step=60 / count, MA_BENH_CHINH="J06")
            self.assertTrue({"X06", "X05_PATIENT"} <= self.found(), hospitals)

    def test_249_visits_at_8_hospitals_in_twelve_months(self):
        for i in range(249):
            self.claim(1, f"{dt.date(2022, 9, 1) + dt.timedelta(days=i * 364 // 249)} 08:00", facility=f"79{1 + i % 8:03d}",
                       MA_BENH_CHINH=f"{'IJKM'[i % 4]}{10 + i % 77:02d}")
        self.assertTrue({"X07", "X07_PATIENT"} <= self.found())

    def test_more_than_50_visits_at_one_hospital(self):
        self.days(1, 60, start="2024-01-02", step=5, MA_BENH_CHINH="E11")
        self.assertTrue({"X06_YEAR", "X06_PATIENT"} <= self.found())

    def test_the_card_of_somebody_who_died(self):
        self.claim(1, "2024-03-01 08:00", "2024-03-05 10:00", **{**STAY, "KET_QUA_DTRI": "5"})
        self.claim(1, "2024-04-10 08:00")
        self.assertEqual(self.found(), {"C08"})
        self.claim(2, "2024-04-10 08:00")
        deaths = self.write("deaths.csv", f"card_number,death_date\n{1000000000 + 7919 * 2:010d},2024-01-15\n")
        self.assertEqual(self.found("--table", f"deaths={deaths}"), {"C07"})

    def test_a_borrowed_card(self):
        self.claim(1, "2024-03-01 08:00")
        self.claim(1, "2024-04-10 08:00", "2024-04-20 08:00", **{**STAY, "MA_BENH_CHINH": "T31", "HO_TEN": "LE VAN CUONG", "NGAY_SINH": "197205010000"})
        self.assertEqual(self.found(), {"C12"})

    def test_two_deliveries_in_five_months(self):
        self.claim(1, "2024-02-01 08:00", "2024-02-04 08:00", **BIRTH)
        self.claim(1, "2024-07-01 08:00", "2024-07-04 08:00", facility="79002", **BIRTH)
        self.assertEqual(self.found(), {"C17"})

    # ---- bad input

    def test_no_number_clocks_out_of_order_and_stays_of_no_and_of_a_hundred_years(self):
        for card in ("", "GD4790000000000", "0123", "GD4791234567890"):  # none is a number of somebody
            self.claim(9, "2024-03-01 08:00", MA_THE_BHYT=card)
        self.claim(1, "2024-03-05 08:00", "2024-03-01 08:00", **STAY)  # out before in
        self.claim(2, "2024-03-05 08:00", "2024-03-05 08:00", **STAY)
        self.claim(2, "2024-03-05 08:00", "2024-03-05 08:00", facility="79002", **STAY)
        self.claim(3, "1924-03-05 08:00", "2024-03-05 08:00", **STAY)
        self.claim(3, "2024-02-05 08:00", "2024-02-09 08:00", facility="79002", **STAY)
        count = len(self.rows)
        found = self.found()
        self.assertEqual(found & {"X02"}, {"X02"})  # of the hundred years
        self.assertEqual((self.summary()["judged"], self.summary()["without_person"]), (count, 4))
        self.assertEqual([f["subject"] for f in self.table("findings") if f["rule"] == "X02"], ["L8"])

    def test_one_person_with_very_many_claims(self):
        self.days(1, 20000, ["79001", "79002", "79003"], step=0.002)
        self.days(2, 1)
        self.assertIn("X06", self.found())
        self.assertEqual(max(int(r["claims"]) for r in self.table("patients")), 20000)

    # ---- lawful cases

    def test_lawful_care_is_left_alone(self):
        for name in [n for n in dir(self) if n.startswith("lawful_")]:
            with self.subTest(name):
                getattr(self, name)()
                self.assertTrue(self.rows)
                self.assertEqual(self.found(), set())

    def lawful_sent_up_on_the_same_day(self):
        self.claim(1, "2024-03-01 08:00", "2024-03-01 09:00", MA_LOAI_RV="2", MA_NOI_DEN="79002")
        self.claim(1, "2024-03-01 14:00", "2024-03-01 16:00", facility="79002", MA_NOI_DI="79001", MA_DOITUONG_KCB="1.3")

    def lawful_emergency_after_a_visit(self):
        self.claim(1, "2024-03-01 08:00", "2024-03-01 09:00")
        self.claim(1, "2024-03-01 20:00", "2024-03-01 22:00", facility="79002", MA_DOITUONG_KCB="2")

    def lawful_drugs_fetched_on_the_day_of_a_visit(self):
        self.claim(1, "2024-03-01 08:00", "2024-03-01 09:00")
        self.claim(1, "2024-03-01 14:00", "2024-03-01 15:00", facility="79002", MA_LOAI_KCB="07")

    def lawful_clocks_of_a_transfer(self):
        self.claim(1, "2024-03-01 08:00", "2024-03-03 18:00", **{**STAY, "MA_LOAI_RV": "2", "MA_NOI_DEN": "79002"})
        self.claim(1, "2024-03-03 10:00", "2024-03-09 10:00", facility="79002", MA_NOI_DI="79001", **STAY)

    def lawful_clocks_of_two_facilities(self):
        self.claim(1, "2024-03-01 08:00", "2024-03-03 11:30", **STAY)
        self.claim(1, "2024-03-03 10:00", "2024-03-09 10:00", facility="79002", **STAY)

    def lawful_mother_and_newborn_on_one_card(self):
        self.claim(1, "2024-03-01 08:00", "2024-03-05 10:00", **BIRTH)
        self.claim(1, "2024-03-01 14:00", "2024-03-05 10:00", **{**STAY, "MA_BENH_CHINH": "P07", "MA_DOITUONG_KCB": "1.7", "HO_TEN": "CON BA BE",
                                                                "NGAY_SINH": "202403010000"})
        self.claim(1, "2024-03-20 14:00", **{"MA_BENH_CHINH": "P59", "HO_TEN": "CON BA BE", "NGAY_SINH": "202403010000"})

    def lawful_newborn_who_dies_under_the_mothers_card(self):
        self.claim(1, "2024-03-01 14:00", "2024-03-03 10:00", **{**STAY, "MA_BENH_CHINH": "P07", "MA_DOITUONG_KCB": "1.7", "KET_QUA_DTRI": "5",
                                                                "HO_TEN": "CON BA BE", "NGAY_SINH": "202403010000"})
        self.claim(1, "2024-05-01 08:00", **WOMAN)

    def lawful_stay_begun_before_the_death_and_billed_later(self):
        self.claim(1, "2024-03-02 08:00", "2024-03-05 10:00", **{**STAY, "KET_QUA_DTRI": "5"})
        self.claim(1, "2024-03-01 08:00", "2024-03-02 07:30", facility="79002", **{**STAY, "MA_BENH_CHINH": "I46"})
        self.claim(1, "2024-03-06 08:00", "2024-03-06 09:00", facility="79002")  # the day after: a clock, a certificate

    def lawful_twins_on_the_card_of_the_mother(self):
        for name in ("CB TRAN THI BE 1", "CB TRAN THI BE 2"):
            self.claim(1, "2024-03-01 14:00", "2024-03-05 10:00", **{**STAY, "MA_BENH_CHINH": "Z38", "MA_DOITUONG_KCB": "1.7", "HO_TEN": name,
                                                                    "NGAY_SINH": "202403010000", "T_TONGCHI_BH": "500000", "T_BHTT": "400000"})

    def lawful_child_of_some_weeks_on_the_card_of_the_mother(self):
        self.claim(1, "2024-01-15 08:00", MA_BENH_CHINH="J00", HO_TEN="CON BA BE", NGAY_SINH="202312010000", GIOI_TINH="1")
        self.claim(1, "2024-02-15 08:00", **WOMAN)
        self.claim(1, "2025-01-15 08:00", **WOMAN)

    def lawful_dialysis_at_the_own_centre_during_a_stay(self):
        self.claim(1, "2024-03-01 08:00", "2024-03-15 10:00", facility="79002", **STAY)
        for day in ("04", "06", "08", "11"):
            self.claim(1, f"2024-03-{day} 08:00", f"2024-03-{day} 12:00", MA_BENH_CHINH="N18.5")

    def lawful_drugs_and_day_care_during_a_stay(self):
        self.claim(1, "2024-03-01 08:00", "2024-03-15 10:00", facility="79002", **STAY)
        self.claim(1, "2024-03-07 08:00", "2024-03-07 09:00", MA_LOAI_KCB="07")

    def lawful_visits_on_the_first_and_last_day_of_a_stay(self):
        self.claim(1, "2024-03-01 07:00", "2024-03-01 07:40", MA_BENH_CHINH="R50")
        self.claim(1, "2024-03-01 08:00", "2024-03-06 10:00", facility="79002", **STAY)
        self.claim(1, "2024-03-06 14:00", "2024-03-06 15:00", MA_BENH_CHINH="H10")

    def lawful_dialysis_three_times_a_week(self):
        self.days(1, 156, step=7 / 3, MA_BENH_CHINH="N18.5")

    def lawful_cold_beside_dialysis_and_radiotherapy(self):
        self.days(1, 156, step=7 / 3, MA_BENH_CHINH="N18.5")
        self.claim(1, "2024-12-30 08:00", MA_BENH_CHINH="J00")
        self.days(2, 25, MA_BENH_CHINH="C50", MA_BENH_KT="Z51.0")
        self.claim(2, "2024-01-20 16:00", MA_BENH_CHINH="J00")

    def lawful_treatment_by_day(self):
        for day in range(4, 9):  # sent day by day
            self.claim(1, f"2024-03-{day:02d} 08:00", f"2024-03-{day:02d} 16:00", MA_LOAI_KCB="04", MA_BENH_CHINH="M54.5")
        self.claim(2, "2024-03-04 08:00", "2024-03-22 16:00", MA_LOAI_KCB="04", MA_BENH_CHINH="M54.5")
        self.claim(2, "2024-03-12 18:00", facility="79002", MA_BENH_CHINH="J00")

    def lawful_radiotherapy(self):
        self.days(1, 25, MA_BENH_CHINH="C50", MA_BENH_KT="Z51.0")

    def lawful_rehabilitation_every_day(self):
        self.days(1, 40, MA_BENH_CHINH="Z50.1")

    def lawful_blood_diseases_tuberculosis_and_hiv(self):
        for person, icd in ((1, "D66"), (2, "D56.1"), (3, "A15.0"), (4, "B20")):
            self.days(person, 20, MA_BENH_CHINH=icd)

    def lawful_visits_twice_a_month(self):
        self.days(1, 24, step=15)

    def lawful_chemotherapy_in_cycles(self):
        for day in (1, 4, 7, 10):
            self.claim(1, f"2024-03-{day:02d} 08:00", f"2024-03-{day + 2:02d} 16:00", **{**STAY, "MA_BENH_CHINH": "C34", "MA_BENH_KT": "Z51.1"})

    def lawful_files_closed_at_the_end_of_a_year_and_a_quarter(self):
        for first, last, end in (("2023-12-20", "2023-12-31 23:50", "2024-01-05 10:00"), ("2024-06-20", "2024-06-30 23:50", "2024-07-05 10:00")):
            self.claim(1, f"{first} 08:00", last, **STAY)
            opened = dt.datetime.fromisoformat(last) + dt.timedelta(minutes=20)
            self.claim(1, opened.strftime("%Y-%m-%d %H:%M"), end, **STAY)

    def lawful_names_written_in_two_ways(self):
        self.claim(1, "2024-03-01 08:00", HO_TEN="NGUYỄN VĂN AN")
        self.claim(1, "2024-04-01 08:00", HO_TEN="Nguyen  Van An", NGAY_SINH="198000000000")
        self.claim(1, "2024-05-01 08:00", HO_TEN="AN NGUYEN VAN", NGAY_SINH="198005150000")

    def lawful_name_of_a_child_that_was_named_after_the_parent(self):
        for day, name in ((1, "CON BA BE"), (20, "TRAN VAN BO")):
            self.claim(1, f"2024-03-{day:02d} 08:00", MA_THE_BHYT="TE1791234509876", HO_TEN=name, NGAY_SINH="202402010000", GIOI_TINH=str(1 + (day > 9)))

    def lawful_card_of_another_group_in_the_year(self):
        self.claim(1, "2024-03-01 08:00", MA_THE_BHYT="HS4791234509871")
        self.claim(1, "2024-09-01 08:00", MA_THE_BHYT="DN4791234509871", MA_DKBD="79002", facility="79002")

    def lawful_twins_and_a_delivery_in_two_hospitals(self):
        self.claim(1, "2024-03-01 08:00", "2024-03-03 08:00", **{**BIRTH, "MA_LOAI_RV": "2", "MA_NOI_DEN": "79002"})
        self.claim(1, "2024-03-03 09:00", "2024-03-08 08:00", facility="79002", MA_NOI_DI="79001", **BIRTH)

    def lawful_a_second_attack_at_night(self):
        self.claim(1, "2024-03-01 08:00", "2024-03-01 09:00", MA_BENH_CHINH="J45")
        self.claim(1, "2024-03-01 22:00", "2024-03-02 02:00", MA_BENH_CHINH="J45", MA_DOITUONG_KCB="2")


if __name__ == "__main__":
    main()
