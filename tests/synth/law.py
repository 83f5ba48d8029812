"""The benefit due, from rows of tables: a second, independent reading for the tests of the generator.

Rows are copied from the domain tables with their legal source; rates are percent.
"""

# base_salary.csv: from (yyyymmdd), dong, source
BASE_SALARY = [
    (20190701, 1490000, "Decree 38/2019/ND-CP"),
    (20230701, 1800000, "Decree 24/2023/ND-CP"),
    (20240701, 2340000, "Decree 73/2024/ND-CP"),
    (20260701, 2530000, "Decree 161/2026/ND-CP"),
]

# benefit_levels.csv: digit -> percent. Decree 146/2018 Art.14(1); Law on HI Art.22(1)(a) for 5
LEVELS = {"1": 100, "2": 100, "3": 95, "4": 80, "5": 100}

# card_groups.csv: groups whose level rose while old digits are still printed. Resolution 261/2025/QH15
RAISED = [("CN", 20260101, 100), ("LH", 20260101, 100)]

# off_network.csv: from, to, tier, level, care, percent of the level ('' = any; O outpatient, I inpatient)
OFF_NETWORK = [
    (20160101, 20241231, "commune", "", "", 100),  # Law 46/2014 Art.22(4)
    (20160101, 20241231, "district", "", "", 100),  # Law 46/2014 Art.22(3)(c)
    (20210101, 20241231, "provincial", "", "I", 100),  # Law 46/2014 Art.22(3)(b), (6)
    (20150101, 20241231, "provincial", "", "O", 0),  # Art.22(3)(b): only inpatient is listed
    (20150101, 20241231, "central", "", "I", 40),  # Law 46/2014 Art.22(3)(a)
    (20150101, 20241231, "central", "", "O", 0),
    (20250101, 99991231, "", "initial", "", 100),  # Law 51/2024 Art.22(4)(c)
    (20250101, 99991231, "district", "", "", 100),  # Law 51/2024 Art.22(4)(dd)
    (20250101, 99991231, "", "basic", "I", 100),  # Law 51/2024 Art.22(4)(d)
    (20250101, 20260630, "provincial", "basic", "O", 0),  # Decree 02/2025 Art.14(5)(c) a contrario
    (20260701, 99991231, "provincial", "basic", "O", 50),  # Decree 02/2025 Art.14(5)(c)
    (20250101, 99991231, "central", "specialised", "I", 40),  # Law 51/2024 Art.22(4)(g)
    (20250101, 99991231, "central", "specialised", "O", 0),
    (20250101, 99991231, "provincial", "specialised", "I", 100),  # Law 51/2024 Art.22(4)(h)
    (20250101, 20260630, "provincial", "specialised", "O", 0),
    (20260701, 99991231, "provincial", "specialised", "O", 50),  # Decree 02/2025 Art.14(5)(d)
]

# MA_DOITUONG_KCB that is in-network: Decision 824/QD-BYT 2023, Decision 3276/QD-BYT 2025
IN_NETWORK = {"1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "2", "7", "7.1"}


def base_salary(date):
    return [dong for start, dong, _ in BASE_SALARY if start <= date][-1]


def level_percent(card, date):
    for group, start, percent in RAISED:
        if card[:2] == group and date >= start:
            return percent
    return LEVELS[card[2]]


def off_network_percent(facility, care, date):
    for start, end, tier, level, cares, percent in OFF_NETWORK:
        if not start <= date <= end or cares not in ("", care):
            continue
        if tier in ("", facility["tier"]) and level in ("", facility["technical_level"]):
            return percent
    raise LookupError(f"no row for {facility['tier']} {facility['technical_level']} {care} {date}")


def benefit_due(claim, facility, in_scope):
    """Percent of the cost in scope (in hundredths of a dong), at the discharge date."""
    date = int(claim["NGAY_RA"][:8])
    card = claim["MA_THE_BHYT"].split(";")[0]
    care = "I" if claim["MA_LOAI_KCB"] in ("03", "09") else "O"
    route = claim["MA_DOITUONG_KCB"]
    if route not in IN_NETWORK:
        # Law 46/2014 Art.22(5), Law 51/2024 Art.22(4)(b): minorities and poor of difficult areas, islanders
        protected = claim["MA_KHUVUC"] and card[:2] in ("HN", "DT", "XD")
        share = 100 if protected and care == "I" else off_network_percent(facility, care, date)
        if share < 100 or facility["tier"] not in ("commune", "district"):
            return level_percent(card, date) * share / 100
    if facility["tier"] == "commune":
        return 100
    if claim["NGAY_MIEN_CCT"] and claim["NGAY_MIEN_CCT"] <= claim["NGAY_VAO"][:8]:
        return 100
    if in_scope * 100 < base_salary(date) * 100 * 15:
        return 100
    return level_percent(card, date)
