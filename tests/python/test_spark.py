"""Spark frames as claims and as tables, findings as a Spark frame. Runs where pyspark and Java are installed."""
import os
import shutil
import sys
from pathlib import Path

import pytest

import kiem

sql = pytest.importorskip("pyspark.sql")
if not shutil.which("java"):
    pytest.skip("no Java", allow_module_level=True)
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def spark():
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = sql.SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def claims(spark):
    return spark.read.csv(str(SAMPLE / "claims.csv"), header=True)


def told(result):
    table = result.findings.to_dict()
    return list(zip(table["subject"], table["rule"], table["amount_at_risk"], table["message"]))


def test_claims_of_spark_are_judged_as_the_file(claims):
    assert told(kiem.check(claims)) == told(kiem.check(SAMPLE / "claims.csv"))


def test_lines_and_tables_of_spark(spark):
    names = {"drugs": "drugs.csv", "services": "services.csv"}
    frames = {role: spark.read.csv(str(SAMPLE / "details" / name), header=True) for role, name in names.items()}
    paths = {role: SAMPLE / "details" / name for role, name in names.items()}
    facilities = spark.read.csv(str(SAMPLE / "facilities.csv"), header=True)
    found = kiem.check(SAMPLE / "details" / "claims.csv", policy=kiem.Policy(tables={"facilities": facilities}), **frames)
    expected = kiem.check(SAMPLE / "details" / "claims.csv",
                          policy=kiem.Policy(tables={"facilities": SAMPLE / "facilities.csv"}), **paths)
    assert told(found) == told(expected)


def test_a_state_learns_from_spark(claims):
    state = kiem.State()
    assert state.learn(claims) == claims.count()


def test_findings_go_back_to_spark(spark, claims):
    findings = kiem.check(claims).findings
    assert spark.createDataFrame(findings.to_pandas(exact=False)).count() == len(findings)
