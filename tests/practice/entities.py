"""Facilities, departments, doctors and provinces beside their peers, worked out a second time from docs/entities.md.

usage: entities.py KIEM [--claims 20000 60000] [--seeds 1 2] [--threads 2]
       entities.py KIEM --given CLAIMS.csv [--facilities F.csv] [--services S.csv] [--as-of DAY]

Needs numpy, pandas and scipy, in any Python:
    python3 -m venv /tmp/practice && /tmp/practice/bin/pip install numpy pandas scipy
    /tmp/practice/bin/python tests/practice/entities.py build/release/bin/kiem

For each size and seed: `kiem synth`, `kiem check` with and without the table of facilities, and every column about a
comparison in facilities.csv, units.csv and provinces.csv beside its second working here, in slow and plain sums. Prints
how many values were compared and each that differs; exits 1 when one does. Files of Decision 4210 are not read.
kiem squares costs in whole dong, so claims that cost next to nothing, or all the same with hundredths, differ a little.
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd
from scipy import stats

STAYS, VISITS = {"03", "04", "06", "09"}, {"01", "02", "05", "07", "08"}
MEASURES = ("cost", "stay", "weekend", "month_end")
CLAIMS, OTHERS, TESTED = 30, 3, 8
KEPT = 0.6786545589  # of the mean square of normal values cut at their 10th and 90th percentile


# ---- claims

def number(text):
    return pd.to_numeric(text.where(text != ""), errors="coerce")


def block(code):
    """The first three characters of a diagnosis of that form: a letter, a digit, a digit or letter."""
    head = code[:3]
    good = len(head) == 3 and "A" <= head[0] <= "Z" and head[1] in "0123456789" and head[2] in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return head if good else ""


def read_claims(path):
    raw = pd.read_csv(path, dtype=str, keep_default_na=False)

    def column(name):
        return raw[name] if name in raw else pd.Series("", index=raw.index)

    claims = pd.DataFrame({"MA_LK": raw.MA_LK, "facility": column("MA_CSKCB"), "icd": [block(c.upper()) for c in column("MA_BENH_CHINH")]})
    claims["department"] = [text.split(";")[0][:8] for text in column("MA_KHOA")]
    claims["care"] = ["in" if k in STAYS else "out" if k in VISITS else "other" for k in column("MA_LOAI_KCB")]
    claims["fund"] = number(column("T_BHTT")).fillna(0)
    claims["total"] = number(column("T_TONGCHI_BH"))
    claims.loc[claims.total < 0, "total"] = np.nan
    came, left = (pd.to_datetime(column(c).str[:8], format="%Y%m%d", errors="coerce") for c in ("NGAY_VAO", "NGAY_RA"))
    claims["day"] = left
    days = number(column("SO_NGAY_DTRI")).fillna((left - came).dt.days)
    claims["stay"] = days.clip(upper=65534).where((claims.care == "in") & (days >= 0))
    claims["free"] = (claims.care == "in") | (number(column("T_THUOC")) > 0) | (number(column("T_VTYT")) > 0)
    return claims


def facility_lore(path, codes, as_of):
    """Class (level and prices) and kind of each facility on the day of the report."""
    lore = {code: (("", ""), "") for code in codes}
    if not path:
        return lore
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    level, other = ("tier", "technical_level") if as_of < pd.Timestamp(2025, 1, 1) else ("technical_level", "tier")
    for row in table.to_dict("records"):
        first, last = (row.get(c) for c in ("effective_from", "effective_to"))
        if (first and pd.Timestamp(first) > as_of) or (last and pd.Timestamp(last) < as_of):
            continue
        if row["facility_code"] in lore:
            lore[row["facility_code"]] = ((row.get(level) or row.get(other, ""), row.get("class", "")), row.get("kind", ""))
    return lore


def cut(values, cell, wide):
    """At the percentiles of the cell, or of the kind of care in the class where the cell has below 100 claims."""
    frame = pd.DataFrame({"x": values, "cell": cell, "wide": wide})

    def bounds(x):
        x = np.sort(x.dropna().values)
        return (x[len(x) // 100], x[-1 - len(x) // 100]) if len(x) else (np.nan, np.nan)

    inner = {key: bounds(x) for key, x in frame.groupby("cell").x if len(x) >= 100}
    outer = {key: bounds(x) for key, x in frame.groupby("wide").x}
    low, high = np.array([inner.get(c) or outer[w] for c, w in zip(cell, wide)], float).reshape(-1, 2).T
    return np.clip(values, low, high)


def prepare(claims, lore, as_of):
    """The claims of the window, with the cells they are compared in, widening, and what is measured."""
    first = (as_of.to_period("M") - 11).start_time
    inside = claims.day.isna() | ((claims.day >= first) & (claims.day <= as_of))
    rows = claims[inside & (claims.facility != "") & (claims.icd != "")].copy().reset_index(drop=True)
    group = ["|".join(lore[f][0]) + "|" + c for f, c in zip(rows.facility, rows.care)]
    cell = [f"{g}|{i}|{lore[f][1]}" for g, i, f in zip(group, rows.icd, rows.facility)]
    rows["level0"] = cell
    for level, length in ((1, 3), (2, 2), (3, 1)):
        rows[f"level{level}"] = [f"{g}|{i[:length]}" for g, i in zip(group, rows.icd)]
    rows["cost"] = cut(rows.total, cell, group)
    rows["stay"] = cut(rows.stay, cell, group)
    dated = rows.day.notna()
    rows["weekend"] = (rows.day.dt.day_of_week >= 5).astype(float).where(dated)
    rows["month_end"] = ((rows.day + pd.Timedelta(days=3)).dt.month != rows.day.dt.month).astype(float).where(dated)
    rows["month"] = rows.day.dt.to_period("M")
    return rows, first


# ---- observed, expected and their variance

def standings(rows, entity, measure, name=None):
    """By entity; `name`: only entities that share it are peers. Also the expected of each claim."""
    have = (rows[measure].notna() & entity.notna()).values
    x = rows[measure].values[have].astype(float)
    code, entities = pd.factorize(entity[have])
    names = np.zeros(len(x), int) if name is None else pd.factorize(name[have])[0]
    mean, sums = np.full(len(x), np.nan), np.zeros((6, len(entities)))
    for level in range(4):
        cell = pd.factorize(pd.factorize(rows[f"level{level}"][have])[0] * (names.max(initial=0) + 1) + names)[0]
        middle = (np.bincount(cell, x) / np.bincount(cell))[cell]  # squares are taken about it, so that none is lost
        _, first, pair = np.unique(cell * len(entities) + code, return_index=True, return_inverse=True)
        of, who, is_open = cell[first], code[first], np.isnan(mean)
        own_n, own_x, own_squared = np.bincount(pair), np.bincount(pair, x - middle), np.bincount(pair, (x - middle) ** 2)
        n, open_x = np.bincount(pair, is_open), np.bincount(pair, x * is_open)
        all_n, all_x, all_squared, count, squares = (np.bincount(of, w)[of] for w in (own_n, own_x, own_squared, own_n * 0 + 1, own_n ** 2.0))
        others = all_n - own_n
        with np.errstate(invalid="ignore", divide="ignore"):
            rest = (all_x - own_x) / others
            spread = (all_squared - own_squared - others * rest ** 2) / (others - 1)
            expected = middle[first] + rest
            parts = [n, open_x, n * expected, n * spread * (1 + n / others), n * expected * (squares - own_n ** 2.0) / others ** 2, n * expected * own_n / all_n]
        judged = (n > 0) & (others >= CLAIMS) & (count > OTHERS)
        for i, part in enumerate(parts):
            sums[i] += np.bincount(who[judged], part[judged], len(entities))
        mean = np.where(is_open & judged[pair], expected[pair], mean)
    table = pd.DataFrame(sums.T, index=entities, columns=["n", "observed", "expected", "variance", "others", "own"])
    for column in ("others", "own"):
        table[column] = table[column] / table.expected.where(table.expected > 0)
    expected_of = pd.Series(np.nan, index=rows.index)
    expected_of[have] = mean
    return table[table.n > 0].sort_index(), expected_of


def q_values(p):
    p = np.asarray(p, float)
    order = np.argsort(p, kind="stable")
    steps = p[order] * len(p) / np.arange(1, len(p) + 1)
    out = np.empty(len(p))
    out[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1)
    return out


def funnel(table, events):
    """Ratio, limits, z, p, q and excess of those that can be tested."""
    least = 5 if events else 0.05  # dong: fees of nothing
    t = table[(table.n >= CLAIMS) & (table.expected >= least) & (table.own < 0.5)].copy()
    if not len(t):
        return t.assign(ratio=[], z=[], p=[], q=[], low=[], high=[], excess=[], rate=[])
    t["observed"] = t.observed.clip(lower=0.5 if events else 0.005)
    t["ratio"] = t.observed / t.expected
    y, s2 = np.log(t.ratio), np.maximum(t.variance / t.expected ** 2, 0.005 ** 2)
    z = y / np.sqrt(s2)
    phi = (np.clip(z, *np.quantile(z, [0.1, 0.9])) ** 2).mean() / KEPT
    w = 1 / s2
    room = (w * (1 + t.others)).sum() - (w ** 2 * (1 + t.others)).sum() / w.sum()
    tau2 = max(0.0, (len(t) * phi - (len(t) - 1)) / room) if room > 1e-9 * (w * (1 + t.others)).sum() else 0.0
    width = np.sqrt(s2 + tau2 * (1 + t.others))
    t["z"], t["p"] = y / width, stats.norm.sf(y / width)
    t["low"], t["high"] = np.exp(-stats.norm.ppf(0.975) * width), np.exp(stats.norm.ppf(0.975) * width)
    drawn = np.exp(y * tau2 / (tau2 + s2)) - 1
    t["rate"] = np.where(y > 0, np.maximum(drawn, t.ratio - t.high), drawn)
    t["excess"] = t.rate * t.expected
    t["q"] = q_values(t.p) if len(t) >= TESTED else np.nan
    if len(t) < TESTED:
        t["p"] = np.nan
    return t


# ---- steps and digits

def shifts(rows, mean, ratio_known, classes, first):
    months = pd.period_range(first, periods=12, freq="M")
    known = rows[mean.notna() & rows.cost.notna() & rows.day.notna()].assign(mean=mean)
    logs = {}
    for (facility, month), part in known.groupby(["facility", "month"]):
        if len(part) >= 10 and part.cost.sum() > 0 and part["mean"].sum() > 0:
            logs[facility, month] = np.log(part.cost.sum() / part["mean"].sum())
    centre = {}
    for month in months:
        of = {f: x for (f, m), x in logs.items() if m == month and f in ratio_known}
        every = np.median(list(of.values())) if len(of) >= TESTED else 0.0
        for c in set(classes.values()):
            peers = [x for f, x in of.items() if classes[f] == c]
            centre[c, month] = np.median(peers) if len(peers) >= TESTED else every
    out = {}
    for facility in sorted(ratio_known):
        have = [m for m in months if (facility, m) in logs]
        if len(have) < 9:
            continue
        x = np.array([logs[facility, m] - centre[classes[facility], m] for m in have])
        best = (0.0, None, 0.0)
        for k in range(3, len(x) - 2):
            a, b = x[:k], x[k:]
            pooled = np.sqrt((((a - a.mean()) ** 2).sum() + ((b - b.mean()) ** 2).sum()) / (len(x) - 2))
            t = (b.mean() - a.mean()) / (pooled * np.sqrt(1 / k + 1 / (len(x) - k)))
            if abs(t) > abs(best[0]):
                best = (t, have[k], b.mean() - a.mean())
        p = min(1.0, (len(x) - 5) * 2 * stats.t.sf(abs(best[0]), len(x) - 2))
        where = str(best[1].start_time.date()) if best[1] is not None else None
        out[facility] = {"shift_from": where, "shift": np.expm1(best[2]), "shift_p_value": p}
    if len(out) >= TESTED:
        for facility, q in zip(out, q_values([o["shift_p_value"] for o in out.values()])):
            out[facility]["shift_q_value"] = q
    else:
        for o in out.values():
            del o["shift_p_value"]
    return {facility: o for facility, o in out.items() if o["shift_from"]}  # no step at all is tested, and not told


def octave(amount):
    top = int(amount).bit_length() - 1
    return top * 4 + (int(amount) >> (top - 2) & 3)


def digits(rows):
    take = rows[rows.free & (rows.total >= 10)].copy()
    take["digit"] = [int(str(int(a))[0]) for a in take.total]
    counts, expected = (collections.defaultdict(lambda: np.zeros(9)) for _ in range(2))
    for _, cell in take.groupby("level3"):
        own = {f: np.bincount(p.digit, minlength=10)[1:] for f, p in cell.groupby("facility")}
        every = sum(own.values())
        for f, mine in own.items():
            rest = every - mine
            if rest.sum() >= 100 and len(own) - 1 >= OTHERS:
                counts[f] += mine
                expected[f] += mine.sum() * (rest + 0.5) / (rest.sum() + 4.5)
    out = {}
    for f in sorted(counts):
        parts = np.sort([octave(a) for a in take.total[take.facility == f]])
        n = counts[f].sum()
        if n < 500 or parts[-1 - len(parts) // 100] - parts[len(parts) // 100] < 27:
            continue
        share = expected[f] / expected[f].sum()
        apart = counts[f] - n * share
        out[f] = {"digit": int(np.argmax(apart / np.sqrt(n * share * (1 - share)))) + 1, "n": n, "chi2": (apart ** 2 / (n * share)).sum(),
                  "digit_effect": np.sqrt((apart ** 2 / (n * share)).sum() / n), "digit_deviation": np.abs(apart / n).mean()}
    middle, middle_f = stats.chi2.median(8), stats.f.median(8, 12)
    usual = max(0.0, np.median([(o["chi2"] - middle) / o["n"] for o in out.values()])) if out else 0.0
    p = [stats.f.sf(o["chi2"] / (1 + o["n"] * usual / middle) / middle * middle_f, 8, 12) for o in out.values()]
    for o, one, q in zip(out.values(), p, q_values(p)):
        del o["n"], o["chi2"]
        if len(out) >= TESTED:
            o["digit_p_value"], o["digit_q_value"] = one, q
    return out


# ---- tables

def fund_share(claims, entity):
    """Part of the fund in the cost of the claims that have a cost, in and out of the window."""
    have = claims[claims.total.notna()]
    sums = have.assign(e=entity).groupby("e")[["fund", "total"]].sum()
    return {e: fund / total if total > 0 and fund > 0 else 0.0 for e, fund, total in sums.itertuples()}


def thousand(x):
    return float(np.floor(abs(x) / 1000 + 0.5) * 1000 * np.sign(x))


def columns_of(table, prefix, full=True):
    out = collections.defaultdict(dict)
    for e, t in table.iterrows():
        out[e][prefix + "observed_expected"] = t.ratio
        if prefix in ("", "stay_"):
            out[e][prefix + "excess_rate"] = t.rate
        if full and not prefix:
            out[e].update({"z": t.z, "funnel_low": t.low, "funnel_high": t.high})
        if not np.isnan(t.q):
            out[e].update({prefix + "p_value": t.p, prefix + "q_value": t.q})
    return out


def compared(rows, claims, entity_rows, entity_claims, name=None, measures=MEASURES):
    """Columns of each entity; the raw excess stays beside them for ranks."""
    out, means, share = collections.defaultdict(dict), None, fund_share(claims, entity_claims)
    for measure in measures:
        table, mean = standings(rows, entity_rows, measure, name)
        table = funnel(table, measure != "cost")
        means = mean if measure == "cost" else means
        for e, columns in columns_of(table, "" if measure == "cost" else measure + "_").items():
            out[e].update(columns)
            if measure == "cost":
                out[e]["raw"] = table.excess[e] * share.get(e, 0)
                out[e]["excess"] = thousand(out[e]["raw"])
    for e, columns in out.items():
        columns["flagged"] = int(columns.get("q_value", 1) < 0.05 and columns["raw"] >= 0 and columns["excess_rate"] > 0)
    return out, means


def rank(out):
    have = [f for f in out if "q_value" in out[f]]
    for place, f in enumerate(sorted(have, key=lambda f: (-out[f]["flagged"], -out[f]["raw"], f)), 1):
        out[f]["rank"] = place


def name_departments(out, units, claims):
    """The one with the largest excess among those that stand out, the clearest first."""
    total, best = claims.facility.value_counts(), {}
    for (facility, unit), u in sorted(units.items()):
        size = ((claims.facility == facility) & (claims.department == unit)).sum()
        if not u.get("q_value", 1) < 0.05 or size == total[facility]:
            continue
        key = (u["q_value"] < 0.01, u["raw"])
        if facility not in best or key > best[facility][0]:
            best[facility] = (key, unit, u)
    for facility, (_, unit, u) in best.items():
        out[facility].update({"department": unit, "department_excess": u["excess"], "department_observed_expected": u["observed_expected"],
                              "department_p_value": u["p_value"], "department_q_value": u["q_value"]})


def doctor_name(text):
    """The text of a licence up to its first point; nothing where that is nobody."""
    name = text.split(";")[0].strip().split(".")[0].strip()
    figures = name.split("/")[0]
    digits_only = [c for c in figures if c.isdigit()]
    return name if len(digits_only) >= 3 and len(set(digits_only)) > 1 else ""


def doctors_of(path, claims):
    lines = pd.read_csv(path, dtype=str, keep_default_na=False)
    performer = lines.NGUOI_THUC_HIEN if "NGUOI_THUC_HIEN" in lines else pd.Series("", index=lines.index)
    lines["doctor"] = [doctor_name(p) or doctor_name(o) for p, o in zip(performer, lines.MA_BAC_SI)]
    lines["fund"] = number(lines.T_BHTT).fillna(0)
    sums = lines[lines.doctor != ""].groupby(["MA_LK", "doctor"]).fund.sum()
    best = {}
    for (claim, doctor), fund in sums.items():
        if claim not in best or fund > best[claim][0] or (fund == best[claim][0] and doctor < best[claim][1]):
            best[claim] = (fund, doctor)
    return claims.MA_LK.map(lambda c: best.get(c, (0, None))[1])


def second(claims_path, facilities_path, services_path, as_of):
    claims = read_claims(claims_path)
    lore = facility_lore(facilities_path, set(claims.facility), as_of)
    rows, first = prepare(claims, lore, as_of)
    facilities, means = compared(rows, claims, rows.facility, claims.facility)
    classes = {f: lore[f][0] for f in lore}
    for f, columns in shifts(rows, means, {f for f in facilities if "observed_expected" in facilities[f]}, classes, first).items():
        facilities[f].update(columns)
    for f, columns in digits(rows).items():
        facilities[f].update(columns)
    rank(facilities)

    def pairs(frame, part):
        return pd.Series([(f, d) if d and isinstance(d, str) else None for f, d in zip(frame.facility, part)], index=frame.index, dtype=object)

    units, _ = compared(rows, claims, pairs(rows, rows.department), pairs(claims, claims.department), rows.department)
    name_departments(facilities, units, claims)
    parts = {("department",) + key: columns for key, columns in units.items()}
    if services_path:
        claims["doctor"] = doctors_of(services_path, claims)
        inside, _ = prepare(claims[claims.doctor.notna()], lore, as_of)  # who has none is in nobody's cell
        doctors, _ = compared(inside, claims, pairs(inside, inside.doctor), pairs(claims, claims.doctor))
        parts.update({("doctor",) + key: columns for key, columns in doctors.items()})
    provinces, _ = compared(rows, claims, rows.facility.str[:2], claims.facility.str[:2], measures=("cost",))
    return facilities, parts, provinces, first


# ---- beside what kiem wrote

SUMS = ["observed_expected", "funnel_low", "funnel_high", "z", "p_value", "q_value", "excess", "excess_rate", "stay_observed_expected",
        "stay_excess_rate", "stay_p_value", "stay_q_value", "weekend_observed_expected", "weekend_p_value", "weekend_q_value",
        "month_end_observed_expected", "month_end_p_value", "month_end_q_value"]
FACILITY = SUMS + ["rank", "shift_from", "shift", "shift_p_value", "shift_q_value", "digit", "digit_effect", "digit_deviation", "digit_p_value",
                   "digit_q_value", "department", "department_observed_expected", "department_excess", "department_p_value", "department_q_value"]
PROVINCE = ["observed_expected", "excess", "p_value", "q_value"]


def alike(column, told, worked):
    if worked is not None and not isinstance(worked, str) and abs(worked) >= 1e12 and column != "excess":
        worked = None  # a ratio to nothing
    if worked is None or told == "":
        return worked is None and told == ""
    if isinstance(worked, str):
        return told == worked
    near = 1000 if "excess" in column and "rate" not in column else 2e-5 * max(1.0, abs(worked)) if column != "rank" else 0
    return abs(float(told) - worked) <= near


class Tally:
    def __init__(self):
        self.compared, self.filled, self.apart = 0, 0, []

    def compare(self, what, told, worked, columns):
        for column in columns:
            mine = worked.get(column)
            self.compared += 1
            self.filled += told[column] != ""
            if not alike(column, told[column], mine):
                self.apart.append(f"{what} {column}: kiem {told[column] or '-'}, here {mine}")


def compare_files(kiem, directory, claims, facilities=None, services=None, threads=2, as_of=None):
    out = os.path.join(directory, "out")
    call = [kiem, "check", claims, "--out", out, "--quiet", "--threads", str(threads)]
    for option, value in (("--facilities", facilities), ("--services", services), ("--as-of", as_of)):
        call += [option, value] if value else []
    subprocess.run(call, check=True)
    told = {name: pd.read_csv(os.path.join(out, name + ".csv"), dtype=str, keep_default_na=False)
            for name in ("facilities", "units", "provinces")}
    with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
        day = pd.Timestamp(json.load(file)["as_of"])
    worked, parts, provinces, first = second(claims, facilities, services, day)
    tally = Tally()
    for row in told["facilities"].to_dict("records"):
        mine = worked.get(row["facility"], {})
        tally.compare(f"facility {row['facility']}", row, {"flagged": 0, **mine}, FACILITY + ["flagged"])
        if "observed_expected" in mine:
            tally.compare(f"facility {row['facility']}", row, {"compared_from": str(first.date())}, ["compared_from"])
    for row in told["units"].to_dict("records"):
        mine = parts.get((row["kind"], row["facility"], row["unit"]), {})
        tally.compare(f"{row['kind']} {row['facility']} {row['unit']}", row, {"flagged": 0, **mine}, SUMS + ["flagged"])
    seen = {(u["kind"], u["facility"], u["unit"]) for u in told["units"].to_dict("records")}
    tally.apart += [f"{key}: not in units.csv" for key in parts if key not in seen]
    for row in told["provinces"].to_dict("records"):
        mine = provinces.get(row["province"], {}) if row["year"] == str(day.year) else {}
        tally.compare(f"province {row['province']} {row['year']}", row, mine, PROVINCE)
    return tally


def show(title, tally):
    print(f"{title}: {tally.compared:,} cells, {tally.filled:,} filled, {len(tally.apart)} apart", flush=True)
    for line in tally.apart[:40]:
        print("   ", line)
    return bool(tally.apart)


def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("kiem")
    parse.add_argument("--claims", type=int, nargs="+", default=[20000, 60000])
    parse.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parse.add_argument("--threads", type=int, default=2)
    parse.add_argument("--given")
    parse.add_argument("--facilities")
    parse.add_argument("--services")
    parse.add_argument("--as-of")
    given = parse.parse_args()
    bad = False
    with tempfile.TemporaryDirectory() as directory:
        if given.given:
            sys.exit(show(given.given, compare_files(given.kiem, directory, given.given, given.facilities, given.services, given.threads, given.as_of)))
        for size in given.claims:
            for seed in given.seeds:
                subprocess.run([given.kiem, "synth", "--out", directory, "--claims", str(size), "--seed", str(seed), "--fraud", "0.02"],
                               check=True, stdout=subprocess.DEVNULL)
                claims, facilities, services = (os.path.join(directory, f"{n}.csv") for n in ("claims", "facilities", "services"))
                services = services if os.path.exists(services) else None
                bad |= show(f"{size:,} claims, seed {seed}", compare_files(given.kiem, directory, claims, facilities, services, given.threads))
                bad |= show(f"{size:,} claims, seed {seed}, no table", compare_files(given.kiem, directory, claims, None, None, given.threads))
    sys.exit(bad)


if __name__ == "__main__":
    main()
