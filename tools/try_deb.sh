#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tries a package where nothing of Apical has been: a minimal tree of Debian 12, in which it is installed with what it
# depends on, trains Yin-Yang and writes a report. Prints what it did and the seconds. As root; needs debootstrap.
#
#   tools/try_deb.sh PACKAGE [FOLDER]    (default: a temporary folder that is removed)
# shellcheck disable=SC2016  # what is run in the tree is expanded there
set -euo pipefail
package="${1:?usage: tools/try_deb.sh PACKAGE [FOLDER]}"
tree="${2:-}"
temporary=
if [ -z "$tree" ]; then temporary="$(mktemp -d)" tree="$temporary/tree"; fi
leave() {
  umount "$tree/proc" 2> /dev/null || true
  if [ -n "$temporary" ]; then rm -rf --one-file-system "$temporary"; fi
}
trap leave EXIT
if [ ! -x "$tree/usr/bin/apt-get" ]; then
  debootstrap --variant=minbase --include=ca-certificates bookworm "$tree" > "$tree.log" 2>&1 ||
    { tail -n 20 "$tree.log" >&2; exit 5; }
  rm -f "$tree.log"
fi
mount -t proc proc "$tree/proc"
cp /etc/resolv.conf "$tree/etc/resolv.conf"
for settings in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources /etc/apt/apt.conf.d/9*; do
  if [ -s "$settings" ]; then cp "$settings" "$tree$settings"; fi  # where this machine gets its packages
done
rm -rf "$tree/tmp/try" && mkdir -p "$tree/tmp/try" && cp "$package" "$tree/tmp/try/apical.deb"
inside() { chroot "$tree" /usr/bin/env HOME=/tmp DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin bash -ec "cd /tmp/try; $1"; }
inside '. /etc/os-release; echo "$PRETTY_NAME, compilers: $(command -v cc gcc g++ clang || echo none)"'
inside 'apt-get update -qq'
SECONDS=0
inside 'apt-get install -y -qq --no-install-recommends ./apical.deb > install.log 2>&1 || { tail -n 20 install.log; exit 5; }'
echo "installed in $SECONDS s, $(inside 'du -sm /usr/share/apical /usr/bin/apical | awk "{s += \$1} END {print s}"') MB of ours"
inside 'apical doctor; apical paths'
inside 'apical run /usr/share/apical/experiments/yin-yang/error-neurons.toml --seeds 2 --set training.epochs=10 --out run --quiet'
inside 'ls -l run/report.html; apical cite run | head -n 2; apical runs . --quiet'
inside 'apical reproduce | head -n 3; apical man run | head -n 1'
inside 'apt-get install -y -qq --no-install-recommends man-db librsvg2-bin > more.log 2>&1 || { tail -n 20 more.log; exit 5; }'
inside 'apical plot run --what accuracy --out accuracy.pdf; head -c 5 accuracy.pdf | grep -q "%PDF-" && ls -l accuracy.pdf'
inside 'apical man --out pages > /dev/null; man -l pages/apical-run.1 | head -n 3; test -s /usr/share/doc/apical/THIRD-PARTY.md'
# What the package suggests to those who build with it is enough for that, by pkg-config alone.
inside 'apt-get install -y -qq --no-install-recommends $(dpkg-query -W -f "\${Suggests}" apical | tr -d ,) > dev.log 2>&1 || { tail -n 20 dev.log; exit 5; }'
cp "$(dirname "${BASH_SOURCE[0]}")/../examples/train.cpp" "$tree/tmp/try/train.cpp"
inside 'g++ train.cpp -o train $(pkg-config --cflags --libs apical) && echo "examples/train.cpp is built with pkg-config"'
inside 'apt-get remove -y -qq apical > /dev/null 2>&1; if [ -e /usr/bin/apical ] || [ -e /usr/share/apical ]; then echo "try_deb.sh: FAILED: something stays behind"; exit 1; fi'
echo "$SECONDS s in all"
