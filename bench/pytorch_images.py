#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The CIFAR-10 network of burstprop, batches of 32, float32, on one and two threads: Apical beside plain PyTorch, in turns.

usage: bench/pytorch_images.py [PATH OF apical_bench]     (Debian: python3-torch)

3x32x32, conv 64 5x5 stride 2, conv 128 5x5 stride 2, conv 256 3x3, dense 1024, 10; all units logistic, momentum. As in bench/pytorch.py
either side is timed in turns, and medians are printed. Images per second are of wall time; the ratio of processor time (of one
thread) beside it does not know of other programs. PyTorch's convolutions are those of oneDNN; burstprop is written down as it is
published (Payeur et al. 2021): conv2d up, one conv_transpose2d down for bursts with and without the teacher together, gradients of the weights
once for the forward and the feedback weights, and no automatic differentiation. Debian's PyTorch multiplies dense matrices by OpenBLAS, whose
threads torch.set_num_threads does not set. Either rule is tried in both memory formats and with one or all threads for OpenBLAS (two compete
with those of PyTorch), and the fastest of these is compared.
"""
import ctypes
import itertools
import os
import statistics
import time

import torch
from torch.nn import functional as F

import beside

BATCH, TURNS, SECONDS = 32, 7, 1.0
CONVOLUTIONS = ((64, 3, 5, 2, 1), (128, 64, 5, 2, 1), (256, 128, 3, 1, 0))  # channels, below, kernel, stride, what a stride leaves over
DENSE = ((1024, 256 * 9), (10, 1024))
ETA, MOMENTUM, DECAY, P = 0.32e-4, 0.9, 1e-6, 0.2

BLAS = ctypes.CDLL("libopenblas.so.0")

torch.manual_seed(1)
X = torch.rand(BATCH, 3, 32, 32)
Y = F.one_hot(torch.arange(BATCH) % 10, 10).float()


def backpropagation(layout):
    layers = []
    for out, below, kernel, stride, _ in CONVOLUTIONS:
        layers += [torch.nn.Conv2d(below, out, kernel, stride), torch.nn.Sigmoid()]
    layers.append(torch.nn.Flatten())
    for out, below in DENSE:
        layers += [torch.nn.Linear(below, out), torch.nn.Sigmoid()]
    net = torch.nn.Sequential(*layers).to(memory_format=layout)
    x = X.contiguous(memory_format=layout)
    optimiser = torch.optim.SGD(net.parameters(), lr=ETA, momentum=MOMENTUM)
    loss = torch.nn.MSELoss()

    def step():
        optimiser.zero_grad()
        loss(net(x), Y).backward()
        optimiser.step()
    return step


def burstprop(layout):
    shapes = [(o, i, k, k) for o, i, k, _, _ in CONVOLUTIONS] + list(DENSE)
    def in_layout(x):
        return x.contiguous(memory_format=layout) if x.dim() == 4 else x
    images = in_layout(X)
    W = [in_layout(torch.nn.init.xavier_normal_(torch.empty(s))) for s in shapes]
    B = [in_layout(torch.randn(s)) for s in shapes]  # the first feeds nothing
    c = [torch.zeros(s[0]) for s in shapes]
    R = torch.empty(1024, 1024).uniform_(-0.01, 0.01)
    moving = [W, B, c]
    velocity = [[torch.zeros_like(x) for x in group] for group in moving]

    def down(l, b):
        if l >= 3:
            return b @ B[l]
        _, _, _, stride, left_over = CONVOLUTIONS[l]
        return F.conv_transpose2d(b, B[l], stride=stride, output_padding=left_over)

    @torch.no_grad()
    def step():
        e = [images]
        for l in range(3):
            e.append(torch.sigmoid(F.conv2d(e[-1], W[l], c[l], stride=CONVOLUTIONS[l][3])))
        e.append(torch.sigmoid(F.linear(e[-1].flatten(1), W[3], c[3])))
        e.append(torch.sigmoid(F.linear(e[-1], W[4], c[4])))
        b = P * e[5]
        taught = P * ((Y - e[5]) * (1 - e[5]) + 1) * e[5]
        delta = [None] * 5
        delta[4] = b - taught
        for l in (3, 2, 1, 0):
            rate = e[l + 1]
            s, s_taught = (part.reshape(rate.shape) for part in down(l + 1, torch.cat((b, taught))).chunk(2))
            u, u_taught = s * (1 - rate), s_taught * (1 - rate)
            if l == 3:
                q = torch.sigmoid(s) * rate
                r = q @ R.t()
                u, u_taught = u - r, u_taught - r
                recurrent = u.t() @ q
            b, taught = torch.sigmoid(u) * rate, torch.sigmoid(u_taught) * rate
            delta[l] = b - taught
        for l in range(5):
            if l < 3:
                G = torch.nn.grad.conv2d_weight(e[l], W[l].shape, delta[l], stride=CONVOLUTIONS[l][3])
                g = delta[l].sum((0, 2, 3))
            else:
                G = delta[l].t() @ e[l].flatten(1)
                g = delta[l].sum(0)
            for group, change, decay in ((0, G, DECAY), (1, G, DECAY), (2, g, 0)):
                if group == 1 and l == 0:
                    continue
                v, x = velocity[group][l], moving[group][l]
                v.mul_(MOMENTUM).add_(change, alpha=-ETA / BATCH)
                x.mul_(1 - decay).add_(v)
        R.add_(recurrent, alpha=1e-8)
    return step


RULES = {"backpropagation": ("image_backpropagation", backpropagation), "burstprop, learned feedback": ("image_burstprop", burstprop)}


def pytorch_speed(step, threads, blas_threads):
    torch.set_num_threads(threads)
    BLAS.openblas_set_num_threads(blas_threads)
    step()
    start, cpu, n = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - start < SECONDS:
        step()
        n += 1
    return BATCH * n / (time.perf_counter() - start), 1e3 * (time.process_time() - cpu) / n


def apical_speed(program, benchmark, threads):
    result = beside.measured(program, benchmark, threads, SECONDS)
    return result["images_per_s"], result["cpu_time"], result["of_peak"]


def main():
    program = beside.program()
    print(beside.machine())
    print(f"{'rule':<29}{'threads':>7}{'PyTorch/s':>11}{'Apical/s':>10}{'ratio':>7}{'of CPU time':>13}{'of peak':>9}{'load':>6}")
    for name, (benchmark, make) in RULES.items():
        steps = [make(layout) for layout in (torch.contiguous_format, torch.channels_last)]
        for threads in (1, 2):
            fastest = max(itertools.product(steps, (threads,), {1, threads}), key=lambda way: pytorch_speed(*way)[0])
            theirs, ours, by_cpu, peak = [], [], [], []
            for _ in range(TURNS):
                speed, their_ms = pytorch_speed(*fastest)
                theirs.append(speed)
                speed, our_ms, of_peak = apical_speed(program, benchmark, threads)
                ours.append(speed)
                peak.append(of_peak)
                by_cpu.append(their_ms / our_ms)
            t, a = statistics.median(theirs), statistics.median(ours)
            # Of two threads the benchmark reports the processor time of one only.
            processor = f"{statistics.median(by_cpu):.2f}" if threads == 1 else "-"
            print(f"{name:<29}{threads:>7}{t:>11.0f}{a:>10.0f}{statistics.median(b / c for b, c in zip(ours, theirs)):>7.2f}{processor:>13}"
                  f"{statistics.median(peak):>9.2f}{os.getloadavg()[0]:>6.1f}", flush=True)


if __name__ == "__main__":
    main()
