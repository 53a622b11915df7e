// SPDX-License-Identifier: Apache-2.0
// Learning in the network of convolutions that burstprop was shown to train on CIFAR-10 (Payeur et al. 2021):
// conv 64 5x5 stride 2, conv 128 5x5 stride 2, conv 256 3x3, dense 1024, 10, batches of 32, momentum. Images
// per second, and what fraction of the speed of a large matrix product on as many threads the products amount
// to that a rule cannot do without; the argument is the number of threads. bench/pytorch_images.py puts
// PyTorch beside it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>

#include "apical/engine/layered/model.h"
#include "apical/rules/backpropagation.h"
#include "apical/rules/burstprop_rule.h"

namespace apical::layered {
namespace {

constexpr std::size_t kBatch = 32;

Matrix<float> random_matrix(std::size_t rows, std::size_t cols, std::uint32_t object) {
  Matrix<float> m(rows, cols);
  for (std::size_t i = 0; i < m.size(); ++i)
    m.flat()[i] = static_cast<float>(uniform({1, Stream::task_input, object, i}));
  return m;
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Multiply-adds times two per second in a product large enough to be compute bound: best of a few.
double gemm_peak(const Workers& workers) {
  constexpr std::size_t n = 1024;
  const auto A = random_matrix(n, n, 1), B = random_matrix(n, n, 2);
  Matrix<float> C(n, n);
  double best = 0;
  for (int repeat = 0; repeat < 8; ++repeat) {
    const double start = seconds_now();
    gemm<float>(workers, Op::none, Op::none, 1, A.view(), B.view(), 0, C.view());
    best = std::max(best, 2.0 * n * n * n / (seconds_now() - start));
  }
  return best;
}

NetworkDescription cifar_network() {
  const Convolution first{
      .in = {3, 32, 32}, .channels = 64, .kernel_height = 5, .kernel_width = 5, .stride = 2};
  const Convolution second{
      .in = first.out(), .channels = 128, .kernel_height = 5, .kernel_width = 5, .stride = 2};
  const Convolution third{.in = second.out(), .channels = 256, .kernel_height = 3, .kernel_width = 3};
  const Activation f = Activation::sigmoid;
  return {.inputs = first.in.units(),
          .layers = {convolution_layer(first, f),
                     convolution_layer(second, f),
                     convolution_layer(third, f),
                     {1024, f},
                     {10, f}},
          .loss = Loss::mse};
}

/// Multiply-adds of one sample's forward pass, of the layers above the first, and of recurrent weights in
/// dense hidden layers.
struct Products {
  double all = 0, upper = 0, recurrent = 0;
};
Products products(const NetworkDescription& d) {
  Products p;
  for (std::size_t l = 0; l < d.depth(); ++l) {
    const std::size_t positions = d.connection(l) ? d.connection(l)->out().pixels() : 1;
    const auto these = static_cast<double>(d.weights(l) * positions);
    p.all += these;
    if (l > 0) p.upper += these;
    if (l + 1 < d.depth() && !d.connection(l))
      p.recurrent += static_cast<double>(d.layers[l].size * d.layers[l].size);
  }
  return p;
}

void learn_images(benchmark::State& state, const RuleOptions& rule, double multiply_adds) {
  ThreadPool pool(static_cast<unsigned>(state.range(0)));
  const Workers workers(pool);
  const NetworkDescription description = cifar_network();
  const OptimiserSettings optimiser{.kind = OptimiserKind::momentum,
                                    .learning_rate = 1e-4,
                                    .weight_decay = 1e-6,
                                    .decay = DecayKind::unscaled};
  LayeredModel<float> model(make_network<float>(description, WeightInit::glorot_normal, 1),
                            make_rule<float>(rule, description, 1), {optimiser, {}}, workers);
  const auto x = random_matrix(kBatch, description.inputs, 1);
  Matrix<float> y(kBatch, 10);
  for (std::size_t n = 0; n < kBatch; ++n) y(n, n % 10) = 1;
  for (int k = 0; k < 3; ++k) model.learn_batch(x.view(), y.view());
  const double peak = gemm_peak(workers);
  for (auto _ : state) benchmark::DoNotOptimize(model.learn_batch(x.view(), y.view()));
  const double images = static_cast<double>(state.iterations()) * static_cast<double>(kBatch);
  state.counters["peak_Gflops"] = peak / 1e9;
  state.counters["images_per_s"] = benchmark::Counter(images, benchmark::Counter::kIsRate);
  state.counters["of_peak"] =
      benchmark::Counter(2 * multiply_adds * images / peak, benchmark::Counter::kIsRate);
}

// Forward, errors down to the second layer, changes of weights.
void image_backpropagation(benchmark::State& state) {
  const Products p = products(cifar_network());
  learn_images(state, BackpropagationOptions{}, 2 * p.all + p.upper);
}
BENCHMARK(image_backpropagation)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

// Feedback of bursts twice, with and without the teacher; recurrent input and its learning.
void image_burstprop(benchmark::State& state) {
  const Products p = products(cifar_network());
  learn_images(state, BurstpropOptions{}, 2 * p.all + 2 * p.upper + 2 * p.recurrent);
}
BENCHMARK(image_burstprop)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace apical::layered
