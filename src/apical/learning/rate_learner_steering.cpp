// SPDX-License-Identifier: Apache-2.0
// Evaluations in closed loop: each replica steers a plant of its own, and after it the teacher steers the
// same stretch.
#include <algorithm>
#include <cmath>

#include "apical/learning/rate_learner.h"

namespace apical {
namespace {

/// One replica with its plant.
struct Helm {
  const ClosedLoop* loop;
  std::unique_ptr<Plant> plant;
  std::vector<double> outputs, wanted;

  Helm(const ClosedLoop& l, SplitName split, std::size_t n)
      : loop(&l), plant(split == SplitName::validation ? l.validation() : l.test()), outputs(n), wanted(n) {}

  /// The circuit's outputs act; how far they are from the teacher's is its loss.
  void act(Score& score) {
    loop->teacher(plant->observation(), wanted);
    add_squared_error(score.loss_sum, std::span<const double>(outputs),
                      [&](std::size_t i) { return wanted[i]; });
    score.loss_count += 1;
    plant->act(outputs);
  }
  void end(Score& score, std::uint64_t stretch) {
    score.plant += PlantScore::of(*plant, loop->control_steps);
    score.teacher += apical::steer(*plant, loop->teacher, wanted, stretch, loop->control_steps);
    score.samples += 1;
  }
};

}  // namespace

template <class Real>
void RateLearner<Real>::steer(SplitName split, const Order& order, std::span<Score> scores) {
  const std::size_t n_outputs = engine_.circuit()[readout_].size;
  engine_.for_each_network([&](rate::Network<Real>& n, std::size_t first, std::size_t count) {
    std::vector<Helm> helms;
    for (std::size_t i = 0; i < count; ++i)
      helms.emplace_back(*data(first + i).closed_loop, split, n_outputs);
    for (std::size_t k = 0; k < order[first].size(); ++k) {
      reset_somata(n, count);
      n.mark_event(n.step());  // windows of perturbations count from the start of a stretch
      for (std::size_t i = 0; i < count; ++i) helms[i].plant->begin(order[first + i][k]);
      for (std::uint32_t step = 0; step < helms.front().loop->control_steps; ++step) {
        for (std::size_t i = 0; i < count; ++i) n.set_external(stimulus_, i, helms[i].plant->observation());
        n.advance(presentation_.steps_per_control, {});
        for (std::size_t i = 0; i < count; ++i) {
          n.read(readout_, "rate", i, helms[i].outputs);
          // Says which neuron it was, where the plant could only say that its force is none.
          if (!std::ranges::all_of(helms[i].outputs, [](double r) { return std::isfinite(r); }))
            refuse_outputs(n, first + i, helms[i].outputs, 0);
          helms[i].act(scores[first + i]);
          if (!std::isfinite(scores[first + i].loss_sum))
            refuse_outputs(n, first + i, helms[i].outputs, scores[first + i].loss_sum);
        }
      }
      for (std::size_t i = 0; i < count; ++i) helms[i].end(scores[first + i], order[first + i][k]);
    }
  });
}

template void RateLearner<float>::steer(SplitName, const Order&, std::span<Score>);
template void RateLearner<double>::steer(SplitName, const Order&, std::span<Score>);

}  // namespace apical
