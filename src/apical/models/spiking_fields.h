// SPDX-License-Identifier: Apache-2.0
// What parameters of spiking recipes share: bounds that are said in one line, and units that are shown.
// ConfigErrors open with the parameter's name.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "apical/circuit/spiking_quirks.h"
#include "apical/models/layered_fields.h"

namespace apical::models {

inline constexpr double kPico = 1e12, kMilli = 1e3;  // per unit of SI
inline constexpr double kMostNeurons = 1e7, kMostRepetitions = 1e6;

/// A quantity kept in SI units and shown in others. Division gives the double nearest to the decimal number.
void scaled(Fields& f, const char* name, double& v, double per_si, const char* unit, const char* meaning);
void expect(bool holds, const char* name, double v, const std::string& expected);
void positive(Fields& f, const char* name, double& v, const char* unit, const char* meaning);
void from_0(Fields& f, const char* name, double& v, const char* unit, const char* meaning);
void within_1(Fields& f, const char* name, double& v, const char* meaning);
/// More than 0 and less than 1.
void probability(Fields& f, const char* name, double& v, const char* meaning);
/// Of connections; none at all is no network.
void density(Fields& f, const char* name, double& v, const char* meaning);
void neurons(Fields& f, const char* name, std::size_t& v, const char* meaning);
/// Rates of trains with a refractory time.
void rates(Fields& f, const char* name, std::vector<double>& list, double refractory_s,
           const char* refractory, const char* meaning);
std::string whole_numbers(double low, double high);
[[noreturn]] void refuse_empty(const char* name);
[[noreturn]] void refuse_entry(const char* name, double v, const std::string& expected);

template <class Count>
void count(Fields& f, const char* name, Count& v, double low, double high, const char* unit,
           const char* meaning) {
  auto number = static_cast<double>(v);
  f(name, number, unit, meaning);
  expect(number == std::floor(number) && number >= low && number <= high, name, number,
         whole_numbers(low, high));
  v = static_cast<Count>(number);
}

/// A list with something in it, all of which `holds`.
template <class Holds>
void each(Fields& f, const char* name, std::vector<double>& list, const char* unit, const char* meaning,
          const std::string& expected, Holds&& holds) {
  f(name, list, unit, meaning);
  if (list.empty()) refuse_empty(name);
  for (const double v : list) {
    if (!holds(v)) refuse_entry(name, v, expected);
  }
}

/// Which departures of the published program can act in a model; those of dendrites, detectors and traces can
/// in every network.
struct QuirkScope {
  bool short_term = false;    ///< depressing and facilitating synapses
  bool plastic = false;       ///< the burst-dependent rule
  bool minimum_rate = false;  ///< whose minimum rate can be chosen
};
void quirk_fields(Fields& f, spike::Quirks& q, const QuirkScope& scope);
/// "quirks": recipe, intended or published.
Parameter quirk_preset();
void apply_quirk_preset(spike::Quirks& q, std::size_t choice);

/// Payeur et al. (2021).
extern const char* const kPayeur;

}  // namespace apical::models
