// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/svg_heat.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "apical/report/plot/svg.h"

namespace apical {

std::pair<double, double> value_range(const HeatPlot& plot) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const HeatCell& c : plot.cells) {
    if (c.interval.n == 0) continue;
    low = std::min(low, c.interval.mean);
    high = std::max(high, c.interval.mean);
  }
  if (low > high) return {0, 0};
  const double times = plot.percent ? 100 : 1;
  return {low * times, high * times};
}

bool shaded_by_decades(const HeatPlot& plot) {
  constexpr double kWithin = 10;
  const auto [low, high] = value_range(plot);
  return plot.log && low > 0 && high > kWithin * low;
}

int shade_of(const HeatPlot& plot, const HeatCell& cell) {
  constexpr double kLast = 8;
  const auto [low, high] = value_range(plot);
  const double value = cell.interval.mean * (plot.percent ? 100 : 1);
  if (shaded_by_decades(plot))
    return static_cast<int>(std::lround(kLast * std::log(value / low) / std::log(high / low)));
  return high > low ? static_cast<int>(std::lround(kLast * (value - low) / (high - low))) : 4;
}

namespace {

constexpr double kScale = 44;

/// What colours mean: from the least to the largest, around x.
std::string scale_of(const HeatPlot& plot, double x, double y) {
  constexpr int kShades = 9;
  constexpr double kWide = 18, kHigh = 10;
  const auto [low, high] = value_range(plot);
  const double left = x - 0.5 * kShades * kWide;
  std::string out;
  for (int i = 0; i < kShades; ++i)
    out += fmt::format(
        "<g class=\"field v{}\"><rect class=\"mk\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></g>", i,
        svg::num(left + i * kWide), svg::num(y), svg::num(kWide), svg::num(kHigh));
  const auto text = [&](double at, double line, const char* anchor, const std::string& what) {
    out += fmt::format("<text x=\"{}\" y=\"{}\" dy=\".35em\" text-anchor=\"{}\">{}</text>", svg::num(at),
                       svg::num(line), anchor, svg::escape(what));
  };
  text(left - 6, y + 0.5 * kHigh, "end", fmt::format("{:.3g}", low));
  text(left + kShades * kWide + 6, y + 0.5 * kHigh, "start", fmt::format("{:.3g}", high));
  text(x, y + kHigh + 13, "middle",
       plot.value_label + (shaded_by_decades(plot) ? ", colours by its logarithm" : ""));
  return out;
}

}  // namespace

std::string svg_of(const HeatPlot& plot, double width) {
  if (std::none_of(plot.cells.begin(), plot.cells.end(), [](const HeatCell& c) { return c.interval.n > 0; }))
    return "";
  constexpr double kFont = 12, kTop = 10, kMostField = 110;
  if (width <= 0) width = 900;
  double widest = 0;
  for (const double y : plot.y) widest = std::max(widest, svg::text_width(fmt::format("{:g}", y), kFont));
  const double left = widest + 38, right = width - 14;
  const double field = std::min(kMostField, (right - left) / static_cast<double>(plot.x.size()));
  const double tall = std::clamp(0.6 * field, 26.0, 46.0);
  const double bottom = kTop + tall * static_cast<double>(plot.y.size());
  const double seam = std::min(1.0, field / 6);
  const auto x_of = [&](std::size_t column) { return left + field * static_cast<double>(column); };
  const auto y_of = [&](std::size_t row) { return bottom - tall * static_cast<double>(row + 1); };
  std::string out = fmt::format(
      "<svg class=\"plot heat\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" "
      "xmlns=\"http://www.w3.org/2000/svg\"><g class=\"axes\">",
      svg::num(width), svg::num(bottom + 44 + kScale), svg::escape(plot.description));
  // Where columns are narrow not every one has room for its value, nor for figures in its fields.
  double widest_x = 0, widest_text = 0;
  for (const double x : plot.x) widest_x = std::max(widest_x, svg::text_width(fmt::format("{:g}", x), kFont));
  for (const HeatCell& c : plot.cells) widest_text = std::max(widest_text, svg::text_width(c.text, kFont));
  const auto every = static_cast<std::size_t>(std::ceil((widest_x + 4) / field));
  for (std::size_t i = 0; i < plot.x.size(); i += every)
    out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{:g}</text>",
                       svg::num(x_of(i) + 0.5 * field), svg::num(bottom + 17), plot.x[i]);
  for (std::size_t i = 0; i < plot.y.size(); ++i)
    out += fmt::format("<text x=\"{}\" y=\"{}\" dy=\".35em\" text-anchor=\"end\">{:g}</text>",
                       svg::num(left - 7), svg::num(y_of(i) + 0.5 * tall), plot.y[i]);
  const double last = x_of(plot.x.size());
  out += fmt::format("<text class=\"title\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                     svg::num(0.5 * (left + last)), svg::num(bottom + 36), svg::escape(plot.x_label));
  out += fmt::format(
      "<text class=\"title\" transform=\"translate({} {}) rotate(-90)\" text-anchor=\"middle\">{}</text></g>",
      svg::num(13), svg::num(0.5 * (kTop + bottom)), svg::escape(plot.y_label));
  for (const HeatCell& c : plot.cells) {
    if (c.interval.n == 0) continue;
    const double x = x_of(c.column), y = y_of(c.row);
    out += fmt::format(
        "<g class=\"field v{}\"><rect class=\"mk\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
        shade_of(plot, c), svg::num(x + seam), svg::num(y + seam), svg::num(field - 2 * seam),
        svg::num(tall - 2 * seam));
    if (widest_text <= field)
      out += fmt::format("<text class=\"on\" x=\"{}\" y=\"{}\" dy=\".35em\" text-anchor=\"middle\">{}</text>",
                         svg::num(x + 0.5 * field), svg::num(y + 0.5 * tall), svg::escape(c.text));
    out += "</g>";
  }
  return out + scale_of(plot, 0.5 * width, bottom + 50) + "</svg>";
}

}  // namespace apical
