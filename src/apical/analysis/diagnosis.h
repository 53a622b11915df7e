// SPDX-License-Identifier: Apache-2.0
// Whether a result is to be trusted. Each check looks at what a run measured and at what the end of it
// showed, and says what it found, why that matters and what to try, or why it cannot know. It knows no kind
// of run: a figure is there or it is not. To add a check, add its row in diagnosis.cpp.
#pragma once

#include <initializer_list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apical/analysis/measurement.h"

namespace apical {

/// Figures that only the state at the end of a run shows, as rows of an area, a projection or a split.
namespace examined {
inline constexpr std::string_view kSaturated = "saturated_fraction",  ///< of an area's units
    kDead = "dead_fraction",                                          ///< of an area's units
    kBurstless = "burstless",                                         ///< 1: events, but no burst at all
    kAtBounds = "at_bounds_fraction",                                 ///< of a projection's plastic weights
    kUnsettled = "unsettled_change",                                  ///< of answers, if given as long again
    kHalvedStep = "halved_step_change",                               ///< of answers, at half the time step
    kAnswerChange = "answer_change",                                  ///< between training and evaluation
    kCreditAngle = "credit_angle_deg",                                ///< to the exact gradient
    kChance = "chance_accuracy",      ///< of the answer that is most often right
    kSeedless = "same_for_any_seed",  ///< there if it is
    kLeaked = "leaked_fraction";      ///< test samples that training had
}  // namespace examined

struct Examination {
  std::vector<Measurement> figures = {};
  std::map<std::string, std::string, std::less<>> unknown = {};  ///< by figure: why there is none
  std::string fault = {};   ///< what was not finite as the end was examined, for longer than the run was
  std::string broken = {};  ///< why it ended before all was looked at; empty: it did not
  void add(std::string_view figure, std::string where, std::uint64_t seed, double value);
  void without(std::string_view figure, std::string why);
  void without(std::initializer_list<std::string_view> several, const std::string& why);
};

/// What a run left, as far as checks look at it.
struct Evidence {
  std::vector<std::uint64_t> seeds = {};
  std::vector<Measurement> measured = {};  ///< in order of epoch
  Examination examination = {};
  std::vector<std::string> needs = {};  ///< ingredients that its model takes for granted
  std::string fault = {};               ///< the numerical fault that it ended in; empty: none
};

enum class Verdict { clean, attention, not_applicable };
std::string_view name_of(Verdict verdict);

/// What a check says of a run.
struct Finding {
  std::string check;
  Verdict verdict = Verdict::not_applicable;
  std::string measured = {};  ///< what it looked at, or why there is nothing to look at
  std::string why = {}, remedy = {};
  bool operator==(const Finding&) const = default;
};

/// One of each check, in the order of the table.
std::vector<Finding> diagnose(const Evidence& evidence);
std::vector<std::string> names_of_checks();
/// "saturated: 80 % of the units of a1 … Why … Try …"
std::string in_words(const Finding& finding);

}  // namespace apical
