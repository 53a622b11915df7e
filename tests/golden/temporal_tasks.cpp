// SPDX-License-Identifier: Apache-2.0
// Kind "task" of credit-through-time-golden/1: what generators make of given draws.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/tasks.h"
#include "golden/comparison.h"
#include "golden/credit_through_time.h"

namespace apical::golden {
namespace {

using nlohmann::json;
using Integers = std::vector<std::int32_t>;

json range_of(const StepRange& r) { return json::array({r.from, r.to}); }

std::vector<double> flat_of(const json& rows) {
  std::vector<double> flat;
  for (const json& row : rows) {
    for (const json& x : row) flat.push_back(x.get<double>());
  }
  return flat;
}

void compare_series(Comparison& c, const std::string& name, const json& expected) {
  if (name == "mackey_glass") {
    MackeyGlass series;
    series.tau = expected.at("tau").get<double>();
    series.x0 = expected.at("x0").get<double>();
    series.h = expected.value("h", series.h);
    series.keep = expected.value("keep", series.keep);
    series.discard = expected.value("discard_units", series.discard);
    c.close_all(name, mackey_glass(series, expected.at("values").size()), expected.at("values"));
    return;
  }
  const SumOfSines sines{expected.at("amplitude"), expected.at("phase"), expected.at("cycles")};
  c.close_all(name, sum_of_sines(sines, expected.at("steps").get<std::size_t>()), expected.at("values"));
}

void compare_evidence(Comparison& c, const json& expected) {
  EvidenceTiming timing;
  timing.spacing = expected.value("spacing", timing.spacing);
  timing.cue = expected.value("cue", timing.cue);
  timing.delay = expected.value("delay", timing.delay);
  timing.recall = expected.value("recall", timing.recall);
  const EvidenceTrial trial = evidence_trial(expected.at("cues").get<Integers>(), timing);
  c.exact("evidence.steps", trial.steps, expected.at("steps").get<double>());
  c.exact("evidence.label", trial.label, expected.at("label").get<double>());
  c.exact("evidence.scored", range_of(trial.scored), expected.at("scored"));
  json segments = json::array();
  for (const EvidenceSegment& s : trial.segments) {
    segments.push_back({s.steps.from, s.steps.to, static_cast<int>(s.group), s.probability});
  }
  c.exact("evidence.segments", segments, expected.at("segments"));
}

void compare_copy(Comparison& c, const json& expected) {
  const CopyTrial trial =
      copy_trial(expected.at("symbols").get<Integers>(), expected.at("delay").get<std::uint32_t>(),
                 expected.at("alphabet").get<std::size_t>());
  c.exact("copy.input_channel", json(trial.channel), expected.at("input_channel"));
  c.exact("copy.target_class", json(trial.target), expected.at("target_class"));
  c.exact("copy.scored", range_of(trial.scored), expected.at("scored"));
  c.exact("copy.steps", static_cast<double>(trial.channel.size()), expected.at("steps").get<double>());
}

void compare_store_recall(Comparison& c, const json& expected) {
  const StoreRecallTrial trial =
      store_recall_trial(expected.at("bits").get<Integers>(), expected.at("store").get<std::size_t>(),
                         expected.at("recall").get<std::size_t>(), expected.at("slot").get<std::uint32_t>());
  c.close_all("store_recall.inputs",
              std::vector<double>(trial.inputs.flat().begin(), trial.inputs.flat().end()),
              json(flat_of(expected.at("inputs"))));
  std::vector<double> target(trial.inputs.rows(), trial.target), mask(trial.inputs.rows(), 0.0);
  std::fill(mask.begin() + trial.scored.from, mask.begin() + trial.scored.to, 1.0);
  c.close_all("store_recall.target", target, expected.at("target"));
  c.close_all("store_recall.mask", mask, expected.at("mask"));
}

void compare_image(Comparison& c, const json& expected) {
  const std::vector<double> pixels = flat_of(expected.at("image"));
  const std::size_t columns = expected.at("image").at(0).size();
  const auto permutation = expected.at("permutation").get<std::vector<std::uint32_t>>();
  const auto numbers = [&](PixelOrder order) {
    const Matrix<double> course = sequential_image(pixels, columns, order, permutation);
    return std::vector<double>(course.flat().begin(), course.flat().end());
  };
  c.close_all("sequential_image.rows", numbers(PixelOrder::rows), json(flat_of(expected.at("rows"))));
  c.close_all("sequential_image.pixels", numbers(PixelOrder::pixels), expected.at("pixels"));
  c.close_all("sequential_image.permuted", numbers(PixelOrder::permuted), expected.at("permuted"));
}

void compare_spikes(Comparison& c, const json& expected) {
  SpikeBins options;
  options.bins = expected.at("bins").get<std::size_t>();
  options.t_max = expected.at("t_max").get<double>();
  options.channels = expected.value("channels", options.channels);
  options.pool = expected.value("pool", options.pool);
  const BinnedSpikes binned = bin_spikes(expected.at("times").get<std::vector<double>>(),
                                         expected.at("units").get<std::vector<std::int64_t>>(), options);
  json nonzero = json::array();
  for (std::size_t bin = 0; bin < binned.counts.rows(); ++bin) {
    for (std::size_t unit = 0; unit < binned.counts.cols(); ++unit) {
      if (binned.counts(bin, unit) != 0)
        nonzero.push_back({bin, unit, static_cast<int>(binned.counts(bin, unit))});
    }
  }
  c.exact("shd.nonzero", nonzero, expected.at("nonzero"));
  c.exact("shd.dropped", static_cast<double>(binned.dropped), expected.at("dropped").get<double>());
}

}  // namespace

Verdict replay_temporal_tasks(const json& file) {
  const json& tolerance = file.at("tolerance");
  Comparison c(tolerance.at("abs").get<double>(), tolerance.at("rel").get<double>());
  const json& expected = file.at("expected");
  for (const auto& [name, cases] : expected.items()) {
    for (const json& one : cases) {
      if (name == "mackey_glass" || name == "sum_of_sines") compare_series(c, name, one);
      if (name == "evidence_accumulation") compare_evidence(c, one);
      if (name == "copy") compare_copy(c, one);
      if (name == "store_recall") compare_store_recall(c, one);
      if (name == "sequential_image") compare_image(c, one);
      if (name == "shd") compare_spikes(c, one);
    }
  }
  c.note_unknown_keys(expected, {"mackey_glass", "sum_of_sines", "evidence_accumulation", "copy",
                                 "store_recall", "sequential_image", "shd"});
  return c.verdict();
}

}  // namespace apical::golden
