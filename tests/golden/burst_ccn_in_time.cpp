// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/errors.h"
#include "apical/layered.h"
#include "apical/rules.h"
#include "golden/burst_networks.h"
#include "golden/comparison.h"
#include "golden/ngrad_case.h"

namespace apical::golden {
namespace {

using namespace apical::layered;

constexpr double kTolerance = 1e-12;

BurstCcnInTimeOptions options_of(const json& file) {
  const json& p = file.at("parameters");
  BurstCcnInTimeOptions o;
  const std::string order = file.at("order");
  if (order != "cascade" && order != "delayed") throw DataError(fmt::format("unknown order '{}'", order));
  o.order = order == "cascade" ? CcnOrder::cascade : CcnOrder::delayed;
  o.dt = p.at("dt");
  o.tau_z = p.at("tau_z");
  o.tau_u = p.at("tau_u");
  o.eta = p.at("eta");
  o.baseline = p.at("P");
  o.beta = p.at("beta");
  o.transport = p.at("transport");
  o.initial_burst_probability = p.at("initial_burst_prob");
  if (!p.at("tau_trace").is_null()) o.trace_tau = p.at("tau_trace").get<std::vector<double>>();
  return o;
}

BurstCcnInTimeWeights<double> weights_of(const json& initial) {
  return {read_matrices<double>(initial.at("weight")),
          initial.at("bias").get<std::vector<std::vector<double>>>(), read_matrices<double>(initial.at("Y")),
          read_matrices<double>(initial.at("Q"))};
}

template <class Value>
void compare_all(Comparison& compare, const std::string& what, const Value& found, const json& expected) {
  std::vector<double> a, b;
  flatten(found, a);
  flatten(expected, b);
  compare.close_all(what, a, json(b));
}

Verdict replay_in_time(const json& file) {
  Comparison compare(kTolerance, kTolerance);
  compare.note_unknown_keys(file, {"name", "provenance", "model", "order", "sizes", "parameters",
                                   "teach_from_step", "initial", "inputs", "targets", "steps", "final"});
  BurstCcnInTime<double> network(options_of(file), weights_of(file.at("initial")));
  const json &inputs = file.at("inputs"), &targets = file.at("targets"), &steps = file.at("steps");
  const auto teach_from = file.at("teach_from_step").get<std::size_t>();
  compare.exact("steps", static_cast<double>(inputs.size()), static_cast<double>(steps.size()));
  for (std::size_t k = 0; k < std::min(inputs.size(), steps.size()); ++k) {
    const auto x = inputs[k].get<std::vector<double>>();
    const auto t = k < teach_from ? std::vector<double>() : targets.at(k).get<std::vector<double>>();
    network.step(x, t);
    const auto layers = [&](const char* key, std::size_t count, auto&& of) {
      const json& expected = steps[k].at(key);
      compare.exact(fmt::format("step {}: layers of {}", k, key), static_cast<double>(count),
                    static_cast<double>(expected.size()));
      for (std::size_t l = 0; l < std::min(count, expected.size()); ++l) {
        compare.close_all(fmt::format("step {}: {} of layer {}", k, key, l + 1), of(l), expected[l]);
      }
    };
    layers("event_rate", network.layers(), [&](std::size_t l) { return network.events(l); });
    layers("burst_prob", network.layers(), [&](std::size_t l) { return network.burst_probability(l); });
    layers("burst_rate", network.layers(), [&](std::size_t l) { return network.bursts(l); });
    layers("dendrite", network.layers() - 1, [&](std::size_t l) { return network.dendrite(l); });
  }
  const json& final = file.at("final");
  compare_all(compare, "final weight", network.weights().W, final.at("weight"));
  compare_all(compare, "final bias", network.weights().c, final.at("bias"));
  compare_all(compare, "final Y", network.weights().Y, final.at("Y"));
  compare_all(compare, "final Q", network.weights().Q, final.at("Q"));
  Verdict v = compare.verdict();
  if (v.note.empty()) v.note = fmt::format("{} numbers", compare.compared());
  return v;
}

}  // namespace

void add_burst_ccn_in_time_formats(std::vector<Format>& list) {
  list.push_back(
      {"BurstCCN in continuous time",
       [](const json& file) { return file.is_object() && file.value("model", "") == "burstccn_continuous"; },
       replay_in_time});
}

}  // namespace apical::golden
