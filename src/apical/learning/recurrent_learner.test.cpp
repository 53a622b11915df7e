// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/recurrent_learner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "apical/engine/recurrent/backpropagation_through_time.h"
#include "apical/models/recurrent_models.h"
#include "apical/rules/eligibility_propagation.h"
#include "apical/tasks/task.h"

namespace apical {
namespace {

using recurrent::Weights;
using testing::HasSubstr;

std::shared_ptr<const Dataset> bits_to_recall() {
  return std::make_shared<const Dataset>(make_dataset("store-recall", TaskParameters{}
                                                                          .set("train_samples", 12)
                                                                          .set("validation_samples", 6)
                                                                          .set("test_samples", 6)
                                                                          .set("slots", 3)
                                                                          .set("slot_steps", 2)));
}

models::RecurrentNetwork network(const std::string& model, FieldValues options = {}) {
  const models::RecurrentModelRecipe* found = models::find_recurrent(model);
  APICAL_CHECK(found != nullptr);
  if (options.find("layers") == nullptr) options.set("layers", std::vector<double>{3, 6, 1});
  if (options.find("tau_steps") == nullptr) options.set("tau_steps", 3);
  if (options.find("batch") == nullptr) options.set("batch", 5);
  return build_with(found->recipe, options);
}

/// The whole credit as it is: w -= mean of the gradient.
FieldValues plain_steps() {
  return FieldValues()
      .set("optimiser", std::string("sgd"))
      .set("learning_rate", std::vector<double>{1})
      .set("clip_norm", 0);
}

RecurrentLearner learner(models::RecurrentNetwork n, ThreadPool& pool,
                         const std::vector<std::uint64_t>& seeds = {3}) {
  return {n, std::vector<std::shared_ptr<const Dataset>>(seeds.size(), bits_to_recall()), seeds, pool};
}

std::vector<std::uint32_t> all_of(std::size_t n) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

std::vector<double> parameter(const Learner& l, const std::string& name, std::size_t replica = 0) {
  const std::vector<Parameter> all = l.parameters();
  for (std::size_t p = 0; p < all.size(); ++p) {
    if (all[p].name == name) return l.parameter(p, replica);
  }
  APICAL_CHECK(!"no such parameter");
  return {};
}

void set(Learner& l, const std::string& name, const std::vector<double>& numbers) {
  const std::vector<Parameter> all = l.parameters();
  for (std::size_t p = 0; p < all.size(); ++p) {
    if (all[p].name == name) l.set_parameters({ParameterValues{{p, numbers}}});
  }
}

/// Everything that learners keep.
std::vector<double> state_of(Learner& l) {
  std::vector<double> out;
  for (std::size_t r = 0; r < l.replicas(); ++r) {
    for (std::size_t p = 0; p < l.parameters().size(); ++p) {
      const std::vector<double> numbers = l.parameter(p, r);
      out.insert(out.end(), numbers.begin(), numbers.end());
    }
  }
  return out;
}

double angle(const std::vector<AreaAlignment>& areas, const std::string& area) {
  for (const AreaAlignment& a : areas) {
    if (a.area == area) return a.mean_angle;
  }
  APICAL_CHECK(!"no such area");
  return 0;
}

// ---- the first update is what the library's functions say ----

/// A network of the library with the learner's weights, put together by hand.
recurrent::Network by_hand(const Learner& l, double k) {
  const std::vector<double> W = parameter(l, "a1->a1"), U = parameter(l, "input->a1"),
                            b = parameter(l, "a1.offsets"), V = parameter(l, "a1->a2");
  const std::size_t n = b.size(), inputs = U.size() / n;
  recurrent::Network net;
  net.k = k;
  net.th = Matrix<double>(n, n + inputs + 1);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) net.th(i, j) = W[i * n + j];
    for (std::size_t j = 0; j < inputs; ++j) net.th(i, n + j) = U[i * inputs + j];
    net.th(i, n + inputs) = b[i];
  }
  net.V = Matrix<double>(V.size() / n, n);
  std::copy(V.begin(), V.end(), net.V.flat().begin());
  net.c = parameter(l, "a2.offsets");
  return net;
}

/// Sample `i` of the training set: the recall slot, the last two steps, counts.
recurrent::Trial trial_by_hand(const Dataset& d, std::size_t i) {
  const InputSequence& course = d.train.sequences[i];
  recurrent::Trial t;
  t.inputs = Matrix<double>(course.steps(), 3);
  t.targets = Matrix<double>(course.steps(), 1, d.train.targets(i, 0));
  t.mask.assign(course.steps(), 0.0);
  for (std::uint32_t step = 0; step < course.steps(); ++step)
    std::copy(course.at(step).begin(), course.at(step).end(), t.inputs.row(step).begin());
  t.mask[course.steps() - 1] = t.mask[course.steps() - 2] = 0.5;
  return t;
}

TEST(RecurrentLearner, FirstUpdateOfBpttIsTheMeanGradientOfTheLibrary) {
  ThreadPool pool(2);
  RecurrentLearner l = learner(network("bptt", plain_steps()), pool);
  const recurrent::Network net = by_hand(l, 1.0 / 3);
  recurrent::Gradient sum = recurrent::Gradient::zeros(net);
  for (std::size_t i = 0; i < 5; ++i) {
    const std::vector<recurrent::Step> course = recurrent::run(net, trial_by_hand(l.data(0), i));
    sum.add(recurrent::backpropagate(net, course).gradient);
  }
  const std::vector<std::uint32_t> order = all_of(5);
  l.learn({order}, true);
  const recurrent::Network after = by_hand(l, 1.0 / 3);
  for (std::size_t k = 0; k < net.th.size(); ++k)
    EXPECT_NEAR(after.th.flat()[k], net.th.flat()[k] - sum.th.flat()[k] / 5, 1e-15);
  for (std::size_t k = 0; k < net.V.size(); ++k)
    EXPECT_NEAR(after.V.flat()[k], net.V.flat()[k] - sum.V.flat()[k] / 5, 1e-15);
  EXPECT_NEAR(after.c[0], -sum.c[0] / 5, 1e-15);
  EXPECT_GT(std::abs(sum.th(0, 0)), 0);
}

TEST(RecurrentLearner, TheGradientIsThatOfTheLossThatEvaluationsCount) {
  ThreadPool pool(1);
  for (const char* leak : {"rate", "potential"}) {
    RecurrentLearner l = learner(network("bptt", plain_steps().set("leak", std::string(leak))), pool);
    const std::vector<std::uint32_t> order = all_of(5);
    const auto loss = [&] {
      std::vector<Score> score(1);
      l.evaluate(SplitName::train, {order}, true, score);
      return score[0].loss() / 2;  // squared errors, of which half is descended
    };
    for (const char* name : {"a1->a1", "input->a1", "a1->a2", "a1.offsets", "a2.offsets"}) {
      const std::vector<double> w = parameter(l, name);
      std::vector<double> difference(w.size());
      constexpr double kStep = 1e-6;
      for (std::size_t i = 0; i < w.size(); ++i) {
        std::vector<double> moved = w;
        moved[i] = w[i] + kStep;
        set(l, name, moved);
        const double up = loss();
        moved[i] = w[i] - kStep;
        set(l, name, moved);
        difference[i] = (up - loss()) / (2 * kStep);
      }
      set(l, name, w);
      Snapshot before;
      before.take(l);
      l.learn({order}, true);
      const std::vector<double> after = parameter(l, name);
      before.restore(l);
      for (std::size_t i = 0; i < w.size(); ++i)
        EXPECT_NEAR(w[i] - after[i], difference[i], 1e-8) << leak << " " << name << " " << i;
    }
  }
}

TEST(RecurrentLearner, FirstUpdateOfEPropIsThatOfTheLibrary) {
  ThreadPool pool(1);
  for (const char* feedback : {"symmetric", "random", "adaptive"}) {
    RecurrentLearner l = learner(network("e-prop", plain_steps()
                                                       .set("feedback", std::string(feedback))
                                                       .set("threshold", 0.1)
                                                       .set("rate_cost", 0)
                                                       .set("refractory_steps", 2)
                                                       .set("decay", std::string("unscaled"))
                                                       .set("weight_decay", 0.25)
                                                       .set("batch", 1)),
                                 pool);
    recurrent::SpikingNetwork net = models::spiking_network(l.model(0).description());
    const auto fill = [&](Matrix<double>& to, const char* name) {
      const std::vector<double> numbers = parameter(l, name);
      std::copy(numbers.begin(), numbers.end(), to.flat().begin());
    };
    fill(net.W, "a1->a1");
    fill(net.U, "input->a1");
    fill(net.V, "a1->a2");
    Matrix<double> B(6, 1);
    const bool own = std::string(feedback) != "symmetric";
    if (own) fill(B, "a2->a1");
    const recurrent::Trial trial = trial_by_hand(l.data(0), 0);
    const recurrent::SpikingTrial shown{trial.inputs, trial.targets, trial.mask};
    const recurrent::SpikingGradient g =
        recurrent::eligibility_propagation(net, shown, recurrent::run(net, shown), own ? &B : nullptr)
            .gradient;
    double length = 0;
    for (const double x : g.W.flat()) length += x * x;
    EXPECT_GT(length, 0) << "it spikes";
    recurrent::SpikingNetwork after = net;
    if (std::string(feedback) == "adaptive") {
      recurrent::apply_with_adaptive_feedback(after, B, g, 1, 0.25);
    } else {  // decay acts on all weights
      plain::add_scaled(after.W.flat(), -0.25, net.W.flat());
      plain::add_scaled(after.U.flat(), -0.25, net.U.flat());
      plain::add_scaled(after.V.flat(), -0.25, net.V.flat());
      plain::add_scaled(after.W.flat(), -1, g.W.flat());
      plain::add_scaled(after.U.flat(), -1, g.U.flat());
      plain::add_scaled(after.V.flat(), -1, g.V.flat());
    }
    const std::vector<std::uint32_t> order = all_of(1);
    l.learn({order}, true);
    const auto expect = [&](const Matrix<double>& wanted, const char* name) {
      const std::vector<double> is = parameter(l, name);
      for (std::size_t k = 0; k < is.size(); ++k)
        EXPECT_NEAR(is[k], wanted.flat()[k], 1e-14) << feedback << " " << name;
    };
    expect(after.W, "a1->a1");
    expect(after.U, "input->a1");
    expect(after.V, "a1->a2");
    if (own) expect(B, "a2->a1");
  }
}

// ---- angles ----

TEST(RecurrentLearner, RulesThatAreExactAreAtNoAngle) {
  ThreadPool pool(2);
  const std::vector<std::uint32_t> order = all_of(4);
  for (const char* model : {"bptt", "rtrl"}) {
    for (const char* leak : {"rate", "potential"}) {
      RecurrentLearner l =
          learner(network(model, FieldValues().set("leak", std::string(leak))), pool, {1, 2});
      for (const auto& areas : l.align({order, order})) {
        for (const char* area : {"input", "recurrent", "readout", "total"})
          EXPECT_LT(angle(areas, area), 1e-4) << model << " " << area;
      }
    }
  }
  RecurrentLearner spiking =
      learner(network("bptt", FieldValues().set("neurons", std::string("alif")).set("threshold", 0.1)), pool);
  EXPECT_LT(angle(spiking.align({order}).front(), "total"), 1e-4);
}

TEST(RecurrentLearner, LocalRulesAreAtAnAngleThatRecurrentWeightsOpen) {
  ThreadPool pool(1);
  const std::vector<std::uint32_t> order = all_of(4);
  for (const char* model : {"snap-1", "rflo"}) {
    FieldValues options;
    if (std::string(model) == "rflo") options.set("feedback", std::string("symmetric"));
    RecurrentLearner l = learner(network(model, options), pool);
    EXPECT_GT(angle(l.align({order}).front(), "recurrent"), 1) << model;
    EXPECT_LT(angle(l.align({order}).front(), "readout"), 1e-4) << model;
    set(l, "a1->a1", std::vector<double>(36, 0.0));
    EXPECT_LT(angle(l.align({order}).front(), "recurrent"), 1e-4) << model << " without recurrent weights";
  }
}

TEST(RecurrentLearner, NoisyRulesAreRightOnAverage) {
  ThreadPool pool(1);
  for (const char* model : {"uoro", "kf-rtrl"}) {
    RecurrentLearner l = learner(network(model), pool);
    const ShownTrial trial = l.trial(SplitName::train, 0, 0);
    const Weights exact = l.model(0).exact(trial);
    const auto cosine_of_mean = [&](std::size_t n) {
      Weights mean = recurrent::zeros_like(exact);
      for (std::size_t k = 0; k < n; ++k) {
        std::optional<RewardedTrial> none;
        recurrent::add(mean, 1, l.model(0).credit(trial, k, none).uphill);
      }
      return plain::dot(mean.W.flat(), exact.W.flat()) /
             std::sqrt(plain::dot(mean.W.flat(), mean.W.flat()) * plain::dot(exact.W.flat(), exact.W.flat()));
    };
    EXPECT_GT(cosine_of_mean(5000), 0.97) << model;
    EXPECT_LT(cosine_of_mean(1), 0.97) << model << ", one draw";
  }
}

TEST(RecurrentLearner, AligningLeavesEverythingAsItWas) {
  ThreadPool pool(1);
  const std::vector<std::uint32_t> order = all_of(4);
  for (const models::RecurrentModelRecipe& m : models::recurrent_models()) {
    RecurrentLearner l = learner(network(m.name), pool), other = learner(network(m.name), pool);
    l.align({order});
    l.learn({order}, true);
    other.learn({order}, true);
    EXPECT_EQ(state_of(l), state_of(other)) << m.name;
  }
}

// ---- every rule ----

TEST(RecurrentLearner, TheSameBitsForAnyNumberOfThreads) {
  const std::vector<std::uint32_t> order = all_of(12);
  for (const models::RecurrentModelRecipe& m : models::recurrent_models()) {
    const FieldValues options = FieldValues().set("batch", 11);  // an odd number of samples, in three pieces
    ThreadPool one(1), three(3);
    RecurrentLearner a = learner(network(m.name, options), one, {1, 2}),
                     b = learner(network(m.name, options), three, {1, 2});
    for (int epoch = 0; epoch < 3; ++epoch) {
      a.learn({order, order}, true);
      b.learn({order, order}, true);
    }
    EXPECT_EQ(state_of(a), state_of(b)) << m.name;
    std::vector<Score> x(2), y(2);
    a.evaluate(SplitName::test, {std::span(order).first(6), std::span(order).first(6)}, true, x);
    b.evaluate(SplitName::test, {std::span(order).first(6), std::span(order).first(6)}, true, y);
    EXPECT_EQ(x[1].loss_sum, y[1].loss_sum) << m.name;
    EXPECT_EQ(x[1].samples, 6);
  }
}

TEST(RecurrentLearner, SeedsAloneDecideAndDiffer) {
  ThreadPool pool(2);
  const std::vector<std::uint32_t> order = all_of(12);
  for (const models::RecurrentModelRecipe& m : models::recurrent_models()) {
    RecurrentLearner together = learner(network(m.name), pool, {1, 2}),
                     alone = learner(network(m.name), pool, {2});
    together.learn({order, order}, true);
    alone.learn({order}, true);
    EXPECT_EQ(parameter(together, "a1->a1", 1), parameter(alone, "a1->a1")) << m.name;
    EXPECT_NE(parameter(together, "a1->a1", 0), parameter(alone, "a1->a1")) << m.name;
  }
}

TEST(RecurrentLearner, WhatIsNotLearnedStays) {
  ThreadPool pool(1);
  const std::vector<std::uint32_t> order = all_of(12);
  RecurrentLearner l =
      learner(network("bptt", FieldValues().set("learning_rate", std::vector<double>{0, 0, 0.01})), pool);
  const std::vector<double> W = parameter(l, "a1->a1"), U = parameter(l, "input->a1"),
                            V = parameter(l, "a1->a2"), b = parameter(l, "a1.offsets");
  const auto areas = l.align({order}).front();
  ASSERT_EQ(areas.size(), 2U);
  EXPECT_EQ(areas.front().area, "readout");
  l.learn({order}, true);
  EXPECT_EQ(parameter(l, "a1->a1"), W);
  EXPECT_EQ(parameter(l, "input->a1"), U);
  EXPECT_EQ(parameter(l, "a1.offsets"), b);
  EXPECT_NE(parameter(l, "a1->a2"), V);
}

TEST(RecurrentLearner, WhereEachStepHasATargetEachIsDecided) {
  const auto data = std::make_shared<const Dataset>(make_dataset(
      "copy",
      TaskParameters{}.set("alphabet", 2).set("symbols", 3).set("delay_steps", 2).set("test_samples", 7)));
  ThreadPool pool(1);
  RecurrentLearner l(
      network("bptt",
              FieldValues().set("layers", std::vector<double>{4, 6, 3}).set("loss", std::string("ce"))),
      {data}, {1}, pool);
  const std::vector<std::uint32_t> order = all_of(7);
  std::vector<Score> score(1);
  l.evaluate(SplitName::test, {order}, true, score);
  EXPECT_EQ(score[0].samples, 21);
  EXPECT_EQ(score[0].loss_count, 7);
  const ShownTrial shown = l.trial(SplitName::test, 0, 2);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_DOUBLE_EQ(shown.mask[5 + k], 1.0 / 3);
    for (std::size_t c = 0; c < 3; ++c)
      EXPECT_EQ(shown.targets(5 + k, c), data->test.target_courses[2](k, c));
  }
  EXPECT_EQ(shown.mask[4], 0);
  // What is answered at the end of a sample is its last step's.
  const Matrix<double> answers = l.respond(SplitName::test, 0, order);
  const Matrix<double> outputs = l.model(0).answer(shown).outputs;
  for (std::size_t c = 0; c < 3; ++c) EXPECT_EQ(answers(2, c), outputs(2, c));
}

TEST(RecurrentLearner, RewardsTeachOnceTheyKnowWhatIsUsual) {
  ThreadPool pool(1);
  const std::vector<std::uint32_t> order = all_of(5);
  RecurrentLearner l = learner(network("reward-eligibility", FieldValues()
                                                                 .set("push_probability", 1)
                                                                 .set("push_size", 0.5)
                                                                 .set("push_from", 0)
                                                                 .set("trials_before_learning", 5)
                                                                 .set("batch", 5)),
                               pool);
  const std::vector<double> W = parameter(l, "a1->a1"), V = parameter(l, "a1->a2");
  l.learn({order}, true);
  EXPECT_EQ(parameter(l, "a1->a1"), W);
  EXPECT_NE(parameter(l, "a1->a2"), V);
  l.learn({order}, true);
  EXPECT_NE(parameter(l, "a1->a1"), W);
}

TEST(RecurrentLearner, WhatDivergesIsNamed) {
  ThreadPool pool(1);
  const std::vector<std::uint32_t> order = all_of(5);
  RecurrentLearner l =
      learner(network("bptt", FieldValues().set("activation", std::string("relu"))), pool, {7});
  std::vector<double> W(36, 0.0);
  for (std::size_t i = 0; i < 6; ++i) W[i * 6 + 4] = 1e9;  // unit 4 drives all, but itself begins at rest
  set(l, "a1->a1", W);
  set(l, "a1.offsets", std::vector<double>(6, 10.0));
  try {
    l.learn({order}, true);
    FAIL() << "it went on";
  } catch (const NumericalFault& fault) {
    EXPECT_EQ(fault.where().population, "a1");
    EXPECT_THAT(fault.where().quantity, HasSubstr("step"));
    EXPECT_EQ(fault.where().seed, 7U);
    EXPECT_LT(fault.where().unit, 6U);
  }
}

TEST(RecurrentLearner, TasksThatDoNotFitAreRefused) {
  ThreadPool pool(1);
  const auto complaint = [&](models::RecurrentNetwork n, std::shared_ptr<const Dataset> data) -> std::string {
    try {
      RecurrentLearner(n, {std::move(data)}, {1}, pool);
    } catch (const ConfigError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_THAT(complaint(network("bptt"), std::make_shared<const Dataset>(make_dataset("xor"))),
              HasSubstr("recurrent networks learn sequences"));
  EXPECT_THAT(
      complaint(network("bptt", FieldValues().set("layers", std::vector<double>{4, 6, 1})), bits_to_recall()),
      HasSubstr("the first entry of layers must be 3 and the last 1"));
  EXPECT_THAT(complaint(network("bptt", FieldValues().set("loss", std::string("ce"))), bits_to_recall()),
              HasSubstr("compares distributions"));
}

}  // namespace
}  // namespace apical
