// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "apical/core/error.h"
#include "apical/report/compose/words.h"
#include "apical/report/html/numbers.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

Cell number(const Figures& f) { return {.text = f.value, .below = f.bounds, .look = Cell::Look::number}; }
Cell number(const std::string& text) { return {.text = text, .look = Cell::Look::number}; }
const Cell kNothing{.text = "–", .look = Cell::Look::number};

std::string needed_by(const ModelResult& m) {
  std::vector<std::string> names;
  for (const Need& n : m.needs) {
    if (n.needed()) names.push_back(n.ingredient);
  }
  return m.needs.empty() ? "–" : names.empty() ? "none of these" : join_names(names);
}

}  // namespace

void results(const ReportData& data, Page& page) {
  if (data.models.empty()) return;
  const ModelResult* reference = reference_of(data);
  const auto any = [&](auto&& test) { return std::any_of(data.models.begin(), data.models.end(), test); };
  const auto other = [&](const ModelResult& m) { return reference && &m != reference; };
  Table t;
  for (const ModelResult& m : data.models)
    t.rows.push_back(
        {{{.text = m.label, .look = Cell::Look::heading}, {.text = fmt::format("{}", seed_count(m))}},
         m.reference});
  t.columns = {{"Model"}, {"Seeds"}};
  const auto column = [&](bool shown, const char* name, const std::string& below, auto&& cell_of) {
    if (!shown) return;
    t.columns.push_back({name, below});
    for (std::size_t i = 0; i < data.models.size(); ++i) t.rows[i].cells.push_back(cell_of(data.models[i]));
  };
  const bool accuracy = any([](const ModelResult& m) { return !m.test_accuracy.empty(); });
  const bool falls = any([](const ModelResult& m) { return !m.test_falls.empty(); });
  const bool returns = any([](const ModelResult& m) { return !m.test_return.empty(); });
  column(accuracy, "Test accuracy", "mean [95\u00A0%]",
         [](const ModelResult& m) { return number(percent_figures(accuracy_interval(m))); });
  column(returns, "Steps to solve",
         data.solved ? fmt::format("until training returns {:g}", *data.solved) : std::string(),
         [](const ModelResult& m) { return number(solved_words(m)); });
  column(returns, "Test return", "mean [95\u00A0%]",
         [](const ModelResult& m) { return number(count_figures(return_interval(m))); });
  column(falls, "Test falls", "median; mean [95\u00A0%]", [](const ModelResult& m) {
    return m.test_falls.empty() ? kNothing
                                : number({fmt::format("{:g}", median_falls(m)),
                                          "mean " + count_figures(falls_interval(m)).text()});
  });
  column(falls, "Teacher\u2019s falls", "from the same starts", [](const ModelResult& m) {
    return m.teacher_falls.empty() ? kNothing : number(fmt::format("{:g}", median_teacher_falls(m)));
  });
  const bool gap =
      accuracy && any([&](const ModelResult& m) { return other(m) && accuracy_gap(m, *reference).n > 0; });
  column(gap, "Difference", "from the reference, points [95\u00A0%]", [&](const ModelResult& m) {
    return other(m) ? number(points_figures(accuracy_gap(m, *reference))) : kNothing;
  });
  column(any([](const ModelResult& m) { return !m.test_loss.empty(); }), "Test loss",
         losses_are_geometric(data) ? "geometric mean [95\u00A0%]" : "mean [95\u00A0%]",
         [&](const ModelResult& m) { return number(loss_figures(loss_interval(data, m))); });
  // With accuracies, the difference in accuracy is what is asked for.
  const bool ratio = !accuracy && any([&](const ModelResult& m) {
    return other(m) && loss_ratio(data, m, *reference).n > 0;
  });
  column(ratio, "Loss ratio", "to the reference, paired [95\u00A0%]", [&](const ModelResult& m) {
    return other(m) ? number(loss_figures(loss_ratio(data, m, *reference))) : kNothing;
  });
  column(any([](const ModelResult& m) { return angle_interval(m).n > 0; }), "Angle to gradient",
         "total, mean [95\u00A0%]",
         [](const ModelResult& m) { return number(angle_figures(angle_interval(m))); });
  column(any([](const ModelResult& m) { return m.wall_seconds > 0; }), "Wall time", "all seeds",
         [](const ModelResult& m) { return number(duration_text(m.wall_seconds)); });
  column(any([](const ModelResult& m) { return !m.needs.empty(); }), "Needs", "beyond local rates",
         [](const ModelResult& m) { return Cell{.text = needed_by(m)}; });
  page.section("Results");
  page.table(t);
}

void expectations(const ReportData& data, Page& page) {
  Table t{.columns = {{"Quantity"},
                      {"Measured", "[95\u00A0%]"},
                      {"Expected"},
                      {"Verdict"},
                      {"Why this tolerance"},
                      {"Where the figure comes from"}}};
  for (const ExpectedFigure& e : data.expectations) {
    t.rows.push_back({{{.text = e.subject, .look = Cell::Look::heading},
                       {.text = e.measured, .look = Cell::Look::number},
                       {.text = e.expected},
                       {.text = e.reproduced ? "reproduced" : "deviates", .strong = !e.reproduced},
                       {.text = e.because},
                       {.text = e.source}}});
  }
  page.section("Compared with " + data.reproduces);
  page.table(t);
}

}  // namespace apical::sections
