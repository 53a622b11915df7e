// SPDX-License-Identifier: Apache-2.0
#include "apical/study/discriminate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "apical/analysis/statistics.h"
#include "apical/core/error.h"

namespace apical {
namespace {

constexpr std::size_t kFewSeeds = 32;

const Contrast* contrast_of(const ModelOutcome& model, const ContrastReadout& readout) {
  const auto found = std::find_if(model.contrasts.begin(), model.contrasts.end(), [&](const Contrast& c) {
    return c.measure == readout.measure && c.condition == readout.condition && c.epochs == readout.epochs;
  });
  return found == model.contrasts.end() ? nullptr : &*found;
}

/// SD over the single units that were kept of the control condition, by seed.
std::vector<double> unit_sds(const ModelOutcome& model, const ContrastReadout& readout,
                             const std::string& control) {
  for (const Trace& trace : model.traces) {
    if (trace.measure != readout.measure || trace.condition != control || trace.epochs != readout.epochs)
      continue;
    std::vector<double> sds;
    for (const Matrix<double>& units : trace.units) {
      std::vector<double> means(units.cols(), 0.0);
      for (std::size_t t = 0; t < units.rows(); ++t) {
        for (std::size_t u = 0; u < units.cols(); ++u)
          means[u] += units(t, u) / static_cast<double>(units.rows());
      }
      if (means.size() > 1) sds.push_back(sample_sd(means));
    }
    if (!sds.empty()) return sds;
  }
  throw DataError(
      fmt::format("scale = \"control_sd\" needs single units of measure '{}' in '{}'; give the measure "
                  "single_units = 5 or more, "
                  "or choose another scale",
                  readout.measure, model.label));
}

/// Of one model, by seed, on the scale of all.
std::vector<double> scaled(const ModelOutcome& model, const ContrastReadout& readout,
                           const ProbedProtocol& probed) {
  const Contrast& contrast = *contrast_of(model, readout);
  std::vector<double> sds;
  if (probed.options.scale == ReadoutScale::control_sd) sds = unit_sds(model, readout, probed.control);
  std::vector<double> values;
  for (std::size_t s = 0; s < contrast.value.size(); ++s) {
    const double difference = contrast.value[s] - contrast.control[s];
    switch (probed.options.scale) {
      case ReadoutScale::raw:
        values.push_back(difference);
        break;
      case ReadoutScale::sign:
        values.push_back(difference > 0 ? 1 : difference < 0 ? -1 : 0);
        break;
      case ReadoutScale::relative: {
        const double size = std::abs(contrast.value[s]) + std::abs(contrast.control[s]);
        values.push_back(size > 0 ? difference / size : 0);
        break;
      }
      case ReadoutScale::control_sd:
        if (!(sds.at(s) > 0)) {
          throw DataError(
              fmt::format("the single units of measure '{}' in '{}' do not differ, so nothing can be "
                          "measured in their SD",
                          readout.measure, model.label));
        }
        values.push_back(difference / sds[s]);
        break;
    }
  }
  return values;
}

class Discriminator {
 public:
  Discriminator(const std::vector<ProbedProtocol>& probed, ThreadPool& pool) : probed_(probed), pool_(pool) {}

  Discrimination run() {
    APICAL_CHECK(!probed_.empty());
    out_.options = probed_.front().options;
    for (const ModelOutcome& model : probed_.front().result.models) out_.theories.push_back(model.label);
    if (out_.theories.size() < 2) {
      throw DataError(
          "there is one model, and nothing to tell it from; give [[variant]] tables, one per theory");
    }
    for (const ProbedProtocol& one : probed_) add(one);
    std::stable_sort(out_.designs.begin(), out_.designs.end(), [](const auto& a, const auto& b) {
      return a.separation.gain.held_out > b.separation.gain.held_out;
    });
    if (!out_.designs.empty()) vary_sizes();
    return std::move(out_);
  }

 private:
  void add(const ProbedProtocol& one) {
    std::vector<std::string> labels;
    for (const ModelOutcome& model : one.result.models) labels.push_back(model.label);
    if (std::set<std::string>(labels.begin(), labels.end()) !=
        std::set<std::string>(out_.theories.begin(), out_.theories.end())) {
      throw DataError(fmt::format("protocol '{}' is about {}, '{}' about {}; expected the same models",
                                  one.name, join_names(labels), probed_.front().name,
                                  join_names(out_.theories)));
    }
    ProtocolSeparation protocol{one.name, {}, {}, {}, {}};
    choose_readouts(one, protocol);
    if (protocol.readouts.empty()) {
      throw DataError(fmt::format("protocol '{}' has no readout that all of {} have: {}", one.name,
                                  join_names(out_.theories), fmt::join(protocol.not_applicable, "; ")));
    }
    fill(one, protocol);
    protocol.pairs = pair_separations(protocol.theories, one.options.noise, one.options.estimate);
    add_designs(one, protocol);
    out_.protocols.push_back(std::move(protocol));
  }

  static void choose_readouts(const ProbedProtocol& one, ProtocolSeparation& protocol) {
    std::vector<ContrastReadout> all;
    for (const ModelOutcome& model : one.result.models) {
      for (const Contrast& c : model.contrasts) {
        const auto same = [&](const ContrastReadout& r) {
          return r.measure == c.measure && r.condition == c.condition && r.epochs == c.epochs;
        };
        if (std::none_of(all.begin(), all.end(), same)) all.push_back({c.measure, c.condition, c.epochs});
      }
    }
    std::set<std::string> wanted(one.options.readouts.begin(), one.options.readouts.end());
    std::set<std::string> known;
    for (const ContrastReadout& readout : all) {
      const std::string name = readout.measure + ": " + readout.condition;
      known.insert(name);
      if (!wanted.empty() && !wanted.contains(name)) continue;
      std::vector<std::string> lacking;
      for (const ModelOutcome& model : one.result.models) {
        if (contrast_of(model, readout) == nullptr) lacking.push_back(model.label);
      }
      if (lacking.empty()) {
        protocol.readouts.push_back(readout);
      } else {
        protocol.not_applicable.push_back(fmt::format("{}: {} {} no such population or variable",
                                                      readout.text(), join_names(lacking),
                                                      lacking.size() == 1 ? "has" : "have"));
      }
    }
    for (const std::string& name : wanted) {
      if (known.contains(name)) continue;
      throw DataError(fmt::format("protocol '{}' has no readout '{}'; {}", one.name, name,
                                  suggestion(name, {known.begin(), known.end()})));
    }
  }

  void fill(const ProbedProtocol& one, ProtocolSeparation& protocol) {
    const std::size_t seeds = contrast_of(one.result.models.front(), protocol.readouts.front())->value.size();
    const std::size_t fit = one.options.fit > 0 ? one.options.fit : seeds / 2;
    if (fit < 2 || fit >= seeds) {
      throw DataError(
          fmt::format("protocol '{}' has {} seeds, of which {} would be fitted; expected 2 or more, and some "
                      "held out: run.seeds = 64",
                      one.name, seeds, fit));
    }
    if (fit < kFewSeeds || seeds - fit < kFewSeeds) {
      out_.notes.push_back(
          fmt::format("{}: {} seeds to fit and {} held out; with fewer than {} of each, information is "
                      "underestimated",
                      one.name, fit, seeds - fit, kFewSeeds));
    }
    if (!one.options.prior.empty() && one.options.prior.size() != out_.theories.size()) {
      throw DataError(fmt::format("discriminate.prior has {} numbers for {} models", one.options.prior.size(),
                                  out_.theories.size()));
    }
    const std::size_t readouts = protocol.readouts.size();
    for (std::size_t m = 0; m < out_.theories.size(); ++m) {  // in one order for all protocols
      const ModelOutcome& model =
          *std::find_if(one.result.models.begin(), one.result.models.end(),
                        [&](const ModelOutcome& o) { return o.label == out_.theories[m]; });
      TheoryReadouts theory{model.label, one.options.prior.empty() ? 1 : one.options.prior[m],
                            Matrix<double>(fit, readouts), Matrix<double>(seeds - fit, readouts)};
      for (std::size_t k = 0; k < readouts; ++k) {
        const std::vector<double> values = scaled(model, protocol.readouts[k], one);
        for (std::size_t s = 0; s < seeds; ++s) {
          if (!std::isfinite(values.at(s))) {
            throw DataError(
                fmt::format("readout '{}' of '{}' is {} in a seed; choose others in discriminate.readouts",
                            protocol.readouts[k].text(), model.label, values[s]));
          }
          (s < fit ? theory.fit(s, k) : theory.held_out(s - fit, k)) = values[s];
        }
      }
      protocol.theories.push_back(std::move(theory));
    }
  }

  /// One design for each condition: its readouts, chosen by what they tell together.
  void add_designs(const ProbedProtocol& one, const ProtocolSeparation& protocol) {
    std::vector<std::string> conditions;
    for (const ContrastReadout& readout : protocol.readouts) {
      if (std::find(conditions.begin(), conditions.end(), readout.condition) == conditions.end())
        conditions.push_back(readout.condition);
    }
    for (const std::string& condition : conditions) {
      std::vector<std::size_t> of_condition;
      for (std::size_t k = 0; k < protocol.readouts.size(); ++k) {
        if (protocol.readouts[k].condition == condition) of_condition.push_back(k);
      }
      std::vector<TheoryReadouts> theories;
      for (const TheoryReadouts& theory : protocol.theories) {
        theories.push_back({theory.name, theory.prior, columns_of(theory.fit, of_condition),
                            columns_of(theory.held_out, of_condition)});
      }
      ExperimentDesign design{protocol.protocol, condition, {}, {}};
      const std::vector<std::size_t> chosen = chosen_readouts(
          theories, one.options.noise, one.options.most_readouts, one.options.estimate, pool_);
      for (const std::size_t k : chosen) design.readouts.push_back(of_condition[k]);
      design.separation = separation_of(theories, chosen, one.options.noise, one.options.estimate, pool_);
      out_.designs.push_back(std::move(design));
    }
  }

  static Matrix<double> columns_of(const Matrix<double>& z, const std::vector<std::size_t>& columns) {
    Matrix<double> out(z.rows(), columns.size());
    for (std::size_t s = 0; s < z.rows(); ++s) {
      for (std::size_t k = 0; k < columns.size(); ++k) out(s, k) = z(s, columns[k]);
    }
    return out;
  }

  void vary_sizes() {
    const ExperimentDesign& best = out_.designs.front();
    const auto at = static_cast<std::size_t>(
        std::find_if(out_.protocols.begin(), out_.protocols.end(),
                     [&](const ProtocolSeparation& p) { return p.protocol == best.protocol; }) -
        out_.protocols.begin());
    const ProbedProtocol& one = probed_[at];
    for (const std::size_t cells : {1U, 5U, 20U, 100U}) {
      for (const std::size_t trials : {1U, 10U, 50U}) {
        MeasurementNoise noise = one.options.noise;
        noise.cells = cells;
        noise.trials = trials;
        const Separation found =
            separation_of(out_.protocols[at].theories, best.readouts, noise, one.options.estimate, pool_);
        out_.sizes.push_back({cells, trials, found.animals_80, found.animals_95});
      }
    }
  }

  const std::vector<ProbedProtocol>& probed_;
  ThreadPool& pool_;
  Discrimination out_;
};

}  // namespace

std::string ContrastReadout::text() const {
  return fmt::format("{}: {}, after {} epoch{}", measure, condition, epochs, epochs == 1 ? "" : "s");
}

Discrimination discriminate(const std::vector<ProbedProtocol>& probed, ThreadPool& pool) {
  return Discriminator(probed, pool).run();
}

}  // namespace apical
