// SPDX-License-Identifier: Apache-2.0
// Contrastive Hebbian learning and equilibrium propagation: their limits and their identities.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "apical/engine/layered/test_networks.h"
#include "apical/rules/backpropagation.h"
#include "apical/rules/contrastive.h"
#include "apical/rules/equilibrium_propagation.h"
#include "apical/rules/recirculation.h"

namespace apical::layered {
namespace {

const Settling kToTheEnd{.max_steps = 100000, .tolerance = 1e-15};

TEST(ContrastiveHebbian, TendsToTheGradientOfAMatchingLossAsTheFeedbackGainFalls) {
  // With sigmoid outputs and binary cross-entropy delta_L = h - y: the matching loss.
  const Case<> c({4, 6, 5, 3}, Activation::tanh, Activation::sigmoid, Loss::bce, 5);
  Backpropagation<double> reference;
  const auto exact = credit_of<double>(reference, c.net, c.batch());
  const auto error = [&](double gain) {
    ContrastiveHebbian<double> rule(c.net.description, {.feedback_gain = gain, .settling = kToTheEnd});
    return relative_error(credit_of<double>(rule, c.net, c.batch()).dW, exact.dW);
  };
  const double at_3 = error(1e-3);
  EXPECT_LE(at_3, 5e-3);
  EXPECT_NEAR(error(1e-2) / at_3, 10, 1);
}

TEST(ContrastiveHebbian, SymmetrisedMidpointGeneRecIsContrastiveHebbianLearning) {
  const Case<> c({4, 6, 5, 3}, Activation::tanh, Activation::tanh, Loss::mse, 5);
  const double gain = 0.5;
  ContrastiveHebbian<double> rule(c.net.description,
                                  {.feedback_gain = gain, .depth_factor = false, .settling = kToTheEnd});
  const auto credit = credit_of<double>(rule, c.net, c.batch());
  const auto &plus = rule.plus_phase(), &minus = rule.minus_phase();
  for (std::size_t l = 1; l < 3; ++l) {
    for (std::size_t i = 0; i < credit.dW[l].rows(); ++i) {
      for (std::size_t j = 0; j < credit.dW[l].cols(); ++j) {
        double sum = 0;
        for (std::size_t n = 0; n < 3; ++n) {
          const double p = plus[l].view()(n, i), m = minus[l].view()(n, i);
          const double below_p = plus[l - 1].view()(n, j), below_m = minus[l - 1].view()(n, j);
          sum += ((p - m) * (below_p + below_m) / 2 + (p + m) / 2 * (below_p - below_m)) / 3;
        }
        EXPECT_NEAR(sum, credit.dW[l](i, j), 1e-13);
      }
    }
  }
}

TEST(ContrastiveHebbian, SweepsAndRelaxationSettleAtTheSamePoint) {
  const Case<> c({4, 6, 5, 3}, Activation::sigmoid, Activation::sigmoid, Loss::mse, 5);
  Settling sweeps = kToTheEnd;
  sweeps.dynamics = Dynamics::sweeps;
  ContrastiveHebbian<double> a(c.net.description, {.feedback_gain = 0.5, .settling = kToTheEnd});
  ContrastiveHebbian<double> b(c.net.description, {.feedback_gain = 0.5, .settling = sweeps});
  EXPECT_LE(distance(credit_of<double>(a, c.net, c.batch()), credit_of<double>(b, c.net, c.batch())), 1e-11);
}

TEST(SettlingRules, ThatCannotWorkAreRefused) {
  const Case<> softmax({4, 5, 3}, Activation::tanh, Activation::softmax, Loss::ce, 1);
  EXPECT_THROW(ContrastiveHebbian<double>(softmax.net.description, {}), ConfigError);
  const Case<> only_readout({4, 3}, Activation::tanh, Activation::softmax, Loss::ce, 1);
  EXPECT_THROW(EquilibriumPropagation<double>(only_readout.net.description, {}), ConfigError);
  const Case<> bce({4, 5, 3}, Activation::tanh, Activation::sigmoid, Loss::bce, 1);
  EXPECT_THROW(EquilibriumPropagation<double>(bce.net.description, {}), ConfigError);
  EXPECT_THROW(Recirculation<double>(softmax.net.description), ConfigError);
  const Case<> c({4, 5, 4}, Activation::tanh, Activation::tanh, Loss::mse, 1);
  EXPECT_THROW(ContrastiveHebbian<double>(c.net.description, {.feedback_gain = 0}), ConfigError);
  EXPECT_THROW(EquilibriumPropagation<double>(c.net.description, {.beta = 0}), ConfigError);
  EXPECT_THROW(Recirculation<double>(c.net.description, 1.0), ConfigError);
  EXPECT_THROW(dynamics_from_name("sweep"), ConfigError);
}

struct Equilibrium {
  Case<> c{{4, 6, 3}, Activation::tanh, Activation::tanh, Loss::mse, 21, 3, 0.8};
  SettlingNetwork<double> settling;
  LayerRows<double> s;

  double cost() {
    settling.present(Workers(), c.net, c.x.view());
    settling.rest(s);
    settling.settle(Workers(), c.net, 1, {}, kToTheEnd, s);
    return squared_error<double>(s.back().view(), c.y.view());
  }
};

TEST(EquilibriumPropagation, TheAdjointIsTheGradientOfTheEquilibriumCost) {
  Equilibrium e;
  e.cost();
  auto exact = Credit<double>::zeros(e.c.net.description);
  equilibrium_credit<double>(Workers(), e.c.net, e.c.x.view(), e.c.y.view(), e.s, kToTheEnd, exact);
  for (std::size_t l = 0; l < 2; ++l) {
    for (std::size_t i = 0; i < exact.dW[l].size(); i += 3) {
      EXPECT_NEAR(central_difference(e.c.net.parameters.W[l].flat()[i], [&] { return e.cost(); }),
                  -exact.dW[l].flat()[i], 1e-8);
    }
  }
}

TEST(EquilibriumPropagation, ErrorsShrinkWithBetaToFirstAndSymmetricallyToSecondOrder) {
  Equilibrium e;
  e.cost();
  auto exact = Credit<double>::zeros(e.c.net.description);
  equilibrium_credit<double>(Workers(), e.c.net, e.c.x.view(), e.c.y.view(), e.s, kToTheEnd, exact);
  const auto error = [&](Nudging nudging, double beta) {
    EquilibriumPropagation<double> rule(
        e.c.net.description, {.nudging = nudging, .beta = beta, .free = kToTheEnd, .nudged = kToTheEnd});
    return relative_error(credit_of<double>(rule, e.c.net, e.c.batch()).dW, exact.dW);
  };
  const double one_sided = error(Nudging::one_sided, 0.01) / error(Nudging::one_sided, 0.005);
  EXPECT_GE(one_sided, 1.9);
  EXPECT_LE(one_sided, 2.1);
  const double symmetric = error(Nudging::symmetric, 0.1) / error(Nudging::symmetric, 0.05);
  EXPECT_GE(symmetric, 3.7);
  EXPECT_LE(symmetric, 4.3);
  EXPECT_LE(error(Nudging::symmetric, 0.01), 1e-3);
}

/// A readout outside the energy, of dense layers and of convolutions.
TEST(EquilibriumPropagation, WithASoftmaxReadoutItTendsToTheGradientOfTheCrossEntropy) {
  for (const bool images : {false, true}) {
    Case<> c = images ? Case<>(image_network(Activation::tanh, Activation::softmax, Loss::ce), 5, 3, 0.6)
                      : Case<>({4, 6, 5, 3}, Activation::tanh, Activation::softmax, Loss::ce, 5, 3, 0.7);
    SettlingNetwork<double> settling;
    LayerRows<double> s;
    const auto cost = [&] {
      settling.present(Workers(), c.net, c.x.view());
      settling.rest(s);
      settling.settle(Workers(), c.net, 1, {}, kToTheEnd, s);
      return settled_loss<double>(c.net.description, s, c.y.view());
    };
    cost();
    auto exact = Credit<double>::zeros(c.net.description);
    equilibrium_credit<double>(Workers(), c.net, c.x.view(), c.y.view(), s, kToTheEnd, exact);
    for (std::size_t l = 0; l < exact.dW.size(); ++l) {
      for (std::size_t i = 0; i < exact.dW[l].size(); i += 7) {
        double& w = c.net.parameters.W[l].flat()[i];
        const double kept = w, step = 1e-5;
        w = kept + step;
        const double up = cost();
        w = kept - step;
        const double down = cost();
        w = kept;
        EXPECT_NEAR((up - down) / (2 * step), -exact.dW[l].flat()[i], 1e-8);
      }
    }
    const auto error = [&](Nudging nudging, double beta) {
      EquilibriumPropagation<double> rule(
          c.net.description, {.nudging = nudging, .beta = beta, .free = kToTheEnd, .nudged = kToTheEnd});
      const auto credit = credit_of<double>(rule, c.net, c.batch());
      EXPECT_LE(relative_error<double>({credit.dW.back()}, {exact.dW.back()}),
                1e-12);  // the readout's own gradient
      return distance(credit, exact);
    };
    EXPECT_NEAR(error(Nudging::one_sided, 0.01) / error(Nudging::one_sided, 0.005), 2, 0.1);
    EXPECT_NEAR(error(Nudging::symmetric, 0.1) / error(Nudging::symmetric, 0.05), 4, 0.3);
    EXPECT_LE(error(Nudging::symmetric, 0.01), 1e-3);
  }
}

/// Minus the gradient, with respect to W, of the cost after `steps` free steps that start at the fixed point
/// of the weights as they are: backpropagation through time, truncated to these steps (by central
/// differences).
Credit<double> truncated_gradient(Case<>& c, const Settling& dynamics, const LayerRows<double>& fixed_point,
                                  int steps) {
  auto out = Credit<double>::zeros(c.net.description);
  Settling some = dynamics;
  some.max_steps = steps;
  some.tolerance = 0;
  SettlingNetwork<double> settling;
  const auto cost = [&] {
    LayerRows<double> s = fixed_point;
    settling.present(Workers(), c.net, c.x.view());
    settling.settle(Workers(), c.net, 1, {}, some, s);
    return squared_error<double>(s.back().view(), c.y.view());
  };
  for (std::size_t l = 0; l < out.dW.size(); ++l) {
    for (std::size_t i = 0; i < out.dW[l].size(); ++i) {
      out.dW[l].flat()[i] = -central_difference(c.net.parameters.W[l].flat()[i], cost);
    }
  }
  return out;
}

/// Largest relative difference, over 1 … 8 nudged steps, of the update from the truncated gradient.
double deviation_from_truncated_gradients(Case<> c, Settling dynamics) {
  dynamics.max_steps = 100000;
  dynamics.tolerance = 1e-15;
  double worst = 0;
  for (int steps = 1; steps <= 8; ++steps) {
    Settling nudged = dynamics;
    nudged.max_steps = steps;
    nudged.tolerance = 0;
    EquilibriumPropagation<double> rule(
        c.net.description, {.nudging = Nudging::symmetric, .beta = 0.01, .free = dynamics, .nudged = nudged});
    const auto update = credit_of<double>(rule, c.net, c.batch());
    worst = std::max(worst,
                     relative_error(update.dW, truncated_gradient(c, dynamics, rule.free_phase(), steps).dW));
  }
  return worst;
}

TEST(EquilibriumPropagation, UpdatesAfterEachNudgedStepFollowTruncatedGradients) {
  // The property of Ernoult et al. (NeurIPS 2019), who ask for symmetric dynamics. It also holds with
  // saturating units: the Jacobian of f(u) is f' times a symmetric matrix, and the same f' stands at the
  // other end of the gradient.
  const Settling euler{.dynamics = Dynamics::leaky_clipped, .step = 0.2}, damped{.step = 0.2};
  Case<> clipped({4, 6, 5, 3}, Activation::hard_sigmoid, Activation::hard_sigmoid, Loss::mse, 21, 3, 0.5);
  for (auto& b : clipped.net.parameters.b) {
    for (double& v : b) v += 0.4;  // into the range where units are not clipped
  }
  EXPECT_LE(deviation_from_truncated_gradients(clipped, euler), 1e-3);
  for (const Activation f : {Activation::linear, Activation::sigmoid, Activation::tanh}) {
    const Case<> c({4, 6, 5, 3}, f, f, Loss::mse, 21, 3, 0.4);
    EXPECT_LE(deviation_from_truncated_gradients(c, damped), 1e-3) << activation_name(f.kind);
  }
}

RC_GTEST_PROP(EquilibriumPropagation, EverySweepOfTheFreePhaseLowersTheEnergy, ()) {
  const Case<> c({4, 6, 5, 3}, Activation::sigmoid, Activation::sigmoid, Loss::mse,
                 *rc::gen::inRange<std::uint64_t>(0, 1000), 3, 2.0);
  SettlingNetwork<double> settling;
  LayerRows<double> s;
  settling.present(Workers(), c.net, c.x.view());
  settling.rest(s);
  const Settling one{.dynamics = Dynamics::sweeps, .max_steps = 1};
  settling.settle(Workers(), c.net, 1, {}, one, s);
  double before = settling_energy<double>(c.net, c.x.view(), s);
  for (int k = 0; k < 30; ++k) {
    settling.settle(Workers(), c.net, 1, {}, one, s);
    const double now = settling_energy<double>(c.net, c.x.view(), s);
    RC_ASSERT(now <= before + 1e-12);
    before = now;
  }
}

TEST(EquilibriumPropagation, RandomSignsAreDrawnPerBatch) {
  Equilibrium e;
  EquilibriumPropagation<double> rule(
      e.c.net.description,
      {.nudging = Nudging::random_sign, .beta = 0.5, .free = kToTheEnd, .nudged = kToTheEnd}, 3);
  EquilibriumPropagation<double> plus(
      e.c.net.description,
      {.nudging = Nudging::one_sided, .beta = 0.5, .free = kToTheEnd, .nudged = kToTheEnd});
  EquilibriumPropagation<double> minus(
      e.c.net.description,
      {.nudging = Nudging::one_sided, .beta = -0.5, .free = kToTheEnd, .nudged = kToTheEnd});
  const auto at_plus = credit_of<double>(plus, e.c.net, e.c.batch()),
             at_minus = credit_of<double>(minus, e.c.net, e.c.batch());
  int positive = 0;
  for (int k = 0; k < 20; ++k) {
    const auto credit = credit_of<double>(rule, e.c.net, e.c.batch());
    if (credit.dW == at_plus.dW) {
      ++positive;
    } else {
      EXPECT_EQ(credit.dW, at_minus.dW);
    }
  }
  EXPECT_GT(positive, 3);
  EXPECT_LT(positive, 17);
}

}  // namespace
}  // namespace apical::layered
