"""kiem check on the ministry's XML: what it finds there is what it finds in the same claims as CSV, however the envelope is
written; what is damaged is named. Standard library only.

usage: test_xml.py KIEM SOURCE_DIRECTORY
"""
import base64
import gzip
import os
from xml.sax.saxutils import escape

import subprocess

from support import GOOD, KIEM, SOURCE, Case, main, read_csv

DETAILS = os.path.join(SOURCE, "data", "sample", "details")
TESTS = os.path.join(SOURCE, "tests", "data")


def cells(record, empty=True):
    return "".join(f"<{name}>{escape(value)}</{name}>" if value else f"<{name}/>" for name, value in record.items() if value or empty)


def table(tag, records, list_tag, root, **how):
    rows = "".join(f"<{tag}>{cells(record, **how)}</{tag}>" for record in records)
    return f"<{root}><{list_tag}>{rows}</{list_tag}></{root}>"


def parts(claim, drugs, services, **how):
    """The three documents of one HOSO."""
    return {"XML1": f"<TONG_HOP>{cells(claim, **how)}</TONG_HOP>",
            "XML2": table("CHI_TIET_THUOC", drugs, "DSACH_CHI_TIET_THUOC", "CHITIEU_CHITIET_THUOC", **how),
            "XML3": table("CHI_TIET_DVKT", services, "DSACH_CHI_TIET_DVKT", "CHITIEU_CHITIET_DVKT_VTYT", **how)}


def raw(document):
    return document


def in_base64(document):
    coded = base64.b64encode(b"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-16\"?>\n" + document.encode()).decode()
    return "\n".join(coded[i:i + 76] for i in range(0, len(coded), 76))


def in_cdata(document):
    return f"\n  <![CDATA[{document}]]>\n"


def hoso(documents, write=in_base64):
    files = "".join(f"<FILEHOSO><LOAIHOSO>{kind}</LOAIHOSO><NOIDUNGFILE>{write(text)}</NOIDUNGFILE></FILEHOSO>"
                    for kind, text in documents.items())
    return f"<HOSO>{files}</HOSO>"


def envelope(*records):
    return ('<?xml version="1.0" encoding="utf-8"?><GIAMDINHHS xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            "<THONGTINDONVI><MACSKCB>79001</MACSKCB></THONGTINDONVI><THONGTINHOSO><NGAYLAP>20260401</NGAYLAP>"
            f"<SOLUONGHOSO>{len(records)}</SOLUONGHOSO><DANHSACHHOSO>{''.join(records)}</DANHSACHHOSO></THONGTINHOSO>"
            "<CHUKYDONVI/></GIAMDINHHS>")


def usual(**changes):
    return {"XML1": f"<TONG_HOP>{cells({**GOOD, **changes})}</TONG_HOP>"}


def by_claim(lines):
    found = {}
    for one in lines:
        found.setdefault(one["MA_LK"], []).append(one)
    return found


class SameAsCsv(Case):
    """The sample with lines, as CSV and as envelopes."""

    def setUp(self):
        super().setUp()
        self.files = [os.path.join(DETAILS, name + ".csv") for name in ("claims", "drugs", "services")]
        self.records = read_csv(self.files[0])
        self.lines = [by_claim(read_csv(path)) for path in self.files[1:]]

    def documents(self, **how):
        return [parts(claim, *[lines.get(claim["MA_LK"], []) for lines in self.lines], **how) for claim in self.records]

    def found(self, out="out"):
        """All that does not tell where a row stood."""
        findings = sorted([[f[name] for name in f if name not in ("file", "row")] for f in self.table("findings", out)])
        claims = sorted([[c[name] for name in c if name not in ("file", "row")] for c in self.table("claims", out)])
        return findings, claims, self.table("facilities", out), self.table("patients", out), self.table("doctors", out)

    def test_all_ways_of_writing_an_envelope(self):
        self.check(self.files[0], "--drugs", self.files[1], "--services", self.files[2], out="csv")
        expected = self.found("csv")
        self.assertGreater(len(expected[0]), 50)
        for write in (raw, in_base64, in_cdata):
            for empty in (True, False):
                path = self.write("claims.xml", envelope(*[hoso(of, write) for of in self.documents(empty=empty)]))
                self.check(path)
                self.assertEqual(self.found(), expected)

    def test_rows_are_numbered_by_their_place(self):
        path = self.write("claims.xml", envelope(*[hoso(of) for of in self.documents()]))
        self.check(path)
        places = {(claim["MA_LK"]): str(i) for i, claim in enumerate(self.records, 1)}
        for claim in self.table("claims"):
            self.assertEqual(claim["row"], places[claim["MA_LK"]])
            self.assertEqual(claim["file"], "claims.xml")

    def test_one_claim_a_file_packed_and_in_little_memory(self):
        path = self.write("claims.xml", envelope(*[hoso(of) for of in self.documents()]))
        self.check(path, out="one")
        paths = []
        for i, of in enumerate(self.documents()):
            text = envelope(hoso(of)).encode()
            paths.append(self.write(f"c{i:03}.xml", text) if i % 2 else self.write(f"c{i:03}.xml.gz", gzip.compress(text)))
        self.check(*paths, "--threads", "1", "--memory", "16M")
        self.assertEqual(self.found(), self.found("one"))
        self.kiem("check", "-", "--out", self.path("piped"), "--lang", "en", "--memory", "16M", input=open(path).read())
        self.assertEqual(self.found("piped"), self.found("one"))

    def test_many_lines_go_to_the_disk_under_a_limit_of_memory(self):
        documents = self.documents()
        records = [hoso({kind: text.replace(claim["MA_LK"], f"{claim['MA_LK']}-{again}") for kind, text in of.items()}, raw)
                   for again in range(4) for claim, of in zip(self.records, documents)]
        path = self.write("claims.xml", envelope(*records))
        self.check(path, out="one")
        self.check(path, "--memory", "32M")
        self.assertEqual(self.found(), self.found("one"))
        self.assertEqual(self.summary()["rows"], 4 * len(self.records))

    def test_4210(self):
        claims, drugs, services = (read_csv(TESTS, f"details_{name}_4210.csv") for name in ("claims", "drugs", "services"))
        files = [os.path.join(TESTS, f"details_{name}_4210.csv") for name in ("claims", "drugs", "services")]
        self.check(files[0], "--drugs", files[1], "--services", files[2], out="csv")
        drugs, services = by_claim(drugs), by_claim(services)
        records = [{"XML1": f"<TONG_HOP>{cells(c)}</TONG_HOP>",
                    "XML2": table("CHI_TIET_THUOC", drugs.get(c["MA_LK"], []), "x", "DSACH_CHI_TIET_THUOC"),
                    "XML3": table("CHI_TIET_DVKT", services.get(c["MA_LK"], []), "x", "DSACH_CHI_TIET_DVKT")} for c in claims]
        self.check(self.write("a.xml", envelope(*[hoso(of) for of in records])))
        found, expected = ([f for f in self.found(out)[0] if not f[2].startswith("REQ_")] for out in ("out", "csv"))
        self.assertEqual(found, expected)  # but for required fields: these files lack columns that an envelope always has
        self.assertEqual({f["standard"] for f in self.summary()["files"]}, {"4210"})

    def test_two_hospitals_may_use_one_claim_number(self):
        """As CSV their lines cannot be told apart; an envelope tells."""
        of = [parts({**claim, "MA_LK": "1"}, *[[{**one, "MA_LK": "1"} for one in lines.get(claim["MA_LK"], [])] for lines in self.lines])
              for claim in self.records[:2]]
        self.check(*[self.write(f"{i}.xml", envelope(hoso(one))) for i, one in enumerate(of)])
        self.assertEqual(self.table("rejects"), [])
        self.assertEqual(sum(f["judged"] for f in self.summary()["files"] if f["table"] != "claims"),
                         sum(len(lines.get(claim["MA_LK"], [])) for claim in self.records[:2] for lines in self.lines))

    def test_a_state_learns_the_claims(self):
        path = self.write("claims.xml", envelope(*[hoso(of) for of in self.documents()]))
        self.kiem("learn", self.files[0], "-o", self.path("csv.state"))
        done = self.kiem("learn", path, "-o", self.path("xml.state"), "--lang", "en")
        self.assertIn(f"{len(self.records)} learned", done.stdout)
        for state in ("csv", "xml"):
            self.check(self.files[0], "--state", self.path(state + ".state"), out=state)
        self.assertEqual(self.found("xml"), self.found("csv"))
        again = self.kiem("learn", path, "--state", self.path("xml.state"), "-o", self.path("xml.state"), "--lang", "en", status=2)
        self.assertIn("learned", again.stderr)


class Damaged(Case):
    def judged(self, *records):
        """The claims judged, and row, column and reason of what was rejected."""
        self.check(self.write("a.xml", envelope(*records)))
        return ([(c["row"], c["MA_LK"]) for c in self.table("claims")],
                [(r["row"], r["column"], r["reason"]) for r in self.table("rejects")])

    def test_a_record_that_cannot_be_read_is_rejected_as_a_whole(self):
        good, last = hoso(usual()), hoso(usual(MA_LK="A9"))
        drugs = "<CHI_TIET_THUOC><MA_LK>A1</MA_LK><MA_THUOC>40.1</MA_THUOC></CHI_TIET_THUOC>"
        cases = {
            hoso({**usual(), "XML2": "not base64!"}, raw): ("XML2", "NOIDUNGFILE is neither base64 nor XML"),
            hoso({**usual(), "XML3": "<CHITIEU><CHI_TIET_DVKT></CHITIEU>"}): ("XML3", "the document inside is no well-formed XML at its line 2, column 27"),
            hoso({**usual(), "XML2": "<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"}, in_cdata): ("XML2", "a document type declaration (DTD) is not accepted"),
            hoso({"XML2": drugs}): ("", "this HOSO has no XML1 (TONG_HOP)"),
            hoso({"XML1": "<KHAMSUCKHOE><HO_TEN>x</HO_TEN></KHAMSUCKHOE>"}): ("", "a health check (KHAMSUCKHOE), which is no claim"),
            hoso({"XML1": "<TONG_HOP><MA_LK>A1</MA_LK><ma_lk>A2</ma_lk></TONG_HOP>"}): ("ma_lk", "this element stands twice in one row"),
            hoso({"XML1": f"<TONG_HOP><MA_LK>A1</MA_LK><GHI_CHU>{'x' * 70000}</GHI_CHU></TONG_HOP>"}): ("GHI_CHU", "a row is longer than a row may be"),
            hoso({"XML1": f"<TONG_HOP>{''.join(f'<x{i}/>' for i in range(1001))}</TONG_HOP>"}): ("", "its rows have too many different elements"),
        }
        for bad, (column, reason) in cases.items():
            with self.subTest(reason):
                self.assertEqual(self.judged(good, bad, last), ([("1", "A1"), ("3", "A9")], [("2", column, reason)]))

    def test_names_of_a_rejected_record_do_not_count(self):
        many = hoso({"XML1": f"<TONG_HOP>{''.join(f'<x{i}/>' for i in range(1001))}</TONG_HOP>"})
        self.assertEqual(self.judged(many, hoso(usual())), ([("2", "A1")], [("1", "", "its rows have too many different elements")]))

    def test_lines_keep_their_numbers_behind_a_rejected_record(self):
        drugs = "<CHI_TIET_THUOC><MA_LK>A1</MA_LK><DON_GIA>-5</DON_GIA></CHI_TIET_THUOC>"
        bad = hoso({**usual(), "XML2": f"<x>{3 * drugs}</x>", "XML3": "!"}, raw)
        self.assertEqual(self.judged(bad, hoso({**usual(), "XML2": drugs}))[0], [("2", "A1")])
        self.assertEqual({f["row"] for f in self.table("findings") if f["rule"] == "M01_NEGATIVE"}, {"4"})

    def test_lines_that_cannot_be_told_whose_they_are(self):
        drugs = "<x><CHI_TIET_THUOC><DON_GIA>5</DON_GIA></CHI_TIET_THUOC></x>"
        reason = "a line without MA_LK, and no claim with one stands before it"
        for bad in ({"XML2": drugs, **usual()}, {**usual(MA_LK=""), "XML2": drugs}):
            self.assertEqual(self.judged(hoso(usual(MA_LK="A0")), hoso(bad)), ([("1", "A0")], [("2", "MA_LK", reason)]))
        self.assertEqual(self.judged(f"<HOSO>{hoso(usual())}</HOSO>", hoso(usual(MA_LK="A2"))),
                         ([("2", "A2")], [("1", "", "a HOSO stands inside another")]))

    def test_nothing_but_records_that_cannot_be_read(self):
        done = self.check(self.write("a.xml", envelope(hoso({**usual(), "XML2": "not base64!"}, raw))), status=3)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("a.xml: none of its 1 rows could be read", done.stderr)

    def test_other_tables_and_unknown_elements_are_passed_over(self):
        more = {"XML4": "<CHITIEU_CHITIET_DICHVUCANLAMSANG><MA_LK>A1</MA_LK></CHITIEU_CHITIET_DICHVUCANLAMSANG>", "XML8": "no base64 at all"}
        self.assertEqual(self.judged(hoso({**usual(), **more}, raw), "<HOSO><LA/></HOSO>")[0], [("1", "A1")])
        self.assertEqual(self.judged(hoso(usual(T_BHTTT="1")))[1], [])
        self.assertEqual(self.summary()["files"][0]["unknown_columns"], 1)

    def test_tables_without_an_envelope(self):
        self.assertEqual(self.check(self.write("a.xml", usual()["XML1"])).stderr, "")  # nothing about kinds of lines that it has not
        self.assertEqual([c["MA_LK"] for c in self.table("claims")], ["A1"])

    def test_values_are_trimmed_and_kept_as_they_are(self):
        claim = usual(MA_LK="\tA,1 ", MA_KHOA='K"01', CHAN_DOAN_RV="ho &amp; sốt\n<b>")
        self.check(self.write("a.xml", envelope(hoso(claim))))
        self.assertEqual(self.table("claims")[0]["MA_LK"], "A,1")

    def test_what_people_put_in_front(self):
        text = envelope(hoso(usual(), raw))
        bare = text[text.index("?>") + 2:]
        named = bare.replace("<GIAMDINHHS ", '<ns0:GIAMDINHHS xmlns:ns0="urn:x" ').replace("</GIAMDINHHS", "</ns0:GIAMDINHHS")
        for written in ("<!-- " + "x" * 3000 + " -->\n" + bare, "<?xml-stylesheet href='a.xsl'?>" + bare, "<?mso-application progid='x'?>" + bare, named,
                        text.replace("<GIAMDINHHS", "<!-- x --><?y z?>\n<GIAMDINHHS", 1), "\r\n\n " + text, "\ufeff" + text, "\ufeff\n" + text,
                        text.replace("><", ">\r\n<"), "\t" + bare, f'<s:Envelope xmlns:s="x"><s:Body>{bare}</s:Body></s:Envelope>'):
            self.check(self.write("a.xml", written))
            self.assertEqual([c["MA_LK"] for c in self.table("claims")], ["A1"])

    def test_a_mark_of_byte_order_in_a_part(self):
        self.check(self.write("a.xml", envelope(hoso(usual(), lambda text: in_cdata("\ufeff" + text)))))
        self.assertEqual([c["MA_LK"] for c in self.table("claims")], ["A1"])

    def test_utf_16(self):
        text = envelope(hoso(usual(HO_TEN="NGUYỄN"), raw)).replace("utf-8", "utf-16")
        for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
            for declared in ("utf-16", "utf-8"):
                self.check(self.write("a.xml", text.replace('"utf-16"', f'"{declared}"').encode(encoding)))
                self.assertEqual([c["MA_LK"] for c in self.table("claims")], ["A1"])

    def test_files_that_are_refused(self):
        whole = envelope(hoso(usual()))
        cases = {whole[:-40]: "the XML ends too early",
                 whole.replace("</HOSO>", "</HOSX>"): "no well-formed XML",
                 "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM '/etc/passwd'>]><a>&b;</a>": "(DTD) is not accepted",
                 "<!DOCTYPE GIAMDINHHS SYSTEM 'a.dtd'>" + whole[whole.index("?>") + 2:]: "(DTD) is not accepted",
                 whole + whole: "goes on behind its last element",
                 "<!DOCTYPE html><html></html>": "this is HTML, not CSV",
                 "<A>" * 70: "nested deeper than 64",
                 "<HSTH01BH><DS_CHITIET/></HSTH01BH>": "no claims in this XML",
                 "<GIAMDINHHS/>": "no claims in this XML",
                 "<TONG_HOP><X/></TONG_HOP>": "none of the 1 columns has a known name"}
        for text, part in cases.items():
            with self.subTest(part):
                self.refused(self.write("a.xml", text), "a.xml", part)
                done = subprocess.run([KIEM, "check", self.path("a.xml"), "--lang", "vi", "--out", self.path("out")],
                                      capture_output=True, text=True)
                self.assertNotIn(part, done.stderr)
        rows = whole.count("\n", 0, whole.index("</HOSO>")) + 2
        self.refused(self.write("a.xml", whole.replace("</HOSO>", "\n </HOSX>")), f"a.xml, row {rows}, column ")

    def test_no_value_is_shown(self):
        bad = hoso({"XML1": f"<TONG_HOP>{cells(GOOD)}<HO_TEN>NGUYEN VAN A</HO_TEN><HO_TEN>NGUYEN VAN A</HO_TEN></TONG_HOP>"})
        self.check(self.write("a.xml", envelope(bad, hoso(usual()))))
        self.assertNotIn("NGUYEN", "".join(map(str, self.table("rejects"))))


if __name__ == "__main__":
    main()
