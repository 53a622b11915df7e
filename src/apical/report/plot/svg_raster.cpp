// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/svg_raster.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/report/plot/svg.h"

namespace apical {
namespace {

using svg::num;

constexpr double kWidth = 1040, kGap = 14, kTop = 26, kBottom = 34, kFont = 12;
constexpr double kRow = 4, kTick = 3.4, kLongTick = 5.6, kBandGap = 9;

/// All ticks of one kind as one path: a raster has thousands.
std::string ticks(const std::vector<RasterSpike>& spikes, bool in_burst, double left, double top,
                  double per_s, double height) {
  std::string path;
  for (const RasterSpike& s : spikes) {
    if (s.in_burst != in_burst) continue;
    path += fmt::format("M{} {}v{}", num(left + s.s * per_s),
                        num(top + (s.neuron + 0.5) * kRow - 0.5 * height), num(height));
  }
  return path.empty() ? ""
                      : fmt::format("<path class=\"{}\" d=\"{}\"/>\n", in_burst ? "later" : "first", path);
}

/// A round length near a quarter of the panel.
double bar_seconds(double panel) {
  for (const double s : {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0}) {
    if (s >= 0.2 * panel) return s;
  }
  return 10;
}

}  // namespace

std::string svg_of(const RasterPlot& plot) {
  if (plot.panels.empty() || plot.bands.empty() || plot.neurons == 0) return "";
  double label_width = 0, seconds = 0;
  for (const RasterBand& b : plot.bands)
    label_width = std::max(label_width, svg::text_width(b.population, kFont));
  for (const auto& p : plot.panels) seconds += p.seconds;
  const double left = label_width + 12, gaps = kGap * static_cast<double>(plot.panels.size() - 1);
  const double per_s = (kWidth - left - 4 - gaps) / seconds;
  const double band = plot.neurons * kRow, bands = static_cast<double>(plot.bands.size());
  const double height = kTop + bands * band + (bands - 1) * kBandGap + kBottom;
  std::string out =
      fmt::format("<svg class=\"raster\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n",
                  num(kWidth), num(height), svg::escape(plot.description));
  for (std::size_t b = 0; b < plot.bands.size(); ++b) {
    const double top = kTop + static_cast<double>(b) * (band + kBandGap);
    out += fmt::format(
        "<text class=\"strong\" x=\"{}\" y=\"{}\" text-anchor=\"end\" "
        "dominant-baseline=\"central\">{}</text>\n",
        num(left - 8), num(top + 0.5 * band), svg::escape(plot.bands[b].population));
    double x = left;
    for (std::size_t p = 0; p < plot.panels.size(); ++p) {
      const double width = plot.panels[p].seconds * per_s;
      out += fmt::format("<rect class=\"ground\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", num(x),
                         num(top), num(width), num(band));
      out += ticks(plot.bands[b].panels[p], false, x, top, per_s, kTick);
      out += ticks(plot.bands[b].panels[p], true, x, top, per_s, kLongTick);
      if (b == 0) {
        const std::size_t fits = static_cast<std::size_t>(std::max(3.0, width / 7));
        out += svg::lines(svg::wrap(plot.panels[p].label, fits, 1), x + 0.5 * width, kTop - 13, kFont,
                          "text-anchor=\"middle\" dominant-baseline=\"central\"");
      }
      x += width + kGap;
    }
  }
  const double shown = bar_seconds(plot.panels.front().seconds), y = height - kBottom + 12;
  out += fmt::format("<path class=\"axis\" d=\"M{} {}h{}\"/><text x=\"{}\" y=\"{}\">{:g} ms</text>\n",
                     num(left), num(y), num(shown * per_s), num(left), num(y + 15), shown * 1e3);
  return out + "</svg>";
}

}  // namespace apical
