// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/reward_learner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "apical/core/error.h"
#include "apical/core/random.h"
#include "apical/learning/trainer.h"
#include "apical/models/layered_models.h"
#include "apical/tasks/task.h"

namespace apical {
namespace {

/// Pays for action 1; its observation says nothing. An episode is cut after five steps.
class Bandit final : public Environment {
 public:
  explicit Bandit(double other) : other_(other) {}
  void begin(std::uint64_t) override { step_ = 0; }
  std::span<const double> observation() const override { return observation_; }
  Outcome act(std::uint32_t action) override { return {action == 1 ? 1.0 : other_, false, ++step_ == 5}; }
  void visit_state(StateVisitor& a) override { a("step", step_); }

 private:
  double other_;
  std::uint32_t step_ = 0;
  std::vector<double> observation_{1.0};
};

std::shared_ptr<const Dataset> bandit(double other) {
  Dataset d;
  d.name = "bandit";
  const auto make = [other]() -> std::unique_ptr<Environment> { return std::make_unique<Bandit>(other); };
  d.episodes = Episodes{make, make, make, 1, 2, 4, 4, 4.5};
  return std::make_shared<const Dataset>(std::move(d));
}

/// Pays for action 1 where two bits differ and for action 0 where they do not: nothing linear in the
/// observation tells them apart. Bits are drawn anew at every step.
class Xor final : public Environment {
 public:
  void begin(std::uint64_t episode) override {
    episode_ = episode;
    step_ = 0;
    look();
  }
  std::span<const double> observation() const override { return bits_; }
  Outcome act(std::uint32_t action) override {
    const bool pays = (action == 1) == (bits_[0] != bits_[1]);
    ++step_;
    look();
    return {pays ? 1.0 : 0.0, false, step_ == 5};
  }
  void visit_state(StateVisitor& a) override {
    a("episode", episode_);
    a("step", step_);
    if (a.kReading) look();
  }

 private:
  void look() {
    const auto drawn = uniform_integer({1, Stream::environment, step_, episode_}, 4);
    bits_ = {drawn & 1 ? 1.0 : -1.0, drawn & 2 ? 1.0 : -1.0};
  }
  std::uint64_t episode_ = 0;
  std::uint32_t step_ = 0;
  std::vector<double> bits_{1, 1};
};

std::shared_ptr<const Dataset> exclusive_or() {
  Dataset d;
  d.name = "exclusive or";
  const auto make = []() -> std::unique_ptr<Environment> { return std::make_unique<Xor>(); };
  d.episodes = Episodes{make, make, make, 2, 2, 4, 4, 4.5};
  return std::make_shared<const Dataset>(std::move(d));
}

models::LayeredNetwork network(const std::string& model, std::vector<double> layers, double rate = 0.01,
                               const std::string& optimiser = "adam") {
  return build_with(models::find_layered(model)->recipe, FieldValues()
                                                             .set("layers", std::move(layers))
                                                             .set("activation", "tanh")
                                                             .set("output", "linear")
                                                             .set("loss", "mse")
                                                             .set("learning_rate", rate)
                                                             .set("optimiser", optimiser)
                                                             .set("gain", 0.5));
}

struct Setting {
  std::string model = "backpropagation";
  RewardPlan plan = {};
  std::shared_ptr<const Dataset> data = bandit(0);
  double rate = 0.01;
  std::string optimiser = "adam";
  std::vector<std::uint64_t> seeds = {1};
  std::vector<double> hidden = {6, 5};

  template <class Real = double>
  std::unique_ptr<RewardLearner<Real>> learner(ThreadPool& pool) const {
    const auto layers = [&](std::size_t outputs) {
      std::vector<double> all = hidden;
      all.insert(all.begin(), static_cast<double>(data->inputs()));
      all.push_back(static_cast<double>(outputs));
      return all;
    };
    return std::make_unique<RewardLearner<Real>>(
        network(model, layers(data->outputs()), rate, optimiser),
        RewardSettings{plan, network(model, layers(1), rate, optimiser)},
        std::vector<std::shared_ptr<const Dataset>>(seeds.size(), data), seeds, pool);
  }
};

template <class Real>
void iterate(RewardLearner<Real>& learner, int times) {
  const std::vector<std::uint32_t> steps(learner.batch());
  const Order order(learner.replicas(), std::span<const std::uint32_t>(steps));
  for (int i = 0; i < times; ++i) learner.learn(order, true);
}

template <class Real>
std::vector<Real> weights(RewardLearner<Real>& learner, std::size_t replica = 0) {
  std::vector<Real> all;
  for (auto* model : {&learner.policy(replica), &learner.value(replica)}) {
    for (const Matrix<Real>& W : model->network().parameters.W)
      all.insert(all.end(), W.flat().begin(), W.flat().end());
  }
  return all;
}

double answer(layered::LayeredModel<double>& model, std::size_t output) {
  Matrix<double> x(1, 1), y(1, model.network().description.outputs());
  x(0, 0) = 1;
  model.predict(std::as_const(x).view(), y.view());
  return y(0, output);
}

constexpr RewardPlan small(RewardMethod method) {
  return {.method = method,
          .environments = 4,
          .steps = 20,
          .gamma = 0.5,
          .passes = method == RewardMethod::ppo ? 4UL : 1UL,
          .minibatches = method == RewardMethod::ppo ? 2UL : 1UL,
          .entropy_coefficient = 0};
}

/// The smallest probability of what pays, over all four pairs of bits.
double certainty(layered::LayeredModel<double>& policy) {
  Matrix<double> x(4, 2), y(4, 2);
  for (std::size_t n = 0; n < 4; ++n) {
    x(n, 0) = n & 1 ? 1 : -1;
    x(n, 1) = n & 2 ? 1 : -1;
  }
  policy.predict(std::as_const(x).view(), y.view());
  double smallest = 1;
  for (std::size_t n = 0; n < 4; ++n) {
    const double toward = x(n, 0) != x(n, 1) ? y(n, 1) - y(n, 0) : y(n, 0) - y(n, 1);
    smallest = std::min(smallest, 1 / (1 + std::exp(-toward)));
  }
  return smallest;
}

/// Every array that learns: weights of each layer, and feedback.
std::vector<std::vector<double>> arrays(layered::LayeredModel<double>& model) {
  std::vector<std::vector<double>> all;
  for (const Matrix<double>& W : model.network().parameters.W)
    all.emplace_back(W.flat().begin(), W.flat().end());
  for (const auto& feedback : model.rule().learned_feedback())
    all.emplace_back(feedback.values.begin(), feedback.values.end());
  return all;
}

constexpr RewardMethod kMethods[] = {RewardMethod::ppo, RewardMethod::reinforce, RewardMethod::actor_critic};

// One name is all that changes from one rule to the other.
class AnyRule : public testing::TestWithParam<const char*> {};

TEST_P(AnyRule, LearnsWhatPaysWithAllItsLayersByAnyMethodThatCarriesIt) {
  ThreadPool pool(1);
  for (const RewardMethod method : kMethods) {
    const Setting s{.model = GetParam(), .plan = small(method)};
    const auto rule = layered::make_rule<double>(network(GetParam(), {1, 6, 5, 2}).rule,
                                                 network(GetParam(), {1, 6, 5, 2}).network, 1);
    if (method == RewardMethod::actor_critic && !rule->learns_by_credit_alone())
      continue;  // refused, see below
    const auto learner = s.learner(pool);
    const std::array models{&learner->policy(0), &learner->value(0)};
    const std::array before{arrays(*models[0]), arrays(*models[1])};
    iterate(*learner, 60);
    EXPECT_GT(answer(*models[0], 1) - answer(*models[0], 0), std::log(9.0))
        << "method " << static_cast<int>(method) << ": less than 90 % for what pays";
    for (std::size_t m = 0; m < 2; ++m) {
      const auto after = arrays(*models[m]);
      for (std::size_t k = 0; k < after.size(); ++k)
        EXPECT_NE(after[k], before[m][k])
            << "network " << m << ", array " << k << ", method " << static_cast<int>(method);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(RewardLearner, AnyRule,
                         testing::Values("backpropagation", "feedback-alignment", "direct-feedback-alignment",
                                         "sign-symmetry-uniform", "kolen-pollack", "weight-mirror",
                                         "equilibrium-propagation", "predictive-coding",
                                         "predictive-coding-fixed-prediction", "predictive-coding-zil",
                                         "predictive-coding-incremental", "target-propagation",
                                         "difference-target-propagation",
                                         "direct-difference-target-propagation", "node-perturbation"));

// What pays is not linear in the observation: the hidden layer must learn. Reward for indecision keeps a
// policy from settling on what pays in three cases of four.
TEST(RewardLearner, LearnsWhatIsNotLinearInTheObservation) {
  ThreadPool pool(1);
  for (const char* model :
       {"backpropagation", "feedback-alignment", "direct-feedback-alignment", "kolen-pollack",
        "weight-mirror", "predictive-coding-zil", "predictive-coding-incremental",
        "difference-target-propagation", "direct-difference-target-propagation"}) {
    for (const RewardMethod method : {RewardMethod::ppo, RewardMethod::reinforce}) {
      Setting s{.model = model, .plan = small(method), .data = exclusive_or(), .rate = 0.005, .hidden = {24}};
      s.plan.gamma = 0;  // what comes next does not depend on the action
      s.plan.entropy_coefficient = 0.3;
      s.plan.normalise_advantages = false;  // nor what is left when all is predicted
      const auto learner = s.learner(pool);
      double best = 0;
      for (int at = 0; at < 60 && best < 0.9; ++at) {
        iterate(*learner, 20);
        best = certainty(learner->policy(0));
      }
      EXPECT_GT(best, 0.9) << model << ", method " << static_cast<int>(method);
    }
  }
}

TEST(RewardLearner, AnEpisodeThatWasCutIsWorthItsFutureOrNothing) {
  ThreadPool pool(1);
  for (const RewardMethod method : {RewardMethod::ppo, RewardMethod::actor_critic}) {
    for (const TimeLimit limit : {TimeLimit::bootstrap, TimeLimit::terminal}) {
      Setting s{.plan = small(method), .data = bandit(1), .rate = 0.003};
      s.plan.time_limit = limit;
      s.plan.lambda = 0;
      const auto learner = s.learner(pool);
      iterate(*learner, 300);
      // A reward of 1 for ever at gamma 1/2 is worth 2. Where every fifth state is the last, V = 1 + gamma
      // 4/5 V.
      const double expected = limit == TimeLimit::bootstrap ? 2 : 1 / (1 - 0.5 * 0.8);
      EXPECT_NEAR(answer(learner->value(0), 0), expected, 0.1) << static_cast<int>(method);
    }
  }
}

TEST(RewardLearner, OnePassOverAnUnmovedPolicyIsReinforce) {
  ThreadPool pool(1);
  Setting s{.plan = small(RewardMethod::ppo),
            .data = std::make_shared<const Dataset>(make_dataset("cart-pole-v1"))};
  s.plan.passes = s.plan.minibatches = 1;
  const auto ppo = s.learner(pool);
  s.plan.method = RewardMethod::reinforce;
  const auto reinforce = s.learner(pool);
  const auto before = weights(*ppo);
  iterate(*ppo, 1);
  iterate(*reinforce, 1);
  const auto a = weights(*ppo), b = weights(*reinforce);
  double moved = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_NEAR(a[i], b[i], 1e-9);
    moved = std::max(moved, std::abs(a[i] - before[i]));
  }
  EXPECT_GT(moved, 1e-3);
}

TEST(RewardLearner, TheScaleOfErrorsDoesNotReachRulesThatAreLinearInThem) {
  ThreadPool pool(1);
  for (const RewardMethod method : {RewardMethod::ppo, RewardMethod::actor_critic}) {
    Setting s{.model = "kolen-pollack", .plan = small(method), .optimiser = "sgd"};
    const auto plain = s.learner(pool);
    s.plan.credit_scale = 0.01;
    const auto scaled = s.learner(pool);
    iterate(*plain, 5);
    iterate(*scaled, 5);
    const auto a = weights(*plain), b = weights(*scaled);
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-9);
  }
}

TEST(RewardLearner, HasTheSameBitsForAnyNumberOfThreadsAndGoesOnFromItsState) {
  ThreadPool one(1), three(3);
  for (const char* model : {"backpropagation", "kolen-pollack", "equilibrium-propagation"}) {
    for (const RewardMethod method : {RewardMethod::ppo, RewardMethod::actor_critic}) {
      Setting s{.model = model,
                .plan = small(method),
                .data = std::make_shared<const Dataset>(make_dataset("cart-pole-v1")),
                .seeds = {1, 2}};
      const auto first = s.learner<float>(one), second = s.learner<float>(three);
      iterate(*first, 3);
      Snapshot state;
      state.take(*first);
      state.restore(*second);
      iterate(*first, 3);
      iterate(*second, 3);
      for (std::size_t r = 0; r < 2; ++r) EXPECT_EQ(weights(*first, r), weights(*second, r)) << model;
      EXPECT_NE(weights(*first, 0), weights(*first, 1));
    }
  }
}

TEST(RewardLearner, CreditOfBackpropagationIsThePolicyGradientAndLookingChangesNothing) {
  ThreadPool pool(1);
  Setting s{.plan = small(RewardMethod::ppo),
            .data = std::make_shared<const Dataset>(make_dataset("cart-pole-v1"))};
  const auto exact = s.learner(pool), unwatched = s.learner(pool);
  s.model = "feedback-alignment";
  const auto random = s.learner(pool);
  const std::vector<std::uint32_t> decisions(40);
  const auto angles = exact->align({std::span(decisions)}).front();
  ASSERT_EQ(angles.size(), 4U);
  for (const AreaAlignment& a : angles) EXPECT_LT(a.mean_angle, 1e-5) << a.area;
  const auto others = random->align({std::span(decisions)}).front();
  EXPECT_GT(others[0].mean_angle, 30);
  EXPECT_LT(others[2].mean_angle, 1e-5) << "the output layer needs no feedback";
  iterate(*exact, 2);
  iterate(*unwatched, 2);
  EXPECT_EQ(weights(*exact), weights(*unwatched));
}

TEST(RewardLearner, SaysWhatTrainingShowedAndScoresGreedyEpisodes) {
  ThreadPool pool(1);
  Setting s{.plan = small(RewardMethod::ppo)};
  const auto learner = s.learner(pool);
  iterate(*learner, 40);
  std::map<std::string, double> figures;
  const auto told = learner->training_figures();
  for (const NamedFigure& f : told.front()) figures[std::string(f.name)] = f.value;
  EXPECT_EQ(figures.at("environment_steps"), 40 * 80);
  EXPECT_EQ(figures.at("episodes"), 40 * 80 / 5);
  EXPECT_GT(figures.at("return"), 4);
  EXPECT_GE(figures.at("kl"), 0);
  EXPECT_GT(figures.at("open_gates"), 0.5);
  EXPECT_LE(figures.at("open_gates"), 1);
  EXPECT_LT(figures.at("entropy"), std::log(2.0));
  const std::vector<std::uint32_t> episodes{0, 1, 2};
  std::vector<Score> scores(1);
  learner->evaluate(SplitName::test, {std::span(episodes)}, true, scores);
  EXPECT_EQ(scores[0].episodes, 3);
  EXPECT_EQ(scores[0].mean_return(), 5) << "always what pays, for five steps";
  EXPECT_EQ(scores[0].loss(), -5);
}

TEST(RewardLearner, DivergenceCountsTheLastUpdateToo) {
  ThreadPool pool(1);
  for (const RewardMethod method : {RewardMethod::ppo, RewardMethod::reinforce}) {
    Setting s{.plan = small(method), .data = exclusive_or()};
    s.plan.passes = s.plan.minibatches = 1;
    const auto kl = [&](double rate) {
      s.rate = rate;
      const auto learner = s.learner(pool);
      iterate(*learner, 1);
      const auto told = learner->training_figures().front();
      return std::ranges::find(told, std::string_view("kl"), &NamedFigure::name)->value;
    };
    EXPECT_GT(kl(0.01), 1e-5);
    EXPECT_LT(kl(0.01), kl(0.03)) << "a larger step leads further away";
    EXPECT_LT(kl(1e-9), 1e-12);
  }
}

TEST(RewardLearner, AnIterationIsCutIntoAsManyPiecesAsWereAskedFor) {
  ThreadPool pool(1);
  for (const std::size_t pieces : {1UL, 3UL, 7UL, 27UL, 40UL}) {
    Setting s{.plan = small(RewardMethod::ppo), .data = exclusive_or()};
    s.plan.passes = 2;
    s.plan.minibatches = pieces;
    const auto learner = s.learner(pool);
    iterate(*learner, 1);
    EXPECT_EQ(learner->policy(0).batches(), 2 * pieces) << "of 80 steps";
  }
}

TEST(RewardLearner, TracesRefuseRulesWhoseLearningTheyCannotCarry) {
  ThreadPool pool(1);
  for (const std::string rule : {"predictive-coding-incremental", "target-propagation",
                                 "difference-target-propagation", "direct-difference-target-propagation"}) {
    const Setting s{.model = rule, .plan = small(RewardMethod::actor_critic)};
    try {
      s.learner(pool);
      ADD_FAILURE() << rule;
    } catch (const ConfigError& e) {
      EXPECT_NE(std::string(e.what()).find("the policy learns by " + rule), std::string::npos) << e.what();
    }
  }
  EXPECT_THROW(
      RewardLearner<double>(network("backpropagation", {1, 4, 2}),
                            {small(RewardMethod::actor_critic), network("target-propagation", {1, 4, 1})},
                            {bandit(0)}, {1}, pool),
      ConfigError)
      << "nor below the value network";
}

TEST(RewardLearner, SettingsThatMakeNoSenseAreRefused) {
  ThreadPool pool(1);
  const auto data = bandit(0);
  const RewardPlan plan = small(RewardMethod::ppo);
  const auto make = [&](const models::LayeredNetwork& policy, const models::LayeredNetwork& value,
                        const RewardPlan& p) {
    RewardLearner<double>(policy, {p, value}, {data}, {1}, pool);
  };
  const auto policy = network("backpropagation", {1, 4, 2}), value = network("backpropagation", {1, 4, 1});
  EXPECT_NO_THROW(make(policy, value, plan));
  EXPECT_THROW(make(value, value, plan), ConfigError);
  EXPECT_THROW(make(policy, policy, plan), ConfigError);
  EXPECT_THROW(make(models::example_of(*models::find_layered("backpropagation"), {1, 4, 2}), value, plan),
               ConfigError)
      << "softmax";
  const auto refused = [&](auto&& change) {
    RewardPlan p = plan;
    change(p);
    EXPECT_THROW(make(policy, value, p), ConfigError);
  };
  refused([](RewardPlan& p) { p.environments = 0; });
  refused([](RewardPlan& p) { p.steps = 0; });
  refused([](RewardPlan& p) { p.gamma = 1.1; });
  refused([](RewardPlan& p) { p.lambda = -0.1; });
  refused([](RewardPlan& p) { p.reward_scale = 0; });
  refused([](RewardPlan& p) { p.credit_scale = 0; });
  refused([](RewardPlan& p) { p.passes = 0; });
  refused([](RewardPlan& p) { p.minibatches = 81; });
  refused([](RewardPlan& p) { p.minibatches = 41; });
  RewardPlan one_each = plan, online = small(RewardMethod::actor_critic);
  one_each.minibatches = 80;
  one_each.normalise_advantages = false;
  EXPECT_NO_THROW(make(policy, value, one_each));
  online.environments = online.steps = 1;
  EXPECT_NO_THROW(make(policy, value, online)) << "has no mini-batches";
  refused([](RewardPlan& p) { p.value_coefficient = 0; });
  refused([](RewardPlan& p) { p.entropy_coefficient = -1; });
  refused([](RewardPlan& p) { p.clip = 0; });
}

/// Environment steps after which the last 100 episodes returned at least 475; per seed, infinity if never.
class Watch final : public Observer {
 public:
  explicit Watch(std::size_t seeds) : solved_after(seeds, INFINITY) {}
  void on(const TrainingMeasured& m) override {
    for (std::size_t r = 0; r < m.replicas.size(); ++r) {
      const auto& f = m.replicas[r];
      ASSERT_EQ(f[2].name, "return");
      if (f[1].value >= 100 && f[2].value >= 475) solved_after[r] = std::min(solved_after[r], f[0].value);
    }
  }
  std::vector<double> solved_after;
};

// The settings that are known to work: 8 environments of 128 steps, 4 passes of 4 mini-batches, Adam at 0.001
// falling to 0 at 200 000 steps, orthogonal weights, time limits as terminal. Elsewhere 3 of 3 seeds needed
// 166 to 195 thousand steps.
TEST(SlowReward, PpoSolvesCartPoleWithinTwoHundredThousandStepsInTwoOfThreeSeeds) {
  const auto make = [](double outputs, double last_gain) {
    models::LayeredNetwork n = network("backpropagation", {4, 64, 64, outputs}, 0.001);
    n.init = layered::WeightInit::orthogonal;
    n.gains = {std::sqrt(2.0), std::sqrt(2.0), last_gain};
    n.settings.optimiser.epsilon = 1e-5;
    n.settings.optimiser.clip_norm = 0.5;
    return n;
  };
  ThreadPool pool(1);
  const std::vector<std::uint64_t> seeds{1, 2, 3};
  std::vector<std::shared_ptr<const Dataset>> data;
  for (const std::uint64_t seed : seeds) {
    data.push_back(std::make_shared<const Dataset>(
        make_dataset("cart-pole-v1", TaskParameters{}.set("seed", static_cast<double>(seed)))));
  }
  RewardLearner<float> learner(make(2, 0.01), {{.time_limit = TimeLimit::terminal}, make(1, 1)}, data, seeds,
                               pool);
  Watch watch(seeds.size());
  Trainer trainer(learner, {.epochs = 195, .schedule = Schedule::linear, .validate_every = 0}, {&watch});
  const std::atomic<bool> stop{false};
  trainer.run(stop);
  EXPECT_GE(std::ranges::count_if(watch.solved_after, [](double steps) { return steps <= 200'000; }), 2)
      << watch.solved_after[0] << ", " << watch.solved_after[1] << ", " << watch.solved_after[2];
}

}  // namespace
}  // namespace apical
