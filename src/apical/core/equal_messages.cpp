// SPDX-License-Identifier: Apache-2.0
#include "apical/core/equal_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <regex>

#include "apical/core/error.h"

namespace apical {
namespace {

constexpr std::size_t kNamed = 3;

const std::regex& number() {
  static const std::regex pattern("[0-9]+(\\.[0-9]+)?(e[-+]?[0-9]+)?");
  return pattern;
}

/// With each number replaced by one sign.
std::string without_numbers(const std::string& text) { return std::regex_replace(text, number(), "#"); }

/// By which lines that differ in numbers alone are ordered: the last that differs from the first line's.
double extent(const std::string& text, const std::string& first) {
  double out = 0;
  auto own = std::sregex_iterator(text.begin(), text.end(), number());
  auto other = std::sregex_iterator(first.begin(), first.end(), number());
  for (; own != std::sregex_iterator() && other != std::sregex_iterator(); ++own, ++other) {
    if (own->str() != other->str()) out = std::strtod(own->str().c_str(), nullptr);
  }
  return out;
}

/// "12 runs, from A: loss rose by 1 %, to B: loss rose by 900 %".
std::string range_of(const std::vector<std::string>& who, const std::vector<std::string>& what) {
  const auto reference =
      std::find_if(what.begin(), what.end(), [&](const auto& w) { return w != what.front(); });
  const auto key = [&](const std::string& w) {
    return w == *reference ? extent(w, what.front()) : extent(w, *reference);
  };
  const auto [least, most] = std::minmax_element(
      what.begin(), what.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return fmt::format("{} runs, from {}: {}, to {}: {}", who.size(),
                     who[static_cast<std::size_t>(least - what.begin())], *least,
                     who[static_cast<std::size_t>(most - what.begin())], *most);
}

}  // namespace

std::string who_of_many(const std::vector<std::string>& names) {
  if (names.size() <= kNamed) return join_names(names);
  return fmt::format("{} runs, for example {}", names.size(), names.front());
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
    static const std::regex names_of_seeds("seeds? [0-9]");  // no numbers between which others lie
    const bool of_seeds = std::regex_search(k.what.front(), names_of_seeds);
    if (equal) {
      out.push_back(who_of_many(k.who) + ": " + k.what.front());
    } else if (k.who.size() > kNamed && !of_seeds) {
      out.push_back(range_of(k.who, k.what));
    } else {
      for (std::size_t i = 0; i < k.who.size(); ++i) out.push_back(k.who[i] + ": " + k.what[i]);
    }
  }
  return out;
}

}  // namespace apical
