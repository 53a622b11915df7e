#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs a build into a folder of its own, builds the examples against nothing but that, and runs them.
#   examples.sh SOURCE BUILD CXX SANITIZE
set -euo pipefail
source="$1" build="$2" cxx="$3" sanitize="${4:-}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
flags=()
[ -z "$sanitize" ] || flags=("-DCMAKE_CXX_FLAGS=-fsanitize=$sanitize")
say() { echo "examples.sh: $*"; }

cmake --install "$build" --prefix "$work/prefix" > /dev/null
# Only what was installed may be used from here on: headers must not lean on the sources.
if grep -rlF "$source" "$work/prefix" --include='*.cmake' --include='*.h'; then
  say "FAILED: installed files name the sources"
  exit 1
fi
# It may be moved: whatever finds what belongs to it looks from where it is itself.
mv "$work/prefix" "$work/elsewhere" && prefix="$work/elsewhere"
if grep -rlF "$work/prefix" "$prefix"; then
  say "FAILED: installed files name the folder that they were installed to"
  exit 1
fi
cp -r "$source/examples" "$work/examples"
cmake -S "$work/examples" -B "$work/build" -G Ninja -DCMAKE_CXX_COMPILER="$cxx" "${flags[@]}" \
  -DCMAKE_PREFIX_PATH="$prefix" > /dev/null
cmake --build "$work/build" -j2 > "$work/log" || { cat "$work/log"; exit 1; }

cd "$work"
for example in train own_task own_observer step_by_hand spiking own_rule; do
  say "$example"
  build/"$example"
done
say run_file
build/run_file "$prefix"/share/apical/experiments/yin-yang/error-neurons.toml run \
  run.seeds=1 training.epochs=1 task.train_samples=50 task.validation_samples=50 task.test_samples=50
for file in experiment.toml manifest.json metrics.ndjson summary.json; do
  [ -s "run/$file" ] || { say "FAILED: run_file wrote no $file"; exit 1; }
done
say "the installed program finds what was installed with it"
env -u APICAL_EXPERIMENTS "$prefix"/bin/apical reproduce > reproduce.txt
[ -s reproduce.txt ]
env -u APICAL_EXPERIMENTS "$prefix"/bin/apical paths | grep -qF "$prefix/share/apical/experiments"
for file in share/man/man1/apical.1 share/man/man1/apical-run.1 share/bash-completion/completions/apical \
  share/zsh/vendor-completions/_apical share/fish/vendor_completions.d/apical.fish share/doc/apical/README.md \
  share/doc/apical/THIRD-PARTY.md; do
  [ -s "$prefix/$file" ] || { say "FAILED: $file is not installed"; exit 1; }
done
if command -v pkg-config > /dev/null; then
  say "pkg-config"
  PKG_CONFIG_PATH="$(dirname "$(find "$prefix" -name apical.pc)")"
  export PKG_CONFIG_PATH
  read -ra with <<< "$(pkg-config --cflags --libs apical)"
  "$cxx" examples/train.cpp ${flags:+"-fsanitize=$sanitize"} "${with[@]}" -o train
  ./train > /dev/null
fi
say passed
