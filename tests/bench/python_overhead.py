"""What kiem.check costs over the command on the same claims: pairs of runs, one after the other, each in a process of its
own, and the median of their ratios. Wall time, CPU time (less shaken by what else runs) and peak memory.

usage: python_overhead.py BUILD_DIR CLAIMS [PAIRS [THREADS]]

Three kinds of pairs. `files`: the same work, both write the result files and keep only small tables. `tables`: Python keeps
every table and writes none, the command writes files. `both`: Python does the two together.
"""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECK = "import sys, kiem; kiem.check(sys.argv[1], threads=int(sys.argv[2]), keep=sys.argv[3], out=(sys.argv[4:] or [None])[0])"


def measure(command, environment):
    """Seconds, CPU seconds and peak MiB of a process."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    build, claims, pairs = Path(sys.argv[1]).resolve(), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 5
    environment = {**os.environ, "KIEM_LIBRARY": str(build / "lib/libkiem.so.1"), "PYTHONPATH": str(ROOT / "bindings/python")}
    threads = sys.argv[4] if len(sys.argv) > 4 else os.cpu_count()
    ratios = {"files": [], "tables": [], "both": []}
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "out"

        def command(*arguments):
            shutil.rmtree(out, ignore_errors=True)
            return measure([str(a) for a in arguments], environment)

        def cli():
            return command(build / "bin/kiem", "check", claims, "--out", out, "--quiet", "--threads", threads)

        def python(*more):
            return command(sys.executable, "-c", CHECK, claims, threads, *more)
        cli()  # the claims into the cache
        for pair in range(pairs):
            for kind, more in (("files", ["small", out]), ("tables", ["all"]), ("both", ["all", out])):
                # who comes first changes: a machine gets slower or faster while it measures
                first, second = (cli(), python(*more)) if pair % 2 else (python(*more), cli())
                line, ours = (first, second) if pair % 2 else (second, first)
                ratios[kind].append([b / a for a, b in zip(line, ours)])
                print(f"{kind:<7} command {line[0]:6.2f} s, CPU {line[1]:6.2f} s, {line[2]:5.0f} MiB; Python {ours[0]:6.2f} s, "
                      f"CPU {ours[1]:6.2f} s, {ours[2]:5.0f} MiB; ratio {ours[0] / line[0]:.3f}, CPU {ours[1] / line[1]:.3f}", flush=True)
    for kind, seen in ratios.items():
        wall, cpu, memory = (statistics.median(column) for column in zip(*seen))
        print(f"{kind}: median ratio {wall:.3f}, CPU {cpu:.3f}, memory {memory:.2f} ({pairs} pairs)")


main()
