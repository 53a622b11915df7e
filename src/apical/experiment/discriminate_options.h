// SPDX-License-Identifier: Apache-2.0
// [discriminate] of a protocol: how well its conditions and measures would tell the models apart.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "apical/analysis/discrimination.h"
#include "apical/core/fields.h"
#include "apical/experiment/protocol.h"
#include "apical/experiment/toml/toml_reader.h"

namespace apical {

/// What makes readouts of different models comparable.
enum class ReadoutScale {
  relative,    ///< (condition - control) / (|condition| + |control|), from -1 to 1
  control_sd,  ///< (condition - control) / SD over the control condition's single units
  sign,        ///< of condition - control
  raw,         ///< condition - control, for models of one family
};
template <>
inline constexpr std::array kNames<ReadoutScale>{std::string_view("relative"), std::string_view("control_sd"),
                                                 std::string_view("sign"), std::string_view("raw")};
template <>
inline constexpr std::array kNames<TheoryDensity>{std::string_view("normal"), std::string_view("kernel")};

struct DiscriminateOptions {
  ReadoutScale scale = ReadoutScale::relative;
  std::vector<std::string> readouts = {};  ///< "MEASURE: CONDITION"; empty: all
  std::vector<double> prior = {};          ///< one for each model; empty: all as likely
  std::size_t fit = 0;                     ///< seeds; 0: the first half
  std::size_t most_readouts = 3;
  MeasurementNoise noise = {};
  DiscriminationOptions estimate = {};
};
void fields(FieldVisitor& v, DiscriminateOptions& o);

/// Of the protocol that `models` (read_protocol) were read from as well. ConfigError, with its place, if the
/// document has no [discriminate], or one that is wrong or asks what these models and seeds cannot answer:
/// before anything is trained.
DiscriminateOptions read_discriminate(const TomlDocument& document, const std::vector<ProbedModel>& models);

}  // namespace apical
