// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "apical/report/plot/look.h"
#include "apical/report/plot/svg.h"

namespace apical {
namespace {

using Json = nlohmann::json;

/// Of each seed; what lies between extremes shows at no zoom. Fewer where there are very many, or a page of
/// hundreds of runs could not be sent.
std::size_t points_in_data(const LinePlot& plot) {
  constexpr std::size_t kMost = 400, kFewest = 12, kOfAFigure = 9000;
  if (plot.shows_seeds()) return kMost;
  std::size_t curves = 1;
  for (const PlotSeries& s : plot.series) curves += s.seeds.size();
  return std::clamp(kOfAFigure / curves, kFewest, kMost);
}

Json json_number(double v, int digits = 6) {
  if (!std::isfinite(v)) return nullptr;
  return std::strtod(fmt::format("{:.{}g}", v, digits).c_str(), nullptr);
}

Json json_numbers(const std::vector<double>& values, double times = 1) {
  Json out = Json::array();
  for (const double v : values) out.push_back(json_number(v * times));
  return out;
}

Json axis_json(const std::string& label, const Axis& axis) {
  Json ticks = Json::array();
  for (const Tick& t : axis.ticks) ticks.push_back(json_number(t.value));
  return {{"label", svg::sound(label)},
          {"log", axis.log},
          {"range", {json_number(axis.low), json_number(axis.high)}},
          {"ticks", std::move(ticks)}};
}

Json look_json(std::size_t style, bool principal, std::optional<double> shade) {
  return {{"colour", colour_name(style, principal, shade)},
          {"dash", principal ? "d0" : dash_name(style)},
          {"symbol", marker_of(style)},
          {"principal", principal}};
}

/// `x` is left out where it is that of the seeds.
Json mean_json(const std::vector<MeanPoint>& piece, double times, const std::vector<double>& known_x) {
  Json x = Json::array(), mean = Json::array(), low = Json::array(), high = Json::array();
  for (const MeanPoint& p : piece) {
    x.push_back(json_number(p.x));
    mean.push_back(json_number(p.interval.mean * times));
    if (!p.interval.has_bounds()) continue;
    low.push_back(json_number(p.interval.low * times));
    high.push_back(json_number(p.interval.high * times));
  }
  Json out{{"mean", std::move(mean)}, {"n", piece.empty() ? 0 : piece.front().interval.n}};
  if (x != json_numbers(known_x)) out["x"] = std::move(x);
  if (low.size() == out["mean"].size() && !low.empty()) {
    out["low"] = std::move(low);
    out["high"] = std::move(high);
  }
  return out;
}

Json series_json(const PlotSeries& s, const ValueRange& possible, double times, std::size_t most) {
  Json out = look_json(s.style, s.principal, s.shade);
  out["label"] = svg::sound(s.label);
  // Seeds are mostly measured at the same places, which are then said once.
  const bool shared = std::all_of(s.seeds.begin(), s.seeds.end(),
                                  [&](const SeedCurve& c) { return c.x == s.seeds.front().x; });
  const bool whole = shared && !s.seeds.empty() && s.seeds.front().x.size() <= most;
  if (whole) out["x"] = json_numbers(s.seeds.front().x);
  Json seeds = Json::array();
  for (const SeedCurve& c : s.seeds) {
    const SeedCurve drawn = whole ? c : thinned(c, most);
    Json seed{{"seed", c.seed}, {"y", json_numbers(drawn.y, times)}};
    if (!whole) seed["x"] = json_numbers(drawn.x);
    seeds.push_back(std::move(seed));
  }
  out["seeds"] = std::move(seeds);
  Json mean = Json::array();
  for (const auto& piece : mean_over_seeds(s.seeds, possible, s.mean_of)) {
    std::vector<MeanPoint> some;
    const std::size_t stride = piece.size() / most + 1;
    for (std::size_t i = 0; i < piece.size(); ++i) {
      if (i % stride == 0 || i + 1 == piece.size()) some.push_back(piece[i]);
    }
    mean.push_back(mean_json(some, times, whole ? s.seeds.front().x : std::vector<double>{}));
  }
  out["mean"] = std::move(mean);
  return out;
}

Json json_of(const LinePlot& plot) {
  const double times = plot.percent ? 100 : 1;
  const PlotAxes axes = axes_of(plot);
  Json out{{"kind", "lines"},
           {"description", svg::sound(plot.description)},
           {"large", plot.large},
           {"x", axis_json(plot.x_label, axes.x)},
           {"y", axis_json(plot.y_label, axes.y)}};
  if (plot.reference)
    out["reference"] = {{"y", json_number(plot.reference->y * times)},
                        {"label", svg::sound(plot.reference->label)}};
  for (const PlotSeries& s : plot.series)
    out["series"].push_back(series_json(s, drawn_range(plot), times, points_in_data(plot)));
  return out;
}

Json json_of(const DotPlot& plot) {
  const double times = plot.percent ? 100 : 1;
  Json out{{"kind", "dots"},
           {"description", svg::sound(plot.description)},
           {"x", axis_json(plot.x_label, *axis_of(plot))},
           {"zero", plot.zero}};
  for (const DotRow& r : plot.rows) {
    Json row = look_json(r.style, r.principal, {});
    row["label"] = svg::sound(r.label);
    row["group"] = svg::sound(r.group);
    row["text"] = svg::sound(r.text);
    row["seeds"] = Json::array();
    for (const SeedValue& s : r.seeds) row["seeds"].push_back({s.seed, json_number(s.value * times)});
    if (r.interval.n > 0) row["mean"] = json_number(r.interval.mean * times);
    if (r.interval.has_bounds()) {
      row["low"] = json_number(r.interval.low * times);
      row["high"] = json_number(r.interval.high * times);
    }
    out["rows"].push_back(std::move(row));
  }
  return out;
}

Json json_of(const RasterPlot& plot) {
  Json out{{"kind", "raster"},
           {"description", svg::sound(plot.description)},
           {"neurons", plot.neurons},
           {"x", {{"label", "time (s)"}}}};
  for (const RasterPlot::Panel& p : plot.panels)
    out["panels"].push_back({{"label", svg::sound(p.label)},
                             {"from", json_number(p.from_s)},
                             {"until", json_number(p.from_s + p.seconds)}});
  for (const RasterBand& b : plot.bands) {
    Json panels = Json::array();
    for (std::size_t p = 0; p < b.panels.size(); ++p) {
      Json s = Json::array(), neuron = Json::array(), later = Json::array();
      for (const RasterSpike& spike : b.panels[p]) {
        s.push_back(json_number(plot.panels[p].from_s + spike.s, 7));
        neuron.push_back(spike.neuron);
        later.push_back(spike.in_burst ? 1 : 0);
      }
      panels.push_back({{"s", std::move(s)}, {"neuron", std::move(neuron)}, {"later", std::move(later)}});
    }
    out["bands"].push_back({{"label", svg::sound(b.population)}, {"panels", std::move(panels)}});
  }
  out["drives"] = Json::array();
  for (const RasterDrive& d : plot.drives) {
    Json panels = Json::array();
    for (std::size_t p = 0; p < d.panels.size(); ++p) {
      std::vector<double> at = d.panels[p].s;
      for (double& s : at) s += plot.panels[p].from_s;
      panels.push_back({{"s", json_numbers(at)}, {"value", json_numbers(d.panels[p].value)}});
    }
    out["drives"].push_back(
        {{"label", svg::sound(d.label)}, {"unit", svg::sound(d.unit)}, {"panels", std::move(panels)}});
  }
  return out;
}

Json json_of(const HeatPlot& plot) {
  const double times = plot.percent ? 100 : 1;
  const auto [low, high] = value_range(plot);
  Json out{
      {"kind", "heat"},
      {"description", svg::sound(plot.description)},
      {"x", {{"label", svg::sound(plot.x_label)}, {"values", json_numbers(plot.x)}}},
      {"y", {{"label", svg::sound(plot.y_label)}, {"values", json_numbers(plot.y)}}},
      {"value", {{"label", svg::sound(plot.value_label)}, {"range", {json_number(low), json_number(high)}}}},
      {"cells", Json::array()}};
  for (const HeatCell& c : plot.cells) {
    if (c.interval.n == 0) continue;
    Json cell{{"x", json_number(plot.x[c.column])},
              {"y", json_number(plot.y[c.row])},
              {"mean", json_number(c.interval.mean * times)},
              {"n", c.interval.n},
              {"colour", fmt::format("v{}", shade_of(plot, c))},
              {"text", svg::sound(c.text)}};
    if (c.interval.has_bounds()) {
      cell["low"] = json_number(c.interval.low * times);
      cell["high"] = json_number(c.interval.high * times);
    }
    out["cells"].push_back(std::move(cell));
  }
  return out;
}

}  // namespace

std::string figure_name(std::string_view title) {
  std::string out;
  for (const char c : title) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (letter)
      out += c;
    else if (c >= 'A' && c <= 'Z')
      out += static_cast<char>(c - 'A' + 'a');
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (out.ends_with('-')) out.pop_back();
  return out.empty() ? "figure" : out;
}

std::string svg_of(const Figure& figure, double width) {
  return std::visit([&](const auto& plot) { return svg_of(plot, width); }, figure.plot);
}

std::string data_of(const Figure& figure) {
  Json out = std::visit([](const auto& plot) { return json_of(plot); }, figure.plot);
  out["title"] = svg::sound(figure.title);
  out["name"] = figure.name;
  std::string text;
  for (const char c : out.dump()) {
    if (c == '<' || c == '>' || c == '&')
      text += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      text += c;
  }
  return text;
}

}  // namespace apical
