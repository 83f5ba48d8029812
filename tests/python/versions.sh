#!/bin/sh
# Runs the Python tests under other interpreters, each with the libraries of requirements.txt in an environment of its own
# that is thrown away afterwards.
# usage: versions.sh BUILD_DIR PYTHON...     such as versions.sh build/dev ~/.pyenv/versions/3.1[0-3].*/bin/python
set -eu
build=$(cd "$1" && pwd) source=$(cd "$(dirname "$0")/../.." && pwd)
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for python in "$@"; do
    "$python" --version
    "$python" -m venv --clear "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check -r "$source/tests/python/requirements.txt"
    KIEM_LIBRARY=$build/lib/libkiem.so.1 "$work/venv/bin/python" -m pytest -q -p no:cacheprovider "$source/tests/python"
done
