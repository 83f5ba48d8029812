"""Each gate of the ABI catches the break it is there for: a copy of the headers and the ABI layer is patched, the library
is built again from that layer alone (no other has public symbols), and the gates are asked. What is no break (a
private struct that grows, a new function) passes them all.

usage: breaks.py SOURCE_DIR"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.path.abspath(sys.argv[1])
GATES = ("abidiff", "symbols", "layout", "constants", "headers")
FLAGS = ["-std=c11", "-g", "-fPIC", "-fvisibility=hidden", "-D_POSIX_C_SOURCE=200809L", "-w"]

# name, patches (file, pattern, replacement), the gates that must catch it
BREAKS = [
    ("nothing at all", [], ()),
    ("a private struct grows", [("lib/abi/handles.h", r"struct kiem_error \{", "struct kiem_error {\n    int64_t more;")], ()),
    ("a function is added", [
        ("include/kiem/kiem.h", r"(KIEM_API int32_t kiem_version\(void\);)", r"\1\nKIEM_API int32_t kiem_more(void);"),
        ("lib/abi/env.c", r"(int32_t kiem_version\(void\) \{)", r"int32_t kiem_more(void) {\n    return 1;\n}\n\n\1"),
        ("lib/libkiem.map", r"(kiem_version;)", r"\1\n        kiem_more;")], ()),
    ("a function is removed", [
        ("include/kiem/kiem.h", r"KIEM_API int64_t kiem_table_rows\(const kiem_table \*table\);", ""),
        ("lib/abi/table.c", r"int64_t kiem_table_rows\(", "int64_t removed_table_rows("),
        ("lib/libkiem.map", r"kiem_table_rows;", "")], ("abidiff",)),
    ("a parameter is widened", [
        ("include/kiem/kiem.h", r"(kiem_table_column_name\(const kiem_table \*table, )int32_t", r"\1int64_t"),
        ("lib/abi/table.c", r"(kiem_table_column_name\(const kiem_table \*table, )int32_t", r"\1int64_t")], ("abidiff",)),
    ("a result changes its type", [
        ("include/kiem/kiem.h", r"int64_t (kiem_batch_rows)", r"int32_t \1"),
        ("lib/abi/batch.c", r"int64_t (kiem_batch_rows)", r"int32_t \1")], ("abidiff",)),
    ("a callback gets another parameter", [
        ("include/kiem/kiem.h", r"int64_t \(\*read\)\(void \*user, void \*buffer, size_t size\)",
         "int64_t (*read)(void *user, void *buffer, size_t size, int32_t more)"),
        ("lib/abi/job.c", r"int64_t \(\*read\)\(void \*user, void \*buffer, size_t size\)",
         "int64_t (*read)(void *user, void *buffer, size_t size, int32_t more)")], ("abidiff",)),
    ("a member is put in the middle of a struct", [
        ("include/kiem/codes.h", r"(    const char \*phase;)", r"    uint64_t more;\n\1")], ("abidiff", "layout")),
    ("a struct grows at its end", [
        ("include/kiem/codes.h", r"(void \(\*release\)\(void \*user, void \*ptr, size_t size\);)", r"\1\n    void *more;")],
     ("abidiff", "layout")),
    ("a member changes its type", [
        ("include/kiem/codes.h", r"int32_t level; /\*", "int64_t level; /*")], ("abidiff", "layout")),
    ("a struct of Arrow is not the specification's", [
        ("include/kiem/arrow_c.h", r"    const char \*metadata;\n", "")], ("abidiff", "layout")),
    ("a status is numbered anew", [("include/kiem/codes.h", r"KIEM_E_NOMEM = 2,", "KIEM_E_NOMEM = 13,")], ("constants",)),
    ("a severity is numbered anew", [
        ("include/kiem/codes.h", r"KIEM_SEVERITY_VIOLATION = 3,", "KIEM_SEVERITY_VIOLATION = 5,")], ("constants",)),
    ("a constant is removed", [("include/kiem/codes.h", r"\s*KIEM_LOG_DEBUG = 10,", "")], ("constants",)),
    ("an internal symbol is exported", [
        ("lib/libkiem.map", r"(kiem_version;)", r"\1\n        km_env_hold;"),
        ("lib/abi/handles.h", r"(kiem_env \*km_env_hold)", r"KIEM_API \1")], ("symbols",)),
    ("a function is declared but not exported", [("lib/libkiem.map", r"kiem_table_name;", "")], ("symbols", "abidiff")),
    ("an exported function is not declared", [
        ("include/kiem/kiem.h", r"KIEM_API int64_t kiem_batch_rows\(const kiem_batch \*batch\);", ""),
        ("lib/abi/batch.h", r"(const km_batch \*km_batch_of)", r"KIEM_API int64_t kiem_batch_rows(const kiem_batch *batch);\n\1")],
     ("symbols",)),
    ("a header needs C11", [("include/kiem/codes.h", r"(typedef int32_t kiem_status;)", r'\1\n_Static_assert(1, "");')],
     ("headers",)),
    ("a header is no C++", [("include/kiem/kiem.h", r"(typedef struct kiem_env kiem_env;)", r"\1\ntypedef struct kiem_env class;")],
     ("headers",)),
    ("a header forgets an include", [("include/kiem/arrow_c.h", r"#include <stdint.h>", "")], ("headers",)),
]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True)


def patch(tree, changes):
    for name, pattern, replacement in changes:
        path = os.path.join(tree, name)
        with open(path) as file:
            text, count = re.subn(pattern, replacement, file.read())
        if not count:
            sys.exit(f"{name} has no '{pattern}' any more: breaks.py must follow")
        with open(path, "w") as file:
            file.write(text)


def build(tree):
    objects, jobs = [], []
    for source in glob.glob(f"{tree}/lib/abi/*.c"):
        objects.append(source + ".o")
        jobs.append(subprocess.Popen(["cc", *FLAGS, f"-I{tree}/include", f"-I{tree}/lib", f"-I{SOURCE}/lib", "-c", source,
                                      "-o", source + ".o"], stderr=subprocess.PIPE, text=True))
    for job in jobs:
        if job.wait():
            return job.stderr.read()
        job.stderr.close()
    shared = run("cc", "-shared", "-Wl,-soname,libkiem.so.1", f"-Wl,--version-script={tree}/lib/libkiem.map", *objects,
                 "-o", f"{tree}/libkiem.so")
    return shared.stderr + run("ar", "rcs", f"{tree}/libkiem.a", *objects).stderr


def ask(gate, tree):
    if gate == "abidiff":
        return run("sh", f"{SOURCE}/tests/abi/abidiff.sh", f"{tree}/libkiem.so", f"{SOURCE}/tests/abi/libkiem.abi")
    if gate == "symbols":
        return run(sys.executable, f"{SOURCE}/tests/checks/symbols.py", f"{tree}/lib/libkiem.map", f"{tree}/libkiem.so",
                   f"{tree}/libkiem.a", f"{tree}/include/kiem/kiem.h", f"{tree}/include/kiem/arrow.h")
    if gate == "headers":
        return run("sh", f"{SOURCE}/tests/checks/headers.sh", f"{tree}/include")
    return run("cc", "-std=c11", "-fsyntax-only", f"-I{tree}/include", f"{SOURCE}/tests/abi/{gate}.c")


def attempt(changes, gates):
    """Those of the gates that fail on a copy with these changes, and what was said."""
    with tempfile.TemporaryDirectory() as tree:
        shutil.copytree(f"{SOURCE}/include", f"{tree}/include")
        os.makedirs(f"{tree}/lib")
        shutil.copytree(f"{SOURCE}/lib/abi", f"{tree}/lib/abi")
        shutil.copy(f"{SOURCE}/lib/libkiem.map", f"{tree}/lib/libkiem.map")
        patch(tree, changes)
        said = [build(tree)] if {"abidiff", "symbols"} & set(gates) else []
        caught = []
        for gate in gates:
            done = ask(gate, tree)
            said += [done.stdout, done.stderr]
            caught += [gate] if done.returncode else []
        return caught, said


failed = 0
for name, changes, wanted in BREAKS:
    caught, said = attempt(changes, wanted or GATES)
    good = tuple(caught) == tuple(wanted)
    failed += not good
    print(f"{'ok' if good else 'NOT CAUGHT' if wanted else 'NO BREAK'}: {name}: "
          f"{', '.join(caught) or 'every gate passes'}", flush=True)
    if not good:
        print(*said, sep="\n")
sys.exit(failed > 0)
