#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Feedback alignment on MNIST and Yin-Yang: the package apical beside BioTorch (PyPI), in turns, on the same samples for the same epochs.

usage: APICAL_DATA=FOLDER bench/beside_biotorch.py [--seeds 5] [--threads 1]

Needs apical, torch and biotorch in one virtual environment. Both learn from float32 arrays in memory, in batches of the same size, with
Adam at the same rate; BioTorch is given its batches as slices of one tensor, which is faster than a DataLoader. What is printed are medians
of the whole call, apical's with its evaluations, checkpoint and report; accuracies are means over seeds with 95 % intervals.
"""
import argparse
import statistics
import time

from beside_packages import T975, interval, machine, mnist, one_thread_or, run_of_ours, yin_yang

options = argparse.ArgumentParser()
options.add_argument("--seeds", type=int, default=5, choices=sorted(T975))
options.add_argument("--threads", type=int, default=1)
options = options.parse_args()
one_thread_or(options.threads)

import torch  # noqa: E402
from biotorch.layers.fa import Linear  # noqa: E402

import apical as ap  # noqa: E402

torch.set_num_threads(options.threads)


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
    model = {"name": "feedback-alignment", "layers": list(sizes), "batch": batch, "learning_rate": rate,
             "output": "softmax", "loss": "ce"}
    return run_of_ours(data, model, epochs, seed, options.threads)


def main():
    blas = "MKL" if torch.backends.mkl.is_available() else "OpenBLAS"
    print(f"{machine()}; torch {torch.__version__} ({blas}), apical {ap.__version__}; {options.threads} thread(s)")
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
