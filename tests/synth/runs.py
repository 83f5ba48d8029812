"""What the tests of `kiem synth` share: runs of the generator, read once, and its cells as numbers. Standard library only."""
import csv
import datetime
import hashlib
import os
import subprocess
import sys
import tempfile

KIEM, SAMPLE = sys.argv[1], sys.argv[2]


def number(text, decimals):
    """A decimal of the file as a whole number of its last place."""
    whole, _, fraction = text.partition(".")
    assert len(fraction) <= decimals, text
    return int(whole) * 10**decimals + int(fraction.ljust(decimals, "0") or "0")


def money(row, field):
    return number(row[field], 2)


def half_up(numerator, denominator):
    return (2 * numerator + denominator) // (2 * denominator)


def days(text):
    """A day number, by the calendar of the standard library."""
    return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:8])).toordinal()


def minutes(text):
    return days(text) * 1440 + int(text[8:10]) * 60 + int(text[10:12])


def read(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def digests(directory):
    found = {}
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        if os.path.isfile(path) and name != "README.md":
            with open(path, "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


class Run:
    """One run of the generator, read once and shared by the tests."""

    cache = {}

    def __init__(self, arguments):
        self.place = tempfile.TemporaryDirectory()
        self.path = self.place.name
        subprocess.run([KIEM, "synth", *arguments, "--out", self.path], check=True)
        self.claims = read(self.path, "claims.csv")
        self.facilities = {row["facility_code"]: row for row in read(self.path, "facilities.csv")}
        self.labels = read(self.path, "labels.csv")
        self.abnormal = {row["MA_LK"]: row["kind"] for row in self.labels if row["label"] == "1"}
        self.traps = {row["MA_LK"]: row["kind"] for row in self.labels if row["label"] == "0"}
        self.by_id = {row["MA_LK"]: row for row in self.claims}

    @classmethod
    def of(cls, text):
        if text not in cls.cache:
            cls.cache[text] = cls(text.split())
        return cls.cache[text]


MIXED = "--claims 20000 --seed 11 --fraud 0.05 --details off"
DETAILED = "--claims 9000 --seed 12 --fraud 0.05 --details on"
LAWFUL = "--claims 12000 --seed 13 --fraud 0 --details off"
