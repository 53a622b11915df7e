#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what two runs measured, value by value, bit for bit.

    tools/compare_metrics.py OLD_DIR NEW_DIR

Directories of runs, or of anything that holds runs (comparisons, reproductions): every metrics.ndjson below
OLD_DIR is compared with the one of the same relative path below NEW_DIR
(but for signs in names of folders). Lines may be in either layout: one
measurement a line (where, metric, value), or all that was measured at one time in one line (split or area and
a member for each metric), as runs left them before. Exit code 1 if anything differs or is missing.
"""
import argparse
import json
import pathlib
import re
import struct
import sys
import urllib.parse

NUMBERS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def number(value):
    return float(NUMBERS[value]) if isinstance(value, str) else float(value)


def same(a, b):
    return struct.pack("<d", a) == struct.pack("<d", b) or (a != a and b != b)


def measurements(file):
    """{(epoch, where, metric, seed): value}"""
    out = {}

    def put(key, value):
        if key in out:
            raise SystemExit(f"{file}: {key} was measured twice")
        out[key] = number(value)

    for text in file.read_text().splitlines():
        line = json.loads(text)
        epoch, seed = float(line["epoch"]), line["seed"]
        if "metric" in line:
            put((epoch, line["where"], line["metric"], seed), line["value"])
            continue
        where = "area" if "area" in line else "split"
        for name, value in line.items():
            if name not in ("seq", "epoch", "seed", where):
                put((epoch, line[where], name, seed), value)
    return out


def short_name(part):
    """The directory of a label as it was before labels could be told apart by it: "a,_b" and "a, b" as "a-b"."""
    text = urllib.parse.unquote(part)
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def runs_below(directory):
    runs = {}
    for file in sorted(directory.rglob("metrics.ndjson")):
        name = "/".join(short_name(part) for part in file.parent.relative_to(directory).parts)
        if name in runs:
            raise SystemExit(f"{file} and {runs[name]} cannot be told apart by the short names of their folders")
        runs[name] = file
    return runs


def key_text(key):
    epoch, where, metric, seed = key
    return f"epoch {epoch:g}, {metric} of {where}, seed {seed}"


def compare(run, old, new, largest):
    """Numbers compared, differences as sentences, metrics that only the new run has; the largest difference of each metric is noted."""
    differences = []
    for key, value in old.items():
        if key not in new:
            differences.append(f"{run}: {key_text(key)}: {value!r} before, nothing now")
        elif not same(value, new[key]):
            differences.append(f"{run}: {key_text(key)}: {value!r} before, {new[key]!r} now")
            largest[key[2]] = max(largest.get(key[2], 0), abs(value - new[key]))
    courses = {(where, metric) for _, where, metric, _ in old}
    added = set()
    for key, value in new.items():
        if key in old:
            continue
        if key[1:3] in courses:
            differences.append(f"{run}: {key_text(key)}: nothing before, {value!r} now")
        else:
            added.add(f"{key[2]} of {key[1]}")
    return len(set(old) & set(new)), differences, added


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=pathlib.Path)
    parser.add_argument("new", type=pathlib.Path)
    arguments = parser.parse_args()
    before, now = runs_below(arguments.old), runs_below(arguments.new)
    if not before:
        sys.exit(f"{arguments.old} holds no run (no metrics.ndjson)")
    numbers, differing, shown, largest = 0, 0, 10, {}
    for run, file in before.items():
        if run not in now:
            print(f"{run}: no such run in {arguments.new}")
            differing += 1
            continue
        compared, differences, added = compare(run, measurements(file), measurements(now[run]), largest)
        numbers += compared
        differing += len(differences)
        for line in differences[:shown]:
            print(line)
        if len(differences) > shown:
            print(f"{run}: and {len(differences) - shown} more")
        for metric in sorted(added):
            print(f"{run}: {metric} is measured now and was not before")
    for run in sorted(set(now) - set(before)):
        print(f"{run}: only in {arguments.new}")
    for metric, by in sorted(largest.items()):
        print(f"{metric} differs by at most {by:.1e}")
    print(f"{numbers} numbers of {len(before)} runs compared, {differing} differences")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
