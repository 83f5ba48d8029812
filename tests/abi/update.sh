#!/bin/sh
# Shows what changed in the ABI since the stored picture, then stores the present one.
# usage: update.sh [BUILD_DIR]     (a build with debug information)
set -eu
cd "$(dirname "$0")/../.."
library=${1:-build/dev}/lib/libkiem.so
baseline=tests/abi/libkiem.abi
[ ! -f "$baseline" ] || abidiff --drop-private-types --headers-dir2 include "$baseline" "$library" || true
abidw --exported-interfaces-only --headers-dir include --drop-private-types --short-locs --no-corpus-path \
    --no-comp-dir-path --no-elf-needed --type-id-style hash "$library" | sed "s|path='[^']*/lib/|path='lib/|" >"$baseline.new"
mv "$baseline.new" "$baseline"
