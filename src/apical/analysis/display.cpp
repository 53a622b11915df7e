// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/display.h"

#include <nlohmann/json.hpp>

namespace apical {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Display::Headline, metric, text, unit)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Display::Figure::Line, label, metric)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Display::Dots::Row, label, metric, first)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Display::Dots, title, caption, x_label, rows)

nlohmann::json display_json(const Display& d) {
  nlohmann::json j{{"headlines", d.headlines},
                   {"dots", d.dots},
                   {"figures", nlohmann::json::array()},
                   {"curve_x", d.curve_x},
                   {"activity", d.activity}};
  for (const Display::Figure& f : d.figures) {
    nlohmann::json one{{"title", f.title},     {"caption", f.caption}, {"x_label", f.x_label},
                       {"y_label", f.y_label}, {"where", f.where},     {"lines", f.lines}};
    if (f.reference) one["reference"] = {{"y", *f.reference}, {"label", f.reference_label}};
    j["figures"].push_back(std::move(one));
  }
  return j;
}

Display read_display(const nlohmann::json& j) {
  Display d{.headlines = j.at("headlines"),
            .dots = j.at("dots"),
            .curve_x = j.at("curve_x"),
            .activity = j.at("activity")};
  for (const nlohmann::json& one : j.at("figures")) {
    Display::Figure f{.title = one.at("title"),
                      .caption = one.at("caption"),
                      .x_label = one.at("x_label"),
                      .y_label = one.at("y_label"),
                      .where = one.at("where"),
                      .lines = one.at("lines")};
    if (one.contains("reference")) {
      f.reference = one.at("reference").at("y").get<double>();
      f.reference_label = one.at("reference").at("label");
    }
    d.figures.push_back(std::move(f));
  }
  return d;
}

}  // namespace apical
