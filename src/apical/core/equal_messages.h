// SPDX-License-Identifier: Apache-2.0
// What many runs say alike is said once: two hundred lines that differ in a number hide the one that matters.
#pragma once

#include <string>
#include <vector>

namespace apical {

struct Message {
  std::string who, what;
};

/// "who: what" for each, in the order of the first of its kind. Messages of different speakers that are equal
/// but for their numbers are one line: "A and B: what" if they are equal in those too, "12 runs, for example
/// A: what" of many, and of many with other numbers "12 runs, from A: what A says, to B: what B says", the
/// least and the most. What was lost is never folded: lines that name a seed stay as they are.
std::vector<std::string> grouped(const std::vector<Message>& messages);

/// "A, B and C"; of many "12 runs, for example A".
std::string who_of_many(const std::vector<std::string>& names);

}  // namespace apical
