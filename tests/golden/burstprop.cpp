// SPDX-License-Identifier: Apache-2.0
#include "golden/burstprop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "apical/errors.h"
#include "apical/layered.h"
#include "apical/rules.h"
#include "apical/spiking.h"
#include "golden/burstprop_reference.h"

namespace apical::golden {
namespace {

using nlohmann::json;
using namespace apical::spike;

constexpr double kTolerance = 1e-9;    // float64 replays with the same order agree to about 1e-14
constexpr double kStandardErrors = 5;  // statistical replays

/// Keeps the worst deviation seen. A mismatch of something discrete (a spike step, a label) counts as
/// infinite.
class Worst {
 public:
  explicit Worst(double tolerance) { verdict_.tolerance = tolerance; }
  void number(double found, double expected, const std::string& where) {
    const double deviation = std::abs(found - expected);
    if (deviation > verdict_.worst_deviation || std::isnan(deviation) || verdict_.worst_quantity.empty()) {
      verdict_.worst_deviation = std::isnan(deviation) ? INFINITY : deviation;
      verdict_.worst_quantity = where;
    }
  }
  template <class A, class B>
  void same(const A& found, const B& expected, const std::string& where) {
    if (!(found == expected) && std::isfinite(verdict_.worst_deviation)) {
      verdict_.worst_deviation = INFINITY;
      verdict_.worst_quantity = where;
    }
  }
  Verdict verdict(const std::string& note = {}) {
    verdict_.passed = verdict_.worst_deviation <= verdict_.tolerance;
    verdict_.note = note;
    return verdict_;
  }

 private:
  Verdict verdict_;
};

// ---------------------------------------------------------------------------------------------- neurons

PyramidalParameters pyramidal(const json& p, bool bursting) {
  PyramidalParameters out;
  const double dt = p.at("dt");
  out.rest_V = p.at("E_L");
  out.reset_V = p.at("V_reset");
  out.excitatory_reversal_V = p.at("E_exc");
  out.inhibitory_reversal_V = p.at("E_inh");
  out.threshold_V = p.at("V_thr");
  out.threshold_tau_s = p.at("tau_thr");
  out.threshold_jump_V = p.at("thr_jump");
  out.soma_tau_s = p.at("tau_s");
  out.soma_capacitance_F = p.at("C_s");
  out.dendrite_to_soma_A = p.at("g_s");
  out.soma_adaptation_tau_s = p.at("tau_ws");
  out.soma_adaptation_A = p.at("b_ws");
  out.dendrite_tau_s = p.at("tau_d");
  out.dendrite_capacitance_F = p.at("C_d");
  out.dendrite_regenerative_A = p.at("g_d");
  out.dendrite_adaptation_tau_s = p.at("tau_wd");
  out.dendrite_adaptation_S = p.at("a_wd");
  out.back_propagation_A = p.at("zeta");
  out.back_propagation_s = p.at("bap_steps").get<double>() * dt;
  out.dendrite_midpoint_V = p.at("E_d");
  out.dendrite_slope_V = p.at("slope_d");
  out.excitatory_tau_s = p.at("tau_ampa");
  out.inhibitory_tau_s = p.at("tau_gaba");
  if (bursting) {
    out.refractory_s = p.at("refractory_steps").get<double>() * dt;
    out.burst_shortest_s = p.at("burst_min_s");
    out.burst_span_s = p.at("burst_span_s");
  }
  return out;
}

Receptor receptor(const std::string& name) {
  static const std::map<std::string, Receptor> names{
      {"g_ampa", Receptor::soma_excitatory},          {"g_ampa_soma", Receptor::soma_excitatory},
      {"g_gaba", Receptor::soma_inhibitory},          {"g_gaba_soma", Receptor::soma_inhibitory},
      {"g_ampa_dend", Receptor::dendrite_excitatory}, {"g_gaba_dend", Receptor::dendrite_inhibitory}};
  const auto found = names.find(name);
  if (found == names.end()) throw DataError(fmt::format("unknown conductance '{}'", name));
  return found->second;
}

double column(const NeuronState& s, const std::string& name) {
  if (name == "V_s") return s.v;
  if (name == "V_d") return s.vd;
  if (name == "w_s") return s.ws;
  if (name == "w_d") return s.wd;
  if (name == "theta") return s.theta;
  return s.g[static_cast<std::size_t>(receptor(name))];
}

Verdict replay_neuron(const json& file) {
  const json &input = file.at("input"), &output = file.at("output"), &initial = file.at("initial_state");
  const std::string model = file.at("model");
  const bool bursting = model == "burst_poisson";
  if (!bursting && model != "two_compartment")
    throw DataError(fmt::format("unknown neuron model '{}'", model));
  SpikingCircuit d;
  d.dt_s = file.at("dt_s");
  const PyramidalParameters p = pyramidal(file.at("parameters"), bursting);
  NeuronGroup group{.name = "neuron", .size = 1};
  if (bursting) {
    group.model = BurstPoisson{p};
  } else {
    group.model = TwoCompartment{p};
  }
  d.groups.push_back(group);
  Quirks published = Quirks::published();
  // The neuron's own account of its spikes is asked for, not what an accumulating detector makes of them.
  published.detector = DetectorKind::interspike_interval;
  published.presynaptic_detector_lag_steps = 0;
  apply(published, d);
  Network<double> net(d, 0);
  NeuronState start{.v = initial.at("V_s"),
                    .vd = initial.at("V_d"),
                    .ws = initial.at("w_s"),
                    .wd = initial.at("w_d"),
                    .theta = initial.at("theta")};
  start.g.fill(initial.at("g"));
  net.set_state(0, 0, start);
  net.record(0, true);
  if (input.contains("uniforms")) net.set_burst_uniforms(0, input["uniforms"]);

  std::map<Step, std::vector<std::pair<Receptor, double>>> arrivals;
  if (input.contains("synapses")) {
    for (const json& row : input["synapses"])
      arrivals[row.at(0)].emplace_back(receptor(row.at(1)), row.at(2));
  }
  Drive soma, dendrite;
  if (input.contains("sine")) {
    soma.amplitude_A = input["sine"].at("soma_amp_pA").get<double>() * 1e-12;
    soma.period_s = input["sine"].at("soma_period_s");
    dendrite.amplitude_A = input["sine"].at("dend_amp_pA").get<double>() * 1e-12;
    dendrite.period_s = input["sine"].at("dend_period_s");
  }
  const std::vector<std::string> columns = output.at("columns");
  const std::vector<Step> sample_steps = output.at("sample_steps");
  const Step steps = file.at("n_steps");
  Worst worst(kTolerance);
  std::size_t sample = 0;
  for (Step k = 0; k < steps; ++k) {
    soma.constant_A = dendrite.constant_A = 0;
    for (const json& row : input.at("segments")) {
      if (k < row.at(0).get<Step>() || k >= row.at(1).get<Step>()) continue;
      soma.constant_A += row.at(2).get<double>() * 1e-12;
      dendrite.constant_A += row.at(3).get<double>() * 1e-12;
    }
    net.set_drive(0, CurrentTarget::soma, soma);
    net.set_drive(0, CurrentTarget::dendrite, dendrite);
    net.advance(1);
    for (const auto& [where, weight] : arrivals[k]) net.add_conductance(0, where, 0, weight);
    if (sample == sample_steps.size() || sample_steps[sample] != k) continue;
    const NeuronState state = net.state(0, 0);
    const json& row = output.at("samples").at(sample++);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      worst.number(column(state, columns[c]), row.at(c), fmt::format("{} at step {}", columns[c], k));
    }
  }
  worst.same(sample, sample_steps.size(), "number of samples");
  std::vector<Step> spike_steps;
  std::vector<std::string> kinds;
  for (const Spike& s : net.take_spikes(0)) {
    spike_steps.push_back(s.step);
    kinds.emplace_back(!bursting ? "spike" : s.label == Label::event ? "event" : "burst");
  }
  worst.same(spike_steps, output.at("spike_steps").get<std::vector<Step>>(), "spike steps");
  worst.same(kinds, output.at("spike_kind").get<std::vector<std::string>>(), "spike kinds");
  return worst.verdict();
}

// ---------------------------------------------------------------------------------------------- short-term
// plasticity

Verdict replay_short_term(const json& file) {
  const double dt = file.at("dt_s");
  Worst worst(kTolerance);
  std::size_t number = 0;
  for (const json& train : file.at("trains")) {
    const json& p = train.at("parameters");
    ShortTermParameters parameters{p.at("tau_D_s"), p.at("tau_F_s"), p.at("U"), p.at("f")};
    const std::vector<Step> steps = train.at("spike_steps");
    const Step delay = train.value("arrival_delay_steps", Step{8});
    for (const auto& [key, jump] : {std::pair{"efficacy_intended", FacilitationJump::f},
                                    std::pair{"efficacy_as_executed", FacilitationJump::u_rest}}) {
      // One relay onto one neuron through the engine: the conductance jump is the efficacy at weight 1.
      parameters.jump = jump;
      SpikingCircuit d;
      d.dt_s = dt;
      d.groups = {{.name = "pre", .size = 1},
                  {.name = "post", .size = 1, .model = ExponentialIf::parvalbumin()}};
      d.connections = {{.name = "synapse",
                        .source = "pre",
                        .target = "post",
                        .delay_steps = static_cast<int>(delay),
                        .topology = OneToOne{},
                        .weight = 1.0,
                        .short_term = parameters}};
      Network<double> net(d, 0);
      const std::uint32_t neuron = 0;
      std::size_t sent = 0, seen = 0;
      double before = 0;
      const double decay = std::exp(-dt / 5e-3);
      const Step last = steps.empty() ? 0 : steps.back() + delay;
      for (Step k = 0; k <= last; ++k) {
        if (sent < steps.size() && steps[sent] == k) {
          net.emit(0, {&neuron, 1});
          ++sent;
        }
        net.advance(1);
        const double g = net.state(1, 0).g[0];
        if (seen < steps.size() && steps[seen] + delay == k) {
          worst.number(
              g - before * decay, train.at(key).at(seen),
              fmt::format("{} of spike {} of train {} ({})", key, seen, number, train.value("kind", "")));
          ++seen;
        }
        before = g;
      }
      worst.same(seen, train.at(key).size(), fmt::format("number of spikes of train {}", number));
    }
    ++number;
  }
  return worst.verdict();
}

// ---------------------------------------------------------------------------------------------- plasticity
// rule

std::map<Step, std::vector<std::uint32_t>> trains_by_step(const json& rows) {
  std::map<Step, std::vector<std::uint32_t>> out;
  for (const json& row : rows) out[row.at(0)].push_back(row.at(1));
  return out;
}

const char* name_of(Label label) {
  return label == Label::event ? "event" : label == Label::burst ? "burst" : "none";
}

using LabelRow = std::tuple<Step, std::uint32_t, std::string>;

std::vector<LabelRow> label_rows(const json& rows) {
  std::vector<LabelRow> out;
  for (const json& row : rows) out.emplace_back(row.at(0), row.at(1), row.at(2));
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<LabelRow> label_rows(const std::vector<Spike>& spikes) {
  std::vector<LabelRow> out;
  out.reserve(spikes.size());
  for (const Spike& s : spikes) out.emplace_back(s.step, s.neuron, name_of(s.label));
  std::sort(out.begin(), out.end());
  return out;
}

Verdict replay_rule(const json& file) {
  const json& p = file.at("parameters");
  if (p.at("burst_threshold") != "exp(-1)") throw DataError("burst_threshold must be exp(-1)");
  const Step active_from = p.at("plasticity_active_from_step");
  RateEstimator estimator{.alpha_s = p.at("alpha_s"), .burst_limit_s = p.at("burst_tau_s")};
  estimator.all_spikes_tau_s = p.at("homeostatic_trace_tau_s");
  estimator.all_spikes_initial_Hz = p.at("homeostatic_rate_initial_hz");
  SpikingCircuit d;
  d.dt_s = file.at("dt_s");
  d.groups = {{.name = "pre", .size = file.at("n_pre"), .estimator = estimator},
              {.name = "post", .size = file.at("n_post"), .estimator = estimator}};
  const BurstRule rule{.eta = p.at("eta"),
                       .pre_tau_s = p.at("tau_pre_s"),
                       .minimum_rate_Hz = p.at("min_rate_hz"),
                       .maximum_rate_Hz = p.at("max_rate_hz"),
                       .w_min = p.at("w_min"),
                       .w_max = p.at("w_max")};
  d.connections = {{.name = "plastic",
                    .source = "pre",
                    .target = "post",
                    .reads = Reads::events,
                    .delay_steps = 0,
                    .topology = AllToAll{},
                    .weight = p.at("w0"),
                    .rule = rule}};
  Quirks published = Quirks::published();
  published.float32_trace_decay = false;  // the files are float64 and use the minimum rate they name
  published.minimum_rate_ignored = false;
  published.presynaptic_detector_lag_steps = p.at("pre_detector_delay_steps");
  apply(published, d);
  Network<double> net(d, 0);
  net.record(1, true);
  net.record_updates(0, true);

  const auto pre = trains_by_step(file.at("pre_spikes")), post = trains_by_step(file.at("post_spikes"));
  const Step steps = file.at("n_steps");
  const json& snapshots = file.at("snapshots");
  Worst worst(kTolerance);
  std::size_t snapshot = 0;
  std::vector<Spike> pre_labels;
  const auto compare = [&](const std::vector<double>& found, const json& expected, const std::string& what,
                           Step k) {
    worst.same(found.size(), expected.size(), what + " size");
    for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
      worst.number(found[i], expected.at(i), fmt::format("{}[{}] at step {}", what, i, k));
    }
  };
  for (Step k = 0; k < steps; ++k) {
    if (k == active_from) net.set_plasticity(true);
    if (const auto at = pre.find(k); at != pre.end()) net.emit(0, at->second);
    if (const auto at = post.find(k); at != post.end()) net.emit(1, at->second);
    net.advance(1);
    for (const Spike& s : net.presynaptic_labels(0)) pre_labels.push_back(s);
    if (snapshot == snapshots.size() || snapshots.at(snapshot).at(0) != k) continue;
    const json& row = snapshots.at(snapshot++);
    compare(net.eligibility(0), row.at(1), "pre trace", k);
    compare(net.event_traces(1), row.at(2), "event trace", k);
    compare(net.burst_traces(1), row.at(3), "burst trace", k);
    compare(net.weights(0), row.at(4), "weight", k);
  }
  worst.same(snapshot, snapshots.size(), "number of snapshots");
  worst.same(label_rows(pre_labels), label_rows(file.at("pre_labels")), "presynaptic labels");
  worst.same(label_rows(net.take_spikes(1)), label_rows(file.at("post_labels")), "postsynaptic labels");

  std::vector<json> expected(file.at("updates").begin(), file.at("updates").end());
  std::stable_sort(expected.begin(), expected.end(), [](const json& a, const json& b) {
    return std::pair{a.at(0).get<Step>(), a.at(1).get<int>()} <
           std::pair{b.at(0).get<Step>(), b.at(1).get<int>()};
  });
  const auto updates = net.take_updates(0);
  worst.same(updates.size(), expected.size(), "number of updates");
  for (std::size_t i = 0; i < std::min(updates.size(), expected.size()); ++i) {
    const RuleUpdate& u = updates[i];
    const std::string where = fmt::format("update {} at step {}", i, u.step);
    worst.same(LabelRow(u.step, u.target, name_of(u.kind)),
               LabelRow(expected[i].at(0), expected[i].at(1), expected[i].at(2)), where);
    worst.number(u.valence, expected[i].at(3), "valence of " + where);
    worst.number(u.homeostatic_term, expected[i].at(4), "homeostatic term of " + where);
  }
  const auto terms = net.take_presynaptic_terms(0);
  const json& expected_terms = file.at("pre_event_homeostasis");
  worst.same(terms.size(), expected_terms.size(), "number of presynaptic terms");
  for (std::size_t i = 0; i < std::min(terms.size(), expected_terms.size()); ++i) {
    worst.same(std::pair(terms[i].step, terms[i].source),
               std::pair(expected_terms[i].at(0).get<Step>(), expected_terms[i].at(1).get<std::uint32_t>()),
               fmt::format("presynaptic term {}", i));
    compare(terms[i].deficits_Hz, expected_terms[i].at(2), "presynaptic term", terms[i].step);
  }
  return worst.verdict();
}

// ---------------------------------------------------------------------------------------------- pairing

payeur2021::PairingParameters pairing_parameters(const json& p) {
  return {.learning_rate = p.at("learning_rate"),
          .burst_threshold_s = p.at("burst_threshold_s"),
          .pre_tau_s = p.at("tau_pre_s"),
          .alpha_s = p.at("alpha_s"),
          .dt_s = p.at("dt_s")};
}

Verdict replay_periodic(const json& file) {
  const json& p = file.at("parameters");
  payeur2021::PeriodicPairing protocol;
  protocol.parameters = pairing_parameters(p);
  protocol.pairings_per_epoch = p.at("pairings_per_epoch");
  protocol.epochs = p.at("epochs");
  protocol.interval_between_epochs_s = p.at("interepoch_interval_s");
  protocol.post_delay_s = p.at("delta_t_s");
  protocol.first_pairing_s = p.at("first_pairing_at_s");
  protocol.tail_s = p.at("tail_after_last_period_s");
  protocol.initial = {p.at("initial_event_rate_hz"), p.at("initial_burst_rate_hz")};
  const std::vector<double> frequencies = file.at("frequencies_hz");
  Worst worst(kTolerance);
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    worst.number(payeur2021::periodic_pairing(frequencies[i], protocol), file.at("delta_w").at(i),
                 fmt::format("weight change at {} Hz", frequencies[i]));
  }
  return worst.verdict();
}

/// Mean over realisations of ours against a published mean, in standard errors of the difference.
template <class Draw>
double standard_errors(const Draw& draw, double mean, double sd, double realisations) {
  constexpr int kOurs = 60;
  double sum = 0, squares = 0;
  for (int i = 0; i < kOurs; ++i) {
    const double x = draw(static_cast<std::uint32_t>(i));
    sum += x;
    squares += x * x;
  }
  const double ours = sum / kOurs, variance = std::max(0.0, (squares - kOurs * ours * ours) / (kOurs - 1));
  return (ours - mean) / std::sqrt(variance / kOurs + sd * sd / realisations);
}

Verdict replay_poisson(const json& file) {
  const json& p = file.at("parameters");
  const auto parameters = pairing_parameters(p);
  const double duration = p.at("duration_s"), refractory = p.at("absolute_refractory_s"),
               event_rate = p.at("initial_event_rate_hz");
  Worst worst(kStandardErrors);
  std::uint64_t seed = 1;
  for (const json& curve : file.at("curves")) {
    const payeur2021::RateEstimates initial{event_rate,
                                            event_rate * curve.at("initial_burst_probability").get<double>()};
    const std::vector<double> rates = curve.at("rates_hz");
    for (std::size_t i = 0; i < rates.size(); ++i, ++seed) {
      const auto draw = [&](std::uint32_t n) {
        return pair_trains(payeur2021::poisson_train(rates[i], refractory, duration, seed, 2 * n),
                           payeur2021::poisson_train(rates[i], refractory, duration, seed, 2 * n + 1),
                           duration, initial, parameters)
            .delta_w;
      };
      worst.number(standard_errors(draw, curve.at("delta_w_mean").at(i), curve.at("delta_w_std").at(i),
                                   p.at("realizations")),
                   0, fmt::format("mean weight change at {} Hz in standard errors", rates[i]));
    }
  }
  return worst.verdict("means of random trains compared in standard errors");
}

Verdict replay_burst_poisson(const json& file) {
  const json& p = file.at("parameters");
  const auto parameters = pairing_parameters(p);
  Worst exact(kTolerance), statistical(kStandardErrors);
  for (const json& train : file.at("explicit_trains")) {
    const std::vector<double> pre = train.at("spiketimes_pre_s"), post = train.at("spiketimes_post_s");
    const payeur2021::RateEstimates initial{train.at("initial_event_rate_hz"),
                                            train.at("initial_burst_rate_hz")};
    const auto out = pair_trains(pre, post, train.at("duration_s"), initial, parameters);
    const std::string where = fmt::format(" of the explicit train with p {}", train.at("p").get<double>());
    exact.number(out.delta_w, train.at("delta_w"), "weight change" + where);
    exact.number(out.estimates.event_Hz, train.at("final_event_rate_hz"), "event rate" + where);
    exact.number(out.estimates.burst_Hz, train.at("final_burst_rate_hz"), "burst rate" + where);
  }
  std::uint64_t seed = 1000;
  const double duration = p.at("duration_s");
  for (const json& curve : file.value("curves", json::array())) {
    payeur2021::BurstTrain train{.event_rate_Hz = curve.at("event_rate_hz"),
                                 .event_refractory_s = p.at("event_refractory_s"),
                                 .gap_s = p.at("absolute_refractory_s")};
    const payeur2021::RateEstimates initial{
        train.event_rate_Hz, train.event_rate_Hz * p.at("initial_burst_probability").get<double>()};
    const std::vector<double> probabilities = curve.at("burst_probability");
    for (std::size_t i = 0; i < probabilities.size(); ++i, ++seed) {
      train.burst_probability = probabilities[i];
      const auto draw = [&](std::uint32_t n) {
        return pair_trains(payeur2021::burst_poisson_train(train, duration, seed, 2 * n),
                           payeur2021::burst_poisson_train(train, duration, seed, 2 * n + 1), duration,
                           initial, parameters)
            .delta_w;
      };
      statistical.number(
          standard_errors(draw, curve.at("delta_w_mean").at(i), curve.at("delta_w_std").at(i),
                          p.at("realizations")),
          0, fmt::format("mean weight change at {} Hz, p {}", train.event_rate_Hz, probabilities[i]));
    }
  }
  const Verdict means = statistical.verdict();
  Verdict out = exact.verdict(fmt::format("random trains: worst {:.2f} of {} standard errors ({})",
                                          means.worst_deviation, kStandardErrors, means.worst_quantity));
  out.passed = out.passed && means.passed;
  return out;
}

// ---------------------------------------------------------------------------------------------- rate network

namespace bp = apical::layered::burstprop;

bp::Mat matrix(const json& rows) {
  bp::Mat out(rows.size(), rows.empty() ? 0 : rows.at(0).size());
  for (std::size_t r = 0; r < out.rows(); ++r) {
    if (rows.at(r).size() != out.cols()) throw DataError("ragged matrix");
    for (std::size_t c = 0; c < out.cols(); ++c) out(r, c) = rows.at(r).at(c);
  }
  return out;
}

void compare(Worst& worst, const bp::Mat& found, const json& expected, const std::string& where) {
  const bp::Mat e = matrix(expected);
  worst.same(std::pair(found.rows(), found.cols()), std::pair(e.rows(), e.cols()), "shape of " + where);
  for (std::size_t i = 0; i < std::min(found.size(), e.size()); ++i)
    worst.number(found.flat()[i], e.flat()[i], where);
}

void compare(Worst& worst, const bp::Vec& found, const json& expected, const std::string& where) {
  worst.same(found.size(), expected.size(), "size of " + where);
  for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i)
    worst.number(found[i], expected.at(i), where);
}

layered::BurstFeedback feedback_mode(const std::string& name) {
  if (name == "fixed") return layered::BurstFeedback::fixed;
  if (name == "learned") return layered::BurstFeedback::learned;
  if (name == "symmetric") return layered::BurstFeedback::symmetric;
  throw DataError(fmt::format("unknown feedback mode '{}'", name));
}

/// The rule that networks are trained with, on the same steps: credit is a mean over the batch there, the
/// published update a sum.
std::size_t replay_in_the_engine(const json& file, const json& run, Worst& worst) {
  using namespace apical::layered;
  const json& initial = file.at("initial");
  const bp::Mat inputs = matrix(initial.at("inputs")), targets = matrix(initial.at("targets"));
  const auto rows = static_cast<double>(inputs.rows());
  const NetworkDescription d =
      dense_network(file.at("sizes"), Activation::sigmoid, Activation::sigmoid, Loss::mse);
  const bool recurrent = run.at("recurrent");
  BurstpropOptions options{.feedback = feedback_mode(run.at("feedback_mode")),
                           .baseline = file.at("p_baseline"),
                           .recurrence = recurrent};
  options.recurrent_rate = rows * file.at("recurrent_learning_rate").get<double>();
  layered::Network<double> network{d, {}};
  FeedbackWeights<double> feedback;
  std::vector<bp::Mat> recurrence;
  for (std::size_t l = 0; l < d.depth(); ++l) {
    network.parameters.W.push_back(matrix(initial.at("weight").at(l)));
    const auto bias = initial.at("bias").at(l).get<bp::Vec>();
    network.parameters.b.emplace_back(bias.begin(), bias.end());
    if (l > 0) feedback.push_back(matrix(initial.at("feedback").at(l)));
    if (l + 1 < d.depth()) recurrence.push_back(matrix(initial.at("recurrent").at(l)));
  }
  auto owned = std::make_unique<Burstprop<double>>(d, options, std::move(feedback), std::move(recurrence));
  const Burstprop<double>& rule = *owned;
  LayeredSettings settings{{.kind = OptimiserKind::momentum,
                            .learning_rate = rows,
                            .momentum = file.at("momentum"),
                            .weight_decay = file.at("weight_decay"),
                            .decay = DecayKind::unscaled},
                           {}};
  settings.layer_rates = file.at("learning_rates").get<std::vector<double>>();
  LayeredModel<double> model(std::move(network), std::move(owned), settings);
  std::size_t compared = 0;
  for (const json& step : run.at("steps")) {
    const std::string where = fmt::format("engine, {}{} step {}", run.at("feedback_mode").get<std::string>(),
                                          recurrent ? " recurrent" : "", step.at("step").get<int>());
    const double loss = model.learn_batch(inputs.view(), targets.view());
    worst.number(2 * loss / static_cast<double>(targets.cols()), step.at("loss_mse"), where + " loss");
    for (const json& row : step.at("layers")) {
      const auto l = row.at("layer").get<std::size_t>() - 1;
      const json& after = row.at("after");
      compare(worst, model.network().parameters.W[l], after.at("weight"), where + " weight");
      compare(worst, bp::Vec(model.network().parameters.b[l].begin(), model.network().parameters.b[l].end()),
              after.at("bias"), where + " bias");
      compared += 2;
      if (l > 0 && options.feedback != layered::BurstFeedback::symmetric) {
        compare(worst, rule.feedback_weights()[l - 1], after.at("feedback"), where + " feedback");
        ++compared;
      }
      if (recurrent && l + 1 < d.depth()) {
        compare(worst, rule.recurrent_weights()[l], after.at("recurrent"), where + " recurrent");
        ++compared;
      }
    }
  }
  return compared;
}

Verdict replay_rate_network(const json& file) {
  const json& initial = file.at("initial");
  const bp::Mat inputs = matrix(initial.at("inputs")), targets = matrix(initial.at("targets"));
  Worst worst(kTolerance);
  std::size_t compared = 0;
  for (const json& run : file.at("runs")) {
    compared += replay_in_the_engine(file, run, worst);
    const std::string mode = run.at("feedback_mode");
    const bp::Settings settings{.learning_rates = file.at("learning_rates"),
                                .momentum = file.at("momentum"),
                                .weight_decay = file.at("weight_decay"),
                                .recurrent_learning_rate = file.at("recurrent_learning_rate"),
                                .baseline = file.at("p_baseline"),
                                .feedback = feedback_mode(mode),
                                .recurrent = run.at("recurrent")};
    std::vector<bp::Layer> layers;
    for (std::size_t l = 0; l < initial.at("weight").size(); ++l) {
      bp::Layer layer;
      layer.weight = matrix(initial["weight"][l]);
      layer.bias = initial.at("bias").at(l).get<bp::Vec>();
      layer.feedback = settings.feedback == layered::BurstFeedback::symmetric
                           ? layer.weight
                           : matrix(initial.at("feedback").at(l));
      if (l < initial.at("recurrent").size()) layer.recurrent = matrix(initial["recurrent"][l]);
      layers.push_back(std::move(layer));
    }
    for (const json& step : run.at("steps")) {
      const bp::Step found = bp::evaluate(layers, inputs, targets, settings);
      bp::apply(layers, found, settings);
      const std::string run_name = fmt::format("{}{} step {}", mode, settings.recurrent ? " recurrent" : "",
                                               step.at("step").get<int>());
      worst.number(found.mean_squared_error, step.at("loss_mse"), run_name + " loss");
      for (const json& row : step.at("layers")) {
        const auto l = row.at("layer").get<std::size_t>() - 1;
        const bp::LayerStep& at = found.layers.at(l);
        const std::map<std::string, const bp::Mat*> matrices{
            {"event_rate", &at.event_rate},
            {"burst_prob_no_teacher", &at.burst_prob},
            {"burst_prob_teacher", &at.burst_prob_teacher},
            {"burst_rate_no_teacher", &at.burst_rate},
            {"burst_rate_teacher", &at.burst_rate_teacher},
            {"delta", &at.delta},
            {"delta_backprop_comparison", &at.delta_backprop},
            {"grad_weight", &at.grad_weight},
            {"feedback_in_no_teacher", &at.feedback_in},
            {"feedback_in_teacher", &at.feedback_in_teacher},
            {"backprop_error_in", &at.backprop_error_in},
            {"burst_rate_pre_recurrent", &at.burst_rate_pre_recurrent},
            {"recurrent_input", &at.recurrent_input},
            {"dendritic_potential_no_teacher", &at.potential},
            {"dendritic_potential_teacher", &at.potential_teacher},
            {"grad_weight_recurrent", &at.grad_recurrent}};
        const bp::Layer& after = layers.at(l);
        const std::map<std::string, const bp::Mat*> updated{{"weight", &after.weight},
                                                            {"feedback", &after.feedback},
                                                            {"velocity_weight", &after.velocity_weight},
                                                            {"recurrent", &after.recurrent}};
        for (const auto& [key, value] : row.items()) {
          const std::string where = fmt::format("{} layer {} {}", run_name, l + 1, key);
          if (key == "layer" || key == "after") continue;
          if (key == "grad_bias") {
            compare(worst, at.grad_bias, value, where);
          } else if (matrices.contains(key)) {
            compare(worst, *matrices.at(key), value, where);
          } else {
            throw DataError(fmt::format("unknown quantity '{}'", key));
          }
          ++compared;
        }
        for (const auto& [key, value] : row.at("after").items()) {
          const std::string where = fmt::format("{} layer {} {} after", run_name, l + 1, key);
          if (key == "bias" || key == "velocity_bias") {
            compare(worst, key == "bias" ? after.bias : after.velocity_bias, value, where);
          } else if (updated.contains(key)) {
            compare(worst, *updated.at(key), value, where);
          } else {
            throw DataError(fmt::format("unknown quantity '{}' after the update", key));
          }
          ++compared;
        }
      }
    }
  }
  return worst.verdict(fmt::format("{} quantities", compared));
}

}  // namespace

void add_burstprop_formats(std::vector<Format>& list) {
  const auto add = [&](const char* name, std::vector<std::string> keys, Replayer replay) {
    keys.insert(keys.end(), {"name", "provenance"});
    const auto recognises = [keys](const json& file) {
      return file.is_object() &&
             std::all_of(keys.begin(), keys.end(), [&](const auto& key) { return file.contains(key); });
    };
    list.push_back({name, recognises, std::move(replay)});
  };
  add("burstprop neuron", {"model", "initial_state", "input", "output"}, replay_neuron);
  add("burstprop short-term plasticity", {"trains"}, replay_short_term);
  add("burstprop plasticity rule", {"pre_spikes", "post_spikes", "snapshots"}, replay_rule);
  add("burstprop periodic pairing", {"frequencies_hz", "delta_w"}, replay_periodic);
  add("burstprop burst-Poisson pairing", {"explicit_trains"}, replay_burst_poisson);
  add("burstprop Poisson pairing", {"curves", "parameters"}, replay_poisson);
  add("burstprop rate network", {"p_baseline", "runs", "initial"}, replay_rate_network);
}

}  // namespace apical::golden
