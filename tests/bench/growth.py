#!/usr/bin/env python3
"""What a claim costs among few and among many: `kiem check` over files of growing size, in one run.

usage: growth.py KIEM_BINARY DIR [--claims 1000000 20000000] [--threads N] [--memory LIMIT] [--rounds 2] [--cold]

Claims are made in DIR if they are not there. Before the first run free memory is filled with pages of files that nobody needs, as it is on
a machine that has been up for a while: the system takes them back at once, but they need not be fetched from the host of a virtual
machine, which costs time that is not kiem's (--cold leaves that away). The pages come from a file in DIR as large as the memory.
Prints processor and wall time of a claim, and the memory taken at most.
"""
import argparse
import json
import os
import shutil
import subprocess
import time

ENOUGH_FREE = 512 << 20


def memory(what):
    with open("/proc/meminfo") as lines:
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(what))


def read(path):
    with open(path, "rb", buffering=0) as stream:
        while stream.read(8 << 20):
            pass


def fill_memory(path):
    left = memory("MemTotal")
    with open(path, "wb", buffering=0) as stream:
        while memory("MemFree") > ENOUGH_FREE and left > 0:
            left -= stream.write(bytes(64 << 20))
        os.fsync(stream.fileno())


def claims_of(kiem, directory, count):
    made = os.path.join(directory, f"claims_{count}")
    if not os.path.exists(os.path.join(made, "claims.csv")):
        subprocess.run([kiem, "synth", "--claims", str(count), "--seed", "1", "--fraud", "0.01", "--details", "off", "--out", made],
                       check=True, stdout=subprocess.DEVNULL)
    return os.path.join(made, "claims.csv")


def check(kiem, claims, directory, options):
    """Seconds of the wall, of the processor for the program and for the system, and bytes at most."""
    out = os.path.join(directory, "out")
    start = time.perf_counter()
    child = subprocess.Popen([kiem, "check", claims, "--out", out, "--quiet"] + options)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, "kiem failed"
    with open(os.path.join(out, "summary.json")) as summary:
        rows = json.load(summary)["rows"]
    shutil.rmtree(out)
    return rows, wall, used.ru_utime, used.ru_stime, used.ru_maxrss << 10


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kiem")
    parser.add_argument("directory")
    parser.add_argument("--claims", type=int, nargs="+", default=[1000000, 20000000])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--cold", action="store_true")
    given = parser.parse_args()
    os.makedirs(given.directory, exist_ok=True)
    files = [claims_of(given.kiem, given.directory, count) for count in given.claims]
    options = ["--threads", str(given.threads)] + (["--memory", given.memory] if given.memory else [])
    filling = os.path.join(given.directory, "filling")
    if not given.cold:
        fill_memory(filling)
        print(f"{memory('MemFree') >> 20} MiB free before", flush=True)
    for _ in range(given.rounds):
        for path in files:
            read(path)
            rows, wall, user, system, most = check(given.kiem, path, given.directory, options)
            print(f"{rows:9} claims: {1e6 * wall / rows:5.2f} us a claim, processor {1e6 * (user + system) / rows:5.2f} "
                  f"(program {1e6 * user / rows:5.2f}, system {1e6 * system / rows:5.2f}), at most {most >> 20} MiB, "
                  f"{memory('MemFree') >> 20} MiB free after it", flush=True)
    if not given.cold:
        os.remove(filling)


if __name__ == "__main__":
    main()
