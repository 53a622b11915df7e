// SPDX-License-Identifier: Apache-2.0
// Small random networks and trials for tests.
#pragma once

#include <cmath>
#include <cstdint>

#include "apical/core/random.h"
#include "apical/engine/recurrent/network.h"
#include "apical/engine/recurrent/spiking.h"

namespace apical::recurrent::test {

inline Matrix<double> random_matrix(std::size_t rows, std::size_t cols, double sd, std::uint64_t seed) {
  Matrix<double> m(rows, cols);
  for (std::size_t k = 0; k < m.size(); ++k) m.flat()[k] = sd * normal({seed, Stream::initial_weight, 0, k});
  return m;
}

inline Network random_network(Leak leak, ReadoutLoss loss, std::uint64_t seed, std::size_t n = 5) {
  Network network;
  network.leak = leak;
  network.k = 0.3;
  network.loss = loss;
  network.th = random_matrix(n, n + 3, 0.6, seed);
  network.V = random_matrix(2, n, 0.7, seed + 1);
  network.c = {0.1, -0.2};
  return network;
}

/// The loss counts from the third step on.
inline Trial random_trial(const Network& network, std::size_t steps, std::uint64_t seed) {
  Trial trial;
  trial.inputs = random_matrix(steps, network.inputs(), 1, seed);
  trial.targets = random_matrix(steps, network.outputs(), 1, seed + 1);
  if (network.loss == ReadoutLoss::softmax_ce) {
    for (std::size_t t = 0; t < steps; ++t) {
      trial.targets(t, 0) = t % 2 == 0 ? 1 : 0;
      trial.targets(t, 1) = 1 - trial.targets(t, 0);
    }
  }
  trial.mask.assign(steps, 1.0);
  for (std::size_t t = 0; t < 2 && t < steps; ++t) trial.mask[t] = 0;
  const Matrix<double> start = random_matrix(1, network.units(), 0.3, seed + 2);
  trial.start.assign(start.flat().begin(), start.flat().end());
  return trial;
}

/// |a - b| / |b|, Frobenius.
inline double distance(const Matrix<double>& a, const Matrix<double>& b) {
  double difference = 0, size = 0;
  for (std::size_t k = 0; k < b.size(); ++k) {
    difference += (a.flat()[k] - b.flat()[k]) * (a.flat()[k] - b.flat()[k]);
    size += b.flat()[k] * b.flat()[k];
  }
  return std::sqrt(difference / size);
}

}  // namespace apical::recurrent::test
