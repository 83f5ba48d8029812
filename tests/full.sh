#!/bin/sh
# What takes longer than tests/run.sh should: everything in it, the thread sanitizer, valgrind, clang with its analyser,
# the 1 GB file, Spark. Run before an issue is resolved; note date, commit and result in docs/testing.md.
set -eu
cd "$(dirname "$0")/.."
sh tests/run.sh
say() { printf '%s\n' "$1"; }
packages="clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev valgrind default-jre-headless"
dpkg-query -W $packages >/dev/null 2>&1 || { [ "$(id -u)" -eq 0 ] && root= || root=sudo; $root apt-get install -y -qq --no-install-recommends $packages >/dev/null; }
say "== format"
clang-format-14 --dry-run -Werror $(git ls-files '*.c' '*.h')
say "== clang, all warnings"
CC=clang-14 cmake -S . -B build/clang -G Ninja -DKIEM_WERROR=ON >/dev/null
cmake --build build/clang -- --quiet
say "== clang-tidy"
git ls-files 'lib/*.c' 'examples/*.c' 'tests/*.c' | xargs -P2 -n8 clang-tidy-14 --quiet -p build/clang 2>/dev/null
say "== thread sanitizer"
[ -f build/tsan/build.ninja ] || cmake --preset tsan >/dev/null
cmake --build --preset tsan -- --quiet
ctest --preset tsan -j2 --quiet -E 'test_synth|headers|layers|ffi'
say "== valgrind"
valgrind --quiet --error-exitcode=9 --leak-check=full build/dev/bin/kiem check data/sample/details/claims.csv --quiet
say "== a 1 GB file with an unclosed quote"
KIEM_TEST_LARGE_MIB=1024 python3 tests/cli/test_cli.py build/release/bin/kiem . BadInput.test_unclosed_quote_in_a_large_file
say "== Spark"
python3 -m venv build/spark
build/spark/bin/pip install --quiet --disable-pip-version-check pyspark==4.0.1 pyarrow==19.0.1 pandas==2.2.3 pytest==8.3.4
KIEM_LIBRARY=build/dev/lib/libkiem.so.1 build/spark/bin/python -m pytest -q tests/python/test_spark.py
say "the full run passed"
