"""Grades of the legal warning tests, from outside: twelve facilities over two years, some of which treat the same cases for
more. Standard library only.

usage: test_grades.py KIEM SOURCE_DIRECTORY
"""
import datetime as dt
import random

from support import Case, main

HEADER = "MA_LK,MA_THE_BHYT,MA_BENH_CHINH,NGAY_VAO,NGAY_RA,T_TONGCHI_BH,T_BNCCT,T_BHTT,NAM_QT,THANG_QT,MA_LOAI_KCB,MA_CSKCB"
FIRST, LAST = dt.date(2023, 1, 1), dt.date(2024, 6, 20)
EACH = 3  # days between two claims of a facility


class Grades(Case):
    def run_check(self, factors, *arguments, lang="en", more=(), stays=lambda i: 0, kind=lambda i: "general"):
        """factors: of facility i on a day; stays: its share of inpatients."""
        rng, number, rows = random.Random(5), 0, [HEADER]
        for i in range(12):
            day = FIRST
            while day <= LAST:
                number += 1
                k = (day - FIRST).days // EACH
                fund = round(200000 * rng.lognormvariate(0, 0.1) * factors(i, day))
                rows.append(f"A{number},DN479{number:010d},{rng.choice(['I10', 'E11', 'J06'])},{day:%Y%m%d}0800,{day:%Y%m%d}0900,"
                            f"{fund},0,{fund},{day.year},{day.month},{'03' if int((k + 1) * stays(i)) > int(k * stays(i)) else '01'},790{i:02d}")
                day += dt.timedelta(days=EACH)
        rows += more
        facilities = self.write_lines("facilities.csv", "facility_code,name,province_code,tier,technical_level,kind,class",
                                *(f"790{i:02d},x,79,district,basic,{kind(i)},II" for i in range(12)))
        self.check(self.write_lines("claims.csv", *rows), "--facilities", facilities, "--quiet", *arguments, lang=lang)
        return {r["facility"]: (r["grade"], r["grade_grounds"], r["months_high"]) for r in self.table("facilities")}

    def messages(self, facility):
        return [(r["rule"], r["severity"], r["message"]) for r in self.table("findings") if r["subject"] == facility]

    def test_much_dearer(self):
        grades = self.run_check(lambda i, day: 1.5 if i == 3 else 1)
        self.assertEqual(grades["79003"], ("very_high", "large_excess; months", "3"))
        self.assertEqual({g for f, g in grades.items() if f != "79003"}, {("", "", "")})  # below the mean it raised
        warned = [m for m in self.messages("79003") if m[0] == "W1"]
        self.assertEqual([w[1] for w in warned], ["notice"])
        self.assertIn("Proposed grade of warning: very high.", warned[0][2])

    def test_high_for_three_months_and_for_two(self):
        dear = lambda i, day: 1.2 if i == 4 else 1  # noqa: E731
        self.assertEqual(self.run_check(dear)["79004"], ("very_high", "months", "3"))
        begun = lambda i, day: 2 if i == 4 and day >= dt.date(2024, 4, 5) else 1  # noqa: E731
        grades = self.run_check(begun, "--as-of", "2024-06-20")
        self.assertIn(grades["79004"][2], ("1", "2"))
        self.assertNotIn("months", grades["79004"][1])

    def test_months_before_count_whatever_the_grade_of_today_rests_on(self):
        table = self.write_lines("grades.csv", "ground,grade,excess_rate,cost_multiple,effective_from,effective_to",
                                 "dear,high,0.1,,,2024-05-31", "money,high,,0.1,2024-06-01,")
        grades = self.run_check(lambda i, day: 1.2 if i == 4 else 1, "--table", "warning_grades=" + table)
        self.assertEqual(grades["79004"], ("high", "money", "3"))

    def test_an_accepted_explanation_ends_the_count(self):
        dear = lambda i, day: 1.2 if i == 4 else 1  # noqa: E731
        header = "facility_code,accepted,answered_on,effective_from,effective_to"
        for accepted, expected, words in (("1", ("high", "excess_rate", "1"), "Mức cảnh báo đề xuất: cao."),
                                          ("0", ("very_high", "months", "3"), "Mức cảnh báo đề xuất: rất cao.")):
            answers = self.write_lines("answers.csv", header, f"79004,{accepted},2024-05-12,2024-04-01,2024-05-31")
            grades = self.run_check(dear, "--table", "warning_answers=" + answers, lang="vi")
            self.assertEqual(grades["79004"], expected)
            self.assertIn(words, next(m[2] for m in self.messages("79004") if m[0] == "W1"))

    def test_many_times_the_year_before(self):
        more = [f"B{k},DN479{k:010d},I10,202404{k % 30 + 1:02d}0800,202404{k % 30 + 1:02d}0900,250000,0,250000,2024,4,01,79005"
                for k in range(1000, 1150)]
        grades = self.run_check(lambda i, day: 1.05 if i == 5 else 1, more=more)
        self.assertEqual(grades["79005"][:2], ("very_high", "multiple; months"))

        self.assertIn("A06", [m[0] for m in self.messages("79005")])

    def test_shares_of_inpatients(self):
        """Published: 13.78 % against 9.71 %; traditional medicine with 99 %."""
        self.run_check(lambda i, day: 1, stays=lambda i: {2: 0.16, 7: 0.99, 8: 0.6}.get(i, 0.09), kind=lambda i: "traditional" if i > 6 else "general")
        found = {i: {m[0] for m in self.messages(f"790{i:02d}")} & {"A02", "A05", "A06"} for i in range(12)}
        self.assertEqual(found, {**dict.fromkeys(range(12), set()), 2: {"A02"}, 7: {"A02", "A05"}, 8: {"A02"}})

    def test_a_house_table(self):
        table = self.write_lines("grades.csv", "ground,grade,excess_rate", "dear,high,0.4")
        self.assertEqual(self.run_check(lambda i, day: 1.6 if i == 3 else 1, "--table", "warning_grades=" + table)["79003"][:2],
                         ("high", "dear"))
        self.assertEqual(self.run_check(lambda i, day: 1.2 if i == 3 else 1, "--table", "warning_grades=" + table)["79003"][:2],
                         ("low", ""))

    def test_a_bad_table_stops_the_run(self):
        for line, why in (("dear,severe,0.4", "a grade is low, high or very_high"), ("dear,high,", "a row has no limit")):
            table = self.write_lines("grades.csv", "ground,grade,excess_rate", line)
            done = self.check(self.write_lines("none.csv", HEADER), "--table", "warning_grades=" + table, status=2)
            self.assertIn(why, done.stderr)


if __name__ == "__main__":
    main()
