// SPDX-License-Identifier: Apache-2.0
// Traces of cortical microcircuits, schema "microcircuit-trace/1": every recorded variable at every step and
// the weights at the recorded steps, against the rate engine in double.
#include "golden/microcircuits.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/errors.h"
#include "golden/comparison.h"

namespace apical::golden {
namespace {

using nlohmann::json;

constexpr double kTolerance = 1e-9;

/// A target may leave out neurons that are not recorded; an input of null is absent.
void present(rate::RateEngine<double>& engine, PopulationId external, const json& value) {
  if (value.is_null()) {
    engine.clear_external(external);
  } else {
    engine.set_external<double>(external, 0, doubles(value));
  }
}

}  // namespace

Matrix<double> matrix_of(const json& rows) {
  const std::size_t n = rows.size(), m = n == 0 ? 0 : rows.at(0).size();
  Matrix<double> out(n, m);
  for (std::size_t i = 0; i < n; ++i) {
    if (rows[i].size() != m)
      throw DataError(fmt::format("a matrix has rows of {} and {} entries", m, rows[i].size()));
    for (std::size_t k = 0; k < m; ++k) out(i, k) = rows[i][k].get<double>();
  }
  return out;
}

Matrix<double> block_of(const Matrix<double>& whole, std::size_t row, std::size_t rows, std::size_t col,
                        std::size_t cols) {
  Matrix<double> out(rows, cols);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t k = 0; k < cols; ++k) out(i, k) = whole(row + i, col + k);
  }
  return out;
}

Verdict replay(const json& trace, const MicrocircuitReplay& r) {
  ThreadPool pool(1);
  rate::RateEngine<double> engine(r.circuit, {trace.value("seed", std::uint64_t{0})}, pool,
                                  {.all_quantities = true});
  const Circuit& c = engine.circuit();
  const json& initial = trace.at("initial");
  r.prepare(engine, initial);

  Comparison all(kTolerance, 0);
  const auto& recorded = trace.at("recorded");
  const rate::Learning learning{trace.at("params").value("learn_forward", true),
                                trace.at("params").value("learn_lateral", true),
                                trace.at("params").value("learn_feedback", false), false};
  for (auto it = recorded.begin(); it != recorded.end(); ++it) {
    if (!r.variables.contains(it.key()))
      throw DataError(fmt::format("unknown recorded variable '{}'", it.key()));
  }
  std::size_t snapshot = 0;
  const auto steps = trace.at("steps").get<std::size_t>();
  for (std::size_t t = 0; t < steps; ++t) {
    if (r.before_step) r.before_step(engine, t);
    present(engine, c.population("input"), trace.at("inputs").at(t));
    present(engine, c.population("target"), trace.at("targets").at(t));
    engine.advance(1, learning);
    if (r.after_step) r.after_step(engine, t);
    for (const auto& [key, places] : r.variables) {
      if (!recorded.contains(key)) continue;
      const json& now = recorded.at(key).at(t);
      for (std::size_t area = 0; area < now.size() && area < places.size(); ++area) {
        if (places[area].variable.empty()) continue;
        const std::vector<double> expected = doubles(now[area]);
        std::vector<double> got(expected.size());
        engine.read(c.population(places[area].population), places[area].variable, 0, got);
        const std::string what = fmt::format("{} of area {} at step {}", key, area, t);
        for (std::size_t i = 0; i < got.size(); ++i) all.close(what, got[i], expected[i]);
      }
    }
    const json& weights = trace.at("weights");
    if (snapshot < weights.size() && weights[snapshot].at("step").get<std::size_t>() == t + 1) {
      for (const ExpectedMatrix& m : r.weights(weights[snapshot])) {
        Matrix<double> got = engine.weights(m.projection, 0);
        if (m.plus) {
          const Matrix<double> more = engine.weights(*m.plus, 0);
          for (std::size_t i = 0; i < got.size(); ++i) got.flat()[i] += more.flat()[i];
        }
        const std::string what = fmt::format("weights {} after step {}", c[m.projection].name, t + 1);
        for (std::size_t i = 0; i < m.values.rows(); ++i) {
          for (std::size_t k = 0; k < m.values.cols(); ++k) all.close(what, got(i, k), m.values(i, k));
        }
      }
      ++snapshot;
    }
  }
  Verdict v = all.verdict();
  v.passed = v.passed && snapshot == trace.at("weights").size();
  v.note = r.note;
  v.worst_quantity += fmt::format("; {} numbers", all.compared());
  return v;
}

void add_microcircuit_formats(std::vector<Format>& list) {
  list.push_back(
      {"microcircuit-trace/1",
       [](const json& j) { return j.is_object() && j.value("schema", "") == "microcircuit-trace/1"; },
       [](const json& j) -> Verdict {
         const std::string model = j.at("model");
         if (model == "errormc") return replay(j, error_neuron_replay(j));
         if (model == "ann") return replay(j, layered_reference_replay(j));
         if (model == "sacramento2018" || model == "dPC" || model == "pal")
           return replay(j, dendritic_replay(j));
         throw DataError(fmt::format("unknown model '{}'", model));
       }});
}

}  // namespace apical::golden
