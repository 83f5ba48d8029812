"""kiem learn, merge and check --state from outside. Standard library only.

usage: test_state.py KIEM SOURCE_DIRECTORY
"""
import csv
import fcntl
import gzip
import os
import random
import resource
import signal
import stat
import subprocess
import time

from support import KIEM, SOURCE, Case, main, read_bytes, row

SAMPLE = os.path.join(SOURCE, "data", "sample", "claims.csv")
HISTORY = ("X01", "X01B", "X02", "X03", "X04", "X06", "X07", "X09", "C08", "C12", "C17", "C19")


class State(Case):
    def read(self, *name):
        return read_bytes(self.path(*name))

    def sample_in_order_of_admission(self):
        with open(SAMPLE, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        header = rows[0]
        place, key = header.index("NGAY_VAO"), header.index("MA_LK")
        return header, sorted(rows[1:], key=lambda row: (row[place], row[key]))

    def findings(self, *claims, more=()):
        self.check(*claims, *more, "--quiet")
        return sorted((f["subject"], f["rule"], f["evidence"], f["message"]) for f in self.table("findings")
                      if f["rule"] in HISTORY)

    def test_the_past_and_a_dump_find_what_one_dump_finds(self):
        header, rows = self.sample_in_order_of_admission()
        cut = len(rows) // 3
        while rows[cut][header.index("NGAY_VAO")] == rows[cut - 1][header.index("NGAY_VAO")]:
            cut += 1
        early, late = self.write_rows("early.csv", header, *rows[:cut]), self.write_rows("late.csv", header, *rows[cut:])
        subjects = {row[header.index("MA_LK")] for row in rows[cut:]}
        self.kiem("learn", early, "-o", self.path("early.state"))
        whole = [f for f in self.findings(SAMPLE) if f[0] in subjects]
        self.assertGreater(len(whole), 50)
        self.assertEqual(self.findings(late, more=("--state", self.path("early.state"))), whole)
        self.assertLess(len(self.findings(late)), len(whole))

    def test_states_of_older_formats_are_read(self):
        """tests/data/state_1_M.state was learned from the claims when 1.M was the newest format."""
        claims = os.path.join(SOURCE, "tests", "data", "state_1_0_claims.csv")
        self.kiem("learn", claims, "-o", self.path("new"))
        self.kiem("learn", SAMPLE, "-o", self.path("sample"))
        for minor in (0, 1):
            with self.subTest(minor=minor):
                self.read_old_state(claims, minor)

    def read_old_state(self, claims, minor):
        old = os.path.join(SOURCE, "tests", "data", f"state_1_{minor}.state")
        self.assertEqual(read_bytes(old)[:12], b"kiem\x1ast\n\x01\x00" + bytes([minor, 0]))
        self.assertEqual(self.findings(SAMPLE, claims, more=("--state", old)),
                         self.findings(SAMPLE, claims, more=("--state", self.path("new"))))
        self.kiem("merge", old, self.path("sample"), "-o", self.path("a"))
        self.kiem("merge", self.path("new"), self.path("sample"), "-o", self.path("b"))
        self.assertEqual(self.findings(claims, more=("--state", self.path("a"))),
                         self.findings(claims, more=("--state", self.path("b"))))
        done = self.kiem("merge", old, self.path("new"), "-o", self.path("c"), status=2)
        self.assertIn("learned", done.stderr)

    def provinces(self, *claims, more=()):
        self.check(*claims, *more, "--as-of", "2026-06-30", "--quiet", out="money")
        return self.table("provinces", "money")

    def test_money_of_format_1_1_is_read(self):
        """tests/data/state_1_1.state was learned from the same claims when 1.1 was the newest format: it knew
        neither how claims were paid nor, by home and settlement, what others than the fund paid."""
        claims = os.path.join(SOURCE, "tests", "data", "state_1_0_claims.csv")
        old = os.path.join(SOURCE, "tests", "data", "state_1_1.state")
        self.assertEqual(read_bytes(old)[:12], b"kiem\x1ast\n\x01\x00\x01\x00")
        self.kiem("learn", claims, "-o", self.path("new"))
        new = ("--state", self.path("new"))
        self.assertEqual(self.findings(SAMPLE, more=("--state", old)), self.findings(SAMPLE, more=new))
        before, now = self.provinces(SAMPLE, more=("--state", old)), self.provinces(SAMPLE, more=new)
        self.assertIn("state+input", {row["money_source"] for row in now})
        for row in before + now:
            for column in ("otherwise_paid_claims", "otherwise_paid_spent"):
                del row[column]
        self.assertEqual(before, now)

    def test_a_full_disk_is_a_clear_error(self):
        def small_disk():
            resource.setrlimit(resource.RLIMIT_FSIZE, (100000, resource.RLIM_INFINITY))

        done = self.check(SAMPLE, "--memory", "1K", "--quiet", status=None, preexec_fn=small_disk, restore_signals=False)
        self.assertNotIn(done.returncode, (0, -25))
        self.assertIn("the disk is full", done.stderr)
        self.assertEqual(os.listdir(self.path("out")), [])

    def test_what_was_learned_is_no_copy_of_itself(self):
        self.kiem("learn", SAMPLE, "-o", self.path("s"))
        self.assertEqual(self.findings(SAMPLE, more=("--state", self.path("s"))), self.findings(SAMPLE))

    def test_a_claim_takes_at_most_88_bytes_and_its_key(self):
        self.kiem("learn", SAMPLE, "-o", self.path("a.state"))
        state, lengths, at = self.read("a.state"), {}, 24
        while state[at:at + 4] != b"END ":
            lengths[state[at:at + 4]] = int.from_bytes(state[at + 8:at + 16], "little")
            at += 24 + lengths[state[at:at + 4]] + 8
        header, rows = self.sample_in_order_of_admission()
        keys = sum(len(row[header.index("MA_LK")]) for row in rows)
        self.assertGreater(lengths[b"EPIS"], keys + 60 * len(rows))  # it is what holds the claims
        self.assertLessEqual(lengths[b"EPIS"] + lengths[b"LINK"], keys + 88 * len(rows))

    def test_order_and_merging_give_the_same_bytes(self):
        header, rows = self.sample_in_order_of_admission()
        parts = [self.write_rows(f"{i}.csv", header, *rows[i::3]) for i in range(3)]
        for i, part in enumerate(parts):
            self.kiem("learn", part, "-o", self.path(f"{i}.state"))
        zero, one, two = (self.path(f"{i}.state") for i in range(3))
        self.kiem("learn", *parts, "-o", self.path("all"))
        self.kiem("learn", *reversed(parts), "-o", self.path("reversed"))
        self.kiem("merge", two, zero, one, "-o", self.path("merged"))
        self.kiem("merge", one, zero, "-o", self.path("part"))
        self.kiem("merge", two, self.path("part"), "-o", self.path("tree"))
        self.kiem("learn", parts[1], "--state", self.path("0.state"), "-o", self.path("on"))
        self.kiem("learn", parts[2], "--state", self.path("on"), "-o", self.path("on"))
        for name in ("reversed", "merged", "tree", "on"):
            self.assertEqual(self.read(name), self.read("all"), name)
        self.assertEqual(stat.S_IMODE(os.stat(self.path("all")).st_mode), 0o600)

    def test_any_partition_and_any_tree_of_merging_finds_the_same(self):
        header, rows = self.sample_in_order_of_admission()
        today, past = self.write_rows("today.csv", header, *rows[6000:7000]), rows[:6000]
        found = None
        for seed in range(6):
            draw = random.Random(seed)
            shuffled = draw.sample(past, len(past))
            cuts = sorted(draw.sample(range(1, len(past)), seed))
            states = []
            for i, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(past)])):
                part = self.write_rows(f"{i}.csv", header, *shuffled[start:end])
                states.append(self.path(f"{seed}_{i}.state"))
                self.kiem("learn", part, "-o", states[-1])
            while len(states) > 1:
                together = [states.pop(draw.randrange(len(states))) for _ in range(min(len(states), draw.randint(2, 3)))]
                states.append(self.path(f"{seed}_{len(states)}_{draw.random()}.state"))
                self.kiem("merge", *together, "-o", states[-1])
            self.check(today, "--state", states[0], "--quiet")
            names = [name for name in sorted(os.listdir(self.path("out"))) if name.endswith(".csv")]
            files = {name: self.read("out", name) for name in names}
            for name in names if found else ():
                self.assertEqual(files[name].decode().split('\n'), found[name].decode().split('\n'), (seed, name))
            found = files
        self.assertGreater(found["findings.csv"].count(b"\n"), 15)

    def test_a_history_is_not_written_over_by_mistake(self):
        self.kiem("learn", SAMPLE, "-o", self.path("s"))
        before = self.read("s")
        done = self.kiem("learn", self.write_rows("one.csv", ["MA_LK", "NGAY_VAO"], ["A1", "202405010800"]), "-o", self.path("s"), status=2)
        self.one_line(done, "already", "--state")
        self.assertEqual(self.read("s"), before)

    def test_nor_is_a_history_beside_the_one_gone_on_from(self):
        for name in "AB":
            self.kiem("learn", self.write_rows(f"{name}.csv", ["MA_LK", "NGAY_VAO"], [name, "202405010800"]), "-o", self.path(name))
        before = self.read("B")
        more = self.write_rows("more.csv", ["MA_LK", "NGAY_VAO"], ["C", "202405010800"])
        self.one_line(self.kiem("learn", more, "--state", self.path("A"), "-o", self.path("B"), status=2), "already", "--state")
        self.assertEqual(self.read("B"), before)
        os.link(self.path("A"), self.path("A2"))
        self.kiem("learn", more, "--state", self.path("A2"), "-o", self.path("A"))
        self.assertEqual([name for name in os.listdir(self.path()) if name.endswith(".part")], [])

    def test_two_do_not_write_one_state(self):
        claims = self.write_rows("one.csv", ["MA_LK", "NGAY_VAO"], ["A", "202405010800"])
        self.kiem("learn", SAMPLE, "-o", self.path("s"))
        before = self.read("s")
        with open(self.path("s.part"), "wb") as part:
            fcntl.lockf(part, fcntl.LOCK_EX)
            for command in (("learn", claims, "--state", self.path("s")), ("merge", self.path("s"))):
                self.one_line(self.kiem(*command, "-o", self.path("s"), "--lang", "en", status=3), "another kiem is writing this file")
        self.assertEqual(self.read("s"), before)

    def test_many_at_once_lose_nothing(self):
        self.kiem("learn", SAMPLE, "-o", self.path("s"))
        learned = 20000
        for round in range(3):
            claims = [self.write_rows(f"{round}_{i}.csv", ["MA_LK", "MA_THE_BHYT", "NGAY_VAO"],
                                      [f"{round} {i}", "GD4790000000017", "202405010800"]) for i in range(4)]
            running = [subprocess.Popen([KIEM, "learn", one, "--state", self.path("s"), "-o", self.path("s"), "--quiet"],
                                        stderr=subprocess.DEVNULL) for one in claims]
            ended = [one.wait() for one in running]
            self.assertTrue(set(ended) <= {0, 3}, ended)
            learned += ended.count(0)
        self.assertIn(f"{learned:,} claims", self.kiem("merge", self.path("s"), "-o", self.path("t"), "--lang", "en").stdout)

    def test_what_a_killed_run_has_left_is_no_harm(self):
        with open(self.path("s.part"), "wb") as part:
            part.write(b"x" * 10_000_000)
        os.chmod(self.path("s.part"), 0o644)
        self.kiem("learn", SAMPLE, "-o", self.path("s"))
        self.kiem("learn", SAMPLE, "-o", self.path("t"))
        self.assertEqual(self.read("s"), self.read("t"))
        self.assertEqual(stat.S_IMODE(os.stat(self.path("s")).st_mode), 0o600)
        self.assertFalse(os.path.exists(self.path("s.part")))

    def test_a_link_in_place_of_the_part_is_not_followed(self):
        self.write("victim", "mine")
        os.symlink("victim", self.path("s.part"))
        for command in (("learn", SAMPLE), ("merge", SAMPLE)):
            self.one_line(self.kiem(*command, "-o", self.path("s"), status=3), "s.part", "cannot write the state")
        self.assertEqual(self.read("victim"), b"mine")
        self.assertFalse(os.path.lexists(self.path("s")))

    def test_who_is_stopped_takes_the_part_away(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number), subprocess.Popen([KIEM, "learn", "-", "-o", self.path("s")], stdin=subprocess.PIPE) as process:
                while not os.path.exists(self.path("s.part")):
                    time.sleep(0.01)
                time.sleep(0.2)  # it has been made, and is then locked
                process.send_signal(number)
                self.assertEqual(process.wait(10), -number)
                self.assertEqual(os.listdir(self.folder), [])

    def test_what_is_told_does_not_go_into_it(self):
        claims = self.write_rows("unknown.csv", ["MA_LK", "NGAY_VAO", "FOO"], ["A", "202405010800", "1"])
        self.assertIn("not known", self.kiem("learn", claims, "-o", self.path("s")).stderr)
        for closed in ("2>&-", ">&- 2>&-", "0<&- >&- 2>&-"):
            done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", KIEM, "learn", claims, "-o", self.path("t")])
            self.assertEqual((done.returncode, self.read("t")), (0, self.read("s")), closed)
            os.remove(self.path("t"))

    def test_a_source_is_learned_once(self):
        self.kiem("learn", SAMPLE, "-o", self.path("s"))
        before = self.read("s")
        done = self.kiem("learn", SAMPLE, "--state", self.path("s"), "-o", self.path("s"), status=2)
        self.assertIn("already", done.stderr)
        self.assertIn("claims.csv", done.stderr)
        self.assertIn("given twice", self.kiem("learn", SAMPLE, SAMPLE, "-o", self.path("t"), status=2).stderr)
        self.assertIn("already", self.kiem("merge", self.path("s"), self.path("s"), "-o", self.path("t"), status=2).stderr)
        self.assertFalse(os.path.exists(self.path("t")))
        self.assertEqual(self.read("s"), before)
        self.kiem("merge", self.path("s"), self.path("s"), "--again", "-o", self.path("t"))
        done = self.kiem("learn", SAMPLE, "--state", self.path("s"), "--again", "-o", self.path("u"))
        self.assertIn("40,000 claims", done.stdout)
        self.assertEqual(self.read("t"), self.read("u"))

    def test_overlapping_exports_are_told(self):
        header, *rows = read_bytes(SAMPLE).decode().splitlines(keepends=True)
        parts = [self.write(f"{i}.csv", header + "".join(rows[first:end])) for i, (first, end) in enumerate(((0, 900), (500, 1200), (1195, 1300)))]
        told = "400 of the claims learned were known already: do these exports overlap?"
        self.assertEqual(self.kiem("learn", parts[0], "-o", self.path("s")).stderr, "")
        self.assertIn(told, self.kiem("learn", parts[1], "--state", self.path("s"), "-o", self.path("t")).stderr)
        self.assertIn(told, self.kiem("learn", parts[1], parts[0], "-o", self.path("u")).stderr)
        self.assertEqual(self.kiem("learn", parts[2], "--state", self.path("t"), "-o", self.path("v")).stderr, "")
        self.assertEqual(self.kiem("learn", parts[1], "--again", "--state", self.path("t"), "-o", self.path("w")).stderr, "")

    def test_compressed_claims_are_the_same_source(self):
        claims = self.claims(row())
        self.kiem("learn", self.write("claims.csv.gz", gzip.compress(read_bytes(claims))), "-o", self.path("packed"))
        self.kiem("learn", claims, "-o", self.path("plain"))
        self.assertEqual(self.read("packed"), self.read("plain"))
        self.one_line(self.kiem("learn", claims, "--state", self.path("packed"), "-o", self.path("packed"), status=2), "already")
        cut = self.write("cut.csv.gz", gzip.compress(read_bytes(claims) * 50)[:-40])
        self.one_line(self.kiem("learn", cut, "-o", self.path("cut"), status=3), "cut.csv.gz")

    def test_what_is_no_state_is_refused(self):
        self.kiem("learn", SAMPLE, "-o", self.path("s"))
        good = self.read("s")
        for name, data, part in (("cut", good[:5000], "cut off"), ("flipped", good[:9000] + bytes([good[9000] ^ 4]) + good[9001:], "damaged"),
                                 ("longer", good + b"x", "damaged"), ("empty", b"", "no saved state"),
                                 ("text", b"MA_LK,MA_BN,NGAY_VAO,NGAY_RA,T_BHTT\n", "no saved state")):
            with open(self.path(name), "wb") as file:
                file.write(data)
            for command in (("check", SAMPLE, "--state", self.path(name)), ("merge", self.path(name), "-o", self.path("x")),
                            ("learn", SAMPLE, "--state", self.path(name), "-o", self.path("x"))):
                done = self.kiem(*command, status=3)
                self.assertIn(part, done.stderr)
                self.assertIn(name, done.stderr)
                self.assertEqual(done.stderr.count("\n"), 1)
        self.assertFalse(os.path.exists(self.path("x")))

    def test_two_states_are_merged_first(self):
        self.kiem("learn", SAMPLE, "-o", self.path("s"))
        done = self.kiem("check", SAMPLE, "--state", self.path("s"), "--state", self.path("s"), status=2)
        self.one_line(done, "kiem merge")

    def test_usage(self):
        for arguments, part in [(("learn",), "no claims"), (("learn", SAMPLE), "-o FILE"), (("merge", "-o", "x"), "no states"),
                                (("merge", "a", "--stat"), "--stat"), (("learn", SAMPLE, "-o"), "needs a value")]:
            self.assertIn(part, self.kiem(*arguments, status=2).stderr)
        for arguments in (("learn", self.path("none"), "-o", self.path("x")), ("merge", self.path("none"), "-o", self.path("x")),
                          ("learn", SAMPLE, "-o", "/proc/none")):
            self.kiem(*arguments, status=3)


if __name__ == "__main__":
    main()
