// SPDX-License-Identifier: Apache-2.0
// Learning must not allocate once it is warm. The counter sees every operator new of the test program.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>

#include "apical/engine/layered/model.h"
#include "apical/engine/layered/test_networks.h"
#include "apical/rules/rule_list.h"

namespace {
std::atomic<std::size_t> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* p = nullptr;
  if (posix_memalign(&p, std::max(alignment, sizeof(void*)), size == 0 ? 1 : size) != 0)
    throw std::bad_alloc();
  return p;
}
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t a) {
  return counted(size, static_cast<std::size_t>(a));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace apical::layered {
namespace {

class WarmRule : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Rules, WarmRule, testing::ValuesIn(rule_names()),
                         [](const auto& p) { return p.param; });

/// Allocations of some batches and an answer once the model has seen others: the fewest of some rounds, since
/// a thread that takes over a part for the first time makes room for it.
std::size_t allocations_when_warm(const std::string& name, const Case<float>& c, OptimiserKind kind) {
  ThreadPool pool(2);
  LayeredModel<float> model(c.net, make_rule<float>(default_options(name), c.net.description, 5),
                            {{.kind = kind, .learning_rate = 0.001, .clip_norm = 1}, {}}, Workers(pool));
  Matrix<float> out(c.x.rows(), c.net.description.outputs());
  for (int k = 0; k < 5; ++k) model.learn_batch(c.x.view(), c.y.view());
  model.predict(c.x.view(), out.view());
  EXPECT_GT(allocations.load(), 0U) << "the counter is not in place";
  std::size_t fewest = std::numeric_limits<std::size_t>::max();
  for (int round = 0; round < 20 && fewest > 0; ++round) {
    const std::size_t before = allocations.load();
    for (int k = 0; k < 5; ++k) model.learn_batch(c.x.view(), c.y.view());
    model.predict(c.x.view(), out.view());
    fewest = std::min(fewest, allocations.load() - before);
  }
  return fewest;
}

TEST_P(WarmRule, LearnsWithoutAllocating) {
  const std::string& name = GetParam();
  const bool spiking = name == "segregated_dendrites_spiking" || name == "spiking_burstprop";
  const bool sigmoid = spiking || name == "segregated_dendrites" || name == "two_site" ||
                       name == "burstprop" || name == "burst_ccn" || name == "recirculation";
  const Activation f = sigmoid ? Activation::sigmoid : Activation::tanh;
  const Activation top = sigmoid ? Activation::sigmoid : Activation::linear;
  const std::vector<std::size_t> sizes = name == "recirculation" || name == "spiking_burstprop"
                                             ? std::vector<std::size_t>{4, 5, 4}
                                             : std::vector<std::size_t>{4, 6, 5, 4};
  Case<float> c(sizes, f, top, Loss::mse, 3, 70, 0.7);
  if (spiking) {
    for (float& x : c.x.flat()) x = std::min(std::abs(x), 1.0F);  // rates
  }
  for (const OptimiserKind kind : {OptimiserKind::sgd, OptimiserKind::adam})
    EXPECT_EQ(allocations_when_warm(name, c, kind), 0U);
}

TEST_P(WarmRule, LearnsFromImagesWithoutAllocating) {
  const std::string& name = GetParam();
  const bool spiking = name == "segregated_dendrites_spiking" || name == "spiking_burstprop";
  const bool sigmoid = spiking || name == "segregated_dendrites" || name == "two_site" ||
                       name == "burstprop" || name == "burst_ccn";
  const Activation f = sigmoid ? Activation::sigmoid : Activation::tanh;
  const auto description = image_network(f, sigmoid ? Activation::sigmoid : Activation::linear, Loss::mse);
  try {
    make_rule<float>(default_options(name), description, 5);
  } catch (const ConfigError& e) {
    GTEST_SKIP() << e.what();
  }
  Case<float> c(description, 3, 70, 0.7);
  if (spiking) {
    for (float& x : c.x.flat()) x = std::min(std::abs(x), 1.0F);  // rates
  }
  EXPECT_EQ(allocations_when_warm(name, c, OptimiserKind::sgd), 0U);
}

}  // namespace
}  // namespace apical::layered
