"""A whole `kiem check` beside another program on the same file, in alternation: what pandas_pair.py and duckdb_pair.py share."""
import argparse
import statistics
import subprocess
import tempfile
import time


def seconds(work, *arguments):
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def check(binary, claims, threads, out):
    subprocess.run([binary, "check", claims, "--out", out, "--threads", str(threads), "--quiet"], check=True, stdout=subprocess.DEVNULL)


def compare(doc, other, work, **flags):
    """Reads the command line, times work(CLAIMS, THREADS, FLAGS...) and kiem turn by turn, and prints the ratios and their median."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("kiem")
    parser.add_argument("claims")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--runs", type=int, default=5)
    for flag, meaning in flags.items():
        parser.add_argument("--" + flag, action="store_true", help=meaning)
    given = parser.parse_args()
    ratios = []
    for _ in range(given.runs):
        theirs = seconds(work, given.claims, given.threads, *(getattr(given, flag) for flag in flags))
        with tempfile.TemporaryDirectory() as out:
            ours = seconds(check, given.kiem, given.claims, given.threads, out)
        ratios.append(theirs / ours)
        print(f"{other} {theirs:7.2f} s   kiem {ours:7.2f} s   ratio {theirs / ours:5.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f} with {given.threads} threads")
