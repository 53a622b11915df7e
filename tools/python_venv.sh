#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A virtual environment in build/python-venv with the versions of python/requirements.lock: what the Python package is built and
# tested with. Prints its folder. APICAL_PYTHON names the interpreter.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
venv="$root/build/python-venv" lock="$root/python/requirements.lock"
[ -x "$venv/bin/python" ] || "${APICAL_PYTHON:-python3}" -m venv "$venv" >&2
if ! cmp -s "$lock" "$venv/requirements.lock"; then
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$lock" >&2
  cp "$lock" "$venv/requirements.lock"
fi
echo "$venv"
