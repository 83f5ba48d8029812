"""The claim scores of kiem check, from outside: groups and medians worked out a second time, the declared rate, money,
words. Standard library only.

usage: test_scores.py KIEM SOURCE_DIRECTORY
"""
import collections
import csv
import os
import re
import subprocess
import tempfile
import unittest

from support import KIEM, main, read_csv

WORK = tempfile.TemporaryDirectory()
CLAIMS = 60000


def rows(*path):
    return read_csv(WORK.name, *path)


def run(*arguments):
    return subprocess.run([KIEM, *arguments], cwd=WORK.name, capture_output=True, text=True)


def check(folder, out, *options):
    done = run("check", f"{folder}/claims.csv", "--facilities", f"{folder}/facilities.csv", "--out", out, "--quiet", *options)
    assert done.returncode == 0, done.stderr
    return rows(out, "claims.csv")


def setUpModule():
    for folder, fraud in (("planted", "0.01"), ("clean", "0")):
        assert run("synth", "--claims", str(CLAIMS), "--seed", "7", "--fraud", fraud, "--out", folder).returncode == 0


def peers_by_hand(claims):
    """MA_LK -> the members of the finest group with 30 claims: kind of care, letter, three characters, tier."""
    tiers = {f["facility_code"]: f["tier"] or f["technical_level"] for f in rows("planted", "facilities.csv")}
    levels = [collections.defaultdict(list) for _ in range(5)]
    for claim in claims:
        kind, code = claim["MA_LOAI_KCB"], claim["MA_BENH_CHINH"]
        key = ("in" if kind in ("03", "04", "06", "09") else "out", kind, code[:1], code[:3], tiers.get(claim["MA_CSKCB"]))
        claim["keys"] = [key[:i + 1] for i in range(5)]
        for level, part in zip(levels, claim["keys"]):
            level[part].append(claim)
    return {c["MA_LK"]: next(level[key] for level, key in reversed(list(zip(levels, c["keys"]))) if len(level[key]) >= 30)
            for c in claims}


def number(text):
    """2,310 or 1,100,000 or 1.1"""
    return float(text.replace(",", ""))


class Scores(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.claims = rows("planted", "claims.csv")
        cls.labels = collections.defaultdict(float)
        for label in rows("planted", "labels.csv"):
            if label["label"] == "1":
                cls.labels[label["MA_LK"]] += float(label["amount"])
        cls.results = check("planted", "english", "--lang", "en")

    def test_reasons_state_what_the_file_says(self):
        groups, by_key = peers_by_hand(self.claims), {c["MA_LK"]: c for c in self.claims}
        seen = 0
        for result in self.results:
            for reason in filter(None, result["reasons"].split("; ")):
                match = re.fullmatch(r"cost ([\d,]+) dong, peer median ([\d,]+) \(([\d,]+) claims\), higher, (\d+)%", reason)
                if not match:
                    continue
                costs = sorted(float(c["T_TONGCHI_BH"]) for c in groups[result["MA_LK"]])
                median, own = costs[(len(costs) - 1) // 2], float(by_key[result["MA_LK"]]["T_TONGCHI_BH"])
                self.assertEqual(number(match[3]), len(costs))
                self.assertAlmostEqual(number(match[1]) / own, 1, delta=0.006)
                self.assertAlmostEqual(number(match[2]) / median, 1, delta=0.08)  # two digits, known to 2 %
                seen += 1
        self.assertGreater(seen, 100)

    def test_the_declared_rate_holds(self):
        flagged = {r["MA_LK"] for r in self.results if r["flagged"] == "1"}
        self.assertGreater(len(flagged), 10)
        self.assertGreaterEqual(len(flagged & set(self.labels)) / len(flagged), 0.9)
        odd = {r["MA_LK"] for r in self.results if float(r["q_value"] or 1) <= 0.05}
        self.assertLessEqual(flagged, odd)
        clean = check("clean", "clean_out")
        self.assertLessEqual(sum(r["flagged"] == "1" for r in clean), 1)

    def test_small_files_keep_the_rate(self):
        """What is rare in a small file (dialysis, stents) is no ground for a flag: no group is large enough to tell."""
        flagged = untold = 0
        for seed in range(12):
            run("synth", "--claims", "3000", "--seed", str(400 + seed), "--fraud", "0", "--details", "off", "--out", "small")
            results = check("small", "small_out")
            flagged += any(r["flagged"] == "1" for r in results)
            untold += sum(r["q_value"] == "" and r["score"] != "" for r in results)
        self.assertLessEqual(flagged, 1)
        self.assertGreater(untold, 1000)

    def test_the_rate_holds_without_history(self):
        """Claims without card numbers, and those that a state has learned, know no visits in 30 days: fewer features."""
        def odd(*arguments):
            self.assertEqual(run("check", "few/claims.csv", "--out", "few_out", "--quiet", *arguments).returncode, 0)
            return any(float(r["q_value"] or 1) <= 0.05 for r in rows("few_out", "claims.csv"))

        alone = beside = 0
        for seed in range(1401, 1407):
            run("synth", "--claims", "20000", "--seed", str(seed), "--fraud", "0", "--details", "off", "--out", "few")
            kept = [{**claim, "MA_THE_BHYT": "", "SO_CCCD": ""} for claim in rows("few", "claims.csv")]
            with open(os.path.join(WORK.name, "few", "claims.csv"), "w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, kept[0])
                writer.writeheader()
                writer.writerows(kept)
            alone += odd()
        self.assertEqual(run("learn", "clean/claims.csv", "-o", "no_history.state").returncode, 0)
        for seed in range(910, 935):
            run("synth", "--claims", "1500", "--seed", str(seed), "--fraud", "0", "--details", "off", "--out", "few")
            beside += odd("--state", "no_history.state")
        self.assertLessEqual(alone, 1)
        self.assertLessEqual(beside, 1)

    def test_claims_are_held_beside_learned_ones(self):
        """A file too small to tell by itself: with the claims of a state as peers the dear ones stand out, and nothing else."""
        self.assertEqual(run("learn", "clean/claims.csv", "-o", "clean.state").returncode, 0)
        run("synth", "--claims", "1500", "--seed", "9", "--fraud", "0.08", "--details", "off", "--out", "few")
        wrong = {label["MA_LK"] for label in rows("few", "labels.csv") if label["label"] == "1"}
        alone, beside = check("few", "alone"), check("few", "beside", "--state", "clean.state")
        told = [sum(r["q_value"] != "" for r in results) for results in (alone, beside)]
        self.assertGreater(told[1], told[0])
        flagged = {r["MA_LK"] for r in beside if r["flagged"] == "1"}
        self.assertGreaterEqual(len(flagged), 3)
        self.assertGreaterEqual(len(flagged & wrong) / len(flagged), 0.9)
        one = check("few", "again", "--state", "clean.state", "--threads", "2")
        self.assertEqual(beside, one)
        # one claim alone has the same peers
        with open(os.path.join(WORK.name, "few", "claims.csv"), encoding="utf-8") as file:
            lines = file.readlines()
        odd = next(i for i, r in enumerate(beside) if r["flagged"] == "1")
        os.makedirs(os.path.join(WORK.name, "single"), exist_ok=True)
        with open(os.path.join(WORK.name, "single", "claims.csv"), "w", encoding="utf-8") as file:
            file.writelines([lines[0], lines[1 + odd]])
        done = run("check", "single/claims.csv", "--out", "single_out", "--quiet", "--state", "clean.state")
        self.assertEqual(done.returncode, 0, done.stderr)
        single, = rows("single_out", "claims.csv")
        self.assertEqual((single["MA_LK"], single["flagged"]), (beside[odd]["MA_LK"], "1"))
        self.assertGreater(float(single["score"]), 0.999)

    def test_a_file_that_was_learned_is_not_its_own_peer(self):
        self.assertEqual(run("learn", "planted/claims.csv", "-o", "planted.state").returncode, 0)
        self.assertEqual(check("planted", "learned", "--state", "planted.state", "--lang", "en"), self.results)

    def test_a_higher_rate_flags_more(self):
        last = set()
        for rate in ("0.001", "0.05", "0.3"):
            flagged = {r["MA_LK"] for r in check("planted", "rate" + rate, "--fdr", rate) if r["flagged"] == "1"}
            self.assertLessEqual(last, flagged)
            last = flagged
        for bad in ("0", "1.1", "-1", "x", "", "0.0000001"):
            done = run("check", "planted/claims.csv", "--quiet", "--fdr", bad)
            self.assertEqual(done.returncode, 2, bad)
            self.assertIn("fdr", done.stderr)

    def test_scores_are_ranks_and_q_values_follow_them(self):
        scores = sorted((float(r["score"]), float(r["q_value"] or "nan")) for r in self.results)
        self.assertGreater(scores[-1][0], 0.9999)
        self.assertLess(scores[0][0], 0.01)
        for part in (0.25, 0.5, 0.75, 0.9, 0.99):
            self.assertAlmostEqual(scores[int(part * len(scores))][0], part, delta=0.01)
        known = [q for _, q in scores if q == q]
        self.assertGreater(len(known), 0.98 * len(scores))
        self.assertEqual(known, sorted(known, reverse=True))

    def test_money_at_risk_ranks_no_worse_than_money(self):
        cost = {c["MA_LK"]: float(c["T_TONGCHI_BH"]) for c in self.claims}
        top = len(self.results) // 100

        def recovered(key):
            return sum(self.labels.get(r["MA_LK"], 0) for r in sorted(self.results, key=key, reverse=True)[:top])

        by_money = recovered(lambda r: cost[r["MA_LK"]])
        self.assertGreater(recovered(lambda r: (float(r["amount_at_risk"]), float(r["score"]))), by_money)

    def test_words_in_both_languages(self):
        vietnamese = check("planted", "vietnamese", "--lang", "vi")
        for english, other in zip(self.results, vietnamese):
            self.assertEqual(english["score"], other["score"])
            self.assertEqual(english["reasons"] == "", other["reasons"] == "")
            self.assertEqual(english["reasons"].count("; "), other["reasons"].count("; "))
            if english["flagged"] == "1":
                self.assertRegex(english["reasons"], r"peer median .* higher, \d+%")
                self.assertRegex(other["reasons"], r"trung vị nhóm .* cao hơn, \d+%")


if __name__ == "__main__":
    main()
