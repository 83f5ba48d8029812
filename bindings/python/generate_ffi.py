"""Writes kiem/_ffi.py from include/kiem/*.h: every function with its argument and result types, every constant.

usage: generate_ffi.py INCLUDE_DIR [--check FILE]   (prints the module, or exits with 1 when FILE differs)
"""
import re
import sys
from pathlib import Path

SIMPLE = {
    "kiem_status": "c_int32", "int32_t": "c_int32", "int64_t": "c_int64", "uint64_t": "c_uint64", "uint32_t": "c_uint32",
    "size_t": "c_size_t", "void": "None", "const char *": "c_char_p", "void *": "c_void_p", "const void *": "c_void_p",
    "char *": "c_char_p",
}
POINTERS = {
    "int64_t *": "POINTER(c_int64)", "size_t *": "POINTER(c_size_t)", "const char **": "POINTER(c_void_p)",
    "const int64_t **": "POINTER(c_void_p)", "const uint8_t **": "POINTER(c_void_p)",
}


def strip_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def ctype(kind):
    kind = re.sub(r"\s+", " ", kind.replace("*", " * ")).strip().replace("* *", "**").replace(" *", " *")
    kind = re.sub(r"\*\s+\*", "**", kind)
    if kind in SIMPLE:
        return SIMPLE[kind]
    if kind in POINTERS:
        return POINTERS[kind]
    if kind.endswith("**"):
        return "POINTER(c_void_p)"
    if kind.endswith("*"):
        return "c_void_p"
    raise SystemExit(f"no ctypes type for '{kind}'")


def split_arguments(text):
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    parts.append(text[start:])
    return [p.strip() for p in parts if p.strip() and p.strip() != "void"]


def callback(argument):
    """int32_t (*progress)(void *user, const kiem_progress *progress) -> CFUNCTYPE(...)"""
    match = re.fullmatch(r"(.+?)\(\s*\*\s*\w*\s*\)\s*\((.*)\)", argument, flags=re.S)
    kinds = [ctype(match.group(1))] + [argument_type(a) for a in split_arguments(match.group(2))]
    return f"CFUNCTYPE({', '.join(kinds)})"


def argument_type(argument):
    if "(" in argument:
        return callback(argument)
    return ctype(re.sub(r"\b\w+\s*$", "", argument) if not argument.endswith("*") else argument)


def functions(header):
    for match in re.finditer(r"KIEM_API\s+(.*?)\b(kiem_\w+)\s*\((.*?)\)\s*;", header, flags=re.S):
        result, name, arguments = match.groups()
        yield name, ctype(result), [argument_type(a) for a in split_arguments(arguments)]


def constants(header):
    for body in re.findall(r"enum\s*\{(.*?)\}", header, flags=re.S):
        for name, value in re.findall(r"(KIEM_\w+)\s*=\s*(-?\d+)", body):
            yield name, int(value)


def module(include):
    codes = strip_comments((include / "kiem/codes.h").read_text())
    header = strip_comments((include / "kiem/kiem.h").read_text() + (include / "kiem/arrow.h").read_text())
    version = dict(re.findall(r"#define KIEM_VERSION_(\w+) (\d+)", (include / "kiem/version.h").read_text()))
    lines = ['"""Generated from include/kiem by generate_ffi.py; do not edit."""',
             "from ctypes import (CDLL, CFUNCTYPE, POINTER, Structure, c_char_p, c_int32, c_int64, c_size_t, c_uint64,",
             "                    c_void_p)", "from typing import Any", ""]
    lines += [f"HEADER_VERSION = {10000 * int(version['MAJOR']) + 100 * int(version['MINOR']) + int(version['PATCH'])}", ""]
    lines += [f"{name} = {value}" for name, value in constants(codes)]
    lines += ["", "", "class Progress(Structure):", "    _fields_ = ["]
    body = re.search(r"typedef struct kiem_progress \{(.*?)\} kiem_progress;", codes, flags=re.S).group(1)
    for declaration in [d.strip() for d in body.split(";") if d.strip()]:
        kind, names = re.match(r"(.*?[\s*])(\w+(?:\s*,\s*\w+)*)$", declaration, flags=re.S).groups()
        lines += [f'        ("{name.strip()}", {ctype(kind)}),' for name in names.split(",")]
    lines += ["    ]", "", "", "FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {"]
    for name, result, arguments in functions(header):
        lines.append(f'    "{name}": ({result}, [{", ".join(arguments)}]),')
    lines += ["}", "", "", "def declare(library: CDLL) -> None:",
              '    """Sets the types of every function; raises AttributeError when the library lacks one."""',
              "    for name, (result, arguments) in FUNCTIONS.items():", "        function = getattr(library, name)",
              "        function.restype = result", "        function.argtypes = arguments", ""]
    return "\n".join(lines)


def main():
    text = module(Path(sys.argv[1]))
    if len(sys.argv) > 3 and sys.argv[2] == "--check":
        if Path(sys.argv[3]).read_text() != text:
            sys.exit(f"{sys.argv[3]} is not what generate_ffi.py makes of the header")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
