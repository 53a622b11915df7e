// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "apical/core/name_pattern.h"

namespace apical {
namespace {

constexpr double kPercent = 100;
constexpr const char *kNoLength = "credit or gradient has no length", *kNoEvents = "there were no events";

Metric fraction(std::string name, std::string words, Better better = Better::neither) {
  return {.name = std::move(name), .words = std::move(words), .better = better, .low = 0, .high = 1};
}

Metric count(std::string name, std::string words, Better better = Better::neither) {
  return {.name = std::move(name),
          .words = std::move(words),
          .better = better,
          .over_seeds = OverSeeds::median,
          .low = 0};
}

Metric plain(std::string name, std::string words, std::string unit = "", Better better = Better::neither) {
  return {.name = std::move(name), .words = std::move(words), .unit = std::move(unit), .better = better};
}

/// What cannot be negative.
Metric nonnegative(std::string name, std::string words, std::string unit = "",
                   Better better = Better::neither) {
  Metric m = plain(std::move(name), std::move(words), std::move(unit), better);
  m.low = 0;
  return m;
}

Metric may_be_missing(Metric m, std::string why) {
  m.missing = std::move(why);
  return m;
}

Metric rate_Hz(std::string name, std::string words) {
  return nonnegative(std::move(name), std::move(words), "Hz");
}

/// What tasks measure by themselves, in evaluations.
Metric measured(OfTasks tasks, Metric m) {
  m.of_tasks = tasks;
  return m;
}

/// What training by reward tells of itself.
Metric while_training(Metric m) {
  m.of_tasks = OfTasks::that_reward;
  m.at_evaluations = false;
  m.while_training = true;
  return m;
}

/// By which models are compared, in the order of the columns of tables.
std::vector<Metric> headlines() {
  std::vector<Metric> all;
  all.push_back({.name = "steps_to_solve",
                 .words = "environment steps to solve",
                 .better = Better::lower,
                 .over_seeds = OverSeeds::median_of_some,
                 .low = 0,
                 .digits = decimals(0, 0),
                 .headline_at = {"train"},
                 .of_tasks = OfTasks::that_reward,
                 .at_evaluations = false,
                 .while_training = true,
                 .caption = "Environment steps after which the mean return of the last training episodes "
                            "first counted as solved.",
                 .drawn = false,
                 .missing = "never solved",
                 .in_training = "environment steps to solve",
                 .sentence = "environment steps until its training episodes returned {goal}: {value}"});
  all.push_back({.name = "accuracy",
                 .words = "accuracy",
                 .unit = "%",
                 .better = Better::higher,
                 .low = 0,
                 .high = 1,
                 .shown_times = kPercent,
                 .digits = decimals(1, 2),
                 .of_tasks = OfTasks::that_classify,
                 .sentence = "{label} reached a {where} accuracy of {value}{spread}"});
  all.push_back(nonnegative("patterns_correct", "patterns right", "", Better::higher));
  all.push_back(measured(OfTasks::that_steer, count("falls", "falls", Better::lower)));
  all.back().spans_decades = true;
  all.back().sentence = "{label} let its plant fall {value} times in the {where}{spread}";
  all.back().followed_by = all.back().teacher = "teacher_falls";
  all.push_back(measured(OfTasks::that_steer, count("teacher_falls", "falls of the teacher")));
  all.back().drawn = false;
  all.back().sentence = "its teacher, from the same starts, {value} times";
  all.back().line = "The teacher fell {value} times from the same starts.";
  all.push_back({.name = "loss",
                 .words = "loss",
                 .better = Better::lower,
                 .over_seeds = OverSeeds::mean_and_median,
                 .low = 0,
                 .digits = {Digits::Kind::powers},
                 .of_tasks = OfTasks::with_loss,
                 .caption = "Squared error of the outputs, summed over outputs, mean over samples.",
                 .spans_decades = true,
                 .sentence = "{label} reached a {where} loss of {value}{spread}"});
  all.push_back(nonnegative("cost", "cost", "", Better::lower));
  all.push_back(measured(OfTasks::that_reward, plain("return", "return", "", Better::higher)));
  all.back().while_training = true;
  all.back().digits = decimals(1, 1);
  all.back().headline_at = {"train", "test"};
  all.back().missing = "no episode has ended";
  all.back().in_training = "mean return of the last episodes";
  all.back().sentence = "{label} had a mean return of {value}{spread} in the {where}";
  all.back().followed_by = "steps_to_solve";
  all.back().goal = "A mean return of {value} over the last training episodes counts as solved.";
  for (Metric& m : all) {
    if (m.headline_at.empty()) m.headline_at = {"test"};
  }
  return all;
}

std::vector<Metric> learning_metrics() {
  std::vector<Metric> all = headlines();
  all.push_back(measured(OfTasks::that_steer,
                         nonnegative("rms_deviation", "root mean square deviation", "", Better::lower)));
  all.back().teacher = "teacher_rms_deviation";
  all.push_back(measured(OfTasks::that_steer,
                         nonnegative("teacher_rms_deviation", "root mean square deviation of the teacher")));
  all.back().drawn = false;
  all.back().line = "The teacher, from the same starts: {value}.";
  all.push_back({.name = "classes_never_decided",
                 .words = "classes that are never the answer",
                 .better = Better::lower,
                 .over_seeds = OverSeeds::median,
                 .low = 0,
                 .of_tasks = OfTasks::that_classify,
                 .trivial = 0});
  all.push_back(measured(OfTasks::all, count("samples", "samples")));
  all.back().drawn = false;
  for (const auto& [name, words] :
       {std::pair{"environment_steps", "environment steps"}, {"episodes", "episodes"}}) {
    all.push_back(while_training(count(name, words)));
    all.back().drawn = false;
  }
  all.push_back(while_training(nonnegative("prediction_error", "reward prediction error")));
  all.back().spans_decades = true;
  all.push_back(while_training(plain("entropy", "entropy of the policy", "nat")));
  all.push_back(while_training(nonnegative("value_loss", "loss of the value network", "", Better::lower)));
  all.back().spans_decades = true;
  all.push_back(while_training(plain("policy_loss", "loss of the policy", "", Better::lower)));
  all.push_back(while_training(plain("kl", "divergence from the policy before", "nat")));
  all.push_back(while_training(fraction("open_gates", "fraction of open gates")));
  for (Metric& m : all) {
    m.always_there = m.over_seeds != OverSeeds::median_of_some;
    // What only training shows needs no word that says so.
    if (!m.is_headline()) m.in_training = m.words;
  }
  return all;
}

std::vector<Metric> area_metrics() {
  std::vector<Metric> all;
  all.push_back(
      {.name = "angle_deg",
       .words = "angle to the gradient",
       .unit = "°",
       .better = Better::lower,
       .low = 0,
       .high = 180,
       .digits = decimals(1, 1),
       .headline_at = {"total"},
       .in = MeasuredIn::area,
       .quantity = "angle",
       .caption = "Between assigned credit and the exact negative gradient, mean over samples.",
       .missing = kNoLength,  // what is not finite is a fault before it is an angle
       .sentence = "when last measured its credit lay {value}{bounds} from the exact negative gradient"});
  all.push_back({.name = "batch_angle_deg",
                 .words = "angle to the gradient of the batch",
                 .unit = "°",
                 .better = Better::lower,
                 .low = 0,
                 .high = 180,
                 .digits = decimals(1, 1),
                 .in = MeasuredIn::area,
                 .quantity = "batch_angle",
                 .missing = kNoLength});
  all.push_back({.name = "undefined_samples",
                 .words = "samples without an angle",
                 .over_seeds = OverSeeds::median,
                 .low = 0,
                 .in = MeasuredIn::area,
                 .quantity = "undefined_samples"});
  all.push_back({.name = "signal_correlation",
                 .words = "Correlation of the teaching signal with backpropagation's",
                 .axis = "correlation",
                 .better = Better::higher,
                 .low = -1,
                 .high = 1,
                 .in = MeasuredIn::area,
                 .quantity = "signal_correlation",
                 .caption = "Pearson's, over units and samples, between what tells a unit to be more or less "
                            "active and what that would be if credit were the exact gradient.",
                 .trivial = 1,
                 .missing = "one of them does not vary"});
  all.push_back({.name = "feedback_angle_deg",
                 .words = "Angle between feedback and forward weights",
                 .unit = "°",
                 .axis = "angle (°)",
                 .better = Better::lower,
                 .low = 0,
                 .high = 180,
                 .digits = decimals(1, 1),
                 .in = MeasuredIn::area,
                 .quantity = "feedback_angle",
                 .caption = "Of the weights that teach the area to the forward weights beside them.",
                 .trivial = 0,
                 .missing = "weights of no length"});
  all.push_back({.name = "linear_fraction",
                 .words = "Dendrites in their linear range",
                 .axis = "fraction of units and samples",
                 .low = 0,
                 .high = 1,
                 .in = MeasuredIn::area,
                 .quantity = "linear_fraction",
                 .caption = "Dendrites at least 90 % as steep as where they are steepest.",
                 .trivial = 1,
                 .missing = "no unit was active"});
  all.push_back({.name = "constant_fraction",
                 .words = "Units that say the same to every sample",
                 .axis = "fraction of units",
                 .better = Better::lower,
                 .low = 0,
                 .high = 1,
                 .in = MeasuredIn::area,
                 .quantity = "constant_fraction",
                 .caption = "Units whose activity varies over samples by a standard deviation below 1 % of "
                            "the largest activity of the layer.",
                 .trivial = 0,
                 .missing = "no unit was active"});
  all.push_back({.name = "hidden_event_Hz",
                 .words = "event rate of hidden units",
                 .unit = "Hz",
                 .low = 0,
                 .digits = decimals(2, 2),
                 .in = MeasuredIn::area,
                 .quantity = "hidden_event_rate",
                 .caption = "Slow mean over pictures, mean over units."});
  all.push_back({.name = "quiet_fraction",
                 .words = "Hidden units below 0.5 Hz",
                 .axis = "fraction of units",
                 .better = Better::lower,
                 .low = 0,
                 .high = 1,
                 .in = MeasuredIn::area,
                 .quantity = "quiet_fraction",
                 .caption = "Units whose slow mean of events lies below 0.5 Hz.",
                 .trivial = 0});
  return all;
}

/// Names made of a circuit's parts. The first that matches counts.
std::vector<Metric> patterns() {
  std::vector<Metric> all;
  for (const char* name : {"*taught_burst_probability*", "*_burst_probability_taught*"})
    all.push_back(may_be_missing(fraction(name, "burst probability under the teacher"), kNoEvents));
  // The first pattern that matches counts, and populations have any name, also "r".
  all.push_back(rate_Hz("*event_Hz*", "event rate"));
  all.push_back(rate_Hz("*burst_Hz*", "burst rate"));
  all.push_back(may_be_missing(plain("r_*", "correlation"), "one of them does not vary"));
  all.back().low = -1;
  all.back().high = 1;
  all.push_back(may_be_missing(fraction("*burst_probability*", "burst probability"), kNoEvents));
  all.push_back(plain("weight*_mV", "weight", "mV"));
  all.push_back(plain("weight*", "weight"));
  all.push_back(plain("delta_w_*", "weight change"));
  all.push_back(
      may_be_missing(plain("crossing_*", "where the weight change crosses zero"), "it crosses zero nowhere"));
  all.push_back(plain("deepest_at_*", "where the weight change is lowest"));
  all.push_back(plain("deepest_*", "lowest weight change"));
  all.push_back(plain("span_*", "weight change from first to last"));
  return all;
}

const std::vector<Metric>& catalogue() {
  static const std::vector<Metric> all = [] {
    std::vector<Metric> out = learning_metrics();
    for (auto&& more : {area_metrics(), patterns()}) out.insert(out.end(), more.begin(), more.end());
    return out;
  }();
  return all;
}

std::string with_spaces(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

}  // namespace

std::span<const Metric> metrics() { return catalogue(); }

const Metric* find_metric(std::string_view name) {
  const auto at = std::find_if(catalogue().begin(), catalogue().end(),
                               [&](const Metric& m) { return matches(m.name, name); });
  return at == catalogue().end() ? nullptr : &*at;
}

Metric metric_of(std::string_view name) {
  const Metric* const found = find_metric(name);
  if (found == nullptr) return {.name = std::string(name), .words = with_spaces(name)};
  Metric m = *found;
  if (m.name.find('*') != std::string::npos) m.words = with_spaces(name);  // says which part it is of
  m.name = name;
  return m;
}

bool is_measured_or_missing(const Metric& m, double value) {
  if (std::isfinite(value)) return true;
  return std::isnan(value) && (!m.missing.empty() || find_metric(m.name) == nullptr);
}

const Metric* find_area_quantity(std::string_view quantity) {
  const auto at = std::find_if(catalogue().begin(), catalogue().end(), [&](const Metric& m) {
    return m.in == MeasuredIn::area && m.quantity == quantity;
  });
  return at == catalogue().end() ? nullptr : &*at;
}

std::string words_at(const Metric& m, std::string_view where) {
  if (m.in == MeasuredIn::area) return where == "total" ? m.words : fmt::format("{} of {}", m.words, where);
  if (where == "train" && !m.in_training.empty()) return m.in_training;
  return fmt::format("{} {}", where, m.words);
}

std::vector<Metric> headlines(const MeasuredAt& is_measured) {
  constexpr const char* kValidation = "validation";
  std::vector<Metric> out, validated;
  bool is_tested = false;
  for (const Metric& m : metrics()) {
    if (!m.is_headline()) continue;
    if (std::any_of(m.headline_at.begin(), m.headline_at.end(),
                    [&](const std::string& where) { return is_measured(m, where); })) {
      out.push_back(m);
      is_tested = is_tested || m.in == MeasuredIn::split;
    } else if (m.in == MeasuredIn::split && is_measured(m, kValidation)) {
      validated.push_back(m);
      validated.back().headline_at = {kValidation};
    }
  }
  if (!is_tested) out.insert(out.begin(), validated.begin(), validated.end());
  return out;
}

std::string axis_of(const Metric& m) {
  if (!m.axis.empty()) return m.axis;
  return m.unit.empty() ? m.words : m.words + " (" + m.unit + ")";
}

MeanInterval over_seeds(const Metric& m, std::span<const double> values) {
  const bool all = std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
  return all ? mean_interval(values, m.range()) : mean_interval({});
}

}  // namespace apical
