#!/bin/sh
# The public header stands alone in every dialect it promises, without a warning.
# usage: headers.sh INCLUDE_DIR
set -eu
for header in kiem.h arrow.h arrow_c.h codes.h version.h export.h; do
    for dialect in "cc -x c -std=c99" "cc -x c -std=c11" "cc -x c -std=c17" "c++ -x c++ -std=c++11" "c++ -x c++ -std=c++17" "c++ -x c++ -std=c++20"; do
        printf '#include <kiem/%s>\nint unit;\n' "$header" | $dialect -I "$1" -Wall -Wextra -Wpedantic -Werror -fsyntax-only -
    done
done
echo "every header compiles alone"
