"""The kiem command from outside: results, exit status, and one clear sentence for every kind of bad input.
Standard library only.

usage: test_cli.py KIEM SOURCE_DIRECTORY
"""
import contextlib
import csv
import gzip
import hmac
import io
import json
import lzma
import os
import resource
import signal
import subprocess
import time

from support import GOOD, HEADER, KIEM, SOURCE, Case, line, main, read_bytes, read_csv, row

SAMPLE = os.path.join(SOURCE, "data", "sample")
LARGE_MIB = int(os.environ.get("KIEM_TEST_LARGE_MIB", "48"))


class GoodInput(Case):
    def test_a_clean_claim_has_no_finding(self):
        self.check(self.claims(row()))
        self.assertEqual(self.findings(), [])
        self.assertEqual(self.summary()["judged"], 1)

    def test_columns_of_the_result_files(self):
        self.check(self.claims(row()))
        expected = {
            "findings": "scope,subject,file,row,rule,severity,amount_at_risk,evidence,message",
            "claims": "file,row,MA_LK,score,q_value,flagged,amount_at_risk,benefit_rate_due,fund_due,copay_due,reasons",
            "provinces": "province,year,budget,spent,utilisation,expected_by_now,forecast,forecast_low,forecast_high,exhausts_on,status",
            "facilities": "facility,claims,spent,observed_expected,z,q_value,flagged,amount_at_risk",
            "patients": "patient,claims,facilities,spent,max_visits_30d,flagged",
            "rejects": "file,row,offset,column,reason,value"}
        for name, columns in expected.items():
            data = read_bytes(self.path("out"), name + ".csv")
            self.assertTrue(data.split(b"\n")[0].decode().startswith(columns), name)
            self.assertNotIn(b"\r", data)

    def test_findings_name_rule_law_evidence_and_money(self):
        self.check(self.claims(row(GIOI_TINH="1", MA_BENH_CHINH="O80"), row(MA_LK="A2", T_BHTT="410000", NGAY_VAO="202403020800",
                                                                       NGAY_RA="202403020930")))
        found = {(f["subject"], f["rule"]): f for f in self.table("findings")}
        self.assertIn(("A1", "C18_MALE"), found)
        sums = found[("A2", "M04")]
        self.assertEqual(sums["severity"], "error")
        self.assertEqual(sums["amount"], "10000")
        self.assertEqual(sums["amount_at_risk"], "0")  # the file goes back, nothing is paid on it yet
        self.assertIn("T_BHTT=410000", sums["evidence"])
        self.assertIn("510,000", sums["message"])
        self.assertIn("Decision 130", sums["basis"])
        self.assertEqual(sums["row"], "3")

    def test_amounts_of_a_claim_never_sum_to_more_than_the_claim(self):
        self.check(self.claims(row(GT_THE_DEN="20240201", T_BHTT="490000", T_BNCCT="100000")))
        found = self.table("findings")
        self.assertGreater(len(found), 1)
        self.assertGreater(sum(float(f["amount"]) for f in found), 490000)
        self.assertEqual(sum(float(f["amount_at_risk"]) for f in found), 490000)
        self.assertEqual(self.table("claims")[0]["amount_at_risk"], "490000")

    def test_history_finds_duplicates_and_overlapping_stays(self):
        stay = dict(MA_LOAI_KCB="03", T_TONGCHI_BV="5000000", T_TONGCHI_BH="5000000", T_BHTT="4000000", T_BNCCT="1000000", THANG_QT="4")
        self.check(self.claims(row(), row(MA_LK="A2"),
                               row(MA_LK="B1", NGAY_VAO="202404010800", NGAY_RA="202404051000", **stay),
                               row(MA_LK="B2", NGAY_VAO="202404030800", NGAY_RA="202404081000", MA_CSKCB="79002",
                                   MA_DOITUONG_KCB="2", **stay)))
        self.assertEqual(self.findings(), [("A2", "X01"), ("B2", "X02")])
        self.assertGreater(float(self.table("findings")[0]["amount_at_risk"]), 0)  # the one error with money: it came twice
        message = self.table("findings")[1]["message"]
        self.assertIn("overlap by 50 hours", message)
        self.assertIn("B1", message)

    def test_personal_data_is_not_in_the_findings(self):
        header = HEADER + ",HO_TEN,SO_CCCD"
        self.check(self.claims(row() + ",LÊ VĂN THỬ,079280001234", header=header))
        text = json.dumps(self.table("findings"))
        self.assertIn("C09", text)
        for secret in ("THỬ", "079280001234", "4790000000017"):
            self.assertNotIn(secret, text)

    def test_golden_binh_phuoc_2023(self):
        """489 billion paid is 82 % of the estimate of Decision 877 (news item of the insurer, 7 March 2024)."""
        claims = self.claims(*[row(MA_LK=f"P{i}", MA_CSKCB="70001", NGAY_VAO=f"2023{m:02d}010800", NGAY_RA=f"2023{m:02d}010900",
                                   NAM_QT="2023", GT_THE_TU="20230101", GT_THE_DEN="20231231", T_BHTT="40750000000")
                               for i, m in enumerate(range(1, 13))])
        budgets = self.write("budgets.csv", "province_code,year,budget_vnd,decision\n70,2023,596341463414.63,877/QĐ-TTg\n75,2023,,\n")
        told = self.check(claims, "--budgets", budgets).stderr
        self.assertEqual(told, f"kiem: {budgets}: 1 rows have no budget_vnd: nothing is known of these budgets\n")
        province = self.table("provinces")[0]
        self.assertEqual((province["province"], province["year"]), ("70", "2023"))
        self.assertEqual(province["spent"], "489000000000")
        self.assertEqual(province["utilisation"], "0.820000")
        self.assertEqual(province["status"], "within")
        self.assertEqual(province["name"], "Bình Phước")

    def test_the_nation_over_its_estimate(self):
        claims = self.claims(*[row(MA_LK=f"P{i}", MA_CSKCB=f"{p}001", T_BHTT="15500000000000") for i, p in
                               enumerate(("01", "38", "40", "48", "70", "75", "79", "92"))])
        budgets = self.write("budgets.csv", "province_code;year;budget_vnd;decision\n00;2024;114500000000000;877/QĐ-TTg\n")
        self.check(claims, "--budgets", budgets)
        nation = [p for p in self.table("provinces") if p["province"] == "00"][0]
        self.assertEqual((nation["spent"], nation["utilisation"], nation["status"]), ("124000000000000", "1.082969", "used_up"))

    def test_old_standard_and_lists_are_recognised(self):
        samples = os.path.join(SOURCE, "tests", "data")
        for name, standard in [("claims_4210.csv", "4210"), ("list_79a.csv", "79a"), ("claims_130.csv", "130")]:
            self.check(os.path.join(samples, name), out=standard)
            summary = self.summary(standard)
            self.assertEqual(summary["files"][0]["standard"], standard)
            self.assertEqual(summary["rejected"], 0)
            for rule in summary["rules"]:
                self.assertFalse(rule["rule"].startswith("M04") and rule["findings"], rule)

    def test_header_in_any_order_case_and_delimiter(self):
        names = list(reversed(HEADER.split(",")))
        cells = dict(zip(HEADER.split(","), row(MA_BENH_CHINH="O26", MA_BENH_KT="E11;I10").split(",")))
        for delimiter in ",;\t|":
            lines = [delimiter.join(f" {n.lower()} " for n in names), delimiter.join(f'"{cells[n]}"' for n in names)]
            self.check(self.write("x.csv", "\ufeff" + "\r\n".join(lines) + "\r\n"), out=f"d{ord(delimiter)}")
            self.assertEqual(self.findings(f"d{ord(delimiter)}"), [("A1", "C18_MALE")])

    def test_a_file_may_have_more_columns_than_the_one_before(self):
        short = "MA_LK,MA_THE_BHYT,NGAY_VAO,NGAY_RA,T_BHTT"
        few = self.write("few.csv", f"{short}\nA0,GD4790000000017,202403010800,202403010930,400000\n")
        self.check(few, self.claims(row(GT_THE_DEN="20240201")))
        self.assertIn(("A1", "C05"), self.findings())

    def test_row_numbers_stay_right(self):
        text = "\n".join([HEADER + ",GHI_CHU", row() + ',"two\nlines, ""quoted"""', "", row(MA_LK="A2", GIOI_TINH="9") + ",x", "too,short",
                          row(MA_LK="A3", GIOI_TINH="8") + ",y"]) + "\n"
        self.check(self.write("claims.csv", text))
        self.assertEqual([(f["subject"], f["row"]) for f in self.table("findings") if f["rule"] == "M16_SEX"], [("A2", "4"), ("A3", "6")])
        reject = self.table("rejects")[0]
        self.assertEqual((reject["row"], reject["offset"]), ("5", str(text.encode().index(b"too,short"))))
        self.assertEqual(self.summary()["rows"], 4)

    def test_stdin_and_several_files(self):
        first, second = self.claims(row()), self.claims(row(MA_LK="A2"), name="more.csv")
        self.check(first, second, out="two")
        self.assertEqual([(f["subject"], f["file"]) for f in self.table("findings", "two")], [("A2", "more.csv")])
        with open(first, encoding="utf-8") as file:
            self.check("-", input=file.read(), out="stdin")
        self.assertEqual(self.table("claims", "stdin")[0]["file"], "-")

    def test_pipes_plain_and_compressed(self):
        claims = self.claims(row(), row(MA_LK="A2"))
        for kind, data in (("plain", read_bytes(claims)), ("gz", gzip.compress(read_bytes(claims))), ("xz", lzma.compress(read_bytes(claims)))):
            pipe = self.path("pipe." + kind)
            os.mkfifo(pipe)
            writer = subprocess.Popen(["cp", self.write("data." + kind, data), pipe])
            self.check(pipe, out=kind)
            writer.wait()
            with open(self.path("data." + kind), "rb") as file:
                self.check("-", stdin=file, out=kind + "-stdin")
            for out in (kind, kind + "-stdin"):
                self.assertEqual(self.summary(out)["judged"], 2)
        self.one_line(self.kiem("check", "-", "-", status=2, stdin=subprocess.DEVNULL), "once only")
        self.one_line(self.kiem("check", "-", status=3, stdin=subprocess.DEVNULL), "the file is empty")

    def test_an_interrupted_check_leaves_nothing(self):
        pipe = self.path("pipe")
        os.mkfifo(pipe)
        process = subprocess.Popen([KIEM, "check", pipe, "--out", self.path("stopped")], stderr=subprocess.PIPE, text=True)
        with contextlib.suppress(BrokenPipeError), open(pipe, "w", encoding="utf-8") as file:
            file.write(HEADER + "\n" + (row() + "\n") * 5000)
            file.flush()
            while not os.path.isdir(self.path("stopped")) or not os.listdir(self.path("stopped")):
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            file.write((row() + "\n") * 5000)
        self.assertIn("stopped on request", process.communicate()[1])
        self.assertEqual((process.returncode, os.listdir(self.path("stopped"))), (-signal.SIGINT, []))

    def test_what_cannot_be_printed_is_an_error(self):
        """A few bytes fail when the command ends, more before that."""
        claims = self.claims(row())
        for command in (("check", claims), ("check", claims, "--json"), ("rules",), ("rules", "--format", "csv"), ("--version",), ("--help",)):
            with self.subTest(command=command), open("/dev/full", "wb") as full:
                done = subprocess.run([KIEM, *command], stdout=full, stderr=subprocess.PIPE, text=True)
                self.assertEqual(done.returncode, 3)
                self.assertRegex(done.stderr, "^kiem: stdout: cannot be written: .*\n$")

    def test_a_link_in_place_of_a_part_is_not_followed(self):
        victim = self.write("victim", "mine")
        os.mkdir(self.path("out"))
        os.symlink(victim, self.path("out", "findings.csv.part"))
        self.one_line(self.check(self.claims(row()), status=3), "findings.csv.part: cannot write the file: it is a symbolic link")
        self.assertEqual(read_bytes(victim), b"mine")
        self.assertEqual(os.listdir(self.path("out")), ["findings.csv.part"])

    def test_a_file_that_may_not_grow_leaves_nothing(self):
        claims = self.claims(*[row(MA_LK=f"HS{i:06}") for i in range(2000)])
        done = self.kiem("check", claims, "--out", self.path("small"), status=3,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)))
        self.one_line(done, "the disk is full")
        self.assertEqual(os.listdir(self.path("small")), [])

    def test_misspelt_columns_are_told(self):
        claims = self.claims(row(), header=HEADER.replace("MA_THE_BHYT", "MATHE_BHYT"))
        done = self.check(claims)
        self.assertEqual(done.stderr, f"kiem: {claims}: 1 columns have names that are not known; column 2 looks like MA_THE_BHYT\n"
                         f"kiem: {claims}: no column MA_THE_BHYT: what needs it cannot be checked\n")
        self.assertEqual(self.summary()["files"][0]["near_misses"], "column 2 looks like MA_THE_BHYT")
        self.assertEqual(self.check(claims, "--quiet").stderr, "")
        self.check(self.claims(row()))
        self.assertNotIn("near_misses", self.summary()["files"][0])

    def test_unknown_columns_are_named(self):
        def names(header, *cells):
            self.check(self.claims(row() + "".join("," + cell for cell in cells), header=header), status=None)
            return self.summary()["files"][0].get("unknown_names")

        claim = row(MA_BENH_KT="Nguyễn Thị Thử").split(",")
        self.refused(self.write_lines("none.csv", ",".join(claim), row()), "the first row is not a header")
        self.assertIsNone(names(HEADER))
        self.assertEqual(names(HEADER + ',GHICHU_BV,"Mã máy, cũ",,"a ""b"""', "x", "", "", ""), ["GHICHU_BV", "Mã máy, cũ", 'a "b"'])
        # no control characters, nothing long, no number of a person
        odd = ["a\tb", "\u0085x", "b" * 121, "0912345678", "GD4790000000017"]
        self.assertEqual(names(HEADER + "".join("," + name for name in odd), *odd), [f"column {26 + i}" for i in range(5)])
        many = [f"X{i}" for i in range(30)]
        self.assertEqual(names(",".join([HEADER, *many]), *many), many[:20])
        # where a value is the name of a column by chance a file without a header is read: nothing of it is shown
        for chance in (["MA_KHOA"], ["MA_KHOA", "HO_TEN"]):
            self.check(self.write_lines("chance.csv", ",".join(chance + claim), row()), status=None, out="chance")
            self.assertNotIn(b"Th\xe1\xbb\xad", read_bytes(self.path("chance"), "summary.json"))

    def test_ndjson_and_json(self):
        done = self.check(self.claims(row(GIOI_TINH="7")), "--format", "ndjson", "--json")
        self.assertEqual(json.loads(done.stdout)["judged"], 1)
        with open(os.path.join(self.path("out"), "findings.ndjson"), encoding="utf-8") as file:
            self.assertEqual([json.loads(line)["rule"] for line in file], ["M16_SEX"])

    def test_exit_status_follows_fail_on(self):
        claims = self.claims(row(GIOI_TINH="1", MA_BENH_CHINH="P07"))
        self.kiem("check", claims, "--quiet")
        self.kiem("check", claims, "--quiet", "--fail-on", "suspicion", status=1)
        self.kiem("check", claims, "--quiet", "--fail-on", "violation")

    def test_patient_keys_can_be_hashed(self):
        claims = self.claims(row(), row(MA_LK="A2", NGAY_VAO="202403050800", NGAY_RA="202403050900"))
        self.check(claims, out="plain")
        self.check(claims, "--pseudonymise", "key one", out="one")
        self.check(claims, "--pseudonymise", "key two", out="two")
        plain, one, two = (self.table("patients", o)[0]["patient"] for o in ("plain", "one", "two"))
        self.assertEqual(plain, "0000000017")
        self.assertEqual([one, two], [hmac.digest(key, plain.encode(), "sha256").hex()[:32] for key in (b"key one", b"key two")])

    def test_sample_gives_the_golden_summary(self):
        self.check(os.path.join(SAMPLE, "claims.csv"), "--budgets", os.path.join(SAMPLE, "budgets.csv"), "--facilities",
                   os.path.join(SAMPLE, "facilities.csv"))
        golden = os.path.join(SOURCE, "tests", "golden", "sample_summary.json")
        with open(os.path.join(self.path("out"), "summary.json"), encoding="utf-8") as file:
            text = file.read()
        if os.environ.get("KIEM_UPDATE_GOLDEN"):
            with open(golden, "w", encoding="utf-8") as file:
                file.write(text)
        with open(golden, encoding="utf-8") as file:
            self.assertEqual(text, file.read(), "run with KIEM_UPDATE_GOLDEN=1 after looking at the difference")

    def test_a_rule_that_lacks_what_could_clear_it_is_softer_and_says_so(self):
        full = HEADER + ",HO_TEN"
        twins = [{**GOOD, "HO_TEN": "NGUYỄN THỬ AN", "MA_LK": key} for key in ("A1", "A2")]
        for column, severity in (None, "error"), ("MA_BENH_CHINH", "suspicion"), ("HO_TEN", "suspicion"):
            header = ",".join(name for name in full.split(",") if name != column)
            self.check(self.claims(*(line(twin, header) for twin in twins), header=header))
            found = [f["severity"] for f in self.table("findings") if f["rule"] == "X01"]
            self.assertEqual(found, [severity])
            with open(os.path.join(self.path("out"), "summary.json"), encoding="utf-8") as file:
                rule = next(r for r in json.load(file)["rules"] if r["rule"] == "X01")
            self.assertEqual(rule.get("softened_without"), column)

    def test_the_shortlist_has_the_claims_with_most_money_of_each_severity(self):
        self.synth(20000, 3, 0.02, "off")
        self.check(self.path("synth/claims.csv"), "--shortlist", "8")
        money = {(c["file"], c["row"]): float(c["amount_at_risk"]) for c in self.table("claims")}
        gravest, order = {}, ["notice", "suspicion", "violation", "error"]
        for found in self.table("findings"):
            if float(found["amount_at_risk"]):
                place = found["file"], found["row"]
                gravest[place] = max(gravest.get(place, 0), order.index(found["severity"]))
        listed = self.table("shortlist")
        self.assertGreater(len({c["severity"] for c in listed}), 2)
        for severity in range(4):
            expected = sorted((money[place] for place, one in gravest.items() if one == severity), reverse=True)[:8]
            mine = [c for c in listed if c["severity"] == order[severity]]
            self.assertEqual([float(c["amount_at_risk"]) for c in mine], expected)
            self.assertEqual([int(c["rank"]) for c in mine], list(range(1, len(mine) + 1)))
            self.assertTrue(all(c["rules"] and c["message"] and c["basis"] for c in mine))
        self.assertIn("must be a number from 0 to 100000", self.kiem("check", self.path("synth/claims.csv"), "--shortlist", "many",
                                                                     "--lang", "en", status=2).stderr)

    def test_clean_claims_have_no_error_and_no_violation(self):
        self.synth(30000, 5, 0, "off")
        self.check(self.path("synth/claims.csv"), "--facilities", self.path("synth/facilities.csv"))
        grave = [f for f in self.table("findings") if f["severity"] in ("error", "violation")]
        self.assertEqual([(f["subject"], f["rule"]) for f in grave], [])

    def same_files(self, one, other):
        self.assertEqual(sorted(os.listdir(self.path(one))), sorted(os.listdir(self.path(other))))
        for name in os.listdir(self.path(one)):
            self.assertEqual(read_bytes(self.path(one, name)), read_bytes(self.path(other, name)), name)

    def test_compressed_files_are_unpacked(self):
        plain = self.claims(row(GIOI_TINH="7"), row(MA_LK="A2"))
        data = read_bytes(plain)
        os.mkdir(self.path("gz"))
        os.mkdir(self.path("xz"))
        self.check(plain, out="plain")
        for kind, pack in (("gz", gzip.compress), ("xz", lzma.compress)):
            self.check(self.write(kind + "/claims.csv", pack(data)), out=kind + "-out")
            self.same_files("plain", kind + "-out")
        cut = self.write("cut.csv.gz", gzip.compress(data * 50)[:-40])
        done = self.kiem("check", cut, status=3)
        self.assertIn("cut.csv.gz", done.stderr)

    def test_gzip_is_held_against_its_checksums(self):
        """A damaged file can be unpacked up to its end, or seem to end early: rows would be lost without a word."""
        header, rows = (HEADER + "\n").encode(), "".join(row(MA_LK=f"{i:06}") + "\n" for i in range(9000)).encode()
        data = header + rows
        packed = gzip.compress(data)
        half = len(header) + len(rows) // 2
        first, second = gzip.compress(data[:half]), gzip.compress(data[half:])
        for name, bad, words in (("crc", packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:], "it is damaged"),
                                 ("length", packed[:-1] + bytes([packed[-1] ^ 1]), "it is damaged"),
                                 ("middle", packed[:5000] + bytes([packed[5000] ^ 255]) + packed[5001:], "it is damaged"),
                                 ("cut", first + second[:5000], "it ends too early"),
                                 ("method", packed[:2] + b"\7" + packed[3:], "it is damaged"),
                                 ("tail", packed[:-1], "it ends too early"), ("head", packed[:5], "it ends too early")):
            self.refused(self.write(name + ".csv.gz", bad), f"{name}.csv.gz: cannot be unpacked: {words}")
            done = subprocess.run([KIEM, "check", "-", "--lang", "en"], input=bad, capture_output=True)
            self.assertEqual((done.returncode, words in done.stderr.decode()), (3, True), name)
        for name, bad in (("plain", packed + rows), ("zeros", packed + b"\0" * 70000 + rows), ("second", first + b"\x1e" + second[1:]), ("short", packed + b"x")):
            self.refused(self.write(name + ".csv.gz", bad), f"{name}.csv.gz: cannot be unpacked: behind what is packed stands what is not")
        for good in (packed, first + second, first + b"\0" * 100000 + second, packed + b"\0" * 512, packed + b"\0" * 70000 + gzip.compress(b""),
                     gzip.compress(data, 0),
                     gzip.compress(b"") + packed):
            for given, more in ((self.write("good.csv.gz", good), {}), ("-", {"input": good})):
                done = subprocess.run([KIEM, "check", given, "--json"], capture_output=True, **more)
                self.assertEqual(json.loads(done.stdout)["judged"], 9000)
        blank = header + row().encode() + b"\n" * 3000000  # a little of gzip is much of text, some of it when all was read
        done = subprocess.run([KIEM, "check", "-", "--json"], input=gzip.compress(blank), capture_output=True)
        self.assertEqual(json.loads(done.stdout)["judged"], 1)

    def test_same_bytes_for_any_number_of_threads(self):
        self.synth(12000, 9, 0.05)
        inputs = [self.path("synth/claims.csv"), "--drugs", self.path("synth/drugs.csv"), "--services", self.path("synth/services.csv")]
        self.check(*inputs, "--threads", "1", out="one")
        for more in (["--threads", "2"], ["--threads", "7"], ["--threads", "3", "--memory", "1K"]):
            self.check(*inputs, *more, out="more")
            self.same_files("one", "more")

    def test_same_bytes_for_any_memory_and_same_rows_for_any_order(self):
        self.synth(8000, 6, 0.05, "off")
        claims = self.path("synth/claims.csv")
        self.check(claims, out="a")
        self.check(claims, "--memory", "1K", out="b")
        self.same_files("a", "b")
        with open(claims, encoding="utf-8") as file:
            head, *rows = file.read().splitlines()
        self.check(self.write_lines("reversed.csv", head, *reversed(rows)), out="c")
        for name in ("findings", "claims", "provinces", "facilities", "patients"):
            plain = [[sorted((k, v) for k, v in r.items() if k not in ("file", "row")) for r in self.table(name, o)] for o in "ac"]
            self.assertEqual(sorted(plain[0]), sorted(plain[1]), name)


class BadInput(Case):
    def test_missing_file(self):
        self.refused(self.path("none.csv"), "none.csv", "no such file")

    def test_directory(self):
        self.refused(self.folder, "directory")

    def test_empty_file(self):
        self.refused(self.write("empty.csv", ""), "empty.csv", "empty")

    def test_header_only(self):
        self.check(self.claims())
        self.assertEqual(self.summary()["rows"], 0)

    def test_no_known_column(self):
        self.refused(self.write("x.csv", "MALK,NGAYVAO,foo\n1,2,3\n"), "MA_LK", "NGAY_VAO")

    def test_lines_that_do_not_tell_their_claim(self):
        lines = self.write("lines.csv", "STT,MA_THUOC,SO_LUONG,DON_GIA\n1,40.1,2,1000\n")
        self.refused(self.claims(row()), "lines.csv", "no column MA_LK", more=("--drugs", lines))

    def test_duplicate_column(self):
        self.refused(self.write("x.csv", "MA_LK,T_BHTT,ma_lk\n1,2,3\n"), "ma_lk")

    def test_ragged_rows_are_rejected(self):
        self.check(self.claims(row(), "a,b,c", row(MA_LK="A2", NGAY_VAO="202405010800", NGAY_RA="202405010900") + ",more"))
        self.assertEqual([(r["row"], r["reason"]) for r in self.table("rejects")],
                         [("3", "expected 25 fields, found 3"), ("4", "expected 25 fields, found 26")])

    def test_unclosed_quote_in_a_large_file(self):
        """Bounded memory, and the next line is read again."""
        line = (row(MA_LK="L%07d", MA_THE_BHYT="GD479%010d") + "\n").encode()
        bad = (row(MA_BENH_KT='"E11;I10') + "\n").encode()
        rows = (LARGE_MIB << 20) // len(line % (0, 0))
        with open(self.path("large.csv"), "wb") as file:
            file.write(HEADER.encode() + b"\n" + row().encode() + b"\n" + bad)
            for number in range(rows):
                file.write(line % (number, 1000000000 + 7919 * number % 8000000000))
        done = self.kiem("check", self.path("large.csv"), "--json", "--memory", "1M")
        summary = json.loads(done.stdout)
        self.assertEqual((summary["rows"], summary["rejected"]), (rows + 2, 1))
        if LARGE_MIB >= 512:  # far more than a run and its instruments hold
            self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, LARGE_MIB * 1024 // 4)

    def test_invalid_utf8_row_is_rejected(self):
        text = (HEADER + "\n" + row() + "\n").encode() + row(MA_LK="B\udcff").encode(errors="surrogateescape") + b"\n"
        self.check(self.write("x.csv", text))
        self.assertEqual([(r["row"], r["column"], r["reason"]) for r in self.table("rejects")], [("3", "MA_LK", "invalid UTF-8")])

    def test_other_encodings_are_refused_with_advice(self):
        text = HEADER + ",CHAN_DOAN_RV\n" + "\n".join(row(MA_LK=f"A{i}") + ",Viêm phế quản cấp ở trẻ em" for i in range(50)) + "\n"
        self.refused(self.write("u.csv", text.encode("utf-16")), "UTF-16", "iconv")
        self.refused(self.write("v.csv", text.encode("utf-16-be")), "UTF-16", "iconv")
        tcvn = {"ê": 0xAA, "ế": 0xD5, "ả": 0xB6, "ấ": 0xCA, "ở": 0xEB, "ẻ": 0xCE}
        encoded = bytes(b for c in text for b in ([tcvn[c]] if c in tcvn else c.encode()))
        self.refused(self.write("t.csv", encoded), "TCVN3")
        self.refused(self.write("b.csv", bytes((i * i * 7 + i // 3) % 256 for i in range(4000))), "binary")
        self.refused(self.write("x.xlsx", b"PK\x03\x04" + b"\x00" * 100), "CSV")
        self.refused(self.write("z.csv.gz", b"\x1f\x8b\x08" + b"\x00" * 100), "cannot be unpacked: it is damaged")
        self.refused(self.write("none.csv.gz", gzip.compress(b"")), "the file is empty")

    def test_numbers_out_of_range_and_impossible_dates(self):
        self.check(self.claims(row(T_BHTT="99999999999999999999", NGAY_RA="202402300900", GIOI_TINH="x1")))
        finding = [f for f in self.table("findings") if f["rule"] == "bad_value"][0]
        for part in ("T_BHTT=99999999999999999999", "NGAY_RA=999999999999", "GIOI_TINH=A9"):
            self.assertIn(part, finding["evidence"])
        self.assertEqual(self.summary()["judged"], 1)

    def test_decimal_comma_is_never_misread(self):
        names = HEADER.split(",")
        cells = dict(zip(names, row().split(",")))
        cells.update(T_TONGCHI_BV="500.000,00", T_TONGCHI_BH="500.000,00", T_BHTT="400.000,00", T_BNCCT="100.000")
        path = self.write("comma.csv", ";".join(names) + "\n" + ";".join(cells[n] for n in names) + "\n")
        self.refused(path, "--decimal-comma", "row 2")
        self.check(path, "--decimal-comma")
        self.assertEqual(self.table("provinces")[0]["spent"], "400000")
        self.assertEqual(self.findings(), [])

    def test_policy_typo(self):
        rules = self.write("house.csv", "id,scope,severity,condition,basis,message_vi,message_en\n"
                                        "H1,claim,notice,T_BHTT > 1,b,v,e\nH2,claim,notice,T_BHT > 1,b,v,e\n")
        self.refused(self.claims(row()), "house.csv", "row 3", "H2", "T_BHT", "did you mean 'T_BHTT'", status=2, more=("--rules", rules))

    def test_house_rules_add_replace_and_switch_off(self):
        rules = self.write("house.csv", "id,scope,severity,condition,basis,message_vi,message_en\n"
                                        'H1,claim,notice,"T_BHTT > 1 AND ""x"" = 1",b,v,e\n'.replace('""x"" = 1', "1 = 1") +
                                        "M16_SEX,claim,off,,,,\n")
        self.check(self.claims(row(GIOI_TINH="9")), "--rules", rules)
        self.assertEqual(self.findings(), [("A1", "H1")])

    def test_a_rule_to_switch_off_must_be_there(self):
        rules = self.write("house.csv", "id,scope,severity,condition,basis,message_vi,message_en\nM16_SEXX,,off,,,,\n")
        self.refused(self.claims(row()), "house.csv", "row 2", "M16_SEXX", "did you mean 'M16_SEX'", status=2, more=("--rules", rules))

    def test_budget_of_an_unknown_province(self):
        budgets = self.write("budgets.csv", "province_code,year,budget_vnd,decision\n79,2024,5,x\n05,2024,5,x\n")
        self.refused(self.claims(row()), "budgets.csv", "row 3", "05", status=2, more=("--budgets", budgets))

    def test_facilities_with_words_of_their_own(self):
        table = self.write("facilities.csv", "facility_code,tier\n79001,tuyến tỉnh\n")
        self.refused(self.claims(row()), "facilities.csv", "row 2, column 2", "central, provincial", status=2, more=("--facilities", table))
        lost = self.write("lost.csv", "facility_code,tier\n1001,COMMUNE\n")
        kept = self.write("kept.csv", "facility_code,tier\n01001,commune\n")
        for out, path in (("lost", lost), ("kept", kept)):
            self.check(self.claims(row(MA_CSKCB="01001", MA_DKBD="01001")), "--facilities", path, out=out)
        self.assertEqual(self.table("claims", "lost"), self.table("claims", "kept"))
        self.assertEqual(self.table("claims", "lost")[0]["benefit_rate_due"], "100")

    def test_output_that_cannot_be_written(self):
        done = self.kiem("check", self.claims(row()), "--out", "/proc/none", status=3)
        self.assertIn("/proc/none", done.stderr)

    def test_usage(self):
        for arguments, part in [((), "kiem check"), (("chek",), "no command 'chek'"), (("check",), "no claims"),
                                (("check", "x", "--bugdets", "y"), "--bugdets"), (("check", "x", "--budgets"), "needs a value"),
                                (("check", "x", "--lang", "fr"), "vi or en"), (("check", "x", "--memory", "lots"), "512M"),
                                (("check", "x", "--as-of", "1/2/2024"), "yyyy-mm-dd"), (("rules", "NONE"), "no rule 'NONE'"),
                                (("rules", "X01", "X02"), "one rule at a time"), (("rules", "--test", "NONE"), "no rule 'NONE'"),
                                (("rules", "--format", "xml"), "text or csv"),
                                (("check", "x", "--fail-on", "bad"), "--fail-on"), (("check", "x", "y", "x"), "given twice")]:
            done = self.kiem(*arguments, status=2)
            self.assertIn(part, done.stderr)
        for arguments, part in [(("check", "x", "--table", "y"), "NAME=FILE"), (("check", "x", "--rules", "/none"), "/none")]:
            done = self.kiem(*arguments, status=2)
            self.assertIn(part, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, "told once")


class Rules(Case):
    def test_one_rule(self):
        rows = list(csv.DictReader(io.StringIO(self.kiem("rules", "X02", "--format", "csv").stdout)))
        self.assertEqual({r["id"] for r in rows}, {"X02"})
        self.assertEqual(self.kiem("rules", "x02").stdout, self.kiem("rules", "X02").stdout)
        told = self.kiem("rules", "G02").stdout  # terms in words, each that is named and no other
        self.assertRegex(told, "\n  where +stay_days: day of discharge less .*; bed_money: fund money of bed days\n")
        self.assertNotIn("exams_full", told)
        self.assertRegex(self.kiem("rules", "G02", "--lang", "vi").stdout, "\n  mức độ +chưa đúng quy định\n(.*\n)+  trong đó +stay_days: ngày ra trừ")
        self.assertIn("cannot run", self.kiem("rules", "B05", "--lang", "en").stdout)
        few, all_rules = (int(self.kiem("rules", *more, "--test").stdout.split()[0]) for more in (("X02",), ()))
        self.assertTrue(1 < few < 20 < all_rules)

    def test_examples_beside_tables_and_rules_of_the_house(self):
        off = self.write("off.csv", "id,scope,severity,condition,basis,message_vi,message_en\nX02,,off,,,,\n")
        self.assertIn(" 0 failed", self.kiem("rules", "--test", "--rules", off).stdout)
        bids = self.write("bids.csv", "facility_code,registration,price\n79001,VD-1,1\n")
        self.assertIn("D02", self.kiem("rules", "D02", "--table", "drug_bids=" + bids).stdout)

    def test_every_rule_is_listed_and_explained(self):
        lines = self.kiem("rules").stdout.splitlines()
        self.assertGreater(len(lines), 40)
        for line in lines[::9]:
            done = self.kiem("rules", line.split()[0], "--lang", "en")
            for part in ("condition", "basis", "message"):
                self.assertIn(part, done.stdout)

    def test_the_list_says_what_each_rule_is_about(self):
        rows = list(csv.DictReader(io.StringIO(self.kiem("rules", "--format", "csv").stdout)))
        for lang in ("vi", "en"):
            lines = self.kiem("rules", "--lang", lang).stdout.splitlines()
            self.assertEqual([line[:46].split() for line in lines],
                             [[cell for cell in (r["id"], r["severity"], r["effective_from"]) if cell] for r in rows])
            titles = [line[46:] for line in lines]
            self.assertTrue(all(len(title) > 10 and title.count("(") == title.count(")") and "{" not in title for title in titles))
            about = {line.split()[0]: title for line, title in zip(lines, titles)}
            self.assertEqual(about["C05"], {"vi": "Ngày vào … nằm ngoài thời hạn thẻ (… - …)",
                                            "en": "Admission on … lies outside the validity of the card (… - …)"}[lang])

    def test_catalogue_as_csv(self):
        rows = list(csv.DictReader(io.StringIO(self.kiem("rules", "--format", "csv").stdout)))
        self.assertTrue(all(r["id"] and r["basis"] and r["message_vi"] and r["message_en"] for r in rows))
        files = {}
        folder = os.path.join(SOURCE, "data", "policy", "rules")
        for name in os.listdir(folder):
            if not name.startswith("examples"):
                for r in read_csv(folder, name):
                    files.setdefault(r["id"], set()).add(name)
        self.assertEqual({i: f for i, f in files.items() if len(f) > 1}, {}, "an id in two files: the later one replaces the other")

    def test_words(self):
        """No finding is worded as guilt."""
        text = self.kiem("rules", "--format", "csv").stdout.lower()
        for word in ("fraud", "fake", "ghost", "guilty", "cheat", "criminal", "gian lận", "trục lợi", "khống", "giả mạo", "vượt trần"):
            self.assertNotIn(word, text)


if __name__ == "__main__":
    main()
