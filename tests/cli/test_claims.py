"""Claims and what is due to be found in them, by the texts of the law, most of them written before the rules were looked at: formats,
codes, dates, cards, persons, diagnoses, days, sums; lawful cases that look alike, days on both sides of a change. Standard library only.

tests/cases/claims_*.csv: `claim` in the short words of `WORDS` and `given`, put on an exam of 1,000,000; `old` 1 is a file of Decision 4210;
`without` names columns the input lacks. `found` holds all that is to be found of the families looked at: RULE:severity, :amount if any.

usage: test_claims.py KIEM SOURCE_DIRECTORY
"""
import collections
import datetime
import glob
import os
import re

from support import SOURCE, Case, main, read_csv

WORDS = {"in": "NGAY_VAO", "admit": "NGAY_VAO_NOI_TRU", "out": "NGAY_RA", "kind": "MA_LOAI_KCB", "cards": "MA_THE_BHYT", "at": "MA_DKBD",
         "since": "GT_THE_TU", "till": "GT_THE_DEN", "dx": "MA_BENH_CHINH", "dx2": "MA_BENH_KT", "sex": "GIOI_TINH", "born": "NGAY_SINH",
         "route": "MA_DOITUONG_KCB", "result": "KET_QUA_DTRI", "leave": "MA_LOAI_RV", "to": "MA_NOI_DEN", "from": "MA_NOI_DI", "id": "SO_CCCD",
         "five": "NAM_NAM_LIEN_TUC", "weight": "CAN_NANG", "days": "SO_NGAY_DTRI", "own": "T_BNTT", "fund": "T_BHTT", "copay": "T_BNCCT",
         "other": "T_NGUONKHAC", "total": "T_TONGCHI_BV", "scope": "T_TONGCHI_BH", "place": "MA_CSKCB"}
CLAIM = {"SO_CCCD": "", "NGAY_SINH": "198003150000", "GIOI_TINH": "1", "NHOM_MAU": "", "MA_QUOCTICH": "000", "MA_DANTOC": "01",
         "MA_NGHE_NGHIEP": "00", "DIA_CHI": "Phường Thử", "MATINH_CU_TRU": "79", "MAHUYEN_CU_TRU": "760", "MAXA_CU_TRU": "26734",
         "DIEN_THOAI": "", "MA_DKBD": "79001", "GT_THE_TU": "20150101", "GT_THE_DEN": "20301231", "NGAY_MIEN_CCT": "", "LY_DO_VV": "Đau",
         "MA_LY_DO_VNT": "", "CHAN_DOAN_VAO": "Chẩn đoán", "CHAN_DOAN_RV": "Chẩn đoán", "MA_BENH_CHINH": "J18.9", "MA_BENH_KT": "",
         "MA_BENH_YHCT": "", "MA_PTTT_QT": "", "MA_DOITUONG_KCB": "1.1", "MA_NOI_DI": "", "MA_NOI_DEN": "", "MA_TAI_NAN": "0",
         "GIAY_CHUYEN_TUYEN": "", "PP_DIEU_TRI": "Nội khoa", "KET_QUA_DTRI": "2", "MA_LOAI_RV": "1", "GHI_CHU": "", "T_VTYT": "0",
         "T_NGUONKHAC": "0", "MA_KHOA": "K01", "MA_CSKCB": "79001", "MA_KHUVUC": "", "CAN_NANG": "55.00", "CAN_NANG_CON": "",
         "NAM_NAM_LIEN_TUC": "20290101", "NGAY_TAI_KHAM": "", "MA_TTDV": "000001/BYT-GPHN", "DU_PHONG": ""}
NAMES_4210 = {"MA_THE_BHYT": "MA_THE", "MA_BENH_CHINH": "MA_BENH", "MA_BENH_KT": "MA_BENHKHAC", "MA_LOAI_RV": "TINH_TRANG_RV",
              "MA_NOI_DI": "MA_NOI_CHUYEN", "NGAY_MIEN_CCT": "MIEN_CUNG_CT", "CHAN_DOAN_RV": "TEN_BENH", "T_TONGCHI_BV": "T_TONGCHI",
              "MA_DOITUONG_KCB": "MA_LYDO_VVIEN"}
OF_4210 = set("""MA_LK STT MA_BN HO_TEN NGAY_SINH GIOI_TINH DIA_CHI MA_THE MA_DKBD GT_THE_TU GT_THE_DEN MIEN_CUNG_CT TEN_BENH MA_BENH
    MA_BENHKHAC MA_LYDO_VVIEN MA_NOI_CHUYEN MA_TAI_NAN NGAY_VAO NGAY_RA SO_NGAY_DTRI KET_QUA_DTRI TINH_TRANG_RV NGAY_TTOAN T_THUOC T_VTYT
    T_TONGCHI T_BNTT T_BNCCT T_BHTT T_NGUONKHAC T_NGOAIDS NAM_QT THANG_QT MA_LOAI_KCB MA_KHOA MA_CSKCB MA_KHUVUC MA_PTTT_QT CAN_NANG""".split())
FACILITIES = """facility_code,name,province_code,tier,technical_level,kind,points
79001,A,79,district,basic,general,35
79002,B,79,provincial,specialised,general,75
79003,C,79,central,specialised,general,90
79004,D,79,commune,initial,station,
79010,E,79,district,basic,general,30
01001,F,01,district,basic,general,30
"""
CONTRACTS = """facility_code,first_day,last_day,inpatient,sunday
79001,2015-01-01,,1,1
79010,2024-01-01,2025-06-30,0,0
"""
DEATHS = """card_number,death_date
0000009999,2025-03-01
0000009998,2025-03-03
0000009997,2025-03-05
0000009996,2025-03-01
"""
NOT_HERE = "X|A_ODD|T0[4-9]|T1[013-9]"  # history, scores and the benefit have cases of their own
LEVELS = {"1": 100, "2": 100, "3": 95, "5": 100}


def day_of(text):
    return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def days_due(kind, start, end):
    """Exams count no day under Decision 4750 and one since 3176; kind 09 none; drugs and courses are given by the case."""
    if kind == "09":
        return 0
    if kind in ("01", "07"):
        return 0 if end < datetime.date(2025, 1, 1) else 1
    return (end - start).days + 1


def letters(number):
    return "".join("ABCDEGHIKL"[int(digit)] for digit in str(number))


def claim_of(case, number):
    """The claim as 3176 has it; what `given` words say is turned into the fields that follow from them."""
    said = dict(pair.split("=", 1) for pair in case["claim"].split("|") if pair)
    old = case["old"] == "1"
    card, unit = said.pop("card", "GD4"), said.pop("unit", "79")
    rate = int(said.pop("rate", LEVELS.get(card[2], 80)))
    fields = {WORDS.get(word, word): value for word, value in said.items()}
    start = fields.get("NGAY_VAO", "202205120800" if old else "202503030800")
    end = fields.get("NGAY_RA", start[:8] + "1000" if len(start) >= 8 else "202503031000")
    kind = fields.get("MA_LOAI_KCB", "1" if old else "01")
    stay = kind.zfill(2) in ("03", "04", "06")
    scope, own = int(fields.get("T_TONGCHI_BH") or 1000000), int(fields.get("T_BNTT") or 0)
    fund = scope * rate // 100
    claim = {"MA_LK": case["case"], "STT": str(number), "MA_BN": f"BN{number}", "HO_TEN": "NGUYỄN " + letters(number), "MA_HSBA": f"HS{number}",
             **CLAIM, "MA_THE_BHYT": f"{card}{unit}1{number:09d}", "NGAY_VAO": start, "NGAY_RA": end, "NGAY_TTOAN": end,
             "NGAY_VAO_NOI_TRU": start if stay else "", "LY_DO_VNT": "Theo dõi" if stay or kind == "09" else "", "MA_LOAI_KCB": kind,
             "NAM_QT": end[:4], "THANG_QT": end[4:6], "T_TONGCHI_BV": str(scope + own), "T_TONGCHI_BH": str(scope), "T_BNTT": str(own),
             "T_BNCCT": str(scope - fund), "T_BHTT": str(fund), "T_BHTT_GDV": fields.get("T_BHTT", str(fund)), "T_NGOAIDS": "0",
             "T_THUOC": str(scope + own) if kind == "07" else "300000"}
    if old:
        claim.update(NGAY_SINH="19800315", MA_DOITUONG_KCB="1", CAN_NANG="")
    if "SO_NGAY_DTRI" not in fields:
        try:
            claim["SO_NGAY_DTRI"] = str(days_due(kind.zfill(2), day_of(start), day_of(end)))
        except ValueError:
            claim["SO_NGAY_DTRI"] = "1"
    unknown = set(fields) - set(claim) - {"SO_NGAY_DTRI"}
    assert not unknown, (case["case"], unknown)
    claim.update(fields)
    if not old:
        del claim["T_NGOAIDS"]
        return claim
    return {name: value for name, value in ((NAMES_4210.get(name, name), value) for name, value in claim.items()) if name in OF_4210}


class Claims(Case):
    def found(self, old, without, cases):
        rows = [claim_of(case, number) for number, case in cases]
        header = [name for name in rows[0] if name not in without]
        path = self.write_rows("claims.csv", header, *[[row[name] for name in header] for row in rows])
        self.check(path, "--facilities", self.write("facilities.csv", FACILITIES), "--table", "contracts=" + self.write("contracts.csv", CONTRACTS),
                   "--table", "deaths=" + self.write("deaths.csv", DEATHS))
        found = collections.defaultdict(list)
        for finding in self.table("findings"):
            if not re.match(NOT_HERE, finding["rule"]):
                amount = "" if finding["amount"] in ("", "0") else ":" + finding["amount"]
                found[finding["subject"]].append(finding["rule"] + ":" + finding["severity"] + amount)
        return found

    def test_cases(self):
        groups, names = collections.defaultdict(list), collections.Counter()
        for path in sorted(glob.glob(os.path.join(SOURCE, "tests", "cases", "claims_*.csv"))):
            for case in read_csv(path):
                names[case["case"]] += 1
                groups[case["old"], case["without"]].append((sum(names.values()), case))
        self.assertEqual([name for name, times in names.items() if times > 1], [])
        wrong = []
        for (old, without), cases in groups.items():
            found = self.found(old, without.split(), cases)
            for _, case in cases:
                due = sorted(case["found"].split())
                if sorted(found[case["case"]]) != due:
                    wrong.append(f"{case['case']} ({case['note']}): due {due}, found {sorted(found[case['case']])}")
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
