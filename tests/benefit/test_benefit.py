"""The benefit due, against cases worked out by hand from the law (tests/cases/benefit_cases.csv, benefit_vectors.csv, benefit_audit.csv).
Every case is sent as a 3176 file and, where that layout can say it, as a 4210 file. Standard library only.

usage: test_benefit.py KIEM SOURCE_DIRECTORY
"""
import csv
import datetime
import os
import re
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal

KIEM, SOURCE = sys.argv[1], sys.argv[2]
CASES = os.path.join(SOURCE, "tests", "cases")

# facility_tier_level of a case -> tier before 2025, technical level, points, kind
FACILITIES = {
    "commune": ("commune", "", "", "station"),
    "district": ("district", "", "", "general"),
    "provincial": ("provincial", "", "", "general"),
    "central": ("central", "", "", "general"),
    "basic, under 50 points": ("", "basic", "45", "general"),
    "basic, 50 to 70 points": ("", "basic", "60", "general"),
    "basic, formerly provincial or central": ("provincial", "basic", "65", "general"),
    "specialised, formerly central": ("central", "specialised", "85", "general"),
    "specialised, formerly provincial": ("provincial", "specialised", "75", "general"),
    "specialised, formerly district": ("district", "specialised", "72", "general"),
    "initial (station of another province)": ("commune", "initial", "", "station"),
    "regional polyclinic": ("district", "basic", "30", "regional polyclinic"),
    "district, basic": ("district", "basic", "35", "general"),
    "district, basic, 60 points": ("district", "basic", "60", "general"),
    "district centre licensed as a clinic": ("district", "initial", "", "clinic"),
    "basic, formerly central": ("central", "basic", "65", "general"),
    "basic, 49.5 points": ("", "basic", "49.5", "general"),
    "basic, 50 points": ("", "basic", "50", "general"),
    "basic, points unknown": ("", "basic", "", "general"),
    "basic, formerly provincial, under 50 points": ("provincial", "basic", "45", "general"),
    "basic, 49.99 points": ("", "basic", "49.99", "general"),
    "district, specialised": ("district", "specialised", "72", "general"),
    "district, a regional polyclinic": ("district", "", "", "polyclinic"),
    "initial, a regional polyclinic": ("", "initial", "", "polyclinic"),
    "initial": ("", "initial", "", "station"),
    "commune, level unknown": ("commune", "", "", "station"),
    "unknown": ("", "", "", "general"),
}
KINDS = {"outpatient": "01", "inpatient": "03", "commune stay": "06"}
OLD_KINDS = {"01": "1", "02": "2", "03": "3", "04": "4", "05": "2", "06": "5", "07": "6", "08": "2", "09": "9"}
IN_NETWORK = ("1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10")
LISTED_DISEASE = "C92.0"


def facility_code(label):
    return f"79{list(FACILITIES).index(label):03d}"


def inputs_of(case):
    """extra_inputs as fields: K areas, years of birth, the five-year date, co-payment of the year, listed diseases."""
    text, note, fields, copay = case["extra_inputs"], case["note"], {}, None
    for part in text.split(";"):
        name, _, value = part.strip().partition("=")
        if name.isupper():
            fields[name] = value
        elif name.startswith("born "):
            fields["NGAY_SINH"] = part.strip()[5:9] + "01010000"
        elif name == "five_year_from":
            # the day five years are complete; where the note says they are not, the day the cover began
            fields["NAM_NAM_LIEN_TUC"] = f"{int(value[:4]) + 5}{value[4:]}" if "not reached" in note else value
        elif name == "copay_before":
            copay = value
        elif "listed disease" in part or "on the list" in part:
            fields["MA_BENH_CHINH"] = LISTED_DISEASE
        elif part.startswith("newborn"):
            fields["NGAY_SINH"] = case["admission"][:8] + "0600"
    return fields, copay


def route_of(case):
    """(MA_DOITUONG_KCB, MA_LYDO_VVIEN); an empty one cannot be said in that layout."""
    kind, _, code = case["route_code"].partition(" ")
    if kind == "lydo":
        return {"1": "1.1", "2": "2", "3": "3", "4": ""}[code], code
    if kind != "dt":
        return "3.1", "3"
    if code in IN_NETWORK:
        return code, "1"
    return code, "2" if code == "2" else "" if code in ("9", "1.16", "1.17", "10") or code.startswith("7") else "3"


def claim_of(case, number, standard):
    fields, _ = inputs_of(case)
    new, old = route_of(case)
    total, fund, copay = case["total_in_scope"], case["expected_fund"], case["expected_copay"]
    own = case["expected_own"] or "0"
    kind = KINDS.get(case["care_kind"], case["care_kind"])
    claim = {"MA_LK": case["id"], "NGAY_SINH": "196001010000", "GIOI_TINH": "1", "MA_DANTOC": "01", "MA_BENH_CHINH": "J18.9",
             "KET_QUA_DTRI": "2", "MA_DKBD": "79999", "GT_THE_TU": "20150101", "GT_THE_DEN": "20281231", "NGAY_VAO": case["admission"],
             "NGAY_RA": case["discharge"], "T_BNTT": own, "T_BNCCT": copay, "T_BHTT": fund, "T_NGUONKHAC": "0",
             "MA_CSKCB": facility_code(case["facility_tier_level"]), "MA_KHUVUC": "", "NGAY_MIEN_CCT": "", "NAM_NAM_LIEN_TUC": "",
             **fields}
    card = f"{case['group']}{case['card_level']}79{number:010d}"
    if standard == "3176":
        claim.update(MA_THE_BHYT=card, MA_DOITUONG_KCB=new, MA_LOAI_KCB=kind, T_TONGCHI_BV=total, T_TONGCHI_BH=total)
        return claim if new else None
    if claim["NAM_NAM_LIEN_TUC"] or claim.pop("MA_DANTOC") != "01" or not old:
        return None
    del claim["NAM_NAM_LIEN_TUC"]
    claim.update(MA_THE=card, MIEN_CUNG_CT=claim.pop("NGAY_MIEN_CCT"), MA_BENH=claim.pop("MA_BENH_CHINH"),
                 MA_LYDO_VVIEN=old, MA_LOAI_KCB=OLD_KINDS[kind], T_TONGCHI=total)
    return claim


# One claim changed at a time: name, fields, benefit_rate_due, fund_due, copay_due, benefit_step. The base is an exam of
# 1,000,000 at the own district hospital in May 2025, card GD4.
BASE = {"MA_THE_BHYT": "GD4790000000001", "MA_DKBD": "79999", "GT_THE_TU": "20150101", "GT_THE_DEN": "20281231",
        "NGAY_SINH": "196001010000", "GIOI_TINH": "1", "MA_DANTOC": "01", "MA_BENH_CHINH": "J18.9", "KET_QUA_DTRI": "2", "MA_DOITUONG_KCB": "1.1",
        "MA_LOAI_KCB": "01", "NGAY_VAO": "202505120800", "NGAY_RA": "202505121000", "T_TONGCHI_BV": "1000000", "T_TONGCHI_BH": "1000000",
        "T_BNTT": "0", "T_BNCCT": "200000", "T_BHTT": "800000", "T_NGUONKHAC": "0", "MA_CSKCB": "DIS", "MA_KHUVUC": "", "NGAY_MIEN_CCT": "",
        "NAM_NAM_LIEN_TUC": ""}
PLACES = {"DIS": ("district", "basic", "35", "general"), "COM": ("commune", "initial", "", "station"), "PRO": ("provincial", "specialised", "75", "general"),
          "PRB": ("provincial", "basic", "60", "general"), "CEN": ("central", "specialised", "90", "general"), "POL": ("district", "basic", "", "regional polyclinic"),
          "NEW": ("", "basic", "", "general"), "B72": ("", "basic", "72", "general"),
          "B49": ("", "basic", "49.9", "general"), "B50": ("", "basic", "50", "general"), "B69": ("", "basic", "69.9", "general"),
          "CEB": ("central", "basic", "65", "general"), "OLD": ("district", "", "", "general")}
STAY = {"MA_LOAI_KCB": "03", "NGAY_RA": "202505151000"}
OWN = {"MA_DOITUONG_KCB": "3.1", "MA_CSKCB": "CEN", **STAY}
READINGS = [
    ("level 4", {}, "80", "800000", "200000", "level"),
    ("level 3", {"MA_THE_BHYT": "HT3790000000001"}, "95", "950000", "50000", "level"),
    ("the digit counts, not the letters", {"MA_THE_BHYT": "DN2790000000001"}, "100", "1000000", "0", "level"),
    ("a worse digit than the group has", {"MA_THE_BHYT": "HN4790000000001"}, "80", "800000", "200000", "level"),
    ("armed forces", {"MA_THE_BHYT": "QN5970000000001"}, "100", "1000000", "0", "level"),
    ("ten digits only", {"MA_THE_BHYT": "7900000001"}, "", "", "", "unknown_level"),
    ("ten digits only, small bill", {"MA_THE_BHYT": "7900000001", "T_TONGCHI_BH": "350999.99"}, "100", "350999.99", "0", "small_bill"),
    ("at the line", {"T_TONGCHI_BH": "351000"}, "80", "280800", "70200", "level"),
    ("a stay below the line", {**STAY, "T_TONGCHI_BH": "350000"}, "100", "350000", "0", "small_bill"),
    ("near-poor on the last day", {"MA_THE_BHYT": "CN3790000000001", "NGAY_VAO": "202512310800", "NGAY_RA": "202512311000"}, "95", "950000", "50000", "level"),
    ("near-poor from 2026", {"MA_THE_BHYT": "CN3790000000001", "NGAY_VAO": "202601010800", "NGAY_RA": "202601011000"}, "100", "1000000", "0", "level"),
    ("social pension at 75", {"MA_THE_BHYT": "LH4790000000001", "NGAY_SINH": "195002010000", "NGAY_VAO": "202602010800", "NGAY_RA": "202602011000"}, "100", "1000000", "0", "level"),
    ("social pension at 74", {"MA_THE_BHYT": "LH4790000000001", "NGAY_SINH": "195202010000", "NGAY_VAO": "202602010800", "NGAY_RA": "202602011000"}, "80", "800000", "200000", "level"),
    ("resistance participant with the old digit", {"MA_THE_BHYT": "KC4790000000001", "NGAY_VAO": "202311010800", "NGAY_RA": "202311011000"}, "80", "800000", "200000", "level"),
    ("a station", {"MA_CSKCB": "COM"}, "100", "1000000", "0", "commune"),
    ("a station before 2025, emergency", {"MA_CSKCB": "COM", "MA_DOITUONG_KCB": "2", "NGAY_VAO": "202405120800", "NGAY_RA": "202405121000"}, "100", "1000000", "0", "commune"),
    ("drugs collected at a station", {"MA_CSKCB": "COM", "MA_DOITUONG_KCB": "7.1", "MA_LOAI_KCB": "07"}, "80", "800000", "200000", "level"),
    ("a regional polyclinic, outpatient", {"MA_CSKCB": "POL"}, "100", "1000000", "0", "commune"),
    ("a regional polyclinic, before 2025", {"MA_CSKCB": "POL", "NGAY_VAO": "202405120800", "NGAY_RA": "202405121000"}, "80", "800000", "200000", "level"),
    ("code 1.2 of the older list", {"MA_DOITUONG_KCB": "1.2"}, "80", "800000", "200000", "level"),
    ("code 1.2 of the newer list, facility unknown", {"MA_DOITUONG_KCB": "1.2", "MA_CSKCB": "99999", "NGAY_VAO": "202512120800", "NGAY_RA": "202512121000"}, "100", "1000000", "0", "commune"),
    ("in-network, facility unknown", {"MA_CSKCB": "99999"}, "80", "800000", "200000", "level"),
    ("own choice, facility unknown", {**OWN, "MA_CSKCB": "99999"}, "", "", "", "unknown_place"),
    ("own choice, tier known, level not", {**OWN, "MA_DOITUONG_KCB": "3.3", "MA_CSKCB": "OLD"}, "80", "800000", "200000", "off_network_100"),
    ("own choice, basic level, points unknown, a stay", {**OWN, "MA_CSKCB": "NEW"}, "80", "800000", "200000", "off_network_100"),
    ("own choice, basic level, too many points for it, a stay", {**OWN, "MA_CSKCB": "B72"}, "80", "800000", "200000", "off_network_100"),
    ("own choice, basic level, points unknown, outpatient", {"MA_DOITUONG_KCB": "3.2", "MA_CSKCB": "NEW"}, "", "", "", "unknown_place"),
    ("own choice, basic level, points by the code", {"MA_DOITUONG_KCB": "1.12", "MA_CSKCB": "NEW", "NGAY_VAO": "202511120800", "NGAY_RA": "202511121000"}, "80", "800000", "200000", "off_network_100"),
    ("own choice, basic level, points by the code, nothing due", {"MA_DOITUONG_KCB": "1.13", "MA_CSKCB": "NEW", "NGAY_VAO": "202511120800", "NGAY_RA": "202511121000"}, "0", "0", "0", "off_network_0"),
    ("route unknown", {"MA_DOITUONG_KCB": ""}, "", "", "", "unknown_route"),
    ("route unknown at the facility of registration", {"MA_DOITUONG_KCB": "", "MA_DKBD": "79999;DIS"}, "80", "800000", "200000", "level"),
    ("central, own choice, a stay", OWN, "32", "320000", "80000", "off_network_40"),
    ("central, own choice, outpatient", {**OWN, "MA_LOAI_KCB": "01", "NGAY_RA": "202505121000"}, "0", "0", "0", "off_network_0"),
    ("central, own choice, of an islander", {**OWN, "MA_KHUVUC": "K3"}, "80", "800000", "200000", "difficult_area"),
    ("central, own choice, of a minority", {**OWN, "MA_KHUVUC": "K2", "MA_DANTOC": "05"}, "80", "800000", "200000", "difficult_area"),
    ("central, own choice, area code but neither", {**OWN, "MA_KHUVUC": "K2"}, "32", "320000", "80000", "off_network_40"),
    ("central, own choice, listed disease code", {**OWN, "MA_DOITUONG_KCB": "1.16", "NGAY_VAO": "202511120800", "NGAY_RA": "202511151000"}, "80", "800000", "200000", "listed_disease"),
    ("left on the last day of the old law", {**OWN, "MA_CSKCB": "PRO", "MA_DOITUONG_KCB": "3.5", "MA_LOAI_KCB": "01", "NGAY_VAO": "202412310800", "NGAY_RA": "202412311000"}, "0", "0", "0", "off_network_0"),
    ("provincial stay over 2020-12-31", {**OWN, "MA_CSKCB": "PRO", "NGAY_VAO": "202012280800", "NGAY_RA": "202101011000"}, "80", "800000", "200000", "off_network_100"),
    ("provincial stay in 2020", {**OWN, "MA_CSKCB": "PRO", "NGAY_VAO": "202012280800", "NGAY_RA": "202012311000"}, "48", "480000", "120000", "off_network_60"),
    ("district in 2015, no co-payment kept", {"MA_DOITUONG_KCB": "3.3", "NGAY_VAO": "201512300800", "NGAY_RA": "201512311000"}, "56", "560000", "0", "off_network_70"),
    ("outpatient on 2026-06-30", {"MA_DOITUONG_KCB": "1.14", "MA_CSKCB": "PRB", "NGAY_VAO": "202606300800", "NGAY_RA": "202606301000"}, "0", "0", "0", "off_network_0"),
    ("outpatient over 2026-07-01", {"MA_DOITUONG_KCB": "1.14", "MA_CSKCB": "PRB", "NGAY_VAO": "202606302000", "NGAY_RA": "202607010100"}, "40", "400000", "100000", "off_network_50"),
    ("certificate of this year", {"NGAY_MIEN_CCT": "20250301", "NAM_NAM_LIEN_TUC": "20230101"}, "100", "1000000", "0", "exemption"),
    ("certificate of last year", {"NGAY_MIEN_CCT": "20240301", "NAM_NAM_LIEN_TUC": "20230101"}, "80", "800000", "200000", "level"),
    ("certificate inside the stay", {**STAY, "NGAY_MIEN_CCT": "20250514"}, "", "", "", "exemption_in_stay"),
    ("certificate, own choice", {**OWN, "NGAY_MIEN_CCT": "20250301"}, "32", "320000", "80000", "off_network_40"),
    ("five years, one stay reaches the line", {**STAY, "NAM_NAM_LIEN_TUC": "20230101", "T_TONGCHI_BH": "100000000", "T_TONGCHI_BV": "100000000"}, "85.96", "85960000", "14040000", "five_years"),
    ("five years not reached", {**STAY, "NAM_NAM_LIEN_TUC": "20260101", "T_TONGCHI_BH": "100000000", "T_TONGCHI_BV": "100000000"}, "80", "80000000", "20000000", "level"),
    ("two cards one after the other, same level", {"MA_THE_BHYT": "SV4790000000001;DN4790000000001", "GT_THE_TU": "20250101;20250513", "GT_THE_DEN": "20250512;20251231"}, "80", "800000", "200000", "level"),
    ("two cards at once, the better one counts", {"MA_THE_BHYT": "GD4790000000001;HN2790000000001", "GT_THE_TU": "20250101;20250101", "GT_THE_DEN": "20251231;20251231"}, "100", "1000000", "0", "level"),
    ("a better card from after the visit", {"MA_THE_BHYT": "GD4790000000001;HN2790000000001", "GT_THE_TU": "20250101;20250601", "GT_THE_DEN": "20250531;20251231"}, "80", "800000", "200000", "level"),
    ("a better card that ended before the visit", {"MA_THE_BHYT": "HN2790000000001;GD4790000000001", "GT_THE_TU": "20240101;20250101", "GT_THE_DEN": "20241231;20251231"}, "80", "800000", "200000", "level"),
    ("a card that ends in the stay", {**STAY, "GT_THE_DEN": "20250513"}, "80", "800000", "200000", "level"),
    ("a better card from the middle of the stay", {**STAY, "MA_THE_BHYT": "GD4790000000001;HN2790000000001", "GT_THE_TU": "20250101;20250514", "GT_THE_DEN": "20250513;20251231"}, "", "", "", "unknown_level"),
    ("not insured", {"MA_DOITUONG_KCB": "9"}, "0", "0", "1000000", "not_insured"),
    ("withdrawn", {"MA_DOITUONG_KCB": "8"}, "", "", "", "not_worked_out"),
    ("a charity paid a part of the co-payment", {"T_NGUONKHAC": "150000", "T_BNCCT": "50000"}, "80", "800000", "50000", "level"),
    ("a charity paid nearly all", {"T_NGUONKHAC": "900000", "T_BNCCT": "0", "T_BHTT": "100000"}, "80", "100000", "0", "level"),
    ("before 2015", {"NGAY_VAO": "201412300800", "NGAY_RA": "201412311000"}, "", "", "", "not_worked_out"),
]
# The same for a 4210 file: the base of 2022, MA_LYDO_VVIEN 4 is free choice.
OLD_BASE = {"MA_THE": "GD4790000000001", "MA_DKBD": "79999", "GT_THE_TU": "20150101", "GT_THE_DEN": "20281231", "NGAY_SINH": "19600101",
            "GIOI_TINH": "1", "MIEN_CUNG_CT": "", "MA_BENH": "J18.9", "MA_LYDO_VVIEN": "1", "NGAY_VAO": "202205120800", "NGAY_RA": "202205121000",
            "KET_QUA_DTRI": "2", "T_TONGCHI": "1000000", "T_BNTT": "0", "T_BNCCT": "200000", "T_BHTT": "800000", "T_NGUONKHAC": "0",
            "MA_LOAI_KCB": "1", "MA_CSKCB": "DIS", "MA_KHUVUC": ""}
OLD_READINGS = [
    ("in-network", {}, "80", "800000", "200000", "level"),
    ("own payment is outside the scope", {"T_BNTT": "300000"}, "80", "560000", "140000", "level"),
    ("emergency at a central hospital", {"MA_LYDO_VVIEN": "2", "MA_CSKCB": "CEN"}, "80", "800000", "200000", "level"),
    ("free choice, district", {"MA_LYDO_VVIEN": "4"}, "80", "800000", "200000", "level"),
    ("free choice, district, certificate", {"MA_LYDO_VVIEN": "4", "MIEN_CUNG_CT": "20220301"}, "100", "1000000", "0", "exemption"),
    ("free choice, facility unknown", {"MA_LYDO_VVIEN": "4", "MA_CSKCB": "99999"}, "", "", "", "unknown_place"),
    ("free choice, provincial, outpatient", {"MA_LYDO_VVIEN": "4", "MA_CSKCB": "PRO"}, "0", "0", "0", "off_network_0"),
    ("free choice, provincial, a stay", {"MA_LYDO_VVIEN": "4", "MA_CSKCB": "PRO", "MA_LOAI_KCB": "3"}, "80", "800000", "200000", "off_network_100"),
    ("off-network, central, a stay", {"MA_LYDO_VVIEN": "3", "MA_CSKCB": "CEN", "MA_LOAI_KCB": "3", "T_BNTT": "600000", "T_BNCCT": "80000", "T_BHTT": "320000"}, "32", "320000", "80000", "off_network_40"),
    ("off-network, provincial, drugs by appointment", {"MA_LYDO_VVIEN": "3", "MA_CSKCB": "PRO", "MA_LOAI_KCB": "6"}, "0", "0", "0", "off_network_0"),
    ("off-network, provincial, kind 5 is a stay", {"MA_LYDO_VVIEN": "3", "MA_CSKCB": "PRO", "MA_LOAI_KCB": "5"}, "80", "800000", "200000", "off_network_100"),
    ("off-network, provincial, a day stay", {"MA_LYDO_VVIEN": "3", "MA_CSKCB": "PRO", "MA_LOAI_KCB": "4"}, "80", "800000", "200000", "off_network_100"),
    ("a station, off-network", {"MA_LYDO_VVIEN": "3", "MA_CSKCB": "COM", "MA_LOAI_KCB": "5"}, "100", "1000000", "0", "commune"),
    ("no reason of visit", {"MA_LYDO_VVIEN": ""}, "", "", "", "unknown_route"),
]

# The other reading of an uncertain case: fund and co-payment. It is worth a notice at most.
OTHER_READINGS = {"B032": ("192000", "48000"), "B043": ("4800000", "1200000"), "B053": ("10000000", "0"), "B065": ("240000", "60000"),
                  "B067": ("4000000", "0"), "B068": ("3200000", "800000"), "B071": ("800000", "200000"), "B076": ("800000", "200000"),
                  "B080": ("1900000", "100000"), "B092": ("10000000", "0"), "B095": ("4000000", "0"), "B110": ("120000", "30000")}

# The table of visits of own choice in docs/benefit.md: first and last day of a column, the claims of a row.
PERIODS = {"2015": ("20150101", "20151231"), "2016-2020": ("20160101", "20201231"), "2021-2024": ("20210101", "20241231"),
           "2025-06/2026": ("20250101", "20260630"), "from 07/2026": ("20260701", "20271231")}
OWN_CHOICE = {
    "district": [{"MA_CSKCB": "DIS"}], "provincial": [{"MA_CSKCB": "PRO"}], "central": [{"MA_CSKCB": "CEN"}],
    "basic, under 50 points": [{"MA_CSKCB": "B49"}],
    "basic, 50 to under 70 points, or formerly provincial or central": [{"MA_CSKCB": code} for code in ("B50", "B69", "PRB", "CEB")],
    "minorities and poor of difficult areas, islanders": [
        {"MA_CSKCB": code, **who} for code in ("PRO", "CEN")
        for who in ({"MA_KHUVUC": "K3"}, {"MA_KHUVUC": "K1", "MA_DANTOC": "02"}, {"MA_KHUVUC": "K2", "MA_DANTOC": "54"},
                    *({"MA_KHUVUC": "K1", "MA_THE_BHYT": f"{group}4790000000001"} for group in ("HN", "DT", "XD")))],
    "listed diseases": [{"MA_CSKCB": code, "MA_BENH_CHINH": LISTED_DISEASE} for code in ("PRO", "CEN", "PRB", "B69")]}

# Base salaries by the decrees (47/2016, 47/2017, 72/2018, 38/2019, 24/2023, 73/2024, 161/2026), from their first day.
BASE_SALARIES = {"20130701": 1150000, "20160501": 1210000, "20170701": 1300000, "20180701": 1390000, "20190701": 1490000, "20230701": 1800000,
                 "20240701": 2340000, "20260701": 2530000}


def own_choice_table():
    """(row, column, outpatient, inpatient) of each cell that says a share."""
    with open(os.path.join(SOURCE, "docs", "benefit.md"), encoding="utf-8") as file:
        rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in file if line.startswith("|")]
    start = next(i for i, row in enumerate(rows) if row == ["place", *PERIODS])
    for place, *cells in rows[start + 2:start + 2 + len(OWN_CHOICE)]:
        shares = None
        for period, cell in zip(PERIODS, cells, strict=True):
            shares = shares if cell == "same" else re.search(r"([0-9-]+) / ([0-9-]+)", cell)
            if shares:
                yield place, period, *shares.groups()


class Cases(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.cases = []
        for name in ("benefit_cases.csv", "benefit_vectors.csv", "benefit_audit.csv"):
            with open(os.path.join(CASES, name), encoding="utf-8", newline="") as file:
                cls.cases += list(csv.DictReader(file))
        cls.facilities = cls.write("facilities.csv", ["facility_code", "name", "province_code", "tier", "technical_level", "kind",
                                                      "class", "points"],
                                   [[code, "", "79", tier, level, kind, "", points] for code, (tier, level, points, kind) in
                                    [(facility_code(label), about) for label, about in FACILITIES.items()] + list(PLACES.items())])
        cls.listed = cls.write("listed.csv", ["code", "appendix"], [[LISTED_DISEASE, "I"]])
        cls.copay = cls.write("copay.csv", ["person", "vnd"],
                              [[f"{i:010d}", inputs_of(case)[1]] for i, case in enumerate(cls.cases) if inputs_of(case)[1]])

    @classmethod
    def write(cls, name, header, rows):
        path = os.path.join(cls.folder.name, name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
        return path

    def run_claims(self, claims, *more, facilities=True):
        out = os.path.join(self.folder.name, "out")
        path = self.write("claims.csv", list(claims[0]), [list(claim.values()) for claim in claims])
        command = [KIEM, "check", path, "--out", out, "--lang", "en", "--quiet", "--table", "copay_of_year=" + self.copay, *more]
        if facilities:
            command += ["--facilities", self.facilities]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(os.path.join(out, "claims.csv"), encoding="utf-8", newline="") as file:
            rows = {row["MA_LK"]: row for row in csv.DictReader(file)}
        findings = {}
        with open(os.path.join(out, "findings.csv"), encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                findings.setdefault(row["subject"], []).append(row)
        return rows, findings

    def claims(self, standard, change=lambda case, claim: claim, wanted=lambda case: True):
        made = [(case, claim_of(case, i, standard)) for i, case in enumerate(self.cases) if wanted(case)]
        return [(case, change(case, claim)) for case, claim in made if claim]

    def check_due(self, standard):
        made = self.claims(standard)
        rows, findings = self.run_claims([claim for _, claim in made], "--table", "listed_diseases=" + self.listed)
        wrong = []
        for case, _ in made:
            row, uncertain = rows[case["id"]], case["confidence"].startswith("uncertain")
            due = [row["benefit_rate_due"], row["fund_due"], row["copay_due"]]
            expected = [Decimal(case[name]) for name in ("expected_rate", "expected_fund", "expected_copay")]
            good = all(due) and abs(Decimal(due[0]) - expected[0]) <= Decimal("0.005") and [Decimal(d) for d in due[1:]] == expected[1:]
            if not good and not uncertain:
                wrong.append((case["id"], due, expected, row["benefit_step"]))
            for finding in findings.get(case["id"], []):
                if finding["rule"] == "M06" and Decimal(case["expected_fund"]) == 0:
                    continue  # a 4210 file with nothing insured is sent back by VSS
                if finding["rule"].startswith(("T", "M")) and finding["severity"] != "notice":
                    wrong.append((case["id"], finding["rule"], finding["severity"], finding["message"]))
        self.assertEqual(wrong, [])
        return len(made)

    def test_3176(self):
        self.assertGreater(self.check_due("3176"), 90)

    def test_4210(self):
        self.assertGreater(self.check_due("4210"), 80)

    def test_the_other_reading_of_an_uncertain_case_is_a_notice_at_most(self):
        for standard in ("3176", "4210"):
            made = self.claims(standard, wanted=lambda case: case["id"] in OTHER_READINGS)
            for case, claim in made:
                fund, copay = OTHER_READINGS[case["id"]]
                own = Decimal(case["total_in_scope"]) - Decimal(fund) - Decimal(copay)
                claim.update(T_BHTT=fund, T_BNCCT=copay, T_BNTT=str(own))
            _, findings = self.run_claims([claim for _, claim in made])
            loud = [(f["subject"], f["rule"], f["severity"]) for found in findings.values() for f in found
                    if f["rule"].startswith(("T", "M08")) and f["severity"] != "notice"]
            self.assertEqual(loud, [])

    def test_readings(self):
        for base, readings in ((BASE, READINGS), (OLD_BASE, OLD_READINGS)):
            rows, _ = self.run_claims([{"MA_LK": name, **base, **changes} for name, changes, *_ in readings])
            for name, _, *expected in readings:
                with self.subTest(name):
                    row = rows[name]
                    got = [row["benefit_rate_due"], row["fund_due"], row["copay_due"], row["benefit_step"]]
                    self.assertEqual(got, expected)

    def test_shares_of_own_choice_are_those_of_the_page(self):
        claims, expected = [], {}
        for place, period, *shares in own_choice_table():
            for fields in OWN_CHOICE[place]:
                for kind, share, start in (("01", shares[0], "00"), ("03", shares[1], "00"), ("01", shares[0], "23"), ("03", shares[1], "23")):
                    day = PERIODS[period][start == "23"]
                    left = day + {"00": "0000", "23": "2359"}[start]
                    come = (datetime.datetime.strptime(left, "%Y%m%d%H%M") - datetime.timedelta(days=2 * (kind == "03"))).strftime("%Y%m%d%H%M")
                    if share != "-":
                        name = f"{len(claims)} {place} {kind} {left}"
                        claims.append({"MA_LK": name, **BASE, "MA_DOITUONG_KCB": "3.1", "MA_LOAI_KCB": kind, "NGAY_VAO": come, "NGAY_RA": left, **fields})
                        expected[name] = str(int(share) * 80 // 100)
        rows, _ = self.run_claims(claims, "--table", "listed_diseases=" + self.listed)
        self.assertEqual({name: rows[name]["benefit_rate_due"] for name in expected}, expected)
        self.assertGreater(len(claims), 200)

    def test_small_bills_end_at_the_salary_of_the_day(self):
        claims, expected = [], {}
        days = list(BASE_SALARIES)
        for first, following in zip(days, days[1:] + ["20280101"]):
            last = (datetime.datetime.strptime(following, "%Y%m%d") - datetime.timedelta(days=1)).strftime("%Y%m%d")
            line = BASE_SALARIES[first] * 15 // 100
            for day in (max(first, "20150101"), last):
                for total, rate in ((f"{line - 1}.99", "100"), (str(line), "80")):
                    claims.append({"MA_LK": f"{day} {total}", **BASE, "NGAY_VAO": day + "0000", "NGAY_RA": day + "2359", "T_TONGCHI_BV": total, "T_TONGCHI_BH": total})
                    expected[claims[-1]["MA_LK"]] = rate
        rows, _ = self.run_claims(claims)
        self.assertEqual({name: rows[name]["benefit_rate_due"] for name in expected}, expected)

    def test_one_cause_is_counted_once(self):
        """A fund part raised by 300,000 is wrong by sum and by rate; too high an own payment is no money of the fund."""
        raised = {"T_BHTT": "1100000", "T_BNCCT": "200000"}
        own = {"T_BNTT": "300000", "MA_THE_BHYT": "GD4790000000002"}
        rows, findings = self.run_claims([{"MA_LK": "1", **BASE, **raised}, {"MA_LK": "2", **BASE, **own}])
        self.assertTrue({"M04", "M04_FUND", "T07"} <= {f["rule"] for f in findings["1"]})
        self.assertIn("M04", {f["rule"] for f in findings["2"]})
        self.assertEqual([rows["1"]["amount_at_risk"], rows["2"]["amount_at_risk"]], ["300000", "0"])

    def test_files_of_one_job_may_have_different_columns(self):
        self.run_claims([BASE | {"MA_LK": "1"}])
        first = os.path.join(self.folder.name, "claims.csv")
        second = self.write("more.csv", ["MA_LK", "MA_THE_BHYT", "T_BHTT"], [["2", "GD4790000000001", "5"]])
        for pair in ((first, second), (second, first)):
            done = subprocess.run([KIEM, "check", *pair, "--quiet", "--out", os.path.join(self.folder.name, "out")], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)

    def overpaid(self, case, claim):
        claim["T_BHTT"], claim["T_BNCCT"], claim["T_BNTT"] = case["total_in_scope"], "0", "0"
        return claim

    @staticmethod
    def is_short_of_full(case):
        return (case["confidence"].startswith("certain") and Decimal(case["expected_fund"]) + 1 < Decimal(case["total_in_scope"])
                and "five_year_from" not in case["extra_inputs"] and "NAM_NAM_LIEN_TUC" not in case["extra_inputs"])

    def test_paid_in_full_is_found_with_the_amount(self):
        made = self.claims("3176", self.overpaid, self.is_short_of_full)
        _, findings = self.run_claims([claim for _, claim in made], "--table", "listed_diseases=" + self.listed)
        for case, claim in made:
            found = [f for f in findings.get(case["id"], []) if f["rule"].startswith("T")]
            self.assertEqual([f["severity"] for f in found], ["violation"], (case["id"], [f["rule"] for f in found]))
            self.assertEqual(Decimal(found[0]["amount"]), Decimal(case["total_in_scope"]) - Decimal(case["expected_fund"]), case["id"])

    def test_paid_in_full_is_found_in_the_older_layout(self):
        made = self.claims("4210", self.overpaid, self.is_short_of_full)
        for facilities in (True, False):
            _, findings = self.run_claims([claim for _, claim in made], facilities=facilities)
            for case, claim in made:
                if not facilities and claim["MA_LYDO_VVIEN"] in ("3", "4"):
                    continue  # nothing is known of the place
                found = [f["severity"] for f in findings.get(case["id"], []) if f["rule"].startswith("T")]
                self.assertEqual(len(found), 1, case["id"])
                self.assertIn(found[0], ("suspicion", "violation") if facilities else ("suspicion",), case["id"])

    def test_without_the_columns_that_could_clear_it_a_rule_speaks_softer(self):
        made = self.claims("3176", self.overpaid, self.is_short_of_full)
        for gone, facilities in (("NGAY_MIEN_CCT", True), ("NAM_NAM_LIEN_TUC", True), ("", False)):
            claims = [{name: value for name, value in claim.items() if name != gone} for _, claim in made]
            _, findings = self.run_claims(claims, facilities=facilities)
            for case, _ in made:
                for finding in findings.get(case["id"], []):
                    own_choice = finding["rule"] in ("T04", "T05", "T06") and facilities
                    if own_choice and (gone == "NAM_NAM_LIEN_TUC" or case["discharge"] < "2025"):
                        continue  # the five years alone never reach such visits, so nothing is missing
                    if finding["rule"].startswith("T"):
                        self.assertIn(finding["severity"], ("suspicion", "notice"), (gone, case["id"], finding["rule"]))

    def test_unknown_place_is_not_guessed(self):
        made = self.claims("3176")
        rows, _ = self.run_claims([claim for _, claim in made], facilities=False)
        for case, claim in made:
            if claim["MA_DOITUONG_KCB"].startswith("3") or claim["MA_DOITUONG_KCB"] in ("1.11", "1.12", "1.13", "1.14", "1.15", "1.18"):
                self.assertEqual((rows[case["id"]]["benefit_rate_due"], rows[case["id"]]["benefit_step"]), ("", "unknown_place"), case["id"])

    def test_unknown_route_is_not_guessed(self):
        made = self.claims("3176", lambda case, claim: {**claim, "MA_DOITUONG_KCB": ""}, lambda case: case["facility_tier_level"] == "central")
        rows, _ = self.run_claims([claim for _, claim in made])
        for case, _ in made:
            self.assertEqual((rows[case["id"]]["benefit_rate_due"], rows[case["id"]]["benefit_step"]), ("", "unknown_route"), case["id"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
