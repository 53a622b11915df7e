#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds and tests. Works from any directory.
#
#   ./test.sh                  quick tests, optimised build (a minute or so once built)
#   ./test.sh slow             the long ones: trainings, crash and resume
#   ./test.sh golden PATH…     replays golden files or folders; paths are relative to where you stand
#   ./test.sh clang            quick tests built with clang 14
#   ./test.sh asan | tsan      quick tests under address + undefined behaviour, or thread, sanitizers
#   ./test.sh python [ARG…]    the Python package: installed into build/python-venv, pytest (with these arguments)
#   ./test.sh page             reports in the system's Chromium, by Playwright and axe; skipped with a reason without npm or Chromium
#   ./test.sh docs             the site of docs/ (build/site), where every warning is an error (needs PyPI)
#   ./test.sh fuzz             every fuzzer for 20 seconds
#   ./test.sh reliability [--long]   what tests/promises.toml promises; writes reliability-report.json and docs/reliability.md
#   ./test.sh soak [MINUTES]   many runs in one process, then a run that records, so long each (10): slopes of memory, files, threads
#   ./test.sh lint [recent]    formatting, clang-tidy, shellcheck; recent: clang-tidy on the newest changes only
#
# CMAKE_BUILD_PARALLEL_LEVEL limits the cores used to build; APICAL_DATA names the folder of data sets (tests
# that need one are skipped without it); RC_PARAMS reaches the property tests; APICAL_PYTHON names the interpreter.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
started=$SECONDS

usage() { sed -n '5,15s/^# \{0,3\}//p' "${BASH_SOURCE[0]}" >&2; }
minutes() { awk -v s=$((SECONDS - started)) 'BEGIN { printf "%.1f minutes", s / 60 }'; }
build() {  # preset, then targets or none for all
  local preset=$1 targets=()
  shift
  [ $# -gt 0 ] && targets=(--target "$@")
  (cd "$root" && cmake --preset "$preset" && cmake --build --preset "$preset" "${targets[@]}" \
    -j "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}")
}
run_tests() {  # preset, label
  local log="$root/build/$1/ctest.log" status=0
  # A fixed seed for the property tests, so that a failure here is a failure anywhere.
  export RC_PARAMS="${RC_PARAMS:-seed=20250711}"
  echo "RC_PARAMS=$RC_PARAMS APICAL_DATA=${APICAL_DATA:-(not set)}"
  ctest --test-dir "$root/build/$1" -L "^$2\$" -j2 --output-on-failure --no-tests=error 2>&1 | tee "$log" || status=$?
  local total skipped verdict=passed
  total=$(sed -n 's/.*tests failed out of \([0-9]*\)$/\1/p' "$log")
  skipped=$(grep -c '\*\*\*Skipped' "$log" || true)
  [ "$status" -eq 0 ] || verdict=FAILED
  # For the table of promises, which quotes what took too long to be run again.
  printf '{"preset": "%s", "label": "%s", "tests": %s, "skipped": %s, "failed": %s, "minutes": %.1f, "commit": "%s", "date": "%s"}\n' \
    "$1" "$2" "${total:-0}" "$skipped" "$(sed -n 's/.* tests passed, \([0-9]*\) tests failed out of .*/\1/p' "$log" | grep . || echo 1)" \
    "$(awk -v s=$((SECONDS - started)) 'BEGIN { print s / 60 }')" "$(git -C "$root" rev-parse --short=12 HEAD)" "$(date +%F)" \
    > "$root/build/$1/verdict.json"
  echo "test.sh: preset $1, label $2: ${total:-0} tests, $skipped of them skipped, $(minutes) with build: $verdict"
  return "$status"
}
# Built without isolation, so that build/python is gone on with and nothing is fetched but what the lock file names.
install_package() {
  local venv
  venv="$("$root/tools/python_venv.sh")"
  CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" \
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-build-isolation --no-deps "$root"
}

mode="${1:-quick}"
[ $# -gt 0 ] && shift
if [[ "$mode" != @(golden|lint|python|reliability|soak) ]] && [ $# -gt 0 ]; then
  echo "test.sh: '$mode' takes no argument, found '$1'" >&2
  usage
  exit 2
fi
case "$mode" in
  quick | slow)
    "$root/tools/packages.sh" test
    build release
    # The examples on an installed tree belong to the quick tests; `ctest -L quick` alone leaves them out.
    if [ "$mode" = quick ]; then run_tests release '(quick|install)'; else run_tests release "$mode"; fi ;;
  golden)
    if [ $# -eq 0 ]; then
      echo "test.sh: golden needs at least one file or folder" >&2
      usage
      exit 2
    fi
    "$root/tools/packages.sh" test >&2
    build release apical-golden >&2
    "$root/build/release/tests/apical-golden" "$@" ;;
  reliability)
    "$root/tools/packages.sh" test
    build release
    # A fixed seed for the property tests, so that a failure here is a failure anywhere.
    RC_PARAMS="${RC_PARAMS:-seed=20250711}" "$root/tools/reliability.py" "$root/build/release" --page "$@" ;;
  soak)
    "$root/tools/packages.sh" test
    build release apical_tests
    APICAL_SOAK_MINUTES="${1:-10}" "$root/build/release/tests/apical_tests" --gtest_filter='SlowSoak.*' ;;
  python)
    "$root/tools/packages.sh" python
    install_package
    "$root/build/python-venv/bin/python" -m pytest -c "$root/pyproject.toml" "$root/python/tests" "$@"
    echo "test.sh: the Python package, $(minutes) with build: passed" ;;
  page)
    browser="${CHROMIUM:-$(command -v chromium || true)}"
    for needed in npm node "${browser:-chromium}"; do
      if ! command -v "$needed" >/dev/null; then
        echo "test.sh: the pages, SKIPPED: '$needed' is missing (Debian: npm, nodejs, chromium)"
        exit 0
      fi
    done
    build release apical_cli
    # What the lock file names and nothing else; no scripts of packages but esbuild's, no browsers.
    (cd "$root/web" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error &&
      CHROMIUM="$browser" node --test --test-concurrency=1 tests/)
    echo "test.sh: the pages, $(minutes) with build: passed" ;;
  docs)
    "$root/tools/packages.sh" python
    install_package  # which executes the notebooks
    "$root/tools/docs_site.sh"
    echo "test.sh: the site, $(minutes): passed" ;;
  clang | asan | tsan | fuzz)
    "$root/tools/packages.sh" dev
    # Reports of undefined behaviour must fail a test, not only be printed.
    export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}"
    if [ "$mode" = fuzz ]; then
      build fuzz fuzzers
      run_tests fuzz fuzz
    else
      build "$mode"
      run_tests "$mode" quick
    fi ;;
  lint)
    "$root/tools/packages.sh" dev
    "$root/tools/lint.sh" "$@" ;;
  -h | --help) usage 2>&1 ;;
  *)
    echo "test.sh: unknown argument '$mode'" >&2
    usage
    exit 2 ;;
esac
