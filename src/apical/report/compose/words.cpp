// SPDX-License-Identifier: Apache-2.0
#include "apical/report/compose/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "apical/analysis/statistics.h"
#include "apical/core/error.h"
#include "apical/report/html/numbers.h"

namespace apical {
namespace {

constexpr std::size_t kSentenceEach = 4;  // more models than this are summarised by their extremes

bool all_finite(const std::vector<SeedValue>& values) {
  return finite_values(values).size() == values.size();
}

MeanInterval interval_of(const std::vector<SeedValue>& values, bool geometric) {
  if (!all_finite(values)) return mean_interval({});
  return geometric ? geometric_interval(finite_values(values)) : mean_interval(finite_values(values));
}

const AlignmentCurves* total_alignment(const ModelResult& m) {
  for (const AlignmentCurves& a : m.alignment) {
    if (a.area == "total") return &a;
  }
  return nullptr;
}

std::string with_interval(const Figures& f, std::size_t n) {
  if (f.bounds.empty())
    return fmt::format("{} ({})", f.value, n == 1 ? "one seed, hence no interval" : "no interval");
  return fmt::format("{} (95\u00A0% interval {}, {} seeds)", f.value, f.bounds, n);
}

std::string gap_words(const ReportData& data, const ModelResult& m) {
  const ModelResult* reference = reference_of(data);
  if (!reference || reference == &m) return "";
  const MeanInterval gap = accuracy_gap(m, *reference);
  if (gap.n == 0) return "";
  const Figures f = points_figures(gap);
  if (gap.has_bounds() && gap.low <= 0 && gap.high >= 0) {
    return fmt::format(", not distinguishable from {} with these seeds (paired difference {} points {})",
                       reference->label, f.value, f.bounds);
  }
  const Figures size = points_figures({std::abs(gap.mean), gap.low, gap.high, gap.n});
  return fmt::format(", {} points {} {}{}", size.value, gap.mean < 0 ? "below" : "above", reference->label,
                     f.bounds.empty()
                         ? ""
                         : fmt::format(" (paired difference {}, 95\u00A0% interval {})", f.value, f.bounds));
}

std::string loss_words(const ReportData& data, const ModelResult& m) {
  const MeanInterval loss = loss_interval(data, m);
  if (loss.n == 0) return "";
  return fmt::format("a test loss of {}", with_interval(loss_figures(loss), loss.n));
}

std::string ratio_words(const ReportData& data, const ModelResult& m) {
  const ModelResult* reference = reference_of(data);
  if (!reference || reference == &m) return "";
  const MeanInterval ratio = loss_ratio(data, m, *reference);
  if (ratio.n == 0) return "";
  const Figures f = loss_figures(ratio);
  if (ratio.has_bounds() && ratio.low <= 1 && ratio.high >= 1) {
    return fmt::format(", not distinguishable from {} with these seeds (paired ratio {} {})",
                       reference->label, f.value, f.bounds);
  }
  return fmt::format(", {} times that of {}{}", f.value, reference->label,
                     f.bounds.empty() ? "" : fmt::format(" (paired ratio, 95\u00A0% interval {})", f.bounds));
}

std::string sentence(const ReportData& data, const ModelResult& m) {
  std::string out;
  const MeanInterval accuracy = accuracy_interval(m), falls = falls_interval(m),
                     returned = return_interval(m);
  if (returned.n > 0) {
    out = fmt::format("{} had a mean return of {} in the test", m.label,
                      with_interval(count_figures(returned), returned.n));
    if (data.solved)
      out += fmt::format("; environment steps until its training episodes returned {:g}: {}", *data.solved,
                         solved_words(m));
  } else if (falls.n > 0) {
    const Figures f = count_figures(falls);
    out = fmt::format(
        "{} let its plant fall {:g} times in the test ({}); its teacher, from the same starts, {:g} times",
        m.label, median_falls(m),
        f.bounds.empty()
            ? "one seed, hence no interval"
            : fmt::format("median of {} seeds; mean {}, 95\u00A0% interval {}", falls.n, f.value, f.bounds),
        median_teacher_falls(m));
  } else if (accuracy.n > 0) {
    out = fmt::format("{} reached a test accuracy of {}{}", m.label,
                      with_interval(percent_figures(accuracy), accuracy.n), gap_words(data, m));
  } else if (const std::string loss = loss_words(data, m); !loss.empty()) {
    out = fmt::format("{} reached {}{}", m.label, loss, ratio_words(data, m));
  } else {
    out = fmt::format("{} has no finite test result for every seed", m.label);
  }
  const MeanInterval angle = angle_interval(m);
  if (angle.n > 0) {
    const Figures f = angle_figures(angle);
    out += fmt::format("; when last measured its credit lay {}{} from the exact negative gradient", f.value,
                       f.bounds.empty() ? "" : " " + f.bounds);
  }
  return out + ".";
}

void warn_of_lost_seeds(const ModelResult& m, std::vector<std::string>& out) {
  std::set<std::uint64_t> lost;
  const auto look = [&](const std::vector<SeedCurve>& seeds) {
    for (const SeedCurve& s : seeds) {
      if (std::any_of(s.y.begin(), s.y.end(), [](double v) { return !std::isfinite(v); }))
        lost.insert(s.seed);
    }
  };
  for (const MetricCurves& c : m.metrics) look(c.seeds);
  for (const AlignmentCurves& c : m.alignment) look(c.seeds);
  for (const auto* values : {&m.test_accuracy, &m.test_loss}) {
    for (const SeedValue& v : *values) {
      if (!std::isfinite(v.value)) lost.insert(v.seed);
    }
  }
  if (lost.empty()) return;
  std::vector<std::string> names;
  for (std::uint64_t s : lost) names.push_back(std::to_string(s));
  out.push_back(fmt::format(
      "{}: values that are not finite in {} {}. Means are left out where a seed is lost, because a mean "
      "over the remaining seeds would flatter the model.",
      m.label, names.size() == 1 ? "seed" : "seeds", join_names(names)));
}

}  // namespace

MeanInterval accuracy_interval(const ModelResult& m) { return interval_of(m.test_accuracy, false); }
MeanInterval falls_interval(const ModelResult& m) {
  MeanInterval i = interval_of(m.test_falls, false);
  i.low = std::max(i.low, 0.0);  // a few seeds that never learned to balance pull a symmetric interval below
  return i;
}
MeanInterval return_interval(const ModelResult& m) { return interval_of(m.test_return, false); }
std::string solved_words(const ModelResult& m) {
  const std::vector<double> steps = finite_values(m.steps_to_solve);
  if (steps.empty()) return "never";
  return fmt::format("{:.0f}, median of {} of {} {}", median(steps), steps.size(), m.steps_to_solve.size(),
                     m.steps_to_solve.size() == 1 ? "seed" : "seeds");
}
double median_falls(const ModelResult& m) { return median(finite_values(m.test_falls)); }
double median_teacher_falls(const ModelResult& m) { return median(finite_values(m.teacher_falls)); }

bool losses_are_geometric(const ReportData& data) {
  for (const ModelResult& m : data.models) {
    for (double v : finite_values(m.test_loss)) {
      if (v <= 0) return false;
    }
  }
  return true;
}

MeanInterval loss_interval(const ReportData& data, const ModelResult& m) {
  return interval_of(m.test_loss, losses_are_geometric(data));
}

MeanInterval angle_interval(const ModelResult& m) {
  const AlignmentCurves* total = total_alignment(m);
  return total ? interval_of(last_values(total->seeds), false) : mean_interval({});
}

const ModelResult* reference_of(const ReportData& data) {
  for (const ModelResult& m : data.models) {
    if (m.reference) return &m;
  }
  return nullptr;
}

MeanInterval accuracy_gap(const ModelResult& m, const ModelResult& reference) {
  std::vector<double> differences;
  for (const SeedValue& a : m.test_accuracy) {
    for (const SeedValue& b : reference.test_accuracy) {
      if (a.seed == b.seed) differences.push_back(a.value - b.value);
    }
  }
  if (std::any_of(differences.begin(), differences.end(), [](double d) { return !std::isfinite(d); }))
    return mean_interval({});
  return mean_interval(differences);
}

MeanInterval loss_ratio(const ReportData& data, const ModelResult& m, const ModelResult& reference) {
  std::vector<double> ratios;
  for (const SeedValue& a : m.test_loss) {
    for (const SeedValue& b : reference.test_loss) {
      if (a.seed == b.seed) ratios.push_back(a.value / b.value);
    }
  }
  const bool usable = losses_are_geometric(data) && std::all_of(ratios.begin(), ratios.end(), [](double r) {
                        return std::isfinite(r) && r > 0;
                      });
  return usable && !ratios.empty() ? geometric_interval(ratios) : mean_interval({});
}

std::size_t seed_count(const ModelResult& m) {
  std::set<std::uint64_t> seeds;
  for (const MetricCurves& c : m.metrics) {
    for (const SeedCurve& s : c.seeds) seeds.insert(s.seed);
  }
  for (const auto* values : {&m.test_accuracy, &m.test_loss}) {
    for (const SeedValue& v : *values) seeds.insert(v.seed);
  }
  return seeds.size();
}

std::string summary_sentences(const ReportData& data) {
  if (data.models.empty()) return "No model was run.";
  std::string out = data.task.empty() ? "" : fmt::format("On {}, ", data.task);
  if (data.models.size() <= kSentenceEach) {
    for (const ModelResult& m : data.models)
      out += (&m == &data.models.front() ? "" : " ") + sentence(data, m);
    return out;
  }
  std::vector<const ModelResult*> ranked;
  for (const ModelResult& m : data.models) {
    if (!m.reference &&
        (return_interval(m).n > 0 || accuracy_interval(m).n > 0 || loss_interval(data, m).n > 0))
      ranked.push_back(&m);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [&](const ModelResult* a, const ModelResult* b) {
    const MeanInterval r = return_interval(*a), s = return_interval(*b);
    if (r.n > 0 && s.n > 0) return r.mean > s.mean;
    const MeanInterval x = accuracy_interval(*a), y = accuracy_interval(*b);
    return x.n > 0 && y.n > 0 ? x.mean > y.mean : loss_interval(data, *a).mean < loss_interval(data, *b).mean;
  });
  out += fmt::format("{} models were compared.", data.models.size());
  if (const ModelResult* reference = reference_of(data))
    out += " The reference: " + sentence(data, *reference);
  if (!ranked.empty()) out += " Of the others, the highest mean: " + sentence(data, *ranked.front());
  if (ranked.size() > 1) out += " The lowest: " + sentence(data, *ranked.back());
  return out;
}

std::vector<std::string> all_warnings(const ReportData& data) {
  std::vector<std::string> out;
  for (const ModelResult& m : data.models) {
    for (const std::string& w : m.warnings) out.push_back(m.label + ": " + w);
    warn_of_lost_seeds(m, out);
  }
  std::vector<std::string> single;
  for (const ModelResult& m : data.models) {
    if (seed_count(m) == 1) single.push_back(m.label);
  }
  if (!single.empty()) {
    out.push_back(fmt::format(
        "{}: one seed only. There is no interval, and differences from other models cannot be judged.",
        join_names(single)));
  }
  return out;
}

}  // namespace apical
