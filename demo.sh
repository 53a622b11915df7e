#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is needed, builds, trains a cortical microcircuit with error neurons on Yin-Yang beside
# backpropagation and fixed random feedback over 10 seeds, and says where the report is.
#   ./demo.sh [DIR]     DIR for the results (default: the next free runs/demo-NNN)
set -euo pipefail
out=${1:-}
case "$out" in
  -*) sed -n '3,5s/^# \{0,3\}//p' "${BASH_SOURCE[0]}"; [[ "$out" = -h || "$out" = --help ]] || exit 2; exit 0 ;;
esac
[ -z "$out" ] || out=$(realpath -m -- "$out")  # where you stand, not where this file is
cd "$(dirname "${BASH_SOURCE[0]}")"
started=$SECONDS

tools/packages.sh build
cmake --preset release -DAPICAL_TESTS=OFF -B build/demo >/dev/null
cmake --build build/demo --target apical_cli

if [ -z "$out" ]; then
  number=1
  while [ -e "$(printf 'runs/demo-%03d' "$number")" ]; do number=$((number + 1)); done
  out=$PWD/$(printf 'runs/demo-%03d' "$number")
fi
echo
build/demo/apical compare experiments/yin-yang/compare.toml --out "$out"
echo "Took $(((SECONDS - started) / 60)) min $(((SECONDS - started) % 60)) s, installation and build included. Open $out/report.html in a browser."
