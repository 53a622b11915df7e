// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "apical/analysis/statistics.h"
#include "apical/core/error.h"
#include "apical/report/compose/curve_plots.h"
#include "apical/report/compose/metric_look.h"
#include "apical/report/compose/words.h"
#include "apical/report/sections/sections.h"

namespace apical::sections {
namespace {

Cell number(const Figures& f, std::optional<double> value = {}) {
  return {.text = f.value, .below = f.bounds, .look = Cell::Look::number, .value = value};
}
Cell number(const std::string& text, std::optional<double> value = {}) {
  return {.text = text, .look = Cell::Look::number, .value = value};
}
const Cell kNothing{.text = "–", .look = Cell::Look::number};

std::string needed_by(const RunData& r) {
  std::vector<std::string> names;
  for (const Ingredient& i : r.needs) {
    if (i.needed) names.push_back(i.name);
  }
  return r.needs.empty() ? "–" : names.empty() ? "none of these" : join_names(names);
}

/// A row for each run, grown column by column.
class RunTable {
 public:
  explicit RunTable(const ReportData& data) : data_(data) {
    table.columns = {{"Model"}, {"Seeds"}};
    for (const RunData& r : data.runs) {
      const std::size_t seeds = seed_count(r);
      table.rows.push_back({{{.text = r.label, .look = Cell::Look::heading},
                             {.text = seeds > 0 ? fmt::format("{}", seeds) : "–"}},
                            &r == reference_of(data)});
    }
  }
  template <class CellOf>
  void column(const std::string& name, const std::string& below, CellOf&& cell_of) {
    table.columns.push_back({name, below});
    for (std::size_t i = 0; i < data_.runs.size(); ++i) table.rows[i].cells.push_back(cell_of(data_.runs[i]));
  }
  Table table;

 private:
  const ReportData& data_;
};

std::string below_heading(const ReportData& data, const Metric& m) {
  if (m.over_seeds == OverSeeds::median_of_some) {
    const auto goal = std::find_if(data.runs.begin(), data.runs.end(),
                                   [](const RunData& r) { return r.solved.has_value(); });
    return goal == data.runs.end() ? "median" : fmt::format("until training returns {:g}", *goal->solved);
  }
  if (m.over_seeds == OverSeeds::median) return "median; mean [95\u00A0%]";
  if (m.over_seeds == OverSeeds::mean_and_median) return "mean [95\u00A0%]; median";
  return m.in == MeasuredIn::area ? "total, mean [95\u00A0%]" : "mean [95\u00A0%]";
}

Cell headline_cell(const RunData& r, const Metric& m) {
  const std::vector<SeedValue> values = last_values_of(r, m);
  if (values.empty()) return kNothing;
  if (m.over_seeds == OverSeeds::median_of_some) {
    const std::vector<double> reached = finite_values(values);
    return number(median_of_some_words(m, values),
                  reached.empty() ? std::optional<double>{} : median(reached));
  }
  const MeanInterval i = interval_of(r, m);
  const Figures f = figures_of(m, i);
  if (i.n < 2) return number(f, i.mean);
  const double middle = median(values_of(values));
  if (m.over_seeds == OverSeeds::median)
    return number({fmt::format("{:g}", middle), "mean " + f.text()}, middle);
  if (m.over_seeds == OverSeeds::mean_and_median)
    return number({f.text(), "median " + figures_of(m, mean_interval(std::vector{middle})).value}, i.mean);
  return number(f, i.mean);
}

/// Beside a headline, its difference from the reference or the ratio to it, paired by seed.
void add_comparison(const ReportData& data, const Metric& m, RunTable& t) {
  const RunData* const reference = reference_of(data);
  if (reference == nullptr) return;
  const bool by_ratio = is_compared_by_ratio(data, m);
  const auto compared = [&](const RunData& r) {
    return by_ratio ? ratio_of(data, r, *reference, m) : difference_of(r, *reference, m);
  };
  if (std::none_of(data.runs.begin(), data.runs.end(),
                   [&](const RunData& r) { return &r != reference && compared(r).n > 0; }))
    return;
  const auto cell = [&](const RunData& r) {
    if (&r == reference) return kNothing;
    return number(by_ratio ? figures_of(m, compared(r)) : difference_figures(m, compared(r)),
                  compared(r).mean);
  };
  if (by_ratio)
    t.column(capitalised(m.words) + " ratio", "to the reference, paired [95\u00A0%]", cell);
  else
    t.column("Difference",
             m.in_percent() ? "from the reference, points [95\u00A0%]" : "from the reference [95\u00A0%]",
             cell);
}

}  // namespace

void results(const ReportData& data, Page& page) {
  if (data.runs.empty()) return;
  const auto any = [&](auto&& test) { return std::any_of(data.runs.begin(), data.runs.end(), test); };
  RunTable t(data);
  const std::vector<Metric> answers = answers_of(data);
  for (const Metric& m : headlines_of(data)) {
    t.column(capitalised(words_at(m, headline_place(m))), below_heading(data, m),
             [&](const RunData& r) { return headline_cell(r, m); });
    // What is asked for first is compared.
    if (!answers.empty() && answers.front().name == m.name) add_comparison(data, m, t);
  }
  if (any([](const RunData& r) { return r.wall_seconds > 0; }))
    t.column("Wall time", "all seeds",
             [](const RunData& r) { return number(duration_text(r.wall_seconds), r.wall_seconds); });
  if (any([](const RunData& r) { return !r.needs.empty(); }))
    t.column("Needs", "beyond local rates", [](const RunData& r) { return Cell{.text = needed_by(r)}; });
  if (data.is_swept())
    page.folded_section("Results, run by run");
  else
    page.section("Results");
  page.table(t.table);
}

void expectations(const ReportData& data, Page& page) {
  Table t{.columns = {{"Quantity"},
                      {"Measured", "[95\u00A0%]"},
                      {"Expected"},
                      {"Verdict"},
                      {"Rests on"},
                      {"Why this tolerance"},
                      {"Where the figure comes from"}}};
  for (const ExpectedFigure& e : data.expectations) {
    t.rows.push_back(
        {{{.text = e.subject, .look = Cell::Look::heading},
          {.text = e.measured, .look = Cell::Look::number},
          {.text = e.expected},
          {.text = e.verdict, .strong = e.verdict != "reproduced"},
          {.text = e.origin},
          {.text = e.widened.empty() ? e.because : e.because + " (widened after a look: " + e.widened + ")"},
          {.text = e.source}}});
  }
  page.section("Compared with " + data.reproduces);
  page.table(t);
}

}  // namespace apical::sections
