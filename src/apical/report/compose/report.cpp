// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <set>

#include "apical/core/error.h"
#include "apical/report/html/report_numbers.h"
#include "apical/report/html/report_style.h"
#include "apical/report/html/report_words.h"
#include "apical/report/plot/svg.h"
#include "apical/report/plot/svg_plot.h"

namespace apical {
namespace {

using svg::escape;

/// Figures are numbered in the order in which they appear.
class Page {
 public:
  explicit Page(const ReportData& data) : data_(data) {
    std::size_t next = 0;
    for (const ModelResult& m : data.models) styles_.push_back(m.reference ? 0 : next++);
  }

  std::string render();

 private:
  void heading();
  void warnings();
  void final_table();
  void expectations();
  void final_dots();
  void metric_curves();
  void alignment();
  void circuits();
  void costs();
  void needs();
  void pictures();
  void extra_figures(const char* title, const std::vector<FigureExtra>& all);
  void method();
  void settings();
  void citations();

  void section(const char* title) { out_ += fmt::format("<h2>{}</h2>\n", title); }
  void figure(const std::string& svg, const std::string& title, const std::string& caption) {
    out_ += fmt::format(
        "<figure><div class=\"scroll\">{}</div><figcaption><b>Figure {} | {}.</b> {}</figcaption></figure>\n",
        svg, ++figures_, escape(title), escape(caption));
  }
  PlotSeries series(std::size_t model, const std::vector<SeedCurve>& seeds) const {
    return {.label = data_.models[model].label,
            .style = styles_[model],
            .principal = data_.models[model].reference,
            .seeds = seeds};
  }
  /// What the lines of a plot are; said once per figure, as each may differ.
  std::string how_drawn(const LinePlot& plot) const;

  const ReportData& data_;
  std::vector<std::size_t> styles_;
  std::string out_;
  int figures_ = 0;
};

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string two_lines(const Figures& f) {
  return escape(f.value) +
         (f.bounds.empty() ? "" : fmt::format("<span class=\"b\">{}</span>", escape(f.bounds)));
}

/// Text with each DOI as a plain link.
std::string with_doi_links(const std::string& text) {
  const std::size_t at = text.find("10.");
  const bool starts_word = at != std::string::npos &&
                           (at == 0 || std::string_view(" :/(").find(text[at - 1]) != std::string_view::npos);
  if (!starts_word) return escape(text);
  std::size_t end = text.find_first_of(" <>\"'", at);
  if (end == std::string::npos) end = text.size();
  while (end > at && std::string_view(".,;)").find(text[end - 1]) != std::string_view::npos) --end;
  const std::string doi = text.substr(at, end - at);
  const std::size_t slash = doi.find('/');
  if (slash == std::string::npos || slash < 7) return escape(text);  // a registrant has at least four digits
  std::string before = text.substr(0, at);
  for (const char* prefix : {"https://doi.org/", "http://doi.org/", "doi.org/", "https://dx.doi.org/"}) {
    if (before.ends_with(prefix)) before.erase(before.size() - std::string_view(prefix).size());
  }
  return fmt::format("{}<a href=\"https://doi.org/{}\">{}</a>{}", escape(before), escape(doi), escape(doi),
                     escape(text.substr(end)));
}

/// Falls of the teacher in a split: the same for everybody, from the same starts; nothing where they differ
/// after all.
std::optional<ReferenceLine> teachers_line(const ReportData& data, const std::string& split) {
  std::optional<double> falls;
  for (const ModelResult& m : data.models) {
    for (const MetricCurves& c : m.metrics) {
      if (c.metric != "teacher_falls" || c.split != split) continue;
      for (const SeedCurve& s : c.seeds) {
        for (double y : s.y) {
          if (falls && *falls != y) return {};
          falls = y;
        }
      }
    }
  }
  if (!falls) return {};
  return ReferenceLine{*falls, "teacher",
                       fmt::format("The teacher fell {:g} times from the same starts.", *falls)};
}

std::string Page::how_drawn(const LinePlot& plot) const {
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
  if (plot.reference) text += " " + plot.reference->meaning;
  return text;
}

void Page::heading() {
  out_ += fmt::format("<header><p class=\"kicker\">Apical report</p><h1>{}</h1>\n", escape(data_.title));
  if (!data_.summary.empty()) out_ += fmt::format("<p class=\"lead\">{}</p>\n", escape(data_.summary));
  // The best and the worst of a sweep say nothing: its figures come first instead.
  if (data_.sweep.empty())
    out_ += fmt::format("<p class=\"lead\">{}</p>\n", escape(summary_sentences(data_)));
  if (!data_.task_description.empty()) {
    out_ += fmt::format("<p><b>Task{}{}.</b> {}</p>\n", data_.task.empty() ? "" : ": ", escape(data_.task),
                        escape(capitalised(data_.task_description)));
  }
  for (const std::string& text : data_.data_provenance)
    out_ += fmt::format("<p><b>Data not as published.</b> {}</p>\n", escape(capitalised(text)));
  out_ += "</header>\n";
}

void Page::warnings() {
  const std::vector<std::string> all = all_warnings(data_);
  if (data_.models.empty()) return;
  if (all.empty()) {
    out_ +=
        "<p class=\"clear\">No warnings: every recorded value is finite, and no check of the run raised "
        "one.</p>\n";
    return;
  }
  out_ += fmt::format("<aside class=\"warnings\"><h2>\u26A0 {}</h2><ul>",
                      all.size() == 1 ? "One warning" : fmt::format("{} warnings", all.size()));
  for (const std::string& w : all) out_ += fmt::format("<li>{}</li>", escape(w));
  out_ += "</ul></aside>\n";
}

void Page::final_table() {
  if (data_.models.empty()) return;
  const ModelResult* reference = reference_of(data_);
  const auto any = [&](auto&& test) { return std::any_of(data_.models.begin(), data_.models.end(), test); };
  const bool accuracy = any([](const ModelResult& m) { return !m.test_accuracy.empty(); });
  const bool loss = any([](const ModelResult& m) { return !m.test_loss.empty(); });
  const bool falls = any([](const ModelResult& m) { return !m.test_falls.empty(); });
  const bool returns = any([](const ModelResult& m) { return !m.test_return.empty(); });
  const bool gap = accuracy && any([&](const ModelResult& m) {
                     return reference && &m != reference && accuracy_gap(m, *reference).n > 0;
                   });
  const bool angle = any([](const ModelResult& m) { return angle_interval(m).n > 0; });
  const bool time = any([](const ModelResult& m) { return m.wall_seconds > 0; });
  const bool needed = any([](const ModelResult& m) { return !m.needs.empty(); });

  section("Results");
  out_ += "<div class=\"scroll\"><table><thead><tr><th>Model</th><th>Seeds</th>";
  const auto head = [&](bool shown, const char* name, const std::string& sub) {
    if (shown) out_ += fmt::format("<th>{}<br/><span class=\"b\">{}</span></th>", name, sub);
  };
  // With accuracies, the difference in accuracy is what is asked for.
  const bool ratio = !accuracy && any([&](const ModelResult& m) {
    return reference && &m != reference && loss_ratio(data_, m, *reference).n > 0;
  });
  head(accuracy, "Test accuracy", "mean [95\u00A0%]");
  head(returns, "Steps to solve",
       data_.solved ? fmt::format("until training returns {:g}", *data_.solved) : std::string());
  head(returns, "Test return", "mean [95\u00A0%]");
  head(falls, "Test falls", "median; mean [95\u00A0%]");
  head(falls, "Teacher\u2019s falls", "from the same starts");
  head(gap, "Difference", "from the reference, points [95\u00A0%]");
  head(loss, "Test loss", losses_are_geometric(data_) ? "geometric mean [95\u00A0%]" : "mean [95\u00A0%]");
  head(ratio, "Loss ratio", "to the reference, paired [95\u00A0%]");
  head(angle, "Angle to gradient", "total, mean [95\u00A0%]");
  head(time, "Wall time", "all seeds");
  head(needed, "Needs", "beyond local rates");
  out_ += "</tr></thead><tbody>\n";
  for (const ModelResult& m : data_.models) {
    out_ += fmt::format("<tr{}><th scope=\"row\">{}</th><td>{}</td>", m.reference ? " class=\"ref\"" : "",
                        escape(m.label), seed_count(m));
    const auto cell = [&](bool shown, const std::string& html) {
      if (shown) out_ += fmt::format("<td class=\"n\">{}</td>", html);
    };
    cell(accuracy, two_lines(percent_figures(accuracy_interval(m))));
    cell(returns, escape(solved_words(m)));
    cell(returns, two_lines(count_figures(return_interval(m))));
    cell(falls, m.test_falls.empty() ? "–"
                                     : two_lines({fmt::format("{:g}", median_falls(m)),
                                                  "mean " + count_figures(falls_interval(m)).text()}));
    cell(falls, m.teacher_falls.empty() ? "–" : fmt::format("{:g}", median_teacher_falls(m)));
    cell(gap, reference && &m != reference ? two_lines(points_figures(accuracy_gap(m, *reference))) : "–");
    cell(loss, two_lines(loss_figures(loss_interval(data_, m))));
    cell(ratio,
         reference && &m != reference ? two_lines(loss_figures(loss_ratio(data_, m, *reference))) : "–");
    cell(angle, two_lines(angle_figures(angle_interval(m))));
    cell(time, duration_text(m.wall_seconds));
    if (needed) {
      std::vector<std::string> names;
      for (const Need& n : m.needs) {
        if (n.needed()) names.push_back(n.ingredient);
      }
      out_ += fmt::format("<td>{}</td>", m.needs.empty() ? "–"
                                         : names.empty() ? "none of these"
                                                         : escape(join_names(names)));
    }
    out_ += "</tr>\n";
  }
  out_ += "</tbody></table></div>\n";
}

void Page::expectations() {
  if (data_.expectations.empty()) return;
  out_ += fmt::format("<h2>Compared with {}</h2>\n", escape(data_.reproduces));
  out_ +=
      "<div class=\"scroll\"><table><thead><tr><th>Quantity</th><th>Measured<br/><span "
      "class=\"b\">[95\u00A0%]</span></th>"
      "<th>Expected</th><th>Verdict</th><th>Why this tolerance</th><th>Where the figure comes "
      "from</th></tr></thead><tbody>\n";
  for (const ExpectedFigure& e : data_.expectations) {
    out_ += fmt::format(
        "<tr><th scope=\"row\">{}</th><td "
        "class=\"n\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escape(e.subject), escape(e.measured), escape(e.expected),
        e.reproduced ? "reproduced" : "<b>deviates</b>", escape(e.because), escape(e.source));
  }
  out_ += "</tbody></table></div>\n";
}

void Page::final_dots() {
  struct Kind {
    const char* name;
    const char* unit;
    std::vector<SeedValue> ModelResult::*values;
    std::function<MeanInterval(const ModelResult&)> interval;
    Figures (*figures)(const MeanInterval&);
    bool log = false, percent = false;
  };
  const Kind kinds[] = {
      {.name = "return",
       .unit = "",
       .values = &ModelResult::test_return,
       .interval = return_interval,
       .figures = count_figures},
      {.name = "falls",
       .unit = "",
       .values = &ModelResult::test_falls,
       .interval = falls_interval,
       .figures = count_figures},
      {.name = "accuracy",
       .unit = " (%)",
       .values = &ModelResult::test_accuracy,
       .interval = accuracy_interval,
       .figures = percent_figures,
       .percent = true},
      {.name = "loss",
       .unit = "",
       .values = &ModelResult::test_loss,
       .interval = [this](const ModelResult& m) { return loss_interval(data_, m); },
       .figures = loss_figures,
       .log = losses_are_geometric(data_)},
  };
  for (const Kind& kind : kinds) {
    DotPlot plot{.description = fmt::format("Final test {} of every seed, by model", kind.name),
                 .x_label = fmt::format("test {}{}", kind.name, kind.unit),
                 .log_x = kind.log,
                 .percent = kind.percent};
    bool several = false;
    for (std::size_t i = 0; i < data_.models.size(); ++i) {
      const ModelResult& m = data_.models[i];
      const std::vector<SeedValue>& values = m.*kind.values;
      if (values.empty()) continue;
      const MeanInterval interval = kind.interval(m);
      several = several || interval.has_bounds();
      plot.rows.push_back({m.label, styles_[i], m.reference, values, interval,
                           interval.n > 0 ? kind.figures(interval).text() : "not finite"});
    }
    const std::string svg = svg_of(plot);
    if (svg.empty()) continue;
    figure(svg, fmt::format("Test {} of every seed", kind.name),
           several ? fmt::format("Dots: seeds; diamond and bar: {} and its 95 % interval.",
                                 plot.log_x ? "geometric mean" : "mean")
                   : "One seed: no interval.");
  }
}

/// What a metric is called: "test loss", or in words what training itself showed.
std::string words_for(const std::string& metric, const std::string& split) {
  if (metric == "classes_never_decided") return "classes never decided on, " + split;
  if (split != "train") return split + " " + metric;
  constexpr std::pair<const char*, const char*> kTraining[] = {
      {"return", "mean return of the last episodes"},
      {"open_gates", "fraction of open gates"},
      {"prediction_error", "mean |reward prediction error|"},
      {"entropy", "entropy of the policy (nats)"},
      {"kl", "KL divergence from the rollout's policy (nats)"},
      {"policy_loss", "policy loss"},
      {"value_loss", "value loss"}};
  for (const auto& [name, words] : kTraining) {
    if (metric == name) return words;
  }
  return split + " " + metric;
}

/// After training began: before it, most classes are never decided on.
bool ever_above_zero(const MetricCurves& c) {
  return std::any_of(c.seeds.begin(), c.seeds.end(), [](const SeedCurve& s) {
    for (std::size_t i = 0; i < s.x.size(); ++i) {
      if (s.x[i] > 0 && s.y[i] > 0) return true;
    }
    return false;
  });
}

void Page::metric_curves() {
  std::vector<std::pair<std::string, std::string>>
      panels;  // returns, falls or accuracy first, then loss, then the others as they come
  for (const char* metric : {"return", "falls", "accuracy", "loss", "open_gates", "prediction_error", ""}) {
    for (const char* split : {"validation", "test", "train", ""}) {
      for (const ModelResult& m : data_.models) {
        for (const MetricCurves& c : m.metrics) {
          if ((*metric && c.metric != metric) || (*split && c.split != split)) continue;
          if (c.metric == "teacher_falls") continue;  // drawn with "falls"
          if (c.metric == "classes_never_decided" && !ever_above_zero(c)) continue;
          const std::pair<std::string, std::string> key{c.metric, c.split};
          if (std::find(panels.begin(), panels.end(), key) == panels.end()) panels.push_back(key);
        }
      }
    }
  }
  std::string before = std::move(out_);
  out_.clear();
  for (const auto& [metric, split] : panels) {
    const bool accuracy = metric == "accuracy";
    const std::string words = words_for(metric, split);
    LinePlot plot{.description = words + " over training",
                  .x_label = data_.x_label,
                  .y_label = accuracy ? words + " (%)" : words,
                  .log_y = metric == "loss" || metric == "falls" || metric == "prediction_error" ||
                           metric == "value_loss",
                  .percent = accuracy};
    bool curve = false;
    for (std::size_t i = 0; i < data_.models.size(); ++i) {
      for (const MetricCurves& c : data_.models[i].metrics) {
        if (c.metric != metric || c.split != split) continue;
        plot.series.push_back(series(i, c.seeds));
        for (const SeedCurve& s : c.seeds) curve = curve || s.x.size() > 1;
      }
    }
    if (metric == "falls") plot.reference = teachers_line(data_, split);
    if (metric == "return" && data_.solved) {
      plot.reference =
          ReferenceLine{*data_.solved, "solved",
                        fmt::format("A mean return of {:g} over the last training episodes counts as solved.",
                                    *data_.solved)};
    }
    const std::string svg = curve ? svg_of(plot) : "";
    if (!svg.empty()) figure(svg, capitalised(words) + " over training", how_drawn(plot));
  }
  const std::string drawn = std::move(out_);
  out_ = std::move(before);
  if (drawn.empty()) return;
  section("Over training");
  out_ += "<div class=\"grid\">\n" + drawn + "</div>\n";
}

void Page::alignment() {
  std::string before = std::move(out_);
  out_.clear();
  bool missing = false;
  for (const ModelResult& m : data_.models) {
    if (m.alignment.empty()) {
      missing = true;
      continue;
    }
    LinePlot plot{
        .description =
            fmt::format("Angle between credit and exact gradient of {}, per area, over training", m.label),
        .x_label = data_.x_label,
        .y_label = "angle to the gradient (°)",
        .y_ticks = {0, 15, 30, 45, 60, 75, 90},
        .reference = ReferenceLine{90, "orthogonal",
                                   "90° is orthogonal to the gradient: no credit; 0° is backpropagation."}};
    double largest = 0;
    std::size_t style = 0;
    for (const AlignmentCurves& a : m.alignment) {
      const bool total = a.area == "total";
      plot.series.push_back(
          {.label = a.area, .style = total ? 0 : style, .principal = total, .seeds = a.seeds});
      style += total ? 0 : 1;
      for (const SeedCurve& s : a.seeds) {
        for (double v : s.y) largest = std::isfinite(v) ? std::max(largest, v) : largest;
      }
    }
    plot.y_ticks = largest > 92 ? std::vector<double>{0, 30, 60, 90, 120, 150, 180}
                                : std::vector<double>{0, 15, 30, 45, 60, 75, 90};
    const std::string svg = svg_of(plot);
    if (!svg.empty()) figure(svg, "Alignment of " + m.label, how_drawn(plot));
  }
  const std::string drawn = std::move(out_);
  out_ = std::move(before);
  if (drawn.empty() && !missing) return;
  section("Alignment with the exact gradient");
  if (!drawn.empty()) out_ += "<div class=\"grid\">\n" + drawn + "</div>\n";
  std::vector<std::string> unmeasured;
  for (const ModelResult& m : data_.models) {
    if (m.alignment.empty()) unmeasured.push_back(m.label);
  }
  if (!unmeasured.empty()) {
    out_ += fmt::format("<p class=\"note\">Alignment was not recorded for {}.</p>\n",
                        escape(join_names(unmeasured)));
  }
}

void Page::circuits() {
  if (data_.circuits.empty()) return;
  section(data_.circuits.size() == 1 ? "Circuit" : "Circuits");
  for (const DrawnCircuit& c : data_.circuits) {
    figure(c.svg, "Circuit " + c.name, c.caption);
    out_ += fmt::format("<details><summary>The circuit {} as text</summary><pre>{}</pre></details>\n",
                        escape(c.name), escape(c.description));
  }
}

void Page::costs() {
  if (std::none_of(data_.models.begin(), data_.models.end(),
                   [](const ModelResult& m) { return m.cost.has_value(); }))
    return;
  section("What learning took");
  out_ +=
      "<p>Samples until a validation reached 95 % of the last one’s accuracy (mean over seeds), and what one "
      "training sample costs at "
      "the synapses, which stands for energy: a synaptic event is a value passing one weight in any "
      "direction or phase; weights are read for "
      "every event and every change.</p>\n"
      "<div class=\"scroll\"><table><thead><tr><th>Model</th><th>Samples to 95 %</th><th>Time per "
      "epoch</th><th>Synaptic events per sample</th>"
      "<th>Weight reads per sample</th><th>Weight writes per sample</th></tr></thead><tbody>\n";
  for (const ModelResult& m : data_.models) {
    if (!m.cost) continue;
    const auto number = [](double v) {
      return std::isfinite(v) ? fmt::format("{:.3g}", v) : std::string("–");
    };
    out_ += fmt::format(
        "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
        "class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        escape(m.label),
        std::isfinite(m.cost->samples_to_95) ? fmt::format("{:.0f}", m.cost->samples_to_95) : "–",
        std::isfinite(m.cost->seconds_per_epoch) ? duration_text(m.cost->seconds_per_epoch) : "–",
        number(m.cost->synaptic_events), number(m.cost->weight_reads), number(m.cost->weight_writes));
  }
  out_ += "</tbody></table></div>\n";
}

void Page::needs() {
  if (std::all_of(data_.models.begin(), data_.models.end(),
                  [](const ModelResult& m) { return m.needs.empty(); }))
    return;
  section("What each model needs");
  out_ +=
      "<p>Of circuits found by inspection, not declared by their authors; of layered networks what the "
      "credit rule itself says it uses.</p>\n"
      "<div "
      "class=\"scroll\"><table><thead><tr><th>Model</th><th>Ingredient</th><th>Needed</th><th>Why</th></tr></"
      "thead><tbody>\n";
  for (const ModelResult& m : data_.models) {
    bool first = true;
    for (const Need& n : m.needs) {
      out_ += "<tr>";
      if (first)
        out_ += fmt::format("<th scope=\"row\" rowspan=\"{}\">{}</th>", m.needs.size(), escape(m.label));
      out_ +=
          fmt::format("<td>{}</td><td class=\"answer\">{}</td><td>{}</td></tr>\n", escape(n.ingredient),
                      n.needed() ? "<b>" + escape(n.answer) + "</b>" : escape(n.answer), escape(n.reason));
      first = false;
    }
  }
  out_ += "</tbody></table></div>\n";
}

void Page::pictures() {
  if (data_.pictures.empty()) return;
  section("What comes out");
  out_ +=
      "<p>Outputs of the first seed after training, for the test samples in their order.</p>\n<div "
      "class=\"scroll\"><table><tbody>\n";
  for (const PictureRow& p : data_.pictures) {
    out_ += fmt::format(
        "<tr><th scope=\"row\">{}</th><td><img class=\"pixels\" alt=\"{}\" "
        "src=\"data:image/png;base64,{}\"/></td></tr>\n",
        escape(p.label), escape(p.label), p.png_base64);
  }
  out_ += "</tbody></table></div>\n";
}

void Page::extra_figures(const char* title, const std::vector<FigureExtra>& all) {
  if (all.empty()) return;
  section(title);
  out_ += "<div class=\"grid\">\n";
  for (const FigureExtra& e : all) {
    LinePlot plot{.description = e.title,
                  .x_label = e.x_label,
                  .y_label = e.y_label,
                  .log_y = e.log_y,
                  .percent = e.percent,
                  .log_x = e.log_x,
                  .x_ticks = e.x_ticks};
    for (std::size_t i = 0; i < e.series.size(); ++i)
      plot.series.push_back({.label = e.series[i].label, .style = i, .seeds = e.series[i].seeds});
    const std::string svg = svg_of(plot);
    if (!svg.empty()) figure(svg, e.title, e.caption + (e.caption.empty() ? "" : " ") + how_drawn(plot));
  }
  out_ += "</div>\n";
}

void Page::method() {
  section("How this was measured");
  if (!data_.evaluation.empty())
    out_ += fmt::format("<p><b>Evaluation.</b> {}</p>\n", escape(data_.evaluation));
  out_ +=
      "<p><b>Statistics.</b> The seed is the unit of replication: every number is computed per seed, then "
      "averaged. Intervals are 95 % "
      "confidence intervals of the mean over seeds (Student t). No seed is selected or left out. Differences "
      "from the reference are "
      "paired by seed.";
  if (losses_are_geometric(data_)) {
    out_ +=
        " Losses of different seeds can lie decades apart, so their means and intervals are taken of the "
        "logarithm (geometric means).";
  }
  out_ += "</p>\n";
  if (std::any_of(data_.models.begin(), data_.models.end(),
                  [](const ModelResult& m) { return !m.alignment.empty(); })) {
    out_ +=
        "<p><b>Alignment.</b> The angle between the weight change that the model assigns to a sample and the "
        "exact negative "
        "gradient of the same loss in the same weights, averaged over samples in which both have a length: "
        "per area over "
        "that area’s weights; for the total, each area’s credit is first scaled to the length of its "
        "gradient, as a "
        "learning rate per area would.</p>\n";
  }
}

void Page::settings() {
  if (data_.provenance.empty() && data_.experiment_toml.empty()) return;
  section("Settings and provenance");
  if (!data_.experiment_toml.empty()) {
    out_ += fmt::format(
        "<details><summary>The experiment as it was run (TOML)</summary><pre>{}</pre></details>\n",
        escape(data_.experiment_toml));
  }
  if (data_.provenance.empty()) return;
  out_ += "<div class=\"scroll\"><table><tbody>\n";
  for (const auto& [key, value] : data_.provenance) {
    out_ += fmt::format("<tr><td class=\"key\">{}</td><td class=\"value\">{}</td></tr>\n", escape(key),
                        escape(value));
  }
  out_ += "</tbody></table></div>\n";
}

void Page::citations() {
  std::vector<std::string> all;
  const auto add = [&](const std::string& c) {
    if (!c.empty() && std::find(all.begin(), all.end(), c) == all.end()) all.push_back(c);
  };
  for (const ModelResult& m : data_.models) add(m.citation);
  for (const std::string& c : data_.citations) add(c);
  if (all.empty()) return;
  section("Please cite");
  out_ += "<ol class=\"refs\">\n";
  for (const std::string& c : all) out_ += fmt::format("<li>{}</li>\n", with_doi_links(c));
  out_ += "</ol>\n";
}

std::string Page::render() {
  heading();
  warnings();
  extra_figures("Along the sweep", data_.sweep);
  final_table();
  expectations();
  pictures();
  final_dots();
  metric_curves();
  alignment();
  extra_figures("How units are taught", data_.areas);
  circuits();
  costs();
  needs();
  extra_figures("Further measurements", data_.extras);
  method();
  settings();
  citations();
  return report_page(data_.title, out_);
}

}  // namespace

std::string render_report(const ReportData& data) {
  std::set<std::string> labels;
  for (const ModelResult& m : data.models) {
    if (!labels.insert(m.label).second) {
      throw ConfigError(fmt::format("two models of the report are labelled '{}'", m.label), {},
                        "give each model a label of its own");
    }
  }
  return Page(data).render();
}

}  // namespace apical
