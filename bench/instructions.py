#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions that the kernels take, as valgrind counts them: the same on a busy machine as on an idle one.

    bench/instructions.py build/release/apical            beside what is stored; exit 1 if one takes 3 % more or less
    bench/instructions.py build/release/apical --update   stores what was counted, in bench/instructions.json

Each kernel is a small experiment that runs once and once more for twice as long; what it takes is the difference, so
that reading, building and reporting do not count. What was stored holds for one compiler and for the instruction set and the BLAS
kernels that the program finds under valgrind (which knows no AVX-512). With others, or without valgrind, nothing is
compared, which is said (exit 77).
"""
import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

STORED = pathlib.Path(__file__).resolve().parent / "instructions.json"
MOST = 0.03  # of what was stored
SKIPPED = 77


def task(train, seeds=1):
    """Yin-Yang with so many training samples."""
    return (
        f'[task]\nname = "yin-yang"\ntrain_samples = {train}\nvalidation_samples = 10\ntest_samples = 10\n'
        f"[run]\nseeds = {seeds}\n"
    )


def circuit(model, layers, train=10, seeds=1, more="", output="logistic"):
    return task(train, seeds) + (
        f'[model]\nname = "{model}"\nlayers = {layers}\nactivation = ["logistic", "{output}"]\n{more}'
        "[training]\nepochs = 1\nsettling_ms = 1\npresentation_ms = 0.5\n"
    )


def layered(rule, layers="[4, 256, 256, 3]", train=640, batch=64, more=""):
    return task(train) + (
        f'[model]\nname = "{rule}"\nlayers = {layers}\nbatch = {batch}\n{more}[training]\nepochs = 1\n'
    )


EPOCHS = ("training.epochs", 1)
KERNELS = {
    "rate circuit, one-to-one laterals": (circuit("error-neuron-microcircuit", [4, 120, 3]), *EPOCHS),
    "rate circuit, dense laterals": (
        circuit("error-neuron-microcircuit", [4, 120, 3], more="lateral_range = 0.3\nfeedback_deviation = 0.5\n"),
        *EPOCHS,
    ),
    "rate circuit, eight seeds in lanes": (circuit("error-neuron-microcircuit", [4, 30, 3], seeds=8), *EPOCHS),
    "dendritic microcircuit": (circuit("dendritic-microcircuit", [4, 30, 3], output="linear"), *EPOCHS),
    "backpropagation": (layered("backpropagation"), *EPOCHS),
    "backpropagation, small": (layered("backpropagation", "[4, 120, 3]", 400, 20), *EPOCHS),
    "feedback alignment": (layered("feedback-alignment"), *EPOCHS),
    "difference target propagation": (layered("difference-target-propagation", train=256), *EPOCHS),
    "predictive coding": (layered("predictive-coding", train=128), *EPOCHS),
    "equilibrium propagation": (layered("equilibrium-propagation", train=128), *EPOCHS),
    "burstprop": (layered("burstprop"), *EPOCHS),
    "spiking burstprop, XOR": (
        '[model]\nname = "burstprop-xor"\nneurons = 60\nin_degree = 20\nexample_s = 0.5\nalpha_s = 0.1\n'
        "[training]\nepochs = 1\n[run]\nseeds = 1\n",
        *EPOCHS,
    ),
}


def counted(program, text, change, folder):
    """Instructions of one run."""
    file = folder / "kernel.toml"
    file.write_text(text)
    out = folder / "run"
    shutil.rmtree(out, ignore_errors=True)
    words = [program, "run", str(file), "--quiet", "--threads", "1", "--set", change, "--out", str(out)]
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *words], capture_output=True, text=True
    )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or found is None:
        raise SystemExit(f"instructions.py: {' '.join(words)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return int(found.group(1))


def taken(program, kernel):
    text, key, once = KERNELS[kernel]
    with tempfile.TemporaryDirectory() as folder:
        one, two = (counted(program, text, f"{key}={n}", pathlib.Path(folder)) for n in (once, 2 * once))
    return two - one


def conditions(program):
    """Whatever the counts depend on besides the sources."""
    words = ["valgrind", "--tool=none", "-q", program, "--version", "--json"]
    answer = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    return {key: answer[key] for key in ("compiler", "build", "instruction_set", "blas_kernels")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("instructions.py: skipped: there is no valgrind (Debian: valgrind)")
        return SKIPPED
    here = conditions(given.program)
    if not given.update and not STORED.exists():
        print(f"instructions.py: {STORED} is missing; --update makes it")
        return 1
    stored = json.loads(STORED.read_text()) if STORED.exists() else {"conditions": None, "kernels": {}}
    if not given.update and stored["conditions"] != here:
        print(f"instructions.py: skipped: what is stored is of {stored['conditions']}, this is {here}")
        return SKIPPED
    with ThreadPoolExecutor(given.jobs) as pool:
        found = dict(zip(KERNELS, pool.map(lambda k: taken(given.program, k), KERNELS)))
    if given.update:
        STORED.write_text(json.dumps({"conditions": here, "kernels": found}, indent=1) + "\n")
    beyond = 0
    print(f"{'kernel':38} {'instructions':>14} {'stored':>14}  change")
    for kernel, count in found.items():
        before = stored["kernels"].get(kernel)
        change = count / before - 1 if before else None
        far = change is None or abs(change) > MOST
        beyond += far and not given.update
        shown = "new" if change is None else f"{100 * change:+.2f} %"
        print(f"{kernel:38} {count:14,} {before or 0:14,}  {shown}{'  BEYOND 3 %' if far and not given.update else ''}")
    if beyond:
        print("instructions.py: what got faster or slower on purpose is stored by --update, and said in the CHANGELOG")
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
