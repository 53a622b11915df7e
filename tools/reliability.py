#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs what tests/promises.toml names and says which promises held: reliability-report.json, docs/reliability.md.

    tools/reliability.py BUILD [--long] [--only ID...] [--python PYTHON] [--page]

BUILD is a build directory with tests. --only tries these again and keeps what the report says of the others.
--page writes docs/reliability.md from the report, after each promise.
"""

import argparse
import datetime
import fnmatch
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMA = "apical-reliability/1"
PATIENCE_S = 3600  # with the tests of one promise
CANNOT_BE_TRIED = 77
NOTHING = {"tried": 0, "held": 0, "skipped": 0, "failed": [], "figures": []}
NOT_TRIED = NOTHING | {"state": "not shown", "seconds": 0}


def said(*command: str) -> str:
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def cpu() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def commit() -> str:
    changed = said("git", "status", "--porcelain", "--untracked-files=no")
    return said("git", "rev-parse", "--short=12", "HEAD") + (" and changes" if changed else "")


def run_gtest(tests: pathlib.Path, filters: list[str]) -> dict:
    """Of the tests that match: how many ran, held and were skipped, and the figures that they left."""
    with tempfile.TemporaryDirectory() as folder:
        figures, out = pathlib.Path(folder) / "figures", pathlib.Path(folder) / "out.json"
        environment = os.environ | {"APICAL_FIGURES": str(figures)}
        command = [str(tests), f"--gtest_filter={':'.join(filters)}", f"--gtest_output=json:{out}"]
        result = {"tried": 0, "held": 0, "skipped": 0, "failed": [], "figures": []}
        try:
            answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False,
                                    timeout=PATIENCE_S)
            ended = f"with {answer.returncode}"
        except subprocess.TimeoutExpired:
            ended = f"not within {PATIENCE_S} s"
        if not out.exists():
            return result | {"tried": 1, "failed": [f"{tests.name} ended {ended}"]}
        for suite in json.loads(out.read_text())["testsuites"]:
            for test in suite["testsuite"]:
                name = f"{suite['name']}.{test['name']}"
                if test.get("result") == "SKIPPED":
                    result["skipped"] += 1
                    continue
                result["tried"] += 1
                if test.get("failures"):
                    result["failed"].append(name)
                else:
                    result["held"] += 1
        if figures.exists():
            result["figures"] = [json.loads(line) for line in figures.read_text().splitlines()]
        return result


def names_of(tests: pathlib.Path) -> list[str]:
    listed = subprocess.run([str(tests), "--gtest_list_tests"], capture_output=True, text=True, check=True).stdout
    names, suite = [], ""
    for line in listed.splitlines():
        name = line.split("#")[0].strip()
        if line.startswith("  "):
            names.append(suite + name)
        else:
            suite = name
    return names


def require_known(promises: list[dict], names: list[str]) -> None:
    """A filter that matches nothing would show nothing, and nobody would notice."""
    wrong = [f"no test of {promise['id']} matches '{pattern}'" for promise in promises
             for pattern in promise.get("quick", []) + promise.get("long", [])
             if not any(fnmatch.fnmatchcase(name, pattern.replace("[", "[[]")) for name in names)]
    if wrong:
        sys.exit("tests/promises.toml: " + "; ".join(wrong))


def run_python(python: str, files: list[str]) -> dict:
    if not pathlib.Path(python).exists():
        return {"tried": 0, "held": 0, "skipped": 1, "failed": [], "figures": []}
    answer = subprocess.run([python, "-m", "pytest", "-q", *[str(ROOT / "python" / f) for f in files]],
                            cwd=ROOT, capture_output=True, text=True, check=False)
    held = answer.returncode == 0
    return {"tried": 1, "held": int(held), "skipped": 0, "failed": [] if held else files, "figures": []}


def run_fuzzers(build: pathlib.Path) -> dict:
    """Every fuzzer for as long as its test lasts, and how many inputs it tried; skipped where they are not built."""
    result = {"tried": 0, "held": 0, "skipped": 0, "failed": [], "figures": []}
    if not (build / "CTestTestfile.cmake").exists():
        return result | {"skipped": 1}
    subprocess.run(["ctest", "--test-dir", str(build), "-L", "fuzz", "-j2"], capture_output=True, check=False)
    log = (build / "Testing" / "Temporary" / "LastTest.log").read_text(errors="replace")
    for part in log.split(" Testing: ")[1:]:
        name, passed = part.split(None, 1)[0], "\nTest Passed." in part
        units = re.findall(r"stat::number_of_executed_units:\s*(\d+)", part)
        inputs = int(units[-1]) if units else 0
        result["tried"] += 1
        result["held"] += int(passed)
        result["failed"] += [] if passed else [name]
        result["figures"].append({"what": f"inputs of {name}", "tried": inputs, "held": inputs if passed else 0})
    return result


def run_command(build: pathlib.Path, words: list[str]) -> dict:
    program = str(build / "apical")
    answer = subprocess.run([word.replace("{program}", program) for word in words], cwd=ROOT, capture_output=True,
                            text=True, check=False)
    if answer.returncode == CANNOT_BE_TRIED:
        return {"tried": 0, "held": 0, "skipped": 1, "failed": [], "figures": []}
    held = answer.returncode == 0
    return {"tried": 1, "held": int(held), "skipped": 0, "failed": [] if held else [words[0]], "figures": []}


def verdicts(builds: pathlib.Path, presets: list[str]) -> dict:
    """What `./test.sh PRESET` left when it was last run here."""
    result = {"tried": 0, "held": 0, "skipped": 0, "failed": [], "figures": []}
    for preset in presets:
        file = builds / preset / "verdict.json"
        if not file.exists():
            result["skipped"] += 1
            continue
        left = json.loads(file.read_text())
        ran = left["tests"] - left["skipped"]
        what = f"quick tests of {preset}, commit {left['commit']}, {left['date']}, {left['minutes']} minutes with build"
        result["tried"] += 1
        result["held"] += int(left["failed"] == 0)
        result["failed"] += [preset] if left["failed"] else []
        result["figures"].append({"what": what, "tried": ran, "held": ran - left["failed"]})
    return result


def add(a: dict, b: dict) -> dict:
    return {key: a.get(key, type(value)()) + value for key, value in b.items()}


def described(promise: dict) -> dict:
    row = {key: promise[key] for key in ("id", "says", "fault", "held", "open") if key in promise}
    row["counts"] = row.pop("held")
    return row


def judge(promise: dict, arguments: argparse.Namespace) -> dict:
    tests = arguments.build / "tests" / "apical_tests"
    filters = promise.get("quick", []) + (promise.get("long", []) if arguments.long else [])
    began = time.monotonic()
    row = described(promise)
    found = {"tried": 0, "held": 0, "skipped": 0, "failed": [], "figures": []}
    if filters:
        found = run_gtest(tests, filters)
    elif promise.get("python"):
        found = run_python(arguments.python, promise["python"])
    if promise.get("fuzzers") and arguments.long:
        found = add(found, run_fuzzers(arguments.build.parent / "fuzz"))
    if promise.get("long_command") and arguments.long:
        found = add(found, run_command(arguments.build, promise["long_command"]))
    if promise.get("verdicts"):
        found = add(found, verdicts(arguments.build.parent, promise["verdicts"]))
    state = "not shown" if found["tried"] == 0 else "broken" if found["failed"] else "held"
    row.update(found, state=state, seconds=round(time.monotonic() - began, 1), date=datetime.date.today().isoformat())
    return row


def page(report: dict) -> str:
    lines = [
        "# What is promised, and what was shown",
        "",
        "Written by `./test.sh reliability` from `reliability-report.json`; the promises and their tests stand in",
        "[tests/promises.toml](../tests/promises.toml). A test counts as tried only if it ran; a promise without a test that ran is",
        "*not shown*, whatever we believe.",
        "",
        f"Commit {report['commit']}, {report['date']}, {report['cpu']}, {report['threads']} threads, "
        f"the {'long' if report['long'] else 'quick'} set in {report['minutes']:.1f} minutes: "
        f"{report['summary']['held']} promises held, {report['summary']['broken']} broken, "
        f"{report['summary']['not shown']} not shown.",
        "",
        "| id | promise | tried by | counts as held | tests held / tried | state |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in report["promises"]:
        tests = f"{row['held']} / {row['tried']}" if row["tried"] else "none"
        if row.get("skipped"):
            tests += f", {row['skipped']} skipped"
        state = row["state"] + (": " + ", ".join(row["failed"]) if row["failed"] else "")
        lines.append(f"| {row['id']} | {row['says']} | {row['fault']} | {row['counts']} | {tests} | {state} |")
    figures = [(row["id"], f) for row in report["promises"] for f in row["figures"]]
    if figures:
        lines += ["", "Figures that tests count:", "", "| id | what | tried | held |", "| --- | --- | --- | --- |"]
        lines += [f"| {id} | {f['what']} | {f['tried']} | {f['held']} |" for id, f in figures]
    missing = [row for row in report["promises"] if row.get("open")]
    if missing:
        lines += ["", "What is not tried:", ""]
        lines += [f"- {row['id']}: {row['open']}." for row in missing]
    lines += ["", "Not promised: the same bits across versions (the numerics version tells), across compilers, on processors without",
              "AVX2 and FMA; data on file systems that acknowledge a sync that they did not do; exact continuation of a circuit that",
              "was edited; protection from a user who can write to the run's directory.", ""]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--python", default=str(ROOT / "build" / "python-venv" / "bin" / "python"))
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "reliability-report.json")
    parser.add_argument("--page", action="store_true")
    arguments = parser.parse_args()
    arguments.build = arguments.build.resolve()
    table = tomllib.loads((ROOT / "tests" / "promises.toml").read_text())["promise"]
    require_known(table, names_of(arguments.build / "tests" / "apical_tests"))
    began = time.monotonic()
    report = {
        "schema": SCHEMA, "date": datetime.date.today().isoformat(), "commit": commit(), "cpu": cpu(),
        "threads": os.cpu_count(), "long": arguments.long, "data": "APICAL_DATA" in os.environ, "promises": [],
    }
    rows = {promise["id"]: described(promise) | NOT_TRIED for promise in table}
    if arguments.only and arguments.out.exists():
        kept = json.loads(arguments.out.read_text())
        rows |= {row["id"]: row for row in kept["promises"] if row["id"] in rows}
        began -= 60 * kept["minutes"]
        report["long"] |= kept["long"]
    for promise in table:
        if arguments.only and promise["id"] not in arguments.only:
            continue
        row = rows[promise["id"]] = judge(promise, arguments) | {"commit": report["commit"]}
        print(f"{row['id']:4} {row['state']:9} {row['held']:4} of {row['tried']:4} tests, {row['skipped']:3} skipped, "
              f"{row['seconds']:6.1f} s  {' '.join(row['failed'])}", flush=True)
        report["promises"] = list(rows.values())
        states = [r["state"] for r in report["promises"]]
        report["summary"] = {state: states.count(state) for state in ("held", "broken", "not shown")}
        report["minutes"] = round((time.monotonic() - began) / 60, 2)
        # At once, so that what was shown is not lost with the process.
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")
        if arguments.page:
            (ROOT / "docs" / "reliability.md").write_text(page(report))
    print(f"reliability: {report['summary']['held']} promises held, {report['summary']['broken']} broken, "
          f"{report['summary']['not shown']} not shown; {arguments.out}")
    return 1 if report["summary"]["broken"] else 0


if __name__ == "__main__":
    sys.exit(main())
