// SPDX-License-Identifier: Apache-2.0
// Learning on 784-500-500-10 with batches of 64, on one and two threads: time per batch and what fraction of
// the speed of a large matrix product (of one thread) it reaches, counting only the products that the rule
// cannot do without. bench/pytorch.py puts PyTorch beside it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>

#include "apical/engine/layered/model.h"
#include "apical/rules/backpropagation.h"
#include "apical/rules/equilibrium_propagation.h"
#include "apical/rules/feedback_alignment.h"
#include "apical/rules/predictive_coding.h"

namespace apical::layered {
namespace {

constexpr std::size_t kBatch = 64;
constexpr double kImages = 60000;

Matrix<float> random_matrix(std::size_t rows, std::size_t cols, std::uint32_t object) {
  Matrix<float> m(rows, cols);
  for (std::size_t i = 0; i < m.size(); ++i)
    m.flat()[i] = static_cast<float>(uniform({1, Stream::task_input, object, i}));
  return m;
}

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Multiply-adds times two per second of thread CPU time in a product large enough to be compute bound: best
/// of a few.
double gemm_peak() {
  static const double peak = [] {
    constexpr std::size_t n = 768;
    const auto A = random_matrix(n, n, 1), B = random_matrix(n, n, 2);
    Matrix<float> C(n, n);
    double best = 0;
    for (int repeat = 0; repeat < 12; ++repeat) {
      const double start = cpu_seconds();
      gemm<float>(Workers(), Op::none, Op::none, 1, A.view(), B.view(), 0, C.view());
      best = std::max(best, 2.0 * n * n * n / (cpu_seconds() - start));
    }
    return best;
  }();
  return peak;
}

struct Products {
  double all = 0;    ///< weights of all layers
  double upper = 0;  ///< without the first
};
Products products(const NetworkDescription& d) {
  Products p;
  for (std::size_t l = 0; l < d.depth(); ++l) {
    const double weights = static_cast<double>(d.layers[l].size * d.fan_in(l));
    p.all += weights;
    if (l > 0) p.upper += weights;
  }
  return p;
}

/// `per_sample`: multiply-adds the rule needs for one sample.
void run(benchmark::State& state, const RuleOptions& options, Activation hidden, Activation output, Loss loss,
         double (*per_sample)(const Products&), OptimiserSettings optimiser = {.learning_rate = 1e-4}) {
  const auto description = dense_network({784, 500, 500, 10}, hidden, output, loss);
  ThreadPool pool(static_cast<unsigned>(state.range(0)));
  LayeredModel<float> model(make_network<float>(description, WeightInit::fan_in_uniform, 1),
                            make_rule<float>(options, description, 1), {optimiser, {}}, Workers(pool));
  const auto x = random_matrix(kBatch, 784, 1);
  Matrix<float> y(kBatch, 10);
  for (std::size_t n = 0; n < kBatch; ++n) y(n, n % 10) = 1;
  for (int k = 0; k < 3; ++k) model.learn_batch(x.view(), y.view());
  const double peak = gemm_peak();
  for (auto _ : state) benchmark::DoNotOptimize(model.learn_batch(x.view(), y.view()));
  const double flops = 2 * per_sample(products(description)) * static_cast<double>(kBatch);
  const double batches = static_cast<double>(state.iterations());
  state.counters["peak_Gflops"] = peak / 1e9;
  state.counters["of_peak"] = benchmark::Counter(flops * batches / peak, benchmark::Counter::kIsRate);
  state.counters["epoch_s"] = benchmark::Counter(batches * static_cast<double>(kBatch) / kImages,
                                                 benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

constexpr double backward_pass(const Products& p) { return 2 * p.all + p.upper; }

void backpropagation(benchmark::State& state) {
  run(state, BackpropagationOptions{}, Activation::relu, Activation::softmax, Loss::ce, &backward_pass);
}
void backpropagation_adam(benchmark::State& state) {
  run(state, BackpropagationOptions{}, Activation::relu, Activation::softmax, Loss::ce, &backward_pass,
      {.kind = OptimiserKind::adam, .learning_rate = 1e-4});
}
void feedback_alignment(benchmark::State& state) {
  run(state, FeedbackAlignmentOptions{}, Activation::relu, Activation::softmax, Loss::ce, &backward_pass);
}
void direct_feedback_alignment(benchmark::State& state) {
  run(state, FeedbackAlignmentOptions{.path = FeedbackPath::direct, .feedback = {}}, Activation::relu,
      Activation::softmax, Loss::ce, [](const Products& p) { return 2 * p.all + 2 * 500 * 10; });
}
void predictive_coding(benchmark::State& state) {
  run(state, PredictiveOptions{.steps = 20, .gamma = 0.1}, Activation::relu, Activation::linear, Loss::mse,
      [](const Products& p) { return 2 * p.all + 20 * 2 * p.upper; });
}
void predictive_coding_fixed(benchmark::State& state) {
  run(state, PredictiveOptions{.inference = Inference::fixed_prediction, .steps = 20, .gamma = 0.3},
      Activation::relu, Activation::linear, Loss::mse,
      [](const Products& p) { return 2 * p.all + 20 * p.upper; });
}
void equilibrium_propagation(benchmark::State& state) {
  run(state, EquilibriumOptions{.free = {.max_steps = 20}, .nudged = {.max_steps = 8}}, Activation::sigmoid,
      Activation::sigmoid, Loss::mse,
      [](const Products& p) { return 3 * p.all - p.upper + (20 + 2 * 8) * 2 * p.upper; });
}

BENCHMARK(backpropagation)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(backpropagation_adam)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(feedback_alignment)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(direct_feedback_alignment)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(predictive_coding)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(predictive_coding_fixed)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(equilibrium_propagation)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace apical::layered
