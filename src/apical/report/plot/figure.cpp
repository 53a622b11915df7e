// SPDX-License-Identifier: Apache-2.0
#include "apical/report/plot/figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

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

/// One number where it is that of every point.
Json counts_json(const std::vector<MeanPoint>& piece) {
  const auto n = [](const MeanPoint& p) { return p.interval.n; };
  if (std::all_of(piece.begin(), piece.end(), [&](const MeanPoint& p) { return n(p) == n(piece.front()); }))
    return piece.empty() ? 0 : n(piece.front());
  Json out = Json::array();
  for (const MeanPoint& p : piece) out.push_back(n(p));
  return out;
}

/// `x` is left out where it is that of the seeds. A point of a single seed has no interval; others keep
/// theirs.
Json mean_json(const std::vector<MeanPoint>& piece, double times, const std::vector<double>& known_x) {
  Json x = Json::array(), mean = Json::array(), low = Json::array(), high = Json::array();
  bool any = false;
  for (const MeanPoint& p : piece) {
    x.push_back(json_number(p.x));
    mean.push_back(json_number(p.interval.mean * times));
    const bool bounds = p.interval.has_bounds();
    any = any || bounds;
    low.push_back(bounds ? json_number(p.interval.low * times) : Json());
    high.push_back(bounds ? json_number(p.interval.high * times) : Json());
  }
  Json out{{"mean", std::move(mean)}, {"n", counts_json(piece)}};
  if (x != json_numbers(known_x)) out["x"] = std::move(x);
  if (any) {
    out["low"] = std::move(low);
    out["high"] = std::move(high);
  }
  return out;
}

/// Of curves that share their x, the places at which all are thinned alike: the extremes of their sum, and
/// where one is lost.
std::vector<std::size_t> shared_places(const std::vector<SeedCurve>& seeds, std::size_t most) {
  SeedCurve sum{0, {}, {}};
  std::set<std::size_t> kept;
  for (std::size_t i = 0; i < seeds.front().x.size(); ++i) {
    double all = 0;
    for (const SeedCurve& c : seeds) {
      if (std::isfinite(c.y[i]))
        all += c.y[i];
      else if (i > 0 && std::isfinite(c.y[i - 1]))
        kept.insert(i);
    }
    sum.x.push_back(static_cast<double>(i));
    sum.y.push_back(all);
  }
  for (const double i : thinned(sum, most).x) kept.insert(static_cast<std::size_t>(i));
  return {kept.begin(), kept.end()};
}

SeedCurve at_places(const SeedCurve& curve, const std::vector<std::size_t>& places) {
  SeedCurve out{curve.seed, {}, {}};
  for (const std::size_t i : places) {
    out.x.push_back(curve.x[i]);
    out.y.push_back(curve.y[i]);
  }
  return out;
}

std::vector<MeanPoint> thinned_mean(const std::vector<MeanPoint>& piece, std::size_t most) {
  std::vector<MeanPoint> some;
  const std::size_t stride = piece.size() / most + 1;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    if (i % stride == 0 || i + 1 == piece.size()) some.push_back(piece[i]);
  }
  return some;
}

/// Seeds are mostly measured at the same places, which are then said once. Where seeds are drawn each keeps
/// its own extremes; where only means are, all are thinned alike.
Json series_json(const PlotSeries& s, const LinePlot& plot, double times) {
  const std::size_t most = points_in_data(plot);
  Json out = look_json(s.style, s.principal, s.shade);
  out["label"] = svg::sound(s.label);
  const auto is_shared = [&](const SeedCurve& c) {
    return c.x == s.seeds.front().x && c.x.size() == c.y.size();
  };
  const bool shared = !s.seeds.empty() && std::all_of(s.seeds.begin(), s.seeds.end(), is_shared);
  const bool whole = shared && s.seeds.front().x.size() <= most;
  const bool alike = shared && !whole && !plot.shows_seeds();
  const bool cut = !whole && std::any_of(s.seeds.begin(), s.seeds.end(),
                                         [&](const SeedCurve& c) { return c.x.size() > most; });
  const std::vector<std::size_t> places = alike ? shared_places(s.seeds, most) : std::vector<std::size_t>{};
  std::vector<double> x;
  if (whole) x = s.seeds.front().x;
  if (alike) x = at_places(s.seeds.front(), places).x;
  if (!x.empty()) out["x"] = json_numbers(x);
  if (cut) out["thinned"] = true;
  Json seeds = Json::array();
  for (const SeedCurve& c : s.seeds) {
    const SeedCurve drawn = whole ? c : alike ? at_places(c, places) : thinned(c, most);
    Json seed{{"seed", c.seed}, {"y", json_numbers(drawn.y, times)}};
    if (x.empty()) seed["x"] = json_numbers(drawn.x);
    seeds.push_back(std::move(seed));
  }
  out["seeds"] = std::move(seeds);
  Json mean = Json::array();
  for (auto piece : mean_over_seeds(s.seeds, drawn_range(plot), s.mean_of)) {
    if (alike)
      std::erase_if(piece, [&](const MeanPoint& p) { return !std::binary_search(x.begin(), x.end(), p.x); });
    else
      piece = thinned_mean(piece, most);
    if (!piece.empty()) mean.push_back(mean_json(piece, times, x));
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
  for (const PlotSeries& s : plot.series) out["series"].push_back(series_json(s, plot, times));
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
  Json out{{"kind", "heat"},
           {"description", svg::sound(plot.description)},
           {"x", {{"label", svg::sound(plot.x_label)}, {"values", json_numbers(plot.x)}}},
           {"y", {{"label", svg::sound(plot.y_label)}, {"values", json_numbers(plot.y)}}},
           {"value",
            {{"label", svg::sound(plot.value_label)},
             {"range", {json_number(low), json_number(high)}},
             {"log", shaded_by_decades(plot)}}},
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

bool thins_data(const LinePlot& plot) {
  const std::size_t most = points_in_data(plot);
  return std::any_of(plot.series.begin(), plot.series.end(), [&](const PlotSeries& s) {
    return std::any_of(s.seeds.begin(), s.seeds.end(), [&](const SeedCurve& c) { return c.x.size() > most; });
  });
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
