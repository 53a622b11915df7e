// SPDX-License-Identifier: Apache-2.0
// Faults that were found in single inputs, on inputs of the same kind that nobody wrote: labels that become
// directories, numbers as people write them, times beside the grid of steps.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "apical/core/time_grid.h"
#include "apical/experiment/directory_name.h"
#include "apical/experiment/experiment.h"
#include "apical/experiment/toml/toml_text.h"
#include "apical/io/json.h"
#include "support/command_line.h"
#include "support/small_experiments.h"

namespace apical {
namespace {

using test::Answer;
using test::apical_says;
using test::with;

// ---- labels ----------------------------------------------------------------------------------------------

/// Pieces that shells, disks and older versions treat in ways of their own.
rc::Gen<std::string> any_label() {
  const auto piece = rc::gen::element<std::string>(
      "a", "A", "0", "-", "_", " ", "  ", ".", "..", "/", "\\\\", "%", "%20", "+", "~", ",", "=", "'", "*",
      "$HOME", "é", "e\u0301", "μ", "σ", "誤差", "😀", "1e-06", "1e+06", "0.5", "report.html", "checkpoints");
  return rc::gen::map(rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(piece)),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const std::string& p : pieces) text += p;
                        return text;
                      });
}

class GeneratedLabels : public test::CommandLine {
 protected:
  static std::string comparison_of(const std::set<std::string>& labels) {
    std::string text = test::yin_yang(20, 10, 10) +
                       "[model]\nname = \"backpropagation\"\nlayers = [4, 3]\n[training]\nepochs = 1\n";
    for (const std::string& label : labels) text += "[[variant]]\nlabel = " + toml_quoted(label) + "\n";
    return text;
  }
};

TEST_F(GeneratedLabels, AreToldApartByAComparisonHoweverAlike) {
  rc::Random random(20250711);
  std::set<std::string> labels;
  for (int size = 1; labels.size() < 40; size = size % 12 + 1) {
    rc::Random draw = random.split();
    labels.insert(any_label()(draw, size).value());
  }
  const Answer a =
      apical_says({"compare", file(comparison_of(labels)), "--out", out(), "--quiet", "--threads", "1"});
  ASSERT_EQ(a.code, 0) << a.err;
  std::set<std::string> found;
  const nlohmann::json index = io::read_json(io::Path(out()) / "comparison.json");
  for (const nlohmann::json& run : index.at("runs")) {
    const io::Path directory = io::Path(out()) / run.get<std::string>();
    EXPECT_EQ(directory.parent_path(), io::Path(out())) << run;
    const std::string label = io::read_json(directory / "manifest.json").at("label");
    EXPECT_TRUE(labels.contains(label));
    EXPECT_TRUE(io::file_exists(directory / "summary.json")) << label;
    found.insert(label);
  }
  EXPECT_EQ(found, labels);
}

RC_GTEST_PROP(GeneratedInputs, DefaultLabelsOfASweepNeverMeet, ()) {
  const auto values = *rc::gen::unique<std::vector<double>>(2 + *rc::gen::inRange(0, 8), [] {
    return rc::gen::map(rc::gen::pair(rc::gen::inRange(-1000000, 1000000), rc::gen::inRange(-12, 12)),
                        [](std::pair<int, int> n) { return n.first * std::pow(10.0, n.second); });
  }());
  std::string at, layers;
  for (const double v : values) {
    at += (at.empty() ? "" : ", ") + toml_number(v);
    layers += layers.empty() ? "[4, 3]" : ", [4, 3]";
  }
  const std::vector<Experiment> variants = read_variants(TomlDocument::parse(
      test::yin_yang(20, 10, 10) +
          "[model]\nname = \"backpropagation\"\nlayers = [4, 3]\n[sweep]\nname = \"x\"\nat = [" + at +
          "]\n[sweep.values]\nmodel.layers = [" + layers + "]\n",
      "sweep.toml"));
  std::set<std::string> directories;
  for (const Experiment& e : variants) directories.insert(directory_name(e.label));
  RC_ASSERT(directories.size() == values.size());
}

// ---- numbers ---------------------------------------------------------------------------------------------

/// As people write them, right and wrong.
rc::Gen<std::string> any_number() {
  const auto digits =
      rc::gen::map(rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('0', ':'))),
                   [](const std::string& d) { return d.substr(0, 22); });
  return rc::gen::map(
      rc::gen::tuple(
          rc::gen::element<std::string>("", "-", "+"), rc::gen::oneOf(digits, rc::gen::just(std::string())),
          rc::gen::element<std::string>("", ".", ","), rc::gen::oneOf(digits, rc::gen::just(std::string())),
          rc::gen::element<std::string>("", "e", "E", "e-", "e+"), rc::gen::inRange(0, 420)),
      [](const std::tuple<std::string, std::string, std::string, std::string, std::string, int>& n) {
        const auto& [sign, whole, point, part, e, exponent] = n;
        return sign + whole + point + (point.empty() ? "" : part) +
               (e.empty() ? "" : e + std::to_string(exponent));
      });
}

/// A number of TOML 1.0.
bool is_toml_number(const std::string& text) {
  static const std::regex grammar(R"([+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)");
  return std::regex_match(text, grammar);
}

RC_GTEST_PROP(GeneratedInputs, ANumberIsTakenAsItStandsOrRefusedAndNeverBecomesAText, ()) {
  const std::string text = *any_number();
  const std::string mantissa = text.substr(0, text.find_first_of("eE"));
  RC_PRE(mantissa.find_first_of("0123456789") != std::string::npos);
  errno = 0;
  const double value = std::strtod(text.c_str(), nullptr);
  const bool overflows = std::isinf(value);
  const bool vanishes = value == 0 && mantissa.find_first_of("123456789") != std::string::npos;
  const bool is_whole = text.find_first_of(".eE") == std::string::npos;
  const bool too_many_digits =
      is_whole && (std::abs(value) >= 0x1p63 ||
                   fmt::format("{:.0f}", std::abs(value)) != text.substr(text.find_first_of("0123456789")));
  TomlDocument d = TomlDocument::parse("", "x.toml");
  std::string refusal;
  std::optional<double> taken;
  try {
    d.set("k=" + text);
    TomlReader r(d);
    taken = r.number("k");
  } catch (const ConfigError& e) {
    refusal = e.what();
  }
  if (is_toml_number(text) && !overflows && !vanishes && !too_many_digits) {
    RC_ASSERT(taken.has_value());
    RC_ASSERT(*taken == value);
  } else {
    RC_ASSERT(!taken.has_value());
    RC_ASSERT(refusal.find("text") == std::string::npos || refusal.find("as a text") != std::string::npos);
    RC_ASSERT(refusal.find(text) != std::string::npos);
  }
}

// ---- times -----------------------------------------------------------------------------------------------

std::string held_for(double presentation_ms, double dt_ms) {
  return with(with(test::small_circuit(), "\"logistic\"", fmt::format("\"logistic\"\ndt_ms = {}", dt_ms)),
              "epochs = 1",
              fmt::format("epochs = 1\npresentation_ms = {0}\nsettling_ms = {0}", presentation_ms));
}

RC_GTEST_PROP(GeneratedInputs, TimesOnAStepAreKeptAndOthersAreRefusedWithTheNearestThatAreTaken, ()) {
  const double dt = *rc::gen::inRange(1, 100) * std::pow(10.0, -*rc::gen::inRange(2, 4));
  const int steps = *rc::gen::inRange(3, 400);
  const auto read = [&](double ms) {
    return read_experiment(TomlDocument::parse(held_for(ms, dt), "times.toml"));
  };
  const double on = nearest_on_grid(steps * dt, dt);
  RC_ASSERT(read(on).presentation.presentation_ms == on);
  const double between = (steps + *rc::gen::inRange(1, 100) / 100.0) * dt;
  std::string refusal;
  try {
    read(between);
  } catch (const ConfigError& e) {
    refusal = e.what();
  }
  std::smatch nearest;
  RC_ASSERT(std::regex_search(refusal, nearest, std::regex("the nearest: ([0-9.e-]+) or ([0-9.e-]+)")));
  const double below = std::stod(nearest[1]), above = std::stod(nearest[2]);
  RC_ASSERT(below < between);
  RC_ASSERT(between < above);
  RC_ASSERT(std::abs(above - below - dt) < 1e-9);
  for (const double ms : {below, above}) RC_ASSERT(read(ms).presentation.presentation_ms == ms);
}

}  // namespace
}  // namespace apical
