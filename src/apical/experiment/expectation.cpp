// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/analysis/metrics.h"

namespace apical {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <Named Enum>
Enum read_named(TomlReader& t, const char* key, Enum otherwise, bool required = false) {
  const std::vector<std::string> names(kNames<Enum>.begin(), kNames<Enum>.end());
  const std::string chosen =
      t.choice(key, names, required ? std::nullopt : std::optional(std::string(name_of(otherwise))));
  return static_cast<Enum>(std::find(names.begin(), names.end(), chosen) - names.begin());
}

std::string range_text(double low, double high) {
  if (std::isinf(high)) return fmt::format("at least {:g}", low);
  if (std::isinf(low)) return fmt::format("at most {:g}", high);
  return fmt::format("from {:g} to {:g}", low, high);
}

void check_quantity(TomlReader& t, const char* key, const std::string& quantity) {
  const std::size_t split = quantity.find('_');
  const std::string prefix = quantity.substr(0, split);
  if (find_area_quantity(quantity) || (split != std::string::npos && split + 1 < quantity.size() &&
                                       (prefix == "test" || prefix == "validation" || prefix == "train")))
    return;
  std::vector<std::string> near{"test_loss", "test_accuracy", "validation_loss", "validation_accuracy"};
  for (const Metric& m : metrics()) {
    if (m.in == MeasuredIn::area) near.push_back(m.quantity);
  }
  throw ConfigError(fmt::format("unknown quantity '{}'; expected angle or another measure of an area, or "
                                "test_, validation_ or train_ and a metric of the task",
                                quantity),
                    t.place(key), suggestion(quantity, near));
}

void read_quantity(TomlReader& t, Expectation& e) {
  e.quantity = t.text("quantity");
  check_quantity(t, "quantity", e.quantity);
  e.minus = t.text("minus", "");
  if (!e.minus.empty()) check_quantity(t, "minus", e.minus);
  if (e.quantity == "angle") {
    e.area = t.text("area", "total");
  } else if (find_area_quantity(e.quantity)) {
    e.area = t.text("area");
  } else if (t.has("area")) {
    throw ConfigError(
        fmt::format("'{}' has no area; only an angle and other measures of an area have", e.quantity),
        t.place("area"));
  }
}

void read_range(TomlReader& t, Expectation& e) {
  const bool two_sided = t.has("factor") || t.has("plus_minus");
  if (t.has("value") != two_sided || (t.has("factor") && t.has("plus_minus"))) {
    throw ConfigError(
        "an expectation with a 'value' needs either 'factor' or 'plus_minus', and those need a 'value'",
        t.place("value"), "e.g. value = 0.032 and factor = 2");
  }
  if (two_sided == (t.has("at_least") || t.has("at_most"))) {
    throw ConfigError(
        "an expectation needs either a 'value' with its tolerance or bounds 'at_least', 'at_most'",
        t.place("quantity"), "e.g. value = 0.98 and plus_minus = 0.01, or at_least = 0.9");
  }
  if (!two_sided) {
    e.low = t.has("at_least") ? t.number("at_least") : -kInfinity;
    e.high = t.has("at_most") ? t.number("at_most") : kInfinity;
    if (e.low > e.high)
      throw ConfigError(fmt::format("'at_least' {:g} lies above 'at_most' {:g}", e.low, e.high),
                        t.place("at_least"));
    e.tolerance = range_text(e.low, e.high);
    return;
  }
  const double value = t.number("value");
  e.value = value;
  if (t.has("factor")) {
    const double factor = t.number("factor");
    if (!(factor > 1))
      throw ConfigError(fmt::format("'factor' is {:g}; expected more than 1", factor), t.place("factor"));
    if (!(value > 0))
      throw ConfigError(fmt::format("a factor around {:g} means nothing", value), t.place("value"),
                        "use plus_minus");
    e.low = value / factor;
    e.high = value * factor;
    e.tolerance = fmt::format("{:g} within a factor of {:g}", value, factor);
  } else {
    const double margin = t.number("plus_minus");
    if (!(margin > 0))
      throw ConfigError(fmt::format("'plus_minus' is {:g}; expected more than 0", margin),
                        t.place("plus_minus"));
    e.low = value - margin;
    e.high = value + margin;
    e.tolerance = fmt::format("{:g} ± {:g}", value, margin);
  }
}

Expectation read_expectation(TomlReader& t, const Reproduction& of) {
  Expectation e;
  e.variant = t.text("variant", "");
  e.relative_to = t.text("relative_to", "");
  read_quantity(t, e);
  e.epochs = read_named(t, "epochs", e.epochs);
  e.statistic = read_named(t, "statistic", e.statistic, true);
  const bool conditioned = t.has("seeds_at_least") || t.has("seeds_at_most");
  if (conditioned != (e.statistic == Expectation::Statistic::fraction)) {
    throw ConfigError(
        "a fraction of seeds goes with 'seeds_at_least' or 'seeds_at_most', and nothing else does",
        t.place("statistic"),
        "e.g. statistic = \"fraction\", seeds_at_least = 0.95, at_least = 0.7: 70 % of seeds reach 0.95");
  }
  if (t.has("seeds_at_least")) e.seeds_low = t.number("seeds_at_least");
  if (t.has("seeds_at_most")) e.seeds_high = t.number("seeds_at_most");
  read_range(t, e);
  e.because = t.text("because");
  e.source = t.text("source", of.source);
  e.origin = read_named(t, "origin", of.origin);
  e.widened = t.text("widened", "");
  if (e.source.empty()) {
    throw ConfigError("an expectation needs a source: where does the figure come from?", t.place("quantity"),
                      "give 'source' here or in [reproduces]");
  }
  t.finish();
  return e;
}

}  // namespace

std::string Expectation::subject() const {
  std::string what =
      quantity == "angle"
          ? (area == "total" ? "angle to the gradient" : fmt::format("angle of {} to the gradient", area))
          : quantity;
  std::replace(what.begin(), what.end(), '_', ' ');
  if (quantity != "angle" && find_area_quantity(quantity)) what += " of " + area;
  if (!minus.empty()) {
    std::string other = minus;
    std::replace(other.begin(), other.end(), '_', ' ');
    what += " minus " + other;
  }
  if (epochs == Epochs::first) what = "first " + what;
  if (epochs == Epochs::largest) what = "largest " + what;
  if (epochs == Epochs::mean) what += ", mean over epochs,";
  if (statistic == Statistic::fraction) {
    what = fmt::format("fraction of seeds with {} {}", what, range_text(seeds_low, seeds_high));
  } else {
    what = fmt::format("{} {}", name_of(statistic), what);
  }
  if (!variant.empty()) what += fmt::format(" of '{}'", variant);
  if (!relative_to.empty()) what += fmt::format(" relative to '{}'", relative_to);
  return what;
}

std::string Reproduction::reference() const {
  return figure.empty() ? paper : fmt::format("{}, Fig. {}", paper, figure);
}

Reproduction read_reproduction(const TomlDocument& document) {
  TomlReader root(document);
  Reproduction r;
  if (root.has("expect") && !root.has("reproduces")) {
    throw ConfigError(
        "[[expect]] without [reproduces]; expected the paper and figure that the expectations are about",
        root.place("expect"));
  }
  if (!root.has("reproduces")) return r;
  TomlReader t = root.table("reproduces");
  r.paper = t.text("paper");
  r.figure = t.text("figure", "");
  r.shows = t.text("shows");
  r.source = t.text("source", "");
  r.origin = read_named(t, "origin", r.origin);
  r.minutes = t.number("minutes");
  if (!(r.minutes > 0))
    throw ConfigError(fmt::format("'reproduces.minutes' is {:g}; expected more than 0", r.minutes),
                      t.place("minutes"));
  t.finish();
  for (TomlReader& e : root.tables("expect")) r.expectations.push_back(read_expectation(e, r));
  if (r.empty()) {
    throw ConfigError("[reproduces] without [[expect]]; expected at least one statistic with its tolerance",
                      root.place("reproduces"),
                      "e.g. [[expect]] with quantity = \"test_loss\", statistic = \"median\", value = 0.032, "
                      "factor = 2, because = \"…\"");
  }
  return r;
}

void check_labels(const Reproduction& r, const std::vector<std::string>& labels,
                  const TomlDocument& document) {
  TomlReader root(document);
  std::vector<TomlReader> entries = root.tables("expect");
  for (std::size_t i = 0; i < r.expectations.size(); ++i) {
    const Expectation& e = r.expectations[i];
    if (e.variant.empty() && labels.size() != 1) {
      throw ConfigError(fmt::format("this expectation names no variant, but the file has {}", labels.size()),
                        entries[i].place("quantity"), "variants: " + join_names(labels));
    }
    for (const char* key : {"variant", "relative_to"}) {
      const std::string& label = std::string_view(key) == "variant" ? e.variant : e.relative_to;
      if (label.empty() || std::find(labels.begin(), labels.end(), label) != labels.end()) continue;
      throw ConfigError(fmt::format("'{}' names '{}', which is no variant of this file", key, label),
                        entries[i].place(key), suggestion(label, labels));
    }
  }
}

}  // namespace apical
