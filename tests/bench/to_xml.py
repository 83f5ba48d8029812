"""Puts the claims of `kiem synth --details on` into envelopes of the ministry's XML, to see what reading them costs.

usage: to_xml.py DIRECTORY OUT.xml [raw]     raw: elements instead of base64
"""
import base64
import csv
import os
import sys
from xml.sax.saxutils import escape

directory, out, raw = sys.argv[1], sys.argv[2], sys.argv[3:] == ["raw"]


def rows(name):
    return csv.DictReader(open(os.path.join(directory, name + ".csv"), newline="", encoding="utf-8"))


def by_claim(name):
    found = {}
    for row in rows(name):
        found.setdefault(row["MA_LK"], []).append(row)
    return found


def element(tag, row):
    cells = "".join(f"<{name}>{escape(value)}</{name}>" if value else f"<{name}/>" for name, value in row.items())
    return f"<{tag}>{cells}</{tag}>"


def part(kind, text):
    content = text if raw else base64.b64encode(text.encode()).decode()
    return f"<FILEHOSO><LOAIHOSO>{kind}</LOAIHOSO><NOIDUNGFILE>{content}</NOIDUNGFILE></FILEHOSO>"


drugs, services = by_claim("drugs"), by_claim("services")
with open(out, "w", encoding="utf-8") as file:
    file.write("<GIAMDINHHS><THONGTINHOSO><DANHSACHHOSO>")
    for claim in rows("claims"):
        tables = [part("XML1", element("TONG_HOP", claim))]
        for kind, lines, tag in (("XML2", drugs, "CHI_TIET_THUOC"), ("XML3", services, "CHI_TIET_DVKT")):
            text = "".join(element(tag, line) for line in lines.get(claim["MA_LK"], []))
            tables.append(part(kind, f"<DSACH_{tag}>{text}</DSACH_{tag}>"))
        file.write(f"<HOSO>{''.join(tables)}</HOSO>")
    file.write("</DANHSACHHOSO></THONGTINHOSO></GIAMDINHHS>")
