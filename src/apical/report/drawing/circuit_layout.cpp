// SPDX-License-Identifier: Apache-2.0
#include "apical/report/drawing/circuit_layout.h"

#include <algorithm>
#include <map>

#include "apical/report/plot/svg.h"

namespace apical {
namespace {

constexpr double kPillHeight = 18, kPillFont = 10.5, kLabelFont = 11.5;
constexpr double kApicalRise = 66, kBasalDrop = 46, kGap = 34;

std::string area_of(const Population& p) {
  if (p.kind == Population::Kind::external) return "";
  if (!p.area.empty()) return p.area;
  const std::size_t dot = p.name.find('.');
  return dot == std::string::npos ? p.name : p.name.substr(0, dot);
}

bool external(const Population& p) { return p.kind == Population::Kind::external; }

/// On the forward pathway: it receives from, or gives to, another area or the outside by forward projections.
std::vector<bool> on_forward_pathway(const Circuit& c) {
  std::vector<bool> on(c.populations().size(), false);
  bool any = false;
  for (const Projection& j : c.projections()) {
    if (j.pathway != Pathway::forward || area_of(c[j.from]) == area_of(c[j.to])) continue;
    on[j.from.value] = on[j.to.value] = any = true;
  }
  return any ? on : std::vector<bool>(on.size(), true);
}

/// Longest forward path from the outside, so that skip connections do not disturb the order; loops stop
/// growing.
std::vector<std::string> ordered_areas(const Circuit& c) {
  std::vector<std::string> areas;
  for (const Population& p : c.populations()) {
    const std::string a = area_of(p);
    if (!a.empty() && std::find(areas.begin(), areas.end(), a) == areas.end()) areas.push_back(a);
  }
  std::map<std::string, std::size_t> depth;
  for (std::size_t round = 0; round < areas.size(); ++round) {
    for (const Projection& j : c.projections()) {
      const std::string from = area_of(c[j.from]), to = area_of(c[j.to]);
      if (j.pathway != Pathway::forward || from == to) continue;
      const std::size_t reached = from.empty() ? 1 : depth[from] + 1;
      depth[to] = std::min(std::max(depth[to], reached), areas.size());
    }
  }
  std::stable_sort(areas.begin(), areas.end(),
                   [&](const auto& a, const auto& b) { return depth[a] < depth[b]; });
  return areas;
}

/// Teachers stand at the right, stimuli at the left.
bool is_teacher(const Circuit& c, PopulationId id) {
  if (c.target() == id) return true;
  if (c.stimulus() == id) return false;
  bool teaches = false, feeds = false;
  for (const Projection& j : c.projections()) {
    if (j.from != id) continue;
    (j.pathway == Pathway::teaching || j.pathway == Pathway::feedback ? teaches : feeds) = true;
  }
  for (const Population& p : c.populations()) teaches = teaches || p.teacher == id;
  return teaches && !feeds;
}

double pill_width(const std::string& name) { return svg::text_width(name, kPillFont) + 14; }

/// Splits a neuron's compartments into those below and those above the soma.
std::vector<bool> compartments_below(const Circuit& c, PopulationId id) {
  const Population& p = c[id];
  std::vector<bool> below(p.compartments.size(), false);
  for (const Projection& j : c.projections()) {
    if (j.to == id && j.pathway == Pathway::forward) below[p.compartment_index(j.compartment)] = true;
  }
  return below;
}

void place_pyramidal(const Circuit& c, PopulationId id, Glyph& g, double x, double y) {
  const Population& p = c[id];
  const std::vector<bool> below = compartments_below(c, id);
  g.soma = {x, y, 28, 28};
  g.compartments.resize(p.compartments.size());
  for (const bool side : {true, false}) {
    std::vector<std::size_t> members;
    for (std::size_t k = 0; k < below.size(); ++k) {
      if (below[k] == side) members.push_back(k);
    }
    for (std::size_t m = 0; m < members.size(); ++m) {  // two to a row
      const std::size_t row = m / 2;
      const bool pair = members.size() > 2 * row + 1;
      Rect& pill = g.compartments[members[m]];
      pill.w = pill_width(p.compartments[members[m]].name);
      pill.h = kPillHeight;
      pill.x = pair ? x + (m % 2 == 0 ? -1 : 1) * (pill.w / 2 + 3) : x;
      const double away = static_cast<double>(row) * (kPillHeight + 6);
      pill.y = side ? y + kBasalDrop + away : y - kApicalRise - away;
    }
  }
}

void place_round(const Population& p, Glyph& g, double x, double y) {
  double widest = 0;
  for (const Compartment& k : p.compartments) widest = std::max(widest, pill_width(k.name));
  g.soma = {x - 36, y, 24, 24};
  g.compartments.clear();
  const double n = static_cast<double>(p.compartments.size());
  for (std::size_t k = 0; k < p.compartments.size(); ++k) {
    const double offset = (static_cast<double>(k) - 0.5 * (n - 1)) * (kPillHeight + 8);
    g.compartments.push_back({x + 30, y + offset, pill_width(p.compartments[k].name), kPillHeight});
  }
}

double lane_height(const Population& p, Glyph::Shape shape, const std::vector<bool>& below) {
  if (shape == Glyph::Shape::round) {
    return std::max(64.0, static_cast<double>(p.compartments.size()) * (kPillHeight + 8) + 34);
  }
  const auto down = static_cast<double>(std::count(below.begin(), below.end(), true));
  const auto up = static_cast<double>(below.size()) - down;
  return kApicalRise + kBasalDrop + 50 +
         (kPillHeight + 6) * (std::max(0.0, (up - 1) / 2) + std::max(0.0, (down - 1) / 2));
}

/// Boxes of one outer column side by side with what they reach, pushed apart where they would touch.
void place_externals(const Circuit& c, Layout& l, std::size_t column) {
  std::vector<std::pair<double, std::size_t>> wanted;
  for (std::size_t i = 0; i < l.glyphs.size(); ++i) {
    if (l.glyphs[i].column != column || l.glyphs[i].shape != Glyph::Shape::external) continue;
    double y = 0, n = 0;
    std::size_t nearest = l.columns.size();
    const auto consider = [&](const Glyph& to, double at) {
      const std::size_t distance = to.column > column ? to.column - column : column - to.column;
      if (distance > nearest) return;
      if (distance < nearest) y = n = 0;
      nearest = distance;
      y += at;
      ++n;
    };
    for (const Projection& j : c.projections()) {
      if (j.from.value != i) continue;
      const Glyph& to = l.glyphs[j.to.value];
      consider(to, to.compartments[c[j.to].compartment_index(j.compartment)].y);
    }
    for (std::size_t k = 0; k < l.glyphs.size(); ++k) {
      if (c.populations()[k].teacher == PopulationId{static_cast<std::uint32_t>(i)})
        consider(l.glyphs[k], l.glyphs[k].soma.y);
    }
    wanted.emplace_back(n > 0 ? y / n : 0.5 * (l.top + l.bottom), i);
  }
  std::stable_sort(wanted.begin(), wanted.end());
  double free = l.top;
  for (auto [y, i] : wanted) {
    Glyph& g = l.glyphs[i];
    g.soma.x = l.columns[column].x;
    g.soma.h = 40;
    g.soma.y = std::max(y, free + 20);
    free = g.soma.bottom() + 14;
  }
}

}  // namespace

std::string short_name(const Population& p) {
  const std::string prefix = p.area + ".";
  if (!p.area.empty() && p.name.rfind(prefix, 0) == 0) return p.name.substr(prefix.size());
  const std::size_t dot = p.name.find('.');
  return p.area.empty() && dot != std::string::npos ? p.name.substr(dot + 1) : p.name;
}

Layout lay_out(const Circuit& c) {
  const std::vector<std::string> areas = ordered_areas(c);
  const std::vector<bool> forward = on_forward_pathway(c);
  const std::size_t count = c.populations().size();
  const auto id = [](std::size_t i) { return PopulationId{static_cast<std::uint32_t>(i)}; };

  Layout l;
  l.glyphs.resize(count);
  bool any_left = false, any_right = false;
  std::vector<bool> teacher(count, false);
  for (std::size_t i = 0; i < count; ++i) {
    if (!external(c.populations()[i])) continue;
    teacher[i] = is_teacher(c, id(i));
    (teacher[i] ? any_right : any_left) = true;
  }
  if (any_left) l.columns.push_back({});
  for (const std::string& a : areas) l.columns.push_back({.area = a});
  if (any_right) l.columns.push_back({});

  // Lanes: in every column the forward pathway at the bottom, the others above it in their order of
  // appearance.
  std::vector<double> lane_heights;
  std::map<std::string, std::size_t> used;
  for (const bool principal : {true, false}) {
    for (std::size_t i = 0; i < count; ++i) {
      const Population& p = c.populations()[i];
      Glyph& g = l.glyphs[i];
      g.label = short_name(p);
      if (external(p)) {
        g.shape = Glyph::Shape::external;
        g.column = teacher[i] ? l.columns.size() - 1 : 0;
        g.soma.w = std::max(72.0, svg::text_width(g.label, kLabelFont) + 22);
        continue;
      }
      if (forward[i] != principal) continue;
      g.shape = principal ? Glyph::Shape::pyramidal : Glyph::Shape::round;
      const auto place =
          static_cast<std::size_t>(std::find(areas.begin(), areas.end(), area_of(p)) - areas.begin());
      g.column = place + (any_left ? 1 : 0);
      g.lane = used[area_of(p)]++;
      if (lane_heights.size() <= g.lane) lane_heights.resize(g.lane + 1, 0);
      const double height = lane_height(p, g.shape, compartments_below(c, id(i)));
      lane_heights[g.lane] = std::max(lane_heights[g.lane], height);
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    l.glyphs[i].top_lane =
        external(c.populations()[i]) || l.glyphs[i].lane + 1 == used[area_of(c.populations()[i])];
  }

  // Columns wide enough for the widest thing in them.
  for (std::size_t k = 0; k < l.columns.size(); ++k) l.columns[k].half = l.columns[k].area.empty() ? 36 : 74;
  for (std::size_t i = 0; i < count; ++i) {
    const Glyph& g = l.glyphs[i];
    double& half = l.columns[g.column].half;
    if (g.shape == Glyph::Shape::external) half = std::max(half, g.soma.w / 2);
    if (g.shape == Glyph::Shape::pyramidal) half = std::max(half, 28 + svg::text_width(g.label, kLabelFont));
    for (const Compartment& k : c.populations()[i].compartments)
      half = std::max(half, 42 + pill_width(k.name) / 2);
  }
  double x = 12;
  for (Column& column : l.columns) {
    column.x = x + column.half;
    x = column.x + column.half + kGap;
  }
  constexpr double kHeader = 26;
  double total = kHeader;
  for (double h : lane_heights) total += h;
  l.top = 0;
  l.bottom = total;
  for (std::size_t i = 0; i < count; ++i) {
    Glyph& g = l.glyphs[i];
    double floor = l.bottom;
    for (std::size_t k = 0; k < g.lane; ++k) floor -= lane_heights[k];
    const double cx = l.columns[g.column].x;
    if (g.shape == Glyph::Shape::pyramidal) place_pyramidal(c, id(i), g, cx, floor - kBasalDrop - 22);
    if (g.shape == Glyph::Shape::round)
      place_round(c.populations()[i], g, cx, floor - 0.5 * lane_heights[g.lane] + 8);
  }
  if (any_left) place_externals(c, l, 0);
  if (any_right) place_externals(c, l, l.columns.size() - 1);
  return l;
}

}  // namespace apical
