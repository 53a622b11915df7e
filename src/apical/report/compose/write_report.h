// SPDX-License-Identifier: Apache-2.0
// The page of a directory.
#pragma once

#include <vector>

#include "apical/io/file.h"
#include "apical/report/plot/figure.h"

namespace apical {

/// Writes report.html of a run, a comparison, a sweep or a protocol again from its files; returns its path.
/// DataError if the directory holds none of them, or nothing of it has begun.
io::Path write_report(const io::Path& directory);

/// Those of the page that can be drawn in any size, in its order.
std::vector<Figure> figures_of(const io::Path& directory);
/// Those that `what` names: the one of that name, else all of that metric, else all with it in their names.
/// ConfigError with all that there are, and the nearest, if it names none.
std::vector<Figure> figures_named(const std::vector<Figure>& figures, const std::string& what);
/// The first of them.
Figure figure_named(const std::vector<Figure>& figures, const std::string& what);

}  // namespace apical
