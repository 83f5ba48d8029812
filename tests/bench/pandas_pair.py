#!/usr/bin/env python3
"""A whole `kiem check` beside pandas and PyOD's ECOD doing claim scoring alone, in alternation over the same file.

usage: pandas_pair.py KIEM_BINARY CLAIMS.csv [--threads N] [--runs 5] [--lean]

pandas reads the file, codes and times as text, and makes nine features of a claim; ECOD scores them. (kiem has sixteen; those of the
history are left out here, which favours pandas.) With `--lean` pandas reads only the thirteen columns that scoring needs. kiem reads all columns,
keeps the history, runs all default rules and writes its files. Prints the ratio of the times of each pair and their median. Needs pandas and pyod:

    python3 -m venv V && V/bin/pip install pandas pyod && V/bin/python tests/bench/pandas_pair.py build/release/bin/kiem CLAIMS.csv
"""
import numpy
import pandas
from pyod.models.ecod import ECOD

from pair import compare

MONEY = ["T_TONGCHI_BV", "T_TONGCHI_BH", "T_BHTT", "T_THUOC", "T_VTYT"]
TEXT = ["MA_LK", "MA_LOAI_KCB", "MA_CSKCB", "MA_BENH_CHINH", "MA_BENH_KT", "NGAY_VAO", "NGAY_RA"]


def times(column):
    return pandas.to_datetime(column, format="%Y%m%d%H%M", errors="coerce")


def features(claims):
    total = claims["T_TONGCHI_BV"].fillna(0)
    some = numpy.where(total > 0, total, 1)
    days = claims["SO_NGAY_DTRI"].fillna(0)
    hours = (times(claims["NGAY_RA"]) - times(claims["NGAY_VAO"])).dt.total_seconds() / 3600
    drugs, supplies = claims["T_THUOC"].fillna(0), claims["T_VTYT"].fillna(0)
    return numpy.column_stack([
        numpy.log1p(total.clip(lower=0)), numpy.log1p(claims["T_BHTT"].fillna(0).clip(lower=0)),
        numpy.log1p((total / days.clip(lower=1)).clip(lower=0)), drugs / some, supplies / some, (total - drugs - supplies) / some, days,
        hours.fillna(0), claims["MA_BENH_KT"].str.count(";").fillna(-1) + 1])


def score(path, threads, lean):
    numbers = {name: "float64" for name in MONEY + ["SO_NGAY_DTRI"]}
    if lean:
        kinds = {name: "str" for name in TEXT} | numbers
        claims = pandas.read_csv(path, usecols=list(kinds), dtype=kinds)
    else:
        names = pandas.read_csv(path, nrows=0).columns
        claims = pandas.read_csv(path, dtype={name: numbers.get(name, "str") for name in names})
    scores = ECOD(n_jobs=threads).fit(features(claims)).decision_scores_
    assert len(scores) == len(claims)


if __name__ == "__main__":
    compare(__doc__, "pandas + ECOD", score, lean="read only the columns that scoring needs")
