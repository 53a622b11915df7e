#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Feedback alignment on MNIST and Yin-Yang: the package apical beside BioTorch (PyPI), in turns, on the same samples for the same epochs.

usage: APICAL_DATA=FOLDER bench/beside_biotorch.py [--seeds 5] [--threads 1]

Needs apical, torch and biotorch in one virtual environment. Both learn from float32 arrays in memory, in batches of the same size, with
Adam at the same rate; BioTorch is given its batches as slices of one tensor, which is faster than a DataLoader. What is printed are medians
of the whole call, apical's with its evaluations, checkpoint and report; accuracies are means over seeds with 95 % intervals.
"""
import argparse
import gzip
import math
import os
import pathlib
import statistics
import struct
import tempfile
import time

T975 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 8: 2.365, 10: 2.262}  # Student's t, 97.5 %, of so many seeds

options = argparse.ArgumentParser()
options.add_argument("--seeds", type=int, default=5, choices=sorted(T975))
options.add_argument("--threads", type=int, default=1)
options = options.parse_args()
for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[library] = str(options.threads)

import numpy as np  # noqa: E402
import torch  # noqa: E402
from biotorch.layers.fa import Linear  # noqa: E402

import apical as ap  # noqa: E402

torch.set_num_threads(options.threads)


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


def in_biotorch(data, sizes, batch, rate, epochs, seed):
    x, y, test_x, test_y = (torch.from_numpy(a) for a in data)
    torch.manual_seed(seed)
    parts = []
    for i, o in zip(sizes, sizes[1:]):
        parts += [Linear(i, o), torch.nn.ReLU()]
    net = torch.nn.Sequential(*parts[:-1])
    optimiser, loss = torch.optim.Adam(net.parameters(), lr=rate), torch.nn.CrossEntropyLoss()
    began = time.perf_counter()
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for k in range(0, len(x), batch):
            now = order[k:k + batch]
            optimiser.zero_grad()
            loss(net(x[now]), y[now]).backward()
            optimiser.step()
    with torch.no_grad():
        accuracy = (net(test_x).argmax(1) == test_y).float().mean().item()
    return time.perf_counter() - began, accuracy


def in_apical(data, sizes, batch, rate, epochs, seed):
    task = ap.Task.arrays(data[0], data[1], test=(data[2], data[3]))
    exp = ap.experiment(task, {"name": "feedback-alignment", "layers": list(sizes), "batch": batch, "learning_rate": rate},
                        training={"epochs": epochs})
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        run = exp.run(seeds=[seed], out=folder + "/run", threads=options.threads)
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


def main():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        cpu = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), "unknown processor")
    blas = "MKL" if torch.backends.mkl.is_available() else "OpenBLAS"
    print(f"{cpu}; torch {torch.__version__} ({blas}), apical {ap.__version__}; {options.threads} thread(s), load {os.getloadavg()[0]:.1f}")
    works = [("MNIST 784-256-10, 1 epoch, batch 64", mnist(), (784, 256, 10), 64, 1e-3, 1),
             ("Yin-Yang 4-120-3, 20 epochs, batch 20", (*yin_yang(5000, 42), *yin_yang(1000, 40)), (4, 120, 3), 20, 1e-2, 20)]
    for title, *work in works:
        times = {in_biotorch: [], in_apical: []}
        accuracies = {in_biotorch: [], in_apical: []}
        for seed in range(1, options.seeds + 1):
            for library in (in_biotorch, in_apical):
                took, accuracy = library(*work, seed)
                accuracies[library].append(accuracy)
                times[library].append(took)
        theirs, ours = (statistics.median(times[library]) for library in (in_biotorch, in_apical))
        print(f"{title}\n  BioTorch {theirs:.2f} s, {interval(accuracies[in_biotorch])} %\n"
              f"  Apical   {ours:.2f} s, {interval(accuracies[in_apical])} %\n  ratio {theirs / ours:.1f}")


if __name__ == "__main__":
    main()
