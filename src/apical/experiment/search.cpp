// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/analysis/metrics.h"
#include "apical/core/random.h"
#include "apical/experiment/toml/field_toml.h"
#include "apical/experiment/toml/toml_text.h"

namespace apical {
namespace {

std::vector<std::string> choices_in(TomlReader& t) {
  std::vector<std::string> out = t.entries("choice");
  if (out.empty()) throw ConfigError("'choice' is empty; expected values to choose from", t.place("choice"));
  return out;
}

SearchedKey read_key(TomlReader& t, const std::string& key) {
  SearchedKey out;
  out.key = key;
  const std::vector<std::string> laws{"log_uniform", "uniform", "choice"};
  const auto named = std::find_if(laws.begin(), laws.end(), [&](const std::string& l) { return t.has(l); });
  if (named != laws.end()) {
    const auto second = std::find_if(named + 1, laws.end(), [&](const std::string& l) { return t.has(l); });
    if (second != laws.end())
      throw ConfigError(
          fmt::format("'{}' is searched as {} and as {}; expected one of them", key, *named, *second),
          t.place(*second));
  }
  if (named == laws.end())
    throw ConfigError(fmt::format("nothing says how '{}' is searched", key), t.place("choice"),
                      "e.g. {log_uniform = [1, 1e4]}, {uniform = [0, 1]} or {choice = [1, 2, 4]}");
  out.law = static_cast<SearchedKey::Law>(named - laws.begin());
  if (out.law == SearchedKey::Law::choice) {
    out.choices = choices_in(t);
  } else {
    const std::vector<double> ends = t.numbers(*named);
    const bool positive = out.law != SearchedKey::Law::log_uniform || (!ends.empty() && ends.front() > 0);
    if (ends.size() != 2 || ends[0] > ends[1] || !positive)
      throw ConfigError(fmt::format("'{}' of '{}' is no range; expected [low, high]{}", *named, key,
                                    out.law == SearchedKey::Law::log_uniform ? " with 0 < low" : ""),
                        t.place(*named));
    out.low = ends[0];
    out.high = ends[1];
    if (t.has("whole")) out.whole = t.boolean("whole");
    if (out.whole && (std::floor(out.low) != out.low || std::floor(out.high) != out.high))
      throw ConfigError(fmt::format("'{}' of '{}' is [{:g}, {:g}]; expected whole numbers, for whole = true",
                                    *named, key, out.low, out.high),
                        t.place(*named));
  }
  constexpr std::int64_t kMost = 1000;
  if (t.has("each")) out.each = static_cast<std::size_t>(t.integer("each", {}, 1, kMost));
  t.finish();
  return out;
}

/// Keys may be quoted as one, or nest as tables.
void read_space(TomlReader& t, const std::string& above, std::vector<SearchedKey>& out) {
  for (const std::string& key : t.keys()) {
    const std::string path = above.empty() ? key : fmt::format("{}.{}", above, key);
    if (t.kind(key) != TomlKind::table)
      throw ConfigError(fmt::format("'tune.space.{}' is no table", path), t.place(key),
                        "e.g. {log_uniform = [1, 1e4]}");
    TomlReader inner = t.table(key);
    const std::vector<std::string> names = inner.keys();
    const bool nests =
        !names.empty() && std::all_of(names.begin(), names.end(), [&](const std::string& name) {
          return inner.kind(name) == TomlKind::table;
        });
    if (nests) {
      read_space(inner, path, out);
    } else {
      out.push_back(read_key(inner, path));
      out.back().place = t.place(key);
    }
  }
}

/// The positive root of x^(d+1) = x + 1: 1.618… in one dimension.
double generalised_golden_ratio(std::size_t dimensions) {
  constexpr int kSteps = 64;  // a contraction: far more than a double has bits
  double x = 2;
  for (int i = 0; i < kSteps; ++i) x = std::pow(1 + x, 1.0 / (static_cast<double>(dimensions) + 1));
  return x;
}

/// Three digits say all that a search knows, and read well in a paper, unless they leave the range or are
/// coarse in it.
std::string said(double x, const SearchedKey& k) {
  if (k.whole) return fmt::format("{:.0f}", std::clamp(std::round(x), k.low, k.high));
  const double rounded = std::stod(fmt::format("{:.3g}", x));
  const bool fits = rounded >= k.low && rounded <= k.high && std::abs(rounded - x) <= 1e-2 * (k.high - k.low);
  return fmt::format("{}", fits ? rounded : x);
}

std::string value_at(const SearchedKey& k, double u) {
  // A whole number stands for all that is rounded to it, so that those at the ends count as much as others.
  const double half = k.whole ? 0.5 : 0, low = k.low - half, high = k.high + half;
  switch (k.law) {
    case SearchedKey::Law::log_uniform:
      return said(std::exp(std::log(low) + u * (std::log(high) - std::log(low))), k);
    case SearchedKey::Law::uniform:
      return said(low + u * (high - low), k);
    case SearchedKey::Law::choice:
      break;
  }
  const auto at = static_cast<std::size_t>(u * static_cast<double>(k.choices.size()));
  return k.choices[std::min(at, k.choices.size() - 1)];
}

}  // namespace

std::string SearchedKey::in_words() const {
  const std::string list =
      fmt::format("{}{}", whole ? ", whole" : "", each == 0 ? "" : fmt::format(", each of {}", each));
  switch (law) {
    case Law::log_uniform:
      return fmt::format("{}: log-uniform from {:g} to {:g}{}", key, low, high, list);
    case Law::uniform:
      return fmt::format("{}: uniform from {:g} to {:g}{}", key, low, high, list);
    case Law::choice:
      break;
  }
  return fmt::format("{}: one of {}{}", key, fmt::join(choices, ", "), list);
}

void fields(FieldVisitor& v, TuneOptions& o) {
  constexpr double kMost = 1e6;
  v({"trials", "", "settings that are tried, the same number for every variant", within(1, kMost)}, o.trials);
  v({"seeds", "", "on which settings are judged: none of [run] seeds", within(0, kLargestWhole)}, o.seeds);
  v({.name = "metric",
     .meaning = "of the last validation, mean over seeds; default: accuracy, loss where there is none; of "
                "tasks that "
                "reward the return in training",
     .optional = true},
    o.metric);
  if (!o.metric.empty() && find_metric(o.metric) == nullptr) {
    std::vector<std::string> names;
    for (const Metric& m : metrics()) names.push_back(m.name);
    throw FieldError("metric", fmt::format("is '{}', which nothing is called that is measured", o.metric),
                     suggestion(o.metric, names));
  }
  v({"rounds", "", "in each round the trials that are left learn for longer, in the last for all epochs",
     within(1, 10)},
    o.rounds);
  v({"keep_one_of", "", "trials that go on to the next round: the best of so many", within(2, 100)},
    o.keep_one_of);
  v({"draw_seed", "", "of the settings that are tried", within(0, kLargestWhole)}, o.draw_seed);
  if (o.seeds.empty()) throw FieldError("seeds", "is empty; expected at least one seed");
}

std::vector<std::string> Search::point(std::size_t trial) const {
  std::size_t all = 0;
  for (const SearchedKey& k : space) all += k.dimensions();
  const double ratio = generalised_golden_ratio(all);
  std::size_t dimension = 0;
  const auto next = [&] {
    const double start = uniform({options.draw_seed, Stream::sample_order, 0, dimension});
    const double step = std::pow(1 / ratio, static_cast<double>(++dimension));
    const double u = start + static_cast<double>(trial) * step;
    return u - std::floor(u);
  };
  std::vector<std::string> out;
  out.reserve(space.size());
  for (const SearchedKey& k : space) {
    if (k.each == 0) {
      out.push_back(value_at(k, next()));
      continue;
    }
    std::string list;
    for (std::size_t i = 0; i < k.each; ++i) list += (list.empty() ? "" : ", ") + value_at(k, next());
    out.push_back("[" + list + "]");
  }
  return out;
}

std::vector<Search::Round> Search::rounds(std::size_t epochs) const {
  std::vector<Round> out;
  const auto share = static_cast<double>(options.keep_one_of);
  double trials = static_cast<double>(options.trials);
  for (std::size_t r = 0; r < options.rounds; ++r) {
    const double part = std::pow(share, static_cast<double>(options.rounds - 1 - r));
    const auto learned =
        static_cast<std::size_t>(std::max(1.0, std::round(static_cast<double>(epochs) / part)));
    const bool last = r + 1 == options.rounds;
    // Rounds that are as long as the next one would say the same twice.
    const bool as_long =
        !last && learned >= static_cast<std::size_t>(
                                std::max(1.0, std::round(static_cast<double>(epochs) * share / part)));
    if (as_long) continue;
    out.push_back({static_cast<std::size_t>(std::ceil(trials)), last ? epochs : learned});
    trials = std::ceil(trials / share);
  }
  return out;
}

Search read_search(const TomlDocument& document) {
  TomlReader root(document);
  if (!root.has("tune"))
    throw ConfigError(
        "missing table [tune]; expected how many trials and a space", {document.origin(), 0, 0},
        "e.g. [tune] with trials = 40 and [tune.space] with \"model.eta\" = {log_uniform = [1, 1e4]}");
  Search out;
  TomlReader t = root.table("tune");
  read_fields(t, out.options);
  TomlReader space = t.table("space");
  read_space(space, "", out.space);
  if (out.space.empty())
    throw ConfigError("missing table [tune.space]; expected keys and where they are searched",
                      t.place("trials"), "e.g. \"model.eta\" = {log_uniform = [1, 1e4]}");
  t.finish();
  return out;
}

}  // namespace apical
