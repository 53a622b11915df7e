#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `apical check` says of memory beside what runs take: peak resident size of the process, with two threads.

    bench/memory.py PROGRAM [NAME…]

prints a table; names choose cases. Nothing is asserted: sizes of libraries differ from machine to machine.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path


def experiment(model: str, *, task: str = 'name = "yin-yang"\ntrain_samples = 200', seeds: int = 1,
               training: str = "epochs = 1", more: str = "") -> str:
    return (f"[task]\n{task}\n[model]\n{model}\n[training]\n{training}\n"
            f"[run]\nseeds = {seeds}\n{more}")


FEW = 'name = "yin-yang"\ntrain_samples = 20\nvalidation_samples = 10\ntest_samples = 10'
CASES = {
    "one small network": experiment('name = "backpropagation"\nlayers = [4, 20, 3]'),
    "backpropagation, 4e6 weights": experiment('name = "backpropagation"\nlayers = [4, 2000, 2000, 3]'),
    "the same, 3 seeds": experiment('name = "backpropagation"\nlayers = [4, 2000, 2000, 3]', seeds=3),
    "too large to be examined": experiment('name = "backpropagation"\nlayers = [4, 3500, 3500, 3]', seeds=2),
    "feedback alignment, 2 seeds": experiment('name = "feedback-alignment"\nlayers = [4, 2000, 2000, 3]',
                                              seeds=2),
    "predictive coding, 2 seeds": experiment('name = "predictive-coding"\nlayers = [4, 1000, 1000, 3]',
                                             seeds=2),
    "a batch of 5000": experiment('name = "backpropagation"\nlayers = [4, 1000, 1000, 3]\nbatch = 5000',
                                  task='name = "yin-yang"\ntrain_samples = 5000'),
    "a million samples": experiment('name = "backpropagation"\nlayers = [4, 20, 3]',
                                    task='name = "yin-yang"\ntrain_samples = 1000000'),
    "error neurons, 1e6 synapses": experiment('name = "error-neuron-microcircuit"\nlayers = [4, 1000, 1000, 3]',
                                              task=FEW),
    "error neurons, 16 seeds": experiment('name = "error-neuron-microcircuit"\nlayers = [4, 500, 500, 3]',
                                          task=FEW, seeds=16),
    "error neurons, 1e5 units": experiment('name = "error-neuron-microcircuit"\nlayers = [4, 100000, 3]',
                                           task=FEW),
    "layered reference, 4 seeds": experiment('name = "layered-reference"\nlayers = [4, 1400, 1400, 3]',
                                             task=FEW, seeds=4),
    "PPO, 2000 environments": experiment('name = "backpropagation"\nlayers = [4, 64, 64, 2]',
                                         task='name = "cart-pole-v1"', training="environment_steps = 256000",
                                         seeds=2, more="[reward]\nenvironments = 2000\nsteps = 128\n"),
}


def peak_bytes(command: list[str]) -> float:
    """Of a child process, which must succeed."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit {child.returncode}")
    return usage.ru_maxrss * 1024.0


def main() -> None:
    program, names = sys.argv[1], sys.argv[2:] or list(CASES)
    print(f"{'case':32s} {'said':>9s} {'peak':>9s}   said / peak")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "experiment.toml"
            file.write_text(CASES[name])
            check = subprocess.run([program, "check", file, "--json"], check=True, capture_output=True)
            said = sum(e["memory_bytes"] for e in json.loads(check.stdout)["experiments"])
            peak = peak_bytes([program, "run", str(file), "--out", f"{folder}/run", "--quiet", "--threads", "2"])
        print(f"{name:32s} {said / 1e6:6.0f} MB {peak / 1e6:6.0f} MB   {said / peak:.2f}", flush=True)


if __name__ == "__main__":
    main()
