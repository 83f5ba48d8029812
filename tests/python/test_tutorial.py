"""docs/tutorial.md runs from top to bottom, and so does the README of the package."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("page", ["docs/tutorial.md", "bindings/python/README.md"])
def test_every_block_runs(page, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.S)
    assert blocks
    names = {"claims": "data/sample/details/claims.csv"}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    print(capsys.readouterr().out)
