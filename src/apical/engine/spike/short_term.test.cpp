// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/spike/short_term.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace apical::spike {
namespace {

TEST(ShortTerm, ClosedFormEqualsEulerSteps) {
  const ShortTermParameters p = ShortTermParameters::facilitating();
  ShortTermState state{.x = 1, .u = p.u_rest, .last = 0};
  double x = 1, u = p.u_rest;
  for (Step k = 0; k < 5000; ++k) {
    const bool spike = k % 97 == 3 || k % 211 == 5;
    if (spike) {
      EXPECT_NEAR(state.transmit(p, 1e-4, k), x * u, 1e-13);
      x -= x * u;
      u += p.f * (1 - u);
    }
    x += 1e-4 * (1 - x) / p.depression_tau_s;
    u += 1e-4 * (p.u_rest - u) / p.facilitation_tau_s;
  }
}

TEST(ShortTerm, FacilitatingSynapsesPreferBurstsAndDepressingOnesEvents) {
  const auto ratio = [](const ShortTermParameters& p) {
    ShortTermState s{.x = 1, .u = p.u_rest, .last = 0};
    const double first = s.transmit(p, 1e-4, 1000);
    return s.transmit(p, 1e-4, 1100) / first;
  };
  EXPECT_GT(ratio(ShortTermParameters::facilitating()), 3);
  EXPECT_LT(ratio(ShortTermParameters::depressing()), 0.6);
}

RC_GTEST_PROP(ShortTerm, ResourcesAndReleaseStayProbabilities, ()) {
  const double u_rest = *rc::gen::inRange(0, 1001) * 1e-3, f = *rc::gen::inRange(0, 1001) * 1e-3;
  const ShortTermParameters p{*rc::gen::inRange(1, 1000) * 1e-3, *rc::gen::inRange(1, 1000) * 1e-3, u_rest,
                              f};
  ShortTermState s{.x = 1, .u = u_rest, .last = 0};
  Step k = 0;
  for (const int gap : *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 2000))) {
    k += gap;
    const double efficacy = s.transmit(p, 1e-4, k);
    RC_ASSERT(efficacy >= 0 && efficacy <= 1);
    RC_ASSERT(s.x >= 0 && s.x <= 1 && s.u >= -1e-15 && s.u <= 1 + 1e-15);
  }
}

}  // namespace
}  // namespace apical::spike
