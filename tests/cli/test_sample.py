"""kiem sample and kiem estimate from outside: the draw, the list, what a reviewed list gives, and every kind of list that is
refused. The estimate is worked out a second time here. Standard library only.

usage: test_sample.py KIEM SOURCE_DIRECTORY
"""
import csv
import io
import math
import random
import re

import support
from support import Case, main, read_csv

HEADER = "file,row,MA_LK,score,amount_at_risk,excess,facility,T_BHTT"


def claims(count=500, seed=4):
    """Rows like those of claims.csv: one in ten with money at risk."""
    luck = random.Random(seed)
    rows = []
    for i in range(count):
        fund = luck.randrange(20_000, 3_000_000)
        risk = luck.randrange(1000, fund) if luck.random() < 0.1 else 0
        rows.append(f"claims.csv,{i + 2},K{i:06d},0.5,{risk},,{79001 + i % 7},{fund}.25")
    return rows


class Sample(Case):
    def claims_file(self, rows, name="judged.csv"):
        return self.write_lines(name, HEADER, *rows)

    def draw(self, rows, *options, out="sample.csv", status=0):
        return self.kiem("sample", self.claims_file(rows), "--size", "50", "--out", self.path(out), "--lang", "en", *options,
                         status=status)

    def read(self, name="sample.csv"):
        return read_csv(self.path(name))

    def review(self, rows, name="reviewed.csv"):
        out = io.StringIO()
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
        return self.write(name, out.getvalue())

    def reviewed(self, rows, share=1):
        """What was at risk was overpaid."""
        for row in rows:
            row["overpaid"] = str(round(float(row["amount_at_risk"]) * share))
        return rows

    def drawn(self, *options):
        self.draw(claims(), *options)
        return self.reviewed(self.read())

    def estimate(self, rows, *options, status=0, lang="en"):
        return self.kiem("estimate", self.review(rows), "--lang", lang, *options, status=status)

    def refused_list(self, rows, *parts):
        self.one_line(self.estimate(rows, status=3), *parts)


class Drawing(Sample):
    def test_the_list_has_what_a_reviewer_needs(self):
        done = self.draw(claims())
        rows = self.read()
        self.assertIn("500 claims", done.stdout)
        self.assertEqual(len(rows), 50)
        self.assertEqual([r["number"] for r in rows], [str(i + 1) for i in range(50)])
        self.assertEqual(rows, sorted(rows, key=lambda r: (r["facility"], r["MA_LK"])))
        for row in rows:
            self.assertEqual((row["overpaid"], row["outcome"], row["of"], row["claims"], row["seed"]), ("", "", "50", "500", "1"))
            size = max(float(row["amount_at_risk"]), float(row["T_BHTT"]) / 100, 1000)
            self.assertAlmostEqual(float(row["size"]), size, delta=0.01)
            self.assertEqual(row["certain"] == "1", float(row["pi"]) == 1)

    def test_chances_are_in_proportion_to_size(self):
        self.draw(claims())
        ratio = {round(float(r["pi"]) / float(r["size"]), 12) for r in self.read() if r["certain"] == "0"}
        self.assertLess(max(ratio) - min(ratio), 2e-12)

    def test_the_order_of_claims_does_not_matter(self):
        rows = claims()
        self.draw(rows)
        random.Random(1).shuffle(rows)
        self.draw(rows, out="again.csv")
        self.assertEqual(self.read(), self.read("again.csv"))

    def test_money_above_the_peers_counts_where_it_is_more(self):
        rows = claims()
        rows[7] = "claims.csv,9,K000007,0.5,1000,90000000,79001,200000000"
        self.draw(rows)
        self.assertEqual([r["size"] for r in self.read() if r["MA_LK"] == "K000007"], ["90000000.00"])

    def test_another_seed_draws_others(self):
        self.draw(claims())
        self.draw(claims(), "--seed", "18446744073709551615", out="again.csv")
        keys = [{r["MA_LK"] for r in self.read(name)} for name in ("sample.csv", "again.csv")]
        self.assertNotEqual(*keys)
        self.assertEqual(self.read("again.csv")[0]["seed"], "18446744073709551615")

    def test_more_than_there_are_is_all(self):
        self.draw(claims(30))
        self.assertEqual({r["certain"] for r in self.read()}, {"1"})
        self.assertEqual(len(self.read()), 30)

    def test_claims_without_a_key_are_known_by_their_place(self):
        self.draw([row.replace(f"K{i:06d}", "") for i, row in enumerate(claims())])
        self.assertEqual(len({r["row"] for r in self.read()}), 50)

    def test_cells_that_need_quotes(self):
        rows = [r.replace("claims.csv", '"a ""b"", c.csv"') for r in claims()]
        self.draw(rows)
        rows = self.reviewed(self.read())
        self.assertEqual(rows[0]["file"], 'a "b", c.csv')
        self.estimate(rows)

    def test_a_list_that_is_there_is_not_overwritten(self):
        self.draw(claims())
        done = self.draw(claims(), status=2)
        self.assertIn("may hold a review", done.stderr)

    def test_the_claims_of_kiem_check(self):
        self.check(self.claims(*[support.row(MA_LK=f"A{i}", T_BHTT=str(100_000 + i * 1000)) for i in range(60)]))
        done = self.kiem("sample", self.path("out/claims.csv"), "--size", "25", "--out", self.path("sample.csv"), "--lang", "vi")
        self.assertIn("đã chọn 25 hồ sơ", done.stdout)
        self.assertEqual({r["facility"] for r in self.read()}, {"79001"})
        self.assertIn("estimated overpayment of all claims: 0 VND", self.estimate(self.reviewed(self.read(), 0)).stdout)

    def test_bad_input_and_options(self):
        good = self.claims_file(claims())
        empty = self.claims_file([], "empty.csv")
        old = self.write("old.csv", "file,row,MA_LK,amount_at_risk\nclaims.csv,2,K1,0\n")
        words = self.claims_file(["claims.csv,2,K1,0.5,0,,79001,1.234.567"], "words.csv")
        long = self.claims_file(["claims.csv,2,K1,0.5,92233720368547759,,79001,12"], "long.csv")
        quote = self.write("quote.csv", HEADER + '\nclaims.csv,2,"K1,0.5,0,,79001,12\n')
        for arguments, status, part in (
                ([good], 2, "--size N is missing"), ([good, "--size", "0"], 2, "--size takes"),
                ([good, "--size", "5", "--seed", "-1"], 2, "--seed takes"), ([good, "--size", "5", "--floor", "0"], 2, "--floor takes"),
                ([good, "--size", "5", "--by", "luck"], 2, "--by takes"), ([good, "--size", "5", "--speed", "1"], 2, "unknown option"),
                ([good, good, "--size", "5"], 2, "one claims.csv"), (["--size", "5"], 2, "no claims.csv"),
                ([empty, "--size", "5"], 3, "no claims to draw from"), ([old, "--size", "5"], 3, "no column 'facility'"),
                ([words, "--size", "5"], 3, "row 2, column 8: this is not an amount"),
                ([long, "--size", "5"], 3, "row 2, column 5: this is not an amount"), ([quote, "--size", "5"], 3, "quote"),
                ([self.write("nothing.csv", ""), "--size", "5"], 3, "the file is empty"),
                ([self.path("absent.csv"), "--size", "5"], 3, "cannot open")):
            self.one_line(self.kiem("sample", *arguments, "--out", self.path("not.csv"), status=status), part)


class Estimating(Sample):
    def test_the_total_and_interval_worked_out_again(self):
        rows = self.drawn()
        chance = [(float(r["overpaid"]) / float(r["pi"]), 1 - float(r["pi"])) for r in rows if r["certain"] == "0"]
        found = sum(float(r["overpaid"]) for r in rows)
        total = sum(float(r["overpaid"]) / float(r["pi"]) for r in rows)
        m, weight = len(chance), sum(c for _, c in chance)
        middle = sum(e * c for e, c in chance) / weight
        error = math.sqrt(m / (m - 1) * sum(c * (e - middle) ** 2 for e, c in chance))
        text = self.estimate(rows).stdout
        shown = [int(n.replace(",", "")) for n in re.findall(r"([\d,]+) VND", text)]
        self.assertEqual(shown[:2], [int(found), int(round(total, 2))])
        low, high = (int(n.replace(",", "")) for n in re.search(r"interval: ([\d,]+) to ([\d,]+)", text).groups())
        self.assertAlmostEqual(high - total, error * 2.01 * 1.02, delta=error * 0.08)
        self.assertAlmostEqual(low, max(found, 2 * total - high), delta=2)

    def test_the_order_of_the_list_does_not_matter(self):
        rows = self.drawn()
        text = self.estimate(rows).stdout
        random.Random(2).shuffle(rows)
        self.assertEqual(self.estimate(rows).stdout, text)

    def test_a_list_saved_by_a_spreadsheet(self):
        rows = self.drawn()
        plain = self.estimate(rows).stdout
        with open(self.review(rows), newline="", encoding="utf-8") as file:
            cells = list(csv.reader(file))
        for delimiter in ";", "\t":
            text = io.StringIO()
            csv.writer(text, delimiter=delimiter).writerows(cells + [[""] * len(cells[0])] * 2)
            saved = self.write("saved.csv", "\ufeff" + text.getvalue())
            self.assertEqual(self.kiem("estimate", saved, "--lang", "en").stdout, plain)

    def test_a_file_that_was_not_found_counts_in_a_second_figure_only(self):
        rows = self.drawn()
        text = self.estimate(rows).stdout
        self.assertNotIn("not found count", text)
        lost = next(r for r in rows if r["overpaid"] == "0")
        lost.update(overpaid="", outcome="not_found")
        again = self.estimate(rows).stdout
        first = re.findall(r"of all claims: ([\d,]+)", text)
        both = re.findall(r"of all claims: ([\d,]+)", again)
        self.assertIn("49 reviewed, 1 not found", again)
        self.assertIn("If the 1 files that were not found count as overpaid in full", again)
        self.assertEqual(both[0], first[0])
        self.assertAlmostEqual(int(both[1].replace(",", "")) - int(first[0].replace(",", "")),
                               float(lost["T_BHTT"]) / float(lost["pi"]), delta=2)

    def test_monetary_units_bound_the_amount(self):
        rows = self.drawn("--by", "fund")
        text = self.estimate(rows).stdout
        bounds = re.search(r"Stringer\), one-sided 95 %: at least ([\d,]+), at most ([\d,]+) VND", text)
        total = int(re.search(r"of all claims: ([\d,]+)", text).group(1).replace(",", ""))
        low, high = (int(n.replace(",", "")) for n in bounds.groups())
        self.assertTrue(low < total < high, text)
        for row in rows:
            row["overpaid"] = "0"
        text = self.estimate(rows).stdout
        self.assertIn("no interval: none of the claims drawn by chance was overpaid", text)
        self.assertIn("at least 0, at most", text)

    def test_a_small_sample_gives_no_interval(self):
        self.draw(claims(), "--size", "15")
        self.assertIn("no interval: fewer than 20 claims were drawn by chance", self.estimate(self.reviewed(self.read())).stdout)

    def test_a_whole_list_is_a_point(self):
        self.draw(claims(30))
        rows = self.reviewed(self.read())
        total = sum(int(r["overpaid"]) for r in rows)
        self.assertIn(f"interval: {total:,} to {total:,} VND", self.estimate(rows).stdout)

    def test_both_languages(self):
        rows = self.drawn()
        rows[0].update(overpaid="", outcome="not_found")
        english, vietnamese = self.estimate(rows).stdout, self.estimate(rows, lang="vi").stdout
        self.assertIn("Estimate for planning, 95 % confidence", english)
        self.assertIn("No text in force is known", english)
        self.assertIn("Ước tính để lập kế hoạch, độ tin cậy 95%", vietnamese)
        self.assertIn("Nếu coi 1 hồ sơ không tìm thấy là chi thừa toàn bộ", vietnamese)
        self.assertIn("Chưa biết văn bản nào đang có hiệu lực", vietnamese)
        digits = [re.sub(r"[.,]", "", n) for n in re.findall(r"\d[\d.,]*\d", english)]
        self.assertEqual(digits, [re.sub(r"[.,]", "", n) for n in re.findall(r"\d[\d.,]*\d", vietnamese)])

    def test_confidence_widens_the_interval(self):
        rows = self.drawn()
        highs = [int(re.search(r"interval: [\d,]+ to ([\d,]+)", self.estimate(rows, "--confidence", str(p)).stdout)
                     .group(1).replace(",", "")) for p in (50, 80, 99)]
        self.assertEqual(highs, sorted(set(highs)))
        for bad in ("49", "100", "many"):
            self.assertIn("--confidence takes", self.estimate(rows, "--confidence", bad, status=2).stderr)


class RefusedLists(Sample):
    def test_cells_that_were_changed(self):
        column = 1 + list(self.drawn()[0]).index("pi")
        mark = 1 + list(self.read()[0]).index("mark")
        for name, value, parts in (("pi", "0.5", (f"row 5, column {column}", "size, pi or certain")),
                                   ("pi", "", (f"row 5, column {column}", "pi is missing")),
                                   ("size", "7.00", (f"row 5, column {column}", "size, pi or certain")),
                                   ("certain", "2", (f"row 5, column {column}", "size, pi or certain")),
                                   ("MA_LK", "K1", (f"row 5, column {mark}", "not as kiem sample wrote it")),
                                   ("seed", "2", (f"row 5, column {mark}", "as text")),
                                   ("T_BHTT", "1", (f"row 5, column {mark}",)), ("mark", "", (f"row 5, column {mark}",))):
            rows = self.reviewed(self.read())
            rows[3][name] = value
            self.refused_list(rows, "reviewed.csv", *parts)

    def test_what_the_reviewer_wrote(self):
        overpaid = 1 + list(self.drawn()[0]).index("overpaid")
        for cells, part in (({"overpaid": ""}, "not reviewed"), ({"overpaid": "-5"}, "negative"),
                            ({"overpaid": "1.234.567"}, "such as 125000"), ({"overpaid": "12,5"}, "such as 125000"),
                            ({"overpaid": "much"}, "such as 125000"), ({"overpaid": "1" * 30}, "such as 125000"),
                            ({"overpaid": "9000000"}, "more than T_BHTT"),
                            ({"overpaid": "5", "outcome": "not_found"}, "has no amount overpaid")):
            rows = self.reviewed(self.read())
            rows[3].update(cells)
            self.refused_list(rows, f"row 5, column {overpaid}: ", part)
        rows = self.reviewed(self.read())
        rows[3]["outcome"] = "lost"
        self.refused_list(rows, f"row 5, column {overpaid + 1}: outcome is empty, reviewed or not_found")

    def test_rows_that_are_missing_twice_or_of_another_draw(self):
        rows = self.drawn()
        self.refused_list(rows[:10] + rows[12:], "2 of 50 rows are missing; the first is number 11")
        self.refused_list(rows[:5] + rows[4:], "row 7", "number 5 stands here twice")
        self.draw(claims(seed=5), out="other.csv")
        self.refused_list(rows[:10] + self.reviewed(self.read("other.csv"))[10:], "row 12", "another draw")

    def test_lists_of_another_origin(self):
        self.drawn()
        header = ",".join(self.read()[0]) + "\n"
        own = self.write("own.csv", "MA_LK,overpaid\nK1,5\n")
        bare = self.write("bare.csv", header)
        for path, part in ((own, "this is not a list that kiem sample has drawn"), (bare, "no rows"),
                           (self.path("judged.csv"), "this is not a list"), (self.path("absent.csv"), "cannot open")):
            self.one_line(self.kiem("estimate", path, status=3), part)
        for other in (b'<?xml version="1.0"?><GIAMDINHHS/>', b"\xef\xbb\xbf\n<html>", b"PK\x03\x04xlsx", "number".encode("utf-16")):
            path = self.write("other.xml", other)
            self.one_line(self.kiem("estimate", path, status=3), "not a list that kiem sample has drawn")
            self.one_line(self.kiem("sample", path, "--size", "5", status=3), "not the claims.csv that kiem check writes")
        self.kiem("estimate", status=2)
        self.kiem("estimate", "--help")
        self.kiem("sample", "--help")
        self.assertIn("needs a value", self.kiem("sample", "judged.csv", "--size", status=2).stderr)


if __name__ == "__main__":
    main()
