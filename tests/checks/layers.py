"""Fails on an #include in lib/ that points upward or sideways, and on a third-party header outside its one room."""
import re
import sys
from pathlib import Path

LAYERS = {"base": 0, "claim": 1, "ingest": 2, "rules": 2, "state": 2, "score": 2, "engine": 3, "abi": 4}
ROOMS = {"csv.h": {"ingest/csv.c"}, "pcre2.h": {"rules/regex.c"}, "xxhash.h": {"base/hash.c"}, "expat.h": {"ingest/xml.c"}, "utf8proc.h": {"base/compose.c"}, "nettle/hmac.h": {"base/keyed_hash.c"}}
PUBLIC = {"kiem/kiem.h": {"abi"}, "kiem/export.h": {"abi"}, "kiem/arrow.h": {"abi"}}  # the others are for every layer


def problems(lib):
    for path in sorted(lib.rglob("*.[ch]")):
        name = path.relative_to(lib).as_posix()
        layer = name.split("/")[0]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
            if not match:
                continue
            header = match.group(1)
            target = header.split("/")[0]
            if target in LAYERS and target != layer and LAYERS[target] >= LAYERS[layer]:
                yield f"{name}:{number}: {layer} must not include {header}"
            if header in ROOMS and name not in ROOMS[header]:
                yield f"{name}:{number}: {header} belongs to {', '.join(ROOMS[header])}"
            if header.startswith("gsl/") and layer != "score":
                yield f"{name}:{number}: GSL belongs to score"
            if header in PUBLIC and layer not in PUBLIC[header]:
                yield f"{name}:{number}: {header} belongs to the ABI"


found = list(problems(Path(sys.argv[1])))
print("\n".join(found) or "every arrow points down")
sys.exit(bool(found))
