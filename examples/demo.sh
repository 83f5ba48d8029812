#!/bin/sh
# Builds kiem and checks the bundled claims: installs what is missing, then shows where the results are.
# KIEM_LANG=vi sh examples/demo.sh speaks Vietnamese.
set -eu
cd "$(dirname "$0")/.."
sh examples/packages.sh
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
# The command, the library that Python looks for, and what else `cmake --install` wants.
cmake --build --preset release --target kiem_command kiem kiem_static -- --quiet
build/release/bin/kiem check data/sample/claims.csv --budgets data/sample/budgets.csv \
    --facilities data/sample/facilities.csv --lang "${KIEM_LANG:-en}" --out out/demo
echo
[ "${KIEM_LANG:-en}" = vi ] && echo "Các phát hiện đầu tiên:" || echo "The first findings:"
head -4 out/demo/findings.csv | cut -c1-200
