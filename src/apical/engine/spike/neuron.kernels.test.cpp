// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "apical/core/matrix.h"
#include "apical/core/random.h"
#include "apical/engine/spike/neuron_kernels.h"

namespace apical::spike {
namespace {

// Arrays of a block with random contents around the working range of a neuron.
template <class T>
struct Arrays {
  explicit Arrays(std::size_t n) : padded(round_up(n, 16)) {
    std::uint64_t field = 0;
    for (auto* a : {&v, &vd, &ws, &wd, &theta, &count, &g0, &g1, &g2, &g3}) {
      a->resize(padded);
      for (std::size_t i = 0; i < padded; ++i)
        (*a)[i] = static_cast<T>(uniform({7, Stream::task_input, 0, field * 100000 + i}));
      ++field;
    }
    for (std::size_t i = 0; i < padded; ++i) {
      v[i] = T(-0.07) + T(0.03) * v[i];
      vd[i] = T(-0.07) + T(0.06) * vd[i];
      wd[i] *= T(0.01);
      theta[i] *= T(0.004);
      count[i] = std::floor(count[i] * 3);
    }
  }
  PyramidalState<T> pyramidal() {
    return {v.data(),
            vd.data(),
            wd.data(),
            count.data(),
            ws.data(),
            theta.data(),
            {g0.data(), g1.data(), g2.data(), g3.data()}};
  }
  InterneuronState<T> interneuron() { return {v.data(), ws.data(), count.data(), {g0.data(), g1.data()}}; }
  std::size_t padded;
  AlignedBuffer<T> v, vd, ws, wd, theta, count, g0, g1, g2, g3;
};

template <class T>
PyramidalStep<T> pyramidal_constants() {
  PyramidalStep<T> c{};
  c.rest = T(-0.07);
  c.inhibitory = T(-0.08);
  c.soma_leak = T(1e-4 / 16e-3);
  c.soma_adaptation = T(-1e-4 * 200e-12 / 370e-12);
  c.soma_regenerative = T(1e-4 * 1300e-12 / 370e-12);
  c.dendrite_leak = T(1e-4 / 7e-3);
  c.dendrite_adaptation = T(-1e-4 * 13e-9 / 170e-12);
  c.dendrite_regenerative = T(1e-4 * 1200e-12 / 170e-12);
  c.back_propagation = T(1e-4 * 2600e-12 / 170e-12);
  c.wd_rate = T(1e-4 / 30e-3);
  c.theta_rest = T(-0.05);
  c.ws_scale = T(0.9);
  c.theta_scale = T(0.8);
  c.excitatory_scale = T(0.7);
  c.inhibitory_scale = T(0.6);
  c.midpoint = T(-0.038);
  c.inverse_slope = T(1 / 6e-3);
  c.soma_current = T(1e-5);
  c.dendrite_current = T(2e-5);
  return c;
}

template <class T>
class NeuronKernel : public ::testing::Test {
 protected:
  static constexpr double kTolerance =
      sizeof(T) == 4 ? 2e-8 : 1e-16;  // volt; a few units in the last place of 70 mV
};
using Precisions = ::testing::Types<float, double>;
TYPED_TEST_SUITE(NeuronKernel, Precisions);

TYPED_TEST(NeuronKernel, PyramidalStepAgreesWithItsScalarTwin) {
  using T = TypeParam;
  for (const std::size_t n : {1, 15, 16, 17, 100, 512}) {
    for (const bool active : {false, true}) {
      for (const bool somatic : {false, true}) {
        Arrays<T> fast(n), plain(n);
        const PyramidalStep<T> c = pyramidal_constants<T>();
        std::vector<Crossing<T>> a(n + 16), b(n + 16);
        const std::size_t crossed = active ? two_compartment_step(fast.pyramidal(), c, somatic, n, a.data())
                                           : burst_poisson_step(fast.pyramidal(), c, somatic, n, a.data());
        ASSERT_EQ(crossed, reference::pyramidal_step(plain.pyramidal(), c, active, somatic, n, b.data()));
        for (std::size_t i = 0; i < crossed; ++i) {
          EXPECT_EQ(a[i].neuron, b[i].neuron);
          EXPECT_NEAR(a[i].potential, b[i].potential, this->kTolerance);
        }
        for (std::size_t i = 0; i < n; ++i) {
          EXPECT_NEAR(fast.v[i], plain.v[i], this->kTolerance);
          EXPECT_NEAR(fast.vd[i], plain.vd[i], this->kTolerance);
          EXPECT_NEAR(fast.wd[i], plain.wd[i], this->kTolerance);
          EXPECT_EQ(fast.count[i], plain.count[i]);
        }
      }
    }
  }
}

TYPED_TEST(NeuronKernel, InterneuronStepAgreesWithItsScalarTwin) {
  using T = TypeParam;
  InterneuronStep<T> c{};
  c.rest = T(-0.07);
  c.inhibitory = c.floor = T(-0.08);
  c.ceiling = T(0.02);
  c.leak = T(1e-2);
  c.inverse_leak_S = T(1e8);
  c.slope = T(2e-3);
  c.inverse_slope = T(500);
  c.threshold = T(-0.048);
  c.adaptation_rate = T(2e-4);
  c.adaptation_S = T(0.5e-9);
  c.excitatory_scale = T(0.9);
  c.inhibitory_scale = T(0.8);
  c.current = T(1e-5);
  for (const std::size_t n : {3, 64, 509}) {
    Arrays<T> fast(n), plain(n);
    for (auto* a : {&fast, &plain}) {
      for (T& w : a->ws) w *= T(1e-11);
      for (std::size_t i = 0; i < a->padded; i += 7) {  // these run away and spike
        a->v[i] = T(-0.02);
        a->count[i] = 0;
      }
      a->v[2] = std::numeric_limits<T>::quiet_NaN();
      a->count[2] = 0;
    }
    std::vector<Crossing<T>> a(n + 16), b(n + 16);
    const std::size_t crossed = interneuron_step(fast.interneuron(), c, n, a.data());
    ASSERT_GT(crossed, 0U);
    ASSERT_EQ(crossed, reference::interneuron_step(plain.interneuron(), c, n, b.data()));
    for (std::size_t i = 0; i < crossed; ++i) EXPECT_EQ(a[i].neuron, b[i].neuron);
    EXPECT_TRUE(std::isnan(fast.v[2]) && std::isnan(plain.v[2]))
        << "limits must not hide what is not a number";
    for (std::size_t i = 0; i < n; ++i) {
      if (i == 2) continue;
      EXPECT_NEAR(fast.v[i], plain.v[i], 5 * this->kTolerance);
      EXPECT_NEAR(fast.ws[i], plain.ws[i], 1e-17);
      EXPECT_EQ(fast.count[i], plain.count[i]);
    }
  }
}

TEST(NeuronKernels, PaddingNeverSpikes) {
  Arrays<float> a(5);
  for (float& v : a.v) v = 1.0F;
  const PyramidalStep<float> c = pyramidal_constants<float>();
  std::vector<Crossing<float>> out(16);
  EXPECT_EQ(burst_poisson_step(a.pyramidal(), c, false, 5, out.data()), 5U);
}

}  // namespace
}  // namespace apical::spike
