#!/bin/sh
# Every public header stands alone in every dialect it promises, without a warning, under gcc and, where it is
# installed, clang with all its warnings.
# usage: headers.sh INCLUDE_DIR
set -eu
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wcast-qual -Wundef -Wredundant-decls -Werror"
# what clang's -Weverything says of every C header: that C++98 had no long long, that structs have padding
clang="-Weverything -Wno-c++98-compat-pedantic -Wno-padded -Wno-disabled-macro-expansion -Werror"
check() { printf '#include <kiem/%s>\ntypedef int unit;\n' "$header" | "$@" -I "$include" -fsyntax-only -; }
include=$1
for header in kiem.h arrow.h arrow_c.h codes.h version.h export.h; do
    for standard in c99 c11 c17; do
        check gcc -x c -std=$standard $warnings -Wstrict-prototypes -Wmissing-prototypes
        ! command -v clang-14 >/dev/null || check clang-14 -x c -std=$standard $clang
    done
    for standard in c++11 c++17 c++20; do
        check g++ -x c++ -std=$standard $warnings -Wold-style-cast -Wzero-as-null-pointer-constant
        ! command -v clang++-14 >/dev/null || check clang++-14 -x c++ -std=$standard $clang
    done
done
echo "every header compiles alone"
