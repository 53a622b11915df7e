// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/segregated_dendrites.h"

#include <gtest/gtest.h>

#include "apical/engine/layered/test_networks.h"

namespace apical::layered {
namespace {

FeedbackWeights<double> plateau_weights(const NetworkDescription& d) {
  return random_feedback<double>(d, FeedbackPath::direct, WeightInit::glorot_normal, 30, 3);
}

TEST(SegregatedDendrites, UpdatesDescendTheLocalLossesWithFrozenTargets) {
  Case<> c({4, 5, 3}, Activation::sigmoid, Activation::sigmoid, Loss::mse, 2);
  const SegregatedOptions o;
  SegregatedDendrites<double> rule(c.net.description, o, plateau_weights(c.net.description));
  const auto credit = credit_of<double>(rule, c.net, c.batch());
  // Frozen: t_hidden = r + alpha^t - alpha^f and t_out = r^t; the losses are P/2 |r - t|^2 in the own
  // weights.
  const auto r0 = rule.rate()[0], af = rule.plateau_forward()[0], at = rule.plateau_target()[0],
             rt = rule.target_rate();
  SegregatedDendrites<double> probe(c.net.description, o, plateau_weights(c.net.description));
  const auto local_loss = [&](std::size_t l) {
    Matrix<double> out(3, 3);
    probe.predict(Workers(), c.net, c.x.view(), out.view());
    double sum = 0;
    const auto r = probe.rate()[l].view();
    for (std::size_t n = 0; n < r.rows(); ++n) {
      for (std::size_t i = 0; i < r.cols(); ++i) {
        const double target = l == 0 ? r0.view()(n, i) + at.view()(n, i) - af.view()(n, i) : rt.view()(n, i);
        const double P = l == 0 ? o.P_hidden : o.P_out;
        sum += 0.5 * P * (r(n, i) - target) * (r(n, i) - target) / 3;
      }
    }
    return sum;
  };
  for (std::size_t l = 0; l < 2; ++l) {
    for (std::size_t i = 0; i < credit.dW[l].size(); ++i) {
      double& w = c.net.parameters.W[l].flat()[i];
      const double kept = w;
      w = kept + 1e-5;
      const double up = local_loss(l);
      w = kept - 1e-5;
      const double down = local_loss(l);
      w = kept;
      EXPECT_NEAR((up - down) / 2e-5, -credit.dW[l].flat()[i], 1e-8);
    }
  }
}

TEST(SegregatedDendrites, OtherUnitsAreRefused) {
  const Case<> c({4, 5, 3}, Activation::tanh, Activation::sigmoid, Loss::mse, 2);
  EXPECT_THROW(SegregatedDendrites<double>(c.net.description, {}, plateau_weights(c.net.description)),
               ConfigError);
}

}  // namespace
}  // namespace apical::layered
