"""Claims with lines and what is due to be found in them, by the texts of the law: severities and amounts were worked out by hand.
Standard library only.

tests/cases/table_*.csv: tables users bring, of codes no other case has. tests/cases/lines_*.csv: `claim` and `lines` in the short words of `WORDS`, lines begun with d: (drug) or s: (service) and separated by
//; a line's sums follow from quantity, price, ratios and rate, the claim's from its lines, unless said. `found` holds all that is
to be found: RULE:severity:amount. `without` names columns the input lacks. `years`: the same in each of these instead of 2025, under the
circulars of the time.

usage: test_lines.py KIEM SOURCE_DIRECTORY
"""
import collections
import glob
import os
import re
from decimal import ROUND_HALF_UP, Decimal

from support import SOURCE, Case, main, read_csv

WORDS = {"in": "NGAY_VAO", "admit": "NGAY_VAO_NOI_TRU", "out": "NGAY_RA", "kind": "MA_LOAI_KCB", "card": "MA_THE_BHYT", "dx": "MA_BENH_CHINH",
         "dx2": "MA_BENH_KT", "sex": "GIOI_TINH", "born": "NGAY_SINH", "route": "MA_DOITUONG_KCB", "result": "KET_QUA_DTRI",
         "leave": "MA_LOAI_RV", "to": "MA_NOI_DEN", "from": "MA_NOI_DI", "five": "NAM_NAM_LIEN_TUC", "g": "MA_NHOM", "q": "SO_LUONG",
         "dv": "TYLE_TT_DV", "ty": "TYLE_TT_BH", "rate": "MUC_HUONG", "at": "NGAY_YL", "done": "NGAY_TH_YL", "end": "NGAY_KQ",
         "by": "NGUOI_THUC_HIEN", "ward": "MA_KHOA", "pack": "GOI_VTYT", "bed": "MA_GIUONG", "sup": "MA_VAT_TU", "scope": "PHAM_VI",
         "bv": "DON_GIA_BV", "bh": "DON_GIA_BH", "other": "T_NGUONKHAC", "fund": "T_BHTT", "own": "T_BNTT", "copay": "T_BNCCT",
         "cost": "THANH_TIEN_BV", "cover": "THANH_TIEN_BH", "name": "TEN_DICH_VU", "code": "MA_DICH_VU", "drug": "MA_THUOC"}
CLAIM = {"MA_CSKCB": "79001", "MA_THE_BHYT": "GD4790000000017", "MA_DKBD": "79001", "GT_THE_TU": "20150101", "GT_THE_DEN": "20301231",
         "NGAY_SINH": "198003150000", "GIOI_TINH": "1", "MA_BENH_CHINH": "I10", "MA_BENH_KT": "", "MA_DOITUONG_KCB": "1.1", "MA_NOI_DI": "",
         "MA_NOI_DEN": "", "NGAY_VAO": "202503030800", "NGAY_VAO_NOI_TRU": "", "NGAY_RA": "202503031600", "KET_QUA_DTRI": "2",
         "MA_LOAI_RV": "1", "MA_LOAI_KCB": "01", "NAM_NAM_LIEN_TUC": "20290101", "NGAY_MIEN_CCT": "", "MA_KHOA": "K01"}
LINE = {"PHAM_VI": "1", "SO_LUONG": "1", "TYLE_TT_BH": "100", "MUC_HUONG": "80", "T_NGUONKHAC": "0", "MA_KHOA": "K01", "MA_PTTT": "1",
        "T_NGUONKHAC_NSNN": "0", "T_NGUONKHAC_VTNN": "0", "T_NGUONKHAC_VTTN": "0",
        "MA_BAC_SI": "000101/T79-CCHN", "TT_THAU": "1/QD;G1;N1;2024", "NGAY_TH_YL": ""}
DRUG = {"MA_THUOC": "40.491", "MA_NHOM": "4", "DON_GIA": "1000", "NGUON_CTRA": "1", "SO_DANG_KY": "VD-1-24", "LIEU_DUNG": "1 * 10 ngày", "MA_DICH_VU": ""}
SERVICE = {"MA_DICH_VU": "23.0001.1494", "MA_VAT_TU": "", "MA_NHOM": "1", "GOI_VTYT": "", "TEN_DICH_VU": "Dịch vụ", "DON_GIA_BV": "100000",
           "DON_GIA_BH": "", "TYLE_TT_DV": "100", "T_TRANTT": "", "NGUOI_THUC_HIEN": "000101/T79-CCHN", "NGAY_KQ": "", "MA_GIUONG": "",
           "MA_XANG_DAU": "", "TAI_SU_DUNG": "", "VET_THUONG_TP": ""}
FAMILIES = "M0|M1[0-3]|M_NEG|REQ_(DRUG|SERV|SUPPLY|FUEL|PERF)|bad_value_|G|S|P0[1-4]|P_PRICE|D|F0[46]|H0|X11|EX_|C18"  # of lines
SUMS = ("THANH_TIEN_BV", "THANH_TIEN_BH", "T_BHTT", "T_BNCCT", "T_BNTT", "T_NGUONKHAC")
BEDS = ("14", "15", "16")
OF_CLAIM = {"T_TONGCHI_BV": "THANH_TIEN_BV", "T_TONGCHI_BH": "THANH_TIEN_BH", **{name: name for name in SUMS[2:]}}
NAMES_4210 = {"MA_THE_BHYT": "MA_THE", "MA_BENH_CHINH": "MA_BENH", "MA_BENH_KT": "MA_BENHKHAC", "MA_LOAI_RV": "TINH_TRANG_RV",
              "MA_NOI_DI": "MA_NOI_CHUYEN", "T_TONGCHI_BV": "T_TONGCHI"}


def words(text, start):
    said = dict(pair.split("=", 1) for pair in text.split("|") if pair)
    return {**start, **{WORDS.get(word, word): value for word, value in said.items()}}, {WORDS.get(word, word) for word in said}


def money(value):
    return Decimal(value).quantize(Decimal("0.01"), ROUND_HALF_UP)


def in_year(case, year):
    """The case of 2025 as one of another year."""
    claim = [word for word in case["claim"].split("|") if word]
    claim += [f"{word}={CLAIM[WORDS[word]]}" for word in ("in", "out") if not any(said.startswith(word + "=") for said in claim)]
    return {**case, "case": f"{case['case']}-{year}", "claim": "|".join(claim).replace("=2025", "=" + year),
            "lines": case["lines"].replace("=2025", "=" + year)}


def line_of(kind, text, claim):
    cells, said = words(text.strip(), {**LINE, **(DRUG if kind == "d" else SERVICE)})
    cells.setdefault("NGAY_YL", claim["NGAY_VAO"])
    if kind == "s":
        price = cells["DON_GIA_BH"] = cells["DON_GIA_BH"] or cells["DON_GIA_BV"]
        cells["NGAY_TH_YL"] = cells["NGAY_TH_YL"] or cells["NGAY_YL"]
        cells["NGAY_KQ"] = cells["NGAY_KQ"] or (claim["NGAY_RA"] if cells["MA_NHOM"] in BEDS else cells["NGAY_TH_YL"])
    else:
        price = cells["DON_GIA"]
    number = collections.defaultdict(Decimal, {name: Decimal(value) for name, value in cells.items() if re.fullmatch("-?[0-9.]+", value) and name in (
        "SO_LUONG", "TYLE_TT_DV", "TYLE_TT_BH", "MUC_HUONG", "T_NGUONKHAC", "DON_GIA_BV")})
    share = number["TYLE_TT_DV"] / 100 if kind == "s" else 1
    cost = money(number["SO_LUONG"] * Decimal(cells.get("DON_GIA_BV") or price or 0) * share)
    cover = money(number["SO_LUONG"] * Decimal(price or 0) * share * number["TYLE_TT_BH"] / 100)
    fund = money(cover * number["MUC_HUONG"] / 100)
    rest, parts = number["T_NGUONKHAC"], []
    for part in (cost - cover, cover - fund, fund):  # other sources are deducted from own payment, then co-payment, then fund
        taken = min(rest, max(part, Decimal(0)))
        parts.append(part - taken)
        rest -= taken
    cells.setdefault("T_NGUONKHAC_CL", cells["T_NGUONKHAC"])
    due = dict(zip(SUMS, (cost, cover, parts[2], parts[1], parts[0])))
    cells.update({name: str(value) for name, value in due.items() if name not in said})
    return cells


def as_4210(cells):
    """Decision 4210 knows one cost and one ratio; the ratio of the service is within the cost."""
    old = {NAMES_4210.get(name, name): value for name, value in cells.items()
           if not name.startswith("T_NGUONKHAC_") and name not in ("T_TONGCHI_BH", "THANH_TIEN_BH", "DON_GIA_BH", "MA_DOITUONG_KCB", "NGAY_VAO_NOI_TRU", "TYLE_TT_DV", "TYLE_TT_BH",
                           "NGUOI_THUC_HIEN", "NGAY_TH_YL", "NGUON_CTRA", "TAI_SU_DUNG", "MA_XANG_DAU", "NAM_NAM_LIEN_TUC", "NGAY_MIEN_CCT",
                           "VET_THUONG_TP")}
    old.setdefault("T_NGOAIDS", "0")
    if "THANH_TIEN_BV" in old:
        old["THANH_TIEN"] = old.pop("THANH_TIEN_BV")
        old["DON_GIA"] = old.pop("DON_GIA_BV", old.get("DON_GIA", ""))
        old["TYLE_TT"] = cells["TYLE_TT_BH"] if cells.get("TYLE_TT_DV", "100") == "100" else cells["TYLE_TT_DV"]
    else:
        old["MA_LYDO_VVIEN"] = cells["MA_DOITUONG_KCB"][0]
        old["NGAY_SINH"] = cells["NGAY_SINH"][:8]
    return old


class Lines(Case):
    def files(self, cases, old, without):
        tables = {"claims": [], "drugs": [], "services": []}
        for case in [{"case": "both", "claim": "", "lines": "d: // s:"}, *cases]:
            claim, said = words(case["claim"], {"MA_LK": case["case"], **CLAIM})
            rows = [(text.strip()[0], line_of(text.strip()[0], text.strip()[2:], claim)) for text in case["lines"].split("//") if text.strip()]
            for total, part in OF_CLAIM.items():
                claim.setdefault(total, str(sum((Decimal(row[part] or 0) for _, row in rows), Decimal(0))))
            for total, which in (("T_THUOC", lambda k, r: k == "d"), ("T_VTYT", lambda k, r: k == "s" and r["MA_NHOM"] in ("10", "11"))):
                claim.setdefault(total, str(sum((Decimal(r["THANH_TIEN_BV"] or 0) for k, r in rows if which(k, r)), Decimal(0))))
            tables["claims"].append(claim)
            for number, (kind, row) in enumerate(rows):
                tables["drugs" if kind == "d" else "services"].append({"MA_LK": case["case"], "STT": str(number + 1), **row})
        paths = {}
        for table, rows in tables.items():
            rows = [as_4210(row) if old else row for row in rows]
            header = [name for name in rows[0] if table[:-1] + "." + name not in without]
            paths[table] = self.write_rows(table + ".csv", header, *[[row.get(name, "") for name in header] for row in rows])
        return paths

    def found(self, old, without, cases):
        paths = self.files(cases, old, without.split())
        tables = [a for name in sorted(glob.glob(os.path.join(SOURCE, "tests", "cases", "table_*.csv")))
                  for a in ("--table", os.path.basename(name)[6:-4] + "=" + name)]
        self.check(paths["claims"], "--drugs", paths["drugs"], "--services", paths["services"], *tables)
        found = collections.defaultdict(list)
        for finding in self.table("findings"):
            if re.match(FAMILIES, finding["rule"]):
                found[finding["subject"]].append(":".join((finding["rule"], finding["severity"], finding["amount"])))
        return found

    def test_cases(self):
        groups = collections.defaultdict(list)
        for path in sorted(glob.glob(os.path.join(SOURCE, "tests", "cases", "lines_*.csv"))):
            for case in read_csv(path):
                for each in (case, *(in_year(case, year) for year in (case.get("years") or "").split())):
                    groups[each["old"] == "1", each["without"]].append(each)
        wrong = []
        for (old, without), cases in groups.items():
            found = self.found(old, without, cases)
            for case in cases:
                due = sorted(case["found"].split())
                if sorted(found[case["case"]]) != due:
                    wrong.append(f"{case['case']} ({case['note']}): due {due}, found {sorted(found[case['case']])}")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
