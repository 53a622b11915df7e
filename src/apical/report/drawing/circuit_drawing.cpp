// SPDX-License-Identifier: Apache-2.0
#include "apical/report/drawing/circuit_drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "apical/report/drawing/circuit_layout.h"
#include "apical/report/drawing/circuit_routes.h"
#include "apical/report/plot/svg.h"

namespace apical {
namespace {

using svg::num;
using svg::point;

constexpr double kTagFont = 10.5;

std::string pathway_class(const Arrow& a) {
  return fmt::format("edge {}{}", name_of(a.pathway), a.plastic ? " plastic" : "");
}

/// A triangle for what adds, a circled cross for what multiplies. The tip is at (x, y).
std::string head(Point tip, Point h, bool multiplies) {
  if (multiplies) {
    const double x = tip.x - 5.5 * h.x, y = tip.y - 5.5 * h.y;
    return fmt::format(
        "<circle class=\"times\" cx=\"{}\" cy=\"{}\" r=\"5.5\"/><path class=\"cross\" "
        "d=\"M{}l5,5m0,-5l-5,5\"/>",
        num(x), num(y), point(x - 2.5, y - 2.5));
  }
  const auto at = [&](double back, double side) {
    return point(tip.x - back * h.x - side * h.y, tip.y - back * h.y + side * h.x);
  };
  return fmt::format("<path class=\"head\" d=\"M{}L{}L{}Z\"/>", point(tip.x, tip.y), at(9, 4.2), at(9, -4.2));
}

std::string rounded(const Rect& r, double radius, const char* css) {
  return fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>", css,
                     num(r.left()), num(r.top()), num(r.w), num(r.h), num(radius));
}

std::string size_text(const Population& p) { return fmt::format("N = {}", p.size); }

/// Dendrites from the soma to each labelled compartment, thick ones upwards as in a pyramidal cell.
std::string dendrites(const Glyph& g) {
  std::string out;
  const Rect& s = g.soma;
  for (const Rect& k : g.compartments) {
    if (g.shape == Glyph::Shape::round) {
      out += fmt::format("<path class=\"dendrite\" d=\"M{}Q{} {}\"/>", point(s.right() - 2, s.y),
                         point(s.right() + 8, k.y), point(k.left() + 2, k.y));
    } else if (k.y < s.y) {
      out += fmt::format("<path class=\"dendrite trunk\" d=\"M{}L{}\"/>", point(s.x, s.top() + 4),
                         point(k.x, k.bottom()));
      out += fmt::format("<path class=\"dendrite\" d=\"M{}L{}M{}L{}\"/>", point(s.x, k.bottom() + 14),
                         point(k.x - 15, k.bottom() - 2), point(s.x, k.bottom() + 14),
                         point(k.x + 15, k.bottom() - 2));
    } else {
      for (double side : {-1.0, 0.0, 1.0}) {
        out += fmt::format("<path class=\"dendrite\" d=\"M{}L{}\"/>", point(s.x + 6 * side, s.bottom() - 5),
                           point(k.x + 17 * side, k.top() + 2));
      }
    }
  }
  return out;
}

std::string glyph(const Population& p, const Glyph& g) {
  const Rect& s = g.soma;
  std::string out = fmt::format("<g class=\"cell\"><title>{}, {}</title>", svg::escape(p.name), size_text(p));
  if (g.shape == Glyph::Shape::external) {
    out += rounded(s, 10, "outside") +
           svg::lines({g.label}, s.x, s.y - 7, 14, "class=\"name\" text-anchor=\"middle\"") +
           svg::lines({size_text(p)}, s.x, s.y + 9, 14, "class=\"size\" text-anchor=\"middle\"");
    return out + "</g>";
  }
  out += dendrites(g);
  if (g.shape == Glyph::Shape::pyramidal) {
    out += fmt::format("<path class=\"soma\" d=\"M{}L{}Q{} {}Z\"/>", point(s.x, s.top() - 2),
                       point(s.right(), s.bottom() - 3), point(s.x, s.bottom() + 3),
                       point(s.left(), s.bottom() - 3));
    out += svg::lines({g.label}, s.left() - 6, s.y + 2, 14, "class=\"name\" text-anchor=\"end\"");
    out += svg::lines({size_text(p)}, s.left() - 6, s.y + 16, 14, "class=\"size\" text-anchor=\"end\"");
  } else {
    out += fmt::format("<circle class=\"soma round\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>", num(s.x), num(s.y),
                       num(s.w / 2));
    const double above =
        std::min(s.top(), g.compartments.empty() ? s.top() : g.compartments.front().top()) - 9;
    out += fmt::format("<text class=\"name\" x=\"{}\" y=\"{}\">{} <tspan class=\"size\">{}</tspan></text>",
                       num(s.x - 16), num(above), svg::escape(g.label), size_text(p));
  }
  for (std::size_t k = 0; k < g.compartments.size(); ++k) {
    const Rect& pill = g.compartments[k];
    out += rounded(pill, 9, "compartment") +
           svg::lines({p.compartments[k].name}, pill.x, pill.y, 12, "class=\"part\" text-anchor=\"middle\"");
  }
  return out + "</g>";
}

bool overlap(const Rect& a, const Rect& b) {
  return std::abs(a.x - b.x) < (a.w + b.w) / 2 && std::abs(a.y - b.y) < (a.h + b.h) / 2;
}

/// Tags on their arrows where nothing stands yet; along a shared trunk the same tag is written once.
std::string tags(const Circuit& c, const Layout& l, const std::vector<Arrow>& arrows) {
  std::vector<Rect> taken;
  for (std::size_t i = 0; i < l.glyphs.size(); ++i) {
    const Glyph& g = l.glyphs[i];
    taken.push_back(g.soma);
    for (const Rect& k : g.compartments) taken.push_back(k);
    const double w = svg::text_width(size_text(c.populations()[i]), 11.5);
    if (g.shape == Glyph::Shape::pyramidal) taken.push_back({g.soma.left() - 6 - w / 2, g.soma.y + 9, w, 28});
    if (g.shape == Glyph::Shape::round) taken.push_back({g.soma.x + 20, g.soma.top() - 12, 80, 14});
  }
  std::string out;
  std::set<std::string> written;
  for (const Arrow& a : arrows) {
    if (a.tag.empty() || a.tag_places.empty()) continue;
    const Point first = a.tag_places.front();
    if (!written
             .insert(fmt::format("{} {} {} {}", a.from.value, a.tag, num(first.y),
                                 first.x < l.glyphs[a.from.value].soma.x))
             .second)
      continue;
    const Rect size{0, 0, svg::text_width(a.tag, kTagFont) + 4, 13};
    Rect at{first.x, first.y, size.w, size.h};
    for (const Point& p : a.tag_places) {
      const Rect candidate{p.x, p.y, size.w, size.h};
      if (std::any_of(taken.begin(), taken.end(), [&](const Rect& r) { return overlap(candidate, r); }))
        continue;
      at = candidate;
      break;
    }
    taken.push_back(at);
    out += fmt::format("<text class=\"tag\" x=\"{}\" y=\"{}\" dy=\".35em\" text-anchor=\"middle\">{}</text>",
                       num(at.x), num(at.y), svg::escape(a.tag));
  }
  return out;
}

struct LegendItem {
  std::string sample;  ///< drawn around the left end of its middle line
  double width;        ///< of the sample
  std::string text;
};

std::string sample_line(const std::string& css, bool multiplies) {
  return fmt::format("<g class=\"edge {}\"><path d=\"M0,0H{}\"/>{}</g>", css, multiplies ? 22 : 25,
                     head({34, 0}, {1, 0}, multiplies));
}

std::vector<LegendItem> legend_of(const Layout& l, const std::vector<Arrow>& arrows,
                                  const std::vector<Symbol>& symbols) {
  std::vector<LegendItem> items;
  const auto any = [&](auto&& test) { return std::any_of(arrows.begin(), arrows.end(), test); };
  const auto tagged = [&](const char* text) {
    return any([&](const Arrow& a) { return a.tag.find(text) != std::string::npos; });
  };
  const auto line = [&](const std::string& css, bool multiplies, const std::string& text) {
    items.push_back({sample_line(css, multiplies), 34, text});
  };
  const auto tag = [&](const char* symbol, const char* text) {
    items.push_back({fmt::format("<text class=\"tag\" dy=\".35em\">{}</text>", symbol),
                     std::max(18.0, svg::text_width(symbol, kTagFont)), text});
  };
  for (Pathway p : {Pathway::forward, Pathway::feedback, Pathway::lateral, Pathway::teaching}) {
    if (any([&](const Arrow& a) { return a.pathway == p; }))
      line(std::string(name_of(p)), false, std::string(name_of(p)));
  }
  if (any([](const Arrow& a) { return a.plastic; })) line("neutral plastic", false, "plastic (thin: fixed)");
  if (any([](const Arrow& a) { return a.multiplies; })) line("neutral", true, "multiplies the compartment");
  if (tagged("Wᵀ")) tag("Wᵀ", "transpose of another projection");
  if (tagged("1:1")) tag("1:1", "one to one (otherwise dense)");
  if (tagged("p=")) tag("p", "probability of a synapse");
  if (tagged(" dt")) tag("+k dt", "delay of k steps");
  if (any([](const Arrow& a) { return a.tag == "φ′" || a.tag.starts_with("φ′ "); }))
    tag("φ′", "transmits the slope of the activation");
  if (tagged("φ′(y")) tag("φ′(y\u2212r)", "transmits the mismatch with the teacher y");
  if (tagged("ŭ")) tag("ŭ", "transmits the lookahead potential");
  if (any([](const Arrow& a) { return a.tag == "u" || a.tag.starts_with("u "); }))
    tag("u", "transmits the somatic potential");
  for (const Symbol& s : symbols) {
    if (tagged(s.symbol)) tag(s.symbol, s.meaning);
  }
  if (std::any_of(l.glyphs.begin(), l.glyphs.end(),
                  [](const Glyph& g) { return g.shape == Glyph::Shape::pyramidal; })) {
    items.push_back({"<path class=\"soma\" d=\"M9,-8L18,6Q9,10 0,6Z\"/>", 18, "on the forward pathway"});
  }
  if (std::any_of(l.glyphs.begin(), l.glyphs.end(),
                  [](const Glyph& g) { return g.shape == Glyph::Shape::round; })) {
    items.push_back({"<circle class=\"soma round\" cx=\"9\" cy=\"0\" r=\"7.5\"/>", 18,
                     "beside it (error neuron, interneuron)"});
  }
  return items;
}

/// Flows the items into rows; returns the height used.
double draw_legend(const std::vector<LegendItem>& items, double left, double right, double y,
                   std::string& out) {
  double x = left, row = y;
  for (const LegendItem& item : items) {
    const double width = item.width + 8 + svg::text_width(item.text, 11.5) + 20;
    if (x > left && x + width > right + 22) {
      x = left;
      row += 22;
    }
    out += fmt::format(
        "<g class=\"legend\" transform=\"translate({} {})\">{}<text x=\"{}\" dy=\".35em\">{}</text></g>",
        num(x), num(row), item.sample, num(item.width + 8), svg::escape(item.text));
    x += width;
  }
  return row - y + 18;
}

}  // namespace

std::string grouped(std::size_t n) {
  const std::string digits = std::to_string(n);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += "\u202F";
    out += digits[i];
  }
  return out;
}

DrawnCircuit draw(const Circuit& c) {
  DrawnCircuit d = draw_sketch(c, {}, {});
  d.caption = fmt::format("{} neurons, {} synapses of which {} are plastic; time step {:g}\u00A0ms.",
                          grouped(c.neuron_count()), grouped(c.synapse_count()),
                          grouped(c.plastic_synapse_count()), c.dt_ms);
  d.description = describe(c);
  return d;
}

DrawnCircuit draw_sketch(const Circuit& c, const std::vector<ArrowText>& texts,
                         const std::vector<Symbol>& symbols) {
  const Layout l = lay_out(c);
  const Routes routes = route(c, l, texts);
  const double right = std::max(l.right() + 4, 520.0);

  std::string body;
  for (const Column& column : l.columns) {
    if (column.area.empty()) continue;
    body += rounded({column.x, 0.5 * (l.top + l.bottom), 2 * column.half + 8, l.bottom - l.top}, 8, "area");
    body += fmt::format("<text class=\"area-name\" x=\"{}\" y=\"{}\">{}</text>",
                        num(column.x - column.half + 16), num(l.top + 16), svg::escape(column.area));
  }
  for (std::size_t i = 0; i < routes.arrows.size(); ++i) {
    const Arrow& a = routes.arrows[i];
    body += fmt::format(
        "<g class=\"{}\" data-s=\"{}\"><title>{}</title><path class=\"grip\" d=\"{}\"/><path "
        "d=\"{}\"/>{}</g>",
        pathway_class(a), i, svg::escape(a.title), a.path, a.path, head(a.end, a.heading, a.multiplies));
  }
  for (std::size_t i = 0; i < l.glyphs.size(); ++i) body += glyph(c.populations()[i], l.glyphs[i]);
  body += tags(c, l, routes.arrows);
  const double legend_top = routes.bottom + 34;
  const double height = draw_legend(legend_of(l, routes.arrows, symbols), 12, right - 8, legend_top, body);

  const double top = routes.top - 14, bottom = legend_top + height;
  DrawnCircuit d;
  d.name = c.name;
  d.svg = fmt::format(
      "<svg class=\"circuit\" viewBox=\"0 {} {} {}\" style=\"min-width:{}px;max-width:{}px\" role=\"img\" "
      "aria-label=\"Drawing of the circuit {}\" "
      "xmlns=\"http://www.w3.org/2000/svg\">{}</svg>",
      num(top), num(right + 4), num(bottom - top), num(std::round(0.75 * right)),
      num(std::round(1.15 * right)), svg::escape(c.name), body);
  return d;
}

}  // namespace apical
