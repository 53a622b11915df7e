# SPDX-License-Identifier: Apache-2.0
import apical as ap

exp = ap.Experiment("experiments/yin-yang/error-neurons.toml")      # or a dict, or ap.experiment(task=..., model=...)
exp["training.epochs"] = 20
print(exp.check())                                  # memory, bytes, minutes
run = exp.run(seeds=5, out="runs/yy", callbacks=[ap.live()])
run.metrics.groupby(["epoch", "split"]).accuracy.mean().unstack().plot()
run.recordings["a1.err.soma"].sel(seed=1).plot()    # xarray
run.weights("a1.rep->a2.rep", seed=1)

c = ap.Circuit("mine", dt_ms=0.1)                   # own circuit, rate or spiking
x, y = c.input("input", 784), c.target("label", 10)
v1 = c.population("v1.pyr", 200, activation="tanh", basal=0.1, apical=0.06)
v2 = c.population("v2.pyr", 10, activation="tanh", basal=0.1, apical=0.06)
rule = ap.rule("eta * (look - a * v) * pre - decay * w", eta=0.02, decay=1e-4)   # refused if a symbol is not local to the synapse
ff1 = c.connect(x, v1.basal, weights=ap.uniform(-.5, .5), rule=rule)
ff2 = c.connect(v1, v2.basal, weights=ap.uniform(-.5, .5), rule=rule)
c.connect(v2, v1.apical, weights=ff2.T + ap.normal(0, .05), pathway="feedback")
c.connect(y, v2.apical, one_to_one=True, pathway="teaching")
c                                                   # drawn in the notebook; what is local and what is not
print(c.to_toml())

task = ap.Task.arrays(X, Y, test=(Xt, Yt))          # or .loader(torch_loader), .env(gymnasium_env)
r = ap.compare(task, [c, "burstprop", "backpropagation"], seeds=5)
r.table; r.plot.accuracy(); r.plot.angle()          # figures for the paper: axes returned, PDF and SVG, data as CSV

with ap.Simulation(c, seed=1) as sim:               # closed loop, step by step
    for t, image in enumerate(stream):
        sim.show(image, steps=20)
        trace[t] = sim["v1.pyr.apical"]
        if t == 500: sim.silence("v2.pyr", units=[0, 1])

s = ap.sweep(exp, {"model.eta": [[300, 8], [100, 3]]}, seeds=10, on="local")     # or "slurm", "mpi"
s.wait().table
best = ap.tune(exp, space={"model.eta": ap.log_uniform(1, 1e4)}, trials=40)       # equal, recorded effort for every rule compared
