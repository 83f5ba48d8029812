"""README.md tells the truth: the capture is what the demo prints, the examples run.

usage: readme.py SOURCE_DIRECTORY KIEM LIBKIEM.so"""
import os
import re
import subprocess
import sys
import tempfile

source, kiem, library = map(os.path.abspath, sys.argv[1:4])
os.chdir(source)
text = open("README.md", encoding="utf-8").read()
blocks = {kind: body for kind, body in re.findall(r"```(\w+)\n(.*?)```", text, flags=re.S)}
folder = tempfile.TemporaryDirectory()
work = folder.name

out = subprocess.run([kiem, "check", "data/sample/claims.csv", "--budgets", "data/sample/budgets.csv", "--facilities",
                      "data/sample/facilities.csv", "--lang", "en", "--out", work + "/out"], check=True, capture_output=True, text=True)
assert out.stdout.startswith(blocks["text"].rstrip("\n")), "the capture in README.md is not what the demo prints"

program = f"""#include <kiem/kiem.h>
#include <stdio.h>
int main(void) {{
{blocks["c"]}
return findings == NULL;
}}
"""
open(work + "/example.c", "w").write(program)
subprocess.run(["cc", "-Wall", "-Werror", "-Iinclude", work + "/example.c", library, f"-Wl,-rpath,{os.path.dirname(library)}", "-o",
                work + "/example"], check=True)
printed = subprocess.run([work + "/example"], check=True, capture_output=True, text=True).stdout
assert re.fullmatch(r"\d+ findings\n", printed), printed

environment = {**os.environ, "PYTHONPATH": "bindings/python", "KIEM_LIBRARY": library}
printed = subprocess.run([sys.executable, "-c", blocks["python"]], check=True, capture_output=True, text=True, env=environment).stdout
assert "dong to review" in printed and "X01" in printed
print("README.md holds")
