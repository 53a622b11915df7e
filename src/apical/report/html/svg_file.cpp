// SPDX-License-Identifier: Apache-2.0
#include "apical/report/html/svg_file.h"

#include <fmt/format.h>

#include <map>
#include <vector>

#include "apical/report/html/style.h"

namespace apical {
namespace {

constexpr double kPixelsPerMm = 72 / 25.4 * 12 / 7;  // 12 pixels, the size of texts, are 7 points

using Variables = std::map<std::string, std::string, std::less<>>;

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \n");
  return from == std::string_view::npos ? "" : text.substr(from, text.find_last_not_of(" \n") - from + 1);
}

/// Calls with what stands before and after each `between` of declarations: "fill:none;stroke:red".
template <class Call>
void each_declaration(std::string_view block, Call&& call) {
  while (!block.empty()) {
    const std::size_t end = std::min(block.find(';'), block.size());
    const std::string_view one = trimmed(block.substr(0, end));
    const std::size_t colon = one.find(':');
    if (colon != std::string_view::npos) call(one.substr(0, colon), one.substr(colon + 1));
    block.remove_prefix(std::min(end + 1, block.size()));
  }
}

/// Calls with the selector and the declarations of each rule. Style sheets of ours have no rules within rules
/// where this is used.
template <class Call>
void each_rule(std::string_view css, Call&& call) {
  for (std::size_t at = 0;;) {
    const std::size_t open = css.find('{', at), close = css.find('}', at);
    if (open == std::string_view::npos) return;
    call(trimmed(css.substr(at, open - at)), css.substr(open + 1, close - open - 1));
    at = close + 1;
  }
}

/// With each var(--name) or var(--name,otherwise) replaced; false if one has no value.
bool resolve(std::string& text, const Variables& variables) {
  for (std::size_t at = text.find("var(--"); at != std::string::npos; at = text.find("var(--")) {
    const std::size_t end = text.find(')', at), comma = text.find(',', at);
    const bool has_other = comma < end;
    const auto found = variables.find(text.substr(at + 4, (has_other ? comma : end) - at - 4));
    if (found == variables.end() && !has_other) return false;
    std::string value = found != variables.end() ? found->second : text.substr(comma + 1, end - comma - 1);
    if (!resolve(value, variables)) return false;
    text.replace(at, end + 1 - at, value);
  }
  return true;
}

/// ".series .mean, .dot" -> ".p1.series .mean,.p1 .dot": who carries the class is the outermost part, or
/// stands around it.
std::string below(std::string_view parent, std::string_view selectors) {
  std::string out;
  while (!selectors.empty()) {
    const std::size_t end = std::min(selectors.find(','), selectors.size());
    const std::string_view one = trimmed(selectors.substr(0, end));
    const bool of_parts = one.find(' ') != std::string_view::npos && one.starts_with('.');
    out += fmt::format("{}{}{}{}", out.empty() ? "" : ",", parent, of_parts ? "" : " ", one);
    selectors.remove_prefix(std::min(end + 1, selectors.size()));
  }
  return out;
}

/// The style of figures with all variables replaced. What a class sets for what is in it (".p1{--c:…}")
/// becomes a rule for each part that asks for it.
std::string flat_css(std::string_view svg) {
  Variables paper;
  each_rule(palette_css(), [&](std::string_view, std::string_view block) {
    each_declaration(block, [&](std::string_view name, std::string_view value) {
      if (name.starts_with("--")) paper.emplace(name, value);
    });
  });
  std::vector<std::pair<std::string, Variables>> classes;  // that set variables, and are used
  each_rule(figure_css(), [&](std::string_view selector, std::string_view block) {
    Variables own;
    each_declaration(block, [&](std::string_view name, std::string_view value) {
      if (name.starts_with("--")) own.emplace(name, value);
    });
    if (own.empty() || !selector.starts_with('.')) return;
    const std::string name(selector.substr(1));
    for (const char* around : {" {} ", "\"{} ", " {}\"", "\"{}\""}) {
      if (svg.find(fmt::format(fmt::runtime(around), name)) == std::string_view::npos) continue;
      classes.emplace_back(selector, std::move(own));
      return;
    }
  });
  std::string out, of_classes;
  each_rule(figure_css(), [&](std::string_view selector, std::string_view block) {
    std::string fixed;
    each_declaration(block, [&](std::string_view name, std::string_view value) {
      if (name.starts_with("--")) return;
      std::string text(value);
      if (resolve(text, paper)) {
        fixed += fmt::format("{}:{};", name, text);
        if (value.find("var(--w") == std::string_view::npos) return;
      }
      for (const auto& [parent, own] : classes) {
        Variables all = own;
        all.insert(paper.begin(), paper.end());
        std::string of_class(value);
        if (resolve(of_class, all))
          of_classes += fmt::format("{}{{{}:{}}}\n", below(parent, selector), name, of_class);
      }
    });
    if (!fixed.empty()) out += fmt::format("{}{{{}}}\n", selector, fixed);
  });
  return out + of_classes;
}

}  // namespace

std::string svg_file(const Figure& figure, double width_mm) {
  std::string svg = svg_of(figure, width_mm * kPixelsPerMm);
  if (svg.empty()) return svg;
  const std::size_t box = svg.find("viewBox=\"0 0 ") + 13, space = svg.find(' ', box);
  const double wide = std::stod(svg.substr(box, space - box)), high = std::stod(svg.substr(space + 1));
  const std::string style = fmt::format("\n<style>{}</style>\n", flat_css(svg));
  svg.insert(svg.find('>') + 1, style);
  svg.insert(4, fmt::format(" width=\"{:.2f}mm\" height=\"{:.2f}mm\"", width_mm, width_mm * high / wide));
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg + "\n";
}

}  // namespace apical
