// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "apical/errors.h"
#include "apical/layered.h"
#include "apical/rules.h"
#include "golden/burst_networks.h"
#include "golden/comparison.h"
#include "golden/ngrad_case.h"

namespace apical::golden {
namespace {

using namespace apical::spike;

// Potentials are some 0.05 V, currents some 1e-10 A: what is compared relatively is so in units of these.
constexpr double kTolerance = 1e-12;

/// Pulses of one step: + of the excitatory ones, - of the inhibitory ones.
class Pulses {
 public:
  Pulses(const json& trains, const std::string& part, std::size_t n, double amplitude)
      : amplitude_(amplitude) {
    for (const char* sign : {"_exc", "_inh"}) {
      const json& lists = trains.at(part + sign);
      if (lists.size() != n) throw DataError(fmt::format("'{}{}' is not a list per neuron", part, sign));
      std::vector<std::set<std::size_t>> steps;
      for (const json& list : lists) steps.push_back(list.get<std::set<std::size_t>>());
      (sign[1] == 'e' ? excitatory_ : inhibitory_) = std::move(steps);
    }
  }
  void at(std::size_t step, double constant, std::vector<double>& out) const {
    out.assign(excitatory_.size(), constant);
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (excitatory_[i].contains(step)) out[i] += amplitude_;
      if (inhibitory_[i].contains(step)) out[i] -= amplitude_;
    }
  }

 private:
  double amplitude_;
  std::vector<std::set<std::size_t>> excitatory_, inhibitory_;
};

struct Noise {
  Noise(const json& file, const char* population, std::size_t n)
      : soma(file.at("noise_pulse_steps").at(population), "soma", n, file.at("noise_amplitude_A").at("soma")),
        dendrite(file.at("noise_pulse_steps").at(population), "dendrite", n,
                 file.at("noise_amplitude_A").at("dendrite")) {}
  Pulses soma, dendrite;
};

void add_labels(const SpikingBurstCcn::Population& p, std::size_t step, json& spikes) {
  for (std::size_t i = 0; i < p.label.size(); ++i) {
    if (p.label[i] == SpikeLabel::none) continue;
    const char* name = p.label[i] == SpikeLabel::event   ? "event"
                       : p.label[i] == SpikeLabel::burst ? "burst"
                                                         : "later";
    spikes.push_back({step, i, name});
  }
}

Verdict replay_spiking(const json& file) {
  Comparison compare(0, kTolerance);
  compare.note_unknown_keys(
      file, {"name", "provenance", "model", "n_in", "n_out", "steps", "initial", "input_current_A",
             "feedback_factor", "eta_in", "P", "dt_s", "output_dendrite_current_A", "noise_amplitude_A",
             "dendrite_offset_A", "noise_pulse_steps", "output"});
  const auto n_in = file.at("n_in").get<std::size_t>(), n_out = file.at("n_out").get<std::size_t>();
  SpikingBurstCcnOptions options;
  options.dt_s = file.at("dt_s");
  options.input_A = file.at("input_current_A");
  options.eta = file.at("eta_in");
  options.baseline = file.at("P");
  Matrix<double> out = read_matrix<double>(file.at("initial").at("W_out")), Y = out;
  for (double& y : Y.flat()) y *= file.at("feedback_factor").get<double>() / static_cast<double>(n_in);
  SpikingBurstCcn network(options, file.at("initial").at("W_in").get<std::vector<double>>(), std::move(out),
                          std::move(Y));
  const Noise noise_in(file, "in", n_in), noise_out(file, "out", n_out);
  const double offset = file.at("dendrite_offset_A");
  const json& currents = file.at("output_dendrite_current_A");
  const json& output = file.at("output");
  json spikes_in = json::array(), spikes_out = json::array();
  std::vector<double> soma_in, dendrite_in, soma_out, dendrite_out;
  std::size_t sample = 0;
  const json& samples = output.at("samples");
  for (std::size_t k = 0; k < file.at("steps").get<std::size_t>(); ++k) {
    double current = 0;
    for (const json& row : currents) {
      if (row.at(0).get<std::size_t>() <= k) current = row.at(1);
    }
    noise_in.soma.at(k, 0, soma_in);
    noise_in.dendrite.at(k, offset, dendrite_in);
    noise_out.soma.at(k, 0, soma_out);
    noise_out.dendrite.at(k, offset + current, dendrite_out);
    network.step({soma_in, dendrite_in}, {soma_out, dendrite_out});
    add_labels(network.input(), k, spikes_in);
    add_labels(network.output(), k, spikes_out);
    if (sample == samples.size() || samples[sample].at("step").get<std::size_t>() != k) continue;
    const json& expected = samples[sample++];
    const auto check = [&](const char* what, std::size_t row, std::span<const double> found,
                           const json& values, double scale) {
      compare.exact(fmt::format("step {}: neurons", k), static_cast<double>(found.size()),
                    static_cast<double>(values.size()));
      for (std::size_t i = 0; i < std::min(found.size(), values.size()); ++i) {
        // A number near 0 is as exact as its like are large.
        compare.close(fmt::format("step {}: {} {} of neuron {}", k, what, row, i), 1 + found[i] / scale,
                      1 + values[i].get<double>() / scale);
      }
    };
    const auto population = [&](const char* name, const SpikingBurstCcn::Population& p, const json& rows) {
      check(name, 0, p.V, rows.at(0), 0.1);
      check(name, 1, p.Vd, rows.at(1), 0.1);
      check(name, 2, p.theta, rows.at(2), 0.1);
      check(name, 3, p.dendrite_adaptation_A, rows.at(3), 1e-10);
    };
    population("in", network.input(), expected.at("in"));
    check("W_in", 4, network.input_weights(), expected.at("in").at(4), 1);
    population("out", network.output(), expected.at("out"));
    check("feedback", 0, network.feedback_A(), expected.at("feedback_A"), 1e-10);
  }
  compare.exact("samples compared", static_cast<double>(sample), static_cast<double>(samples.size()));
  compare.exact("spikes of the input", spikes_in, output.at("spikes_in"));
  compare.exact("spikes of the output", spikes_out, output.at("spikes_out"));
  compare.close_all("final W_in", network.input_weights(), output.at("W_in"));
  Verdict v = compare.verdict();
  if (v.note.empty()) v.note = fmt::format("{} numbers", compare.compared());
  return v;
}

}  // namespace

void add_burst_ccn_spiking_formats(std::vector<Format>& list) {
  list.push_back(
      {"spiking BurstCCN",
       [](const json& file) { return file.is_object() && file.value("model", "") == "burstccn_spiking"; },
       replay_spiking});
}

}  // namespace apical::golden
