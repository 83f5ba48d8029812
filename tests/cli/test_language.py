"""One language at a time: all that the command prints is Vietnamese, or English by --lang or KIEM_LANG."""
import csv
import gzip
import io
import lzma
import os
import re
import unicodedata

from support import HEADER, Case, main, row

COMMANDS = ("check", "learn", "merge", "rules", "sample", "estimate", "synth")
RULES = "id,scope,severity,condition,basis,message_vi,message_en\n"

# arguments ({} is the case's folder), exit status, Vietnamese, English; what they have in common comes first
WORDS = (
    ((), 2, "kiem kiểm tra hồ sơ", "kiem checks"),
    (("frob",), 2, "không có lệnh 'frob'", "there is no command 'frob'"),
    (("check",), 2, "chưa cho tệp hồ sơ nào", "no claims given"),
    (("check", "x", "--frob"), 2, "không có tuỳ chọn '--frob'", "unknown option '--frob'"),
    (("check", "x", "--out"), 2, "tuỳ chọn --out cần một giá trị", "option --out needs a value"),
    (("check", "{}/good.csv", "--threads", "0"), 2, "tuỳ chọn threads phải là số từ 1", "option threads must be a number from 1"),
    (("check", "{}/none.csv"), 3, "none.csv: không mở được tệp: không có tệp này", "none.csv: cannot open the file: there is no such file"),
    (("check", "{}/words.csv"), 3, "words.csv, dòng 1: dòng đầu không phải dòng tiêu đề", "words.csv, row 1: the first row is not a header"),
    (("check", "{}/twice.csv"), 3, "twice.csv, dòng 1, cột 2: cột 1 ('MA_LK') và cột 2 ('MA_LK') cùng là MA_LK",
     "twice.csv, row 1, column 2: columns 1 ('MA_LK') and 2 ('MA_LK') both mean MA_LK"),
    (("check", "{}/packed.csv"), 3, "packed.csv: không giải nén được", "packed.csv: cannot be unpacked"),
    (("check", "{}/cut.csv.gz"), 3, "cut.csv.gz: không giải nén được: tệp kết thúc giữa chừng", "cut.csv.gz: cannot be unpacked: it ends too early"),
    (("check", "{}/cut.csv.xz"), 3, "cut.csv.xz: không giải nén được: tệp kết thúc giữa chừng", "cut.csv.xz: cannot be unpacked: it ends too early"),
    (("check", "{}/cut.csv.zst"), 3, "cut.csv.zst: không giải nén được: tệp kết thúc giữa chừng", "cut.csv.zst: cannot be unpacked: it ends too early"),
    (("check", "{}/bad.csv.gz"), 3, "bad.csv.gz: không giải nén được: dữ liệu nén bị hỏng", "bad.csv.gz: cannot be unpacked: it is damaged"),
    (("check", "{}/bad.csv.xz"), 3, "bad.csv.xz: không giải nén được: dữ liệu nén bị hỏng", "bad.csv.xz: cannot be unpacked: it is damaged"),
    (("check", "{}/bad.csv.zst"), 3, "bad.csv.zst: không giải nén được: kiểu nén này", "bad.csv.zst: cannot be unpacked: it is packed in a way"),
    (("check", "{}/good.csv", "--rules", "{}/rules.csv"), 2,
     "rules.csv, dòng 2, cột 1: quy tắc H1, điều kiện: không có tên 'T_BHT'; có phải ý là 'T_BHTT'? (ở 'T_BHT')",
     "rules.csv, row 2, column 1: rule H1, condition: unknown name 'T_BHT'; did you mean 'T_BHTT'? (in 'T_BHT')"),
    (("check", "{}/good.csv", "--rules", "{}/text.csv"), 2, "điều kiện phải là điều kiện, đây là mã", "the condition must be a condition, this is a code"),
    (("check", "{}/good.csv", "--budgets", "{}/budgets.csv"), 2, "dự toán 'nhiều' không phải là số", "the budget 'nhiều' is not a number"),
    (("check", "{}/good.csv", "--table", "bas=x"), 2, "x: không mở được tệp: không có tệp này, hoặc không có quyền đọc",
     "x: cannot open the file: there is no such file, or it may not be read"),
    (("check", "{}/good.csv", "--state", "{}/good.csv"), 3, "đây không phải tệp dữ liệu đã học của kiem", "this is no saved state of kiem"),
    (("learn", "{}/good.csv"), 2, "thiếu -o TỆP", "-o FILE is missing"),
    (("merge", "{}/none.st", "-o", "{}/x.st"), 3, "không mở được tệp dữ liệu đã học: không có tệp", "cannot open the state: No such file"),
    (("check", "{}/good.csv", "--facilities", "{}/units.csv"), 2, "thiếu cột 'facility_code'; các cột của bảng này là facility_code, name, province_code, tier",
     "column 'facility_code' is missing; the columns of this table are facility_code, name, province_code, tier"),
    (("check", "{}/good.csv", "--budgets", "{}/units.csv"), 2, "thiếu cột 'province_code'; các cột của bảng này là province_code, year, budget_vnd, decision",
     "column 'province_code' is missing; the columns of this table are province_code, year, budget_vnd, decision"),
    (("rules", "NOTHING_LIKE_IT"), 2, "không có quy tắc 'NOTHING_LIKE_IT'", "there is no rule 'NOTHING_LIKE_IT'"),
    (("rules", "M02_BHH"), 2, "không có quy tắc 'M02_BHH'; có phải ý là 'M02_BH'?", "there is no rule 'M02_BHH'; did you mean 'M02_BH'?"),
    (("sample", "{}/good.csv", "--size", "0"), 2, "--size nhận số hồ sơ", "--size takes a number of claims"),
    (("sample", "{}/good.csv", "--size", "1"), 3, "không có cột 'file': đây không phải tệp claims.csv do kiem check ghi",
     "there is no column 'file': this is not the claims.csv that kiem check writes"),
    (("estimate", "{}/none.csv"), 3, "không mở được tệp: không có tệp", "cannot open the file: No such file"),
    (("synth", "--claims", "0", "--out", "{}/s"), 2, "--claims nằm giữa", "--claims is between"),
    (("synth", "--frob", "1"), 2, "không có tuỳ chọn '--frob'", "unknown option '--frob'"),
)


def is_vietnamese(text):
    return any(ord(c) > 0x7F for c in unicodedata.normalize("NFC", text))


class Language(Case):
    def setUp(self):
        super().setUp()
        os.environ.pop("KIEM_LANG", None)
        self.addCleanup(os.environ.__setitem__, "KIEM_LANG", "en")

    def both(self, *arguments, status=0):
        return [self.kiem(*arguments, "--lang", lang, status=status) for lang in ("vi", "en")]

    def test_births_in_messages_tell_what_is_known(self):
        rules = self.write("born.csv", RULES + "H1,claim,notice,NGAY_SINH IS NOT NULL,B,sinh {NGAY_SINH},born {NGAY_SINH}\n")
        claims = self.claims(*(row(MA_LK=f"B{i}", NGAY_SINH=born) for i, born in enumerate(("198003150000", "198003000000", "1980"))))
        for lang, due in (("vi", ["sinh 15/03/1980", "sinh 03/1980", "sinh 1980"]), ("en", ["born 1980-03-15", "born 1980-03", "born 1980"])):
            self.check(claims, "--rules", rules, lang=lang, out=lang)
            self.assertEqual([f["message"] for f in self.table("findings", lang) if f["rule"] == "H1"], due)

    def test_days_of_cards_in_messages(self):
        """As other dates; what is no day as it stands, unless it may be something else."""
        rules = self.write("days.csv", RULES + "H1,claim,notice,1 = 1,B,{GT_THE_TU} - {GT_THE_DEN},{GT_THE_TU} - {GT_THE_DEN}\n")
        given = (("20250101", "20251231"), ("20240101;20250201", "20250131; 20260131"), ("", "20251231"), ("20250231", "31/12/2025"),
                 ("001085012345", "Thử An"), (";20250101", "20251231;"))
        claims = self.claims(*(row(MA_LK=f"D{i}", GT_THE_TU=first, GT_THE_DEN=last) for i, (first, last) in enumerate(given)))
        for lang, due in (("vi", ["01/01/2025 - 31/12/2025", "01/01/2024; 01/02/2025 - 31/01/2025; 31/01/2026", "không rõ - 31/12/2025",
                                  "20250231 - 31/12/2025", "999999999999 - AAA AA", "; 01/01/2025 - 31/12/2025; "]),
                          ("en", ["2025-01-01 - 2025-12-31", "2024-01-01; 2025-02-01 - 2025-01-31; 2026-01-31", "not known - 2025-12-31",
                                  "20250231 - 31/12/2025", "999999999999 - AAA AA", "; 2025-01-01 - 2025-12-31; "])):
            self.check(claims, "--rules", rules, lang=lang, out=lang)
            self.assertEqual([f["message"] for f in self.table("findings", lang) if f["rule"] == "H1"], due)

    def test_a_day_without_its_hour(self):
        claims = self.claims(row(), row(MA_LK="A2", MA_CSKCB="79002", NGAY_VAO="202403011400", NGAY_RA="202403011500"))
        for lang, due in (("vi", "Trong ngày 01/03/2024 người bệnh khám"), ("en", "On 2024-03-01 the patient visited")):
            self.check(claims, lang=lang, out=lang)
            self.assertEqual([f["message"][:len(due)] for f in self.table("findings", lang) if f["rule"] == "X04"], [due])

    def test_a_sex_in_words(self):
        claims = self.claims(row(MA_BENH_CHINH="M81.0"))
        for lang, due in (("vi", "Chẩn đoán M81.0 thường gặp ở giới kia (hồ sơ ghi giới tính nam); đề nghị kiểm tra."),
                          ("en", "Diagnosis M81.0 belongs mostly to the other sex than male; please check.")):
            self.check(claims, lang=lang, out=lang)
            self.assertEqual([f["message"] for f in self.table("findings", lang) if f["rule"] == "C18_MOSTLY"], [due])

    def test_no_code_of_kiem_in_messages(self):
        """Kinds of machines and grades are words of the table's columns, not of a reader."""
        for rule in csv.DictReader(io.StringIO(self.kiem("rules", "--format", "csv").stdout)):
            for message in (rule["message_vi"], rule["message_en"]):
                self.assertFalse(re.search(r"\{(kind|grade|evidence|grade_grounds)\}", message), rule["id"])

    def test_help_tells_the_same_options_in_both(self):
        for arguments in (("--help",), *((command, "--help") for command in COMMANDS)):
            vietnamese, english = (done.stdout for done in self.both(*arguments))
            self.assertTrue(is_vietnamese(vietnamese), arguments)
            self.assertFalse(is_vietnamese(english), arguments)
            self.assertIn("--lang", english)
            self.assertEqual(self.kiem(*arguments).stdout, vietnamese)
            options = [re.findall(r"(?<![\w-])--?[a-z][a-z-]*", text.replace("In English: kiem --help --lang en", ""))
                       for text in (vietnamese, english)]
            self.assertEqual(sorted(set(options[0])), sorted(set(options[1])), arguments)
            columns = [[re.match(r"  --?\S.*?  +(?=\S)", line).end() for line in text.splitlines() if re.match(r"  --?\S.*?  +\S", line)]
                       for text in (vietnamese, english)]
            self.assertEqual(*columns, arguments)

    def test_errors_in_both(self):
        self.claims(row(), name="good.csv")
        self.write("words.csv", "một,hai\n1,2\n")
        self.write("twice.csv", "MA_LK,MA_LK\n1,2\n")
        self.write("packed.csv", b"\x1f\x8b\x08\x00 no gzip at all")
        data = os.urandom(5000)  # what cannot be packed is long enough to be cut and changed
        gz, xz = gzip.compress(data), lzma.compress(data)
        self.write("cut.csv.gz", gz[:3000])
        self.write("cut.csv.xz", xz[:3000])
        self.write("cut.csv.zst", b"\x28\xb5\x2f\xfd\x04")
        self.write("bad.csv.gz", b"\x1f\x8b\x08" + b"\x00" * 100)
        self.write("bad.csv.xz", xz[:8] + b"\xff" + xz[9:])
        self.write("bad.csv.zst", b"\x28\xb5\x2f\xfd" + b"\xff" * 40)
        self.write("rules.csv", RULES + "H1,claim,notice,T_BHT > 0,nội bộ,a,b\n")
        self.write("text.csv", RULES + "H1,claim,notice,MA_LOAI_KCB,nội bộ,a,b\n")
        self.write("units.csv", "MA_DON_VI,TEN,MA\n79001,a,79\n")
        self.write("budgets.csv", "province_code,year,budget_vnd,decision\n79,2024,nhiều,x\n")
        for arguments, status, *expected in WORDS:
            arguments = [argument.format(self.folder) for argument in arguments]
            with self.subTest(arguments=arguments):
                for words, done in zip(expected, self.both(*arguments, status=status)):
                    self.assertIn(words, done.stderr)
                    self.assertEqual(done.stdout, "")
                self.assertNotIn(expected[1], self.kiem(*arguments, status=status).stderr)

    def test_warnings_and_rejects_in_both(self):
        self.write_lines("x.csv", HEADER + ",T_VTYTT,T_THUOCC", row() + ",1,2", "a,b", row(MA_LK="B") + ",1,2")
        expected = {"vi": ("x.csv: đã đọc 2 dòng, 1 dòng không đọc được",
                           "x.csv: 2 cột có tên chưa biết; cột 26 giống T_VTYT, cột 27 giống T_THUOC", "cần 27 ô, thấy 2 ô"),
                    "en": ("x.csv: 2 rows read, 1 rejected",
                           "x.csv: 2 columns have names that are not known; column 26 looks like T_VTYT, column 27 looks like T_THUOC",
                           "expected 27 fields, found 2")}
        for lang, (rejected, unknown, reason) in expected.items():
            done = self.check(self.path("x.csv"), out=lang, lang=lang)
            self.assertIn(rejected, done.stderr)
            self.assertIn(unknown, done.stderr)
            self.assertEqual([r["reason"] for r in self.table("rejects", out=lang)], [reason])

    def test_the_legal_basis_in_both(self):
        """No word of English is left in a basis that ships; what a house says in Vietnamese stays."""
        rules = list(csv.DictReader(io.StringIO(self.kiem("rules", "--format", "csv").stdout)))
        for rule in rules:
            words = set(re.findall(r"[^\W\d_]*[a-z]{2}[^\W\d_]*", rule["basis"])) - {"Thanh"}  # of Thanh Hoa
            self.assertEqual(words & set(re.findall(r"[^\W\d_]+", rule["basis_vi"])), set(), rule["basis_vi"])
            self.assertEqual(re.findall(r"\d+/\d+", rule["basis"]), re.findall(r"\d+/\d+", rule["basis_vi"]))
        house = self.write_rows("house.csv", ["id", "scope", "severity", "condition", "basis", "message_vi", "message_en"],
                                ["H1", "claim", "notice", "T_BHTT > 0", "Quy chế 7/QĐ-BV, mục Decrees; Decree 146/2018 Art.14(1)(dd)", "a", "b"])
        self.claims(row())
        for lang, basis in (("vi", "Quy chế 7/QĐ-BV, mục Decrees; Nghị định 146/2018 Điều 14(1)(đ)"),
                            ("en", "Quy chế 7/QĐ-BV, mục Decrees; Decree 146/2018 Art.14(1)(dd)")):
            self.check(self.path("claims.csv"), "--rules", house, out=lang, lang=lang)
            self.assertEqual([f["basis"] for f in self.table("findings", out=lang) if f["rule"] == "H1"], [basis])
            self.assertIn(basis, self.kiem("rules", "H1", "--rules", house, "--lang", lang).stdout)

    def test_learning_in_both(self):
        self.claims(row())
        many = self.claims(*[row(MA_LK=f"M{i}") for i in range(1200)], name="many.csv")
        for lang, words in (("vi", "1.200 dòng: 1.200 đã học"), ("en", "1,200 rows: 1,200 learned")):
            self.assertIn(words, self.kiem("learn", many, "-o", self.path(lang + ".many"), "--lang", lang).stdout)
        for lang, words in (("vi", "1 dòng: 1 đã học, 0 không đọc được; dữ liệu đã học có 1 hồ sơ"),
                            ("en", "1 rows: 1 learned, 0 rejected; the state has 1 claims")):
            done = self.kiem("learn", self.path("claims.csv"), "-o", self.path(lang), "--lang", lang)
            self.assertEqual(done.stdout, words + "\n")
        done = self.kiem("merge", self.path("vi"), self.path("en"), "-o", self.path("x"), status=2)
        self.assertIn("dữ liệu đã học có nguồn này rồi", done.stderr)

    def test_where_the_language_comes_from(self):
        english, vietnamese = "no claims given", "chưa cho tệp hồ sơ nào"
        for before, arguments, expected in (
                (None, ["check"], vietnamese), ("en", ["check"], english), ("", ["check"], vietnamese),
                ("en", ["check", "--lang", "vi"], vietnamese), (None, ["--lang", "en", "check"], english),
                (None, ["check", "--lang=en"], english), (None, ["check", "--lang", "fr"], "--lang nhận vi hoặc en, không nhận 'fr'"),
                ("en", ["check", "--lang"], "--lang takes vi or en, not ''"), ("fr", ["check"], "KIEM_LANG nhận vi hoặc en, không nhận 'fr'")):
            environment = {**os.environ, **({} if before is None else {"KIEM_LANG": before})}
            self.assertIn(expected, self.kiem(*arguments, status=2, env=environment).stderr)

    def test_the_system_locale_changes_nothing(self):
        for name in ("C", "en_US.UTF-8"):
            environment = {**os.environ, "LC_ALL": name, "LANG": name}
            self.assertIn("chưa cho tệp hồ sơ nào", self.kiem("check", status=2, env=environment).stderr)


if __name__ == "__main__":
    main()
