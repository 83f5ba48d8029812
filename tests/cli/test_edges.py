"""Every rule of tests/cases/edges*.csv speaks on the one side of its bounds and not on the other. Standard library only.

usage: test_edges.py KIEM SOURCE_DIRECTORY
"""
import os
import shutil

import edges
from support import SOURCE, Case, main


class Edges(Case):
    def test_both_sides(self):
        policy = shutil.copytree(os.path.join(SOURCE, "data", "policy"), self.path("policy"))
        edges.write(SOURCE, policy)
        known = self.kiem("rules", "--test").stdout
        run = self.kiem("rules", "--test", "--policy", policy, status=None)
        told = run.stdout
        self.assertIn(" 0 failed;", told, told + run.stderr)
        added = int(told.split("\n")[-2].split()[0]) - int(known.split("\n")[-2].split()[0])
        self.assertEqual(added, sum(bool(expected) for _, expected, *_ in edges.examples(SOURCE)))
        self.assertGreater(added, 400)


main()
