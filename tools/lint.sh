#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Format, static analysis and shell scripts. Needs tools/packages.sh dev and a configured preset release.
#
#   tools/lint.sh                 every file
#   tools/lint.sh changed [BASE]  what differs from BASE (default: origin/main, else HEAD), tracked or not
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

git_here() { git -c safe.directory='*' "$@"; }
case "${1:-all}" in
  all) list() { git_here ls-files --cached --others --exclude-standard; } ;;
  changed)
    base="${2:-$(git_here rev-parse --verify --quiet origin/main || echo HEAD)}"
    list() { { git_here diff --name-only "$base"; git_here ls-files --others --exclude-standard; } | sort -u; } ;;
  *) echo "lint.sh: unknown argument '$1'; expected all or changed [BASE]" >&2; exit 2 ;;
esac

database=build/release/compile_commands.json
if [ ! -f "$database" ]; then
  echo "lint.sh: $database is missing; run: cmake --preset release" >&2
  exit 1
fi
listed=$(list)
files=()
while IFS= read -r file; do [ -f "$file" ] && files+=("$file"); done <<< "$listed"
cpp=() units=() scripts=()
for file in "${files[@]}"; do
  case "$file" in
    *.cpp) cpp+=("$file"); units+=("$file") ;;
    *.h)
      cpp+=("$file")
      # A header is analysed through the files that include it.
      name="${file#src/}"
      name="${name#tests/}"
      while IFS= read -r unit; do units+=("$unit"); done < <(git_here grep -lF "\"$name\"" -- '*.cpp') ;;
    *.sh | .ci/run) scripts+=("$file") ;;
  esac
done

failed=()
if [ ${#cpp[@]} -gt 0 ]; then
  echo "clang-format: ${#cpp[@]} files"
  clang-format-14 --dry-run -Werror "${cpp[@]}" || failed+=("clang-format (mend with: clang-format-14 -i FILE)")
fi
if [ ${#units[@]} -gt 0 ]; then
  mapfile -t units < <(printf '%s\n' "${units[@]}" | sort -u)
  echo "clang-tidy: ${#units[@]} files"
  # g++'s precompiled headers mean nothing to clang. Without them each file must also include what it uses.
  mkdir -p build/lint
  sed -E 's/-Winvalid-pch -include [^ ]+cmake_pch\.hxx //g' "$database" > build/lint/compile_commands.json
  printf '%s\0' "${units[@]}" |
    xargs -0 -n 1 -P "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" clang-tidy-14 --quiet -p build/lint 2> build/lint/stderr ||
    { grep -v 'warnings\? generated\.$' build/lint/stderr >&2 || true; failed+=(clang-tidy); }
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
