// SPDX-License-Identifier: Apache-2.0
#include "apical/circuit/measure_patterns.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "apical/core/field_error.h"

namespace apical::course {
namespace {

/// Names between braces, in order.
std::vector<std::string> placeholders(const std::string& pattern) {
  std::vector<std::string> out;
  for (std::size_t open = pattern.find('{'); open != std::string::npos; open = pattern.find('{', open + 1)) {
    const std::size_t close = pattern.find_first_of("{}", open + 1);
    if (close != std::string::npos && pattern[close] == '}')
      out.push_back(pattern.substr(open + 1, close - open - 1));
  }
  return out;
}

const std::vector<std::string>& all_placeholders() {
  static const std::vector<std::string> names{"of",     "from",     "to",    "quantity", "phase",
                                              "number", "stimulus", "label", "target"};
  return names;
}

/// What has a value in a text of the measure, and in its name and title.
std::vector<std::string> with_value(const Measure& m, bool in_text) {
  std::vector<std::string> out{"quantity"};
  const bool weights = std::all_of(m.quantities.begin(), m.quantities.end(), of_weights);
  if (!m.of.empty()) out.emplace_back("of");
  if (!m.of.empty() && weights) out.insert(out.end(), {"from", "to"});
  if (in_text || m.each != Each::phase) out.emplace_back("phase");
  if (in_text && m.each == Each::phase) out.emplace_back("number");
  if (in_text && m.each == Each::stimulus) out.insert(out.end(), {"stimulus", "label", "target"});
  return out;
}

void check_pattern(const Measure& m, const char* key, const std::string& pattern, bool in_text) {
  const std::vector<std::string> known = with_value(m, in_text);
  for (const std::string& name : placeholders(pattern)) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::vector<std::string> expected;
    expected.reserve(known.size());
    for (const std::string& k : known) expected.push_back("{" + k + "}");
    const auto& all = all_placeholders();
    const bool elsewhere = std::find(all.begin(), all.end(), name) != all.end();
    throw FieldError(
        key,
        fmt::format("has the placeholder {{{}}}, {}; expected {}", name,
                    elsewhere ? "which has no one value there" : "which is none", join_names(expected, "or")),
        elsewhere ? "" : suggestion(name, known));
  }
}

}  // namespace

std::string filled(const std::string& pattern, const PatternValues& values) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    const std::size_t close = pattern[at] == '{' ? pattern.find('}', at) : std::string::npos;
    const auto value =
        close == std::string::npos ? values.end() : values.find(pattern.substr(at + 1, close - at - 1));
    if (value == values.end()) {
      out += pattern[at++];
    } else {
      out += value->second;
      at = close + 1;
    }
  }
  return out;
}

bool has_placeholder(const std::string& pattern, const std::string& name) {
  const std::vector<std::string> all = placeholders(pattern);
  return std::find(all.begin(), all.end(), name) != all.end();
}

void check_patterns(const Measure& m) {
  check_pattern(m, "name", m.name, false);
  check_pattern(m, "title", m.title, false);
  check_pattern(m, "text", m.text, true);
}

}  // namespace apical::course
