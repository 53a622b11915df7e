#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Predictive coding on MNIST: the package apical beside PCX (PyPI, JAX on the CPU), in turns, on the same samples for one epoch.

usage: APICAL_DATA=FOLDER bench/beside_pcx.py [--seeds 5] [--threads 1] [--samples 60000]

Needs apical, jax and pcx in one virtual environment; jpc, which would be the other one to look at, is no package of PyPI, and is tried where it is
installed. Both begin with a forward pass, infer hidden values for the same number of steps and the same rate, and change weights once for each
batch with Adam at the same rate. PCX's compilation is timed apart. What is printed are medians of the whole call, apical's with its evaluations,
checkpoint and report; accuracies are means over seeds with 95 % intervals.
"""
import argparse
import importlib.metadata
import importlib.util
import os
import statistics
import time

from beside_packages import T975, interval, machine, mnist, one_thread_or, run_of_ours

options = argparse.ArgumentParser()
options.add_argument("--seeds", type=int, default=5, choices=sorted(T975))
options.add_argument("--threads", type=int, default=1)
options.add_argument("--samples", type=int, default=60000)
options = options.parse_args()
one_thread_or(options.threads)
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'true' if options.threads > 1 else 'false'} intra_op_parallelism_threads={options.threads}"
if hasattr(os, "sched_setaffinity"):  # XLA asks nobody else how many threads it may use
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:options.threads])

import jax  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402
import pcx as px  # noqa: E402
import pcx.functional as pxf  # noqa: E402
import pcx.nn as pxnn  # noqa: E402
import pcx.predictive_coding as pxc  # noqa: E402
import pcx.utils as pxu  # noqa: E402

import apical as ap  # noqa: E402

SIZES, BATCH, RATE, STEPS, INFERENCE_RATE = (784, 256, 10), 64, 1e-3, 20, 0.1


class Network(pxc.EnergyModule):
    """Linear, ReLU, value node; the last node's energy is the cross entropy of its softmax."""

    def __init__(self, sizes):
        super().__init__()
        self.layers = [pxnn.Linear(i, o) for i, o in zip(sizes, sizes[1:])]
        self.nodes = [pxc.Vode() for _ in sizes[1:-1]] + [pxc.Vode(pxc.ce_energy)]
        self.nodes[-1].h.frozen = True

    def __call__(self, x, y):
        for node, layer in zip(self.nodes[:-1], self.layers[:-1]):
            x = node(jax.nn.relu(layer(x)))
        self.nodes[-1](self.layers[-1](x))
        if y is not None:
            self.nodes[-1].set("h", y)
        return self.nodes[-1].get("u")


PER_SAMPLE = pxu.M(pxc.VodeParam | pxc.VodeParam.Cache).to((None, 0))


@pxf.vmap(PER_SAMPLE, in_axes=(0, 0), out_axes=0)
def forward(x, y, *, model):
    return model(x, y)


@pxf.vmap(PER_SAMPLE, in_axes=(0,), out_axes=(None, 0), axis_name="batch")
def energy(x, *, model):
    y = model(x, None)
    return jax.lax.pmean(model.energy().sum(), "batch"), y


@pxf.jit()
def learn(x, y, *, model, optim_w, optim_h):
    with pxu.step(model, pxc.STATUS.INIT, clear_params=pxc.VodeParam.Cache):
        forward(x, y, model=model)
    optim_h.init(pxu.M_hasnot(pxc.VodeParam, frozen=True)(model))
    for _ in range(STEPS):
        with pxu.step(model, clear_params=pxc.VodeParam.Cache):
            _, g = pxf.value_and_grad(pxu.M_hasnot(pxc.VodeParam, frozen=True).to([False, True]), has_aux=True)(energy)(x, model=model)
        optim_h.step(model, g["model"], scale_by=float(x.shape[0]))  # the energy is a mean over the batch
    optim_h.clear()
    with pxu.step(model, clear_params=pxc.VodeParam.Cache):
        _, g = pxf.value_and_grad(pxu.M(pxnn.LayerParam).to([False, True]), has_aux=True)(energy)(x, model=model)
    optim_w.step(model, g["model"])


@pxf.vmap(PER_SAMPLE, in_axes=(0,), out_axes=0)
def predict(x, *, model):
    return model(x, None)


@pxf.jit()
def answer(x, *, model):
    with pxu.step(model, pxc.STATUS.INIT, clear_params=pxc.VodeParam.Cache):
        return predict(x, model=model).argmax(axis=-1)


def weights_of(model):
    def is_weight(p):
        return isinstance(p, pxnn.LayerParam)

    return [p for p in jax.tree_util.tree_leaves(model, is_leaf=is_weight) if is_weight(p)]


def in_pcx(data, seed):
    """Seconds of an epoch, its accuracy and seconds of compilation."""
    x, y, test_x, test_y = data
    wanted = np.eye(SIZES[-1], dtype=np.float32)[y]
    px.RKG.seed(seed)
    rng = np.random.default_rng(seed)
    began = time.perf_counter()
    model = Network(SIZES)
    with pxu.step(model, pxc.STATUS.INIT, clear_params=pxc.VodeParam.Cache):
        forward(x[:BATCH], wanted[:BATCH], model=model)  # nodes take their shapes
    begin = [(p, p.get()) for p in weights_of(model)]
    optim_h = pxu.Optim(lambda: optax.sgd(INFERENCE_RATE))
    optim_w = pxu.Optim(lambda: optax.adam(RATE), pxu.M(pxnn.LayerParam)(model))
    learn(x[:BATCH], wanted[:BATCH], model=model, optim_w=optim_w, optim_h=optim_h)
    compiled = time.perf_counter() - began
    for p, value in begin:
        p.set(value)
    optim_w = pxu.Optim(lambda: optax.adam(RATE), pxu.M(pxnn.LayerParam)(model))
    began = time.perf_counter()
    order = rng.permutation(len(x))
    for k in range(0, len(x) - BATCH + 1, BATCH):
        now = order[k:k + BATCH]
        learn(x[now], wanted[now], model=model, optim_w=optim_w, optim_h=optim_h)
    for node in model.nodes:
        node.h.set(None)  # those of the last batch
    said = np.asarray(answer(test_x, model=model))
    return time.perf_counter() - began, float((said == test_y).mean()), compiled


def in_apical(data, seed):
    model = {"name": "predictive-coding", "layers": list(SIZES), "batch": BATCH, "learning_rate": RATE,
             "inference_steps": STEPS, "gamma": INFERENCE_RATE, "output": "softmax", "loss": "ce", "init": "fan_in_uniform"}  # as equinox begins
    return run_of_ours(data, model, 1, seed, options.threads)


def main():
    print(f"{machine()}; jax {jax.__version__}, pcx {importlib.metadata.version('pcx')}, apical {ap.__version__}; {options.threads} thread(s)")
    print("jpc: " + ("installed, and not measured here" if importlib.util.find_spec("jpc") else "not to be had from PyPI; PCX stands for predictive coding in JAX"))
    x, y, test_x, test_y = mnist()
    data = x[:options.samples], y[:options.samples], test_x, test_y
    theirs, ours = [], []
    for seed in range(1, options.seeds + 1):
        theirs.append(in_pcx(data, seed))
        ours.append(in_apical(data, seed))
    t, o = (statistics.median(row[0] for row in rows) for rows in (theirs, ours))
    print(f"MNIST {'-'.join(map(str, SIZES))}, predictive coding, 1 epoch of {options.samples}, batch {BATCH}, {STEPS} steps of inference\n"
          f"  PCX    {t:.2f} s, {interval([r[1] for r in theirs])} %; compiled in {statistics.median(r[2] for r in theirs):.1f} s\n"
          f"  Apical {o:.2f} s, {interval([r[1] for r in ours])} %\n  ratio {t / o:.1f}")


if __name__ == "__main__":
    main()
