// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "apical/report/plot/axis.h"
#include "apical/report/plot/look.h"
#include "apical/report/plot/svg.h"

namespace apical {
namespace {

using svg::num;
using svg::point;

constexpr double kWidth = 540, kLargeWidth = 900, kFont = 12, kLabelLine = 13.5;
constexpr std::size_t kPointsOfAPath = 160;  // a curve of 1000 epochs is thinned to its extremes
constexpr std::size_t kLabelChars = 20, kLabelLines = 3;
constexpr double kLeastData = 0.6;  // of the width of a figure for an article belongs to data
constexpr double kTitleLine = 14;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();
  void add(double v) {
    if (!std::isfinite(v)) return;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  bool empty() const { return !(low <= high); }
};

struct Frame {
  double left, top, right, bottom;
  Axis x, y;
  double factor = 1;  ///< 100 for percentages
  double px(double v) const { return left + x.at(v) * (right - left); }
  double py(double v) const {
    return std::clamp(bottom - y.at(v * factor) * (bottom - top), top - 2, bottom + 2);
  }
  bool shows(double v) const { return std::isfinite(v) && std::isfinite(y.at(v * factor)); }
};

struct Pixel {
  double x, y;
};

/// First, last and, in each bucket between, the lowest and the highest point.
std::vector<Pixel> thinned_points(const std::vector<Pixel>& points, std::size_t most = kPointsOfAPath) {
  if (points.size() <= most) return points;
  const std::size_t buckets = most / 2 - 1;
  std::vector<Pixel> out{points.front()};
  for (std::size_t b = 0; b < buckets; ++b) {
    const std::size_t from = 1 + b * (points.size() - 2) / buckets,
                      to = 1 + (b + 1) * (points.size() - 2) / buckets;
    const auto [low, high] = std::minmax_element(points.begin() + static_cast<std::ptrdiff_t>(from),
                                                 points.begin() + static_cast<std::ptrdiff_t>(to),
                                                 [](const Pixel& a, const Pixel& c) { return a.y < c.y; });
    out.push_back(std::min(low, high) == low ? *low : *high);
    if (low != high) out.push_back(std::min(low, high) == low ? *high : *low);
  }
  out.push_back(points.back());
  return out;
}

/// Of each curve, so that a figure of hundreds stays as large as one of a few.
std::size_t points_of_a_path(const LinePlot& plot) {
  constexpr std::size_t kFewest = 12, kOfAFigure = 4000;
  return plot.shows_seeds() ? kPointsOfAPath : std::max(kFewest, kOfAFigure / plot.series.size());
}

std::string polyline(const std::vector<Pixel>& points, std::size_t most = kPointsOfAPath) {
  std::string d;
  for (const Pixel& p : thinned_points(points, most)) d += (d.empty() ? "M" : " ") + point(p.x, p.y);
  if (points.size() == 1) d += "h.1";  // a lone value shows as a dot through its round cap
  return d;
}

/// Eight shapes of equal visual weight around (x, y).
std::string marker(std::size_t style, double x, double y, double r = 3.2) {
  const auto polygon = [&](std::initializer_list<std::pair<double, double>> corners) {
    std::string d;
    for (auto [dx, dy] : corners) d += (d.empty() ? "M" : "L") + point(x + dx * r, y + dy * r);
    return fmt::format("<path class=\"mk\" d=\"{}Z\"/>", d);
  };
  switch (marker_of(style)) {
    case 0:
      return fmt::format("<circle class=\"mk\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>", num(x), num(y), num(r));
    case 1:
      return polygon({{-.9, -.9}, {.9, -.9}, {.9, .9}, {-.9, .9}});
    case 2:
      return polygon({{0, -1.2}, {1.1, .8}, {-1.1, .8}});
    case 3:
      return polygon({{0, -1.3}, {1.3, 0}, {0, 1.3}, {-1.3, 0}});
    case 4:
      return polygon({{0, 1.2}, {1.1, -.8}, {-1.1, -.8}});
    case 5:
      return fmt::format("<circle class=\"mk open\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>", num(x), num(y), num(r));
    case 6:
      return polygon({{-.35, -1.2},
                      {.35, -1.2},
                      {.35, -.35},
                      {1.2, -.35},
                      {1.2, .35},
                      {.35, .35},
                      {.35, 1.2},
                      {-.35, 1.2},
                      {-.35, .35},
                      {-1.2, .35},
                      {-1.2, -.35},
                      {-.35, -.35}});
    default:
      return polygon({{-.6, -1.2}, {.6, -1.2}, {1.2, 0}, {.6, 1.2}, {-.6, 1.2}, {-1.2, 0}});
  }
}

std::string series_class(std::size_t style, bool principal, std::optional<double> shade = {}) {
  if (principal) return "principal";
  return colour_name(style, false, shade) + " " + dash_name(style);
}

/// Where labels of ticks would touch, the later of two loses its own; the last one keeps it.
template <class At>
std::vector<Tick> with_room(std::vector<Tick> ticks, At&& at) {
  const auto left = [&](const Tick& t) { return at(t.value) - 0.5 * svg::text_width(t.label, kFont); };
  const auto right = [&](const Tick& t) { return at(t.value) + 0.5 * svg::text_width(t.label, kFont); };
  std::sort(ticks.begin(), ticks.end(), [](const Tick& a, const Tick& b) { return a.value < b.value; });
  constexpr double kApart = 5;
  double taken = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    const bool before_last = i + 1 < ticks.size() && right(ticks[i]) + kApart > left(ticks.back());
    if (left(ticks[i]) < taken + kApart || before_last)
      ticks[i].label.clear();
    else
      taken = right(ticks[i]);
  }
  return ticks;
}

/// As many characters as surely fit.
std::size_t chars_in(double width) {
  return static_cast<std::size_t>(std::max(8.0, width / svg::text_width("x", kFont)));
}

/// The same of a text around `middle` in a figure.
std::size_t chars_around(double middle, double width) {
  return chars_in(2 * std::min(middle, width - middle) - 8);
}

/// Titles that are longer than there is room for take a second line.
struct AxisTitles {
  std::vector<std::string> x, y;
};

std::string axes(const Frame& f, const AxisTitles& titles) {
  std::string out = "<g class=\"axes\">";
  for (const Tick& t : f.y.ticks) {
    const double y = f.bottom - f.y.at(t.value) * (f.bottom - f.top);
    out += fmt::format(
        "<path class=\"grid\" d=\"M{}H{}\"/><text x=\"{}\" y=\"{}\" dy=\".35em\" "
        "text-anchor=\"end\">{}</text>",
        point(f.left, y), num(f.right), num(f.left - 7), num(y), t.label);
  }
  for (const Tick& t : with_room(f.x.ticks, [&](double v) { return f.px(v); })) {
    const double x = f.px(t.value);
    out += fmt::format(
        "<path class=\"tick\" d=\"M{}v4\"/><text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        point(x, f.bottom), num(x), num(f.bottom + 17), t.label);
  }
  out += fmt::format("<path class=\"axis\" d=\"M{}V{}H{}\"/>", point(f.left, f.top), num(f.bottom),
                     num(f.right));
  for (std::size_t i = 0; i < titles.x.size(); ++i)
    out += fmt::format("<text class=\"title\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                       num(0.5 * (f.left + f.right)),
                       num(f.bottom + 36 + kTitleLine * static_cast<double>(i)), svg::escape(titles.x[i]));
  for (std::size_t i = 0; i < titles.y.size(); ++i)
    out += fmt::format(
        "<text class=\"title\" transform=\"translate({} {}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
        num(13 + kTitleLine * static_cast<double>(i)), num(0.5 * (f.top + f.bottom)),
        svg::escape(titles.y[i]));
  return out + "</g>";
}

std::vector<std::vector<Pixel>> pieces_of(const Frame& f, const SeedCurve& s) {
  std::vector<std::vector<Pixel>> pieces;
  bool open = false;
  for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
    if (!f.shows(s.y[i])) {
      open = false;
      continue;
    }
    if (!open) pieces.emplace_back();
    open = true;
    pieces.back().push_back({f.px(s.x[i]), f.py(s.y[i])});
  }
  return pieces;
}

std::string seed_lines(const Frame& f, const PlotSeries& series, bool drawn) {
  std::string out;
  for (const SeedCurve& s : series.seeds) {
    const auto pieces = pieces_of(f, s);
    std::string d, lost;
    for (const auto& piece : pieces) d += drawn ? polyline(piece) : "";
    if (!pieces.empty() && !s.y.empty() && !f.shows(s.y.back())) {
      const Pixel end = pieces.back().back();
      lost = fmt::format("<path class=\"lost\" d=\"M{}l8,8m0,-8l-8,8\"/>", point(end.x - 4, end.y - 4));
    }
    if (d.empty() && lost.empty() && !drawn) continue;
    out += fmt::format("<g class=\"seed\"><title>{}, seed {}</title>{}{}</g>", svg::escape(series.label),
                       s.seed, d.empty() ? "" : fmt::format("<path d=\"{}\"/>", d), lost);
  }
  return out;
}

/// Where a band goes on beyond the frame, so that no interval seems to end there: arrows at its edge.
std::string cut_marks(const Frame& f, const std::vector<MeanPoint>& piece) {
  constexpr double kApart = 24;
  std::string d;
  for (const int way : {-1, 1}) {
    double marked = -std::numeric_limits<double>::infinity();
    for (const MeanPoint& p : piece) {
      if (p.interval.n < kFewestOfABand) continue;
      const double end = f.y.at((way < 0 ? p.interval.high : p.interval.low) * f.factor);
      const bool beyond =
          way < 0 ? end > 1 : !(end >= 0);  // of 0 on a logarithmic axis there is no place at all
      constexpr double kRounding = 1e-9;
      if (!beyond || std::abs(end - (way < 0 ? 1 : 0)) < kRounding || f.px(p.x) < marked + kApart) continue;
      marked = f.px(p.x);
      d += fmt::format("M{}l4,{}l4,{}", point(marked - 4, (way < 0 ? f.top : f.bottom) - 4 * way - way),
                       4 * way, -4 * way);
    }
  }
  return d.empty()
             ? d
             : fmt::format("<path class=\"cut\" d=\"{}\"><title>the interval goes on</title></path>", d);
}

std::string mean_line(const Frame& f, const LinePlot& plot, std::size_t place, const ValueRange& possible) {
  const PlotSeries& series = plot.series[place];
  const std::size_t count = plot.series.size(), most = points_of_a_path(plot);
  std::string band, line, markers, cut;
  for (const auto& piece : mean_over_seeds(series.seeds, possible, series.mean_of)) {
    std::vector<Pixel> mean, low, high;
    for (const MeanPoint& p : piece) {
      mean.push_back({f.px(p.x), f.py(p.interval.mean)});
      if (p.interval.n < kFewestOfABand || !plot.shows_seeds()) continue;
      // Of zero, and what is below, a logarithmic axis has no place: the band goes down to its edge.
      low.push_back({f.px(p.x), f.shows(p.interval.low) ? f.py(p.interval.low) : f.bottom});
      high.push_back({f.px(p.x), f.py(p.interval.high)});
    }
    if (!low.empty()) {
      low = thinned_points(low);
      std::reverse(low.begin(), low.end());
      std::string back;
      for (const Pixel& p : low) back += " " + point(p.x, p.y);
      band += polyline(high) + back + "Z";
    }
    if (plot.shows_seeds()) cut += cut_marks(f, piece);
    line += polyline(mean, most);
    // Markers stand at different places for different series, so that curves on top of each other stay apart.
    const std::size_t stride = std::max<std::size_t>(1, mean.size() / (plot.shows_seeds() ? 6 : 2));
    for (std::size_t i = stride * (place + 1) / (count + 1); i < mean.size(); i += stride) {
      markers += marker(series.style, mean[i].x, mean[i].y);
    }
  }
  std::string out;
  if (!band.empty()) out += fmt::format("<path class=\"band\" d=\"{}\"/>", band);
  if (!line.empty()) out += fmt::format("<path class=\"mean\" d=\"{}\"/>", line);
  return out + markers + cut;
}

struct EndLabel {
  std::size_t series;
  Pixel from;
  std::vector<std::string> text;
  double y = 0;
  double height() const { return kLabelLine * static_cast<double>(text.size()) + 3; }
};

/// Where a label belongs: the end of the mean, or of the longest seed if there is no mean.
std::optional<Pixel> end_of(const Frame& f, const PlotSeries& series) {
  const auto mean = mean_over_seeds(series.seeds, {}, series.mean_of);
  if (!mean.empty()) return Pixel{f.px(mean.back().back().x), f.py(mean.back().back().interval.mean)};
  std::optional<Pixel> end;
  for (const SeedCurve& s : series.seeds) {
    const auto pieces = pieces_of(f, s);
    if (!pieces.empty() && (!end || pieces.back().back().x > end->x)) end = pieces.back().back();
  }
  return end;
}

/// Of more lines than there is room for names every so many is named, and the last.
bool is_named(std::size_t i, std::size_t lines) {
  constexpr std::size_t kMost = 24;
  return i % (lines / (kMost + 1) + 1) == 0 || i + 1 == lines;
}

/// Pushes labels apart, keeping their order and staying between `top` and `bottom`.
void spread(std::vector<EndLabel>& labels, double top, double bottom) {
  std::stable_sort(labels.begin(), labels.end(),
                   [](const EndLabel& a, const EndLabel& b) { return a.from.y < b.from.y; });
  double free = top;
  for (EndLabel& l : labels) {
    l.y = std::max(l.from.y, free + 0.5 * l.height());
    free = l.y + 0.5 * l.height();
  }
  double limit = bottom;
  for (auto l = labels.rbegin(); l != labels.rend(); ++l) {
    l->y = std::min(l->y, limit - 0.5 * l->height());
    limit = l->y - 0.5 * l->height();
  }
}

std::string end_labels(const Frame& f, const LinePlot& plot, std::vector<EndLabel> labels) {
  spread(labels, f.top - 8, f.bottom + 8);
  std::string out;
  for (const EndLabel& l : labels) {
    const PlotSeries& s = plot.series[l.series];
    const double x = f.right + 14;
    out += fmt::format("<g class=\"label {}\" data-s=\"{}\"><path class=\"leader\" d=\"M{}L{}\"/>{}{}</g>",
                       series_class(s.style, s.principal, s.shade), l.series, point(l.from.x + 3, l.from.y),
                       point(x - 1, l.y), marker(s.style, x + 4, l.y, 3.6),
                       svg::lines(l.text, x + 12, l.y, kLabelLine, s.principal ? "class=\"strong\"" : ""));
  }
  return out;
}

std::vector<std::string> names_of(const LinePlot& plot) {
  std::vector<std::string> out;
  for (const PlotSeries& s : plot.series) out.push_back(s.label);
  return out;
}

std::vector<std::string> names_of(const DotPlot& plot) {
  std::vector<std::string> out;
  for (const DotRow& r : plot.rows) out.push_back(r.label);
  return out;
}

/// Keys below the axes, side by side as far as there is room; `height` is what they take.
struct KeysBelow {
  std::string svg;
  double height = 0;
};

KeysBelow keys_below(const LinePlot& plot, const std::vector<EndLabel>& labels, double left, double right,
                     double top) {
  constexpr double kLine = 16, kSample = 24, kText = kSample + 6, kBetween = 14;
  const std::size_t most = chars_in(right - left - kText);
  const std::vector<std::vector<std::string>> texts = svg::wrap_apart(names_of(plot), most, 2);
  const auto text_of = [&](const EndLabel& l) { return texts[l.series]; };
  const auto width_of = [&](const EndLabel& l) {
    double widest = 0;
    for (const std::string& line : text_of(l)) widest = std::max(widest, svg::text_width(line, kFont));
    return kText + (plot.series[l.series].principal ? 1.12 : 1) * widest;
  };
  double widest = 0;
  for (const EndLabel& l : labels) widest = std::max(widest, width_of(l));
  const double columns = std::floor((right - left + kBetween) / (widest + kBetween));
  KeysBelow out;
  double x = left, y = top;
  for (const EndLabel& l : labels) {
    const PlotSeries& s = plot.series[l.series];
    const std::vector<std::string> text = text_of(l);
    // In columns where there are several; else one after the other, as words are.
    const double wide = columns >= 2 ? (right - left + kBetween) / columns - kBetween : width_of(l);
    if (x > left && (x + wide > right + 0.5 || text.size() > 1)) {
      x = left;
      y += kLine;
    }
    const double middle = y + 0.5 * kLine, lines = static_cast<double>(text.size() - 1) * kLabelLine;
    out.svg += fmt::format(
        "<g class=\"label series {}\" data-s=\"{}\"><path class=\"mean\" d=\"M{}h{}\"/>{}{}</g>",
        series_class(s.style, s.principal, s.shade), l.series, point(x, middle), num(kSample),
        marker(s.style, x + 0.5 * kSample, middle),
        svg::lines(text, x + kText, middle + 0.5 * lines, kLabelLine, s.principal ? "class=\"strong\"" : ""));
    y += lines;
    x = lines > 0 ? right : x + wide + kBetween;
  }
  out.height = labels.empty() ? 0 : y + kLine - top;
  return out;
}

std::string opening(const char* css, double width, double height, const std::string& description) {
  return fmt::format(
      "<svg class=\"{}\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" "
      "xmlns=\"http://www.w3.org/2000/svg\">",
      css, num(width), num(height), svg::escape(description));
}

bool shows_reference(const LinePlot& plot) {
  return plot.reference && !(plot.drawn_log() && plot.reference->y <= 0);
}

double left_margin(const Axis& axis) {
  double widest = 0;
  for (const Tick& t : axis.ticks) widest = std::max(widest, svg::text_width(t.label, kFont));
  return widest + 36;
}

/// Of epochs, and whatever else is counted, there are no halves.
void keep_whole(const LinePlot& plot, Axis& axis) {
  const auto whole = [](double v) { return std::abs(v - std::round(v)) < 1e-9; };
  for (const PlotSeries& s : plot.series) {
    for (const SeedCurve& c : s.seeds) {
      if (!std::all_of(c.x.begin(), c.x.end(), whole)) return;
    }
  }
  const auto kept =
      std::count_if(axis.ticks.begin(), axis.ticks.end(), [&](const Tick& t) { return whole(t.value); });
  if (kept < 2 || static_cast<std::size_t>(kept) == axis.ticks.size()) return;
  std::erase_if(axis.ticks, [&](const Tick& t) { return !whole(t.value); });
  for (Tick& t : axis.ticks) t.label = fmt::format("{}", std::lround(t.value));
}

}  // namespace

bool LinePlot::drawn_log() const {
  if (!log_y) return false;
  for (const PlotSeries& s : series) {
    for (const SeedCurve& c : s.seeds) {
      for (double v : c.y) {
        if (std::isfinite(v) && v <= 0) return false;
      }
    }
  }
  return true;
}

bool LinePlot::has_values() const {
  for (const PlotSeries& s : series) {
    for (const SeedCurve& c : s.seeds) {
      for (double v : c.y) {
        if (std::isfinite(v)) return true;
      }
    }
  }
  return false;
}

std::vector<std::string> LinePlot::diverged() const {
  std::vector<std::string> out;
  for (const PlotSeries& s : series) {
    for (const SeedCurve& c : s.seeds) {
      if (std::any_of(c.y.begin(), c.y.end(), [](double v) { return !std::isfinite(v); })) {
        out.push_back(fmt::format("{}, seed {}", s.label, c.seed));
      }
    }
  }
  return out;
}

SeedCurve thinned(const SeedCurve& curve, std::size_t points) {
  SeedCurve out{curve.seed, {}, {}};
  std::vector<Pixel> piece;
  const auto close = [&] {
    for (const Pixel& p : thinned_points(piece, points)) {
      out.x.push_back(p.x);
      out.y.push_back(p.y);
    }
    piece.clear();
  };
  for (std::size_t i = 0; i < std::min(curve.x.size(), curve.y.size()); ++i) {
    if (std::isfinite(curve.y[i])) {
      piece.push_back({curve.x[i], curve.y[i]});
      continue;
    }
    close();
    if (!out.y.empty() && !std::isfinite(out.y.back())) continue;  // one gap says as much as many
    out.x.push_back(curve.x[i]);
    out.y.push_back(curve.y[i]);
  }
  close();
  return out;
}

ValueRange drawn_range(const LinePlot& plot) {
  return plot.drawn_log() && !plot.possible.low ? ValueRange{.low = 0, .high = {}} : plot.possible;
}

PlotAxes axes_of(const LinePlot& plot) {
  const bool log = plot.drawn_log();
  const ValueRange possible = drawn_range(plot);
  const double factor = plot.percent ? 100 : 1;
  Range xs, ys;
  for (const PlotSeries& s : plot.series) {
    for (const SeedCurve& c : s.seeds) {
      for (double v : c.x) xs.add(v);
      for (double v : c.y) ys.add(v * factor);
    }
  }
  // The interval of few seeds can be much wider than the seeds; it may use up to as much room again.
  const Range seeds = ys;
  const double room = 0.5 * (seeds.high - seeds.low);
  const double log_room = log ? std::max(1.2, std::sqrt(seeds.high / seeds.low)) : 1;
  for (const PlotSeries& s : plot.series) {
    for (const auto& piece : mean_over_seeds(s.seeds, possible, s.mean_of)) {
      for (const MeanPoint& p : piece) {
        if (p.interval.n < kFewestOfABand) continue;
        if (log) {
          if (p.interval.low > 0) ys.add(std::max(p.interval.low * factor, seeds.low / log_room));
          ys.add(std::min(p.interval.high * factor, seeds.high * log_room));
          continue;
        }
        ys.add(std::max(p.interval.low * factor, seeds.low - room));
        ys.add(std::min(p.interval.high * factor, seeds.high + room));
      }
    }
  }
  if (plot.percent) ys = {std::max(ys.low, 0.0), std::min(ys.high, 100.0)};
  if (shows_reference(plot)) ys.add(plot.reference->y * factor);
  PlotAxes out;
  out.x = plot.log_x ? log_axis(xs.low, xs.high) : linear_axis(xs.low, xs.high, plot.large ? 8 : 5, false);
  keep_whole(plot, out.x);
  if (!plot.x_ticks.empty()) {
    out.x.ticks.clear();
    for (double x : plot.x_ticks) out.x.ticks.push_back({x, fmt::format("{:g}", x)});
  }
  out.y = !plot.y_ticks.empty() ? fixed_axis(plot.y_ticks)
          : log                 ? log_axis(ys.low, ys.high)
                                : linear_axis(ys.low, ys.high, 5, true);
  return out;
}

std::string svg_of(const LinePlot& plot, double width) {
  if (!plot.has_values()) return "";
  const bool for_article = width > 0;
  if (!for_article) width = plot.large ? kLargeWidth : kWidth;
  const ValueRange possible = drawn_range(plot);
  std::vector<EndLabel> labels;
  double widest = 0, tall = 0;
  bool is_cut = false;
  const std::size_t chars = plot.large ? 30 : kLabelChars;
  const std::vector<std::vector<std::string>> names = svg::wrap_apart(names_of(plot), chars, kLabelLines);
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    if (!is_named(i, plot.series.size())) continue;
    EndLabel l{i, {}, names[i]};
    is_cut = is_cut || svg::wrap(plot.series[i].label, chars, kLabelLines + 1).size() > kLabelLines;
    const double bold = plot.series[i].principal ? 1.12 : 1;
    for (const std::string& line : l.text) widest = std::max(widest, bold * svg::text_width(line, kFont));
    tall += l.height();
    labels.push_back(std::move(l));
  }
  const PlotAxes shown = axes_of(plot);
  const double usual = std::min(236.0, 0.62 * width);
  const double height = plot.large ? std::max(usual, 0.42 * width) : usual;
  AxisTitles titles{{plot.x_label}, svg::wrap(plot.y_label, chars_in(height + 28), 2)};
  const double left = left_margin(shown.y) + kTitleLine * static_cast<double>(titles.y.size() - 1);
  // Labels at the ends of lines are read without looking back and forth, if the lines still have room.
  const bool below = for_article && (is_cut || width - left - widest - 32 < kLeastData * width);
  const Frame f{.left = left,
                .top = 14,
                .right = below ? width - 12 : width - widest - 32,
                .bottom = 14 + std::max(height, below ? 0 : tall),
                .x = shown.x,
                .y = shown.y,
                .factor = plot.percent ? 100.0 : 1.0};
  titles.x = svg::wrap(plot.x_label, chars_around(0.5 * (f.left + f.right), width), 2);
  const double axes_end = f.bottom + 44 + kTitleLine * static_cast<double>(titles.x.size() - 1);
  std::erase_if(labels, [&](EndLabel& l) {
    const auto end = end_of(f, plot.series[l.series]);
    if (end) l.from = *end;
    return !end;
  });
  const KeysBelow keys = below ? keys_below(plot, labels, 8, width - 4, axes_end) : KeysBelow{};

  std::string out = opening("plot", width, axes_end + keys.height + (below ? 4 : 0), plot.description);
  out += axes(f, titles);
  if (shows_reference(plot)) {
    out += fmt::format(
        "<g class=\"reference\"><path d=\"M{}H{}\"/><text x=\"{}\" y=\"{}\" "
        "text-anchor=\"end\">{}</text></g>",
        point(f.left, f.py(plot.reference->y)), num(f.right), num(f.right - 4),
        num(f.py(plot.reference->y) - 5), svg::escape(plot.reference->label));
  }
  const bool crowded = plot.series.size() > 5;
  for (std::size_t i = 0; i < plot.series.size(); ++i) {
    const PlotSeries& s = plot.series[i];
    out += fmt::format("<g class=\"series {}{}\" data-s=\"{}\">{}{}</g>",
                       series_class(s.style, s.principal, s.shade), crowded ? " crowded" : "", i,
                       seed_lines(f, s, plot.shows_seeds()), mean_line(f, plot, i, possible));
  }
  return out + (below ? keys.svg : end_labels(f, plot, std::move(labels))) + "</svg>";
}

std::optional<Axis> axis_of(const DotPlot& plot) {
  const double factor = plot.percent ? 100 : 1;
  Range xs;
  for (const DotRow& row : plot.rows) {
    for (const SeedValue& s : row.seeds) xs.add(s.value * factor);
  }
  if (xs.empty()) return {};
  if (!plot.x_ticks.empty()) return fixed_axis(plot.x_ticks);
  if (plot.log_x && xs.low > 0) {
    // Intervals may use half as much room again as the seeds, on either side.
    const double factor_of_room = std::max(1.2, std::sqrt(xs.high / xs.low));
    const Range of_seeds = xs;
    for (const DotRow& row : plot.rows) {
      if (!row.interval.has_bounds() || !(row.interval.low > 0)) continue;
      xs.add(std::max(row.interval.low * factor, of_seeds.low / factor_of_room));
      xs.add(std::min(row.interval.high * factor, of_seeds.high * factor_of_room));
    }
    return log_axis(xs.low, xs.high);
  }
  if (plot.zero) xs.add(0);
  const Range seeds = xs;
  const double room = 0.5 * (xs.high - xs.low);
  for (const DotRow& row : plot.rows) {
    if (!row.interval.has_bounds()) continue;
    xs.add(std::max(row.interval.low * factor, seeds.low - room));
    xs.add(std::min(row.interval.high * factor, seeds.high + room));
  }
  if (plot.percent && !plot.zero) xs = {std::max(xs.low, 0.0), std::min(xs.high, 100.0)};
  Axis axis = linear_axis(xs.low, xs.high, 6, true);
  if (plot.possible.low) axis.low = std::max(axis.low, *plot.possible.low * factor);
  if (plot.possible.high) axis.high = std::min(axis.high, *plot.possible.high * factor);
  std::erase_if(axis.ticks, [&](const Tick& t) { return t.value < axis.low || t.value > axis.high; });
  return axis;
}

namespace {

/// Where the parts of rows stand: labels and figures beside the dots, or above them where the dots would have
/// too little room.
struct RowLayout {
  bool above = false;
  double left = 0, right = 0;     ///< of the axis
  double row = 38;                ///< height
  double label = 0, values = 19;  ///< their middles, below the top of a row
  std::vector<std::vector<std::string>> labels = {};
};

RowLayout layout_of(const DotPlot& plot, const Axis& axis, double wide, bool for_article) {
  RowLayout out;
  out.labels = svg::wrap_apart(names_of(plot), static_cast<std::size_t>(std::clamp(wide / 24, 14.0, 36.0)),
                               kLabelLines);
  double label_width = 0, text_width = 0;
  std::size_t most = 1;
  for (std::size_t i = 0; i < plot.rows.size(); ++i) {
    for (const std::string& line : out.labels[i])
      label_width = std::max(label_width, svg::text_width(line, kFont));
    text_width = std::max(text_width, svg::text_width(plot.rows[i].text, kFont));
    most = std::max(most, out.labels[i].size());
  }
  out.row = std::max(out.row, kLabelLine * static_cast<double>(most) + 4);
  out.left = label_width + 34;
  out.right = wide - text_width - 20;
  if (!for_article || out.right - out.left >= kLeastData * wide) return out;
  out.above = true;
  double tick = 24;
  for (const Tick& t : axis.ticks) tick = std::max(tick, svg::text_width(t.label, kFont));
  out.left = 0.5 * tick + 4;
  out.right = wide - out.left;
  out.labels = svg::wrap_apart(names_of(plot), chars_in(wide - text_width - 20 - 18), kLabelLines);
  most = 1;
  for (const std::vector<std::string>& label : out.labels) most = std::max(most, label.size());
  const double labels = kLabelLine * static_cast<double>(most);
  out.label = 2 + 0.5 * labels;
  out.values = 2 + labels + 14;
  out.row = labels + 32;
  return out;
}

}  // namespace

std::string svg_of(const DotPlot& plot, double width) {
  const std::optional<Axis> found = axis_of(plot);
  if (!found) return "";
  const Axis& axis = *found;
  const double factor = plot.percent ? 100 : 1;
  const double wide = width > 0 ? width : 860;
  const RowLayout layout = layout_of(plot, axis, wide, width > 0);
  const double left = layout.left, right = layout.right, top = 8;
  const double bottom = top + layout.row * static_cast<double>(plot.rows.size());
  const auto px = [&](double v) {
    return std::clamp(left + axis.at(v * factor) * (right - left), left - 2, right + 2);
  };

  const std::vector<std::string> title = svg::wrap(plot.x_label, chars_around(0.5 * (left + right), wide), 2);
  std::string out = opening("dots", wide, bottom + 44 + kTitleLine * static_cast<double>(title.size() - 1),
                            plot.description) +
                    "<g class=\"axes\">";
  const auto at_tick = [&](double v) { return left + axis.at(v) * (right - left); };
  for (const Tick& t : with_room(axis.ticks, at_tick)) {
    const double x = at_tick(t.value);
    out += fmt::format(
        "<path class=\"grid\" d=\"M{}V{}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        point(x, top), num(bottom), num(x), num(bottom + 17), t.label);
  }
  out += fmt::format("<path class=\"axis\" d=\"M{}H{}\"/>", point(left, bottom), num(right));
  for (std::size_t i = 0; i < title.size(); ++i)
    out += fmt::format("<text class=\"title\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                       num(0.5 * (left + right)), num(bottom + 37 + kTitleLine * static_cast<double>(i)),
                       svg::escape(title[i]));
  out += "</g>";
  if (plot.zero)
    out += fmt::format("<path class=\"zero\" d=\"M{}V{}\"/>", point(at_tick(0), top), num(bottom));
  const bool with_titles = plot.rows.size() <= kMostWithSeeds;  // a page of hundreds must stay one to send
  for (std::size_t i = 0; i < plot.rows.size(); ++i) {
    const DotRow& row = plot.rows[i];
    const double y = top + layout.row * static_cast<double>(i) + layout.values;
    const double label_y = layout.above ? top + layout.row * static_cast<double>(i) + layout.label : y;
    out += fmt::format("<g class=\"row {}\" data-s=\"{}\">", series_class(row.style, row.principal), i);
    const std::string look = layout.above    ? row.principal ? "class=\"on strong\"" : "class=\"on\""
                             : row.principal ? "class=\"strong\""
                                             : "";
    out += marker(row.style, 8, label_y, 4) + svg::lines(layout.labels[i], 20, label_y, kLabelLine, look);
    for (std::size_t k = 0; k < row.seeds.size(); ++k) {
      const SeedValue& s = row.seeds[k];
      if (!std::isfinite(s.value)) continue;
      const double lift = (static_cast<double>(k % 3) - 1) * 4;  // equal values stay visible
      const std::string tip =
          with_titles ? fmt::format("<title>{}, seed {}: {:.6g}{}</title>", svg::escape(row.label), s.seed,
                                    s.value * factor, plot.percent ? " %" : "")
                      : "";
      out += fmt::format("<circle class=\"dot\" cx=\"{}\" cy=\"{}\" r=\"3.2\">{}</circle>", num(px(s.value)),
                         num(y + 6 + lift), tip);
    }
    if (row.interval.n > 0) {
      if (row.interval.has_bounds()) {
        // An end that the axis does not reach is an arrow: a cap would say that the interval ends there.
        const auto end = [&](double value, bool beyond, int outwards) {
          return beyond ? fmt::format("M{}l{},4l{},4", point(px(value) - 5 * outwards, y - 12), 5 * outwards,
                                      -5 * outwards)
                        : fmt::format("M{}v8", point(px(value), y - 12));
        };
        out += fmt::format("<path class=\"bar\" d=\"M{}H{}{}{}\"/>", point(px(row.interval.low), y - 8),
                           num(px(row.interval.high)),
                           end(row.interval.low, row.interval.low * factor < axis.low, -1),
                           end(row.interval.high, row.interval.high * factor > axis.high, 1));
      }
      const double x = px(row.interval.mean);
      out += fmt::format("<path class=\"centre\" d=\"M{}l5,5l-5,5l-5,-5Z\"/>", point(x, y - 13));
    }
    out += layout.above ? svg::lines({row.text}, wide - 6, label_y, kLabelLine,
                                     "class=\"on figures\" text-anchor=\"end\"")
                        : svg::lines({row.text}, right + 14, y, kLabelLine, "class=\"figures\"");
    out += "</g>";
  }
  return out + "</svg>";
}

}  // namespace apical
