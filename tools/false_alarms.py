#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every shipped experiment that takes no longer than --longest seconds (as `apical check` estimates) and prints what
`apical diagnose` says of it: shipped experiments are sound, so that every line that wants attention is either a property of
the model that its file or the documentation names, or a false alarm.

    tools/false_alarms.py build/release/apical [--longest 120] [--data DIR] [--jobs N] [FILE...]
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent


def call(program, *words, **options):
    return subprocess.run([program, *words], capture_output=True, text=True, **options)


def first_line(text):
    lines = text.strip().splitlines()
    return lines[0][:110] if lines else ""


def look_at(program, file, longest, data, folder):
    """(seconds or nothing, what is said)."""
    extra = ["--data", data] if data else []
    checked = call(program, "check", str(file), "--json", "--threads", "1", *extra)
    if checked.returncode != 0:
        return None, "not run: " + first_line(checked.stderr)
    seconds = sum(e["seconds"] for e in json.loads(checked.stdout)["experiments"])
    if seconds > longest:
        return None, f"not run: {seconds / 60:.0f} min by 'check'"
    several = len(json.loads(checked.stdout)["experiments"]) > 1
    out = pathlib.Path(folder) / os.path.relpath(file, ROOT).replace("/", "_")
    begun = time.monotonic()
    ran = call(program, "compare" if several else "run", str(file), "--out", str(out), "--threads", "1", "--quiet", *extra)
    took = time.monotonic() - begun
    if ran.returncode != 0:
        return took, f"exit {ran.returncode}: " + first_line(ran.stderr)
    found = call(program, "diagnose", str(out), "--json")
    alarms = []
    said = json.loads(found.stdout)
    for run in said.get("runs", [said]):
        for finding in run["findings"]:
            if finding["verdict"] not in ("clean", "not applicable"):
                alarms.append(f"{run.get('label', '')}: {finding['check']} ({finding['verdict']}): {finding['measured']}")
    return took, "; ".join(alarms) or "clean"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("files", nargs="*")
    parser.add_argument("--longest", type=float, default=120)
    parser.add_argument("--data", default=os.environ.get("APICAL_DATA"))
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    files = [pathlib.Path(f).resolve() for f in given.files] or sorted((ROOT / "experiments").glob("*/*.toml"))
    clean = ran = 0
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.jobs) as pool:
        found = pool.map(lambda f: look_at(os.path.abspath(given.program), f, given.longest, given.data, folder), files)
        for file, (took, what) in zip(files, found):
            clean += what == "clean"
            ran += took is not None
            print(f"{os.path.relpath(file, ROOT)} | {'' if took is None else f'{took:.0f} s'} | {what}", flush=True)
    print(f"{clean} of {ran} that were run are clean; {len(files) - ran} of {len(files)} files were not run")
    return 0 if clean == ran else 1


if __name__ == "__main__":
    sys.exit(main())
