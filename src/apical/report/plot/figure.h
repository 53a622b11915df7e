// SPDX-License-Identifier: Apache-2.0
// A figure as a value: the one description from which its SVG in a page, its data for the page's script and
// its files come.
#pragma once

#include <string>
#include <variant>

#include "apical/report/plot/svg_heat.h"
#include "apical/report/plot/svg_plot.h"
#include "apical/report/plot/svg_raster.h"

namespace apical {

struct Figure {
  std::string title, caption;
  std::variant<LinePlot, DotPlot, RasterPlot, HeatPlot> plot;
  std::string metric = {};  ///< whose values it shows; empty: of no single one
  std::string name =
      {};  ///< of its files and among the figures of a page: "validation-accuracy-over-training"
};

/// "Validation accuracy over training" -> "validation-accuracy-over-training"
std::string figure_name(std::string_view title);

/// An empty string if there is nothing to draw. `width` as in svg_plot.h; 0: as pages have it.
std::string svg_of(const Figure& figure, double width = 0);

/// Whether its data have fewer points than were measured.
bool thins_data(const LinePlot& plot);

/// JSON for web/report: what the SVG shows, in the units that it prints, with means and intervals computed,
/// so that the script has nothing to compute. Numbers have six digits. Nothing in it can end a script
/// element.
std::string data_of(const Figure& figure);

}  // namespace apical
