// SPDX-License-Identifier: Apache-2.0
// Small pieces of work, each in a call of apical_kernel(), for bench/instructions.py: it runs this program
// under callgrind, which counts the instructions of each call by itself. One thread, and AVX2 whatever else
// the processor has, so that counts depend on nothing but the sources and the compiler. It says what holds
// for all counts (key=value), and then one line per call: the name of the kernel.
#include "apical/engine/rate/kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "apical/core/build_info.h"
#include "apical/core/random.h"
#include "apical/engine/layered/gemm.h"
#include "apical/engine/layered/model.h"
#include "apical/engine/rate/engine.h"
#include "apical/engine/spike/network.h"
#include "apical/models/payeur2021_xor.h"
#include "apical/models/rate_benchmarks.h"
#include "apical/rules/rule_list.h"

// The name that callgrind is told.
extern "C" [[gnu::noinline]] void apical_kernel(const std::function<void()>& work) {
  work();
  asm volatile("" ::: "memory");
}

namespace {
using namespace apical;

/// The first time is a warm-up: buffers grow, and the dispatch of kernels is settled.
void count(const std::string& name, const std::function<void()>& work) {
  work();
  fmt::print("{}\n", name);
  apical_kernel(work);
}

template <class Real>
void rate_steps(const std::string& name, const char* circuit, rate::Step steps) {
  for (const rate::BenchmarkCase& c : models::rate_benchmark_cases()) {
    if (c.name != circuit) continue;
    ThreadPool pool(1);
    std::vector<std::uint64_t> seeds(c.replicas);
    for (std::size_t i = 0; i < seeds.size(); ++i) seeds[i] = i + 1;
    rate::RateEngine<Real> engine(c.circuit, seeds, pool);
    for (const auto id : {engine.circuit().stimulus(), engine.circuit().target()}) {
      std::vector<double> values(engine.circuit()[*id].size);
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = uniform({1, Stream::task_input, id->value, i}, 0.1, 0.9);
      for (std::size_t r = 0; r < c.replicas; ++r) engine.template set_external<double>(*id, r, values);
    }
    count(name, [&] { engine.advance(steps, rate::Learning::all()); });
    return;
  }
}

void layered_batches(const std::string& name, const char* rule, const std::vector<std::size_t>& sizes,
                     std::size_t rows, int batches) {
  using namespace layered;
  const auto description = dense_network(sizes, Activation::sigmoid, Activation::sigmoid, Loss::mse);
  LayeredModel<float> model(make_network<float>(description, WeightInit::fan_in_uniform, 1),
                            make_rule<float>(default_options(rule), description, 1),
                            {{.learning_rate = 1e-4}, {}});
  Matrix<float> x(rows, description.inputs), y(rows, description.outputs());
  for (std::size_t i = 0; i < x.size(); ++i)
    x.flat()[i] = static_cast<float>(uniform({1, Stream::task_input, 1, i}));
  for (std::size_t n = 0; n < rows; ++n) y(n, n % y.cols()) = 1;
  count(name, [&] {
    for (int b = 0; b < batches; ++b) model.learn_batch(x.view(), y.view());
  });
}

void spiking_steps(const std::string& name, bool plastic) {
  payeur2021::XorOptions options;
  options.neurons = 100;
  options.in_degree = 40;
  ThreadPool pool(1);
  spike::Network<float> net(payeur2021::xor_network(options), 1, &pool);
  net.set_drive(0, spike::CurrentTarget::soma, {.constant_A = options.input_on_A});
  net.set_drive(1, spike::CurrentTarget::soma, {.constant_A = options.input_off_A});
  net.set_plasticity(plastic);
  count(name, [&] { net.advance(400); });
}

void run() {
  rate_steps<float>("rate step 4-120-3", "4-120-3", 400);
  rate_steps<double>("rate step 4-120-3, double", "4-120-3", 400);
  rate_steps<float>("rate step 4-2-1, ten seeds in lanes", "4-2-1-x10", 400);
  rate_steps<float>("rate step 10-50-784", "10-50-784", 40);
  rate_steps<float>("rate step 10-50-784, dense laterals", "10-50-784-dense", 4);
  layered_batches("backpropagation 784-100-10", "backpropagation", {784, 100, 10}, 64, 2);
  layered_batches("backpropagation 4-120-3, batch 20", "backpropagation", {4, 120, 3}, 20, 40);
  layered_batches("feedback alignment 4-120-3, batch 20", "feedback_alignment", {4, 120, 3}, 20, 40);
  layered_batches("predictive coding 64-100-100-10", "predictive_coding", {64, 100, 100, 10}, 64, 1);
  layered_batches("equilibrium propagation 64-100-100-10", "equilibrium_propagation", {64, 100, 100, 10}, 64,
                  1);
  layered_batches("difference target propagation 64-100-100-10", "difference_target_propagation",
                  {64, 100, 100, 10}, 64, 1);
  layered_batches("burstprop 64-100-100-10", "burstprop", {64, 100, 100, 10}, 64, 2);
  spiking_steps("spiking XOR, weights fixed", false);
  spiking_steps("spiking XOR, weights change", true);
}

}  // namespace

int main() {
  const auto targets = rate::available_targets();
  if (std::find(targets.begin(), targets.end(), "AVX2") == targets.end()) {
    fmt::print("this processor has no AVX2\n");
    return 77;
  }
  rate::force_target("AVX2");
  const BuildInfo& b = build_info();
  fmt::print("compiler={}\nflags={}\ntarget={}\nblas={}\n\n", b.compiler, b.flags, rate::current_target(),
             layered::blas_core_name());
  run();
}
