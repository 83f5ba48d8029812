"""`pip install ./bindings/python`: the package with the library inside, which needs nothing but libc and libm."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    target = tmp_path_factory.mktemp("site")
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                    "--no-build-isolation", "--target", target, ROOT / "bindings/python"], check=True)
    return target


def test_the_library_is_inside_and_needs_little(site):
    library = site / "kiem" / "libkiem.so.1"
    headers = subprocess.run(["objdump", "-p", library], check=True, capture_output=True, text=True).stdout
    needed = {name for name in re.findall(r"NEEDED\s+(\S+)", headers) if not name.startswith("ld-linux")}  # the loader: variables of a thread
    assert needed <= {"libc.so.6", "libm.so.6"} and "TEXTREL" not in headers
    names = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout.split()[2::3]
    assert names and all(name.startswith(("kiem_", "KIEM_")) for name in names)
    assert (site / "kiem" / "py.typed").exists()


def test_it_works_alone(site):
    environment = {name: value for name, value in os.environ.items() if name not in ("KIEM_LIBRARY", "PYTHONPATH")}
    program = f"""
import sys; sys.path.insert(0, {str(site)!r})
import kiem, importlib.metadata
assert kiem.__file__.startswith({str(site)!r}) and importlib.metadata.version("kiem") == kiem.__version__
print(kiem.check({str(ROOT / 'data/sample/details/claims.csv')!r}).summary["judged"])
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment, cwd="/")
    assert int(done.stdout) > 0
