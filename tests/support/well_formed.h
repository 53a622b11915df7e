// SPDX-License-Identifier: Apache-2.0
// A small check that markup is well-formed XML: elements nest and close, attributes are quoted and unique,
// entities are known, nothing stands outside the root but a doctype.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace apical::test {

/// The page without its script, in whose own words tests do not look.
inline std::string without_script(std::string text) {
  const std::size_t from = text.find("<script>"), end = text.rfind("</script>");
  return from == std::string::npos ? text : text.erase(from, end - from);
}

/// What is wrong first, with a little context; "" if nothing is.
inline std::string malformed(std::string_view text) {
  std::vector<std::string> open;
  std::size_t i = 0;
  bool root_seen = false;
  const auto wrong = [&](const std::string& what) {
    return what + " near: " + std::string(text.substr(i, 80));
  };
  const auto entity_ok = [](std::string_view t, std::size_t at) {
    for (std::string_view e : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}) {
      if (t.substr(at, e.size()) == e) return true;
    }
    return false;
  };
  while (i < text.size()) {
    const char c = text[i];
    if (c == '&' && !entity_ok(text, i)) return wrong("unknown entity");
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') return wrong("control character");
    if (c != '<') {
      if (open.empty() && c != '\n' && c != ' ') return wrong("text outside the root");
      ++i;
      continue;
    }
    if (text.substr(i, 9) == "<!DOCTYPE") {
      if (root_seen) return wrong("late doctype");
      i = text.find('>', i) + 1;
      continue;
    }
    if (text.substr(i, 9) == "<![CDATA[") {
      const std::size_t end = text.find("]]>", i);
      if (open.empty() || end == std::string_view::npos) return wrong("stray CDATA");
      i = end + 3;
      continue;
    }
    const bool closing = text.substr(i, 2) == "</";
    std::size_t k = i + (closing ? 2 : 1);
    std::string name;
    while (k < text.size() && (std::isalnum(static_cast<unsigned char>(text[k])) || text[k] == '-'))
      name += text[k++];
    if (name.empty()) return wrong("no element name");
    std::set<std::string> attributes;
    bool empty = false;
    while (k < text.size() && text[k] != '>') {
      if (text[k] == ' ') {
        ++k;
      } else if (text[k] == '/' && k + 1 < text.size() && text[k + 1] == '>') {
        empty = true;
        ++k;
      } else {
        std::string attribute;
        while (k < text.size() &&
               (std::isalnum(static_cast<unsigned char>(text[k])) || text[k] == '-' || text[k] == ':'))
          attribute += text[k++];
        if (attribute.empty() || closing || text.substr(k, 2) != "=\"")
          return wrong("bad attribute of " + name);
        if (!attributes.insert(attribute).second) return wrong("attribute twice: " + attribute);
        for (k += 2; k < text.size() && text[k] != '"'; ++k) {
          if (text[k] == '<' || (text[k] == '&' && !entity_ok(text, k)))
            return wrong("unescaped attribute " + attribute);
        }
        ++k;
      }
    }
    if (k >= text.size()) return wrong("unclosed tag");
    if (closing) {
      if (open.empty() || open.back() != name)
        return wrong("closes " + name + " inside " + (open.empty() ? "nothing" : open.back()));
      open.pop_back();
    } else {
      if (open.empty() && root_seen) return wrong("second root");
      root_seen = true;
      if (!empty) open.push_back(name);
    }
    i = k + 1;
  }
  return open.empty() ? "" : "never closed: " + open.back();
}

inline std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace apical::test
