#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Apical's package beside packages of PyPI that learn by the same rules: BioTorch (feedback alignment) and PCX (predictive coding, JAX),
# in a virtual environment of its own, build/beside-venv, with the versions below. What does not install is said and left out.
#
#   APICAL_DATA=FOLDER bench/beside_packages.sh [WHEEL] [OPTION…]    (WHEEL: of apical; default: built from here. Options: --seeds N …)
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
venv="$root/build/beside-venv" source="$root"
if [[ "${1:-}" == *.whl ]]; then source="$1"; shift; fi
[ -x "$venv/bin/python" ] || "${APICAL_PYTHON:-python3}" -m venv "$venv"
pip() { "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
pip --force-reinstall --no-deps "$source"
pip numpy==1.26.4 pandas==2.2.3
missing=
have() {  # package, requirements …
  local name=$1
  shift
  pip "$@" || { missing+=" $name"; echo "$name does not install here and is left out"; return 1; }
}
# BioTorch's own requirements are for training from its configuration files; its layers need torch alone.
if have biotorch setuptools==80.9.0 wheel==0.45.1 torch==2.3.1 && have biotorch --no-deps --no-build-isolation biotorch==0.0.16; then
  "$venv/bin/python" "$root/bench/beside_biotorch.py" "$@"
fi
if have pcx pcx==0.6.3 jax==0.4.38 jaxlib==0.4.38 ml-dtypes==0.5.3 numpy==1.26.4; then
  "$venv/bin/python" "$root/bench/beside_pcx.py" "$@"
fi
# Of the same kind as PCX: tried anew each time, in case it comes to PyPI.
have jpc --no-deps jpc || true
"$venv/bin/pip" list --disable-pip-version-check 2> /dev/null | grep -iE '^(apical|biotorch|torch|jax|jaxlib|pcx|equinox|optax|numpy) '
