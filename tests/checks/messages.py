"""Holds the Vietnamese of messages (lib/base/vietnamese.def) against the sources: python3 messages.py ROOT.

Every format of a message in lib, and every text that goes into one, has a partner; every partner has a source;
what stands in the Vietnamese ({1}, {2}) is in the English. In the command (examples/kiem) both languages stand
side by side in each call and the compiler holds them against each other.
"""
import pathlib
import re
import sys
import unicodedata

# What only a program that calls the library can bring about, not the command: its reader is an engineer.
ENGINEERS = ("abi/outlier.c", "score/outlier/", "ingest/arrow_")
# Texts of two or more words that are no part of a message: in both languages already, patterns, values of a table.
NO_MESSAGES = {"score/claim/feature.c": r".*", "score/claim/reason.c": r".*", "base/date.c": r"dddd-dd-dd dd:dd:dd",
               "engine/policy/examples.c": r"not run", "engine/policy/policy_load.c": r"rows of examples",
               "rules/message.c": r"không rõ|not known"}
# Texts that are put together from pieces: a piece, and the rows it is translated by.
PIECES = {" or more": ["%d or more"], " (yyyy-mm-dd)": ["date (yyyy-mm-dd)"],
          "%s %s: %s": ["term %s: %s", "column %s: %s"]}
PARTS = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|^[ \t]*#[ \t]*(?:include|error)[^\n]*'
                   r"|\b(?P<call>\w+)\s*\(|[()]", re.S | re.M)
RECORDS = {"km_fail": 2, "km_fail_at": 2, "km_error_set": 2, "km_error_set_at": 2, "km_env_log": 2, "km_resolve_fail": 2,
           "km_resolve_error": 2}
PRINTS = {"printf", "fprintf", "fputs", "puts", "snprintf"}
ASSERTS = {"static_assert", "_Static_assert", "KM_REQUIRE"}
PROSE = re.compile(r"[a-z]{2,}:? [a-z('%]")
CONVERSION = re.compile(r"%%|%[-+0 #]*\d*(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j|t)?([a-zA-Z])")


def texts(source):
    """(place, text, name of the call it stands in) of every string, those that stand side by side as one."""
    found, calls, last = [], [], None
    for part in PARTS.finditer(source):
        token = part.group()
        if token.startswith(("/*", "//")):
            continue
        if token.endswith("("):
            calls.append(part.group("call"))
        elif token == ")":
            calls and calls.pop()
        elif token[0] == '"':
            if last is not None and not source[last:part.start()].strip():
                found[-1][1] += token[1:-1]
            else:
                found.append([part.start(), token[1:-1], [c for c in calls if c][-1:] or [""]])
            last = part.end()
    return [(source.count("\n", 0, at) + 1, text, call[0]) for at, text, call in found]


def as_key(text):
    """The format as vietnamese.def has it: numbers are %d, texts %s, several without anything between one %s."""
    key = CONVERSION.sub(lambda m: "%" if m.group() == "%%" else "%s" if m.group(1) == "s" else "%d", text)
    return re.sub(r"(%[sd]){2,}", "%s", key)


def check_pair(english, vietnamese):
    if any(unicodedata.normalize("NFC", text) != text for text in (english, vietnamese)):
        yield f"write it in composed letters (NFC): {vietnamese}"
    conversions = [m.start() for m in re.finditer(r"%[sd]", english)]
    named = set(map(int, re.findall(r"\{(\d)\}", vietnamese)))
    for number in sorted(named - set(range(1, len(conversions) + 1))):
        yield f"{{{number}}} of '{vietnamese}' is not in '{english}'"
    for number, at in enumerate(conversions, 1):
        if number not in named and not english[at - 1].isalpha():  # Vietnamese has no plural of "argument%s"
            yield f"{{{number}}} of '{english}' is not in '{vietnamese}'"
    if "%" in vietnamese:
        yield f"'{vietnamese}' has a %: what is filled in is {{1}}, {{2}}"


def main(root):
    lib, complaints = pathlib.Path(root, "lib"), []
    source = (lib / "base/vietnamese.def").read_text()
    rows = re.findall(r'^KM_PAIR\("((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\)$', source, re.M)
    pairs, there = dict(rows), set()
    if len(rows) != source.count("\nKM_PAIR(") or len(rows) < 200:
        complaints.append("lib/base/vietnamese.def: a row is not KM_PAIR(\"english\", \"vietnamese\") on one line")
    if len(pairs) != len(rows):
        complaints.append("lib/base/vietnamese.def: twice: " + ", ".join(
            repr(e) for e in pairs if sum(e == row[0] for row in rows) > 1))
    for path in sorted(lib.glob("**/*.[ch]")):
        name = path.relative_to(lib).as_posix()
        first_of = {}
        for line, text, call in texts(path.read_text()):
            key = as_key(text)
            there.update(PIECES.get(key, [key]))
            records = call in RECORDS and first_of.setdefault((call, line), text) == text and re.search("[a-z]", text)
            if name.startswith(ENGINEERS) or call in ASSERTS or all(k in pairs for k in PIECES.get(key, [key])) or key == "%s":
                continue
            if re.fullmatch(NO_MESSAGES.get(name, "(?!)"), text) or not (records or PROSE.search(text)):
                continue
            complaints.append(f"lib/{name}:{line}: this message has no Vietnamese. Add a row to lib/base/vietnamese.def:\n"
                              f'    KM_PAIR("{key}", "...")   with {{1}}, {{2}} for what is filled in')
    for english, vietnamese in pairs.items():
        if english not in there:
            complaints.append(f"lib/base/vietnamese.def: no source says '{english}' any more: take the row away")
        complaints.extend("lib/base/vietnamese.def: " + c for c in check_pair(english, vietnamese))
    for path in sorted(pathlib.Path(root, "examples/kiem").glob("*.c")):
        for line, text, call in texts(path.read_text()):
            if call in PRINTS and len(set(re.findall("[a-z]{3,}", CONVERSION.sub("", text))) - {"kiem"}) > 1:
                complaints.append(f"examples/kiem/{path.name}:{line}: print this in both languages, by cli_say(\"vietnamese\", "
                                  f"\"english\"), cli_usage or cli_table_refuse: {text}")
    print("\n".join(complaints) or f"{len(pairs)} messages in two languages")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
