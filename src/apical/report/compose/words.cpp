// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "apical/analysis/statistics.h"
#include "apical/core/error.h"
#include "apical/report/compose/metric_look.h"

namespace apical {
namespace {

constexpr std::size_t kSentenceEach = 4;  // more models than this are summarised by their extremes

std::string with_interval(const Figures& f, std::size_t n) {
  if (f.bounds.empty())
    return fmt::format("{} ({})", f.value, n == 1 ? "one seed, hence no interval" : "no interval");
  return fmt::format("{} (95\u00A0% interval {}, {} seeds)", f.value, f.bounds, n);
}

std::string gap_words(const RunData& run, const RunData& reference, const Metric& m) {
  const MeanInterval gap = difference_of(run, reference, m);
  if (gap.n == 0 || m.shown_times == 1) return "";
  const Figures f = difference_figures(m, gap);
  if (gap.has_bounds() && gap.low <= 0 && gap.high >= 0) {
    return fmt::format(", not distinguishable from {} with these seeds (paired difference {} points {})",
                       reference.label, f.value, f.bounds);
  }
  const Figures size = difference_figures(m, {std::abs(gap.mean), gap.low, gap.high, gap.n});
  return fmt::format(", {} points {} {}{}", size.value, gap.mean < 0 ? "below" : "above", reference.label,
                     f.bounds.empty()
                         ? ""
                         : fmt::format(" (paired difference {}, 95\u00A0% interval {})", f.value, f.bounds));
}

std::string ratio_words(const MeanInterval& ratio, const RunData& reference, const Metric& m) {
  if (ratio.n == 0) return "";
  const Figures f = figures_of(m, ratio);
  if (ratio.has_bounds() && ratio.low <= 1 && ratio.high >= 1) {
    return fmt::format(", not distinguishable from {} with these seeds (paired ratio {} {})", reference.label,
                       f.value, f.bounds);
  }
  return fmt::format(", {} times that of {}{}", f.value, reference.label,
                     f.bounds.empty() ? "" : fmt::format(" (paired ratio, 95\u00A0% interval {})", f.bounds));
}

double median_at_test(const RunData& run, const char* metric) {
  return median(finite_values(last_of(run.measured, "test", metric)));
}

/// How good the run was, by the first of the figures that it has in every seed.
std::string answer_sentence(const ReportData& data, const RunData& run, const Metric& m) {
  const MeanInterval i = interval_of(data, run, m);
  const Figures f = figures_of(m, i);
  if (m.name == "return") {
    std::string out = fmt::format("{} had a mean return of {} in the test", run.label, with_interval(f, i.n));
    if (run.solved)
      out += fmt::format("; environment steps until its training episodes returned {:g}: {}", *run.solved,
                         median_of_some_words(last_of(run.measured, "train", "steps_to_solve")));
    return out;
  }
  if (m.name == "falls") {
    return fmt::format(
        "{} let its plant fall {:g} times in the test ({}); its teacher, from the same starts, {:g} times",
        run.label, median_at_test(run, "falls"),
        f.bounds.empty()
            ? "one seed, hence no interval"
            : fmt::format("median of {} seeds; mean {}, 95\u00A0% interval {}", i.n, f.value, f.bounds),
        median_at_test(run, "teacher_falls"));
  }
  if (m.name != "accuracy" && m.name != "loss")
    return fmt::format("{}: {} in the test {}", run.label, m.words, with_interval(f, i.n));
  const RunData* const reference = reference_of(data);
  const bool other = reference != nullptr && reference != &run;
  return fmt::format("{} reached a test {} of {}{}{}", run.label, m.words, with_interval(f, i.n),
                     other ? gap_words(run, *reference, m) : "",
                     other ? ratio_words(ratio_of(data, run, *reference, m), *reference, m) : "");
}

std::string sentence(const ReportData& data, const RunData& run) {
  std::string out;
  const std::vector<Metric> answers = answers_of(data);
  const auto first = std::find_if(answers.begin(), answers.end(),
                                  [&](const Metric& m) { return interval_of(data, run, m).n > 0; });
  out = first == answers.end() ? fmt::format("{} has no finite test result for every seed", run.label)
                               : answer_sentence(data, run, *first);
  if (const MeanInterval angle = angle_interval(run); angle.n > 0) {
    const Figures f = angle_figures(angle);
    out += fmt::format("; when last measured its credit lay {}{} from the exact negative gradient", f.value,
                       f.bounds.empty() ? "" : " " + f.bounds);
  }
  return out + ".";
}

/// What has to be a number: the figures by which models are compared, what the catalogue knows of training,
/// and angles. Others may be without a value, as a burst probability without events.
bool must_be_finite(const Measurement& m) {
  if (m.metric == "angle_deg") return true;
  const Metric* const known = find_metric(m.metric);
  return known != nullptr && known->in == MeasuredIn::split && known->name == m.metric &&
         known->over_seeds != OverSeeds::median_of_some;
}

void warn_of_lost_seeds(const RunData& run, std::vector<std::string>& out) {
  std::set<std::uint64_t> lost;
  for (const Measurement& m : run.measured) {
    if (!std::isfinite(m.value) && must_be_finite(m)) lost.insert(m.seed);
  }
  if (lost.empty()) return;
  std::vector<std::string> names;
  for (std::uint64_t s : lost) names.push_back(std::to_string(s));
  out.push_back(fmt::format(
      "{}: values that are not finite in {} {}. Means are left out where a seed is lost, because a mean "
      "over the remaining seeds would flatter the model.",
      run.label, names.size() == 1 ? "seed" : "seeds", join_names(names)));
}

/// Best first, by the first figure that both have.
bool is_better(const ReportData& data, const RunData& a, const RunData& b) {
  for (const Metric& m : answers_of(data)) {
    const MeanInterval x = interval_of(data, a, m), y = interval_of(data, b, m);
    if (x.n > 0 && y.n > 0) return m.better == Better::higher ? x.mean > y.mean : x.mean < y.mean;
  }
  return false;
}

}  // namespace

std::string median_of_some_words(const std::vector<SeedValue>& values) {
  const std::vector<double> some = finite_values(values);
  if (some.empty()) return "never";
  return fmt::format("{:.0f}, median of {} of {} {}", median(some), some.size(), values.size(),
                     values.size() == 1 ? "seed" : "seeds");
}

std::string summary_sentences(const ReportData& data) {
  if (data.runs.empty()) return "No model was run.";
  const std::vector<Metric> answers = answers_of(data);
  if (answers.empty() && std::none_of(data.runs.begin(), data.runs.end(),
                                      [](const RunData& r) { return angle_interval(r).n > 0; }))
    return "";
  const std::string& task = data.runs.front().task;
  std::string out = task.empty() ? "" : fmt::format("On {}, ", task);
  if (data.runs.size() <= kSentenceEach) {
    for (const RunData& r : data.runs) out += (&r == &data.runs.front() ? "" : " ") + sentence(data, r);
    return out;
  }
  std::vector<const RunData*> ranked;
  const RunData* const reference = reference_of(data);
  for (const RunData& r : data.runs) {
    if (&r != reference && std::any_of(answers.begin(), answers.end(),
                                       [&](const Metric& m) { return interval_of(data, r, m).n > 0; }))
      ranked.push_back(&r);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [&](const RunData* a, const RunData* b) { return is_better(data, *a, *b); });
  out += fmt::format("{} models were compared.", data.runs.size());
  if (reference != nullptr) out += " The reference: " + sentence(data, *reference);
  if (!ranked.empty()) out += " Of the others, the best mean: " + sentence(data, *ranked.front());
  if (ranked.size() > 1) out += " The worst: " + sentence(data, *ranked.back());
  return out;
}

std::vector<std::string> all_warnings(const ReportData& data) {
  std::vector<std::string> out;
  for (const RunData& r : data.runs) {
    for (const std::string& w : r.warnings) out.push_back(r.label + ": " + w);
    warn_of_lost_seeds(r, out);
  }
  std::vector<std::string> single;
  for (const RunData& r : data.runs) {
    if (seed_count(r) == 1) single.push_back(r.label);
  }
  if (!single.empty()) {
    out.push_back(fmt::format(
        "{}: one seed only. There is no interval, and differences from other models cannot be judged.",
        join_names(single)));
  }
  return out;
}

}  // namespace apical
