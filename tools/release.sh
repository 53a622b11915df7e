#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes all that is released from a clean checkout, and tries it where nothing of Apical has been: sources, a package for
# Debian 12, a wheel, and checksums. As root, for debootstrap; takes two cores half an hour.
#
#   tools/release.sh [FOLDER] [--no-wheel]    (default: dist, here)
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
out=dist wheel=yes
for word in "$@"; do
  case "$word" in
    --no-wheel) wheel=no ;;
    -*) echo "release.sh: unknown option '$word'; expected --no-wheel" >&2; exit 2 ;;
    *) out="$word" ;;
  esac
done
say() { echo "release.sh: $*"; }
mkdir -p "$out"
out="$(cd "$out" && pwd)"
cd "$root"
tools/packages.sh release
if [ -n "$(git status --porcelain)" ]; then say "the checkout has changes that are not committed; releases are made of commits" >&2; exit 3; fi
version="$(sed -n 's/^project(apical VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)"

say "sources of apical $version"
git archive --prefix="apical-$version/" HEAD | gzip -9 -n > "$out/apical-$version.tar.gz"

say "package for Debian"
SOURCE_DATE_EPOCH="$(git log -1 --format=%ct)"
export SOURCE_DATE_EPOCH
cmake --preset package > /dev/null
cmake --build --preset package --target apical_cli apical
(cd build/package && cpack -G DEB -B "$out/cpack" > /dev/null)
mv "$out"/cpack/*.deb "$out/" && rm -rf "$out/cpack"
deb="$(echo "$out/apical_$version"-*.deb)"
# Nothing of this machine inside.
unpacked="$(mktemp -d)"
trap 'rm -rf "$unpacked"' EXIT
dpkg-deb -x "$deb" "$unpacked"
if grep -rlaF -e "$root" -e "$HOME/" "$unpacked"; then say "FAILED: these files name folders of this machine" >&2; exit 1; fi
lintian --fail-on error "$deb"
tools/try_deb.sh "$deb"

if [ "$wheel" = yes ]; then
  say "wheel"
  tools/wheel.sh "$out"
  tools/try_wheel.sh "$out/apical-$version"-*.whl
fi
(cd "$out" && find . -maxdepth 1 -name "apical[-_]$version*" -printf '%P\n' | sort | xargs sha256sum > SHA256SUMS)
say "in $out:"
(cd "$out" && cat SHA256SUMS && ls -l)
