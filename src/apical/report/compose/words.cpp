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

constexpr std::size_t kSentenceEach = 2;  // more models than this are summarised by their extremes

std::string gap_words(const RunData& run, const RunData& reference, const Metric& m) {
  const MeanInterval gap = difference_of(run, reference, m);
  if (gap.n == 0 || !m.in_percent()) return "";
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

/// " (95 % interval [97.2, 98.0], 3 seeds)"
std::string spread_words(const Metric& m, const MeanInterval& i) {
  const Figures f = figures_of(m, i);
  if (f.bounds.empty()) return i.n == 1 ? " (one seed, hence no interval)" : " (no interval)";
  if (m.over_seeds == OverSeeds::median)
    return fmt::format(" (median of {} seeds; mean {}, 95\u00A0% interval {})", i.n, f.value, f.bounds);
  return fmt::format(" (95\u00A0% interval {}, {} seeds)", f.bounds, i.n);
}

std::string value_words(const Metric& m, const std::vector<SeedValue>& values) {
  if (m.over_seeds == OverSeeds::median_of_some) return median_of_some_words(m, values);
  if (const std::vector<double> finite = finite_values(values); m.over_seeds == OverSeeds::median)
    return finite.empty() ? "–" : fmt::format("{:g}", median(finite));
  return figures_of(m, over_seeds(m, values_of(values))).value;
}

/// What a metric says of a run, as its row puts it.
std::string metric_sentence(const RunData& run, const Metric& m) {
  const MeanInterval i = interval_of(run, m);
  const std::string bounds = figures_of(m, i).bounds;
  std::string out =
      m.sentence.empty() ? "{label}: " + m.words + " in the {where} {value}{spread}" : m.sentence;
  out = filled_in(out, "where", headline_place(m));
  out = filled_in(out, "value", value_words(m, last_values_of(run, m)));
  out = filled_in(out, "spread", spread_words(m, i));
  out = filled_in(out, "bounds", bounds.empty() ? "" : " " + bounds);
  out = filled_in(out, "goal", run.solved ? fmt::format("{:g}", *run.solved) : "");
  return filled_in(out, "label", run.label);
}

/// How good the run was, by the first of the figures that it has in every seed.
std::string answer_sentence(const ReportData& data, const RunData& run, const Metric& m) {
  std::string out = metric_sentence(run, m);
  if (const Metric* const follower = find_metric(m.followed_by)) {
    Metric next = *follower;
    next.headline_at = m.headline_at;
    if (!last_values_of(run, next).empty()) out += "; " + metric_sentence(run, next);
  }
  const RunData* const reference = reference_of(data);
  if (reference == nullptr || reference == &run) return out;
  return out + gap_words(run, *reference, m) + ratio_words(ratio_of(data, run, *reference, m), *reference, m);
}

std::string sentence(const ReportData& data, const RunData& run) {
  const std::vector<Metric> answers = answers_of(data);
  const auto first = std::find_if(answers.begin(), answers.end(),
                                  [&](const Metric& m) { return interval_of(run, m).n > 0; });
  std::string out = first == answers.end()
                        ? fmt::format("{} has no finite test result for every seed", run.label)
                        : answer_sentence(data, run, *first);
  for (const Metric& m : area_headlines_of(data)) {
    if (interval_of(run, m).n > 0 && !m.sentence.empty()) out += "; " + metric_sentence(run, m);
  }
  return out + ".";
}

/// Others may be without a value, as a burst probability without events.
bool must_be_finite(const Measurement& m) {
  const Metric* const known = find_metric(m.metric);
  return known != nullptr && known->always_there;
}

void warn_of_lost_seeds(const RunData& run, std::vector<Message>& out) {
  std::set<std::uint64_t> lost;
  for (const Measurement& m : run.measured) {
    if (!std::isfinite(m.value) && must_be_finite(m)) lost.insert(m.seed);
  }
  if (lost.empty()) return;
  std::vector<std::string> names;
  names.reserve(lost.size());
  for (std::uint64_t s : lost) names.push_back(std::to_string(s));
  out.push_back(
      {run.label,
       fmt::format("values that are not finite in {} {}. Means are left out where a seed is lost, because a "
                   "mean over the remaining seeds would flatter the model.",
                   names.size() == 1 ? "seed" : "seeds", join_names(names))});
}

/// Best first, by the first figure that both have.
bool is_better(const ReportData& data, const RunData& a, const RunData& b) {
  for (const Metric& m : answers_of(data)) {
    const MeanInterval x = interval_of(a, m), y = interval_of(b, m);
    if (x.n > 0 && y.n > 0) return m.better == Better::higher ? x.mean > y.mean : x.mean < y.mean;
  }
  return false;
}

}  // namespace

std::string summary_sentences(const ReportData& data) {
  if (data.runs.empty()) return "No model was run.";
  const std::vector<Metric> answers = answers_of(data);
  if (answers.empty() && area_headlines_of(data).empty()) return "";
  const std::string& task = data.runs.front().task;
  std::string out = task.empty() ? "" : fmt::format("On {}, ", task);
  if (data.runs.size() <= kSentenceEach) {
    for (const RunData& r : data.runs) out += (&r == &data.runs.front() ? "" : "\n") + sentence(data, r);
    return out;
  }
  std::vector<const RunData*> ranked;
  const RunData* const reference = reference_of(data);
  for (const RunData& r : data.runs) {
    if (&r != reference &&
        std::any_of(answers.begin(), answers.end(), [&](const Metric& m) { return interval_of(r, m).n > 0; }))
      ranked.push_back(&r);
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [&](const RunData* a, const RunData* b) { return is_better(data, *a, *b); });
  out += fmt::format("{} models were compared.", data.runs.size());
  if (reference != nullptr) out += "\nThe reference: " + sentence(data, *reference);
  if (!ranked.empty()) out += "\nOf the others, the best mean: " + sentence(data, *ranked.front());
  if (ranked.size() > 1) out += "\nThe worst: " + sentence(data, *ranked.back());
  return out;
}

std::vector<std::string> all_warnings(const ReportData& data) {
  std::vector<Message> all;
  for (const RunData& r : data.runs) {
    for (const Message& w : r.warnings)
      all.push_back({w.who.empty() ? r.label : r.label + ": " + w.who, w.what});
    warn_of_lost_seeds(r, all);
  }
  std::vector<std::string> out = grouped(all), single;
  for (const RunData& r : data.runs) {
    if (seed_count(r) == 1) single.push_back(r.label);
  }
  if (!single.empty()) {
    out.push_back(fmt::format(
        "{}: one seed only. There is no interval, and differences from other models cannot be judged.",
        who_of_many(single)));
  }
  return out;
}

}  // namespace apical
