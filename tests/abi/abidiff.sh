#!/bin/sh
# Compares a library with the stored picture of the first one. Every difference fails, also those that abidiff calls
# harmless (a widened parameter is only a 4); added functions are no difference.
# usage: abidiff.sh LIBKIEM.so BASELINE
set -eu
code=0
abidiff --no-added-syms --exported-interfaces-only "$2" "$1" || code=$?
[ "$code" -eq 0 ] || echo "abidiff ends with $code. If the change is meant and breaks nobody: sh tests/abi/update.sh" >&2
exit "$code"
