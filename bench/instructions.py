#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions that the kernels take, as callgrind counts them: the same on a busy machine as on an idle one.

    bench/instructions.py build/release/tests/apical-kernels            beside what is stored; exit 1 if one is 3 % off
    bench/instructions.py build/release/tests/apical-kernels --update   stores what was counted, in bench/instructions.json

The program (tests/instructions/kernels.main.cpp) runs each kernel twice, on one thread and with AVX2; the second time
counts. What is stored holds for one compiler and its flags, one valgrind, one C library, and the BLAS kernels that are
found. With others, or without valgrind, nothing is compared, which is said (exit 77). Fewer instructions fail, too: what got
faster is stored, or the next that gets slower by as much goes unnoticed.
"""
import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

STORED = pathlib.Path(__file__).resolve().parent / "instructions.json"
MOST = 0.03  # of what was stored
SKIPPED = 77


class Skipped(Exception):
    pass


def conditions_of(lines):
    """Whatever the counts depend on besides the sources."""
    valgrind = subprocess.run(["valgrind", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    found = {"valgrind": valgrind, "libc": " ".join(platform.libc_ver()), "machine": platform.machine()}
    return found | dict(line.split("=", 1) for line in lines)


def counted(program):
    """Conditions, and instructions by kernel."""
    if shutil.which("valgrind") is None:
        raise Skipped("there is no valgrind (Debian: valgrind)")
    with tempfile.TemporaryDirectory() as folder:
        options = ["--tool=callgrind", f"--callgrind-out-file={folder}/out"]
        options += ["--zero-before=apical_kernel", "--dump-after=apical_kernel"]
        # One kind of BLAS kernel on every processor that has AVX2; threads of its own would be counted as well.
        environment = {**os.environ, "OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(
            ["valgrind", *options, program], capture_output=True, text=True, env=environment, check=False
        )
        if done.returncode == SKIPPED:
            raise Skipped(done.stdout.strip())
        if done.returncode != 0:
            raise SystemExit(f"instructions.py: {program} ended with {done.returncode}:\n{done.stderr[-2000:]}")
        header, _, names = done.stdout.partition("\n\n")
        totals = []
        dumps = sorted(pathlib.Path(folder).glob("out.*"), key=lambda f: int(f.suffix[1:]))
        for dump in dumps:
            text = dump.read_text()
            if "--dump-after=apical_kernel" in text:
                totals.append(int(re.search(r"^(?:summary|totals): (\d+)", text, re.MULTILINE).group(1)))
    kernels = names.split("\n")[:-1]
    if len(totals) != len(kernels):
        raise SystemExit(f"instructions.py: {len(kernels)} kernels ran, callgrind counted {len(totals)}")
    return conditions_of(header.splitlines()), dict(zip(kernels, totals))


def compared(stored, found):
    """Prints a table; how many are too far from what is stored."""
    beyond = 0
    print(f"{'kernel':45} {'instructions':>14} {'stored':>14}  change")
    for kernel in [*found, *(k for k in stored if k not in found)]:
        count, before = found.get(kernel), stored.get(kernel)
        change = count / before - 1 if count and before else None
        far = change is None or abs(change) > MOST
        beyond += far
        shown = f"{100 * change:+.2f} %" if change is not None else "not stored" if count else "does not run"
        print(f"{kernel:45} {count or 0:14,} {before or 0:14,}  {shown}{'  BEYOND 3 %' if far else ''}")
    return beyond


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="build/release/tests/apical-kernels")
    parser.add_argument("--update", action="store_true", help="store what is counted")
    parser.add_argument("--stored", type=pathlib.Path, default=STORED, help="beside another file of counts")
    given = parser.parse_args()
    try:
        here, found = counted(given.program)
        if given.update:
            given.stored.write_text(json.dumps({"conditions": here, "kernels": found}, indent=1) + "\n")
            print(f"instructions.py: {given.stored} holds {len(found)} kernels")
            return 0
        if not given.stored.exists():
            print(f"instructions.py: {given.stored} is missing; --update makes it")
            return 1
        stored = json.loads(given.stored.read_text())
        for key in sorted({*here, *stored["conditions"]}):
            then, now = stored["conditions"].get(key), here.get(key)
            if then != now:
                raise Skipped(f"what is stored is of {key} '{then}', this is '{now}'")
    except Skipped as why:
        print(f"instructions.py: skipped: {why}")
        return SKIPPED
    beyond = compared(stored["kernels"], found)
    if beyond:
        print("instructions.py: what got faster or slower on purpose is stored by --update, and said in the CHANGELOG")
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
