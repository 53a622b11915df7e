#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Format, static analysis and shell scripts. Needs tools/packages.sh dev.
#
#   tools/lint.sh                    every file
#   tools/lint.sh changed [BASE]     what differs from BASE (default: origin/main, else HEAD), tracked or not
#   tools/lint.sh recent [MINUTES]   format and scripts of every file; clang-tidy on what has changed since the
#                                    commit that .ci/tidy-from names, for so many minutes (default 8): for CI
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

git_here() { git -c safe.directory='*' "$@"; }
every() { git_here ls-files --cached --others --exclude-standard; }
since_last_sweep() { git_here diff --name-only "$(cat .ci/tidy-from)" HEAD; }
mode="${1:-all}" deadline=0
case "$mode" in
  all) list() { every; } ;;
  recent) list() { every; }; deadline=$((SECONDS + 60 * ${2:-8} + 1)) ;;
  changed)
    base="${2:-$(git_here rev-parse --verify --quiet origin/main || echo HEAD)}"
    list() { { git_here diff --name-only "$base"; git_here ls-files --others --exclude-standard; } | sort -u; } ;;
  *) echo "lint.sh: unknown argument '$1'; expected all, changed [BASE] or recent [MINUTES]" >&2; exit 2 ;;
esac

listed=$(list)
files=()
while IFS= read -r file; do [ -f "$file" ] && files+=("$file"); done <<< "$listed"
cpp=() scripts=()
for file in "${files[@]}"; do
  case "$file" in
    *.cpp | *.h) cpp+=("$file") ;;
    *.sh | .ci/run) scripts+=("$file") ;;
  esac
done
# The units clang-tidy is to see. A header is analysed through the files that include it; where time is short,
# through its own unit or else one other.
units_of() {
  local file name own
  while IFS= read -r file; do
    case "$file" in
      *.cpp) [ -f "$file" ] && echo "$file" ;;
      *.h)
        [ -f "$file" ] || continue
        name="${file#src/}" name="${name#include/}" name="${name#tests/}" own="${file%.h}.cpp"
        if [ "$mode" != recent ]; then
          git_here grep -lF "\"$name\"" -- '*.cpp' || true
        elif [ -f "$own" ]; then
          echo "$own"
        else
          git_here grep -lF "\"$name\"" -- '*.cpp' | head -1 || true
        fi ;;
    esac
  done
}
if [ "$mode" = recent ]; then
  mapfile -t units < <(since_last_sweep | units_of | awk '!seen[$0]++')
else
  mapfile -t units < <(printf '%s\n' "${cpp[@]}" | units_of | sort -u)
fi
# Neither fuzzers nor benchmarks nor examples are part of every build; the Python extension needs headers from PyPI.
mapfile -t units < <(printf '%s\n' "${units[@]}" | grep -v -e '\.fuzz\.cpp$' -e '^examples/' -e '^python/' || true)

failed=()
if [ ${#cpp[@]} -gt 0 ]; then
  echo "clang-format: ${#cpp[@]} files"
  clang-format-14 --dry-run -Werror "${cpp[@]}" || failed+=("clang-format (mend with: clang-format-14 -i FILE)")
fi
if [ ${#units[@]} -gt 0 ] && [ -n "${units[0]}" ]; then
  # One command per file, without g++'s precompiled headers, which mean nothing to clang: so each file must
  # also include what it uses.
  cmake --preset dev -B build/lint -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON > /dev/null
  : > build/lint/findings
  : > build/lint/seen
  tidy() {
    if [ "$2" -gt 0 ] && [ "$(date +%s)" -ge "$2" ]; then return 0; fi
    echo "$1" >> build/lint/seen
    clang-tidy-14 --quiet -p build/lint "$1" 2> >(grep -v 'warnings\? generated\.$' >&2) || echo "$1" >> build/lint/findings
  }
  export -f tidy
  until=0
  [ "$deadline" -eq 0 ] || until=$(($(date +%s) + deadline - SECONDS))
  printf '%s\0' "${units[@]}" |
    xargs -0 -P "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" -I '{}' bash -c "tidy '{}' $until"
  echo "clang-tidy: $(wc -l < build/lint/seen) of ${#units[@]} files"
  [ ! -s build/lint/findings ] || failed+=("clang-tidy: $(sort build/lint/findings | tr '\n' ' ')")
fi
if [ ${#scripts[@]} -gt 0 ]; then
  echo "shellcheck: ${#scripts[@]} files"
  shellcheck "${scripts[@]}" || failed+=(shellcheck)
fi

if [ ${#failed[@]} -gt 0 ]; then
  printf 'lint: FAILED: %s\n' "${failed[@]}"
  exit 1
fi
echo "lint: clean"
