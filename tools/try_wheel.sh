#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tries a wheel where nothing of Apical has been: a minimal tree of a Debian release with Python and no compiler, in which it is
# installed, trains Yin-Yang, plots and runs the program. Prints what it did and the seconds. As root; needs debootstrap.
#
#   tools/try_wheel.sh WHEEL [bookworm|trixie] [FOLDER]    (default: bookworm, a temporary folder that is removed)
# shellcheck disable=SC2016  # what is run in the tree is expanded there
set -euo pipefail
wheel="${1:?usage: tools/try_wheel.sh WHEEL [SUITE] [FOLDER]}"
suite="${2:-bookworm}"
tree="${3:-}"
temporary=
if [ -z "$tree" ]; then temporary="$(mktemp -d)" tree="$temporary"; fi
leave() {
  umount "$tree/proc" 2> /dev/null || true
  if [ -n "$temporary" ]; then rm -rf --one-file-system "$temporary"; fi
}
trap leave EXIT
if [ ! -x "$tree/usr/bin/python3" ]; then
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates "$suite" "$tree" > "$tree.log" 2>&1 ||
    { tail -n 20 "$tree.log" >&2; exit 5; }
  rm -f "$tree.log"
fi
mount -t proc proc "$tree/proc"  # by which the program's loader finds the libraries beside it
cp /etc/resolv.conf "$tree/etc/resolv.conf"
for certificates in "${SSL_CERT_FILE:-}" "${PIP_CERT:-}" "${REQUESTS_CA_BUNDLE:-}"; do  # of a proxy, if there is one
  if [ -n "$certificates" ]; then mkdir -p "$tree$(dirname "$certificates")" && cp "$certificates" "$tree$certificates"; fi
done
rm -rf "$tree/tmp/try" && mkdir -p "$tree/tmp/try" && cp "$wheel" "$tree/tmp/try/"
cat > "$tree/tmp/try/try.py" << 'PYTHON'
import time

began = time.perf_counter()
import apical as ap

imported = time.perf_counter()
model = {"name": "error-neuron-microcircuit", "layers": [4, 30, 3], "activation": "logistic", "weight_range": [8, 1], "eta": [300, 8]}
run = ap.experiment("yin-yang", model, training={"epochs": 10}).run(seeds=2, out="run")
trained = time.perf_counter()
run.metrics.groupby(["epoch", "split"]).accuracy.mean().unstack().plot().figure.savefig("accuracy.pdf")
accuracy = run.metrics.query("split == 'test'").accuracy.mean()
print(f"imported in {imported - began:.1f} s, trained to {accuracy:.2f} in {trained - imported:.1f} s, plotted in {time.perf_counter() - trained:.1f} s")
PYTHON
inside() { chroot "$tree" /usr/bin/env HOME=/tmp MPLBACKEND=agg PIP_FIND_LINKS= PATH=/tmp/try/venv/bin:/usr/bin:/bin ${PIP_INDEX_URL:+PIP_INDEX_URL="$PIP_INDEX_URL"} \
  ${SSL_CERT_FILE:+SSL_CERT_FILE="$SSL_CERT_FILE"} ${PIP_CERT:+PIP_CERT="$PIP_CERT"} bash -ec "cd /tmp/try; $1"; }
inside '. /etc/os-release; echo "$PRETTY_NAME, $(python3 --version), compilers: $(command -v cc gcc g++ clang || echo none)"'
SECONDS=0
inside 'python3 -m venv venv; pip install --quiet --disable-pip-version-check "$(ls ./*.whl)[plot,data]"'
echo "installed in $SECONDS s"
inside 'python try.py; ls -l accuracy.pdf; apical --version; apical check run/experiment.toml | head -n 3'
echo "$SECONDS s in all"
