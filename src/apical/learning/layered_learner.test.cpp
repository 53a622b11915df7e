// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/layered_learner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "apical/learning/layered_state.h"
#include "apical/learning/test_observers.h"
#include "apical/learning/trainer.h"
#include "apical/models/layered_models.h"
#include "apical/rules/equilibrium_propagation.h"
#include "apical/rules/feedback_weights.h"
#include "apical/tasks/task.h"

namespace apical {
namespace {

using testing::HasSubstr;

std::shared_ptr<const Dataset> small_task() {
  TaskParameters p;
  p.set("train_samples", 70).set("validation_samples", 30).set("test_samples", 30);
  return std::make_shared<const Dataset>(make_dataset("yin-yang", p));
}

/// Four numbers to be reproduced: the auto-encoder's task.
std::shared_ptr<const Dataset> small_copy_task() {
  auto d = std::make_shared<Dataset>(*small_task());
  for (Split* s : {&d->train, &d->validation, &d->test}) {
    s->targets = Matrix<double>(s->size(), 4);
    for (std::size_t n = 0; n < s->size(); ++n) s->read_input(n, s->targets.row(n));
    s->labels.clear();
  }
  d->readout = Readout::regression;
  return d;
}

models::LayeredNetwork network(const std::string& model, std::vector<double> layers = {4, 7, 5, 3}) {
  const models::LayeredModelRecipe* found = models::find_layered(model);
  APICAL_CHECK(found != nullptr);
  return build_with(found->recipe, FieldValues().set("layers", std::move(layers)).set("batch", 8));
}

class EveryLayeredModel : public testing::TestWithParam<std::string> {
 protected:
  bool copies() const { return GetParam() == "recirculation"; }
  LayeredLearner<float> learner(const std::vector<std::uint64_t>& seeds, ThreadPool& pool) const {
    return {copies()                            ? network("recirculation", {4, 3, 4})
            : GetParam() == "spiking-burstprop" ? network(GetParam(), {4, 7, 3})  // has one hidden layer
                                                : network(GetParam()),
            std::vector<std::shared_ptr<const Dataset>>(seeds.size(),
                                                        copies() ? small_copy_task() : small_task()),
            seeds, pool};
  }
};

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const models::LayeredModelRecipe& m : models::layered_models()) names.push_back(m.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Models, EveryLayeredModel, testing::ValuesIn(all_names()), [](const auto& p) {
  std::string name = p.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

/// Remembers the figures of a run.
struct Diary final : Observer {
  std::vector<double> figures;
  std::vector<AreaAlignment> last;
  void on(const Evaluated& e) override {
    for (const Score& s : e.scores) figures.insert(figures.end(), {s.loss(), s.accuracy(), s.samples});
  }
  void on(const Aligned& a) override {
    last = a.replicas.back();
    for (const auto& replica : a.replicas) {
      for (const AreaAlignment& area : replica)
        figures.push_back(std::isnan(area.mean_angle) ? -1 : area.mean_angle);
    }
  }
};

constexpr int kEpochs = 2;

TEST_P(EveryLayeredModel, LearnsAnEpochWithFiniteFiguresWhateverTheThreads) {
  std::vector<double> first;
  for (const auto& [threads, seeds] : {std::pair{1U, 3U}, {2U, 3U}, {4U, 3U}}) {
    ThreadPool pool(threads);
    std::vector<std::uint64_t> list;
    for (std::uint64_t s = 1; s <= seeds; ++s) list.push_back(s);
    auto l = learner(list, pool);
    Diary diary;
    Trainer trainer(l, {.epochs = kEpochs, .align_every = 2, .align_samples = 5}, {&diary});
    std::atomic<bool> stop{false};
    ASSERT_EQ(trainer.run(stop), Trainer::Outcome::finished);
    for (double f : diary.figures) EXPECT_TRUE(std::isfinite(f));
    if (first.empty()) first = diary.figures;
    EXPECT_EQ(diary.figures, first) << threads << " threads";
  }
}

TEST_P(EveryLayeredModel, ContinuesFromAnySafePointBitByBit) {
  ThreadPool pool(1);
  const TrainingPlan plan{
      .epochs = kEpochs, .schedule = Schedule::linear, .align_every = 1, .align_samples = 3};
  auto whole = learner({5}, pool);
  Diary expected;
  std::atomic<bool> go{false};
  Trainer(whole, plan, {&expected}).run(go);

  for (int safe_point : {3, 5, 9}) {
    auto before = learner({5}, pool);
    Diary diary;
    std::atomic<bool> stop{false};
    StopAt stopper(stop, safe_point);
    Trainer half(before, plan, {&diary, &stopper});
    if (half.run(stop) == Trainer::Outcome::finished) continue;
    Snapshot state;
    state.take(half);
    auto after = learner({5}, pool);
    Trainer rest(after, plan, {&diary});
    state.restore(rest);
    ASSERT_EQ(rest.run(go), Trainer::Outcome::finished);
    EXPECT_EQ(diary.figures, expected.figures) << "stopped at safe point " << safe_point;
    EXPECT_EQ(after.model(0).network().parameters.W, whole.model(0).network().parameters.W);
  }
}

TEST(LayeredLearner, AlignmentOfBackpropagationIsExactAndOfSmallFeedbackIsNot) {
  ThreadPool pool(1);
  for (const auto& [model, low, high] : {std::tuple{"backpropagation", 0.0, 1e-3},
                                         {"predictive-coding-zil", 0.0, 1e-3},
                                         {"feedback-alignment", 5.0, 180.0}}) {
    models::LayeredNetwork n = network(model);
    n.network = layered::dense_network({4, 7, 5, 3}, layered::Activation::tanh, layered::Activation::linear,
                                       layered::Loss::mse);
    LayeredLearner<double> l(n, {small_task()}, {1}, pool);
    const std::vector<std::uint32_t> order{0, 1, 2, 3};
    const auto areas = l.align({order}).front();
    ASSERT_EQ(areas.size(), 4U);
    EXPECT_EQ(areas.front().area, "a1");
    EXPECT_EQ(areas.back().area, "total");
    for (const AreaAlignment& a : areas) {
      EXPECT_EQ(a.undefined, 0U);
      EXPECT_LE(a.mean_angle, high) << model << " " << a.area;
    }
    EXPECT_GE(areas.front().mean_angle, low) << model;
  }
}

TEST(LayeredLearner, EquilibriumPropagationIsComparedWithTheGradientAtItsOwnFixedPoint) {
  ThreadPool pool(1);
  models::LayeredNetwork n = network("equilibrium-propagation");
  auto& o = *n.rule.as<layered::EquilibriumOptions>();
  o.beta = 0.01;
  o.free.max_steps = o.nudged.max_steps = 300;
  LayeredLearner<double> l(n, {small_task()}, {1}, pool);
  const std::vector<std::uint32_t> order{0, 1, 2};
  const auto areas = l.align({order}).front();
  for (const AreaAlignment& a : areas) EXPECT_LE(a.mean_angle, 0.1) << a.area;
}

TEST(LayeredLearner, AlignmentChangesNothing) {
  ThreadPool pool(1);
  LayeredLearner<float> asked(network("weight-mirror"), {small_task()}, {1}, pool),
      left(network("weight-mirror"), {small_task()}, {1}, pool);
  const std::vector<std::uint32_t> order{0, 1, 2, 3, 4, 5, 6, 7};
  asked.align({order});
  asked.learn({order}, true);
  left.learn({order}, true);
  EXPECT_EQ(asked.model(0).network().parameters.W, left.model(0).network().parameters.W);
}

// Credit asked for again and again must be the same credit: else a mirror that learns in the meantime is
// measured as what it has become, and the angle falls with the number of samples.
TEST(LayeredLearner, RulesWithMirrorsAndRecurrenceDoNotLearnWhileTheyAreMeasured) {
  ThreadPool pool(1);
  for (const std::string model : {"weight-mirror", "burstprop"}) {
    models::LayeredNetwork n = network(model);
    if (model == "weight-mirror")  // every unit answers every sample
      n.network = layered::dense_network({4, 7, 5, 3}, layered::Activation::tanh, layered::Activation::linear,
                                         layered::Loss::mse);
    LayeredLearner<double> l(n, {small_task()}, {1}, pool);
    std::vector<std::uint32_t> samples(70);
    std::iota(samples.begin(), samples.end(), 0U);
    l.learn({samples}, true);  // mirrors begin at zero
    std::vector<std::uint32_t> often;
    for (int times = 0; times < 10; ++times) often.insert(often.end(), samples.begin(), samples.end());
    const auto once_over = l.align({samples}).front(), ten_times = l.align({often}).front();
    ASSERT_GT(once_over.front().mean_angle, 1) << model << ": nothing to learn";
    for (std::size_t a = 0; a < once_over.size(); ++a)
      EXPECT_NEAR(ten_times[a].mean_angle, once_over[a].mean_angle, 1e-6)
          << model << " " << once_over[a].area;
  }
}

std::string complaint(const std::function<void()>& f) {
  try {
    f();
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "";
}

TEST(LayeredLearner, SaysWhatDoesNotFit) {
  ThreadPool pool(1);
  const auto built = [&](models::LayeredNetwork n, std::shared_ptr<const Dataset> d) {
    return complaint([&] { LayeredLearner<float>(n, {d}, {1}, pool); });
  };
  EXPECT_THAT(built(network("backpropagation", {5, 6, 3}), small_task()),
              HasSubstr("the first entry of layers must be 4 and the last 3"));
  EXPECT_THAT(built(network("backpropagation", {4, 6, 4}), small_copy_task()),
              HasSubstr("compares distributions over the outputs"));
  EXPECT_THAT(built(network("backpropagation", {1, 2, 1}),
                    std::make_shared<const Dataset>(make_dataset("delayed-match-to-sample", {}))),
              HasSubstr("know no time"));
  // As many pixels as it takes, in other places.
  auto pictures = std::make_shared<Dataset>(*small_task());
  for (Split* s : {&pictures->train, &pictures->validation, &pictures->test}) {
    PixelMatrix pixels;
    pixels.bytes.assign(s->size() * 8, 1);
    pixels.features = 8;
    pixels.rows = 2;
    pixels.scale = PixelScale::unit(1);
    s->inputs = Inputs(std::move(pixels));
  }
  const auto convolutional = [&](const char* shape) {
    const models::LayeredModelRecipe* found = models::find_layered("backpropagation");
    return build_with(found->recipe,
                      FieldValues()
                          .set("layers", Entries{std::string(shape), std::string("conv 2 1x1"), 3.0})
                          .set("batch", 8));
  };
  EXPECT_EQ(built(convolutional("1x2x4"), pictures), "");
  EXPECT_THAT(built(convolutional("2x2x2"), pictures),
              HasSubstr("pictures of task 'yin-yang' are 1x2x4 (channels x rows x columns)"));
  models::LayeredNetwork none = network("backpropagation");
  none.batch = 0;
  EXPECT_THAT(built(none, small_task()), HasSubstr("batch is 0"));
}

TEST(LayeredLearner, AnEvaluationThatSeesNoAnswerIsAFault) {
  ThreadPool pool(1);
  LayeredLearner<float> l(network("backpropagation", {4, 7, 5, 5, 3}), {small_task(), small_task()}, {1, 7},
                          pool);
  const std::vector<std::uint32_t> order{0, 1, 2, 3, 4, 5, 6, 7};
  auto& W = l.model(1).network().parameters.W;
  for (Matrix<float>& w : W) std::ranges::fill(w.flat(), 1e10F);
  EXPECT_NO_THROW(l.check()) << "weights are below the limit";
  std::vector<Score> scores(2);
  try {
    l.evaluate(SplitName::validation, {order, order}, true, scores);
    FAIL() << "no fault";
  } catch (const NumericalFault& f) {
    EXPECT_EQ(f.where().population, "layer 4");
    EXPECT_EQ(f.where().quantity, "output");
    EXPECT_EQ(f.where().seed, 7U);
    EXPECT_FALSE(std::isfinite(f.where().value));
  }
}

TEST(LayeredLearner, AFaultNamesLayerUnitSeedAndBatch) {
  ThreadPool pool(1);
  LayeredLearner<float> l(network("backpropagation"), {small_task(), small_task()}, {1, 7}, pool);
  const std::vector<std::uint32_t> order{0, 1, 2, 3, 4, 5, 6, 7};
  l.learn({order, order}, true);
  l.check();
  l.model(1).network().parameters.W[1](4, 2) = std::numeric_limits<float>::quiet_NaN();
  for (const auto& act : {std::function<void()>([&] { l.check(); }), std::function<void()>([&] {
                            l.learn({order, order}, false);
                          })}) {
    try {
      act();
      FAIL() << "no fault";
    } catch (const NumericalFault& f) {
      EXPECT_EQ(f.where().population, "layer 2");
      EXPECT_EQ(f.where().quantity, "weights");
      EXPECT_EQ(f.where().unit, 4U);
      EXPECT_EQ(f.where().seed, 7U);
      EXPECT_EQ(f.where().step, 1);
    }
  }
}

TEST_P(EveryLayeredModel, BeginsWithAllWeightsOfAnother) {
  ThreadPool pool(1);
  auto one = learner({5}, pool), other = learner({6}, pool);
  std::vector<std::uint32_t> some(16);
  std::iota(some.begin(), some.end(), 0U);
  one.learn(Order{some}, true);
  const std::vector<Parameter> parameters = one.parameters();
  ParameterValues values;
  std::set<std::string> names;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    values[k] = one.parameter(k, 0);
    EXPECT_EQ(values[k].size(), parameters[k].size()) << parameters[k].name;
    EXPECT_EQ(parameters[k].feedback, names_feedback(parameters[k].name)) << parameters[k].name;
    names.insert(parameters[k].name);
  }
  EXPECT_EQ(names.size(), parameters.size());
  other.set_parameters({values});
  for (std::size_t k = 0; k < parameters.size(); ++k)
    EXPECT_EQ(other.parameter(k, 0), values[k]) << parameters[k].name;
}

/// The angle of these depends on nothing but weights.
TEST(FeedbackWeights, AreWhereAnotherRunBegins) {
  ThreadPool pool(1);
  const auto data = small_task();
  std::vector<std::uint32_t> some(24);
  std::iota(some.begin(), some.end(), 0U);
  for (const char* model :
       {"feedback-alignment", "direct-feedback-alignment", "kolen-pollack", "weight-mirror"}) {
    LayeredLearner<float> one(network(model), {data}, {5}, pool), other(network(model), {data}, {6}, pool);
    one.learn(Order{some}, true);
    ParameterValues forward, all;
    const std::vector<Parameter> parameters = one.parameters();
    for (std::size_t k = 0; k < parameters.size(); ++k) {
      all[k] = one.parameter(k, 0);
      if (!parameters[k].feedback) forward[k] = all[k];
    }
    ASSERT_LT(forward.size(), all.size()) << model;
    const double expected = one.align(Order{some})[0].back().mean_angle;
    other.set_parameters({forward});
    EXPECT_NE(other.align(Order{some})[0].back().mean_angle, expected) << model;
    other.set_parameters({all});
    EXPECT_EQ(other.align(Order{some})[0].back().mean_angle, expected) << model;
  }
}

TEST(FeedbackWeights, HaveTheShapeInWhichTheyAreSent) {
  ThreadPool pool(1);
  const auto shapes = [&](const char* model) {
    const LayeredLearner<float> l(network(model), {small_task()}, {1}, pool);
    std::map<std::string, std::vector<std::uint64_t>> out;
    for (const Parameter& p : l.parameters()) {
      if (p.feedback) out[p.name] = p.shape;
    }
    return out;
  };
  using Shapes = std::map<std::string, std::vector<std::uint64_t>>;
  EXPECT_EQ(shapes("feedback-alignment"), (Shapes{{"a2->a1", {7, 5}}, {"a3->a2", {5, 3}}}));
  EXPECT_EQ(shapes("direct-feedback-alignment"), (Shapes{{"a3->a1", {7, 3}}, {"a3->a2", {5, 3}}}));
  EXPECT_EQ(shapes("backpropagation"), Shapes{});
  // What error arrives at a1 with is (units of a1, units of a2) times that of a2.
  const LayeredLearner<float> l(network("feedback-alignment"), {small_task()}, {1}, pool);
  const auto stored = layered::random_feedback<float>(
      network("feedback-alignment").network, layered::FeedbackPath::chained, layered::FeedbackStart{}, 1);
  const std::vector<Parameter> parameters = l.parameters();
  const auto at = std::find_if(parameters.begin(), parameters.end(),
                               [](const Parameter& p) { return p.name == "a2->a1"; });
  const std::vector<double> sent = l.parameter(static_cast<std::size_t>(at - parameters.begin()), 0);
  for (std::size_t i = 0; i < 7; ++i) {
    for (std::size_t j = 0; j < 5; ++j) ASSERT_EQ(sent[i * 5 + j], stored[0](j, i));
  }
}

TEST(FeedbackWeights, AreToldByTheirNames) {
  for (const char* name : {"a2->a1", "a12->a3", "a1->a1", "a2->a1.magnitude", "a1.feedback_offsets"})
    EXPECT_TRUE(names_feedback(name)) << name;
  for (const char* name :
       {"a1->a2", "input->a1", "a1.offsets", "a2->a1x", "a0->a0", "a2->", "a->a1", "b2->a1", ""})
    EXPECT_FALSE(names_feedback(name)) << name;
}

}  // namespace
}  // namespace apical
