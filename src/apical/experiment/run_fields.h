// SPDX-License-Identifier: Apache-2.0
// The options of [run] and [[record]].
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apical/core/fields.h"

namespace apical {

enum class Precision { single, twofold };
template <>
inline constexpr std::array<std::string_view, 2> kNames<Precision>{"float", "double"};

struct RunSettings {
  std::vector<std::uint64_t> seeds = {1};  ///< distinct
  std::vector<std::uint64_t> part_of =
      {};                         ///< the seeds of the experiment that these are some of; empty: all
  bool chooses_precision = true;  ///< engines of spiking neurons have one
  Precision precision = Precision::single;
  double checkpoint_every_s = 30;
};
void fields(FieldVisitor& v, RunSettings& o);

/// How many seeds of the same experiment come before `seeds`, which follow one another in `part_of`.
std::size_t seeds_before(const std::vector<std::uint64_t>& seeds, const std::vector<std::uint64_t>& part_of);

/// A variable to be recorded while a circuit settles and learns, or a layered network learns.
struct RecordRequest {
  std::string population;  ///< or empty
  std::string projection;  ///< for variable "weights"
  std::string variable;    ///< "soma", "rate", a compartment …
  double every_ms = 0;
  std::size_t every_batches = 100;  ///< of layered networks
  std::size_t replicas = 1;         ///< the first so many seeds
  bool layered = false;             ///< it is one
};
void fields(FieldVisitor& v, RecordRequest& r);

}  // namespace apical
