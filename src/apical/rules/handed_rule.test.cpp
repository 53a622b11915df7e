// SPDX-License-Identifier: Apache-2.0
// Rules that a program hands in: written anew as such, the built-in ones come out.
#include "apical/rules/handed_rule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apical/core/error.h"
#include "apical/engine/layered/test_networks.h"
#include "apical/rules/backpropagation.h"
#include "apical/rules/feedback_alignment.h"

namespace apical::layered {
namespace {

/// Errors through the weights that `feedback(told, l)` gives, in plain loops.
template <class T, class Feedback>
HandedCredit<T> carried_back(Feedback feedback) {
  return [feedback](const ToldBatch<T>& told, Credit<T>& out) {
    const std::size_t samples = told.batch.X.rows();
    Matrix<T> delta(samples, told.error.cols());
    for (std::size_t i = 0; i < delta.size(); ++i) delta.flat()[i] = told.error.data()[i];
    for (std::size_t l = told.network.description.depth(); l-- > 0;) {
      const MatrixView<const T> pre = presynaptic<T>(told.batch.X, told.activity.h, l);
      for (std::size_t i = 0; i < out.dW[l].rows(); ++i) {
        T offset = 0;
        for (std::size_t n = 0; n < samples; ++n) offset -= delta(n, i) / static_cast<T>(samples);
        out.db[l][i] = offset;
        for (std::size_t k = 0; k < out.dW[l].cols(); ++k) {
          T sum = 0;
          for (std::size_t n = 0; n < samples; ++n) sum -= delta(n, i) * pre(n, k);
          out.dW[l](i, k) = sum / static_cast<T>(samples);
        }
      }
      if (l == 0) return;
      const Matrix<T>& B = feedback(told, l);
      Matrix<T> below(samples, B.cols());
      for (std::size_t n = 0; n < samples; ++n) {
        for (std::size_t k = 0; k < B.cols(); ++k) {
          T sum = 0;
          for (std::size_t i = 0; i < B.rows(); ++i) sum += delta(n, i) * B(i, k);
          below(n, k) = sum * told.slope[l - 1].view()(n, k);
        }
      }
      delta = std::move(below);
    }
  };
}

template <class T>
std::shared_ptr<const HandedRules> rules() {
  auto out = std::make_shared<HandedRules>();
  const auto weights = [](const auto& told, std::size_t l) -> const auto& {
    return told.network.parameters.W[l];
  };
  const auto random = [](const auto& told, std::size_t l) -> const auto& { return told.feedback[l - 1]; };
  out->by_name["backpropagation"] = {carried_back<float>(weights), carried_back<double>(weights)};
  out->by_name["feedback alignment"] = {carried_back<float>(random), carried_back<double>(random)};
  const auto broken = [](const auto& told, auto& out_credit) {
    (void)told;
    out_credit.dW[1](2, 1) = std::nanf("");
  };
  out->by_name["broken"] = {broken, broken};
  return out;
}

template <class T>
double distance_from_built_in(const Case<T>& c, const char* name, const RuleOptions& built_in) {
  const auto handed =
      make_rule<T>(HandedRuleOptions{std::string("memory:") + name, rules<T>()}, c.net.description, 7);
  const auto expected = make_rule<T>(built_in, c.net.description, 7);
  return distance(credit_of<T>(*handed, c.net, c.batch()), credit_of<T>(*expected, c.net, c.batch()));
}

TEST(HandedRule, BackpropagationAndFeedbackAlignmentAreTheBuiltInOnes) {
  const Case<double> classes({4, 6, 5, 3}, Activation::relu, Activation::softmax, Loss::ce, 3, 5),
      numbers({4, 6, 3}, Activation::tanh, Activation::sigmoid, Loss::mse, 4, 5);
  for (const Case<double>* c : {&classes, &numbers}) {
    EXPECT_LT(distance_from_built_in<double>(*c, "backpropagation", BackpropagationOptions{}), 1e-12);
    EXPECT_LT(distance_from_built_in<double>(*c, "feedback alignment", FeedbackAlignmentOptions{}), 1e-12);
    EXPECT_GT(distance_from_built_in<double>(*c, "feedback alignment", BackpropagationOptions{}), 0.1);
  }
  const Case<float> single({4, 6, 5, 3}, Activation::relu, Activation::softmax, Loss::ce, 3, 5);
  EXPECT_LT(distance_from_built_in<float>(single, "backpropagation", BackpropagationOptions{}), 1e-5);
  EXPECT_LT(distance_from_built_in<float>(single, "feedback alignment", FeedbackAlignmentOptions{}), 1e-5);
}

TEST(HandedRule, WhatIsNotFiniteIsAFaultOfLayerAndSynapse) {
  const Case<double> c({4, 6, 5, 3}, Activation::relu, Activation::softmax, Loss::ce, 3);
  const auto rule =
      make_rule<double>(HandedRuleOptions{"memory:broken", rules<double>()}, c.net.description, 7);
  try {
    credit_of<double>(*rule, c.net, c.batch());
    FAIL();
  } catch (const NumericalFault& e) {
    EXPECT_EQ(e.where().population, "layer 2");
    EXPECT_EQ(e.where().quantity, "gradient of the weight from unit 1");
    EXPECT_EQ(e.where().unit, 2U);
    EXPECT_EQ(e.where().seed, 7U);
  }
}

TEST(HandedRule, IsToldToRestWhileCreditIsMeasured) {
  auto rules = std::make_shared<HandedRules>();
  std::vector<bool> told_to_rest;
  const auto listens = [&](const auto& told, auto&) { told_to_rest.push_back(told.resting); };
  rules->by_name["listens"] = {listens, listens};
  const Case<double> c({4, 6, 3}, Activation::tanh, Activation::linear, Loss::mse, 3);
  const auto rule = make_rule<double>(HandedRuleOptions{"memory:listens", rules}, c.net.description, 7);
  credit_of<double>(*rule, c.net, c.batch());
  {
    const Resting<double> measured(*rule);
    credit_of<double>(*rule, c.net, c.batch());
  }
  credit_of<double>(*rule, c.net, c.batch());
  EXPECT_EQ(told_to_rest, (std::vector<bool>{false, true, false}));
}

std::string refusal(const HandedRuleOptions& options, const NetworkDescription& network) {
  try {
    const auto rule = make_rule<float>(options, network, 1);
    const Case<float> c(network, 1);
    credit_of<float>(*rule, c.net, c.batch());
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "none";
}

TEST(HandedRule, IsRefusedWhereItIsNotAndWhereItCannotWork) {
  const NetworkDescription net = dense_network({4, 6, 3}, Activation::relu, Activation::linear, Loss::mse);
  EXPECT_EQ(refusal({"memory:backpropagation", rules<float>()}, net), "none");
  EXPECT_NE(
      refusal({"memory:backpropagtion", rules<float>()}, net).find("did you mean 'memory:backpropagation'?"),
      std::string::npos);
  EXPECT_NE(refusal({"memory:mine", std::make_shared<HandedRules>()}, net)
                .find("only a program that has it in memory"),
            std::string::npos);
  EXPECT_NE(refusal({"memory:mine"}, net).find("is a function of another program"), std::string::npos);
  EXPECT_NE(refusal({"mine.py"}, net).find("expected memory:NAME"), std::string::npos);
  const auto images = image_network(Activation::relu, Activation::linear, Loss::mse);
  EXPECT_NE(refusal({"memory:backpropagation", rules<float>()}, images).find("needs all-to-all layers"),
            std::string::npos);
}

}  // namespace
}  // namespace apical::layered
