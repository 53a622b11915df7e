# SPDX-License-Identifier: Apache-2.0
"""The first block of code of the design page, as written."""

from __future__ import annotations

import matplotlib as mpl

mpl.use("agg")


def test_the_first_thing_a_user_writes() -> None:
    import apical as ap

    exp = ap.Experiment("experiments/yin-yang/error-neurons.toml")
    exp["training.epochs"] = 20
    print(exp.check())
    run = exp.run(seeds=5, out="runs/yy", callbacks=[ap.live()])
    run.metrics.groupby(["epoch", "split"]).accuracy.mean().unstack().plot()
    run.recordings["a1.err.soma"].sel(seed=1).plot()
    w = run.weights("a1.rep->a2.rep", seed=1)

    assert w.shape == (3, 120)
    assert run.metrics[run.metrics.split == "test"].accuracy.mean() > 0.8
