// SPDX-License-Identifier: Apache-2.0
// What parameters of spiking recipes share: bounds that are said in one line, and units that are shown.
#pragma once

#include <string>
#include <vector>

#include "apical/core/fields.h"
#include "apical/models/spiking_quirks.h"

namespace apical::models {

inline constexpr double kPico = 1e12, kMilli = 1e3;  // per unit of SI
inline constexpr double kMostNeurons = 1e7, kMostRepetitions = 1e6;
inline constexpr double kLongestS = 1e9;  ///< 30 years

/// Visits options with little to say about them.
class Fields {
 public:
  explicit Fields(FieldVisitor& v) : v_(v) {}
  void operator()(const char* name, double& x, const char* unit, const char* meaning) {
    v_({name, unit, meaning}, x);
  }
  void operator()(const char* name, bool& x, const char* meaning) { v_({name, "", meaning}, x); }
  void operator()(const char* name, std::vector<double>& x, const char* unit, const char* meaning) {
    v_({name, unit, meaning}, x);
  }
  template <std::integral Count>
  void count(const char* name, Count& x, const char* unit, const char* meaning) {
    v_({name, unit, meaning}, x);
  }
  template <class Enum>
  void choice(const char* name, Enum& x, const std::vector<std::string>& names, const char* meaning) {
    v_.choice({name, "", meaning}, x, names);
  }
  FieldVisitor& visitor() const { return v_; }

 private:
  FieldVisitor& v_;
};

/// A quantity kept in SI units and shown in others. Division gives the double nearest to the decimal number.
void scaled(Fields& f, const char* name, double& v, double per_si, const char* unit, const char* meaning);
/// `others`: further options that the condition is about.
void expect(bool holds, const char* name, double v, const std::string& expected,
            const std::vector<std::string>& others = {});
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
[[noreturn]] void refuse_empty(const char* name);
[[noreturn]] void refuse_entry(const char* name, double v, const std::string& expected,
                               const std::vector<std::string>& others = {});

template <class Count>
void count(Fields& f, const char* name, Count& v, double low, double high, const char* unit,
           const char* meaning) {
  f.visitor()({name, unit, meaning, within(low, high)}, v);
}

/// A list with something in it, all of which `holds`.
template <class Holds>
void each(Fields& f, const char* name, std::vector<double>& list, const char* unit, const char* meaning,
          const std::string& expected, Holds&& holds, const std::vector<std::string>& others = {}) {
  f(name, list, unit, meaning);
  if (list.empty()) refuse_empty(name);
  for (const double v : list) {
    if (!holds(v)) refuse_entry(name, v, expected, others);
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
FieldInfo quirk_preset();
void apply_quirk_preset(spike::Quirks& q, std::size_t choice);

/// Payeur et al. (2021).
extern const char* const kPayeur;

}  // namespace apical::models
