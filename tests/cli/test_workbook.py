"""kiem check --workbook from outside: every cell beside the result files, the same bytes whenever and wherever it is made, what it
may not write. Standard library only.

usage: test_workbook.py KIEM SOURCE_DIRECTORY
"""
import datetime
import os
import re
import resource
import xml.etree.ElementTree as ElementTree
import zipfile

from support import SOURCE, Case, main, read_bytes

SAMPLE = os.path.join(SOURCE, "data", "sample", "details")
FILES = [part for role in ("drugs", "services", "budgets", "facilities") for part in ("--" + role, os.path.join(SAMPLE, role + ".csv"))]
SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
EPOCH = datetime.date(1899, 12, 30)


def sheets(path):
    """The rows of each sheet: lists of texts, numbers and None."""
    found = {}
    with zipfile.ZipFile(path) as archive:
        names = [sheet.get("name") for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(SPACE + "sheet")]
        for number, name in enumerate(names, 1):
            found[name] = rows = []
            for row in ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml")).iter(SPACE + "row"):
                rows.append(cells := [])
                for cell in row.iter(SPACE + "c"):
                    at = 0
                    for letter in re.match("[A-Z]+", cell.get("r")).group():
                        at = at * 26 + ord(letter) - 64
                    cells += [None] * (at - len(cells))
                    if cell.get("t") == "inlineStr":
                        cells[at - 1] = "".join(text.text or "" for text in cell.iter(SPACE + "t"))
                    elif cell.find(SPACE + "v") is not None:
                        cells[at - 1] = float(cell.find(SPACE + "v").text)
    return found


def same(cell, text):
    if not text:
        return cell in (None, "")
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) and isinstance(cell, float):
        return EPOCH + datetime.timedelta(days=cell) == datetime.date.fromisoformat(text)
    return abs(cell - float(text)) < 1e-6 if isinstance(cell, float) else cell == text


class Workbook(Case):
    # sheet, result file, its columns
    SHEETS = (("Look at first", "shortlist", "severity rank MA_LK facility T_BHTT amount_at_risk rules message basis findings file row"),
              ("Findings", "findings", "severity rule scope subject facility amount_at_risk amount amount_patient message basis evidence file row"),
              ("Provinces", "provinces", "province name year budget spent utilisation expected_by_now forecast forecast_low forecast_high "
               "exhausts_on chance_over claims cost_per_visit growth"),
              ("Facilities", "facilities", "facility claims spent amount_at_risk year spent_year cost_per_visit growth observed_expected q_value "
               "flagged excess grade"),
              ("Rejected", "rejects", "file row column reason value"))

    def make(self, name="w.xlsx", *more, lang="en", **others):
        return self.check(os.path.join(SAMPLE, "claims.csv"), *FILES, "--workbook", self.path(name), *more, lang=lang, **others)

    def test_holds_what_the_files_hold(self):
        self.make()
        held = sheets(self.path("w.xlsx"))
        self.assertEqual(list(held), ["Overview", "Look at first", "Findings", "Rules", "Provinces", "Facilities", "Rejected"])
        for name, table, columns in self.SHEETS:
            rows, columns = self.table(table), columns.split()
            self.assertEqual(len(held[name]) - 1, len(rows), name)
            self.assertEqual(len(held[name][0]), len(columns), name)
            for cells, row in zip(held[name][1:], rows):
                cells += [None] * (len(columns) - len(cells))
                wrong = [(column, cell, row[column]) for cell, column in zip(cells, columns) if not same(cell, row[column])]
                self.assertEqual(wrong, [], name)
        overview = {row[0]: row[1:] for row in held["Overview"] if len(row) > 1}
        findings = self.summary()["findings"]
        self.assertEqual(overview["violation"], [findings["violation"]["count"], findings["violation"]["amount_at_risk"]])
        self.assertEqual(overview["Judged"], [400])

    def test_rejected_rows_and_hostile_text(self):
        text = read_bytes(SAMPLE, "claims.csv").decode().splitlines()
        claims = self.write_lines("claims.csv", text[0], text[1], text[2] + ",too,many", text[3].replace("K0", "=K0", 1))
        self.check(claims, "--workbook", self.path("w.xlsx"))
        held = sheets(self.path("w.xlsx"))
        self.assertEqual(len(held["Rejected"]), 2)
        self.assertEqual(held["Rejected"][1][:2], ["claims.csv", 3])
        with zipfile.ZipFile(self.path("w.xlsx")) as archive:
            self.assertFalse(any(b"<f>" in archive.read(name) for name in archive.namelist()), "a text became a formula")

    def test_speaks_vietnamese(self):
        self.make(lang="vi")
        held = sheets(self.path("w.xlsx"))
        self.assertEqual(list(held), ["Tóm tắt", "Nên xem trước", "Phát hiện", "Quy tắc", "Tỉnh", "Cơ sở", "Không đọc được"])
        self.assertEqual(held["Phát hiện"][0][:4], ["Mức", "Quy tắc", "Về", "Mã"])
        self.assertIn("hồ sơ", {row[2] for row in held["Phát hiện"]})
        self.assertIn("chưa đúng quy định", {row[0] for row in held["Phát hiện"]})

    def test_same_bytes_at_any_time_and_place(self):
        for name, zone, threads in (("a.xlsx", "Asia/Ho_Chi_Minh", "1"), ("b.xlsx", "America/New_York", "3")):
            self.make(name, "--threads", threads, env={**os.environ, "TZ": zone})
        self.assertEqual(read_bytes(self.path("a.xlsx")), read_bytes(self.path("b.xlsx")))

    def test_where_it_cannot_be_written(self):
        missing = self.make(os.path.join("missing", "w.xlsx"), status=3)
        self.assertRegex(missing.stderr, r"missing/w\.xlsx: cannot be written: ")
        self.assertFalse(os.path.exists(self.path("out")), "told before the claims are read")
        named = self.make("w.csv", status=2)
        self.assertIn("--workbook takes a name that ends in .xlsx", named.stderr)

    def test_not_without_some_of_its_rows(self):
        """The rows of a sheet are packed from temporary files, which are larger than the workbook."""
        def make(name, most=resource.RLIM_INFINITY):
            return self.kiem("check", os.path.join(SAMPLE, "claims.csv"), *FILES, "--quiet", "--workbook", self.path(name), status=None,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY)),
                             restore_signals=False)

        make("w.xlsx")
        with zipfile.ZipFile(self.path("w.xlsx")) as archive:
            largest = max(part.file_size for part in archive.infolist())
        for most in range(os.path.getsize(self.path("w.xlsx")) + 4000, largest, (largest >> 3) + 1):
            with self.subTest(most=most):
                done = make("s.xlsx", most)
                self.assertEqual(done.returncode, 3)
                self.assertIn("no room for its temporary files", done.stderr)
                self.assertEqual(os.listdir(self.folder), ["w.xlsx"])
        make("s.xlsx", largest + 1)
        self.assertEqual(read_bytes(self.path("s.xlsx")), read_bytes(self.path("w.xlsx")))

    def test_a_link_in_place_of_the_part_is_not_followed(self):
        self.write("victim", "mine")
        os.symlink("victim", self.path("w.xlsx.part"))
        self.assertIn("w.xlsx.part: cannot be written", self.make(status=3).stderr)
        self.assertEqual(read_bytes(self.path("victim")), b"mine")
        self.assertFalse(os.path.lexists(self.path("w.xlsx")))

    def test_a_failed_job_leaves_the_old_one(self):
        self.write("w.xlsx", "old")
        self.kiem("check", self.write("claims.csv", "nothing,known\n1,2\n"), "--workbook", self.path("w.xlsx"), status=3)
        self.assertEqual(read_bytes(self.path("w.xlsx")), b"old")
        self.assertEqual(sorted(os.listdir(self.folder)), ["claims.csv", "w.xlsx"])


if __name__ == "__main__":
    main()
