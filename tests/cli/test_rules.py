"""House rules from outside: what expressions are worth at their edges, where their errors are said to be, what they lack."""
import json

from support import HEADER, Case, main, read_csv, row

COLUMNS = ["id", "scope", "severity", "condition", "basis", "message_vi", "message_en", "unless", "effective_from", "date_basis", "amount"]
CLAIM = {"T_BHTT": "9000000000000", "T_BNCCT": "250000", "MA_BENH_CHINH": "O82.1", "MA_BENH_KT": "N18.5;E11", "GHI_CHU": "Đậu phộng",
         "MA_KHUVUC": "Đ1", "NGAY_TTOAN": ""}

TRUE = (
    # a time beside a date in CASE: both are days
    "CASE WHEN T_BHTT > 0 THEN NGAY_VAO ELSE DATE '2024-01-01' END = DATE '2024-03-01'",
    "year(CASE WHEN T_BHTT < 0 THEN DATE '2024-01-01' ELSE NGAY_VAO END) = 2024",
    # numbers too large for the digits of the other side still compare
    "T_BHTT > 0.123456789", "-T_BHTT < 0.123456789", "T_BHTT NOT IN (1, 0.123456789)", "T_BHTT BETWEEN 0.000000001 AND 9000000000000",
    # pieces of words are words, whatever bytes they have
    "substr(GHI_CHU, 1, 8) = 'Đậu phộn'", "substr(GHI_CHU, 2, 1) = 'ậ'", "substr(GHI_CHU, 5, 5) IN ('phộng', 'x')",
    "coalesce(substr(GHI_CHU, 1, 3), GHI_CHU) = 'Đậu'", "substr(MA_KHUVUC, 2, 1) = '1'", "substr(substr(GHI_CHU, 2, 1), 2, 1) IS NULL",
    # diagnoses are written with or without dagger, asterisk, capitals
    "MA_BENH_CHINH = 'o82.1'", "MA_BENH_CHINH = 'O82.1*'", "MA_BENH_CHINH BETWEEN 'o80*' AND 'O82†'", "has_code(MA_BENH_KT, 'n18*')",
    "has_code(MA_BENH_KT, 'e10', 'e14')",
    # moved by centuries again and again: not a date any more
    "NGAY_RA" + " + INTERVAL '200' YEAR" * 30 + " IS NULL", "date(NGAY_RA)" + " - 73000" * 30 + " IS NULL",
    "age_at_least(NGAY_SINH, 1537228672809129302, NGAY_RA) IS NULL",
    # a key that is none of the table
    "benefit_levels(4.0).percent = 80", "benefit_levels(4.4).percent IS NULL", "base_salary.vnd AT NGAY_RA * 0.15 = 270000",
    # empty places at the end of the card lists are no cards
    "count(card) = 1",
    # a blank that does not break
    "T_BHTT\u00a0> 0",
)

ERRORS = (  # condition, column, words
    ("MA_LOAI_KCB = ‘03’", 15, "text takes single quotes"),
    ("T_BHTT ≥ 0", 8, "found '≥'"),
    ("AND T_BHTT > 0", 1, "expected a value, found 'AND'"),
    ("cont(drug) > 0", 1, "did you mean 'count'?"),
    ("base_salry.vnd > 0", 1, "no scope or table is called 'base_salry'; did you mean 'base_salary'?"),
    ("base_salary > 0", 1, "'base_salary' is a table: a value is base_salary.COLUMN"),
    ("T_BHTT BETWEEN NULL AND 5", 16, "NULL can stand only in CASE and coalesce"),
    ("greatest(T_BHTT, NULL) > 0", 18, "NULL can stand only in CASE and coalesce"),
    ("NGAY_RA < DATE '9999-12-31'", 11, "its year from 1900 to 2199"),
    ("NGAY_RA + INTERVAL '9223372036854775807' YEAR > NGAY_VAO", 11, "expected a whole number from -105408000 to 105408000"),
    ("STANDARD = '4750'", 12, "STANDARD is '4210', '130', '3176' or '79a'"),
    ("MA_LOAI_KCB = '3'", 15, "codes of MA_LOAI_KCB have 2 digits; did you mean '03'?"),
    ("MA_CSKCB IN ('79001', '1001')", 23, "did you mean '01001'?"),
    ("T_BHTT = 1 + " + "(" * 40 + "1" + ")" * 40, 46, "nested more than 64 deep"),
    ("substr(coalesce(GHI_CHU, 'ộộộộộộộộộộộộộộộộ'), 1) = 'x'", 1, "(in 'substr(coalesce(GHI_CHU, 'ộộộộộộộộộộộ')"),  # cut at a character
)


class Rules(Case):
    def check(self, rules, *more, claims=None, status=0):
        header = HEADER + ",GHI_CHU,MA_KHUVUC,NGAY_TTOAN"
        claims = claims or self.claims(",".join([row(**CLAIM, GT_THE_DEN="20241231;", GT_THE_TU="20240101; "), "Đậu phộng", "Đ1", ""]), header=header)
        cells = [[{"id": f"Q{n}", "scope": "claim", "severity": "violation", "basis": "b", "message_vi": "x", "message_en": "x", **rule}.get(name, "")
                  for name in COLUMNS] for n, rule in enumerate(rules)]
        done = self.kiem("check", claims, "--rules", self.write_rows("rules.csv", COLUMNS, *cells), "--out", self.path("out"), *more, status=status)
        if status:
            return done.stderr
        with open(self.path("out", "summary.json"), encoding="utf-8") as file:
            self.summary = json.load(file)
        self.of = {rule["rule"]: rule for rule in self.summary["rules"]}
        return [finding for finding in read_csv(self.path("out"), "findings.csv") if finding["rule"].startswith("Q")]

    def test_values(self):
        found = {finding["rule"] for finding in self.check([{"condition": text} for text in TRUE])}
        self.assertEqual([text for n, text in enumerate(TRUE) if f"Q{n}" not in found], [])

    def test_errors(self):
        for text, column, words in ERRORS:
            with self.subTest(text):
                error = self.check([{"condition": text}], status=2)
                self.assertIn(words, error)
                self.assertIn(f"rules.csv, row 2, column {column}: ", error)

    def test_errors_of_other_cells(self):
        for rule, column, words in (({"message_en": "aa {T_BHTT}\n bb {T_BHT}"}, 6, "'T_BHT'"), ({"message_en": "aa {T_BHTT} {T_BHT}"}, 14, "'T_BHT'"),
                                    ({"message_en": "a {T_BHTT"}, 3, "is not closed"), ({"date_basis": "NGAY_RAA"}, 1, "did you mean 'NGAY_RA'?"),
                                    ({"effective_from": "9999-12-31"}, 9, "its year from 1900 to 2199")):
            with self.subTest(rule):
                error = self.check([{"condition": "T_BHTT > 0", **rule}], status=2)
                self.assertIn(words, error)
                self.assertIn(f", column {column}: ", error)

    def test_a_table_with_too_many_digits(self):
        table = self.write("prices.csv", "facility_code,service_code,price\n79001,18.0023,1.23456\n")
        error = self.check([{"condition": "T_BHTT > 0"}], "--table", "contract_prices=" + table, status=2)
        self.assertIn("row 2, column 3: column 'price' of table 'contract_prices': '1.23456' is not a number with at most", error)

    def test_a_term_stands_once(self):
        self.write_rows("terms.csv", ["name", "scope", "expression", "meaning_vi", "meaning_en", "basis"], ["mine", "claim", "1 = 1", "x", "x", "b"],
                        ["mine", "claim", "1 = 0", "x", "x", "b"])
        self.assertIn("'mine' is on line 2 too", self.check([{"condition": "T_BHTT > 0"}], "--policy", self.folder, status=2))

    def test_what_a_rule_lacks(self):
        """Lines that are not given, and the date it is held against, are said to be missing."""
        claims = self.claims(row(**{name: value for name, value in CLAIM.items() if name in HEADER}))
        found = self.check([{"condition": "count(drug) = 0"}, {"condition": "NOT exists(service)"},
                            {"condition": "T_BHTT > 0", "effective_from": "2020-01-01", "date_basis": "NGAY_TTOAN"},
                            {"condition": "T_BHTT > 0", "unless": "exists(drug)"}], claims=claims)
        self.assertEqual([(finding["rule"], finding["severity"]) for finding in found], [("Q3", "suspicion")])
        self.assertEqual([self.of[f"Q{n}"].get("needs") for n in range(4)], ["drug.MA_LK", "service.MA_LK", "NGAY_TTOAN", None])
        self.assertEqual(self.of["Q3"]["softened_without"], "drug.MA_LK")

    def test_divisions_by_zero_are_counted_everywhere(self):
        zero = "T_BHTT / (T_BNCCT - 250000)"
        found = self.check([{"condition": f"{zero} > 1"}, {"condition": "T_BHTT > 0", "unless": f"{zero} > 1"}, {"condition": "T_BHTT > 0", "amount": zero}])
        self.assertEqual([(finding["rule"], finding["amount"]) for finding in found], [("Q1", "0"), ("Q2", "0")])
        self.assertEqual(self.summary["arithmetic_nulls"], 3)


main()
