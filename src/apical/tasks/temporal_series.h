// SPDX-License-Identifier: Apache-2.0
// Series that a network predicts or draws.
//   Mackey-Glass (Science 1977): x <- x + h (0.2 x_D / (1 + x_D^10) - 0.1 x), x_D that of tau / h steps ago
//   and x_0 before the start sum of sines (Bellec et al. 2020): sum_i a_i sin(phi_i + 2 pi c_i t / (T - 1)),
//   less its first value, divided by the largest modulus
#pragma once

#include <cstddef>
#include <vector>

namespace apical {

struct MackeyGlass {
  double tau = 17;        ///< delay, in units of time
  double x0 = 1.2;        ///< before the start
  double h = 0.1;         ///< Euler step, in units of time
  std::size_t keep = 10;  ///< every so many steps a value is kept
  double discard = 1000;  ///< units of time before the first value
};
/// `count` values, the first at time `discard`. ConfigError for steps that are not positive or longer than
/// tau.
std::vector<double> mackey_glass(const MackeyGlass& series, std::size_t count);

struct SumOfSines {
  std::vector<double> amplitude, phase, cycles;  ///< one each per sine
};
/// ConfigError for lists of different lengths or fewer than two steps.
std::vector<double> sum_of_sines(const SumOfSines& sines, std::size_t steps);

}  // namespace apical
