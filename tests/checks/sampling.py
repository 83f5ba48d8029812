"""docs/sampling.md tells the truth: its commands print what stands below them.

usage: sampling.py SOURCE_DIRECTORY KIEM [--renew]
With --renew the page is written anew; say in the commit why its numbers have changed."""
import os
import re
import subprocess
import sys
import tempfile

source, kiem = map(os.path.abspath, sys.argv[1:3])
page = source + "/docs/sampling.md"
text = open(page, encoding="utf-8").read()


def run(block, folder):
    """A block of the page as it is when its commands, or its program, have run in the folder."""
    kind, body = block[1], block[2]
    if kind == "python":
        subprocess.run([sys.executable, "-c", body], check=True, cwd=folder)
        return block[0]
    commands = re.findall(r"^\$ kiem (.*)$", body, flags=re.M)
    shown = [f"$ kiem {line}\n" + subprocess.run([kiem, *line.split()], check=True, cwd=folder, capture_output=True, text=True).stdout
             for line in commands]
    return "```\n" + "".join(shown) + "```" if commands else block[0]


with tempfile.TemporaryDirectory() as work:
    os.symlink(source + "/data", work + "/data")
    true = re.sub(r"```(\w*)\n(.*?)```", lambda block: run(block, work), text, flags=re.S)
if "--renew" in sys.argv:
    open(page, "w", encoding="utf-8").write(true)
assert text == true or "--renew" in sys.argv, "docs/sampling.md is not what its commands print: sampling.py --renew"
print("docs/sampling.md holds")
