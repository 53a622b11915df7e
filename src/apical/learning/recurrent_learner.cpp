// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/recurrent_learner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "apical/core/field_error.h"
#include "apical/learning/alignment.h"
#include "apical/learning/distribution.h"
#include "apical/learning/examination.h"
#include "apical/learning/layered_state.h"

namespace apical {
namespace {

/// Samples of a batch that one thread shows, one after the other: sums have the same order for any number of
/// threads.
constexpr std::size_t kShownTogether = 4;

/// What such samples give.
struct Part {
  TrialCredit credit;
  std::vector<RewardedTrial> rewarded;
};

/// Cross-entropy compares distributions.
void check_loss(const Dataset& d, ReadoutLoss loss) {
  if (loss == ReadoutLoss::mse || d.train.classes > 0) return;
  for (std::size_t i = 0; i < d.train.targets.rows(); ++i) {
    if (is_distribution(d.train.targets.row(i))) continue;
    throw FieldError::about(
        {"loss"},
        fmt::format("loss 'ce' compares distributions over the outputs, which the targets of task '{}' are "
                    "not",
                    d.name),
        "choose loss = \"mse\"");
  }
}

void check_data(const Dataset& d, const models::RecurrentNetwork& network) {
  if (!d.is_sequence()) {
    throw ConfigError(
        fmt::format("task '{}' shows nothing that runs its course; recurrent networks learn sequences",
                    d.name),
        {}, "choose a task of sequences, e.g. store-recall ('apical tasks'), or a layered network");
  }
  if (d.inputs() != network.inputs || d.outputs() != network.outputs) {
    throw FieldError::about(
        {"layers"},
        fmt::format("task '{}' has {} inputs and {} outputs, but the network has {} and {}", d.name,
                    d.inputs(), d.outputs(), network.inputs, network.outputs),
        fmt::format("the first entry of layers must be {} and the last {}", d.inputs(), d.outputs()));
  }
  check_loss(d, network.loss);
}

std::pair<double, double> bounds_of_units(const models::RecurrentNetwork& network) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  if (network.spiking()) return {-kNone, kNone};
  switch (network.activation) {
    case ActivationKind::logistic:
    case ActivationKind::hard_sigmoid:
      return {0, 1};
    case ActivationKind::tanh:
      return {-1, 1};
    default:
      return {-kNone, kNone};
  }
}

bool has_bounds(const models::RecurrentNetwork& network) {
  return std::isfinite(bounds_of_units(network).second);
}

std::vector<double> mean_of_rows(const Matrix<double>& rows) {
  std::vector<double> mean(rows.cols(), 0.0);
  for (std::size_t t = 0; t < rows.rows(); ++t)
    plain::add_scaled(mean, 1 / static_cast<double>(rows.rows()), rows.row(t));
  return mean;
}

}  // namespace

RecurrentLearner::RecurrentLearner(models::RecurrentNetwork description,
                                   std::vector<std::shared_ptr<const Dataset>> data,
                                   std::vector<std::uint64_t> seeds, ThreadPool& pool)
    : description_(description), data_(std::move(data)), seeds_(std::move(seeds)), pool_(pool) {
  APICAL_CHECK(data_.size() == seeds_.size());
  for (const auto& d : data_) {
    check_data(*d, description_);
    if (data_.back() == data_.front()) break;  // one set for all seeds
  }
  for (const std::uint64_t seed : seeds_) models_.emplace_back(description_, seed);
}

ShownTrial RecurrentLearner::trial(SplitName name, std::size_t replica, std::uint32_t sample) const {
  const Dataset& d = *data_[replica];
  const Split& split = split_of(d, name);
  const InputSequence& course = split.sequences[sample];
  const std::size_t steps = course.steps(), wanted = std::min<std::size_t>(d.answer_steps, steps);
  ShownTrial shown{.inputs = Matrix<double>(steps, description_.inputs),
                   .targets = Matrix<double>(steps, description_.outputs),
                   .mask = std::vector<double>(steps, 0.0)};
  for (std::size_t segment = 0; segment + 1 < course.change_points.size(); ++segment) {
    for (std::size_t t = course.change_points[segment]; t < course.change_points[segment + 1]; ++t)
      std::copy(course.values.row(segment).begin(), course.values.row(segment).end(),
                shown.inputs.row(t).begin());
  }
  for (std::size_t k = 0; k < wanted; ++k) {
    const std::size_t t = steps - wanted + k;
    if (split.target_courses.empty()) {
      split.read_target(sample, shown.targets.row(t));
    } else {
      const auto row = split.target_courses[sample].row(k);
      std::copy(row.begin(), row.end(), shown.targets.row(t).begin());
    }
    shown.mask[t] = 1 / static_cast<double>(wanted);
  }
  if (!split.labels.empty()) shown.kind = static_cast<std::size_t>(split.labels[sample]);
  return shown;
}

void RecurrentLearner::learn(const Order& order, bool) {
  for (std::size_t at = 0; at < order.front().size(); at += description_.batch) {
    const std::size_t n = std::min(description_.batch, order.front().size() - at),
                      parts = (n + kShownTogether - 1) / kShownTogether;
    std::vector<Part> all(models_.size() * parts);
    pool_.run(all.size(), [&](std::size_t p) {
      const std::size_t r = p / parts, first = p % parts * kShownTogether;
      const RecurrentModel& model = models_[r];
      Part& part = all[p];
      for (std::size_t i = first; i < std::min(first + kShownTogether, n); ++i) {
        std::optional<RewardedTrial> rewarded;
        TrialCredit credit = model.credit(trial(SplitName::train, r, order[r][at + i]),
                                          model.batches() * description_.batch + i, rewarded);
        if (i == first) {
          part.credit = std::move(credit);
        } else {
          recurrent::add(part.credit.uphill, 1, credit.uphill);
          plain::add_scaled(part.credit.mean_rate, 1, credit.mean_rate);
        }
        if (rewarded) part.rewarded.push_back(std::move(*rewarded));
      }
    });
    pool_.run(models_.size(), [&](std::size_t r) {
      TrialCredit& sum = all[r * parts].credit;
      models_[r].add_rewards(all[r * parts].rewarded, sum.uphill);
      for (std::size_t p = 1; p < parts; ++p) {
        const Part& part = all[r * parts + p];
        recurrent::add(sum.uphill, 1, part.credit.uphill);
        plain::add_scaled(sum.mean_rate, 1, part.credit.mean_rate);
        models_[r].add_rewards(part.rewarded, sum.uphill);
      }
      models_[r].learn(sum.uphill, n);
      for (double& rate : sum.mean_rate) rate /= static_cast<double>(n);
      if (!taps_.empty()) tell_taps(r, sum.mean_rate);
    });
  }
}

void RecurrentLearner::evaluate(SplitName split, const Order& order, bool, std::span<Score> scores) {
  const std::size_t n = order.front().size();
  std::vector<TrialAnswer> answers(models_.size() * n);
  pool_.run(answers.size(), [&](std::size_t k) {
    answers[k] = models_[k / n].answer(trial(split, k / n, order[k / n][k % n]));
  });
  for (std::size_t r = 0; r < models_.size(); ++r) {
    const Dataset& d = *data_[r];
    const Split& from = split_of(d, split);
    std::vector<double> target(description_.outputs);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t sample = order[r][i];
      const Matrix<double>& outputs = answers[r * n + i].outputs;
      Score& s = scores[r];
      double error = 0;
      for (std::size_t t = 0; t < outputs.rows(); ++t) {
        const auto wanted = [&](std::size_t k) {
          return from.target_courses.empty() ? target[k] : from.target_courses[sample](t, k);
        };
        if (from.target_courses.empty()) from.read_target(sample, target);
        add_squared_error(error, outputs.row(t), wanted);
        if (from.target_courses.empty() || d.readout == Readout::regression) continue;
        s.samples += 1;
        s.count_decision(d.decide(outputs.row(t)), d.decide(from.target_courses[sample].row(t)));
      }
      s.count_loss(error / static_cast<double>(outputs.rows()));
      if (from.target_courses.empty()) {
        s.count_answer(d, std::span<const double>(mean_of_rows(outputs)), from, sample);
      } else if (d.readout == Readout::regression) {
        s.samples += 1;
      }
    }
  }
}

Matrix<double> RecurrentLearner::respond(SplitName split, std::size_t r,
                                         std::span<const std::uint32_t> samples) {
  Matrix<double> out(samples.size(), description_.outputs);
  pool_.run(samples.size(), [&](std::size_t i) {
    const TrialAnswer answer = models_[r].answer(trial(split, r, samples[i]));
    const bool one = split_of(*data_[r], split).target_courses.empty();
    const auto last = answer.outputs.row(answer.outputs.rows() - 1);
    const std::vector<double> shown =
        one ? mean_of_rows(answer.outputs) : std::vector<double>(last.begin(), last.end());
    std::copy(shown.begin(), shown.end(), out.row(i).begin());
  });
  return out;
}

std::vector<std::vector<AreaAlignment>> RecurrentLearner::align(const Order& order) {
  std::vector<std::vector<AreaAlignment>> result(models_.size());
  pool_.run(models_.size(), [&](std::size_t r) { result[r] = align(r, order[r]); });
  return result;
}

std::vector<AreaAlignment> RecurrentLearner::align(std::size_t r, std::span<const std::uint32_t> order) {
  const RecurrentModel& model = models_[r];
  // Weights that do not learn have no credit.
  struct Area {
    const char* name;
    Matrix<double> recurrent::Weights::*weights;
    double rate;
  };
  const auto& rates = description_.rates;
  std::vector<Area> areas{{"input", &recurrent::Weights::U, rates[0]},
                          {"recurrent", &recurrent::Weights::W, rates[1]},
                          {"readout", &recurrent::Weights::V, rates[2]}};
  std::erase_if(areas, [](const Area& area) { return area.rate == 0; });
  std::vector<std::string> names;
  names.reserve(areas.size());
  for (const Area& area : areas) names.emplace_back(area.name);
  AngleStatistics angles(names);
  const auto products = [&](const recurrent::Weights& a, const recurrent::Weights& b) {
    std::vector<CreditProducts> out;
    for (const Area& area : areas) {
      const auto x = (a.*area.weights).flat(), y = (b.*area.weights).flat();
      out.push_back({plain::dot(x, y), plain::dot(x, x), plain::dot(y, y)});
    }
    return out;
  };
  std::optional<recurrent::Weights> credit_sum, gradient_sum;
  for (std::size_t k = 0; k < order.size(); ++k) {
    const ShownTrial shown = trial(SplitName::train, r, order[k]);
    std::optional<RewardedTrial> rewarded;
    recurrent::Weights credit =
        model.credit(shown, model.batches() * description_.batch + k, rewarded).uphill;
    if (rewarded) credit.W = model.reward_credit(*rewarded);
    const recurrent::Weights gradient = model.exact(shown);
    telling_of(seeds_[r], model.batches(), [&] { angles.count(products(credit, gradient)); });
    if (!credit_sum) {
      credit_sum = recurrent::zeros_like(credit);
      gradient_sum = recurrent::zeros_like(gradient);
    }
    recurrent::add(*credit_sum, 1, credit);
    recurrent::add(*gradient_sum, 1, gradient);
  }
  if (!credit_sum) return angles.result(std::vector<CreditProducts>(areas.size()));
  return angles.result(products(*credit_sum, *gradient_sum));
}

void RecurrentLearner::examine(Examination& x) {
  x.without(examined::kAtBounds, "weights of recurrent networks have no bounds");
  x.without(examined::kHalvedStep, "time is in steps of the task");
  x.without(examined::kUnsettled, "a sample takes its course: nothing settles");
  x.without(examined::kAnswerChange, "targets do not reach the units");
  if (!has_bounds(description_)) x.without(examined::kSaturated, "activations have no bounds");
  for (std::size_t r = 0; r < models_.size(); ++r) {
    const Dataset& d = *data_[r];
    if (r == 0 || data_[r] != data_[r - 1]) examine_data(d, seeds_[r], x);
    UnitActivity units(bounds_of_units(description_));
    const SplitName split = d.test.size() > 0         ? SplitName::test
                            : d.validation.size() > 0 ? SplitName::validation
                                                      : SplitName::train;
    for (const std::uint32_t k : first_samples(split_of(d, split).size(), kExaminedSamples))
      units.sample(std::span<const double>(models_[r].answer(trial(split, r, k)).mean_rate));
    x.add(examined::kDead, "a1", seeds_[r], units.dead());
    if (has_bounds(description_)) x.add(examined::kSaturated, "a1", seeds_[r], units.saturated());
  }
  if (description_.rates[0] == 0 && description_.rates[1] == 0)
    return x.without(examined::kCreditAngle, "the readout alone learns, from its own errors");
  const std::vector<std::uint32_t> order = first_samples(data_.front()->train.size(), kExaminedSamples);
  add_angles(align(Order(models_.size(), order)), seeds_, x);
}

std::vector<Variable> RecurrentLearner::variables() const {
  std::vector<Variable> out;
  for (const Parameter& p : parameters()) {
    if (p.from.empty()) {
      out.push_back({.population = p.to, .name = "offsets", .width = p.size()});
    } else {
      out.push_back({.projection = p.name, .name = "weights", .width = p.size()});
    }
  }
  out.push_back({.population = "a1", .name = "rate", .width = description_.units});
  return out;
}

void RecurrentLearner::record(std::vector<Tap> taps, Sink sink) {
  taps_ = std::move(taps);
  sink_ = std::move(sink);
}

void RecurrentLearner::tell_taps(std::size_t r, const std::vector<double>& mean_rate) {
  const RecurrentModel& model = models_[r];
  const auto batch = static_cast<std::int64_t>(model.batches());
  const std::vector<Parameter> all = parameters();
  for (std::size_t t = 0; t < taps_.size(); ++t) {
    const Variable& v = taps_[t].variable;
    if (taps_[t].replica != r || batch % taps_[t].stride != 0) continue;
    if (v.name == "rate") {
      sink_(t, batch, {mean_rate.begin(), mean_rate.end()});
      continue;
    }
    const auto at = std::find_if(all.begin(), all.end(), [&](const Parameter& p) {
      return v.projection.empty() ? p.from.empty() && p.to == v.population : p.name == v.projection;
    });
    const std::span<const double> numbers = model.parameter(static_cast<std::size_t>(at - all.begin()));
    sink_(t, batch, {numbers.begin(), numbers.end()});
  }
}

std::vector<double> RecurrentLearner::parameter(std::size_t index, std::size_t replica) const {
  const std::span<const double> numbers = models_[replica].parameter(index);
  return {numbers.begin(), numbers.end()};
}

void RecurrentLearner::set_parameters(const std::vector<ParameterValues>& of_replicas) {
  for (std::size_t r = 0; r < models_.size(); ++r) {
    for (const auto& [index, numbers] : of_replicas.at(r)) {
      const std::span<double> to = models_[r].parameter(index);
      APICAL_CHECK(numbers.size() == to.size());
      std::copy(numbers.begin(), numbers.end(), to.begin());
    }
    models_[r].take_weights();
  }
}

bool RecurrentLearner::can_do_without(std::string_view name) const {
  return name == "a2->a1" || (description_.spiking() && name.ends_with(".offsets"));
}

void RecurrentLearner::scale_learning(double factor) {
  for (RecurrentModel& m : models_) m.set_rate_factor(factor);
}

void RecurrentLearner::check() const {
  for (const RecurrentModel& m : models_) m.check();
}

std::size_t RecurrentLearner::bytes() const {
  StateSize size;
  for (RecurrentModel m : models_) m.visit_state(size);
  return size.bytes;
}

void RecurrentLearner::visit_state(StateVisitor& a) {
  for (std::size_t r = 0; r < models_.size(); ++r)
    a.section("replica." + std::to_string(r), [&] { models_[r].visit_state(a); });
}

}  // namespace apical
