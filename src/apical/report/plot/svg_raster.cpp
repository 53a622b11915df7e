// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/svg_raster.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/report/plot/axis.h"
#include "apical/report/plot/svg.h"

namespace apical {
namespace {

using svg::num;

constexpr double kWidth = 1040, kGap = 14, kTop = 26, kBottom = 44, kFont = 12, kDrive = 46;
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

/// The axis of time below a panel.
std::string time_axis(const RasterPlot::Panel& panel, double left, double y, double per_s) {
  const double width = panel.seconds * per_s;
  // A label for each 60 pixels.
  const Axis axis = linear_axis(panel.from_s, panel.from_s + panel.seconds,
                                std::max(1, static_cast<int>(width / 60)), false);
  std::string out = fmt::format("<path class=\"axis\" d=\"M{} {}h{}\"/>", num(left), num(y), num(width));
  double taken = left - 1e9;
  for (const Tick& t : axis.ticks) {
    const double x = left + axis.at(t.value) * width, wide = svg::text_width(t.label, kFont);
    out += fmt::format("<path class=\"tick\" d=\"M{} {}v4\"/>", num(x), num(y));
    // It may reach to the middle of a gap, beyond which the next panel's begin.
    const double middle =
        std::clamp(x, left - 0.5 * kGap + 0.5 * wide, left + width + 0.5 * kGap - 0.5 * wide);
    if (middle - 0.5 * wide < taken + 3) continue;
    taken = middle + 0.5 * wide;
    out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>", num(middle), num(y + 17),
                       t.label);
  }
  return out;
}

/// One drive in all panels, on one scale.
std::string drive_lines(const RasterDrive& drive, const RasterPlot& plot, double left, double top,
                        double per_s) {
  double low = 0, high = 0;
  for (const auto& p : drive.panels) {
    for (const double v : p.value) {
      low = std::min(low, v);
      high = std::max(high, v);
    }
  }
  if (low == high) high = low + 1;
  const double room = kDrive - 12;
  const auto y = [&](double v) { return top + room * (high - v) / (high - low); };
  std::string out;
  double x = left;
  for (std::size_t p = 0; p < plot.panels.size(); ++p) {
    std::string path;
    for (std::size_t i = 0; i < drive.panels[p].s.size(); ++i)
      path += fmt::format("{}{} {}", path.empty() ? "M" : "L", num(x + drive.panels[p].s[i] * per_s),
                          num(y(drive.panels[p].value[i])));
    if (!path.empty()) out += fmt::format("<path class=\"drive\" d=\"{}\"/>", path);
    x += plot.panels[p].seconds * per_s + kGap;
  }
  for (const double v : {low, high})
    out += fmt::format("<text x=\"{}\" y=\"{}\" dy=\".35em\">{:.3g}</text>", num(x - kGap + 4), num(y(v)), v);
  return out;
}

std::vector<std::string> drive_words(const RasterDrive& d) {
  return svg::wrap(d.label + (d.unit.empty() ? "" : " (" + d.unit + ")"), 16, 3);
}

}  // namespace

std::string svg_of(const RasterPlot& plot, double width) {
  if (plot.panels.empty() || plot.bands.empty() || plot.neurons == 0) return "";
  const double wide = width > 0 ? width : kWidth;
  double label_width = 0, seconds = 0;
  for (const RasterBand& b : plot.bands)
    label_width = std::max(label_width, svg::text_width(b.population, kFont));
  for (const RasterDrive& d : plot.drives) {
    for (const std::string& line : drive_words(d))
      label_width = std::max(label_width, svg::text_width(line, kFont));
  }
  for (const auto& p : plot.panels) seconds += p.seconds;
  const double left = label_width + 12, gaps = kGap * static_cast<double>(plot.panels.size() - 1);
  const double right = plot.drives.empty() ? 12 : 44;
  const double per_s = (wide - left - right - gaps) / seconds;
  const double band = plot.neurons * kRow, bands = static_cast<double>(plot.bands.size());
  const double below = kTop + bands * band + (bands - 1) * kBandGap + 6;
  const double axis = below + kDrive * static_cast<double>(plot.drives.size());
  std::string out = fmt::format(
      "<svg class=\"raster\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\" "
      "xmlns=\"http://www.w3.org/2000/svg\">\n",
      num(wide), num(axis + kBottom), svg::escape(plot.description));
  for (std::size_t b = 0; b < plot.bands.size(); ++b) {
    const double top = kTop + static_cast<double>(b) * (band + kBandGap);
    out +=
        fmt::format("<text class=\"strong\" x=\"{}\" y=\"{}\" text-anchor=\"end\" dy=\".35em\">{}</text>\n",
                    num(left - 8), num(top + 0.5 * band), svg::escape(plot.bands[b].population));
    double x = left;
    for (std::size_t p = 0; p < plot.panels.size(); ++p) {
      const double panel = plot.panels[p].seconds * per_s;
      out += fmt::format("<rect class=\"ground\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", num(x),
                         num(top), num(panel), num(band));
      out += ticks(plot.bands[b].panels[p], false, x, top, per_s, kTick);
      out += ticks(plot.bands[b].panels[p], true, x, top, per_s, kLongTick);
      if (b == 0) {
        const std::size_t fits = static_cast<std::size_t>(std::max(3.0, panel / 7));
        out += svg::lines(svg::wrap(plot.panels[p].label, fits, 1), x + 0.5 * panel, kTop - 13, kFont,
                          "text-anchor=\"middle\"");
      }
      x += panel + kGap;
    }
  }
  for (std::size_t d = 0; d < plot.drives.size(); ++d) {
    const double top = below + kDrive * static_cast<double>(d) + 6;
    out += svg::lines(drive_words(plot.drives[d]), left - 8, top + 0.5 * kDrive - 6, kFont,
                      "text-anchor=\"end\"");
    out += drive_lines(plot.drives[d], plot, left, top, per_s);
  }
  out += "<g class=\"axes\">";
  double x = left;
  for (const RasterPlot::Panel& p : plot.panels) {
    out += time_axis(p, x, axis, per_s);
    x += p.seconds * per_s + kGap;
  }
  out += fmt::format("<text class=\"title\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">time (s)</text></g>\n",
                     num(0.5 * (left + wide - right)), num(axis + 36));
  return out + "</svg>";
}

}  // namespace apical
