// SPDX-License-Identifier: Apache-2.0
#include "apical/core/equal_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <regex>

#include "apical/core/error.h"

namespace apical {
namespace {

constexpr std::size_t kNamed = 3;

/// With each number replaced by one sign.
std::string without_numbers(const std::string& text) {
  static const std::regex number("[0-9]+(\\.[0-9]+)?(e[-+]?[0-9]+)?");
  return std::regex_replace(text, number, "#");
}

std::string example_of(const std::vector<std::string>& names) {
  return fmt::format("{} runs, for example {}", names.size(), names.front());
}

}  // namespace

std::string who_of_many(const std::vector<std::string>& names) {
  return names.size() <= kNamed ? join_names(names) : example_of(names);
}

std::vector<std::string> grouped(const std::vector<Message>& messages) {
  struct Kind {
    std::vector<std::string> who, what;
  };
  std::vector<Kind> kinds;
  std::map<std::string, std::vector<std::size_t>> places;  // of kinds, by text
  for (const Message& m : messages) {
    std::vector<std::size_t>& of_text = places[without_numbers(m.what)];
    // What one says twice, as of two areas, is two things.
    const auto other = std::find_if(of_text.begin(), of_text.end(), [&](std::size_t k) {
      return std::find(kinds[k].who.begin(), kinds[k].who.end(), m.who) == kinds[k].who.end();
    });
    const std::size_t kind = other == of_text.end() ? kinds.size() : *other;
    if (kind == kinds.size()) {
      of_text.push_back(kind);
      kinds.emplace_back();
    }
    kinds[kind].who.push_back(m.who);
    kinds[kind].what.push_back(m.what);
  }
  std::vector<std::string> out;
  for (const Kind& k : kinds) {
    const bool equal =
        std::all_of(k.what.begin(), k.what.end(), [&](const std::string& w) { return w == k.what.front(); });
    if (equal || k.who.size() > kNamed) {
      out.push_back((equal ? who_of_many(k.who) : example_of(k.who)) + ": " + k.what.front());
    } else {
      for (std::size_t i = 0; i < k.who.size(); ++i) out.push_back(k.who[i] + ": " + k.what[i]);
    }
  }
  return out;
}

}  // namespace apical
