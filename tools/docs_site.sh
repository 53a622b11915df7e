#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the site of docs/ into build/site: Sphinx, MyST and furo in the versions of docs/site/requirements.lock, in a virtual
# environment of its own. A warning is an error. What it makes is read without a network. Notebooks are executed with the
# package that ./test.sh python builds; without it this fails, unless --no-notebooks asks for them as they are written.
#
#   tools/docs_site.sh [--no-notebooks]
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
execute=yes
case "${1:-}" in
  "") ;;
  --no-notebooks) execute=no ;;
  *) echo "docs_site.sh: unknown option '$1'; expected --no-notebooks" >&2; exit 2 ;;
esac
venv="$root/build/site-venv" lock="$root/docs/site/requirements.lock" source="$root/build/site-source" out="$root/build/site"
[ -x "$venv/bin/python" ] || "${APICAL_PYTHON:-python3}" -m venv "$venv"
if ! cmp -s "$lock" "$venv/requirements.lock"; then
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$lock"
  cp "$lock" "$venv/requirements.lock"
fi
rm -rf "$source" "$out"
mkdir -p "$root/build"
cp -r "$root/docs" "$source"
cp "$root/docs/site/conf.py" "$root/docs/site/index.md" "$root/CMakeLists.txt" "$source/"
cp "$root/docs/site/decisions.md" "$source/decisions/index.md"
cp -r "$root/notebooks" "$source/notebooks"
jupyter="$root/build/python-venv/bin/jupyter"
if [ "$execute" = yes ] && [ -x "$jupyter" ] && "$root/build/python-venv/bin/python" -c 'import apical' 2> /dev/null; then
  (cd "$source/notebooks" && "$jupyter" nbconvert --to notebook --inplace --execute --log-level=ERROR ./*.ipynb)
elif [ "$execute" = yes ]; then
  echo "docs_site.sh: FAILED: nothing here executes the notebooks: run ./test.sh python first, or say --no-notebooks" >&2
  exit 1
fi
"$venv/bin/python" -m sphinx -W --keep-going -q -b html -j 2 "$source" "$out"
if grep -rlE '<(script|link|img)[^>]+(src|href)="(https?:)?//' "$out" --include='*.html'; then
  echo "docs_site.sh: FAILED: these pages load something from elsewhere" >&2
  exit 1
fi
echo "docs_site.sh: $(find "$out" -name '*.html' | wc -l) pages in ${out#"$root"/}, $(du -sm "$out" | cut -f1) MB: $out/index.html"
