// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/trial.h"

#include <fmt/format.h>

#include <cmath>

#include "apical/core/error.h"
#include "apical/learning/rate_learner.h"

namespace apical {

void validate(const TargetMismatch& m, std::size_t outputs) {
  if (m.onset >= m.offset)
    throw ConfigError(fmt::format("a mismatch ends at step {}, but begins at step {}", m.offset, m.onset));
  for (const std::uint32_t unit : m.units) {
    if (unit >= outputs)
      throw ConfigError(
          fmt::format("a mismatch names output {}; there are {} (counted from 0)", unit, outputs));
  }
  if (m.kind == TargetMismatch::Kind::shift || m.kind == TargetMismatch::Kind::omit) return;
  if (m.by != std::floor(m.by) || m.by < 1)
    throw ConfigError(
        fmt::format("'{}' by {}; expected a whole number of at least 1", name_of(m.kind), m.by));
  if (m.kind == TargetMismatch::Kind::permute && static_cast<std::size_t>(m.by) % outputs == 0) {
    throw ConfigError(
        fmt::format("permuting {} output{} by {} changes nothing", outputs, outputs == 1 ? "" : "s", m.by),
        {}, outputs == 1 ? "use shift or swap" : "");
  }
}

void apply(const TargetMismatch& m, std::size_t sample, std::size_t samples,
           const std::function<void(std::size_t, std::span<double>)>& read, std::span<double> target) {
  const std::size_t n = target.size();
  std::vector<double> other(target.begin(), target.end());
  switch (m.kind) {
    case TargetMismatch::Kind::shift:
      for (double& y : other) y += m.by;
      break;
    case TargetMismatch::Kind::permute:
      for (std::size_t i = 0; i < n; ++i) other[i] = target[(i + static_cast<std::size_t>(m.by)) % n];
      break;
    case TargetMismatch::Kind::swap:
      read((sample + static_cast<std::size_t>(m.by)) % samples, other);
      break;
    case TargetMismatch::Kind::omit:
      break;
  }
  if (m.units.empty()) {
    std::copy(other.begin(), other.end(), target.begin());
  } else {
    for (const std::size_t i : m.units) target[i] = other[i];
  }
}

template <class Real>
void RateLearner<Real>::perturb(const std::vector<rate::Perturbation>& perturbations,
                                std::vector<TargetMismatch> mismatches) {
  for (const TargetMismatch& m : mismatches) {
    if (!target_)
      throw ConfigError(fmt::format("circuit '{}' names no target to mismatch", engine_.circuit().name));
    validate(m, current_target_.cols());
  }
  engine_.set_perturbations(perturbations);
  mismatches_ = std::move(mismatches);
}

template <class Real>
void RateLearner<Real>::present(const Trial& trial, SplitName split, const Order& order,
                                const TrialSampler<Real>& sampler) {
  engine_.for_each_network([&](rate::Network<Real>& n, std::size_t first, std::size_t count) {
    for (std::size_t k = 0; k < order[first].size(); ++k) {
      n.clear_external(stimulus_);
      if (target_) n.clear_external(*target_);
      n.mark_event(n.step() + trial.blank);
      std::vector<bool> shown(mismatches_.size() + 1, false);
      rate::Step step = -trial.blank;
      const auto one_step = [&] {
        std::vector<bool> now(shown.size(), false);
        now[0] = target_ && step >= 0 && trial.target_onset <= step && step < trial.target_offset;
        for (std::size_t m = 0; m < mismatches_.size(); ++m)
          now[m + 1] = now[0] && mismatches_[m].acts_at(step);
        if (now != shown) {
          show_target(n, first, count, order, k, split, now);
          shown = now;
        }
        n.advance(1, trial.learning);
        sampler(n, first, count, k, step++);
      };
      while (step < 0) one_step();
      // Sequences take their time; everything else is held as long as the trial wants.
      show(n, first, count, order, k, split, [&](rate::Step steps) {
        const rate::Step until = sequences_ ? step + steps : trial.hold;
        while (step < until) one_step();
      });
      remember_targets(first, count);
    }
  });
}

/// Makes of the replica's current target what is shown, by those mismatches that act.
template <class Real>
void RateLearner<Real>::mismatch(std::size_t replica, SplitName split, std::size_t sample,
                                 const std::function<bool(std::size_t)>& acts) {
  const Split& from = split_of(data(replica), split);
  const auto read = [&](std::size_t other, std::span<double> out) {
    targets_[replica].read(from, other, out);
  };
  for (std::size_t m = 0; m < mismatches_.size(); ++m) {
    if (acts(m)) apply(mismatches_[m], sample, from.size(), read, current_target_.row(replica));
  }
}

/// The first flag says whether there is a target, the others which mismatches act.
template <class Real>
void RateLearner<Real>::show_target(rate::Network<Real>& n, std::size_t first, std::size_t count,
                                    const Order& order, std::size_t k, SplitName split,
                                    const std::vector<bool>& flags) {
  bool absent = !flags[0];
  for (std::size_t m = 0; m < mismatches_.size(); ++m)
    absent = absent || (flags[m + 1] && mismatches_[m].kind == TargetMismatch::Kind::omit);
  if (absent) return n.clear_external(*target_);
  for (std::size_t i = 0; i < count; ++i) {
    targets_[first + i].read(split_of(data(first + i), split), order[first + i][k],
                             current_target_.row(first + i));
    mismatch(first + i, split, order[first + i][k], [&](std::size_t m) { return flags[m + 1]; });
  }
  set_target(n, first, count, true);
}

template void RateLearner<float>::perturb(const std::vector<rate::Perturbation>&,
                                          std::vector<TargetMismatch>);
template void RateLearner<double>::perturb(const std::vector<rate::Perturbation>&,
                                           std::vector<TargetMismatch>);
template void RateLearner<float>::present(const Trial&, SplitName, const Order&, const TrialSampler<float>&);
template void RateLearner<double>::present(const Trial&, SplitName, const Order&,
                                           const TrialSampler<double>&);

}  // namespace apical
