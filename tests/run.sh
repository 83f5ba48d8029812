#!/bin/sh
# Runs every test: installs what is missing, builds, checks. What takes longer is in tests/full.sh.
set -eu
cd "$(dirname "$0")/.."
sh examples/packages.sh tests
say() { printf '%s\n' "$1"; }
build() {
    [ -f "build/$1/build.ninja" ] || cmake --preset "$1" >/dev/null
    cmake --build --preset "$1" -- --quiet
}
say "== release build and the demo"
sh examples/demo.sh >/dev/null
PYTHONPATH=bindings/python python3 -c "import kiem"
say "== dev build (warnings are errors) and tests"
build dev
ctest --preset dev -j2 --quiet || ctest --preset dev --rerun-failed --output-on-failure
say "== address and undefined-behaviour sanitizers"
build asan
ctest --preset asan -j2 --quiet || ctest --preset asan --rerun-failed --output-on-failure
say "== Python"
venv=build/venv
if [ ! -f $venv/ready ] || [ tests/python/requirements.txt -nt $venv/ready ]; then
    python3 -m venv $venv
    $venv/bin/pip install --quiet --disable-pip-version-check -r tests/python/requirements.txt
    touch $venv/ready
fi
KIEM_LIBRARY=build/dev/lib/libkiem.so.1 $venv/bin/python -m pytest -q tests/python
say "all tests passed"
