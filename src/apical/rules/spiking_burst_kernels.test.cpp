// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/spiking_burst_kernels.h"

#include <gtest/gtest.h>

#include "apical/core/random.h"

namespace apical::layered {
namespace {

template <class T>
std::vector<T> drawn(std::size_t n, std::uint32_t object, double low, double high) {
  std::vector<T> out(n);
  for (std::size_t i = 0; i < n; ++i)
    out[i] = static_cast<T>(uniform({5, Stream::task_input, object, i}, low, high));
  return out;
}

/// Around whole vectors of every width, and blocks of them.
constexpr std::size_t kLengths[] = {1, 3, 7, 8, 31, 32, 33, 63, 500};

template <class T>
void rows_are_added_as_one_by_one() {
  for (const std::size_t n : kLengths) {
    const auto of = drawn<T>(5 * n, 1, -1, 1);
    const MatrixView<const T> rows(of.data(), 5, n);
    std::vector<T> fast = drawn<T>(n, 2, -1, 1), slow = fast;
    for (const std::vector<std::uint32_t>& which : {std::vector<std::uint32_t>{}, {4}, {0, 3, 3, 1}}) {
      decay_and_add_rows<T>(T(0.7), T(0.3), rows, which, std::span<T>(fast));
      reference::decay_and_add_rows<T>(T(0.7), T(0.3), rows, which, std::span<T>(slow));
      EXPECT_EQ(fast, slow) << n;
    }
  }
}

TEST(SpikingBurstKernels, RowsAreAddedAsOneByOne) {
  rows_are_added_as_one_by_one<float>();
  rows_are_added_as_one_by_one<double>();
}

template <class T>
void units_count_up_as_one_by_one() {
  for (const std::size_t n : kLengths) {
    const auto potential = drawn<T>(n, 3, -3, 3), offset = drawn<T>(n, 4, -1, 2);
    struct State {
      std::vector<T> rate, phase;
      std::vector<StepsLeft<T>> rest;
      std::vector<std::uint32_t> events;
    };
    State fast{std::vector<T>(n), drawn<T>(n, 5, 0, 1), std::vector<StepsLeft<T>>(n), {}}, slow = fast;
    std::size_t events = 0;
    for (int step = 0; step < 40; ++step) {
      count_up<T>({potential, offset, fast.rate, fast.phase, fast.rest}, T(100), T(0.005), 3, fast.events);
      reference::count_up<T>({potential, offset, slow.rate, slow.phase, slow.rest}, T(100), T(0.005), 3,
                             slow.events);
      ASSERT_EQ(fast.rate, slow.rate) << n;
      ASSERT_EQ(fast.phase, slow.phase) << n;
      ASSERT_EQ(fast.rest, slow.rest) << n;
      ASSERT_EQ(fast.events, slow.events) << n;
      events += slow.events.size();
    }
    EXPECT_GT(events, n) << n;
    EXPECT_LE(events, 10 * n) << "one step in four at most";
  }
}

TEST(SpikingBurstKernels, UnitsCountUpAsOneByOne) {
  units_count_up_as_one_by_one<float>();
  units_count_up_as_one_by_one<double>();
}

}  // namespace
}  // namespace apical::layered
