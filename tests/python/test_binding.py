"""The Python binding on the bundled sample."""
import datetime
import os
from decimal import Decimal
from pathlib import Path

import kiem
import pytest

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def result():
    return kiem.check(SAMPLE / "claims.csv", budgets=SAMPLE / "budgets.csv", facilities=SAMPLE / "facilities.csv", lang="en")


def test_five_lines_of_the_readme():
    result = kiem.check(SAMPLE / "claims.csv", budgets=SAMPLE / "budgets.csv")
    for rule, subject, message in zip(result.findings["rule"], result.findings["subject"], result.findings["message"]):
        assert rule and subject and message


def test_tables_have_typed_columns(result):
    assert result.summary["judged"] == len(result.claims) == 20000
    findings = result.findings
    assert len(findings) == sum(v["count"] for v in result.summary["findings"].values())
    assert all(isinstance(v, Decimal) for v in findings["amount_at_risk"])
    assert sum(findings["amount_at_risk"]) == Decimal(str(result.summary["amount_at_risk"]))
    assert all(v is None or 0 <= v <= 1 for v in result.claims["score"])
    assert all(v is None or isinstance(v, Decimal) for v in result.claims["fund_due"])
    assert set(result.provinces["province"]) == {"01", "38", "40", "48", "66", "70", "79", "92"}
    with pytest.raises(KeyError):
        findings["none"]


def test_pandas(result):
    frame = result.findings.to_pandas()
    assert list(frame.columns) == result.findings.columns and len(frame) == len(result.findings)


def test_tables_outlive_their_result():
    findings = kiem.check(SAMPLE / "details" / "claims.csv").findings
    assert len(findings["rule"]) == len(findings)


def test_catalogue():
    rules = kiem.rules()
    assert "X01" in rules["id"] and all(rules["basis"])
    assert all(v is None or isinstance(v, datetime.date) for v in rules["effective_from"])


def test_xml_brings_its_lines(tmp_path):
    text = ("<GIAMDINHHS><HOSO><FILEHOSO><LOAIHOSO>XML1</LOAIHOSO><NOIDUNGFILE><TONG_HOP><MA_LK>A1</MA_LK><T_BHTT>9</T_BHTT>"
            "</TONG_HOP></NOIDUNGFILE></FILEHOSO><FILEHOSO><LOAIHOSO>XML2</LOAIHOSO><NOIDUNGFILE><CHI_TIET_THUOC><T_BHTT>4</T_BHTT>"
            "</CHI_TIET_THUOC></NOIDUNGFILE></FILEHOSO></HOSO></GIAMDINHHS>")
    path = tmp_path / "a.xml"
    path.write_text(text)
    for claims in (path, str(path), text.encode(), path.open("rb")):
        result = kiem.check(claims)
        assert list(result.claims["MA_LK"]) == ["A1"] and "M05" in result.findings["rule"]
    judge = kiem.Judge(lang="en")
    found = judge.xml(text)
    assert "M05" in found["rule"] and set(found["rule"]) <= set(result.findings["rule"]) | {"C25"} and set(judge.xml(text.encode())["row"]) == {1}
    with pytest.raises(kiem.InputError, match="xml, row 1: in XML2: NOIDUNGFILE is neither"):
        judge.xml(text.replace("<CHI_TIET_THUOC><T_BHTT>4</T_BHTT></CHI_TIET_THUOC>", "*"))
    path.write_text(text[:-9])
    with pytest.raises(kiem.InputError) as caught:
        kiem.check(path)
    assert caught.value.row == 1 and "ends too early" in str(caught.value)


def test_errors_tell_the_place(tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("MA_LK;T_BHTT\n1;5\n2;1.234,50\n")
    with pytest.raises(kiem.InputError) as caught:
        kiem.check(bad)
    assert caught.value.row == 3 and caught.value.file == str(bad) and "bad.csv, row 3" in str(caught.value)
    assert kiem.check(bad, decimal_comma=True).summary["judged"] == 2
    rules = tmp_path / "house.csv"
    rules.write_text("id,scope,severity,condition,basis,message_vi,message_en\nH1,claim,notice,T_BHT > 1,b,v,e\n")
    with pytest.raises(kiem.PolicyError, match="did you mean 'T_BHTT'"):
        kiem.check(SAMPLE / "claims.csv", rules=rules)
    with pytest.raises(kiem.InputError, match="no such file"):
        kiem.check(tmp_path / "none.csv")


def test_a_path_or_option_is_not_cut_at_a_nul(tmp_path):
    (tmp_path / "claims.csv").write_bytes((SAMPLE / "claims.csv").read_bytes()[:5000].rpartition(b"\n")[0])
    claims = str(tmp_path / "claims.csv")
    for arguments in ({"claims": claims + "\0.old"}, {"claims": claims, "out": str(tmp_path / "out\0side")},
                      {"claims": claims, "as_of": "2024-12-31\0"}, {"claims": claims, "policy": str(tmp_path) + "\0"}):
        with pytest.raises(ValueError, match="null"):
            kiem.check(**arguments)
    assert os.listdir(tmp_path) == ["claims.csv"]


def test_result_files(tmp_path):
    kiem.check(SAMPLE / "details" / "claims.csv", out=tmp_path / "out", as_of=datetime.date(2026, 8, 31))
    assert {p.name for p in (tmp_path / "out").iterdir()} >= {"findings.csv", "claims.csv", "summary.json"}


def test_errors_are_english_and_have_vietnamese_words():
    with pytest.raises(kiem.InputError) as failed:
        kiem.check("none.csv", lang="vi")
    assert str(failed.value) == "none.csv: cannot open the file: there is no such file, or it may not be read"
    assert failed.value.message_in("vi") == "none.csv: không mở được tệp: không có tệp này, hoặc không có quyền đọc"
    assert failed.value.message_in("en") == str(failed.value)
    with pytest.raises(ValueError):
        failed.value.message_in("fr")
    with pytest.raises(kiem.InputError) as failed:
        kiem.check(SAMPLE.parent.parent / "README.md")
    assert ", row 1: the first row is not a header" in str(failed.value)
    assert ", dòng 1: dòng đầu không phải dòng tiêu đề" in failed.value.message_in("vi")
