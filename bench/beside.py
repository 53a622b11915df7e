# SPDX-License-Identifier: Apache-2.0
"""What the comparisons with PyTorch share: where Apical's benchmarks are, one figure of them, and the machine."""
import json
import os
import subprocess
import sys

import torch


def program():
    """The benchmarks' path: the first argument, or the release build's."""
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "build", "release", "bench", "apical_bench")
    if not os.path.exists(path):
        sys.exit(f"{path}: not built; build the target apical_bench or give its path")
    return path


def measured(path, benchmark, threads, seconds):
    """One benchmark's figures and counters by name."""
    answer = subprocess.run([path, f"--benchmark_filter=^{benchmark}/{threads}/real_time$", f"--benchmark_min_time={seconds}",
                             "--benchmark_format=json"], check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)["benchmarks"][0]


def machine():
    """Processor, PyTorch, forced BLAS kernels and load in a line."""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        cpu = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), "unknown processor")
    return f"{cpu}; torch {torch.__version__}; OPENBLAS_CORETYPE {os.environ.get('OPENBLAS_CORETYPE', 'not set')}; load {os.getloadavg()[0]:.1f}"
