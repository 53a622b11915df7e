// SPDX-License-Identifier: Apache-2.0
#include "apical/report/drawing/circuit_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "apical/report/plot/svg.h"

namespace apical {
namespace {

using svg::point;

constexpr double kTrackGap = 11, kHead = 8, kGutterGap = 6;

enum class Way { direct, within, over, under };
enum class Side { left, right, above, below };

struct Plan {
  Way way = Way::direct;
  Side side = Side::left;
  double offset = 0;      ///< along the side of the target
  std::size_t trunk = 0;  ///< index of the shared track
  bool branch = false;    ///< only the last piece is drawn: another arrow of the same look draws the trunk
  double gutter = 0;      ///< x of the vertical beside the target, if it needs one
};

/// The horizontal that one population's skip connections share.
struct Trunk {
  PopulationId from;
  Quantity transmits;
  Way way;
  double low, high;  ///< columns spanned
  double y = 0;
  double start = 0;  ///< x of the vertical beside the source
};

Rect target_of(const Layout& l, const Arrow& a) {
  const Glyph& g = l.glyphs[a.to.value];
  return a.compartment ? g.compartments[*a.compartment] : g.soma;
}

std::string quantity_symbol(Quantity q) {
  switch (q) {
    case Quantity::rate:
      return "";
    case Quantity::soma:
      return "u";
    case Quantity::lookahead:
      return "ŭ";
    case Quantity::slope:
      return "φ′";
    case Quantity::mismatch:
      return "φ′(y\u2212r)";
  }
  return "";
}

std::string tag_of(const Projection& j) {
  std::string tag;
  const auto add = [&](const std::string& part) {
    tag += part.empty() ? "" : (tag.empty() ? "" : " ") + part;
  };
  add(quantity_symbol(j.transmits));
  if (j.view) add("Wᵀ");
  if (j.topology == Topology::one_to_one) add("1:1");
  if (j.density < 1) add(fmt::format("p={:.2g}", j.density));
  if (j.delay_steps > 0) add(fmt::format("+{} dt", j.delay_steps));
  return tag;
}

std::string title_of(const Circuit& c, const Projection& j) {
  std::string text =
      fmt::format("{}: {} of {} {} {} of {}; {}, {}", j.name, name_of(j.transmits), c[j.from].name,
                  j.effect == Effect::multiply ? "multiplies" : "adds to", j.compartment, c[j.to].name,
                  j.topology == Topology::dense ? "dense" : "one to one", name_of(j.pathway));
  if (j.view)
    text += fmt::format("; transpose of {}{}", c[j.view->of].name,
                        j.view->deviation ? " plus fixed deviation" : "");
  return text + (j.rule ? "; plastic" : "; fixed");
}

std::vector<Arrow> arrows_of(const Circuit& c) {
  std::vector<Arrow> arrows;
  for (const Projection& j : c.projections()) {
    Arrow a{.from = j.from,
            .to = j.to,
            .compartment = c[j.to].compartment_index(j.compartment),
            .pathway = j.pathway,
            .plastic = j.rule.has_value(),
            .multiplies = j.effect == Effect::multiply,
            .tag = tag_of(j),
            .title = title_of(c, j),
            .path = {},
            .end = {},
            .heading = {},
            .tag_places = {}};
    arrows.push_back(std::move(a));
  }
  for (std::size_t i = 0; i < c.populations().size(); ++i) {
    const Population& p = c.populations()[i];
    if (!p.teacher) continue;
    Arrow a{
        .from = *p.teacher,
        .to = {static_cast<std::uint32_t>(i)},
        .compartment = {},
        .pathway = Pathway::teaching,
        .plastic = false,
        .multiplies = false,
        .tag = "y",
        .title = fmt::format("{} is the teacher with which {} compares its rate", c[*p.teacher].name, p.name),
        .path = {},
        .end = {},
        .heading = {},
        .tag_places = {}};
    arrows.push_back(std::move(a));
  }
  return arrows;
}

Plan plan_of(const Layout& l, const Arrow& a) {
  const Glyph& from = l.glyphs[a.from.value];
  const Glyph& to = l.glyphs[a.to.value];
  const Rect target = target_of(l, a);
  const bool round = to.shape == Glyph::Shape::round;
  if (from.column == to.column) {
    // A dendrite with another below it is reached from its free end.
    const bool hidden =
        round && a.compartment && *a.compartment + 1 < to.compartments.size() && target.y < from.soma.y;
    if (a.from == a.to || hidden) return {.way = Way::within, .side = Side::right};
    return {.way = Way::within, .side = target.y < from.soma.y ? Side::below : Side::above};
  }
  const bool rightwards = from.column < to.column;
  if ((rightwards ? to.column - from.column : from.column - to.column) == 1) {
    if (!rightwards) return {.way = Way::direct, .side = Side::right};
    // The soma of a round cell stands left of its dendrite, so what comes from the left enters from below or
    // above.
    return {.way = Way::direct,
            .side = !round                   ? Side::left
                    : from.soma.y > target.y ? Side::below
                                             : Side::above};
  }
  if (rightwards && from.lane == 0) {
    const bool open = to.lane == 0 && target.y > to.soma.y;
    return {.way = Way::under, .side = open ? Side::below : Side::left};
  }
  const bool open = to.top_lane && (round || target.y < to.soma.y);
  return {.way = Way::over, .side = open ? Side::above : Side::right};
}

/// Arrivals at one side of one target stand apart, ordered so that they do not cross on their way in.
void assign_offsets(const Layout& l, const std::vector<Arrow>& arrows, std::vector<Plan>& plans) {
  std::map<std::tuple<std::uint32_t, std::size_t, Side>, std::vector<std::size_t>> at;
  for (std::size_t i = 0; i < arrows.size(); ++i) {
    const Arrow& a = arrows[i];
    at[{a.to.value, a.compartment.value_or(arrows.size()), plans[i].side}].push_back(i);
  }
  for (auto& [key, members] : at) {
    const Side side = std::get<2>(key);
    const bool vertical = side == Side::left || side == Side::right;
    const auto rank = [&](std::size_t i) {
      const Glyph& from = l.glyphs[arrows[i].from.value];
      return vertical ? from.soma.y : -static_cast<double>(from.column);
    };
    std::stable_sort(members.begin(), members.end(),
                     [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
    const Rect target = target_of(l, arrows[members.front()]);
    const double n = static_cast<double>(members.size());
    const double room = vertical ? target.h - 4 : target.w - 8;
    const double gap = n > 1 ? std::min(vertical ? 10.0 : 9.0, room / (n - 1)) : 0;
    for (std::size_t k = 0; k < members.size(); ++k)
      plans[members[k]].offset = (static_cast<double>(k) - 0.5 * (n - 1)) * gap;
  }
}

/// Tracks by the left-edge method: short spans inside, none overlapping in one track.
void assign_tracks(std::vector<Trunk>& trunks, Way way, double edge, double direction) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < trunks.size(); ++i) {
    if (trunks[i].way == way) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return trunks[a].high - trunks[a].low < trunks[b].high - trunks[b].low;
  });
  std::vector<std::vector<std::size_t>> tracks;
  for (std::size_t i : order) {
    std::size_t t = 0;
    const auto clashes = [&](std::size_t other) {
      return trunks[i].low < trunks[other].high && trunks[other].low < trunks[i].high;
    };
    while (t < tracks.size() && std::any_of(tracks[t].begin(), tracks[t].end(), clashes)) ++t;
    if (t == tracks.size()) tracks.emplace_back();
    tracks[t].push_back(i);
    trunks[i].y = edge + direction * (16 + kTrackGap * static_cast<double>(t));
  }
}

std::vector<Trunk> trunks_of(const Circuit& c, const Layout& l, const std::vector<Arrow>& arrows,
                             std::vector<Plan>& plans) {
  std::vector<Trunk> trunks;
  for (std::size_t i = 0; i < arrows.size(); ++i) {
    Plan& p = plans[i];
    if (p.way != Way::over && p.way != Way::under) continue;
    const Arrow& a = arrows[i];
    const Quantity q = i < c.projections().size() ? c.projections()[i].transmits : Quantity::rate;
    const auto from = static_cast<double>(l.glyphs[a.from.value].column),
               to = static_cast<double>(l.glyphs[a.to.value].column);
    std::size_t t = 0;
    while (t < trunks.size() &&
           !(trunks[t].from == a.from && trunks[t].transmits == q && trunks[t].way == p.way))
      ++t;
    if (t == trunks.size()) trunks.push_back({a.from, q, p.way, from, from});
    trunks[t].low = std::min(trunks[t].low, to);
    trunks[t].high = std::max(trunks[t].high, to);
    p.trunk = t;
  }
  assign_tracks(trunks, Way::under, l.bottom, 1);
  assign_tracks(trunks, Way::over, l.top, -1);
  return trunks;
}

/// Of the arrows that share a trunk and a look, the one that reaches farthest draws the trunk: lines drawn on
/// top of each other would look plastic.
void mark_branches(const Layout& l, const std::vector<Arrow>& arrows, std::vector<Plan>& plans) {
  const auto reach = [&](std::size_t i) {
    const std::size_t from = l.glyphs[arrows[i].from.value].column, to = l.glyphs[arrows[i].to.value].column;
    return std::pair{from < to ? to - from : from - to, arrows.size() - i};
  };
  const auto in_track = [&](std::size_t i) {
    return plans[i].way == Way::over || plans[i].way == Way::under;
  };
  for (std::size_t i = 0; i < arrows.size(); ++i) {
    for (std::size_t k = 0; in_track(i) && k < arrows.size(); ++k) {
      const bool same = in_track(k) && plans[k].trunk == plans[i].trunk &&
                        arrows[k].pathway == arrows[i].pathway && arrows[k].plastic == arrows[i].plastic;
      const bool same_direction =
          (l.glyphs[arrows[k].to.value].column > l.glyphs[arrows[k].from.value].column) ==
          (l.glyphs[arrows[i].to.value].column > l.glyphs[arrows[i].from.value].column);
      if (same && same_direction && reach(k) > reach(i)) plans[i].branch = true;
    }
  }
}

/// Verticals beside sources and targets, inside the panel's edges: one x each.
void assign_gutters(const Layout& l, const std::vector<Arrow>& arrows, std::vector<Plan>& plans,
                    std::vector<Trunk>& trunks) {
  std::map<std::size_t, std::size_t> left, right;
  const auto at_left = [&](std::size_t column) {
    return l.columns[column].x - l.columns[column].half + 5 +
           kGutterGap * static_cast<double>(left[column]++);
  };
  const auto at_right = [&](std::size_t column) {
    return l.columns[column].x + l.columns[column].half - 5 -
           kGutterGap * static_cast<double>(right[column]++);
  };
  for (Trunk& t : trunks) {
    const Glyph& from = l.glyphs[t.from.value];
    const bool external = from.shape == Glyph::Shape::external;
    const bool leftwards = t.low < static_cast<double>(from.column);
    t.start = external                          ? from.soma.x
              : t.way == Way::over && leftwards ? at_left(from.column)
                                                : at_right(from.column);
  }
  for (std::size_t i = 0; i < arrows.size(); ++i) {
    Plan& p = plans[i];
    const std::size_t column = l.glyphs[arrows[i].to.value].column;
    if (p.way == Way::over && p.side == Side::right) p.gutter = at_right(column);
    if (p.way == Way::under && p.side == Side::left) p.gutter = at_left(column);
  }
}

Point arrival(const Rect& r, const Plan& p) {
  switch (p.side) {
    case Side::left:
      return {r.left() - 1, r.y + p.offset};
    case Side::right:
      return {r.right() + 1, r.y + p.offset};
    case Side::above:
      return {r.x + p.offset, r.top() - 1};
    case Side::below:
      return {r.x + p.offset, r.bottom() + 1};
  }
  return {};
}

Point heading_into(Side side) {
  switch (side) {
    case Side::left:
      return {1, 0};
    case Side::right:
      return {-1, 0};
    case Side::above:
      return {0, 1};
    case Side::below:
      return {0, -1};
  }
  return {};
}

void set_curve(Arrow& a, Point start, Point c1, Point c2) {
  const Point stop{a.end.x - kHead * a.heading.x, a.end.y - kHead * a.heading.y};
  a.path = fmt::format("M{}C{} {} {}", point(start.x, start.y), point(c1.x, c1.y), point(c2.x, c2.y),
                       point(stop.x, stop.y));
  for (double t : {.5, .4, .6, .3, .7, .22, .8}) {
    const double s = 1 - t;
    a.tag_places.push_back(
        {s * s * s * start.x + 3 * s * s * t * c1.x + 3 * s * t * t * c2.x + t * t * t * stop.x,
         s * s * s * start.y + 3 * s * s * t * c1.y + 3 * s * t * t * c2.y + t * t * t * stop.y});
  }
}

/// Straight pieces with rounded corners.
void set_corners(Arrow& a, std::vector<Point> points) {
  points.push_back({a.end.x - kHead * a.heading.x, a.end.y - kHead * a.heading.y});
  std::string d = "M" + point(points[0].x, points[0].y);
  for (std::size_t i = 1; i + 1 < points.size(); ++i) {
    const Point before = points[i - 1], here = points[i], after = points[i + 1];
    const double in = std::hypot(here.x - before.x, here.y - before.y),
                 out = std::hypot(after.x - here.x, after.y - here.y);
    const double r = std::min({8.0, in / 2, out / 2});
    if (r < 0.1) continue;
    d += fmt::format("L{}Q{} {}",
                     point(here.x - r * (here.x - before.x) / in, here.y - r * (here.y - before.y) / in),
                     point(here.x, here.y),
                     point(here.x + r * (after.x - here.x) / out, here.y + r * (after.y - here.y) / out));
  }
  a.path = d + "L" + point(points.back().x, points.back().y);
}

Point exit_of(const Glyph& g, bool rightwards) {
  const Rect& s = g.soma;
  switch (g.shape) {
    case Glyph::Shape::external:
      return {rightwards ? s.right() : s.left(), s.y};
    case Glyph::Shape::pyramidal:
      return rightwards ? Point{s.x + 12, s.y + 9} : Point{s.x - 7, s.y - 4};
    case Glyph::Shape::round:
      return rightwards ? Point{s.x + 6, s.bottom() - 1} : Point{s.left(), s.y};
  }
  return {};
}

void draw_direct(const Layout& l, Arrow& a, const Plan& p) {
  const Glyph& from = l.glyphs[a.from.value];
  const bool rightwards = from.column < l.glyphs[a.to.value].column;
  const Point start = exit_of(from, rightwards);
  const double dx = 0.5 * (a.end.x - start.x);
  const double lift =
      !rightwards && from.shape == Glyph::Shape::pyramidal ? 18 : 0;  // clear of the population's label
  const Point c2 = p.side == Side::left || p.side == Side::right ? Point{a.end.x - dx, a.end.y}
                                                                 : Point{a.end.x, a.end.y - a.heading.y * 60};
  set_curve(a, start, {start.x + dx, start.y - lift}, c2);
}

void draw_within(const Layout& l, Arrow& a, const Plan& p) {
  const Glyph& from = l.glyphs[a.from.value];
  const Rect& s = from.soma;
  if (a.from == a.to &&
      from.shape == Glyph::Shape::round) {  // below the cell, to the free end of its dendrite
    set_curve(a, {s.x + 7, s.bottom() - 2}, {s.x + 14, s.bottom() + 30}, {a.end.x + 40, a.end.y + 34});
    return;
  }
  if (a.from == a.to) {  // a loop to the right
    const Point start = exit_of(from, true);
    set_curve(a, start, {start.x + 50, start.y}, {a.end.x + 34, a.end.y});
    return;
  }
  if (p.side == Side::right) {
    set_curve(a, {s.x + 9, s.y + 2}, {s.x + 86, s.y + 2}, {a.end.x + 34, a.end.y});
    return;
  }
  const bool up = p.side == Side::below;
  if (up && from.shape == Glyph::Shape::pyramidal) {  // beside the apical dendrite
    set_curve(a, {s.x + 9, s.y + 2}, {s.x + 76, s.y + 2}, {a.end.x + 4, a.end.y + 60});
    return;
  }
  const Point start{s.x, up ? s.top() : s.bottom()};
  const double half = 0.5 * (a.end.y - start.y);
  set_curve(a, start, {start.x, start.y + half}, {a.end.x, a.end.y - half});
}

void draw_in_track(const Layout& l, Arrow& a, const Plan& p, const Trunk& t) {
  const Glyph& from = l.glyphs[a.from.value];
  const bool rightwards = from.column < l.glyphs[a.to.value].column;
  std::vector<Point> points;
  if (from.shape == Glyph::Shape::external) {
    points.push_back({t.start, t.way == Way::under ? from.soma.bottom() : from.soma.top()});
  } else {
    const Point start = exit_of(from, rightwards);
    const double apart =
        from.shape == Glyph::Shape::round && !rightwards ? 9 : 0;  // from the arrow to the neighbouring area
    points.push_back({start.x + apart / 3, start.y - apart});
    points.push_back({t.start, start.y - apart});
  }
  points.push_back({t.start, t.y});
  const bool gutter = p.side == Side::left || p.side == Side::right;
  const double x = gutter ? p.gutter : a.end.x;
  if (p.branch) points = {{x + (rightwards ? -8.0 : 8.0), t.y}};
  points.push_back({x, t.y});
  if (gutter) points.push_back({x, a.end.y});
  for (double share : {.12, .2, .3, .45, .6}) a.tag_places.push_back({t.start + share * (x - t.start), t.y});
  set_corners(a, std::move(points));
}

}  // namespace

Routes route(const Circuit& c, const Layout& l, const std::vector<ArrowText>& texts) {
  Routes routes{.arrows = arrows_of(c), .top = l.top, .bottom = l.bottom};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    routes.arrows[i].tag = texts[i].tag;
    routes.arrows[i].title = texts[i].title;
  }
  std::vector<Plan> plans;
  for (const Arrow& a : routes.arrows) plans.push_back(plan_of(l, a));
  assign_offsets(l, routes.arrows, plans);
  std::vector<Trunk> trunks = trunks_of(c, l, routes.arrows, plans);
  mark_branches(l, routes.arrows, plans);
  assign_gutters(l, routes.arrows, plans, trunks);
  for (const Trunk& t : trunks) {
    routes.top = std::min(routes.top, t.y);
    routes.bottom = std::max(routes.bottom, t.y);
  }
  for (std::size_t i = 0; i < routes.arrows.size(); ++i) {
    Arrow& a = routes.arrows[i];
    a.end = arrival(target_of(l, a), plans[i]);
    a.heading = heading_into(plans[i].side);
    if (plans[i].way == Way::direct) draw_direct(l, a, plans[i]);
    if (plans[i].way == Way::within) draw_within(l, a, plans[i]);
    if (plans[i].way == Way::over || plans[i].way == Way::under)
      draw_in_track(l, a, plans[i], trunks[plans[i].trunk]);
  }
  return routes;
}

}  // namespace apical
