// SPDX-License-Identifier: Apache-2.0
// Whatever a person types, the suggestion is one of the candidates or nothing.
#include "apical/core/error.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Input: the name, then its candidates, separated by newlines.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest{reinterpret_cast<const char*>(data), size};
  std::vector<std::string> lines;
  while (!rest.empty() && lines.size() < 32) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (lines.empty()) return 0;
  const std::string name = lines.front();
  lines.erase(lines.begin());
  const std::string near = apical::nearest_name(name, lines);
  const bool offered = std::find(lines.begin(), lines.end(), near) != lines.end();
  const bool exact = std::find(lines.begin(), lines.end(), name) != lines.end();
  if (!near.empty() && !offered) __builtin_trap();
  if (exact && near != name) __builtin_trap();
  return 0;
}
