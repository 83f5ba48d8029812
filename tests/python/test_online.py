"""Claims judged as they come beside the same claims in a job: where the documents say that they agree, all findings do, to
the letter. Claims of several seeds with planted fraud and lines, put to the test by sharing few patients, by blanks, by
times moved, and by dates on which they were sent."""
import base64
import collections
import csv
import io
import os
import random
import subprocess
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

import kiem

LIBRARY = Path(os.environ.get("KIEM_LIBRARY", "build/dev/lib/libkiem.so.1")).resolve()
KIEM = LIBRARY.parents[1] / "bin" / "kiem"
TABLES = ("claims", "drugs", "services")
ABOUT_CLAIMS = ("claim", "drug", "service", "card")  # doctors, patients and so on are added up over a job only
pytestmark = pytest.mark.skipif(not KIEM.exists(), reason="the command is not built beside the library")


def synth(folder, seed, claims):
    subprocess.run([KIEM, "synth", "--claims", str(claims), "--seed", str(seed), "--fraud", "0.3", "--details", "on", "--out", folder],
                   check=True, stdout=subprocess.DEVNULL)
    return [list(csv.DictReader((folder / f"{name}.csv").open(newline="", encoding="utf-8"))) for name in TABLES]


def disturb(claims, seed):
    """Few patients with many claims, whose card and citizen number go together throughout; and what goes wrong in files."""
    rng = random.Random(seed)
    patients = [{name: claim[name] for name in ("MA_THE_BHYT", "SO_CCCD", "NGAY_SINH", "GIOI_TINH", "HO_TEN")} for claim in claims[:8]]
    fields = [name for name in claims[0] if name not in ("MA_LK", "MA_THE_BHYT", "SO_CCCD")]
    for claim in claims:
        if rng.random() < 0.8:
            claim.update(rng.choice(patients))
        if rng.random() < 0.1:
            claim[rng.choice(fields)] = ""
        if rng.random() < 0.03:
            claim["KET_QUA_DTRI"] = "5"
        if rng.random() < 0.2:
            claim["NGAY_VAO"] = rng.choice(claims)["NGAY_VAO"]
        if rng.random() < 0.03:
            claim["MA_DOITUONG_KCB"] = "1.7"
        claim["NGAY_GUI"] = rng.choice(claims)["NGAY_RA"]


def text(rows, header):
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def by_claim(lines):
    found = collections.defaultdict(list)
    for line in lines:
        found[line["MA_LK"]].append(line)
    return found


def findings(table, rules=None):
    """Without the rows, which differ: how often each was found."""
    columns = ("scope", "subject", "rule", "severity", "amount_at_risk", "amount", "amount_patient", "facility", "evidence", "message")
    found = zip(*[map(str, table[name]) for name in columns])
    return collections.Counter(row for row in found if row[0] in ABOUT_CLAIMS and (rules is None or row[2] in rules))


def elements(tag, row):
    return f"<{tag}>{''.join(f'<{name}>{escape(value)}</{name}>' for name, value in row.items())}</{tag}>"


def envelope(claim, drugs, services):
    def part(kind, content):
        return f"<FILEHOSO><LOAIHOSO>{kind}</LOAIHOSO><NOIDUNGFILE>{base64.b64encode(content.encode()).decode()}</NOIDUNGFILE></FILEHOSO>"

    lines = [f"<DS>{''.join(elements(tag, line) for line in rows)}</DS>" for tag, rows in
             (("CHI_TIET_THUOC", drugs), ("CHI_TIET_DVKT", services))]
    parts = part("XML1", elements("TONG_HOP", claim)) + part("XML2", lines[0]) + part("XML3", lines[1])
    return f"<GIAMDINHHS><HOSO>{parts}</HOSO></GIAMDINHHS>".encode()


@pytest.fixture(params=[1, 2, 3])
def world(request, tmp_path):
    claims, drugs, services = synth(tmp_path, request.param, 150)
    disturb(claims, request.param)
    claims.sort(key=lambda claim: (claim["NGAY_VAO"], claim["NGAY_RA"], claim["MA_CSKCB"], claim["MA_LK"]))
    return claims, drugs, services


def test_one_after_the_other_as_all_in_a_job(world):
    """Each claim beside a state of those before it, learned one by one, and all of them in one job without a state."""
    claims, drugs, services = world
    headers = [list(rows[0]) for rows in world]
    own_drugs, own_services, online, state = by_claim(drugs), by_claim(services), collections.Counter(), kiem.State()
    policy = kiem.Policy()
    for claim in claims:
        key = claim["MA_LK"]
        online += findings(kiem.Judge(policy, state=state, lang="en")(claim, own_drugs[key], own_services[key]))
        state.learn(text([claim], headers[0]))
    together = kiem.check(text(claims, headers[0]), drugs=text(drugs, headers[1]), services=text(services, headers[2]), lang="en")
    expected = findings(together.findings)
    history = [finding for finding in expected if finding[2][0] == "X" or finding[2] in ("C08", "C12", "C17", "C19")]
    assert len(history) > 30 and any(finding[2] == "LATE" for finding in expected) and len(together.rejects) == 0
    assert expected - online == online - expected == collections.Counter()


def test_beside_one_state_as_a_job_beside_it(world):
    """Claims of the last third, each alone: as rows, as an envelope, and as a job of one claim, CSV or XML; with and without lines."""
    claims, drugs, services = world
    headers, own_drugs, own_services, state = [list(rows[0]) for rows in world], by_claim(drugs), by_claim(services), kiem.State()
    state.learn(text(claims[:100], headers[0]))
    policy = kiem.Policy()
    judge, seen = kiem.Judge(policy, state=state, lang="en"), 0
    for claim in claims[100::3]:
        lines = own_drugs[claim["MA_LK"]], own_services[claim["MA_LK"]]
        one, xml = text([claim], headers[0]), envelope(claim, *lines)
        expected = findings(kiem.check(one, drugs=text(lines[0], headers[1]), services=text(lines[1], headers[2]), state=state,
                                       policy=policy, lang="en").findings)
        assert findings(judge(claim, *lines)) == expected
        assert findings(judge(claim)) == findings(kiem.check(one, state=state, policy=policy, lang="en").findings)
        assert findings(judge.xml(xml)) == findings(kiem.check(xml, state=state, policy=policy, lang="en").findings)
        seen += sum(expected.values())
    assert seen > 50


BARE = [{"id": "BARE", "scope": "claim", "severity": "notice", "condition": "count(drug) = 0", "basis": "contract", "message_vi": "x",
         "message_en": "x"}]


def test_an_envelope_of_claims_without_a_number():
    policy = kiem.Policy(rules=BARE)
    for keys, bare in (("A",), 1), (("",), 0), (("", ""), 0), (("", "A"), 1), (("A", "A"), 0):
        hoso = "".join(f"<HOSO>{elements('TONG_HOP', {'MA_LK': key, 'NGAY_VAO': '202503100800'})}</HOSO>" for key in keys)
        xml = f"<A>{hoso}</A>".encode()
        for found in kiem.check(xml, policy=policy).findings, kiem.Judge(policy).xml(xml):
            assert sum(findings(found, {"BARE"}).values()) == bare


def test_claims_that_share_their_number():
    """Whose the lines are cannot be told: a job rejects them and judges the claims without, a judge refuses such lines."""
    claims = [{"MA_LK": key, "T_BHTT": "100000", "MA_CSKCB": "79001"} for key in ("A", "A", "B")]
    policy = kiem.Policy(rules=BARE)
    drugs = [{"MA_LK": "A", "MA_THUOC": "40.1", "T_BHTT": "90000"}]
    job = kiem.check(text(claims, list(claims[0])), drugs=text(drugs, list(drugs[0])), policy=policy, lang="en")
    assert len(job.rejects) == 1
    online = kiem.Judge(policy, lang="en")(claims, [])
    for found in (findings(job.findings, {"BARE"}), findings(online, {"BARE"})):
        assert [finding[1] for finding in found.elements()] == ["B"]
    with pytest.raises(kiem.ArgumentError, match="several claims have the MA_LK of drug line 1"):
        kiem.Judge(policy)(claims, drugs)


def test_a_claim_of_many_lines(tmp_path):
    """More lines than one batch of a file holds: as rows, as an envelope, and in a job."""
    tables = synth(tmp_path, 4, 40)
    headers, claim = [list(rows[0]) for rows in tables], tables[0][0]
    lines = [[{**line, "MA_LK": claim["MA_LK"], "STT": str(n), "SO_LUONG": str(n % 7)} for n, line in enumerate((rows * 1000)[:count])]
             for rows, count in zip(tables[1:], (2049, 9000))]
    expected = findings(kiem.check(text([claim], headers[0]), drugs=text(lines[0], headers[1]), services=text(lines[1], headers[2]), lang="en").findings)
    assert {finding[0] for finding in expected} >= {"claim", "drug", "service"}
    judge = kiem.Judge(lang="en")
    assert findings(judge.xml(envelope(claim, *lines))) == expected
    assert findings(judge(claim, *lines)) == expected
    assert findings(judge(claim, lines[0][:1], lines[1][:1])) != expected  # the room is kept, the lines are not


def test_an_envelope_longer_than_a_block():
    """1,200 claims of 60,000 characters each: none is passed over."""
    claims = "".join(elements("TONG_HOP", {"MA_LK": f"A{key}", "NGAY_VAO": "202503100800", "GHI_CHU": 60000 * "x"}) for key in range(1, 1201))
    found = kiem.Judge().xml(f"<A>{claims}</A>")
    assert set(found["subject"]) == {f"A{key}" for key in range(1, 1201)}


def test_more_than_one_call_takes():
    claims = elements("TONG_HOP", {"MA_LK": "A"}) * 2049
    with pytest.raises(kiem.KiemError, match="at most 2048 rows"):
        kiem.Judge().xml(f"<A>{claims}</A>")
    with pytest.raises(kiem.KiemError, match="at most 2048 rows"):
        kiem.Judge()({"MA_LK": str(key)} for key in range(2049))
    drugs = ({"MA_LK": "A"} for _ in range(131073))
    with pytest.raises(kiem.KiemError, match="at most 131072 rows"):
        kiem.Judge()({"MA_LK": "A"}, drugs)
