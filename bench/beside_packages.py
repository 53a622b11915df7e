# SPDX-License-Identifier: Apache-2.0
"""What the comparisons of the package apical with packages of PyPI share: samples, a run of ours, intervals, the machine."""
import gzip
import math
import os
import pathlib
import statistics
import struct
import tempfile
import time

import numpy as np

T975 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 8: 2.365, 10: 2.262}  # Student's t, 97.5 %, of so many seeds


def one_thread_or(threads):
    """For libraries that ask the environment; before they are imported."""
    for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[library] = str(threads)


def idx(name):
    """An IDX file of unsigned bytes as an array."""
    raw = gzip.decompress(pathlib.Path(os.environ["APICAL_DATA"], "mnist", name + ".gz").read_bytes())
    dimensions = struct.unpack(f">{raw[3]}I", raw[4:4 + 4 * raw[3]])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(dimensions)


def mnist():
    def pixels(name):
        return np.ascontiguousarray(idx(name).reshape(-1, 784) / np.float32(255), np.float32)

    return (pixels("train-images-idx3-ubyte"), idx("train-labels-idx1-ubyte").astype(np.int64),
            pixels("t10k-images-idx3-ubyte"), idx("t10k-labels-idx1-ubyte").astype(np.int64))


def yin_yang(samples, seed):
    """Kriener, Göltz & Petrovici (2022): yin, yang and dots, classes in turn; both coordinates and 1 minus them."""
    chance, out, labels = np.random.default_rng(seed), [], []
    while len(out) < samples:
        x, y = chance.uniform(0, 1, 2)
        if math.hypot(x - 0.5, y - 0.5) > 0.5:
            continue
        right, left = math.hypot(x - 0.75, y - 0.5), math.hypot(x - 0.25, y - 0.5)
        if right < 0.1 or left < 0.1:
            label = 2
        else:
            yin = right <= 0.1 or 0.1 < left <= 0.25 or (y > 0.5 and right > 0.25)
            label = 0 if yin else 1
        if label == len(out) % 3:
            out.append((x, y, 1 - x, 1 - y))
            labels.append(label)
    return np.array(out, np.float32), np.array(labels, np.int64)


def run_of_ours(data, model, epochs, seed, threads):
    """Seconds of the whole call, with evaluations, checkpoint and report, and the last test's accuracy."""
    import apical as ap

    task = ap.Task.arrays(data[0], data[1], test=(data[2], data[3]))
    exp = ap.experiment(task, model, training={"epochs": epochs})
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        run = exp.run(seeds=[seed], out=folder + "/run", threads=threads)
        took = time.perf_counter() - began
        m = run.metrics
    return took, float(m[(m.split == "test") & (m.epoch == m.epoch.max())].accuracy.mean())


def interval(values):
    """Mean and 95 % interval over seeds, in per cent; Student's t of the logits, so that it stays between 0 and 100."""
    logits = [math.log(v / (1 - v)) for v in values]
    middle, n = statistics.mean(logits), len(values)
    half = T975[n] * statistics.stdev(logits) / math.sqrt(n)
    low, high = (100 / (1 + math.exp(-x)) for x in (middle - half, middle + half))
    return f"{100 * statistics.mean(values):.2f} [{low:.2f}, {high:.2f}]"


def machine():
    """The processor and how busy it is."""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        cpu = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), "unknown processor")
    return f"{cpu}, load {os.getloadavg()[0]:.1f}"
