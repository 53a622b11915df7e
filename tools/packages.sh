#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The only place that names Debian packages. demo.sh, test.sh, .ci/run and the docs all come here.
#
#   tools/packages.sh            what building and running Apical needs
#   tools/packages.sh test       + what the test suite needs
#   tools/packages.sh slurm      what the slow test on a Slurm of two nodes needs; these bring services, which it needs not
#   tools/packages.sh python     what building the Python package needs; what it is tested with comes from PyPI
#   tools/packages.sh release    what making and trying packages needs (tools/release.sh)
#   tools/packages.sh dev        + second compiler, linters, sanitizers, browser
#   tools/packages.sh --list SET prints the names and installs nothing
set -euo pipefail

build=(g++ cmake ninja-build ccache git ca-certificates
  libcli11-dev libtomlplusplus-dev nlohmann-json3-dev libfmt-dev libhdf5-dev libhwy-dev
  librandom123-dev libxxhash-dev libopenblas-pthread-dev zlib1g-dev libbenchmark-dev
  libturbojpeg0-dev libjpeg62-turbo-dev libpng-dev libstb-dev libarchive-dev libcurl4-openssl-dev libssl-dev
  libsqlite3-dev libcpp-httplib-dev)
test=(libgtest-dev libgmock-dev librapidcheck-dev python3-numpy python3-h5py python3-neo
  libopenmpi-dev openmpi-bin iproute2 librsvg2-bin valgrind)
slurm=(slurmctld slurmd slurm-client munge iproute2)
python=(python3-dev python3-venv)
release=(dpkg-dev file lintian debootstrap python3-dev python3-venv)
dev=(clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev cppcheck shellcheck mold chromium python3-torch)

list_only=no
if [ "${1:-}" = --list ]; then list_only=yes; shift; fi
case "${1:-build}" in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${test[@]}") ;;
  slurm) wanted=("${slurm[@]}") ;;
  python) wanted=("${build[@]}" "${python[@]}") ;;
  release) wanted=("${build[@]}" "${release[@]}") ;;
  dev) wanted=("${build[@]}" "${test[@]}" "${dev[@]}") ;;
  *) echo "packages.sh: unknown set '$1'; expected build, test, slurm, python, release or dev" >&2; exit 2 ;;
esac
if [ "$list_only" = yes ]; then printf '%s\n' "${wanted[@]}"; exit 0; fi

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "packages.sh: need root or sudo to install: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
