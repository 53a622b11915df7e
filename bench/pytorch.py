#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Credit rules on 784-500-500-10, batches of 64, float32, one thread: Apical beside plain PyTorch, in turns.

usage: bench/pytorch.py [PATH OF apical_bench]     (Debian: python3-torch)

Both use the BLAS of the system with the kernel it chooses by itself. Every rule is timed in five turns, PyTorch and Apical one after
the other; what is printed are the medians, so that whatever else the machine does touches both. PyTorch's versions are plain: first
backpropagation as everybody writes it, with autograd, then each rule by hand without autograd, weights updated in place. The last column
is Apical on two threads against Apical on one.
"""
import math
import os
import statistics
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before the library is loaded; Apical's calls are single-threaded by themselves

import torch  # noqa: E402

import beside  # noqa: E402

BATCH, SIZES, IMAGES = 64, (784, 500, 500, 10), 60000
TURNS, SECONDS = 5, 0.4

torch.set_num_threads(1)
torch.manual_seed(1)


def weights():
    return [torch.empty(o, i).uniform_(-1 / math.sqrt(i), 1 / math.sqrt(i)) for i, o in zip(SIZES, SIZES[1:])], [
        torch.zeros(o) for o in SIZES[1:]]


X = torch.rand(BATCH, SIZES[0])
LABELS = torch.arange(BATCH) % SIZES[-1]
Y = torch.nn.functional.one_hot(LABELS, SIZES[-1]).float()
ETA = 1e-4


def update(W, b, delta, h):
    for l, d in enumerate(delta):
        W[l].addmm_(d.t(), h[l], alpha=-ETA / BATCH)
        b[l].add_(d.sum(0), alpha=-ETA / BATCH)


def backpropagation_autograd():
    layers = [torch.nn.Linear(i, o) for i, o in zip(SIZES, SIZES[1:])]
    net = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU(), layers[2])
    optimiser = torch.optim.SGD(net.parameters(), lr=ETA)
    loss = torch.nn.CrossEntropyLoss()

    def step():
        optimiser.zero_grad()
        loss(net(X), LABELS).backward()
        optimiser.step()
    return step


def delta_rule(direct, transport):
    W, b = weights()
    B = weights()[0]
    D = [torch.rand(SIZES[-1], n) - 0.5 for n in SIZES[1:-1]]

    @torch.no_grad()
    def step():
        h = [X]
        for l in range(3):
            a = torch.addmm(b[l], h[-1], W[l].t())
            h.append(torch.relu(a) if l < 2 else torch.softmax(a, 1))
        delta = [None, None, h[3] - Y]
        for l in (1, 0):
            back = delta[2] @ D[l] if direct else delta[l + 1] @ (W if transport else B)[l + 1]
            delta[l] = back * (h[l + 1] > 0)
        update(W, b, delta, h)
    return step


def predictive_coding(steps=20, gamma=0.1):
    W, b = weights()

    @torch.no_grad()
    def step():
        v = [X]
        for l in range(3):
            a = torch.addmm(b[l], v[-1], W[l].t())
            v.append(torch.relu(a) if l < 2 else a)
        v[3] = Y
        drive = torch.addmm(b[0], X, W[0].t())  # of the clamped input: once

        def errors():
            a = [drive, torch.addmm(b[1], v[1], W[1].t()), torch.addmm(b[2], v[2], W[2].t())]
            e = [v[1] - torch.relu(a[0]), v[2] - torch.relu(a[1]), v[3] - a[2]]
            return e, [e[0] * (a[0] > 0), e[1] * (a[1] > 0), e[2]]
        for _ in range(steps):
            e, post = errors()
            v[1] = v[1] + gamma * (post[1] @ W[1] - e[0])
            v[2] = v[2] + gamma * (post[2] @ W[2] - e[1])
        post = errors()[1]
        update(W, b, [-p for p in post], v)
    return step


def equilibrium_propagation(free=20, nudged=8, beta=0.1, rate=0.5):
    W, b = weights()

    @torch.no_grad()
    def step():
        drive = torch.addmm(b[0], X, W[0].t())

        def settle(s, steps, strength):
            for _ in range(steps):
                u1 = torch.addmm(drive, s[1], W[1])
                u2 = torch.addmm(torch.addmm(b[1], s[0], W[1].t()), s[2], W[2])
                u3 = torch.addmm(b[2], s[1], W[2].t())
                if strength:
                    u3 = u3 + strength * (Y - s[2])
                s = [torch.lerp(x, torch.sigmoid(u), rate) for x, u in zip(s, (u1, u2, u3))]
            return s
        s0 = settle([torch.zeros(BATCH, n) for n in SIZES[1:]], free, 0)
        up, down = settle(s0, nudged, beta), settle(s0, nudged, -beta)
        for l in range(3):
            below = (X, X) if l == 0 else (up[l - 1], down[l - 1])
            W[l].addmm_(up[l].t(), below[0], alpha=ETA / (2 * beta * BATCH))
            W[l].addmm_(down[l].t(), below[1], alpha=-ETA / (2 * beta * BATCH))
            b[l].add_((up[l] - down[l]).sum(0), alpha=ETA / (2 * beta * BATCH))
    return step


RULES = {
    "backpropagation": (backpropagation_autograd, "nn.Linear, autograd, SGD"),
    "backpropagation by hand": (lambda: delta_rule(False, True), "by hand"),
    "feedback_alignment": (lambda: delta_rule(False, False), "by hand"),
    "direct_feedback_alignment": (lambda: delta_rule(True, False), "by hand"),
    "predictive_coding": (predictive_coding, "by hand, T = 20"),
    "equilibrium_propagation": (equilibrium_propagation, "by hand, T = 20 and 2 x 8"),
}


def torch_ms(step):
    step()
    start, n = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        step()
        n += 1
    return 1e3 * (time.perf_counter() - start) / n


def apical(program, rule, threads):
    result = beside.measured(program, rule, threads, SECONDS)
    return result["real_time"], result["of_peak"]


def main():
    program = beside.program()
    print(beside.machine())
    print(f"{'rule':<28}{'PyTorch ms':>11}{'Apical ms':>11}{'ratio':>7}{'epoch s':>9}{'of peak':>9}{'2 threads':>11}  PyTorch's version")
    for name, (make, how) in RULES.items():
        step = make()
        theirs, ours, both, peak = [], [], [], []
        rule = name.split(" ")[0]
        for _ in range(TURNS):
            theirs.append(torch_ms(step))
            ms, of_peak = apical(program, rule, 1)
            ours.append(ms)
            peak.append(of_peak)
            both.append(ms / apical(program, rule, 2)[0])
        t, a = statistics.median(theirs), statistics.median(ours)
        print(f"{name:<28}{t:>11.3f}{a:>11.3f}{t / a:>7.2f}{a * IMAGES / BATCH / 1e3:>9.2f}{statistics.median(peak):>9.2f}"
              f"{statistics.median(both):>11.2f}  {how}", flush=True)


if __name__ == "__main__":
    main()
