// SPDX-License-Identifier: Apache-2.0
// Placeholders in what a course calls its measures: one set for their names, texts and titles.
//   {of}        the population or projection
//   {from} {to} the ends of a projection
//   {quantity}  in names "event_Hz", in texts and titles "event rate"
//   {phase}     in which it is measured
//   {number}    of the phase, from 0, with each = "phase"
//   {stimulus} {label} {target}   of the stimulus, with each = "stimulus"
#pragma once

#include <map>
#include <string>

#include "apical/circuit/course.h"

namespace apical::course {

/// By placeholder, without braces.
using PatternValues = std::map<std::string, std::string>;

/// The pattern with its placeholders replaced; those without a value stay.
std::string filled(const std::string& pattern, const PatternValues& values);
bool has_placeholder(const std::string& pattern, const std::string& name);

/// FieldError of name, text or title for a placeholder that has no value there: one that nobody knows, or
/// that this measure has not. Names and titles are of all stimuli and phases of a measure together.
void check_patterns(const Measure& measure);

}  // namespace apical::course
