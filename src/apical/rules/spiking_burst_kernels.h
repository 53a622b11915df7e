// SPDX-License-Identifier: Apache-2.0
// The two loops in which a picture of spiking bursts spends its time, for whatever vector width the machine
// has. Each operation is rounded as in the loop of spiking_bursts.cpp that it stands for, in the same order:
// width changes no bit beyond the accuracy of exp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "apical/core/matrix.h"

namespace apical::layered {

/// Steps that are left, in a word as wide as T.
template <class T>
using StepsLeft = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// to = keep to, then to += factor row for each of these rows, in their order.
template <class T>
void decay_and_add_rows(std::type_identity_t<T> keep, std::type_identity_t<T> factor, MatrixView<const T> of,
                        std::span<const std::uint32_t> rows, std::span<T> to) noexcept;

/// What units do that count up to their next event in one step.
template <class T>
struct RegularUnits {
  std::span<const T> potential, offset;
  std::span<T> rate, phase;
  std::span<StepsLeft<T>> rest;
};
/// rate = maximum sigmoid(potential + offset). A unit that rests has one step less to rest; of another, phase
/// += rate dt, and where it reaches 1, it falls by 1, the unit rests for `pause` steps and is in `events`.
template <class T>
void count_up(const RegularUnits<T>& units, std::type_identity_t<T> maximum, std::type_identity_t<T> dt,
              std::size_t pause, std::vector<std::uint32_t>& events);

namespace reference {
template <class T>
void decay_and_add_rows(std::type_identity_t<T> keep, std::type_identity_t<T> factor, MatrixView<const T> of,
                        std::span<const std::uint32_t> rows, std::span<T> to) noexcept;
template <class T>
void count_up(const RegularUnits<T>& units, std::type_identity_t<T> maximum, std::type_identity_t<T> dt,
              std::size_t pause, std::vector<std::uint32_t>& events);
}  // namespace reference

}  // namespace apical::layered
