// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "apical/analysis/statistics.h"
#include "apical/io/json.h"
#include "apical/report/html/page.h"
#include "apical/report/plot/svg_plot.h"
#include "apical/study/discriminate.h"

namespace apical {
namespace {

using nlohmann::json;

std::string animals_text(const std::optional<std::size_t>& animals, std::size_t most) {
  return animals ? fmt::format("{}", *animals) : fmt::format("not up to {}", most);
}
json animals_json(const std::optional<std::size_t>& animals) {
  return animals ? json(*animals) : json(nullptr);
}

const ProtocolSeparation& protocol_of(const Discrimination& found, const ExperimentDesign& design) {
  for (const ProtocolSeparation& protocol : found.protocols) {
    if (protocol.protocol == design.protocol) return protocol;
  }
  APICAL_CHECK(false);
  return found.protocols.front();
}

std::string readouts_text(const Discrimination& found, const ExperimentDesign& design) {
  std::string text;
  for (const std::size_t k : design.readouts) {
    const ContrastReadout& readout = protocol_of(found, design).readouts[k];
    text += fmt::format("{}{} (epoch {})", text.empty() ? "" : "; ", readout.measure, readout.epochs);
  }
  return text;
}

LinePlot animals_plot(const Discrimination& found) {
  LinePlot plot;
  plot.description = "share of experiments in which the truth is accepted, against animals";
  plot.x_label = "animals";
  plot.y_label = "experiments in which the truth is accepted";
  plot.percent = true;
  plot.possible = {0.0, 1.0};
  for (const ExperimentDesign& design : found.designs) {
    SeedCurve curve;
    for (std::size_t a = 0; a < design.separation.accepted.size(); ++a) {
      curve.x.push_back(static_cast<double>(a + 1));
      curve.y.push_back(design.separation.accepted[a]);
    }
    plot.series.push_back({.label = fmt::format("{}: {}", design.protocol, design.condition),
                           .style = plot.series.size(),
                           .seeds = {std::move(curve)}});
    if (plot.series.size() == 8) break;
  }
  return plot;
}

/// What each theory predicts of one readout, seed by seed.
DotPlot predictions_plot(const ProtocolSeparation& protocol, std::size_t readout, const std::string& scale) {
  DotPlot plot;
  plot.description = "predictions of " + protocol.readouts[readout].text();
  plot.x_label = fmt::format("difference from control ({})", scale);
  for (const TheoryReadouts& theory : protocol.theories) {
    DotRow row;
    row.label = theory.name;
    row.style = plot.rows.size();
    std::vector<double> values;
    for (const Matrix<double>* z : {&theory.fit, &theory.held_out}) {
      for (std::size_t s = 0; s < z->rows(); ++s) values.push_back((*z)(s, readout));
    }
    for (std::size_t s = 0; s < values.size(); ++s) row.seeds.push_back({s, values[s]});
    row.interval = mean_interval(values);
    row.text = fmt::format("{:.3g}", row.interval.mean);
    plot.rows.push_back(std::move(row));
  }
  return plot;
}

}  // namespace

json json_of(const Discrimination& found) {
  const DiscriminateOptions& o = found.options;
  json out{{"kind", "discrimination"},
           {"theories", found.theories},
           {"scale", name_of(o.scale)},
           {"noise",
            {{"cell_sd", o.noise.cell_sd},
             {"trial_sd", o.noise.trial_sd},
             {"animal_sd", o.noise.animal_sd},
             {"cells", o.noise.cells},
             {"trials", o.noise.trials}}},
           {"alpha", o.estimate.alpha},
           {"most_animals", o.estimate.most_animals},
           {"notes", found.notes},
           {"designs", json::array()},
           {"sizes_of_first_design", json::array()},
           {"protocols", json::array()}};
  for (const ExperimentDesign& design : found.designs) {
    const Separation& s = design.separation;
    json readouts = json::array(), confusion = json::array();
    for (const std::size_t k : design.readouts)
      readouts.push_back(protocol_of(found, design).readouts[k].text());
    for (std::size_t m = 0; m < s.confusion.rows(); ++m)
      confusion.push_back(std::vector<double>(s.confusion.row(m).begin(), s.confusion.row(m).end()));
    out["designs"].push_back({{"protocol", design.protocol},
                              {"condition", design.condition},
                              {"readouts", readouts},
                              {"bits_held_out", s.gain.held_out},
                              {"bits_held_out_se", s.gain.held_out_se},
                              {"bits_same_seeds", s.gain.same_seeds},
                              {"accuracy", s.accuracy},
                              {"confusion", confusion},
                              {"calibration_error", s.calibration_error},
                              {"animals_80", animals_json(s.animals_80)},
                              {"animals_95", animals_json(s.animals_95)},
                              {"accepted_by_animals", s.accepted},
                              {"wrong_by_animals", s.wrong}});
  }
  for (const SampleSize& size : found.sizes) {
    out["sizes_of_first_design"].push_back({{"cells", size.cells},
                                            {"trials", size.trials},
                                            {"animals_80", animals_json(size.animals_80)},
                                            {"animals_95", animals_json(size.animals_95)}});
  }
  for (const ProtocolSeparation& protocol : found.protocols) {
    json pairs = json::array(), readouts = json::array();
    for (const ContrastReadout& readout : protocol.readouts) readouts.push_back(readout.text());
    for (const PairSeparation& pair : protocol.pairs) {
      pairs.push_back({{"a", found.theories[pair.a]},
                       {"b", found.theories[pair.b]},
                       {"readout", protocol.readouts[pair.readout].text()},
                       {"difference", pair.difference},
                       {"low", pair.low},
                       {"high", pair.high},
                       {"cohens_d", io::json_number(pair.cohens_d)},
                       {"d_prime", pair.d_prime},
                       {"auc", pair.auc},
                       {"error_bound_one_animal", pair.pairwise_error},
                       {"animals_80", animals_json(pair.animals_80)},
                       {"animals_95", animals_json(pair.animals_95)}});
    }
    out["protocols"].push_back({{"protocol", protocol.protocol},
                                {"readouts", readouts},
                                {"not_applicable", protocol.not_applicable},
                                {"pairs", pairs}});
  }
  return out;
}

std::string discrimination_page(const Discrimination& found) {
  const std::size_t most = found.options.estimate.most_animals;
  Page page("Which experiment tells these theories apart");
  page.heading(
      "Discrimination", {},
      {{"",
        fmt::format("Theories: {}. One animal: {} cells of {} trials; SD of noise {:g} between cells, {:g} "
                    "between trials, {:g} between animals, in units of the readouts ({}).",
                    join_names(found.theories), found.options.noise.cells, found.options.noise.trials,
                    found.options.noise.cell_sd, found.options.noise.trial_sd, found.options.noise.animal_sd,
                    name_of(found.options.scale))}});
  page.warnings(found.notes);
  page.section("Experiments by what one animal tells");
  Table designs{.columns = {{"protocol"},
                            {"condition"},
                            {"readouts"},
                            {"bits", "held-out seeds to same seeds"},
                            {"right", "one animal"},
                            {"animals", "80 %"},
                            {"animals", "95 %"}}};
  for (const ExperimentDesign& design : found.designs) {
    const Separation& s = design.separation;
    designs.add_row(
        {design.protocol, design.condition, readouts_text(found, design),
         fmt::format("{:.3f} ± {:.3f} to {:.3f}", s.gain.held_out, s.gain.held_out_se, s.gain.same_seeds),
         fmt::format("{:.0f} %", 100 * s.accuracy), animals_text(s.animals_80, most),
         animals_text(s.animals_95, most)});
  }
  page.table(designs);
  page.paragraph(fmt::format(
      "{} theories as likely at first differ by {:.2f} bits at most. A theory is accepted where its "
      "posterior is {:g} or more.",
      found.theories.size(), std::log2(static_cast<double>(found.theories.size())),
      1 - found.options.estimate.alpha));
  page.grid();
  page.figure(svg_of(animals_plot(found)), "Animals",
              "Share of simulated experiments in which the theory that is true is accepted.");
  if (!found.designs.empty()) {
    const ExperimentDesign& best = found.designs.front();
    for (const std::size_t k : best.readouts) {
      const ProtocolSeparation& protocol = protocol_of(found, best);
      page.figure(svg_of(predictions_plot(protocol, k, std::string(name_of(found.options.scale)))),
                  protocol.readouts[k].text(),
                  "What each theory predicts: a dot for each seed, without noise.");
    }
  }
  page.end_grid();
  page.section("More cells or more trials");
  Table sizes{.columns = {{"cells"}, {"trials"}, {"animals", "80 %"}, {"animals", "95 %"}}};
  for (const SampleSize& size : found.sizes) {
    sizes.add_row({fmt::format("{}", size.cells), fmt::format("{}", size.trials),
                   animals_text(size.animals_80, most), animals_text(size.animals_95, most)});
  }
  page.table(sizes);
  for (const ProtocolSeparation& protocol : found.protocols) {
    page.section(fmt::format("Pairs: {}", protocol.protocol));
    Table pairs{.columns = {{"readout"},
                            {"theories"},
                            {"difference", "95 % over seeds"},
                            {"d'", "with noise"},
                            {"animals", "80 %, one-sided"},
                            {"animals", "95 %"}}};
    for (const PairSeparation& pair : protocol.pairs) {
      pairs.add_row({protocol.readouts[pair.readout].text(),
                     fmt::format("{} – {}", found.theories[pair.a], found.theories[pair.b]),
                     fmt::format("{:.3g} [{:.3g}, {:.3g}]", pair.difference, pair.low, pair.high),
                     fmt::format("{:.2f}", pair.d_prime), animals_text(pair.animals_80, most),
                     animals_text(pair.animals_95, most)});
    }
    page.table(pairs);
    for (const std::string& reason : protocol.not_applicable) page.note("Not applicable: " + reason + ".");
  }
  return page.text();
}

void write_discrimination(const Discrimination& found, const io::Path& directory) {
  io::write_atomically(directory / "report.html", discrimination_page(found));
  io::write_atomically(directory / "discrimination.json", io::json_text(json_of(found)));
}

}  // namespace apical
