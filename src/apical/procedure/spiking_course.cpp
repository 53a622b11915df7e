// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/spiking_course.h"

#include <fmt/format.h>

#include <cmath>

#include "apical/procedure/spiking_course_parts.h"
#include "apical/procedure/spiking_mnist_course.h"

namespace apical {
namespace {

using namespace payeur2021;

constexpr std::array<const char*, 6> kPlastic{"in1->hid1", "in1->hid2", "in2->hid1",
                                              "in2->hid2", "hid1->out", "hid2->out"};

class XorCourse final : public WatchedCourse {
 public:
  XorCourse(const XorOptions& options, std::size_t epochs, const CourseSetting& s)
      : WatchedCourse(xor_network(options), s), epochs_(epochs), task_(options, s.seed, s.pool, watching()) {}

  /// Burn-in and first test, an epoch each, last test.
  std::size_t rounds() const override { return epochs_ == 0 ? 1 : epochs_ + 2; }

  std::vector<MeasureRow> run_round(std::size_t round) override {
    if (round == 0) {
      task_.burn_in();
      return {test("untrained", 0)};
    }
    return {round <= epochs_ ? train(round) : test("trained", epochs_)};
  }

  io::Bytes save() override { return io::save_state(*this); }
  void load(std::span<const std::byte> bytes, const std::string& origin) override {
    io::load_state(bytes, *this, origin);
  }
  template <class Archive>
  void visit_state(Archive& a) {
    a.section("watch", [&] { watch_.visit_state(a); });
    FlexibleArchive<Archive> flexible(a);
    a.section("network", [&] { task_.network().visit_state(flexible); });
  }

 private:
  void add_weights(MeasureRow& row) {
    for (const char* name : kPlastic) {
      const std::string projection = name;
      const auto arrow = projection.find("->");
      const std::size_t c = task_.network().connection(projection + " exc");
      row.values.emplace_back(
          fmt::format("weight_{}_{}", projection.substr(0, arrow), projection.substr(arrow + 2)),
          task_.network().mean_weight(c));
    }
  }

  MeasureRow test(const std::string& segment, std::size_t epoch) {
    std::vector<std::string> texts;
    for (const XorPattern& p : kXorPatterns) texts.emplace_back(p.text);
    watch_.open(segment, ends_of(texts, task_.options().example_s, setting_.raster_s), task_.network());
    const auto responses = task_.test();
    watch_.close();
    MeasureRow row{epoch, "test", {}};
    row.values.emplace_back("patterns_correct", patterns_correct(responses, task_.options()));
    for (std::size_t p = 0; p < responses.size(); ++p) {
      for (std::size_t g = 0; g < kXorGroups.size(); ++g) {
        row.values.emplace_back(fmt::format("{}_event_Hz_{}", kXorGroups[g], kXorPatterns[p].name),
                                responses[p].event_Hz[g]);
        row.values.emplace_back(fmt::format("{}_burst_probability_{}", kXorGroups[g], kXorPatterns[p].name),
                                responses[p].burst_probability(g));
      }
    }
    add_weights(row);
    return row;
  }

  MeasureRow train(std::size_t epoch) {
    const auto examples = task_.train_epoch();
    MeasureRow row{epoch, "train", {}};
    double cost = 0;
    std::array<XorResponse, 4> predictions;
    for (std::size_t p = 0; p < examples.size(); ++p) {
      cost += examples[p].cost;
      predictions[p] = examples[p].prediction;
    }
    row.values.emplace_back("cost", cost);
    row.values.emplace_back("patterns_correct", patterns_correct(predictions, task_.options()));
    for (std::size_t p = 0; p < examples.size(); ++p) {
      for (const std::size_t g : {std::size_t{2}, std::size_t{3}, std::size_t{4}}) {
        row.values.emplace_back(fmt::format("{}_event_Hz_{}", kXorGroups[g], kXorPatterns[p].name),
                                examples[p].prediction.event_Hz[g]);
        row.values.emplace_back(fmt::format("{}_burst_probability_{}", kXorGroups[g], kXorPatterns[p].name),
                                examples[p].prediction.burst_probability(g));
        row.values.emplace_back(
            fmt::format("{}_taught_burst_probability_{}", kXorGroups[g], kXorPatterns[p].name),
            examples[p].teaching.burst_probability(g));
      }
    }
    add_weights(row);
    return row;
  }

  std::size_t epochs_;
  XorTask task_;
};

/// A course of one round, watched from its start to its end.
class SingleRound : public WatchedCourse {
 public:
  using WatchedCourse::WatchedCourse;

 protected:
  WatchedAdvance watching(std::vector<RasterWindow> windows) {
    return [this, windows = std::move(windows)](spike::Network<float>& n, spike::Step steps) {
      if (watch_.segments().empty()) watch_.open("run", windows, n);
      advance(watch_, n, steps);
    };
  }
};

std::vector<RasterWindow> after_burn_in(const PropagationOptions& o, double seconds) {
  return {{"drives on", o.burn_in_s, o.burn_in_s + std::min(2 * seconds, o.duration_s)}};
}

class PropagationCourse final : public SingleRound {
 public:
  PropagationCourse(const PropagationOptions& o, const CourseSetting& s)
      : SingleRound(propagation_network(o), s), options_(o) {}
  std::vector<MeasureRow> run_round(std::size_t) override {
    const PropagationSeries s = run_propagation(options_, setting_.seed, setting_.pool,
                                                watching(after_burn_in(options_, setting_.raster_s)));
    const auto bp1 = s.burst_probability(0), bp2 = s.burst_probability(1);
    return {{0,
             "test",
             {{"pyr1_event_Hz", mean_of_bins(s.event_Hz[0])},
              {"pyr2_event_Hz", mean_of_bins(s.event_Hz[1])},
              {"pyr1_burst_probability", mean_of_bins(bp1)},
              {"pyr2_burst_probability", mean_of_bins(bp2)},
              {"r_event_rate_1_soma_drive", correlation(s.event_Hz[0], s.soma_drive_A)},
              {"r_event_rate_2_event_rate_1", correlation(s.event_Hz[1], s.event_Hz[0])},
              {"r_burst_probability_2_dendrite_drive", correlation(bp2, s.dendrite_drive_A)},
              {"r_burst_probability_2_soma_drive", correlation(bp2, s.soma_drive_A)},
              {"r_burst_probability_1_burst_rate_2", correlation(bp1, s.burst_Hz[1])},
              {"r_burst_probability_1_burst_probability_2", correlation(bp1, bp2)},
              {"r_burst_probability_1_event_rate_2", correlation(bp1, s.event_Hz[1])}}}};
  }

 private:
  PropagationOptions options_;
};

class MultiplexingCourse final : public SingleRound {
 public:
  MultiplexingCourse(const PropagationOptions& o, const CourseSetting& s)
      : SingleRound(multiplexing_population(o), s), options_(o) {}
  std::vector<MeasureRow> run_round(std::size_t) override {
    const PropagationSeries s = run_multiplexing(options_, setting_.seed, setting_.pool,
                                                 watching(after_burn_in(options_, setting_.raster_s)));
    const auto bp = s.burst_probability(0);
    return {{0,
             "test",
             {{"event_Hz", mean_of_bins(s.event_Hz[0])},
              {"burst_probability", mean_of_bins(bp)},
              {"r_event_rate_soma_drive", correlation(s.event_Hz[0], s.soma_drive_A)},
              {"r_event_rate_dendrite_drive", correlation(s.event_Hz[0], s.dendrite_drive_A)},
              {"r_burst_probability_dendrite_drive", correlation(bp, s.dendrite_drive_A)},
              {"r_burst_probability_soma_drive", correlation(bp, s.soma_drive_A)}}}};
  }

 private:
  PropagationOptions options_;
};

/// Rows by phase: 0 is the end of the burn-in.
class RuleCourse final : public SingleRound {
 public:
  RuleCourse(const RuleNetworkOptions& o, const CourseSetting& s)
      : SingleRound(rule_network(o), s), options_(o) {}
  std::vector<MeasureRow> run_round(std::size_t) override {
    const double burn_in_s = 4 * options_.alpha_s, drawn = std::min(setting_.raster_s, options_.phase_s);
    std::vector<RasterWindow> windows{{"burn-in", burn_in_s - std::min(drawn, burn_in_s), burn_in_s}};
    for (std::size_t i = 0; i <= options_.phases.size(); ++i) {
      const double end = burn_in_s + static_cast<double>(i + 1) * options_.phase_s;
      windows.push_back({i < options_.phases.size() ? fmt::format("{:g} d0", options_.phases[i]) : "pre +I",
                         end - drawn, end});
    }
    std::vector<MeasureRow> rows;
    MeasureRow all{0, "test", {}};
    const auto phases =
        run_rule_network(options_, setting_.seed, setting_.pool, watching(std::move(windows)));
    for (std::size_t i = 0; i < phases.size(); ++i) {
      const RulePhase& p = phases[i];
      rows.push_back({i,
                      "phase",
                      {{"weight", p.mean_weight},
                       {"pre_event_Hz", p.pre_event_Hz},
                       {"pre_burst_probability", p.pre_burst_probability},
                       {"post_event_Hz", p.post_event_Hz},
                       {"post_burst_probability", p.post_burst_probability}}});
      all.values.emplace_back(fmt::format("weight_phase_{}", i), p.mean_weight);
      all.values.emplace_back(fmt::format("post_burst_probability_phase_{}", i), p.post_burst_probability);
      all.values.emplace_back(fmt::format("post_event_Hz_phase_{}", i), p.post_event_Hz);
      all.values.emplace_back(fmt::format("pre_burst_probability_phase_{}", i), p.pre_burst_probability);
    }
    rows.push_back(std::move(all));
    return rows;
  }

 private:
  RuleNetworkOptions options_;
};

/// "P(0) = 0.3" → "P0_0.3": curves in names of measures.
std::string measure_of(const std::string& label) {
  std::string out;
  for (const char c : label) {
    if (c == ' ' || c == '=') {
      if (!out.empty() && out.back() != '_') out += '_';
    } else if (c != '(' && c != ')') {
      out += c;
    }
  }
  return out;
}

template <class Options>
class PairingCourse final : public SpikingCourse {
 public:
  PairingCourse(const Options& o, const CourseSetting& s) : options_(o), setting_(s) {}
  std::vector<MeasureRow> run_round(std::size_t) override {
    if constexpr (requires { run_pairing(options_, setting_.seed); }) {
      curves_ = run_pairing(options_, setting_.seed);
    } else {
      curves_ = run_pairing(options_);
    }
    MeasureRow row{0, "test", {}};
    for (const PairingCurve& c : curves_) {
      const std::string name = measure_of(c.label);
      for (std::size_t i = 0; i < c.x.size(); ++i)
        row.values.emplace_back(fmt::format("delta_w_{}_at_{:.4g}", name, c.x[i]), c.delta_w[i]);
      row.values.emplace_back("crossing_" + name, c.crossing());
      const auto deepest = std::min_element(c.delta_w.begin(), c.delta_w.end());
      if (deepest == c.delta_w.end()) continue;
      row.values.emplace_back("deepest_" + name, *deepest);
      row.values.emplace_back("deepest_at_" + name,
                              c.x[static_cast<std::size_t>(deepest - c.delta_w.begin())]);
      row.values.emplace_back("span_" + name, c.delta_w.back() - c.delta_w.front());
    }
    return {row};
  }
  const std::vector<PairingCurve>& curves() const override { return curves_; }

 private:
  Options options_;
  CourseSetting setting_;
  std::vector<PairingCurve> curves_;
};

}  // namespace

void SpikingCourse::advance(SpikeWatch& watch, spike::Network<float>& network, spike::Step steps) {
  try {
    watch.advance(network, steps);
  } catch (const NumericalFault&) {
    fault_state_ = io::save_state(network);
    throw;
  }
}
const std::vector<ActivitySegment>& SpikingCourse::segments() const {
  static const std::vector<ActivitySegment> none;
  return none;
}
const std::vector<PopulationSpikes>& SpikingCourse::recorded() const {
  static const std::vector<PopulationSpikes> none;
  return none;
}
const std::vector<PairingCurve>& SpikingCourse::curves() const {
  static const std::vector<PairingCurve> none;
  return none;
}

std::unique_ptr<SpikingCourse> make_course(const SpikingExperiment& e, const CourseSetting& s) {
  struct Maker {
    const SpikingExperiment& e;
    const CourseSetting& s;
    std::unique_ptr<SpikingCourse> operator()(const XorOptions& o) const {
      return std::make_unique<XorCourse>(o, e.epochs, s);
    }
    std::unique_ptr<SpikingCourse> operator()(const MnistOptions& o) const {
      return make_mnist_course(o, e.epochs, s);
    }
    std::unique_ptr<SpikingCourse> operator()(const PropagationOptions& o) const {
      return std::make_unique<PropagationCourse>(o, s);
    }
    std::unique_ptr<SpikingCourse> operator()(const models::MultiplexingOptions& o) const {
      return std::make_unique<MultiplexingCourse>(o.population, s);
    }
    std::unique_ptr<SpikingCourse> operator()(const RuleNetworkOptions& o) const {
      return std::make_unique<RuleCourse>(o, s);
    }
    std::unique_ptr<SpikingCourse> operator()(const PeriodicExperiment& o) const {
      return std::make_unique<PairingCourse<PeriodicExperiment>>(o, s);
    }
    std::unique_ptr<SpikingCourse> operator()(const PoissonExperiment& o) const {
      return std::make_unique<PairingCourse<PoissonExperiment>>(o, s);
    }
    std::unique_ptr<SpikingCourse> operator()(const BurstPoissonExperiment& o) const {
      return std::make_unique<PairingCourse<BurstPoissonExperiment>>(o, s);
    }
  };
  return std::visit(Maker{e, s}, e.options);
}

double course_seconds(const SpikingExperiment& e) {
  struct Sum {
    std::size_t epochs;
    double operator()(const XorOptions& o) const {
      const double patterns = 4 * o.example_s;
      return 3 * o.alpha_s + (epochs == 0 ? 1.0 : static_cast<double>(epochs) + 2) * patterns;
    }
    double operator()(const MnistOptions& o) const { return mnist_course_seconds(o, epochs); }
    double operator()(const PropagationOptions& o) const { return o.burn_in_s + o.duration_s; }
    double operator()(const models::MultiplexingOptions& o) const {
      return o.population.burn_in_s + o.population.duration_s;
    }
    double operator()(const RuleNetworkOptions& o) const {
      return 4 * o.alpha_s + static_cast<double>(o.phases.size() + 1) * o.phase_s;
    }
    double operator()(const PeriodicExperiment& o) const {
      double sum = 0;
      for (const double f : o.frequencies_Hz)
        sum += o.protocol.epochs * (o.protocol.pairings_per_epoch / f + o.protocol.tail_s);
      return sum;
    }
    double operator()(const PoissonExperiment& o) const {
      return static_cast<double>(o.rates_Hz.size() * o.initial_burst_probabilities.size()) * o.repetitions *
             o.duration_s;
    }
    double operator()(const BurstPoissonExperiment& o) const {
      return static_cast<double>(o.burst_probabilities.size() * o.event_rates_Hz.size()) * o.repetitions *
             o.duration_s;
    }
  };
  return std::visit(Sum{e.epochs}, e.options);
}

double activity_bin_s(const SpikingExperiment& e) {
  if (const auto* o = std::get_if<PropagationOptions>(&e.options)) return o->bin_s;
  if (const auto* o = std::get_if<models::MultiplexingOptions>(&e.options)) return o->population.bin_s;
  if (const auto* o = std::get_if<MnistOptions>(&e.options)) return o->prediction_s / 10;
  if (const auto* o = std::get_if<XorOptions>(&e.options)) return o->example_s / 32;
  if (const auto* o = std::get_if<RuleNetworkOptions>(&e.options)) return o->phase_s / 25;
  return 1;
}

}  // namespace apical
