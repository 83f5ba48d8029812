#!/usr/bin/env python3
"""A whole `kiem check` beside DuckDB doing a part of it in SQL, in alternation over the same file.

usage: duckdb_pair.py KIEM_BINARY CLAIMS.csv [--threads N] [--runs 5] [--lean]

In SQL: the file into a table, cells as numbers and times where they are needed as such, eight checks of a claim counted by province with
its money, inpatient stays of a card that overlap, and claims far from the median of their facility in one of four features. kiem does
that and everything else (all default rules, history, ledger, scores) and writes its files. With `--lean` DuckDB leaves out the columns
of the file that its questions do not need. Prints the ratio of the times of each pair and their median.

    python3 -m venv V && V/bin/pip install duckdb && V/bin/python tests/bench/duckdb_pair.py build/release/bin/kiem CLAIMS.csv
"""
import duckdb

from pair import compare

TEXT = ["MA_CSKCB", "MA_THE_BHYT", "MA_LOAI_KCB", "MA_BENH_CHINH", "SO_CCCD"]
MONEY = ["T_BHTT", "T_BNCCT", "T_TONGCHI_BH", "T_TONGCHI_BV", "T_THUOC", "T_VTYT"]
CHECKS = [
    "NOT regexp_full_match(MA_THE_BHYT, '[A-Z]{2}[1-5][0-9]{12}')",
    r"NOT regexp_full_match(MA_BENH_CHINH, '[A-Z][0-9]{2}(\.[0-9]{1,3})?')",
    "NOT regexp_full_match(coalesce(SO_CCCD, ''), '([0-9]{12})?')",
    "NGAY_RA < NGAY_VAO",
    "T_BHTT < 0",
    "T_BHTT + T_BNCCT <> T_TONGCHI_BH",
    "T_TONGCHI_BH > T_TONGCHI_BV",
    "T_THUOC + T_VTYT > T_TONGCHI_BV",
]
FEATURES = [f"ln(1 + greatest({name}, 0))" for name in ("T_BHTT", "T_THUOC", "T_VTYT")] + ["SO_NGAY_DTRI"]


def statements(lean):
    """The claims with typed columns, which are then read three times: by province, by card, by facility."""
    typed = [f"try_cast({name} AS DECIMAL(15, 2)) AS {name}" for name in MONEY]
    typed += [f"try_strptime({name}, '%Y%m%d%H%M') AS {name}" for name in ("NGAY_VAO", "NGAY_RA")]
    typed += ["try_cast(SO_NGAY_DTRI AS DOUBLE) AS SO_NGAY_DTRI"]
    columns = ", ".join(TEXT + typed) if lean else f"* REPLACE ({', '.join(typed)})"
    counts = ", ".join(f"count_if({check})" for check in CHECKS)
    medians = ", ".join(f"median({feature}) AS m{i}, mad({feature}) AS d{i}" for i, feature in enumerate(FEATURES))
    farthest = ", ".join(f"abs({feature} - m{i}) / (d{i} + 1e-9)" for i, feature in enumerate(FEATURES))
    return [
        f"CREATE TEMP TABLE claims AS SELECT {columns} FROM read_csv(?, all_varchar = true, header = true)",
        f"SELECT left(MA_CSKCB, 2) AS province, count(*), sum(T_BHTT), {counts} FROM claims GROUP BY province ORDER BY province",
        """SELECT count(*) FROM (SELECT NGAY_VAO, lag(NGAY_RA) OVER (PARTITION BY MA_THE_BHYT ORDER BY NGAY_VAO) AS before
            FROM claims WHERE MA_LOAI_KCB IN ('3', '03')) WHERE before > NGAY_VAO""",
        f"""SELECT count(*) FROM claims JOIN (SELECT MA_CSKCB, {medians} FROM claims GROUP BY MA_CSKCB) USING (MA_CSKCB)
            WHERE greatest({farthest}) > 6""",
    ]


def ask(path, threads, lean):
    with duckdb.connect(config={"threads": threads}) as database:
        load, *questions = statements(lean)
        database.execute(load, [path])
        for question in questions:
            assert database.execute(question).fetchall()


if __name__ == "__main__":
    compare(__doc__, "DuckDB", ask, lean="read only the columns that the questions need")
