"""The shared library exports exactly the symbols of the linker map, which are the functions of the header; other
global symbols of the static library start with km_ or kiem_. It calls nothing of libc that takes memory unseen, ends the
process, prints, or depends on what the process has set.

usage: symbols.py MAP LIBKIEM.so LIBKIEM.a HEADER..."""
import re
import subprocess
import sys

map_file, shared, static = sys.argv[1:4]


def symbols(*command):
    lines = subprocess.run(["nm", *command], check=True, capture_output=True, text=True).stdout.splitlines()
    return {line.split()[-1].split("@")[0] for line in lines if len(line.split()) == 3 and line.split()[1] in "TDBRVWi"}


headers = "".join(open(header).read() for header in sys.argv[4:])
declared = set(re.findall(r"KIEM_API\b[^;]*?\b(kiem_\w+)\s*\(", headers))
mapped = set(re.findall(r"^\s*(kiem_\w+);", open(map_file).read(), flags=re.M))
exported = {s for s in symbols("-D", "--defined-only", shared) if not s.startswith("KIEM_")}
stray = {s for s in symbols("--defined-only", "-g", static) if not s.startswith(("km_", "kiem_"))}
imported = {line.split()[-1].split("@")[0] for line in
            subprocess.run(["nm", "-D", "--undefined-only", shared], check=True, capture_output=True, text=True).stdout.splitlines()}
avoided = {"qsort", "strdup", "strndup", "asprintf", "getline", "abort", "exit", "_exit", "printf", "fprintf", "puts", "putchar", "perror", "getenv",
           "setlocale", "strtod", "strtok", "rand", "srand", "signal", "sigaction", "system", "time", "localtime"}
bad = False
for title, left, right in [("declared but not in the map", declared, mapped), ("in the map but not declared", mapped, declared),
                           ("in the map but not exported", mapped, exported), ("exported but not in the map", exported, mapped),
                           ("global symbols without prefix", stray, set()), ("called though it is to be avoided", imported & avoided, set())]:
    if left - right:
        print(f"{title}: {', '.join(sorted(left - right))}")
        bad = True
print(f"{len(exported)} symbols exported")
sys.exit(bad)
