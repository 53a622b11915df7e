// SPDX-License-Identifier: Apache-2.0
// Made-up circuits and curves for tests of reports and drawings. No run produced these numbers.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "apical/circuit/circuit.h"
#include "apical/report/compose/report_data.h"

namespace apical::samples {

inline Population neurons(std::string area, const std::string& name, std::size_t size,
                          std::vector<Compartment> compartments) {
  Population p;
  p.name = area + "." + name;
  p.area = std::move(area);
  p.size = size;
  p.leak = 0.03;
  p.compartments = std::move(compartments);
  return p;
}

struct ErrorNeuronOptions {
  bool skip = false;
  bool target_to_error = false;  ///< a teaching projection; else the neuron compares its rate with a teacher
};

/// Representation and error neurons per area, sizes[0] inputs.
inline Circuit error_neurons(const std::vector<std::size_t>& sizes, ErrorNeuronOptions options = {}) {
  Circuit c;
  c.name = options.skip ? "error neurons with skip connections" : "error neurons";
  PlasticityRule rule{.eta = 1e-3};
  rule.post = {.kind = PostFactor::Kind::voltage_residual, .compartment = "basal"};
  rule.pre = {.kind = PreFactor::Kind::transmitted};
  const PopulationId input = c.add_external("input", sizes[0]);
  const PopulationId target = c.add_external("target", sizes.back());
  c.set_stimulus(input);
  c.set_target(target);
  std::vector<PopulationId> rep, err;
  const std::size_t areas = sizes.size() - 1;
  for (std::size_t i = 0; i < areas; ++i) {
    const std::string area = i + 1 == areas ? "output" : "v" + std::to_string(i + 1);
    Population r = neurons(area, "rep", sizes[i + 1], {{"basal", 0.1}, {"apical", 0.06}});
    if (i + 1 == areas && !options.target_to_error) r.teacher = target;
    rep.push_back(c.add_population(r));
    err.push_back(c.add_population(neurons(area, "err", sizes[i + 1], {{"dendrite", 0.1}})));
  }
  const auto forward = [&](PopulationId from, PopulationId to) {
    return c.connect(from, to,
                     {.compartment = "basal", .weights = InitialWeights::uniform(-1, 1), .rule = rule});
  };
  std::vector<ProjectionId> up;
  for (std::size_t i = 0; i < areas; ++i) up.push_back(forward(i == 0 ? input : rep[i - 1], rep[i]));
  for (std::size_t i = 0; options.skip && i < areas; ++i) {
    for (std::size_t k = i + 1; k < areas; ++k) {
      const ProjectionId w = forward(i == 0 ? input : rep[i - 1], rep[k]);
      if (i > 0)
        c.connect(err[k], err[i - 1],
                  {.compartment = "dendrite", .pathway = Pathway::feedback, .view = TransposedView{.of = w}});
    }
  }
  for (std::size_t i = 0; i < areas; ++i) {
    const bool last = i + 1 == areas;
    c.connect(err[i], rep[i],
              {.compartment = "apical",
               .topology = Topology::one_to_one,
               .pathway = Pathway::lateral,
               .weights = InitialWeights::eye()});
    if (!last) {
      c.connect(
          err[i + 1], err[i],
          {.compartment = "dendrite", .pathway = Pathway::feedback, .view = TransposedView{.of = up[i + 1]}});
      c.connect(rep[i], err[i],
                {.compartment = "dendrite",
                 .transmits = Quantity::slope,
                 .effect = Effect::multiply,
                 .topology = Topology::one_to_one,
                 .pathway = Pathway::lateral,
                 .weights = InitialWeights::eye()});
    } else if (options.target_to_error) {
      c.connect(target, err[i],
                {.compartment = "dendrite",
                 .topology = Topology::one_to_one,
                 .pathway = Pathway::teaching,
                 .weights = InitialWeights::eye()});
    } else {
      c.connect(rep[i], err[i],
                {.compartment = "dendrite",
                 .transmits = Quantity::mismatch,
                 .topology = Topology::one_to_one,
                 .pathway = Pathway::lateral,
                 .weights = InitialWeights::eye()});
    }
  }
  c.set_readout(rep.back());
  c.validate();
  return c;
}

/// Pyramidal cells and interneurons (two compartments), feedback of rates to apical dendrites, density and
/// delay.
inline Circuit interneurons(std::size_t areas) {
  Circuit c;
  c.name = "interneurons";
  PlasticityRule rule{.eta = 1e-3};
  rule.post = {.kind = PostFactor::Kind::rate};
  rule.pre = {.kind = PreFactor::Kind::transmitted};
  const PopulationId input = c.add_external("stimulus", 784);
  const PopulationId target = c.add_external("target", 10);
  c.set_stimulus(input);
  c.set_target(target);
  std::vector<PopulationId> pyr, sst;
  for (std::size_t i = 0; i < areas; ++i) {
    const std::string area = "area" + std::to_string(i);
    const bool last = i + 1 == areas;
    pyr.push_back(
        c.add_population(last ? neurons(area, "pyramidal", 10, {{"basal", 0.1}, {"teaching", 0.06}})
                              : neurons(area, "pyramidal", 500, {{"basal", 0.1}, {"apical", 0.06}})));
    if (!last)
      sst.push_back(c.add_population(
          neurons(area, "SST", i + 2 == areas ? 10 : 500, {{"dendrite", 0.1}, {"nudge", 0.06}})));
  }
  const auto options = [](const char* compartment, Pathway pathway) {
    ConnectOptions o;
    o.compartment = compartment;
    o.pathway = pathway;
    return o;
  };
  const auto plastic = [&](PopulationId from, PopulationId to, const char* compartment, Pathway pathway) {
    ConnectOptions o = options(compartment, pathway);
    o.rule = rule;
    c.connect(from, to, o);
  };
  const auto one_to_one = [&](PopulationId from, PopulationId to, const char* compartment, Pathway pathway) {
    ConnectOptions o = options(compartment, pathway);
    o.topology = Topology::one_to_one;
    c.connect(from, to, o);
  };
  for (std::size_t i = 0; i < areas; ++i) {
    plastic(i == 0 ? input : pyr[i - 1], pyr[i], "basal", Pathway::forward);
    if (i + 1 == areas) continue;
    plastic(pyr[i], sst[i], "dendrite", Pathway::lateral);
    plastic(sst[i], pyr[i], "apical", Pathway::lateral);
    ConnectOptions feedback = options("apical", Pathway::feedback);
    feedback.density = 0.3;
    feedback.delay_steps = 5;
    c.connect(pyr[i + 1], pyr[i], feedback);
    one_to_one(pyr[i + 1], sst[i], "nudge", Pathway::feedback);
  }
  one_to_one(target, pyr.back(), "teaching", Pathway::teaching);
  c.validate();
  return c;
}

/// A deterministic wobble in -1 … 1.
inline double wobble(std::size_t a, std::size_t b) {
  const double x = std::sin(static_cast<double>(a * 7919 + b * 104729) * 12.9898) * 43758.5453;
  return 2 * (x - std::floor(x)) - 1;
}

struct CurveShape {
  double start, end, tau, spread;
  bool multiplicative = false;
};

inline std::vector<SeedCurve> curves(std::size_t seeds, std::size_t epochs, CurveShape s, std::size_t salt) {
  std::vector<SeedCurve> out;
  for (std::size_t k = 0; k < seeds; ++k) {
    SeedCurve c{100 + k, {}, {}};
    const double own = wobble(salt, k);
    for (std::size_t e = 0; e <= epochs; ++e) {
      const double share = std::exp(-static_cast<double>(e) / (s.tau * (1 + 0.2 * own)));
      const double noise = s.spread * (0.7 * own + 0.3 * wobble(salt + 31, k * 1009 + e));
      c.x.push_back(static_cast<double>(e));
      c.y.push_back(s.multiplicative ? s.end * std::pow(s.start / s.end, share) * std::exp(noise)
                                     : s.end + (s.start - s.end) * share + noise);
    }
    out.push_back(std::move(c));
  }
  return out;
}

struct ModelShape {
  double accuracy = 0.975, loss = 0.05, angle = 20;
  std::size_t seeds = 10, epochs = 60, areas = 2;
};

/// Adds curves as rows.
inline void measure(RunData& r, const std::string& where, const std::string& metric,
                    const std::vector<SeedCurve>& curves) {
  for (const SeedCurve& c : curves) {
    for (std::size_t i = 0; i < c.x.size(); ++i)
      r.measured.push_back({c.x[i], where, metric, c.seed, c.y[i]});
  }
}

/// Adds one value for each seed, measured at `epoch`.
inline void measure(RunData& r, const std::string& where, const std::string& metric, double epoch,
                    const std::vector<SeedValue>& values) {
  for (const SeedValue& v : values) r.measured.push_back({epoch, where, metric, v.seed, v.value});
}

inline void forget(RunData& r, const std::string& metric) {
  std::erase_if(r.measured, [&](const Measurement& m) { return m.metric == metric; });
}

inline RunData classifier(const std::string& label, ModelShape s, std::size_t salt) {
  RunData r{.label = label,
            .model = "made-up",
            .citation = "Author A, Author B (2026) A made-up paper. doi:10.1000/made.up"};
  const auto epochs = static_cast<double>(s.epochs);
  measure(r, "validation", "accuracy",
          curves(s.seeds, s.epochs, {0.33, s.accuracy, epochs / 8, 0.006}, salt));
  measure(r, "train", "accuracy",
          curves(s.seeds, s.epochs, {0.33, s.accuracy + 0.004, epochs / 8, 0.004}, salt + 1));
  measure(r, "validation", "loss", curves(s.seeds, s.epochs, {1.1, s.loss, epochs / 6, 0.2, true}, salt + 2));
  for (const SeedCurve& c : curves(s.seeds, 1, {0, s.accuracy, 0.01, 0.006}, salt))
    measure(r, "test", "accuracy", epochs, {{c.seed, c.y.back()}});
  for (const SeedCurve& c : curves(s.seeds, 1, {1, s.loss, 0.01, 0.2, true}, salt + 2))
    measure(r, "test", "loss", epochs, {{c.seed, c.y.back()}});
  for (std::size_t a = 0; a < s.areas; ++a) {
    const double share = static_cast<double>(s.areas - 1 - a) / static_cast<double>(s.areas);
    measure(r, a + 1 == s.areas ? "output" : "v" + std::to_string(a + 1), "angle_deg",
            curves(s.seeds, s.epochs, {2 + 85 * share, s.angle * 2 * share + 1, epochs / 5, 2 * share},
                   salt + 5 + a));
  }
  measure(r, "total", "angle_deg", curves(s.seeds, s.epochs, {60, s.angle, epochs / 5, 1.5}, salt + 4));
  r.wall_seconds = 12.5 * static_cast<double>(salt + 1);
  r.needs = {{"weight transport", true, "feedback weights of err2→err1 are the transpose of rep1→rep2"},
             {"phases", false, "every rule is on all the time"},
             {"signed rates", true, "error neurons are linear: their rate can be negative"},
             {"non-local terms", false, "each rule names only quantities of its own synapse"}};
  return r;
}

inline ReportData report() {
  ReportData d{.title = "Made-up curves: error-neuron microcircuit on Yin-Yang"};
  d.description = "All numbers on this page are synthetic; they exist to test its layout.";
  d.runs.push_back(
      classifier("error-neuron-microcircuit", {.accuracy = 0.976, .loss = 0.06, .angle = 18}, 1));
  d.runs.push_back(classifier("error-neuron-microcircuit (fixed random feedback)",
                              {.accuracy = 0.951, .loss = 0.15, .angle = 41}, 11));
  d.runs.push_back(classifier("backpropagation", {.accuracy = 0.979, .loss = 0.055, .angle = 0.5}, 21));
  d.runs.back().reference = true;
  forget(d.runs.back(), "angle_deg");
  d.runs[1].warnings = {
      {"",
       "alignment of area v1 stayed above 60° for the first 20 epochs: feedback weights may be too small"}};
  RunData& first = d.runs.front();
  first.task = "yin-yang";
  first.task_description = "Points of a disc belong to yin, yang or a dot; four inputs, three classes.";
  first.method = {
      {"Evaluation",
       "The state with the lowest validation loss, on 1000 test samples, plasticity and noise off, "
       "output read in the last step of each presentation."}};
  first.circuit = draw(error_neurons({4, 120, 3}));
  first.experiment_toml =
      "[task]\nname = \"yin-yang\"\n\n[model]\nname = \"error-neuron-microcircuit\"\nsizes = [4, 120, 3] # "
      "<inputs & outputs>\n";
  first.provenance = {{"apical", "0.1.0 (made up)"},
                      {"compiler", "g++ 12.2.0"},
                      {"seeds", "100 … 109"},
                      {"created", "2026-01-01T00:00:00Z"}};
  first.task_citation = "Apical contributors (2026) Apical.";
  return d;
}

}  // namespace apical::samples
