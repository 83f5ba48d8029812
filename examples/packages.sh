#!/bin/sh
# Installs the Debian packages kiem needs, if any is missing. `packages.sh tests` adds what the tests need.
set -eu
packages="build-essential cmake ninja-build pkg-config libgsl-dev libcsv-dev libpcre2-dev libxxhash-dev libexpat1-dev libutf8proc-dev nettle-dev libarchive-dev zlib1g-dev libxlsxwriter-dev"
if [ "${1:-}" = tests ]; then
    packages="$packages libcunit1-dev python3 python3-venv abigail-tools"
fi
missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
as_root=
[ "$(id -u)" -eq 0 ] || as_root=sudo
echo "installing:$missing"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
