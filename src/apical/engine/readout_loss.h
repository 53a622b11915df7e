// SPDX-License-Identifier: Apache-2.0
// What a readout y is asked for in one step, times the step's mask m:
//   mse         m 1/2 |y - y*|^2                   error m (y - y*)
//   softmax_ce  - m sum_k y*_k log softmax(y)_k    error m (softmax(y) - y*), y* probabilities of classes
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "apical/core/names.h"

namespace apical {

enum class ReadoutLoss { mse, softmax_ce };
template <>
inline constexpr std::array<std::string_view, 2> kNames<ReadoutLoss>{"mse", "softmax_ce"};

/// The loss; `error` becomes d loss / d y.
double readout_loss(ReadoutLoss loss, std::span<const double> y, std::span<const double> target, double mask,
                    std::span<double> error);

}  // namespace apical
