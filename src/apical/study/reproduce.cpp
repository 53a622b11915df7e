// SPDX-License-Identifier: Apache-2.0
#include "apical/study/reproduce.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "apical/analysis/metrics.h"
#include "apical/experiment/directory_name.h"
#include "apical/io/directory.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"
#include "apical/report/compose/write_report.h"
#include "apical/run/final_state.h"
#include "apical/run/metrics_file.h"
#include "apical/run/seals.h"
#include "apical/study/run_with_report.h"

namespace apical {
namespace {

using BySeed = std::map<std::uint64_t, double>;

/// "test_loss" → {"test", "loss"}; an angle is a metric of an area.
std::pair<std::string, std::string> place_of(const std::string& quantity, const std::string& area) {
  if (const Metric* of_area = find_area_quantity(quantity)) return {area, of_area->name};
  const std::size_t split = quantity.find('_');
  return {quantity.substr(0, split), quantity.substr(split + 1)};
}

/// What the values of seeds can be: those of the metric, or ratios or differences of them.
ValueRange range_of(const Expectation& e, const Display& display) {
  if (!e.minus.empty()) return {};
  const ValueRange range = metric_in(display, place_of(e.quantity, e.area).second).range();
  if (e.relative_to.empty()) return range;
  return range.low.value_or(-1) >= 0 ? ValueRange{.low = 0, .high = {}} : ValueRange{};
}

BySeed seed_values(const Expectation& e, const std::string& quantity,
                   const std::vector<Measurement>& measured, const std::string& label) {
  const auto [where, metric] = place_of(quantity, e.area);
  const std::vector<SeedCurve> courses = curves_of(measured, where, metric);  // sorted by epoch
  if (courses.empty()) {
    std::set<std::string> known;
    for (const MeasuredCourse& c : courses_of(measured)) known.insert(c.metric + " of " + c.where);
    throw DataError(fmt::format("'{}' measured no {} of {}; there is {}", label, metric, where,
                                join_names({known.begin(), known.end()})));
  }
  BySeed out;
  for (const auto& [seed, x, course] : courses) {
    switch (e.epochs) {
      case Expectation::Epochs::first:
        out[seed] = course.front();
        break;
      case Expectation::Epochs::last:
        out[seed] = course.back();
        break;
      case Expectation::Epochs::largest:
        out[seed] = *std::max_element(course.begin(), course.end());
        break;
      case Expectation::Epochs::mean: {
        double sum = 0;
        for (double v : course) sum += v;
        out[seed] = sum / static_cast<double>(course.size());
        break;
      }
    }
  }
  return out;
}

/// The quantity, or its difference from another, of each seed of one variant.
BySeed seed_values(const Expectation& e, const std::vector<Measurement>& measured, const std::string& label) {
  BySeed values = seed_values(e, e.quantity, measured, label);
  if (e.minus.empty()) return values;
  const BySeed others = seed_values(e, e.minus, measured, label);
  for (auto& [seed, value] : values) {
    const auto other = others.find(seed);
    value = other == others.end() ? NAN : value - other->second;
  }
  return values;
}

const std::vector<Measurement>& of_variant(const MeasurementsByVariant& measured, const std::string& label) {
  if (label.empty() && measured.size() == 1) return measured.begin()->second;
  const auto at = measured.find(label);
  if (at == measured.end()) throw DataError(fmt::format("no variant '{}' was run", label));
  return at->second;
}

double statistic_of(Expectation::Statistic statistic, std::span<const double> values) {
  switch (statistic) {
    case Expectation::Statistic::median:
      return median(values);
    case Expectation::Statistic::mean:
      return mean(values);
    case Expectation::Statistic::smallest:
      return *std::min_element(values.begin(), values.end());
    case Expectation::Statistic::largest:
      return *std::max_element(values.begin(), values.end());
    case Expectation::Statistic::fraction:
      break;
  }
  APICAL_CHECK(false);
  return 0;
}

void summarise_fraction(Outcome& o) {
  const auto within = [&](const SeedValue& s) {
    return s.value >= o.expected.seeds_low && s.value <= o.expected.seeds_high;
  };
  const auto count = static_cast<std::uint64_t>(std::count_if(o.seeds.begin(), o.seeds.end(), within));
  o.measured = static_cast<double>(count) / static_cast<double>(o.seeds.size());
  o.interval = wilson_interval(count, o.seeds.size());
}

void summarise(Outcome& o, const Display& display) {
  const std::vector<double> values = finite_values(o.seeds);
  if (values.size() != o.seeds.size()) return;
  const Expectation::Statistic statistic = o.expected.statistic;
  o.measured = statistic_of(statistic, values);
  if (values.size() < 2) return;
  if (statistic == Expectation::Statistic::mean) {
    const MeanInterval i = mean_interval(values, range_of(o.expected, display));
    o.interval = Interval{i.low, i.high};
  }
  if (statistic == Expectation::Statistic::median) o.interval = median_interval(values);
}

Outcome::Verdict verdict_of(const Outcome& o) {
  using Verdict = Outcome::Verdict;
  const Expectation& e = o.expected;
  if (!o.measured) return Verdict::deviates;
  const bool inside = *o.measured >= e.low && *o.measured <= e.high;
  using Statistic = Expectation::Statistic;
  const auto within = [&](const SeedValue& x) { return x.value >= e.low && x.value <= e.high; };
  if (e.origin == Expectation::Origin::law && e.statistic != Statistic::fraction)
    return std::all_of(o.seeds.begin(), o.seeds.end(), within) ? Verdict::reproduced : Verdict::deviates;
  if (e.origin == Expectation::Origin::law || e.statistic == Statistic::smallest ||
      e.statistic == Statistic::largest)
    return inside ? Verdict::reproduced : Verdict::deviates;
  // Of so few seeds nothing is known of the spread.
  if (!o.interval)
    return std::any_of(o.seeds.begin(), o.seeds.end(), within) ? Verdict::undecided : Verdict::deviates;
  if (o.interval->high < e.low || o.interval->low > e.high) return Verdict::deviates;
  return o.interval->low >= e.low && o.interval->high <= e.high ? Verdict::reproduced : Verdict::undecided;
}

std::string counts_of(std::span<const Outcome> outcomes, std::optional<Expectation::Origin> origin) {
  std::array<std::size_t, kNames<Outcome::Verdict>.size()> count{};
  std::size_t all = 0;
  for (const Outcome& o : outcomes) {
    if (origin && o.expected.origin != *origin) continue;
    ++count.at(static_cast<std::size_t>(o.verdict));
    ++all;
  }
  if (all == 0) return "";
  std::string text = fmt::format("{} of {} reproduced", count[0], all);
  if (count[1] > 0) text += fmt::format(", {} undecided", count[1]);
  if (count[2] > 0) text += fmt::format(", {} {}", count[2], count[2] == 1 ? "deviates" : "deviate");
  return text;
}

nlohmann::json json_of(const Outcome& o) {
  const Expectation& e = o.expected;
  nlohmann::json j{{"subject", e.subject()},
                   {"expected", e.tolerance},
                   {"because", e.because},
                   {"source", e.source},
                   {"origin", name_of(e.origin)},
                   {"verdict", name_of(o.verdict)},
                   {"reproduced", o.verdict == Outcome::Verdict::reproduced},
                   {"measured_text", o.measured_text()}};
  if (!e.widened.empty()) j["widened"] = e.widened;
  j["low"] = io::json_number(e.low);
  j["high"] = io::json_number(e.high);
  j["measured"] = io::json_number(o.measured.value_or(NAN));
  if (o.interval) j["interval95"] = {io::json_number(o.interval->low), io::json_number(o.interval->high)};
  j["seeds"] = nlohmann::json::array();
  for (const SeedValue& s : o.seeds)
    j["seeds"].push_back({{"seed", s.seed}, {"value", io::json_number(s.value)}});
  return j;
}

void write_outcomes(const ReproductionResult& r, const io::Path& directory) {
  nlohmann::json j;
  j["schema"] = "apical-reproduction/1";
  j["paper"] = r.claim.paper;
  j["figure"] = r.claim.figure;
  j["reference"] = r.claim.reference();
  j["shows"] = r.claim.shows;
  j["verdict"] = name_of(r.verdict());
  j["reproduced"] = r.verdict() == Outcome::Verdict::reproduced;
  j["tally"] = tally_of(r.outcomes);
  for (const Outcome& o : r.outcomes) j["outcomes"].push_back(json_of(o));
  io::write_atomically(directory / "reproduction.json", io::json_text(j));
}

/// How many epochs a run had, which time may have ended.
std::size_t epochs_of(const io::Path& run) {
  std::size_t epochs = 0;
  for (const nlohmann::json& line : io::read_ndjson(run / "events.ndjson").lines) {
    if (line.at("event") == "epoch") epochs = std::max(epochs, line.at("epoch").get<std::size_t>());
  }
  return epochs;
}

std::string plain(const nlohmann::json& j) { return j.is_string() ? j.get<std::string>() : j.dump(); }

std::vector<std::string> differing_conditions(const io::Path& before, const io::Path& now) {
  const nlohmann::json a = io::read_json(before / "manifest.json"), b = io::read_json(now / "manifest.json");
  std::vector<std::string> out;
  for (const auto& [group, key] : {std::pair{"apical", "version"},
                                   {"apical", "revision"},
                                   {"apical", "numerics"},
                                   {"apical", "compiler"},
                                   {"apical", "build"},
                                   {"apical", "flags"},
                                   {"machine", "host"},
                                   {"machine", "instruction_set"},
                                   {"machine", "blas_kernels"},
                                   {"machine", "threads"}}) {
    // Runs of earlier versions do not know all of them.
    const nlohmann::json x = a.at(group).value(key, nlohmann::json("unknown")),
                         y = b.at(group).value(key, nlohmann::json("unknown"));
    if (x != y) out.push_back(fmt::format("{} {} then, {} now", key, plain(x), plain(y)));
  }
  const std::string x = a.value("data_provenance", ""), y = b.value("data_provenance", "");
  if (x != y) out.push_back(fmt::format("data \"{}\" then, \"{}\" now", x, y));
  return out;
}

}  // namespace

std::string Outcome::measured_text() const {
  const std::string value = measured ? fmt::format("{:.4g}", *measured) : "not finite";
  return interval ? fmt::format("{} [{:.4g}, {:.4g}]", value, interval->low, interval->high) : value;
}

std::string Outcome::text() const {
  return fmt::format("{}: {} over {} {}; expected {}", expected.subject(), measured_text(), seeds.size(),
                     seeds.size() == 1 ? "seed" : "seeds", expected.tolerance);
}

Outcome evaluate(const Expectation& e, const MeasurementsByVariant& measured, const Display& display) {
  Outcome o;
  o.expected = e;
  const auto values = seed_values(e, of_variant(measured, e.variant), e.variant);
  if (e.relative_to.empty()) {
    for (const auto& [seed, value] : values) o.seeds.push_back({seed, value});
  } else {
    const auto others = seed_values(e, of_variant(measured, e.relative_to), e.relative_to);
    for (const auto& [seed, value] : values) {
      // A seed without a partner has no ratio: leaving it out would judge by the others.
      const auto other = others.find(seed);
      o.seeds.push_back(
          {seed, other == others.end() ? std::numeric_limits<double>::quiet_NaN() : value / other->second});
    }
  }
  e.statistic == Expectation::Statistic::fraction ? summarise_fraction(o) : summarise(o, display);
  o.verdict = verdict_of(o);
  return o;
}

std::string tally_of(std::span<const Outcome> outcomes) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < kNames<Expectation::Origin>.size(); ++i) {
    const auto origin = static_cast<Expectation::Origin>(i);
    const std::string counts = counts_of(outcomes, origin);
    if (!counts.empty()) parts.push_back(fmt::format("{}: {}", name_of(origin), counts));
  }
  const std::string all = counts_of(outcomes, std::nullopt);
  return parts.size() < 2 ? all : fmt::format("{} ({})", all, fmt::join(parts, "; "));
}

Outcome::Verdict ReproductionResult::verdict() const {
  Outcome::Verdict worst = outcomes.empty() ? Outcome::Verdict::deviates : Outcome::Verdict::reproduced;
  for (const Outcome& o : outcomes) worst = std::max(worst, o.verdict);
  return worst;
}

ReproductionResult reproduce(const TomlDocument& document, const ComparisonOptions& options,
                             const Resources& resources, const std::atomic<bool>& stop) {
  ReproductionResult r;
  r.claim = read_reproduction(document);
  if (r.claim.empty()) {
    throw ConfigError("this experiment does not say what it reproduces", {document.origin(), 0, 0},
                      "add [reproduces] and [[expect]], or use 'apical run' or 'apical compare'");
  }
  const std::vector<Experiment> variants = read_variants(document);
  r.comparison = run_comparison(variants, options, resources, stop);
  if (r.comparison.stopped) return r;
  MeasurementsByVariant measured;
  for (const Experiment& e : variants)
    measured[e.label] = read_measurements(options.directory / directory_name(e.label));
  const auto variant = [&](const Expectation& e) {
    return e.variant.empty() ? variants.front().label : e.variant;
  };
  const auto display_of = [&](const std::string& label) {
    const auto run = std::find_if(r.comparison.runs.begin(), r.comparison.runs.end(),
                                  [&](const RunResult& one) { return one.label == label; });
    return run == r.comparison.runs.end() ? Display{} : run->display;
  };
  const auto broke = [&](const std::string& label) {
    return std::any_of(r.comparison.faults.begin(), r.comparison.faults.end(),
                       [&](const ComparisonResult::Fault& f) { return f.label == label; });
  };
  for (const Expectation& e : r.claim.expectations) {
    // What diverged has no figure: the expectation deviates.
    const bool diverged = broke(variant(e)) || broke(e.relative_to);
    Outcome none;
    none.expected = e;
    r.outcomes.push_back(diverged ? std::move(none) : evaluate(e, measured, display_of(variant(e))));
  }
  write_outcomes(r, options.directory);
  write_report(options.directory);
  return r;
}

std::vector<ShippedFigure> shipped_figures(const io::Path& experiments) {
  std::vector<ShippedFigure> out;
  for (const io::Path& file : io::files_below(experiments)) {
    if (file.extension() != ".toml") continue;
    Reproduction claim = read_reproduction(TomlDocument::read(file.string()));
    if (claim.empty()) continue;
    const std::string name = file.lexically_relative(experiments).replace_extension().generic_string();
    out.push_back({name, file, std::move(claim)});
  }
  std::sort(out.begin(), out.end(),
            [](const ShippedFigure& a, const ShippedFigure& b) { return a.name < b.name; });
  return out;
}

std::optional<Difference> first_difference(const std::vector<Measurement>& before,
                                           const std::vector<Measurement>& now) {
  std::size_t i = 0, j = 0;
  for (; i < before.size() && j < now.size(); ++i, ++j) {
    const Measurement &a = before[i], &b = now[j];
    if (a.key() < b.key()) return Difference{a, a.value, std::nullopt};
    if (b.key() < a.key()) return Difference{b, std::nullopt, b.value};
    const bool same = std::bit_cast<std::uint64_t>(a.value) == std::bit_cast<std::uint64_t>(b.value) ||
                      (std::isnan(a.value) && std::isnan(b.value));
    if (!same) return Difference{a, a.value, b.value};
  }
  if (i < before.size()) return Difference{before[i], before[i].value, std::nullopt};
  if (j < now.size()) return Difference{now[j], std::nullopt, now[j].value};
  return std::nullopt;
}

std::string RepeatResult::text() const {
  if (identical()) return fmt::format("identical bits: {} numbers and the final state", compared);
  if (!difference)
    return fmt::format("{} numbers have identical bits, but the final states differ or cannot be compared",
                       compared);
  const Measurement& k = difference->measured;
  const auto number = [](const std::optional<double>& v) {
    return v ? fmt::format("{}", *v) : std::string("nothing");
  };
  return fmt::format("differs at epoch {:g} in {} of {}, seed {}: {} then, {} now", k.epoch, k.metric,
                     k.where, k.seed, number(difference->before), number(difference->now));
}

RepeatResult repeat_run(const io::Path& run, const RunOptions& options, const Resources& resources,
                        const std::atomic<bool>& stop) {
  if (!io::file_exists(run / "summary.json")) {
    throw DataError(fmt::format(
        "{} holds no finished run (no summary.json); there is nothing to compare with", run.string()));
  }
  require_intact(run, {"results.h5"});
  Experiment e = read_experiment(TomlDocument::read((run / "experiment.toml").string()));
  if (e.plan.minutes > 0) {
    e.plan.minutes = 0;
    e.plan.epochs = epochs_of(run);
  }
  RepeatResult r;
  r.label = e.label;
  RunOptions repeat = options;
  repeat.repeats = run;
  const RunResult again = run_with_report(e, repeat, resources, stop);
  r.stopped = again.stopped;
  r.has_checkpoint = again.has_checkpoint;
  if (again.stopped) return r;
  const std::vector<Measurement> before = read_measurements(run);
  r.compared = before.size();
  r.difference = first_difference(before, again.measured);
  r.same_state = same_state(run, options.directory);
  r.differing_conditions = differing_conditions(run, options.directory);
  return r;
}

}  // namespace apical
