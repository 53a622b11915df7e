// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/curve_plots.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/core/error.h"

namespace apical {

std::vector<std::size_t> styles_of(const ReportData& data) {
  std::vector<std::size_t> styles;
  std::size_t next = 0;
  for (const ModelResult& m : data.models) styles.push_back(m.reference ? 0 : next++);
  return styles;
}

PlotSeries series_of(const ReportData& data, std::size_t model, std::vector<SeedCurve> seeds) {
  return {.label = data.models[model].label,
          .style = styles_of(data)[model],
          .principal = data.models[model].reference,
          .seeds = std::move(seeds)};
}

std::string how_drawn(const LinePlot& plot) {
  std::size_t most = 0;
  for (const PlotSeries& s : plot.series) most = std::max(most, s.seeds.size());
  std::string text;
  if (most > 1) {
    text = plot.drawn_log() ? "Thick: geometric mean over seeds; band: its 95 % interval; thin: every seed."
                            : "Thick: mean over seeds; band: its 95 % interval; thin: every seed.";
  } else {
    text = "One seed: no interval.";
  }
  if (plot.log_y && !plot.drawn_log()) text += " Linear axis, because a value is not positive.";
  if (!plot.diverged().empty()) {
    text += fmt::format(" A cross ends each seed whose values ceased to be finite ({}).",
                        join_names(plot.diverged()));
  }
  if (plot.reference && !plot.reference->meaning.empty()) text += " " + plot.reference->meaning;
  return text;
}

void add_figure(Page& page, const LinePlot& plot, const std::string& title, const std::string& caption) {
  const std::string svg = svg_of(plot);
  if (!svg.empty()) page.figure(svg, title, caption + (caption.empty() ? "" : " ") + how_drawn(plot));
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

}  // namespace apical
