#!/bin/sh
# Installs a build into a fresh prefix and uses it as others would: with CMake, with pkg-config, shared and static.
# usage: run.sh BUILD_DIR SOURCE_DIR
set -eu
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/prefix" >/dev/null
cmake -S "$source/tests/install" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$work/prefix" -DEXAMPLES="$source/examples" >/dev/null
cmake --build "$work/consumer" >/dev/null
cmake -S "$source/tests/install" -B "$work/part" -DKIEM_SOURCE="$source" -DEXAMPLES="$source/examples" >/dev/null
"$work/consumer/check_file" "$source/data/sample/claims.csv"
"$work/consumer/check_claim" | grep C18_MALE >/dev/null
"$work/consumer/learn_and_judge" "$source/data/sample/claims.csv" "$source/data/sample/details/claims.csv" | grep C18_MALE >/dev/null
"$work/consumer/arrow" | grep "findings in" >/dev/null
"$work/consumer/check_claim_cpp" | grep C18_MALE >/dev/null
pc=$(find "$work/prefix" -name kiem.pc)
kiem_config() { PKG_CONFIG_PATH=$(dirname "$pc") pkg-config "$@" kiem; }
libdir=$(kiem_config --variable=libdir)
cc -Wall -Werror "$source/examples/c/check_claim.c" $(kiem_config --cflags --libs) -o "$work/shared"
LD_LIBRARY_PATH=$libdir "$work/shared" | grep C18_MALE >/dev/null
cc "$source/examples/c/check_claim.c" $(kiem_config --cflags) "$libdir/libkiem.a" \
    $(kiem_config --libs --static | sed 's/-lkiem//') -o "$work/static"
"$work/static" | grep C18_MALE >/dev/null
test "$(objdump -p "$libdir/libkiem.so" | awk '$1 == "SONAME" {print $2}')" = libkiem.so.1
echo "the installed package works"
