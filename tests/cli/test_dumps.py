"""Claims files as people have them: what spreadsheets and exports do to amounts, codes and headers. Nothing is read with another
meaning in silence, no row is lost. python3 test_dumps.py KIEM SOURCE"""
import os
import shutil
import unicodedata

from support import GOOD, HEADER, SOURCE, Case, line, main, row

NAMES = HEADER.split(",")
AMOUNTS = [name for name in NAMES if name.startswith("T_")]


def cells(write, **changes):
    """A claim whose amounts are written by a function."""
    claim = {**GOOD, **changes}
    return ",".join(write(int(claim[name])) if name in AMOUNTS else claim.get(name, "") for name in NAMES)


class Amounts(Case):
    def spent(self, *arguments, out="out"):
        self.check(*arguments, out=out)
        return self.table("provinces", out)[0]["spent"]

    def test_thousands_by_points_are_never_divided(self):
        def by_points(value):
            return f"{value:,}".replace(",", ".")

        path = self.claims(cells(by_points), cells(by_points, MA_LK="A2", NGAY_VAO="202404010800", NGAY_RA="202404010930"))
        self.refused(path, "row 2, column 16: T_TONGCHI_BV: a number written like 999.999", "--decimal-comma")
        self.assertEqual(self.spent(path, "--decimal-comma"), "800000")

    def test_the_verdict_is_the_same_for_any_place_and_thread(self):
        """One amount that surely has decimals, behind thousands of rows that show nothing."""
        rows = [cells(lambda v: f"{v // 1000}.000" if v else "0", MA_LK=f"L{i}") for i in range(6000)]
        path = self.claims(*rows)
        for threads in ("1", "2"):
            self.refused(path, "row 2, column 16", more=("--threads", threads))
        sure = self.claims(*rows, cells(lambda v: f"{v}.000", MA_LK="B"), name="sure.csv")
        for threads in ("1", "2"):
            self.assertEqual(self.spent(sure, "--threads", threads, out="out" + threads), str(6000 * 400 + 400000))

    def test_three_decimals_everywhere_are_decimals(self):
        self.assertEqual(self.spent(self.claims(cells(lambda v: f"{v}.000", T_BHTT="400"))), "400")

    def test_thousands_by_commas_do_not_go_with_a_decimal_comma(self):
        path = self.write("x.csv", HEADER.replace(",", ";") + "\n" + cells(lambda v: f"{v:,}".replace(",", "!")).replace(
            ",", ";").replace("!", ",") + "\n")
        self.refused(path, "--decimal-comma")
        self.refused(path, "leave that option out", more=("--decimal-comma",))

    def test_sums_of_numbers_that_are_no_amounts(self):
        """What makes them burst is named, whichever the file, the column and the number of threads."""
        good = self.claims(*[row(MA_LK=f"B{i}") for i in range(3000)])
        bad = self.claims(row(MA_LK="C"), *[row(MA_LK=f"L{i}", T_BHTT=str(10**15 - (i == 0))) for i in range(2500)], name="bad.csv")
        for threads in ("1", "2"):
            self.refused(good, f"{bad}, row 4, column 20: a sum is more than", "not what their column says", more=(bad, "--threads", threads))
        self.refused(self.claims(*[row(MA_LK=f"L{i}", T_BNTT=str(-10**15)) for i in range(100)]), "row 2, column 18")


class Cells(Case):
    def test_what_spreadsheets_put_around_values(self):
        """The same findings, claims and money as from plain cells, but for names of files."""
        self.check(self.claims(row(), row(MA_LK="A2", T_BNCCT="0"), name="claims.csv"), out="plain")
        for number, around in enumerate(('"=""{}"""', '="{}"', "'{}", "\u00a0{}", "{}\u200b", " {}\u00a0 ", "\ufeff{}")):
            def wrap(line):
                return ",".join(around.format(cell) if cell else cell for cell in line.split(","))

            self.check(self.claims(wrap(row()), wrap(row(MA_LK="A2", T_BNCCT="0"))), out=str(number))
            for name in ("findings", "claims", "provinces", "facilities"):
                self.assertEqual(self.table(name, str(number)), self.table(name, "plain"), around)

    def test_codes_made_of_numbers(self):
        self.check(self.claims(row(MA_LK="1.23E+14")))
        self.assertIn(("1.23E+14", "MA_LK_DIGITS"), self.findings())

    def test_numbers_made_of_codes(self):
        self.check(self.claims(row(MA_CSKCB="01001", MA_DKBD="01001", MA_DOITUONG_KCB="2")), out="plain")
        self.check(self.claims(row(MA_CSKCB="1001.0", MA_DKBD="01001", MA_DOITUONG_KCB="2.0", GIOI_TINH="1.0", NAM_QT="2024.0",
                                   MA_LOAI_KCB="1.0", KET_QUA_DTRI="2.0", NGAY_VAO="2024-03-01 08:00:00", GT_THE_TU="2024-01-01",
                                   NGAY_RA="2024-03-01T09:30:00", NGAY_SINH="1980-03-15", T_BHTT="400000.0")))
        for name in ("findings", "claims", "provinces"):
            self.assertEqual(self.table(name), self.table(name, "plain"))


class Headers(Case):
    def test_files_joined_by_cat(self):
        path = self.claims(row(), HEADER, row(MA_LK="A2", NGAY_VAO="202404010800", NGAY_RA="202404010930"), "\ufeff" + HEADER.lower())
        self.check(path)
        summary = self.summary()
        self.assertEqual((summary["rows"], summary["judged"], summary["rejected"]), (4, 2, 2))
        self.assertEqual([(r["row"], r["reason"]) for r in self.table("rejects")], [("3", "the header again"), ("5", "the header again")])

    def test_files_of_other_columns_joined_by_cat(self):
        other = NAMES[::-1]
        path = self.claims(row(), ",".join(other), ",".join(GOOD.get(name, "") for name in other))
        self.refused(path, "row 3", "another header", "one by one")

    def test_marks_and_blanks_in_the_header(self):
        names = ["\ufeff\ufeffMA_LK", "\u00a0MA_THE_BHYT "] + NAMES[2:]
        self.check(self.write("x.csv", ",".join(names) + "\n" + row() + "\n"))
        self.assertEqual(self.summary()["files"][0]["unknown_columns"], 0)
        self.assertEqual(self.table("claims")[0]["MA_LK"], "A1")

    def test_tables_given_for_others(self):
        drugs = self.write("drugs.csv", "MA_LK,MA_THUOC,SO_LUONG,DON_GIA,T_BHTT\nA1,40.1,2,1000,2000\n")
        services = self.write("services.csv", "MA_LK,MA_DICH_VU,SO_LUONG,DON_GIA_BH,T_BHTT\nA1,02.1,1,1000,1000\n")
        claims = self.claims(row())
        self.refused(claims, "claims.csv", "not drug lines", more=("--drugs", claims))
        self.refused(claims, "services.csv", "not drug lines", more=("--drugs", services))
        self.refused(claims, "drugs.csv", "not service lines", more=("--services", drugs))
        self.refused(drugs, "drugs.csv", "lines of claims", "--drugs")
        empty = self.write("empty.csv", "STT,MA_THUOC,SO_LUONG\n")
        self.refused(claims, "empty.csv", "no column MA_LK", more=("--drugs", empty))

TOTALS = {name: "1000000" for name in AMOUNTS}
NO_CLAIM = "no claim but totals, a caption or blank cells: no MA_LK, card, dates or diagnosis"


class Reports(Case):
    """What a report has around its claims: titles above, captions between, totals behind."""

    def test_rows_that_are_no_claims(self):
        for label in ({}, {"MA_LK": "TỔNG CỘNG"}, {"MA_LK": "Cộng: 2 hồ sơ"}, {"MA_THE_BHYT": "Tổng"}, {"NGAY_VAO": "Cộng"},
                      {"MA_LK": "Total", "NGAY_VAO": "NULL", "NGAY_RA": "\u00a0"}, {"MA_BENH_CHINH": "Tổng cộng", "MA_CSKCB": "79001", "NAM_QT": "2024"}):
            self.check(self.claims(row(), line({"MA_LK": "A. NỘI TRÚ"}), row(MA_LK="A2", T_BNCCT="0"), line({**TOTALS, **label}), line({})))
            self.assertEqual([(r["row"], r["reason"]) for r in self.table("rejects")], [(n, NO_CLAIM) for n in "356"], label)
            summary = self.summary()
            self.assertEqual((summary["rows"], summary["judged"], summary["rejected"]), (5, 2, 3))
            self.assertEqual(self.table("provinces")[0]["spent"], "800000")

    def test_numbers_of_columns(self):
        for write, first in ((str, 1), ("({})".format, 1), ("( {} )".format, 0)):
            self.check(self.claims(",".join(write(i) for i, _ in enumerate(NAMES, first)), row(), row(MA_LK="1", T_BNCCT="0")))
            self.assertEqual([(r["row"], r["reason"]) for r in self.table("rejects")], [("2", NO_CLAIM)])
            self.assertEqual(self.table("provinces")[0]["spent"], "800000")

    def test_the_reason_in_vietnamese(self):
        self.check(self.claims(row(), line(TOTALS)), lang="vi")
        self.assertIn("dòng tổng cộng", self.table("rejects")[0]["reason"])

    def test_what_tells_one_thing_of_a_claim_is_one(self):
        for name in ("MA_LK", "MA_THE_BHYT", "NGAY_VAO", "NGAY_RA", "NGAY_SINH", "MA_BENH_CHINH"):
            self.check(self.claims(row(), line({**TOTALS, name: GOOD[name]})))
            self.assertEqual(self.summary()["judged"], 2, name)
        few = "MA_LK,NGAY_VAO,T_BHTT"
        self.check(self.claims(line({"T_BHTT": "5"}, few), header=few))
        self.assertEqual(self.summary()["judged"], 1)

    def test_titles_above_the_names(self):
        for titles, names in (("BỆNH VIỆN THỬ\nBÁO CÁO CHI PHÍ\n\n", 4), (",,\nBáo cáo" + "," * 24 + "\n", 3), ("\n\nBáo cáo\n", 4), ("x\n" * 29, 30)):
            for text in (titles, titles.replace("\n", "\r\n"), "\ufeff" + titles):
                path = self.write("x.csv", text + HEADER + "\n" + row() + "\n")
                self.refused(path, f"the names of the columns are in row {names}", f"remove the {names - 1} rows above it", f"tail -n +{names} ")
                with open(path, encoding="utf-8") as file:
                    self.check(self.write("y.csv", "".join(file.readlines()[names - 1:])))
                self.assertEqual(self.summary()["judged"], 1)
                shutil.rmtree(self.path("out"))
        self.refused(self.write("x.csv", "x\n" * 30 + HEADER + "\n"), "the first row is not a header")
        for text in ("%PDF-1.4\n%\n1 0 obj\n", '[{"MA_LK": "1"}]', HEADER.replace(",", " ") + "\n" + row().replace(",", " ") + "\n"):
            self.refused(self.write("x.csv", text), "row 1: the first row is not a header, but one cell: this is no CSV, its columns are not separated by")
        self.refused(self.write("x.csv", row() + "\n" + HEADER + "\n"), "the first row is not a header")  # claims are no titles

    def test_what_is_missing_is_said(self):
        some = ",".join(name for name in NAMES if name not in ("T_BHTT", "MA_BENH_CHINH"))
        done = self.check(self.claims(line(GOOD, some), header=some))
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("claims.csv: no column MA_BENH_CHINH, T_BHTT: what needs it cannot be checked", done.stderr)
        self.assertEqual(self.summary()["files"][0]["missing"], "MA_BENH_CHINH, T_BHTT")
        some = ",".join(name for name in NAMES if name != "MA_LK")
        self.assertIn("claims.csv: no column MA_LK: what needs it", self.check(self.claims(line(GOOD, some), header=some)).stderr)
        self.assertEqual(self.check(os.path.join(SOURCE, "tests/data/list_79a.csv")).stderr, "")  # such lists have none
        self.assertIn("claims.csv: a header without rows", self.check(self.claims()).stderr)
        drugs = self.write("drugs.csv", "MA_LK,MA_THUOC,SO_LUONG\nA1,40.1,1\nX,40.1,1\n,40.1,1\n")
        self.assertIn("drugs.csv: 1 rows read, 2 rejected", self.check(self.claims(row()), "--drugs", drugs).stderr)


    def test_columns_that_say_nothing_are_told(self):
        """Dates that a spreadsheet has rewritten, columns that came empty: each row has its finding, but the mistake is one."""
        for changes, names in (({"NGAY_VAO": "45352.33", "NGAY_RA": "45352.4"}, "NGAY_VAO, NGAY_RA"), ({"NGAY_SINH": "15/03/1980"}, "NGAY_SINH"),
                               ({"T_BHTT": ""}, "T_BHTT"), ({"GIOI_TINH": "Nam"}, "GIOI_TINH")):
            bad, good = [row(MA_LK=f"A{i}", **changes) for i in range(6)], [row(MA_LK=f"B{i}") for i in range(6)]
            for rows, told in ((bad * 2, True), (bad + good[:5], True), (bad + good, False), (bad, False)):
                rows = [text.replace("A", f"A{i}", 1) for i, text in enumerate(rows)]
                for threads in ("1", "2"):
                    done = self.check(self.claims(*rows), "--threads", threads)
                    said = f"claims.csv: {names}: empty or unreadable in most rows; times are written yyyymmddhhmm"
                    self.assertEqual(said in done.stderr, told, (names, len(rows), done.stderr))
                    self.assertEqual(self.summary()["files"][0].get("unread"), names if told else None)

    def test_accents_behind_their_letters(self):
        """Vietnamese as some systems write it; services are known by their names all the same."""
        found = {}
        for form in ("NFC", "NFD"):
            paths = {}
            for name in ("claims", "drugs", "services", "facilities"):
                with open(os.path.join(SOURCE, "data", "sample", "details", name + ".csv"), encoding="utf-8") as file:
                    paths[name] = self.write(f"{name}.csv", unicodedata.normalize(form, file.read()))
            self.check(paths["claims"], "--drugs", paths["drugs"], "--services", paths["services"], "--facilities", paths["facilities"])
            found[form] = [self.table(name) for name in ("findings", "machines", "facilities", "claims")]
        self.assertEqual(found["NFC"], found["NFD"])

    def test_exports_that_overlap_are_told_once(self):
        def days(first, last):
            return [row(MA_LK=f"{i}", NGAY_VAO=f"202403{i:02}0800", NGAY_RA=f"202403{i:02}0930") for i in range(first, last + 1)]

        def paths(files):
            return [self.claims(*rows, name=f"{number}.csv") for number, rows in enumerate(files)]

        folder = self.path("")
        both, within = "do these exports overlap", "has it rows twice"
        for files, told, repeated in (
                ((days(1, 20), days(11, 28)), f"1.csv: 10 of its claims are in {folder}0.csv too (10 in all inputs): {both}", [None, (10, "0.csv")]),
                ((days(1, 20), days(12, 28)), None, [None, (9, "0.csv")]),
                ((days(1, 9), days(10, 20)), None, [None, None]),
                ((days(1, 12)[::-1] + days(1, 12),), f"0.csv: 12 claims stand in it more than once (12 in all inputs): {within}", [(12, "0.csv")]),
                ((days(1, 9), days(5, 19), days(1, 19)), f"2.csv: 10 of its claims are in {folder}1.csv too (24 in all inputs): {both}",
                 [None, (5, "0.csv"), (19, "1.csv")]),
                # sent again under another number, or to another facility: no export twice, but what X01 and others are for
                ((days(1, 20), [text.replace(",GD", "b,GD", 1) for text in days(1, 20)]), None, [None, None]),
                ((days(1, 20), [text.removesuffix("79001") + "79002" for text in days(1, 20)]), None, [None, None])):
            given = paths(files)
            for threads, order in (("1", 1), ("2", 1), ("2", -1)):
                for path, rows in zip(given, files):
                    self.claims(*rows[::order], name=path.rsplit("/", 1)[1])
                done = self.check(*given, "--threads", threads)
                self.assertEqual(done.stderr, f"kiem: {folder}{told}? Each is judged and found to be sent twice (X01)\n" if told else "")
                self.assertEqual([(f["repeated"], f["repeated_from"]) if "repeated" in f else None for f in self.summary()["files"]], repeated)

    def test_exports_that_overlap_beside_a_state(self):
        """What the state has is no second export; lines and other files between do not shift the count."""
        rows = [row(MA_LK=f"{i}", NGAY_VAO=f"202403{i:02}0800", NGAY_RA=f"202403{i:02}0930") for i in range(1, 29)]
        first, second = self.claims(*rows[:20], name="a.csv"), self.claims(*rows[10:], name="b.csv")
        drugs = self.write("drugs.csv", "MA_LK,MA_THUOC,SO_LUONG,DON_GIA,T_BHTT\n1,40.1,2,1000,2000\n")
        self.kiem("learn", first, "-o", self.path("s"))
        self.check(first, "--drugs", drugs, second, "--state", self.path("s"))
        self.assertEqual([f.get("repeated") for f in self.summary()["files"] if f["table"] == "claims"], [None, 10])
        self.assertNotIn("overlap", self.check(second, "--state", self.path("s")).stderr)

    def test_a_month_that_was_forgotten_is_told(self):
        def month(number, claims=100):
            return [row(MA_LK=f"{number}-{i}", NGAY_VAO=f"2024{number:02}020800", NGAY_RA=f"2024{number:02}030900", THANG_QT=str(number)) for i in range(claims)]
        for rows, missing in ((month(1) + month(3), "2024-02"), (month(4) + month(1), "2024-02, 2024-03"), (month(1) + month(2) + month(3), None),
                              (month(1) + month(6), None), (month(1) + month(3, 99), None), (month(1) + month(2, 1) + month(3), None)):
            for threads in ("1", "2"):
                done = self.check(self.claims(*rows), "--threads", threads)
                self.assertEqual(self.summary().get("months_without_claims"), missing)
                self.assertEqual(done.stderr, f"kiem: no claim was discharged in {missing}, though many were before and after: is a file missing? "
                                 "Sums and forecasts are too low then\n" if missing else "")

    def test_latest_discharges_far_from_the_others_are_left_out(self):
        def month(year, number, claims):
            return [row(MA_LK=f"{year}-{number}-{i}", NGAY_VAO=f"{year}{number:02}020800", NGAY_RA=f"{year}{number:02}030900") for i in range(claims)]

        usual = month(2024, 1, 60) + month(2024, 2, 60)
        usual[0] = row(MA_LK="last", NGAY_VAO="202402020800", NGAY_RA="202402140900")
        for rows, day, stray in ((month(2034, 5, 1), "2024-02-14", True), (month(2024, 5, 1), "2024-02-14", True), (month(2024, 4, 1), "2024-04-03", False),
                                 (month(2024, 5, 2), "2024-05-03", False), (month(2023, 5, 1), "2024-02-14", False), ([], "2024-02-14", False)):
            told = self.check(self.claims(*rows, *usual)).stderr
            self.assertEqual(told, f"kiem: 1 claims were discharged long after all others: are their dates wrong? The day of the report is {day}, the latest discharge "
                             "before them, and sums, forecasts and comparisons of facilities leave them out; as_of sets another day\n" if stray else "")
            self.assertEqual(self.summary()["as_of"], day)
            self.assertEqual(self.summary()["judged"], 120 + len(rows))
        self.assertEqual(self.check(self.claims(*usual, *month(2034, 5, 1)), "--as-of", "2024-02-29").stderr, "")


class Outcomes(Case):
    def test_nothing_readable_is_no_success(self):
        done = self.check(self.claims("a,b", "c,d"), status=3)
        self.assertIn("claims.csv: none of its 2 rows could be read: rejects.csv says why", done.stderr)
        self.assertEqual(len(self.table("rejects")), 2)
        self.assertEqual(self.summary()["rejected"], 2)
        self.check(self.claims("a,b", row()))

    def test_results_of_the_other_format_go(self):
        path, keep = self.claims(row()), self.path("out", "mine.csv")
        self.check(path)
        with open(keep, "w", encoding="utf-8") as file:
            file.write("x\n")
        names = {name for name in os.listdir(self.path("out")) if name.endswith(".csv")} - {"mine.csv"}
        self.check(path, "--format", "ndjson")
        self.assertEqual({name for name in os.listdir(self.path("out")) if name.endswith(".csv")}, {"mine.csv"})
        self.check(path)
        self.assertEqual({name for name in os.listdir(self.path("out")) if name.endswith("json")}, {"summary.json"})
        self.assertEqual(set(os.listdir(self.path("out"))), names | {"mine.csv", "summary.json"})
        self.refused_after()

    def refused_after(self):
        """A run that fails leaves the results of the one before as they are."""
        before = sorted(os.listdir(self.path("out")))
        self.check(self.write("bad.csv", "x\n"), "--format", "ndjson", status=3)
        self.assertEqual(sorted(os.listdir(self.path("out"))), before)
        self.assertEqual(self.summary()["judged"], 1)


if __name__ == "__main__":
    main()
