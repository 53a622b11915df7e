// SPDX-License-Identifier: Apache-2.0
// A circuit of spiking neurons, stepped by hand: the same engine and precision as of runs.
#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <memory>

#include "apical/engine/spike/dense_weights.h"
#include "apical/run/spiking_weights.h"
#include "apical/spiking.h"
#include "core/arrays.h"
#include "core/chunks.h"
#include "core/documents.h"
#include "core/module.h"

namespace nb = nanobind;

namespace apical::python {
namespace {

using spike::CurrentTarget;

/// What holds a neuron far below threshold, whatever arrives at its synapses.
constexpr double kSilencing_A = -10e-9;

constexpr std::array<std::string_view, 5> kMembraneVariables{"soma_mV", "dendrite_mV", "threshold_mV",
                                                             "soma_adaptation_pA", "dendrite_adaptation"};
constexpr std::array<std::string_view, 3> kEstimates{"event_Hz", "burst_Hz", "burst_probability"};

class SpikingSimulation {
 public:
  SpikingSimulation(const TomlDocument& document, std::vector<std::uint64_t> seeds, unsigned threads,
                    const std::string& weights)
      : seeds_(std::move(seeds)), circuit_(spiking_circuit_of(document)) {
    if (seeds_.empty()) throw ConfigError("there is no seed; expected at least one");
    if (threads != 1) pool_ = std::make_unique<ThreadPool>(threads);
    networks_.reserve(seeds_.size());
    for (const std::uint64_t seed : seeds_) networks_.emplace_back(circuit_, seed, pool_.get());
    given_.resize(circuit_.groups.size());
    silent_.resize(circuit_.groups.size());
    for (std::size_t g = 0; g < circuit_.groups.size(); ++g) silent_[g].resize(circuit_.groups[g].size);
    std::vector<Network*> all;
    for (Network& n : networks_) all.push_back(&n);
    SpikingWeights taking(seeds_, std::move(all));
    take_weights(taking, document, weights, threads, true);
  }

  void advance(std::int64_t steps, bool learning) {
    for (Network& n : networks_) {
      if (n.plasticity() != learning) n.set_plasticity(learning);
    }
    advance_in_chunks(steps, [&](std::int64_t now) {
      for (Network& n : networks_) n.advance(now);
    });
  }

  // What goes in, in all seeds.
  void set_rates(const std::string& population, const GivenVector& rates_Hz) {
    const std::size_t g = group(population);
    require(std::holds_alternative<spike::PoissonSource>(circuit_.groups[g].model),
            fmt::format("population '{}' is of kind '{}'; only Poisson sources are given rates", population,
                        kind_of(circuit_.groups[g].model)));
    require_size(g, rates_Hz.shape(0));
    given_[g].soma.assign(rates_Hz.data(), rates_Hz.data() + rates_Hz.shape(0));
    apply(g);
  }
  void set_currents(const std::string& population, const std::string& compartment,
                    const GivenVector& amperes) {
    const std::size_t g = group(population);
    require(has_membrane(circuit_.groups[g].model),
            fmt::format("population '{}' is of kind '{}' and integrates no currents", population,
                        kind_of(circuit_.groups[g].model)));
    const bool dendrite = compartment == "dendrite";
    require(dendrite || compartment == "soma",
            fmt::format("unknown compartment '{}' of population '{}'; expected 'soma' or 'dendrite'",
                        compartment, population));
    require(!dendrite || has_dendrite(circuit_.groups[g].model),
            fmt::format("population '{}' is of kind '{}' and has no dendrite", population,
                        kind_of(circuit_.groups[g].model)));
    require_size(g, amperes.shape(0));
    (dendrite ? given_[g].dendrite : given_[g].soma)
        .assign(amperes.data(), amperes.data() + amperes.shape(0));
    apply(g);
  }
  void emit(const std::string& population, const std::vector<std::uint32_t>& neurons) {
    const std::size_t g = group(population);
    require(std::holds_alternative<spike::Relay>(circuit_.groups[g].model),
            fmt::format("population '{}' is of kind '{}'; only relays emit what they are told", population,
                        kind_of(circuit_.groups[g].model)));
    for (const std::uint32_t n : neurons) require_neuron(g, n);
    std::vector<std::uint32_t> heard;
    std::ranges::copy_if(neurons, std::back_inserter(heard), [&](std::uint32_t n) { return !silent_[g][n]; });
    for (Network& n : networks_) n.emit(g, heard);
  }
  void silence(const std::string& population, const std::vector<std::uint32_t>& neurons) {
    const std::size_t g = group(population);
    for (const std::uint32_t n : neurons) {
      require_neuron(g, n);
      silent_[g][n] = true;
    }
    apply(g);
  }
  void cut(const std::string& projection) {
    const std::size_t c = connection_index(circuit_, projection);
    for (Network& n : networks_) n.set_cut(c, true);
  }
  /// Of silence and cuts.
  void restore() {
    for (std::size_t g = 0; g < silent_.size(); ++g) {
      std::fill(silent_[g].begin(), silent_[g].end(), false);
      apply(g);
    }
    for (Network& n : networks_) {
      for (std::size_t c = 0; c < circuit_.connections.size(); ++c) n.set_cut(c, false);
    }
  }

  // What comes out.
  Vector read(const std::string& population, const std::string& variable, std::uint64_t seed) const {
    const std::size_t g = group(population);
    const std::vector<std::string> known = variables_of(circuit_.groups[g].model);
    if (std::find(known.begin(), known.end(), variable) == known.end())
      throw ConfigError(fmt::format("unknown variable '{}' of population '{}'", variable, population), {},
                        suggestion(variable, known));
    const Network& n = network(seed);
    if (variable == "event_Hz") return array_of(n.event_rates(g));
    if (variable == "burst_Hz") return array_of(n.burst_rates(g));
    if (variable == "burst_probability") {
      std::vector<double> p = n.burst_rates(g);
      const std::vector<double> events = n.event_rates(g);
      std::ranges::transform(p, events, p.begin(), [](double b, double e) { return b / e; });
      return array_of(std::move(p));
    }
    std::vector<double> out(circuit_.groups[g].size);
    for (std::uint32_t i = 0; i < out.size(); ++i) out[i] = of_state(n.state(g, i), variable);
    return array_of(std::move(out));
  }
  nb::tuple counts(const std::string& population, std::uint64_t seed) const {
    const spike::Counts c = network(seed).counts(group(population));
    return nb::make_tuple(c.spikes, c.events, c.bursts);
  }
  void reset_counts() {
    for (Network& n : networks_) n.reset_counts();
  }
  void record(const std::string& population, bool on) {
    const std::size_t g = group(population);
    for (Network& n : networks_) n.record(g, on);
  }
  /// Times in ms, neurons and labels since the last call.
  nb::tuple take_spikes(const std::string& population, std::uint64_t seed) {
    const std::vector<spike::Spike> spikes = network(seed).take_spikes(group(population));
    std::vector<double> times, neurons, labels;
    times.reserve(spikes.size());
    neurons.reserve(spikes.size());
    labels.reserve(spikes.size());
    for (const spike::Spike& s : spikes) {
      times.push_back(static_cast<double>(s.step) * circuit_.dt_s * 1e3);
      neurons.push_back(s.neuron);
      labels.push_back(static_cast<double>(s.label));
    }
    return nb::make_tuple(array_of(std::move(times)), array_of(std::move(neurons)),
                          array_of(std::move(labels)));
  }
  Rows weights(const std::string& projection, std::uint64_t seed) const {
    return array_of(spike::dense_weights(network(seed), connection_index(circuit_, projection)));
  }
  void set_weights(const std::string& projection, const GivenRows& values, std::uint64_t seed) {
    spike::set_dense_weights(network(seed), connection_index(circuit_, projection), matrix_of(values));
  }

  double dt_ms() const { return circuit_.dt_s * 1e3; }
  std::int64_t step() const { return networks_.front().step(); }
  nb::dict populations() const {
    nb::dict out;
    for (const spike::NeuronGroup& g : circuit_.groups)
      out[g.name.c_str()] = nb::make_tuple(g.size, variables_of(g.model), std::string(kind_of(g.model)));
    return out;
  }
  std::vector<std::string> projections() const {
    std::vector<std::string> out;
    out.reserve(circuit_.connections.size());
    for (const spike::Connection& c : circuit_.connections) out.push_back(c.name);
    return out;
  }

 private:
  using Network = spike::Network<float>;
  /// What was asked for, per neuron: currents in A, of sources rates in Hz as `soma`; empty: nothing was.
  struct Given {
    std::vector<double> soma, dendrite;
  };

  static std::vector<std::string> variables_of(const spike::NeuronModel& model) {
    std::vector<std::string> out;
    if (has_membrane(model)) {
      for (const std::string_view v : kMembraneVariables) {
        if (v.starts_with("dendrite") && !has_dendrite(model)) continue;
        out.emplace_back(v);
      }
    }
    out.insert(out.end(), kEstimates.begin(), kEstimates.end());
    return out;
  }
  static double of_state(const spike::NeuronState& s, const std::string& variable) {
    if (variable == "soma_mV") return s.v * 1e3;
    if (variable == "dendrite_mV") return s.vd * 1e3;
    if (variable == "threshold_mV") return s.theta * 1e3;
    if (variable == "soma_adaptation_pA") return s.ws * 1e12;
    return s.wd;
  }
  static void require(bool holds, const std::string& message) {
    if (!holds) throw ConfigError(message);
  }
  void require_size(std::size_t g, std::size_t size) const {
    require(size == circuit_.groups[g].size,
            fmt::format("population '{}' has {} neurons; found {} values", circuit_.groups[g].name,
                        circuit_.groups[g].size, size));
  }
  void require_neuron(std::size_t g, std::uint32_t n) const {
    require(n < circuit_.groups[g].size,
            fmt::format("population '{}' has {} neurons, counted from 0; found {}", circuit_.groups[g].name,
                        circuit_.groups[g].size, n));
  }
  std::size_t group(const std::string& name) const { return group_index(circuit_, name); }
  std::size_t replica_of(std::uint64_t seed) const {
    const auto at = std::find(seeds_.begin(), seeds_.end(), seed);
    require(at != seeds_.end(), fmt::format("no seed {}; there are {}", seed, fmt::join(seeds_, ", ")));
    return static_cast<std::size_t>(at - seeds_.begin());
  }
  Network& network(std::uint64_t seed) { return networks_[replica_of(seed)]; }
  const Network& network(std::uint64_t seed) const { return networks_[replica_of(seed)]; }

  /// What was given, where it was not silenced.
  void apply(std::size_t g) {
    const spike::NeuronModel& model = circuit_.groups[g].model;
    const std::vector<bool>& silent = silent_[g];
    const bool any = std::find(silent.begin(), silent.end(), true) != silent.end();
    if (const auto* const source = std::get_if<spike::PoissonSource>(&model)) {
      std::vector<double> rates = given_[g].soma;
      if (rates.empty() && any) rates.assign(silent.size(), source->rate_Hz);
      for (std::size_t i = 0; i < rates.size(); ++i) rates[i] = silent[i] ? 0 : rates[i];
      for (Network& n : networks_) n.set_rates(g, rates);
      return;
    }
    if (!has_membrane(model)) return;
    std::vector<double> soma = given_[g].soma;
    if (soma.empty() && any) soma.assign(silent.size(), 0);
    for (std::size_t i = 0; i < soma.size(); ++i) soma[i] = silent[i] ? kSilencing_A : soma[i];
    for (Network& n : networks_) {
      n.set_currents(g, CurrentTarget::soma, soma);
      if (has_dendrite(model)) n.set_currents(g, CurrentTarget::dendrite, given_[g].dendrite);
    }
  }

  std::vector<std::uint64_t> seeds_;
  SpikingCircuit circuit_;
  std::unique_ptr<ThreadPool> pool_;
  std::vector<Network> networks_;
  std::vector<Given> given_;
  std::vector<std::vector<bool>> silent_;
};

}  // namespace

void bind_spiking_simulation(nb::module_& m) {
  using S = SpikingSimulation;
  nb::class_<S>(m, "SpikingSimulation", "A circuit of spiking neurons, stepped by hand.")
      .def(nb::init<const TomlDocument&, std::vector<std::uint64_t>, unsigned, const std::string&>(),
           nb::arg("document"), nb::arg("seeds"), nb::arg("threads"), nb::arg("weights"),
           "`weights`: of this run; empty: as the document says.")
      .def("advance", &S::advance, nb::arg("steps"), nb::arg("learning"))
      .def("set_rates", &S::set_rates, nb::arg("population"), nb::arg("rates_Hz"))
      .def("set_currents", &S::set_currents, nb::arg("population"), nb::arg("compartment"),
           nb::arg("amperes"))
      .def("emit", &S::emit, nb::arg("population"), nb::arg("neurons"))
      .def("silence", &S::silence, nb::arg("population"), nb::arg("neurons"))
      .def("cut", &S::cut, nb::arg("projection"))
      .def("restore", &S::restore)
      .def("read", &S::read, nb::arg("population"), nb::arg("variable"), nb::arg("seed"))
      .def("counts", &S::counts, nb::arg("population"), nb::arg("seed"), "Spikes, events and bursts.")
      .def("reset_counts", &S::reset_counts)
      .def("record", &S::record, nb::arg("population"), nb::arg("on"))
      .def("take_spikes", &S::take_spikes, nb::arg("population"), nb::arg("seed"))
      .def("weights", &S::weights, nb::arg("projection"), nb::arg("seed"))
      .def("set_weights", &S::set_weights, nb::arg("projection"), nb::arg("values"), nb::arg("seed"))
      .def("populations", &S::populations)
      .def("projections", &S::projections)
      .def_prop_ro("dt_ms", &S::dt_ms)
      .def_prop_ro("step", &S::step);
}

}  // namespace apical::python
