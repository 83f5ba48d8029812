"""What the tests of the command share: one usual claim, and a case with a folder of its own that runs kiem and reads what it
wrote. Standard library only. A test is called with the path of kiem and the source directory."""
import csv
import json
import os
import subprocess
import sys
import tempfile
import unittest

KIEM, SOURCE = os.path.abspath(sys.argv[1]), sys.argv[2]
os.environ["KIEM_LANG"] = "en"

HEADER = ("MA_LK,MA_THE_BHYT,MA_DKBD,GT_THE_TU,GT_THE_DEN,NGAY_SINH,GIOI_TINH,MA_BENH_CHINH,MA_BENH_KT,MA_DOITUONG_KCB,MA_NOI_DI,"
          "NGAY_VAO,NGAY_RA,KET_QUA_DTRI,MA_LOAI_RV,T_TONGCHI_BV,T_TONGCHI_BH,T_BNTT,T_BNCCT,T_BHTT,T_NGUONKHAC,NAM_QT,THANG_QT,"
          "MA_LOAI_KCB,MA_CSKCB")
GOOD = {"MA_LK": "A1", "MA_THE_BHYT": "GD4790000000017", "MA_DKBD": "79001", "GT_THE_TU": "20240101", "GT_THE_DEN": "20241231",
        "NGAY_SINH": "198003150000", "GIOI_TINH": "1", "MA_BENH_CHINH": "I10", "MA_DOITUONG_KCB": "1.1",
        "NGAY_VAO": "202403010800", "NGAY_RA": "202403010930", "KET_QUA_DTRI": "2", "MA_LOAI_RV": "1", "T_TONGCHI_BV": "500000",
        "T_TONGCHI_BH": "500000", "T_BNTT": "0", "T_BNCCT": "100000", "T_BHTT": "400000", "T_NGUONKHAC": "0", "NAM_QT": "2024",
        "THANG_QT": "3", "MA_LOAI_KCB": "01", "MA_CSKCB": "79001"}


def line(cells, header=HEADER):
    return ",".join(cells.get(name, "") for name in header.split(","))


def row(**changes):
    return line({**GOOD, **changes})


def read_csv(*path):
    with open(os.path.join(*path), newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_bytes(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, *name):
        return os.path.join(self.folder, *name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def write_lines(self, name, *lines):
        return self.write(name, "\n".join(lines) + "\n")

    def write_rows(self, name, *rows):
        """Rows are lists of cells."""
        with open(self.path(name), "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        return self.path(name)

    def claims(self, *rows, header=HEADER, name="claims.csv"):
        return self.write_lines(name, header, *rows)

    def kiem(self, *arguments, status=0, **more):
        """Runs the command, which ends with the status; None: with any."""
        done = subprocess.run([KIEM, *arguments], capture_output=True, text=True, **more)
        if status is not None:
            self.assertEqual(done.returncode, status, done.stderr)
        return done

    def synth(self, claims, seed, fraud, details="on"):
        self.kiem("synth", "--claims", str(claims), "--seed", str(seed), "--fraud", str(fraud), "--details", details,
                  "--out", self.path("synth"))

    def check(self, *arguments, out="out", lang="en", **more):
        return self.kiem("check", *arguments, "--out", self.path(out), "--lang", lang, **more)

    def table(self, name, out="out"):
        return read_csv(self.path(out), name + ".csv")

    def summary(self, out="out"):
        return json.loads(read_bytes(self.path(out), "summary.json"))

    def findings(self, out="out"):
        return [(f["subject"], f["rule"]) for f in self.table("findings", out)]

    def refused(self, path, *parts, status=3, more=()):
        """The input as a whole is refused, in one line that holds the parts; nothing is left behind."""
        self.one_line(self.check(path, *more, status=status), *parts)
        left = os.listdir(self.path("out")) if os.path.isdir(self.path("out")) else []
        self.assertEqual(left, [])

    def one_line(self, done, *parts):
        """Nothing but one line on the standard error, which holds the parts."""
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
