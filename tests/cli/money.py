"""Claims and estimates of the tests about money; the seasonal curve worked out a second time, from the rows of the policy."""
import datetime as dt
import random

from support import SOURCE, Case, line, read_csv

HEADER = "MA_LK,MA_THE_BHYT,MA_DKBD,MA_BENH_CHINH,NGAY_VAO,NGAY_RA,T_TONGCHI_BH,T_BNCCT,T_BHTT,NAM_QT,THANG_QT,MA_LOAI_KCB,MA_CSKCB"
DAY = dt.timedelta(days=1)


def policy(name):
    return read_csv(SOURCE, "data", "policy", name + ".csv")


def days_of(year):
    first = dt.date(year, 1, 1)
    return [first + i * DAY for i in range((dt.date(year + 1, 1, 1) - first).days)]


def season(year, kind):
    """Weight of each day, from the tables alone."""
    weights = {(r["part"], int(r["number"])): float(r[kind]) for r in policy("season")}
    special = {dt.date.fromisoformat(r["day"]): r["kind"] for r in policy("holidays")}
    tet = next(d for d, k in special.items() if k == "tet_first" and d.year == year)
    out = []
    for day in days_of(year):
        weight = weights["month", day.month]
        name = special.get(day)
        if name is None:
            weight *= weights["weekday", day.isoweekday()] * weights.get(("tet_day", (day - tet).days), 1)
        else:
            weight *= weights["holiday" if name == "holiday" else "tet", 0]
        out.append(weight)
    return [w / sum(out) for w in out]


class MoneyCase(Case):
    def setUp(self):
        super().setUp()
        self.number = 0

    def claim(self, day, fund, facility="38001", kind="01", card=None, year=None, **more):
        self.number += 1
        cells = {"MA_LK": f"A{self.number}", "MA_THE_BHYT": f"DN4{card or facility[:2]}{self.number:010d}", "MA_DKBD": facility,
                 "MA_BENH_CHINH": "I10", "NGAY_VAO": f"{day:%Y%m%d}0800", "NGAY_RA": f"{day:%Y%m%d}0900", "T_TONGCHI_BH": str(fund),
                 "T_BNCCT": "0", "T_BHTT": str(fund), "NAM_QT": str(year or day.year), "THANG_QT": str(day.month),
                 "MA_LOAI_KCB": kind, "MA_CSKCB": facility, **more}
        return cells

    def claims(self, rows, name="claims.csv", header=HEADER):
        return self.write_lines(name, header, *(line(r, header) for r in rows))

    def budgets(self, *rows, header="province_code,year,budget_vnd,decision"):
        return self.write_lines("budgets.csv", header, *rows)

    def rule(self, name, out="out"):
        return next(r for r in self.summary(out)["rules"] if r["rule"] == name)

    def notices(self, out="out"):
        return [(f["subject"], f["rule"]) for f in self.table("findings", out) if f["scope"] in ("province", "facility")]

    def year_of_claims(self, year, facility="79001", scale=1000000, **more):
        shares = season(year, "outpatient")
        return [self.claim(d, round(s * 365 * scale), facility=facility, **more) for d, s in zip(days_of(year), shares)]

    def mixed_rows(self):
        random.seed(11)
        rows = []
        for year in (2024, 2025):
            for _ in range(1500):
                day = random.choice(days_of(year))
                facility = random.choice(("70001", "75001", "75002", "79001", "01001"))
                rows.append(self.claim(day, random.choice((-50000, 120000, 350000.25, 10**13)), facility=facility,
                                       kind=random.choice(("01", "03", "09")), card=random.choice(("70", "75", "79", "38"))))
        return rows
