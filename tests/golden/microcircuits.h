// SPDX-License-Identifier: Apache-2.0
// What the replay of a microcircuit trace needs to know of a model: the circuit, where each recorded variable
// lives, and how recorded matrices map to projections.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "apical/circuits.h"
#include "apical/simulation.h"
#include "golden/golden.h"

namespace apical::golden {

struct Place {
  std::string population;
  std::string variable;  ///< empty: recorded but without meaning in this area
};

struct ExpectedMatrix {
  ProjectionId projection;
  Matrix<double> values;
  std::optional<ProjectionId> plus = {};  ///< the recorded matrix is the sum of two projections'
};

struct MicrocircuitReplay {
  Circuit circuit;
  std::map<std::string, std::vector<Place>> variables;  ///< recorded name → one place per area
  std::function<void(rate::RateEngine<double>&, const nlohmann::json& initial)> prepare;
  std::function<std::vector<ExpectedMatrix>(const nlohmann::json& snapshot)> weights;
  std::function<void(rate::RateEngine<double>&, std::size_t step)> before_step, after_step;
  std::string note = {};  ///< what is not compared and why
};

MicrocircuitReplay error_neuron_replay(const nlohmann::json& trace);
MicrocircuitReplay layered_reference_replay(const nlohmann::json& trace);
MicrocircuitReplay dendritic_replay(const nlohmann::json& trace);  ///< sacramento2018, dPC and pal

Verdict replay(const nlohmann::json& trace, const MicrocircuitReplay& r);

// Pieces of the format that the models share.
std::vector<double> doubles(const nlohmann::json& numbers);
std::string area_name(std::size_t area, const char* suffix);  ///< "a1.pyr" for area 0
std::vector<models::AreaActivation> activations(const nlohmann::json& params);
void set_neuron_parameters(Circuit& c, const std::string& population, const nlohmann::json& activation);
Matrix<double> matrix_of(const nlohmann::json& rows);
Matrix<double> block_of(const Matrix<double>& whole, std::size_t row, std::size_t rows, std::size_t col,
                        std::size_t cols);

void add_microcircuit_formats(std::vector<Format>& list);
void add_match_run_formats(std::vector<Format>& list);

}  // namespace apical::golden
