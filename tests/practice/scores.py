"""What the claim scores find on invented claims with planted abuse, beside three well-known detectors.

usage: scores.py KIEM [--claims 200000] [--seeds 31 32 33] [--fraud 0.01] [--threads 1]

Needs pandas, scikit-learn and pyod, in any Python:
    python3 -m venv /tmp/practice && /tmp/practice/bin/pip install pandas scikit-learn pyod
    /tmp/practice/bin/python tests/practice/scores.py build/release/bin/kiem

For each seed: `kiem synth` with planted claims (--fraud) and without any (--fraud 0), `kiem check` on both. The
rivals get the same 16 features, worked out here a second time from their definitions (docs/scores.md), once as they
are and once against the median and spread of the claim's peers (kind of care and diagnosis); each flags as many
claims as kiem. Planted kinds that a claim's own figures can show: upcoding, phantom_combination,
inflated_facility; all other planted claims count as right when flagged, but not as missed.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd
from pyod.models.ecod import ECOD
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, roc_auc_score

KINDS = ["upcoding", "phantom_combination", "inflated_facility"]
MONEY = ["SO_NGAY_DTRI", "T_THUOC", "T_VTYT", "T_TONGCHI_BV", "T_TONGCHI_BH", "T_BHTT"]
FLOOR = [.25, .25, .5, 1, .5, .05, .02, .05, .5, 1, 1, 1, .5, 2, 1, 1]


def log2(amount, offset=0.0):
    return np.log2(np.maximum(amount + offset, 1))


def windows(claims):
    """Claims of the person admitted in the last 30 days, this one included, and their facilities."""
    order = np.lexsort((claims.admitted.values, claims.person.values))
    person, facility = claims.person.values[order], claims.MA_CSKCB.values[order]
    minute = claims.admitted.values[order].astype("datetime64[m]").astype(np.int64)
    visits, facilities, start = np.ones(len(order)), np.ones(len(order)), 0
    for i in range(len(order)):
        if person[i] != person[start]:
            start = i
        while minute[i] - minute[start] > 30 * 1440:
            start += 1
        if i > start:
            visits[order[i]] = i - start + 1
            facilities[order[i]] = len(set(facility[start:i + 1]))
    return visits, facilities


def features(claims, provinces):
    total, whole, drugs, supplies = (claims[c].values for c in ("T_TONGCHI_BH", "T_TONGCHI_BV", "T_THUOC", "T_VTYT"))
    days = np.maximum(claims.SO_NGAY_DTRI.values, 1)
    stay = claims.MA_LOAI_KCB.isin(["03", "04", "06", "09"]).values | (days > 1)
    hour = claims.admitted.dt.hour.values
    home, there = claims.MA_DKBD.str[:2], claims.MA_CSKCB.str[:2]
    region = provinces.economic_region
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = [
            log2(total), np.where(stay, log2(total / days), np.nan), log2(drugs / days, 1000), log2(supplies / days, 10000),
            log2(np.maximum(whole - drugs - supplies, 0) / days, 1000), drugs / whole, supplies / whole,
            np.full(len(claims), np.nan), log2(supplies, 20000) - log2(drugs, 20000), claims.SO_NGAY_DTRI.values,
            claims.MA_BENH_KT.fillna("").str.split(";").map(lambda codes: sum(bool(c.strip()) for c in codes)).values,
            *windows(claims), np.maximum(0, np.maximum(7 - hour, hour - 17)), claims.admitted.dt.day_of_week.values >= 5,
            np.where(home == there, 0, np.where(home.map(region).values == there.map(region).values, 1, 2))]
    return np.column_stack([np.asarray(c, float) for c in columns])


def among_peers(values, groups):
    """Spreads above the peer median, from 0 to 20; spread: the median distance x 1.4826, at least the floor."""
    frame = pd.DataFrame(values)
    away = frame - frame.groupby(groups).transform("median")
    spread = 1.4826 * away.abs().groupby(groups).transform("median")
    return np.clip(np.nan_to_num((away / np.fmax(spread, FLOOR)).values), 0, 20)


def rivals(values, groups, seed):
    filled = np.where(np.isnan(values), np.nanmedian(np.where(np.isnan(values).all(0), 0, values), axis=0), values)
    peers = among_peers(values, groups)
    everyone = np.clip(np.nan_to_num((values - np.nanmedian(filled, axis=0)) /
                                     np.fmax(1.4826 * np.nanmedian(np.abs(filled - np.nanmedian(filled, axis=0)), axis=0), FLOOR)), 0, 20)
    yield "robust z, sum", everyone.sum(1)
    yield "robust z among peers, sum", peers.sum(1)
    for name, given in (("", filled), (" among peers", peers)):
        yield "isolation forest" + name, -IsolationForest(n_estimators=100, random_state=seed).fit(given).score_samples(given)
        yield "ECOD" + name, ECOD().fit(given).decision_scores_


def read(folder, result):
    claims = pd.read_csv(folder + "/claims.csv", dtype=str, usecols=MONEY + [
        "MA_LK", "MA_THE_BHYT", "MA_DKBD", "NGAY_VAO", "MA_LOAI_KCB", "MA_CSKCB", "MA_BENH_CHINH", "MA_BENH_KT"])
    for column in MONEY:
        claims[column] = pd.to_numeric(claims[column])
    claims["admitted"] = pd.to_datetime(claims.NGAY_VAO, format="%Y%m%d%H%M")
    claims["person"] = claims.MA_THE_BHYT.str.split(";").str[0].str[-10:].fillna("")
    labels = pd.read_csv(folder + "/labels.csv", dtype={"MA_LK": str})
    labels = labels[labels.label == 1].groupby("MA_LK").agg(kind=("kind", "first"), amount=("amount", "sum"))
    claims["kind"], claims["wrong"] = claims.MA_LK.map(labels.kind), claims.MA_LK.map(labels.amount).fillna(0)
    found = pd.read_csv(result + "/claims.csv", dtype={"MA_LK": str})
    assert (found.MA_LK.values == claims.MA_LK.values).all()
    return claims, found


def judge(kiem, folder, claims, seed, fraud, threads):
    subprocess.run([kiem, "synth", "--claims", str(claims), "--seed", str(seed), "--fraud", str(fraud), "--out", folder], check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([kiem, "check", folder + "/claims.csv", "--facilities", folder + "/facilities.csv", "--threads", str(threads),
                    "--out", folder + "/out", "--quiet"], check=True)
    return read(folder, folder + "/out")


def measure(name, score, flagged, claims):
    planted, shown = claims.kind.notna().values, claims.kind.isin(KINDS).values
    row = {"list": name, "flags": int(flagged.sum()), "precision": planted[flagged].mean() if flagged.any() else np.nan}
    for kind in KINDS:
        own = (claims.kind == kind).values
        row["found " + kind] = flagged[own].mean()
        rest = own | ~planted
        row["AUC " + kind], row["AP " + kind] = roc_auc_score(own[rest], score[rest]), average_precision_score(own[rest], score[rest])
    top = np.argsort(-score, kind="stable")[:len(claims) // 100]
    row["money of the three in the top 1 %"] = claims.wrong.values[top][shown[top]].sum() / claims.wrong.values[shown].sum()
    row["all planted money in the top 1 %"] = claims.wrong.values[top].sum() / claims.wrong.sum()
    return row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kiem")
    parser.add_argument("--claims", type=int, default=200000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[31, 32, 33])
    parser.add_argument("--fraud", type=float, default=0.01)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    provinces = pd.read_csv(os.path.join(os.path.dirname(__file__), "../../data/policy/provinces.csv"), dtype=str).set_index("code")
    rows, clean = [], []
    for seed in given.seeds:
        with tempfile.TemporaryDirectory() as work:
            claims, found = judge(given.kiem, work, given.claims, seed, given.fraud, given.threads)
            flagged = (found.flagged == 1).values
            odd = (found.q_value <= 0.05).values
            rows.append(measure("kiem: score, flagged", found.score.values, flagged, claims))
            rows.append(measure("kiem: score, q <= 0.05", found.score.values, odd, claims))
            by_money = found.amount_at_risk.values + 1e-6 * found.score.values
            rows.append(measure("kiem: money at risk (all rules)", by_money, flagged, claims))
            surprise = -np.log(np.maximum(1 - found.score.fillna(0).values, 1e-6))
            by_excess = np.sqrt(found.excess.fillna(0).values) * surprise
            rows.append(measure("kiem: root of excess x -ln(1 - score)", by_excess, flagged, claims))
            groups = (claims.MA_LOAI_KCB + claims.MA_BENH_CHINH.str[:3]).values
            others = [("total money", claims.T_TONGCHI_BH.values), *rivals(features(claims, provinces), groups, seed)]
            for name, score in others:
                score = score + 1e-12 * np.arange(len(score))
                rows.append(measure(name, score, score >= np.sort(score)[-max(1, odd.sum())], claims))
        with tempfile.TemporaryDirectory() as work:
            claims, found = judge(given.kiem, work, given.claims, seed, 0, given.threads)
            clean.append((seed, len(claims), int((found.q_value <= 0.05).sum()), int((found.flagged == 1).sum())))
    table = pd.DataFrame(rows).groupby("list", sort=False).mean().round(3)
    with pd.option_context("display.width", 250, "display.max_columns", None, "display.max_colwidth", 40):
        print(table.T.to_string())
    for seed, count, odd, flagged in clean:
        print(f"nothing planted, seed {seed}: {count} claims, {odd} with q <= 0.05, {flagged} flagged")
    ok = table.loc["kiem: score, flagged", "precision"] >= 0.9
    ok &= sum(row[3] for row in clean) <= len(clean)
    ok &= table.loc["kiem: money at risk (all rules)", "all planted money in the top 1 %"] >= table.loc["total money", "all planted money in the top 1 %"]
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
