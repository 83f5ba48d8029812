"""Facilities, departments, doctors and provinces worked out a second time from docs/entities.md, slowly and in Python alone.

usage: entities.py KIEM [CLAIMS [SEED]]

Makes claims with their lines (`kiem synth`), spoils some (no day, facility, cost or diagnosis; days at the ends of the window; several
departments), lets `kiem check` compare them, and holds against that: observed / expected of each measure, p of z, q of p, and the order
of ranks. Says where they differ, and ends with 1 if they do anywhere."""
import collections
import csv
import datetime
import math
import os
import random
import re
import subprocess
import sys
import tempfile

AS_OF, LAST_MONTH = "2026-08-31", 2026 * 12 + 7
CARE = {**dict.fromkeys(("01", "02", "05", "07", "08"), "out"), **dict.fromkeys(("03", "04", "06", "09"), "in")}
FEW, OTHERS, WIDE = 30, 3, 100  # claims and members of the others; claims for limits of their own
MEASURES = {"": "cost", "stay_": "stay", "weekend_": "weekend", "month_end_": "month_end"}


def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# ---- claims

SPOILED = ({"NGAY_RA": ""}, {"MA_CSKCB": ""}, {"MA_CSKCB": "99Z99"}, {"T_TONGCHI_BH": ""}, {"T_TONGCHI_BH": "0"}, {"T_TONGCHI_BH": "-50000"},
           {"MA_BENH_CHINH": ""}, {"SO_NGAY_DTRI": ""}, {"SO_NGAY_DTRI": "0"}, {"MA_LOAI_KCB": "99"}, {"MA_KHOA": ""}, {"MA_KHOA": "K01;K02"},
           {"NGAY_RA": "202509010000"}, {"NGAY_RA": "202508312359"}, {"NGAY_RA": "202608312359"})


def spoil(folder, seed):
    chance = random.Random(seed)
    claims = rows_of(os.path.join(folder, "claims.csv"))
    for claim in claims:
        if chance.random() < 0.2:
            claim.update(chance.choice(SPOILED))
    chance.shuffle(claims)
    with open(os.path.join(folder, "claims.csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, claims[0])
        writer.writeheader()
        writer.writerows(claims)


def day_of(text):
    return datetime.datetime.strptime(text[:8], "%Y%m%d").date() if text else None


def case(claim, facilities, doctors):
    """A claim as it is compared, or None outside the window."""
    day, admitted = day_of(claim["NGAY_RA"]), day_of(claim["NGAY_VAO"])
    if not claim["MA_CSKCB"] or day and not 0 <= LAST_MONTH - (day.year * 12 + day.month - 1) < 12:
        return None
    place = facilities.get(claim["MA_CSKCB"])
    care = CARE.get(claim["MA_LOAI_KCB"], "other")
    cost = round(float(claim["T_TONGCHI_BH"]) * 100) if claim["T_TONGCHI_BH"] else -1
    nights = (day - admitted).days if day and admitted else -1
    stay = (int(claim["SO_NGAY_DTRI"]) if claim["SO_NGAY_DTRI"] else nights) if care == "in" else -1
    diagnosis = claim["MA_BENH_CHINH"].upper()[:3]
    diagnosis = diagnosis if re.fullmatch("[A-Z][0-9][0-9A-Z]", diagnosis) else ""
    peers, kind = (place["technical_level"], place["class"]) if place else None, place["kind"] if place else ""
    return {"facility": claim["MA_CSKCB"], "department": claim["MA_KHOA"].split(";")[0], "doctor": doctors.get(claim["MA_LK"]), "care": care,
            "peers": peers, "kind": kind, "diagnosis": diagnosis, "cell": (peers, kind, care, diagnosis),
            "cost": None if cost < 0 else cost, "stay": None if stay < 0 else stay,
            "weekend": day and int(day.weekday() >= 5), "month_end": day and int((day + datetime.timedelta(3)).month != day.month)}


def doctors_of(services):
    """For each claim whose lines cost the fund most: the first performer, else who ordered."""
    money = collections.defaultdict(collections.Counter)
    for line in services:
        doctor = (line["NGUOI_THUC_HIEN"] or line["MA_BAC_SI"]).split(";")[0].partition(".")[0]
        if doctor:
            money[line["MA_LK"]][doctor] += round(float(line["T_BHTT"] or 0) * 100)
    return {claim: min(doctor for doctor in of if of[doctor] == max(of.values())) for claim, of in money.items()}


# ---- the comparison

def limits_of(values):
    """One in a hundred is cut at either end."""
    cut = len(values) // 100
    values = sorted(values)
    return values[cut], values[-1 - cut]


def winsorise(cases, measure, sizes):
    cells, wide = collections.defaultdict(list), collections.defaultdict(list)
    for one in cases:
        cells[one["cell"]].append(one[measure])
        wide[one["peers"], one["care"]].append(one[measure])
    limits = {}
    for cell, values in cells.items():
        among = values if sizes[cell] >= WIDE else wide[cell[0], cell[2]]
        limits[cell] = limits_of(among)
    for one in cases:
        one["value"] = min(max(one[measure], limits[one["cell"]][0]), limits[one["cell"]][1])


def levels(one):
    for kind, length in ((one["kind"], 3), (None, 3), (None, 2), (None, 1)):
        yield one["peers"], one.get("name"), kind, one["care"], length, one["diagnosis"][:length]


def compare(cases, measure, entity, name=None):
    """entity -> claims, observed, expected, the part of that in cells which it fills itself. Only entities of one name are peers."""
    sizes = collections.Counter(one["cell"] for one in cases)
    cases = [dict(one) for one in cases if one[measure] is not None]
    if measure in ("cost", "stay"):
        winsorise(cases, measure, sizes)
    all_of, own_of, members = collections.defaultdict(lambda: [0, 0]), collections.defaultdict(lambda: [0, 0]), collections.defaultdict(set)
    kept = []
    for one in cases:
        one["entity"] = entity(one)
        if one["entity"] and one["diagnosis"]:
            one.update(value=one.get("value", one[measure]), name=name and name(one))
            kept.append(one)
            for level in levels(one):
                for sums in (all_of[level], own_of[level, one["entity"]]):
                    sums[0] += 1
                    sums[1] += one["value"]
                members[level].add(one["entity"])
    found = collections.defaultdict(lambda: [0, 0, 0.0, 0.0])
    for one in kept:
        for level in levels(one):
            (count, total), own = all_of[level], own_of[level, one["entity"]]
            if count - own[0] >= FEW and len(members[level]) > OTHERS:
                to = found[one["entity"]]
                mean = (total - own[1]) / (count - own[0])
                for place, more in enumerate((1, one["value"], mean, mean * own[0] / count)):
                    to[place] += more
                break
    return found


# ---- beside what kiem says

class Faults:
    def __init__(self):
        self.compared, self.count = collections.Counter(), 0

    def tell(self, *words):
        self.count += 1
        if self.count <= 20:
            print(*words)

    def ratio(self, what, key, row, prefix, expected):
        """Shares are tested from five expected events on; none observed counts as half a one."""
        count, observed, due, own = expected
        enough = count >= FEW and own < due / 2 and (prefix in ("", "stay_") or due >= 5)
        given = row[prefix + "observed_expected"]
        if bool(given) != enough or enough and abs(float(given) - max(observed, 0.5 if prefix else 0) / due) > 1e-6 * (1 + observed / due):
            self.tell(what, prefix, key, "kiem:", given or "none", "here:", enough and observed / due, "claims:", count)
        self.compared[what + " " + MEASURES[prefix]] += enough

    def q_values(self, what, rows, prefix):
        p = sorted(((float(row[prefix + "p_value"]), row) for row in rows if row[prefix + "p_value"]), key=lambda pair: -pair[0])
        least = 1.0
        for after, (value, row) in enumerate(p):
            rank = len(p) - after
            least = min(least, value * len(p) / rank)
            if abs(least - float(row[prefix + "q_value"])) > 1e-6 * len(p):  # p is printed with six digits
                self.tell(what, prefix, "q:", row[prefix + "q_value"], "here:", least)


def hold(out, cases, faults):
    facilities, units = rows_of(os.path.join(out, "facilities.csv")), rows_of(os.path.join(out, "units.csv"))
    provinces = [row for row in rows_of(os.path.join(out, "provinces.csv")) if row["observed_expected"]]
    kinds = {"facility": (facilities, lambda row: row["facility"], lambda one: one["facility"], None, cases),
             "department": ([row for row in units if row["kind"] == "department"], lambda row: (row["facility"], row["unit"]),
                            lambda one: one["department"] and (one["facility"], one["department"]), lambda one: one["department"], cases),
             "doctor": ([row for row in units if row["kind"] == "doctor"], lambda row: (row["facility"], row["unit"]),
                        lambda one: (one["facility"], one["doctor"]), None, [one for one in cases if one["doctor"]])}
    for what, (rows, key, entity, name, among) in kinds.items():
        for prefix, measure in MEASURES.items():
            found = compare(among, measure, entity, name)
            for row in rows:
                faults.ratio(what, key(row), row, prefix, found[key(row)])
            faults.q_values(what, rows, prefix)
    found = compare(cases, "cost", lambda one: one["facility"][:2])
    for row in provinces:
        faults.ratio("province", row["province"], row, "", found[row["province"]])
    tested = [row for row in facilities if row["z"]]
    for row in tested:
        if abs(float(row["p_value"]) - math.erfc(float(row["z"]) / math.sqrt(2)) / 2) > 2e-6:
            faults.tell("p of z", row["facility"], row["z"], row["p_value"])
    order = [(row["flagged"] != "1", -float(row["excess"])) for row in sorted(tested, key=lambda row: int(row["rank"]))]
    if order != sorted(order):
        faults.tell("the ranks are not in the order of flags and excess")


def main():
    kiem, claims, seed = (sys.argv[1:] + ["40000", "72"][max(0, len(sys.argv) - 2):])[:3]
    faults = Faults()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([kiem, "synth", "--claims", claims, "--seed", seed, "--details", "on", "--out", folder], check=True, capture_output=True)
        spoil(folder, int(seed))
        file = {name: os.path.join(folder, name + ".csv") for name in ("claims", "facilities", "services")}
        out = os.path.join(folder, "out")
        done = subprocess.run([kiem, "check", file["claims"], "--facilities", file["facilities"], "--services", file["services"], "--as-of", AS_OF,
                               "--out", out, "--quiet"], capture_output=True, text=True)
        if done.returncode > 1:
            sys.exit(done.stderr)
        places = {row["facility_code"]: row for row in rows_of(file["facilities"])}
        doctors = doctors_of(rows_of(file["services"]))
        cases = [one for one in (case(claim, places, doctors) for claim in rows_of(file["claims"])) if one]
        hold(out, cases, faults)
    print(f"{len(cases)} claims;", ", ".join(f"{what} {count}" for what, count in faults.compared.items()))
    print(f"{faults.count} differ")
    return faults.count > 0


if __name__ == "__main__":
    sys.exit(main())
