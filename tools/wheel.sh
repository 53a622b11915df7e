#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the wheel and repairs it, so that it carries its libraries and the program: needs nothing of the machine that it is
# installed on but glibc and Python of the versions that its name says.
#
#   tools/wheel.sh [FOLDER]    (default: dist, here)
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
out="${1:-dist}"
"$root/tools/packages.sh" python
venv="$("$root/tools/python_venv.sh")"
plain="$(mktemp -d "$root/build/wheel.XXXXXX")"
trap 'rm -rf "$plain"' EXIT
CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" \
  "$venv/bin/pip" wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps --wheel-dir "$plain" "$root"
PATH="$venv/bin:$PATH" "$venv/bin/auditwheel" repair --strip --wheel-dir "$out" "$plain"/*.whl
