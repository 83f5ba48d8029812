#!/bin/sh
# Installs a build into a fresh prefix and uses it as others would: with CMake, with pkg-config, shared and static.
# usage: run.sh BUILD_DIR SOURCE_DIR
set -eu
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/prefix" >/dev/null
cmake -S "$source/tests/install" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$work/prefix" -DEXAMPLES="$source/examples/c" >/dev/null
cmake --build "$work/consumer" >/dev/null
"$work/consumer/check_file" "$source/data/sample/claims.csv"
"$work/consumer/check_claim" | grep C18_MALE >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name kiem.pc)")
export PKG_CONFIG_PATH
libdir=$(pkg-config --variable=libdir kiem)
cc -Wall -Werror "$source/examples/c/check_claim.c" $(pkg-config --cflags --libs kiem) -o "$work/shared"
LD_LIBRARY_PATH=$libdir "$work/shared" | grep C18_MALE >/dev/null
cc "$source/examples/c/check_claim.c" $(pkg-config --cflags kiem) "$libdir/libkiem.a" $(pkg-config --libs --static kiem | sed 's/-lkiem//') -o "$work/static"
"$work/static" | grep C18_MALE >/dev/null
test "$(objdump -p "$libdir/libkiem.so" | awk '$1 == "SONAME" {print $2}')" = libkiem.so.1
echo "the installed package works"
