// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "apical/analysis/statistics.h"

namespace apical {

void Examination::add(std::string_view figure, std::string where, std::uint64_t seed, double value) {
  figures.push_back({0, std::move(where), std::string(figure), seed, value});
}

void Examination::without(std::string_view figure, std::string why) {
  unknown.emplace(std::string(figure), std::move(why));
}

void Examination::without(std::initializer_list<std::string_view> several, const std::string& why) {
  for (const std::string_view figure : several) without(figure, why);
}

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::clean:
      return "clean";
    case Verdict::attention:
      return "attention";
    case Verdict::not_applicable:
      break;
  }
  return "not applicable";
}

namespace {

// Where a check begins to speak: far from what any shipped experiment shows by design. Rectified units
// without offsets are silent for inputs of one sign from the start, half of a layer, and networks learn with
// the others.
constexpr double kMostUnits = 0.5;       // of an area, saturated or dead
constexpr double kMostDead = 0.9;        // of an area
constexpr double kMostWeights = 0.5;     // of a projection, at a bound
constexpr double kSettledWithin = 0.05;  // of the spread of answers
constexpr double kSameWithin = 0.1;      // of the spread of answers, at half the time step
constexpr double kLeastAngleDeg = 0.1;   // below it credit is the gradient but for rounding
constexpr double kOrthogonalDeg = 85, kProgressDeg = 2;
constexpr double kMostLeaked = 0.01;  // of test samples: published sets repeat a few
constexpr double kRise = 1.01;        // of a loss: no rounding
constexpr double kFall = 0.9;         // of a loss that credit has lowered

/// What one look found, before it is told.
struct Look {
  Verdict verdict;
  std::string text;
};

Look unknown(std::string why) { return {Verdict::not_applicable, std::move(why)}; }
Look clean(std::string text) { return {Verdict::clean, std::move(text)}; }
Look attention(std::string text) { return {Verdict::attention, std::move(text)}; }

std::string percent(double share) {
  return std::isfinite(share) ? fmt::format("{:.3g} %", 100 * share) : "more than can be counted";
}

/// Of a figure, by place, the mean over seeds.
std::vector<std::pair<std::string, double>> by_place(const Evidence& e, std::string_view figure) {
  std::vector<std::pair<std::string, double>> out;
  std::vector<std::size_t> counts;
  for (const Measurement& m : e.examination.figures) {
    if (m.metric != figure || std::isnan(m.value)) continue;
    auto at = std::find_if(out.begin(), out.end(), [&](const auto& p) { return p.first == m.where; });
    if (at == out.end()) {
      out.emplace_back(m.where, m.value);
      counts.push_back(1);
      continue;
    }
    const auto k = static_cast<std::size_t>(at - out.begin());
    at->second += m.value;
    ++counts[k];
  }
  for (std::size_t k = 0; k < out.size(); ++k) out[k].second /= static_cast<double>(counts[k]);
  return out;
}

std::string why_unknown(const Evidence& e, std::string_view figure) {
  const auto at = e.examination.unknown.find(figure);
  if (at != e.examination.unknown.end()) return at->second;
  if (!e.examination.broken.empty()) return "the examination of the end broke off: " + e.examination.broken;
  return "the end of this run was not examined for it";
}

/// Attention where the largest figure of any place is above `most`.
Look largest(const Evidence& e, std::string_view figure, double most, const char* of_what) {
  const auto places = by_place(e, figure);
  if (places.empty()) return unknown(why_unknown(e, figure));
  const auto worst = *std::max_element(places.begin(), places.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
  const std::string text = fmt::format("{} {} '{}', mean over seeds; attention above {}",
                                       percent(worst.second), of_what, worst.first, percent(most));
  return worst.second > most ? attention(text) : clean(text);
}

double mean_value(const std::vector<SeedValue>& seeds) {
  const std::vector<double> values = finite_values(seeds);
  return values.empty() ? NAN : mean(values);
}

Look not_finite(const Evidence& e) {
  if (!e.fault.empty()) return attention(e.fault);
  if (!e.examination.fault.empty()) return attention(e.examination.fault);
  return clean("every value is finite");
}

Look saturated(const Evidence& e) {
  return largest(e, examined::kSaturated, kMostUnits, "of the units are at a bound of their activation in");
}

Look dead(const Evidence& e) {
  Look units = largest(e, examined::kDead, kMostDead, "of the units never answer in");
  const auto silent = by_place(e, examined::kBurstless);
  const auto without = std::find_if(silent.begin(), silent.end(), [](const auto& p) { return p.second > 0; });
  if (without == silent.end() || units.verdict == Verdict::attention) return units;
  return attention(fmt::format("'{}', whose bursts teach, never burst in {} of the seeds", without->first,
                               percent(without->second)));
}

Look at_bounds(const Evidence& e) {
  return largest(e, examined::kAtBounds, kMostWeights, "of the plastic weights are at a bound in");
}

Look not_settled(const Evidence& e) {
  return largest(e, examined::kUnsettled, kSettledWithin,
                 "of their spread is what answers still change if given as long again, at");
}

Look coarse_step(const Evidence& e) {
  return largest(e, examined::kHalvedStep, kSameWithin,
                 "of their spread is what answers change at half the time step, at");
}

Look other_procedure(const Evidence& e) {
  return largest(e, examined::kAnswerChange, kSameWithin,
                 "of their spread is what answers in evaluations differ from those in training, at");
}

Look at_chance(const Evidence& e) {
  const std::vector<SeedValue> accuracy = last_of(e.measured, "test", "accuracy"),
                               samples = last_of(e.measured, "test", "samples");
  if (accuracy.empty() || accuracy.size() != samples.size()) return unknown("no accuracy was tested");
  const auto chance = by_place(e, examined::kChance);
  if (chance.empty()) return unknown(why_unknown(e, examined::kChance));
  const auto row = std::find_if(e.measured.rbegin(), e.measured.rend(), [](const Measurement& m) {
    return m.where == "test" && m.metric == "accuracy";
  });
  if (row->epoch == 0) return unknown("nothing was trained");
  // Seeds are tested with the same samples and answer them alike: more seeds are no more samples.
  const double mean_accuracy = mean_value(accuracy), tested = mean_value(samples);
  if (!(tested > 0)) return unknown("no sample was tested");
  const Interval i = wilson_interval(static_cast<std::uint64_t>(std::llround(mean_accuracy * tested)),
                                     static_cast<std::uint64_t>(std::llround(tested)));
  const std::string text = fmt::format(
      "test accuracy {}, mean over seeds, with 95 % interval [{}, {}] over the {:.0f} samples of a test; "
      "always "
      "giving the most frequent answer is right in {}",
      percent(mean_accuracy), percent(i.low), percent(i.high), tested, percent(chance.front().second));
  return i.low <= chance.front().second ? attention(text) : clean(text);
}

/// A loss before training and after it, mean over seeds.
struct LossCourse {
  std::string name;
  double before = 0, after = 0;
};

std::optional<LossCourse> loss_of(const Evidence& e) {
  for (const auto& [where, metric] : {std::pair{"validation", "loss"}, {"test", "loss"}, {"test", "cost"}}) {
    double first_epoch = INFINITY, last_epoch = 0;
    for (const Measurement& m : e.measured) {
      if (m.where != where || m.metric != metric) continue;
      first_epoch = std::min(first_epoch, m.epoch);
      last_epoch = std::max(last_epoch, m.epoch);
    }
    if (first_epoch > 0 || last_epoch == 0) continue;
    return LossCourse{fmt::format("{} {}", where, metric), mean_value(first_of(e.measured, where, metric)),
                      mean_value(last_of(e.measured, where, metric))};
  }
  return {};
}

bool loss_fell(const Evidence& e) {
  const std::optional<LossCourse> loss = loss_of(e);
  return loss && loss->after < kFall * loss->before;
}

Look loss_rose(const Evidence& e) {
  const std::optional<LossCourse> loss = loss_of(e);
  if (!loss) return unknown("no loss was measured both before training and after it");
  const std::string text = fmt::format("{} {:.3g} before training, {:.3g} after it, mean over seeds",
                                       loss->name, loss->before, loss->after);
  return loss->after > kRise * loss->before ? attention(text) : clean(text);
}

Look single_seed(const Evidence& e) {
  if (!by_place(e, examined::kSeedless).empty())
    return unknown("nothing is drawn: every seed gives the same");
  const std::string text = fmt::format("{} {}", e.seeds.size(), e.seeds.size() == 1 ? "seed" : "seeds");
  return e.seeds.size() == 1 ? attention(text) : clean(text);
}

bool needs_weight_transport(const Evidence& e) {
  return std::find(e.needs.begin(), e.needs.end(), "weight transport") != e.needs.end();
}

Look equals_backpropagation(const Evidence& e) {
  for (const Measurement& m : e.examination.figures) {
    // Where nothing is taught nothing is at an angle, and areas that are left need not say anything of it.
    if (m.metric == examined::kCreditAngle && std::isnan(m.value))
      return unknown(fmt::format("credit or gradient had no length in '{}', seed {}", m.where, m.seed));
  }
  auto angles = by_place(e, examined::kCreditAngle);
  if (angles.empty()) return unknown(why_unknown(e, examined::kCreditAngle));
  std::erase_if(angles, [](const auto& area) { return area.first == "total"; });
  if (angles.size() < 2) return unknown("a single area learns, and has the error itself whatever the rule");
  const auto widest = *std::max_element(angles.begin(), angles.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; });
  const std::string text = fmt::format(
      "credit lies {:.3g}° from the exact gradient in '{}', of all areas the farthest, at the end of the run",
      widest.second, widest.first);
  if (widest.second >= kLeastAngleDeg) return clean(text);
  if (needs_weight_transport(e))
    return clean(text + "; that it uses the forward weights is told with the model");
  return attention(text);
}

/// Of hidden areas: the last one has the error itself.
Look never_aligns(const Evidence& e) {
  Look out = unknown("no angle of a hidden area was measured both early and late");
  for (const MeasuredCourse& c : courses_of(e.measured)) {
    if (c.metric != "angle_deg" || c.where == "total") continue;
    const std::vector<SeedCurve> curves = curves_of(e.measured, c.where, c.metric);
    const double before = mean_value(first_of(e.measured, c.where, c.metric)),
                 after = mean_value(last_of(e.measured, c.where, c.metric));
    if (curves.front().x.size() < 2 || !std::isfinite(before) || !std::isfinite(after)) continue;
    const std::string text = fmt::format(
        "{:.1f}° to the gradient in '{}' when first measured, {:.1f}° when last", before, c.where, after);
    // Estimates that are right on average stand at such angles sample by sample, and lower the loss.
    if (after > kOrthogonalDeg && after >= before - kProgressDeg && !loss_fell(e)) return attention(text);
    if (out.verdict == Verdict::not_applicable) out = clean(text);
  }
  return out;
}

Look leaked(const Evidence& e) {
  return largest(e, examined::kLeaked, kMostLeaked, "of the samples were shown in training, too, in");
}

struct Check {
  const char* name;
  Look (*look)(const Evidence&);
  const char* why;
  const char* remedy;
};

constexpr Check kChecks[] = {
    {"finite", not_finite, "What is not finite is no result.",
     "A smaller time step or learning rate; the state at the fault is kept."},
    {"saturated", saturated,
     "A unit at a bound of its activation passes on no error and tells samples apart no more.",
     "Smaller initial weights or learning rate, or inputs of smaller size."},
    {"dead", dead, "A unit that never answers learns nothing and carries nothing.",
     "A smaller learning rate, another initial bias or drive, or other activations."},
    {"weights at bounds", at_bounds, "Weights at a bound no longer follow their rule.",
     "Wider bounds, a smaller learning rate, or initial weights further inside."},
    {"not settled", not_settled, "An answer on its way is one of the moment at which it was read.",
     "More settling steps, or longer presentations."},
    {"time step", coarse_step,
     "A result that depends on the step of the integration is none of the circuit's.",
     "Halve dt until answers stay."},
    {"evaluation", other_procedure, "What was tested is not what was trained.",
     "More settling steps in training, or the same inference in both."},
    {"chance", at_chance, "The answers could have been guessed.",
     "Longer training, another learning rate, more test samples."},
    {"loss", loss_rose, "Training made it worse: it diverged or unlearned.",
     "A smaller learning rate or time step."},
    {"single seed", single_seed, "One seed tells nothing of the spread: no interval, no comparison.",
     "--seeds 5"},
    {"equals backpropagation", equals_backpropagation,
     "Credit is the exact gradient up to scale, of a model that is not said to use the forward weights: what "
     "it shows "
     "is backpropagation's.",
     "Feedback of its own."},
    {"alignment", never_aligns, "Credit stays at a right angle to the gradient: it does not lower the loss.",
     "Longer training of feedback, or another feedback initialisation."},
    {"leak", leaked, "Tests on what was trained on measure memory.", "Splits without common samples."},
};

}  // namespace

std::vector<Finding> diagnose(const Evidence& evidence) {
  std::vector<Finding> out;
  for (const Check& check : kChecks) {
    Look look = check.look(evidence);
    out.push_back({check.name, look.verdict, std::move(look.text), check.why, check.remedy});
  }
  return out;
}

std::vector<std::string> names_of_checks() {
  std::vector<std::string> out;
  for (const Check& check : kChecks) out.emplace_back(check.name);
  return out;
}

std::string in_words(const Finding& f) {
  return fmt::format("{}: {}. {} Try: {}", f.check, f.measured, f.why, f.remedy);
}

}  // namespace apical
