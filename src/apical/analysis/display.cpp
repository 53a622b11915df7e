// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/display.h"

#include <nlohmann/json.hpp>

namespace apical {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Display::Headline, metric, text, unit)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Display::Figure::Line, label, metric)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Display::Dots::Row, label, metric, first)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Display::Dots, title, caption, x_label, rows)

Metric metric_in(const Display& display, std::string_view name) {
  Metric m = metric_of(name);
  const auto known = display.ranges.find(std::string(name));
  if (known == display.ranges.end()) return m;
  m.low = known->second.low;
  m.high = known->second.high;
  return m;
}

nlohmann::json range_json(const ValueRange& range) {
  nlohmann::json j = nlohmann::json::object();
  if (range.low) j["low"] = *range.low;
  if (range.high) j["high"] = *range.high;
  return j;
}

ValueRange read_range(const nlohmann::json& j) {
  ValueRange range;
  if (j.contains("low")) range.low = j.at("low").get<double>();
  if (j.contains("high")) range.high = j.at("high").get<double>();
  return range;
}

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
  j["ranges"] = nlohmann::json::object();
  for (const auto& [name, range] : d.ranges) j["ranges"][name] = range_json(range);
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
  if (!j.contains("ranges")) return d;  // of an earlier version
  for (const auto& [name, range] : j.at("ranges").items()) d.ranges[name] = read_range(range);
  return d;
}

}  // namespace apical
