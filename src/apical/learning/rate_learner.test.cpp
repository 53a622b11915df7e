// SPDX-License-Identifier: Apache-2.0
// Sequences and plants, each against the protocol written out by hand on the engine, and continued from saved
// state.
#include "apical/learning/rate_learner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <numeric>

#include "apical/core/error.h"
#include "apical/learning/trainer.h"
#include "apical/learning/trial_alignment.h"
#include "apical/models/error_neuron_microcircuit.h"
#include "apical/tasks/cart_pole.h"
#include "apical/tasks/task.h"

namespace apical {
namespace {

using Seeds = std::vector<std::uint64_t>;
using Data = std::vector<std::shared_ptr<const Dataset>>;

/// The network of the released delayed-match task (Max et al. 2025, Fig. 2b).
Circuit matching_circuit() {
  models::ErrorNeuronMicrocircuit m{.layers = {1, 2, 1}};
  m.activation = {
      {.kind = ActivationKind::soft_relu},
      {.kind = ActivationKind::tanh, .slope = 20, .offset = 0.5, .derivative_of = ActivationKind::linear}};
  m.g_leak = 0.3;
  m.eta = {4000};
  m.feedback_deviation = 0.5;
  m.lateral_range = 0.3;
  m.rep_lookahead = false;
  m.initial_voltage_sd = 0;
  m.released_derivative = true;
  return build(m);
}

Presentation matching(const Circuit& c) {
  return {.settling_ms = 0,
          .delay_targets = false,
          .learning = LearningSteps::after_sample,
          .reset_somata = forward_path(c)};
}

Circuit balancing_circuit() {
  models::ErrorNeuronMicrocircuit m{.layers = {4, 4, 1}};
  m.activation = {{.kind = ActivationKind::linear}};
  m.g_apical = 0.0006;
  m.eta = {1, 0.5};
  return build(m);
}

const Presentation kBalancing{.presentation_ms = 1};

std::shared_ptr<const Dataset> data_of(const char* task, const TaskParameters& p) {
  return std::make_shared<const Dataset>(make_dataset(task, p));
}

std::shared_ptr<const Dataset> trials(double n) {
  return data_of(
      "delayed-match-to-sample",
      TaskParameters{}.set("train_samples", n).set("validation_samples", n).set("test_samples", n));
}

std::vector<Matrix<double>> weights_of(rate::RateEngine<double>& engine, std::size_t replica) {
  std::vector<Matrix<double>> all;
  for (std::uint32_t j = 0; j < engine.circuit().projections().size(); ++j)
    all.push_back(engine.weights({j}, replica));
  return all;
}

std::vector<double> read(rate::RateEngine<double>& engine, PopulationId p, const char* variable,
                         std::size_t replica) {
  std::vector<double> values(engine.circuit()[p].size);
  engine.read(p, variable, replica, values);
  return values;
}

/// One trial of the released program, step by step: somata of representation neurons to 0 and nothing else,
/// all steps with a flag on whose rates are 0, then, with `target`, one that learns; without, one that is
/// only looked at.
void run_trial_by_hand(rate::RateEngine<double>& engine, const InputSequence& course, const double* target) {
  const Circuit& c = engine.circuit();
  for (const char* name : {"a1.rep", "a2.rep"}) {
    const PopulationId p = c.population(name);
    engine.reset_soma(p, 0, std::vector<double>(c[p].size, 0.0));
  }
  engine.clear_external(*c.target());
  for (std::uint32_t step = 0; step <= course.steps(); ++step) {
    engine.set_external(*c.stimulus(), 0, course.at(std::min(step, course.steps() - 1)));
    if (!target) {
      engine.advance(1);
      continue;
    }
    engine.set_external(*c.target(), 0, std::span(target, 1));
    if (step < course.steps()) {
      engine.advance(1, {.lateral = true});
    } else {
      const Matrix<double> before = engine.weights(c.projection("input->a1.rep.basal"), 0);
      engine.advance(1, rate::Learning::all());
      EXPECT_NE(engine.weights(c.projection("input->a1.rep.basal"), 0), before);
    }
  }
}

TEST(Sequences, TrialsOfDifferentLengthAreThoseOfTheProtocolByHand) {
  const Circuit circuit = matching_circuit();
  const auto data = trials(6);
  ASSERT_NE(data->train.sequences[0].steps(), data->train.sequences[5].steps());
  ThreadPool pool(2);
  const Seeds seeds{3, 8};
  RateLearner<double> learner(circuit, {data, data}, seeds, matching(circuit), pool);
  EXPECT_EQ(learner.settling_samples(), 0U);
  const std::vector<std::vector<std::uint32_t>> order{{0, 1, 2, 3, 4, 5}, {5, 3, 0, 4, 1, 2}};
  std::vector<Score> scores(2);
  std::vector<std::unique_ptr<rate::RateEngine<double>>> by_hand;
  for (std::uint64_t seed : seeds)
    by_hand.push_back(std::make_unique<rate::RateEngine<double>>(circuit, Seeds{seed}, pool));
  for (std::size_t k = 0; k < 6; ++k) {
    learner.learn({std::span(order[0]).subspan(k, 1), std::span(order[1]).subspan(k, 1)}, k == 0);
    for (std::size_t r = 0; r < 2; ++r) {
      const std::uint32_t trial = order[r][k];
      const std::vector<Matrix<double>> before = weights_of(*by_hand[r], 0);
      run_trial_by_hand(*by_hand[r], data->train.sequences[trial], &data->train.targets(trial, 0));
      EXPECT_NE(weights_of(*by_hand[r], 0), before) << "nothing was learned from trial " << k;
      EXPECT_EQ(weights_of(learner.engine(), r), weights_of(*by_hand[r], 0))
          << "trial " << k << ", replica " << r;
      for (const char* p : {"a1.rep", "a2.rep", "a1.err", "a2.err"}) {
        EXPECT_EQ(read(learner.engine(), circuit.population(p), "soma", r),
                  read(*by_hand[r], circuit.population(p), "soma", 0))
            << p;
      }
    }
  }
  learner.evaluate(SplitName::validation, {order[0], order[1]}, true, scores);
  for (std::size_t r = 0; r < 2; ++r) {
    double loss = 0, correct = 0;
    for (std::uint32_t trial : order[r]) {
      run_trial_by_hand(*by_hand[r], data->validation.sequences[trial], nullptr);
      const double y = read(*by_hand[r], *circuit.readout(), "rate", 0)[0],
                   wanted = data->validation.targets(trial, 0);
      loss += (y - wanted) * (y - wanted);
      correct += (y > 0) == (wanted > 0) ? 1 : 0;
    }
    EXPECT_DOUBLE_EQ(scores[r].loss_sum, loss);
    EXPECT_EQ(scores[r].correct, correct);
    EXPECT_EQ(scores[r].samples, 6);
    EXPECT_EQ(scores[r].loss_count, 6);
  }
}

TEST(Sequences, NothingIsLearnedDuringATrialAndOnceAfterIt) {
  const Circuit circuit = matching_circuit();
  const auto data = trials(1);
  ThreadPool pool(1);
  RateLearner<double> learner(circuit, {data}, {4}, matching(circuit), pool);
  const Matrix<double> drawn = learner.engine().weights(circuit.projection("input->a1.rep.basal"), 0);
  std::vector<rate::Step> changes;
  Matrix<double> last = drawn;
  learner.set_sampler(1, [&](rate::Network<double>& n, std::size_t, std::size_t) {
    const Matrix<double> now = n.weights(circuit.projection("input->a1.rep.basal"), 0);
    if (now != last) changes.push_back(n.step());
    last = now;
  });
  const std::vector<std::uint32_t> order{0};
  learner.learn({order}, true);
  EXPECT_EQ(changes, std::vector<rate::Step>{data->train.sequences[0].steps() + 1});
}

TEST(RateLearner, RecordsThroughTheInterfaceWhatItSaysItHas) {
  const Circuit circuit = matching_circuit();
  const auto data = trials(1);
  ThreadPool pool(1);
  RateLearner<float> rate_learner(circuit, {data, data}, {4, 5}, matching(circuit), pool);
  Learner& learner = rate_learner;
  const std::vector<Variable> all = learner.variables();
  const auto named = [&](const std::string& population, const std::string& projection,
                         const std::string& name) {
    const auto at = std::find_if(all.begin(), all.end(), [&](const Variable& v) {
      return v.population == population && v.projection == projection && v.name == name;
    });
    EXPECT_NE(at, all.end()) << population << projection << "." << name;
    return at == all.end() ? Variable{} : *at;
  };
  const Variable soma = named("a1.rep", "", "soma"), weights = named("", "input->a1.rep.basal", "weights");
  EXPECT_EQ(soma.width, circuit[circuit.population("a1.rep")].size);
  std::map<std::size_t, std::vector<float>> last;
  std::map<std::size_t, std::int64_t> times;
  learner.record({{soma, 1, 1}, {weights, 0, 3}},
                 [&](std::size_t tap, std::int64_t step, std::vector<float> v) {
                   EXPECT_EQ(step % (tap == 1 ? 3 : 1), 0);
                   last[tap] = std::move(v);
                   ++times[tap];
                 });
  const std::vector<std::uint32_t> order{0};
  learner.learn({order, order}, true);
  std::vector<double> now(soma.width);
  rate_learner.engine().read(circuit.population("a1.rep"), "soma", 1, now);
  EXPECT_EQ(last[0], std::vector<float>(now.begin(), now.end()));
  EXPECT_EQ(last[1].size(), weights.width);
  EXPECT_EQ(times[1], times[0] / 3);
  learner.record({}, {});
  learner.learn({order, order}, true);
  EXPECT_EQ(times[1], times[0] / 3);
}

TEST(Sequences, ATaskOfOtherStepsIsRefused) {
  Circuit circuit = matching_circuit();
  const auto data = trials(1);
  ThreadPool pool(1);
  circuit.dt_ms = 0.02;
  EXPECT_THROW(RateLearner<double>(circuit, {data}, {1}, matching(circuit), pool), ConfigError);
}

/// Half the squared error of the step that is scored, of the first trial without a target.
double loss_of_first_trial(const Circuit& circuit, std::uint64_t seed, const Dataset& data,
                           const std::vector<Matrix<double>>& weights) {
  ThreadPool pool(1);
  rate::RateEngine<double> engine(circuit, {seed}, pool);
  for (const char* name : {"input->a1.rep.basal", "a1.rep->a2.rep.basal"}) {
    const ProjectionId j = circuit.projection(name);
    engine.set_weights(j, 0, weights[j.value]);
  }
  run_trial_by_hand(engine, data.train.sequences[0], nullptr);
  const double error = read(engine, *circuit.readout(), "rate", 0)[0] - data.train.targets(0, 0);
  return 0.5 * error * error;
}

TEST(Sequences, TheAngleIsThatToTheGradientOfTheLossByDifferences) {
  models::ErrorNeuronMicrocircuit m{.layers = {1, 3, 1}};
  m.activation = {{.kind = ActivationKind::soft_relu},
                  {.kind = ActivationKind::tanh, .slope = 2, .offset = 0.1}};
  m.g_leak = 0.3;
  m.eta = {4000};
  m.feedback_deviation = 0.5;
  m.rep_lookahead = false;
  m.initial_voltage_sd = 0;
  const Circuit circuit = build(m);
  const auto data = trials(3);
  ThreadPool pool(1);
  const std::uint64_t seed = 7;
  RateLearner<double> learner(circuit, {data}, {seed}, matching(circuit), pool);
  const std::vector<std::uint32_t> first{0};
  const auto angles = learner.align({first})[0];

  rate::RateEngine<double> engine(circuit, {seed}, pool);
  const std::vector<Matrix<double>> weights = weights_of(engine, 0);
  for (const char* name : {"a1.rep", "a2.rep"}) {
    const PopulationId p = circuit.population(name);
    engine.reset_soma(p, 0, std::vector<double>(circuit[p].size, 0.0));
  }
  const InputSequence& course = data->train.sequences[0];
  engine.set_external(*circuit.target(), 0, std::span(&data->train.targets(0, 0), 1));
  for (std::uint32_t step = 0; step <= course.steps(); ++step) {
    engine.set_external(*circuit.stimulus(), 0, course.at(std::min(step, course.steps() - 1)));
    engine.advance(1, {.observe_credit = true});
  }
  const std::vector<std::pair<std::string, std::string>> areas{{"a1", "input->a1.rep.basal"},
                                                               {"a2", "a1.rep->a2.rep.basal"}};
  ASSERT_EQ(angles.size(), 3U);
  for (std::size_t a = 0; a < areas.size(); ++a) {
    const ProjectionId j = circuit.projection(areas[a].second);
    std::vector<double> post(circuit[circuit[j].to].size), pre(circuit[circuit[j].from].size);
    engine.credit(j, 0, post, pre);
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < post.size(); ++i) {
      for (std::size_t k = 0; k < pre.size(); ++k) {
        constexpr double h = 1e-5;
        auto moved = weights;
        moved[j.value](i, k) += h;
        const double above = loss_of_first_trial(circuit, seed, *data, moved);
        moved[j.value](i, k) -= 2 * h;
        const double downhill = (loss_of_first_trial(circuit, seed, *data, moved) - above) / (2 * h);
        ab += post[i] * pre[k] * downhill;
        aa += post[i] * pre[k] * post[i] * pre[k];
        bb += downhill * downhill;
      }
    }
    const double expected = std::acos(ab / std::sqrt(aa * bb)) * 180 / std::numbers::pi;
    EXPECT_EQ(angles[a].area, areas[a].first);
    EXPECT_NEAR(angles[a].mean_angle, expected, 1e-2);
    EXPECT_EQ(angles[a].undefined, 0U);
  }
  EXPECT_GT(angles[0].mean_angle, 1);
}

TEST(Sequences, MeasuringTheAngleChangesNothing) {
  const Circuit circuit = matching_circuit();
  const auto data = trials(4);
  ThreadPool pool(2);
  RateLearner<float> measured(circuit, {data, data}, {7, 8}, matching(circuit), pool);
  RateLearner<float> other(circuit, {data, data}, {7, 8}, matching(circuit), pool);
  const std::vector<std::uint32_t> order{2, 0, 1, 3};
  measured.learn({order, order}, true);
  other.learn({order, order}, true);
  const auto once = measured.align({order, order});
  const auto again = measured.align({order, order});
  ASSERT_EQ(once.size(), 2U);
  for (std::size_t r = 0; r < 2; ++r) {
    ASSERT_EQ(once[r].size(), 3U);
    for (std::size_t a = 0; a < 3; ++a) EXPECT_EQ(once[r][a].mean_angle, again[r][a].mean_angle);
  }
  measured.learn({order, order}, false);
  other.learn({order, order}, false);
  for (std::uint32_t j = 0; j < circuit.projections().size(); ++j) {
    EXPECT_EQ(measured.engine().weights({j}, 1), other.engine().weights({j}, 1));
  }
}

TEST(Sequences, NoiseOrDelaysLeaveNoGradientThroughTime) {
  Circuit circuit = matching_circuit();
  const PopulationId rep = circuit.population("a1.rep");
  circuit.edit(rep).noise = CompartmentNoise{.compartment = "apical", .scale = 0.1};
  EXPECT_THROW(check_has_gradient_through_time(circuit), ConfigError);
  circuit = matching_circuit();
  circuit.edit(circuit.projection("input->a1.rep.basal")).delay_steps = 2;
  EXPECT_THROW(check_has_gradient_through_time(circuit), ConfigError);
  EXPECT_THROW(check_has_gradient_through_time(Circuit()), ConfigError);
  EXPECT_NO_THROW(check_has_gradient_through_time(matching_circuit()));
}

TEST(Presentation, TheForwardPathIsWhatTheStimulusDrives) {
  const Circuit c = matching_circuit();
  EXPECT_EQ(forward_path(c), (std::vector<PopulationId>{c.population("a1.rep"), c.population("a2.rep")}));
  EXPECT_EQ(forward_depth(c), 2U);
}

// ---- plants ----------------------------------------------------------------------------------------------

std::shared_ptr<const Dataset> cart_pole(double stretches, double samples = 20) {
  return data_of(
      "cart-pole",
      TaskParameters{}.set("stretches", stretches).set("control_steps", 300).set("samples", samples));
}

std::vector<std::uint32_t> first_numbers(std::size_t n) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

TEST(Steering, IsTheClosedLoopByHand) {
  const Circuit circuit = balancing_circuit();
  const auto data = cart_pole(3);
  ThreadPool pool(1);
  RateLearner<double> learner(circuit, {data}, {5}, kBalancing, pool);
  const auto order = first_numbers(3);
  std::vector<Score> scores(1);
  learner.evaluate(SplitName::test, {order}, true, scores);

  rate::RateEngine<double> engine(circuit, {5}, pool);
  CartPolePlant plant(44);  // the task's default
  double falls = 0, squares = 0, loss = 0;
  for (std::uint64_t stretch = 0; stretch < 3; ++stretch) {
    plant.begin(stretch);
    for (int step = 0; step < 300; ++step) {
      engine.set_external(*circuit.stimulus(), 0, plant.observation());
      engine.advance(4);
      CartPoleState state;
      std::copy(plant.observation().begin(), plant.observation().end(), state.begin());
      const double output = read(engine, *circuit.readout(), "rate", 0)[0];
      const double error = output - linear_teacher_force(state) / kCartPoleForceScale;
      loss += error * error;
      plant.push(kCartPoleForceScale * output);
    }
    falls += plant.falls();
    squares += plant.squared_deviation();
  }
  EXPECT_GT(falls, 0) << "a network that has learned nothing";
  EXPECT_EQ(scores[0].plant.falls, falls);
  EXPECT_DOUBLE_EQ(scores[0].plant.squared_deviation, squares);
  EXPECT_EQ(scores[0].plant.control_steps, 900);
  EXPECT_NEAR(scores[0].loss_sum, loss, 1e-12 * loss);
  CartPoleConvention shorter = kCartPoleRegulation;
  shorter.steps = 300;
  const RegulationScore teacher = regulate(linear_teacher_force, 44, 3, shorter);
  EXPECT_EQ(scores[0].teacher.falls, teacher.falls);
  EXPECT_NEAR(scores[0].teacher.rms_deviation(), std::sqrt(teacher.mean_square[2]), 1e-9);
}

TEST(Steering, EachReplicaHasAPlantOfItsOwnInAnyLayoutOnAnyNumberOfThreads) {
  const Circuit circuit = balancing_circuit();
  const auto data = cart_pole(2);
  Seeds seeds;
  for (std::uint64_t s = 0; s < 19; ++s) seeds.push_back(10 + s);
  const auto order = first_numbers(2), samples = first_numbers(20);
  const auto scores_of = [&](const Seeds& of, rate::Layout layout, unsigned threads) {
    ThreadPool pool(threads);
    RateLearner<float> learner(circuit, Data(of.size(), data), of, kBalancing, pool, {.layout = layout});
    learner.learn(Order(of.size(), samples), true);
    std::vector<Score> scores(of.size());
    learner.evaluate(SplitName::validation, Order(of.size(), order), true, scores);
    std::vector<double> out;
    for (const Score& s : scores) {
      for (double v : {s.plant.falls, s.plant.squared_deviation, s.teacher.falls, s.loss_sum})
        out.push_back(v);
    }
    return out;
  };
  const std::vector<double> lanes = scores_of(seeds, rate::Layout::lanes, 1);
  EXPECT_EQ(scores_of(seeds, rate::Layout::lanes, 2), lanes);
  EXPECT_EQ(scores_of(seeds, rate::Layout::wide, 3), lanes);
  EXPECT_EQ(scores_of({seeds[17]}, rate::Layout::wide, 1),
            std::vector<double>(lanes.begin() + 17 * 4, lanes.begin() + 18 * 4));
}

TEST(Steering, AForceThatIsNotFiniteNamesNeuronsAndTheSeed) {
  const Circuit circuit = balancing_circuit();
  ThreadPool pool(1);
  RateLearner<double> learner(circuit, {cart_pole(1)}, {77}, kBalancing, pool);
  const ProjectionId to_output = circuit.projection("a1.rep->a2.rep.basal");
  learner.engine().set_weights(to_output, 0, Matrix<double>(1, 4, std::numeric_limits<double>::infinity()));
  const auto order = first_numbers(1);
  std::vector<Score> scores(1);
  try {
    learner.evaluate(SplitName::test, {order}, true, scores);
    FAIL() << "no fault";
  } catch (const NumericalFault& fault) {
    EXPECT_EQ(circuit[circuit.population(fault.where().population)].kind, Population::Kind::neurons);
    EXPECT_EQ(fault.where().seed, 77U);
  }
}

TEST(RateLearner, OutputsThatAreNotFiniteAreAFaultOfTheEvaluation) {
  Circuit circuit = balancing_circuit();
  ThreadPool pool(1);
  RateLearner<float> learner(circuit, {cart_pole(1), cart_pole(1)}, {1, 77}, kBalancing, pool,
                             {.layout = rate::Layout::wide});
  const ProjectionId to_output = circuit.projection("a1.rep->a2.rep.basal");
  learner.engine().set_weights(to_output, 1, Matrix<double>(1, 4, 3e38));
  const auto order = first_numbers(1);
  std::vector<Score> scores(2);
  try {
    learner.evaluate(SplitName::test, {order, order}, true, scores);
    FAIL() << "no fault";
  } catch (const NumericalFault& fault) {
    EXPECT_EQ(fault.where().seed, 77U);
    EXPECT_EQ(circuit[circuit.population(fault.where().population)].kind, Population::Kind::neurons);
  }
}

// ---- saved state -----------------------------------------------------------------------------------------

/// What a run says, and where it ends.
struct Told : Observer {
  std::vector<double> values;
  std::size_t safe_points = 0, stop_after = 0;
  std::atomic<bool> stop{false};
  void on(const Evaluated& e) override {
    for (const Score& s : e.scores) {
      for (double v : {s.loss_sum, s.correct, s.samples, s.plant.falls, s.plant.squared_deviation})
        values.push_back(v);
    }
  }
  void on(const SafePoint&) override {
    if (++safe_points == stop_after) stop = true;
  }
};

/// Runs it in parts, each in a learner and a trainer of its own that begin with the state the one before was
/// left in.
std::vector<double> run_in_parts(const Circuit& circuit, const Data& data, const Presentation& presentation,
                                 std::size_t points_per_part) {
  const Seeds seeds{1, 2, 3};
  ThreadPool pool(2);
  Told told;
  std::size_t parts = 0;
  for (Snapshot state;; ++parts) {
    RateLearner<float> learner(circuit, data, seeds, presentation, pool);
    Trainer trainer(learner, {.epochs = 2}, {&told});
    if (parts > 0) state.restore(trainer);
    told.stop = false;
    told.safe_points = 0;
    told.stop_after = points_per_part;
    if (trainer.run(told.stop) == Trainer::Outcome::finished) break;
    state.take(trainer);
  }
  EXPECT_GE(parts, points_per_part > 0 ? 3U : 0U);
  return told.values;
}

TEST(SavedState, SequencesContinueToTheSameBits) {
  const Circuit c = matching_circuit();
  const auto data = trials(20);
  const std::vector<double> whole = run_in_parts(c, {data, data, data}, matching(c), 0);
  EXPECT_EQ(run_in_parts(c, {data, data, data}, matching(c), 1), whole);
  EXPECT_EQ(run_in_parts(c, {data, data, data}, matching(c), 3), whole);
}

TEST(SavedState, PlantsContinueToTheSameBits) {
  const Circuit c = balancing_circuit();
  const auto data = cart_pole(2, 60);
  const std::vector<double> whole = run_in_parts(c, {data, data, data}, kBalancing, 0);
  EXPECT_EQ(run_in_parts(c, {data, data, data}, kBalancing, 1), whole);
  EXPECT_EQ(run_in_parts(c, {data, data, data}, kBalancing, 4), whole);
}

// ---- the published tasks ---------------------------------------------------------------------------------

/// Scores of the test after training as published.
std::vector<Score> trained(const Circuit& c, const Data& data, const Seeds& seeds,
                           const Presentation& presentation, std::size_t epochs, unsigned threads) {
  struct Last : Observer {
    std::vector<Score> test;
    void on(const Evaluated& e) override {
      if (e.split == SplitName::test) test.assign(e.scores.begin(), e.scores.end());
    }
  } last;
  ThreadPool pool(threads);
  RateLearner<double> learner(c, data, seeds, presentation, pool);
  Trainer trainer(learner, {.epochs = epochs, .validate_every = 0}, {&last});
  std::atomic<bool> stop = false;
  EXPECT_EQ(trainer.run(stop), Trainer::Outcome::finished);
  return last.test;
}

Data cart_poles(const Seeds& seeds) {
  Data data;
  for (std::uint64_t seed : seeds)
    data.push_back(data_of("cart-pole", TaskParameters{}.set("seed", static_cast<double>(seed))));
  return data;
}

Seeds first_seeds(std::size_t n) {
  Seeds seeds(n);
  std::iota(seeds.begin(), seeds.end(), 1U);
  return seeds;
}

bool as_good_as_its_teacher(const Score& s) { return s.plant.falls <= 1.1 * s.teacher.falls + 1; }

// With exact feedback the circuit follows the gradient of the regression, so once it has converged it is its
// teacher. (After the published 5 epochs most seeds have, but not those that drew small weights.)
TEST(SlowCartPole, TheLinearCircuitEndsAsItsTeacherOnTheSameStarts) {
  const Seeds seeds = first_seeds(4);
  const std::vector<Score> scores = trained(balancing_circuit(), cart_poles(seeds), seeds, kBalancing, 20, 1);
  for (std::size_t r = 0; r < seeds.size(); ++r) {
    EXPECT_TRUE(as_good_as_its_teacher(scores[r])) << "seed " << seeds[r] << ": " << scores[r].plant.falls
                                                   << " falls, the teacher " << scores[r].teacher.falls;
    EXPECT_NEAR(scores[r].plant.rms_deviation(), scores[r].teacher.rms_deviation(),
                0.1 * scores[r].teacher.rms_deviation());
    EXPECT_EQ(scores[r].plant.control_steps, 20000);
  }
}

TEST(SlowCartPole, AfterFiveEpochsMostSeedsAreAsGoodAsTheirTeacherOnAnyNumberOfThreads) {
  const Seeds seeds = first_seeds(20);
  const std::vector<Score> one = trained(balancing_circuit(), cart_poles(seeds), seeds, kBalancing, 5, 1);
  const std::vector<Score> two = trained(balancing_circuit(), cart_poles(seeds), seeds, kBalancing, 5, 2);
  EXPECT_GE(std::count_if(one.begin(), one.end(), as_good_as_its_teacher), 12);
  for (std::size_t r = 0; r < seeds.size(); ++r)
    EXPECT_EQ(one[r].plant.squared_deviation, two[r].plant.squared_deviation) << r;
}

// Measured elsewhere with the authors' settings: 17 of 20 seeds solve the task, the others stay at about
// 0.75.
TEST(SlowDelayedMatch, MostSeedsSolveItAfterTenEpochs) {
  const Circuit c = matching_circuit();
  const Seeds seeds = first_seeds(20);
  const std::vector<Score> scores =
      trained(c, Data(20, data_of("delayed-match-to-sample", {})), seeds, matching(c), 10, 2);
  EXPECT_GE(std::count_if(scores.begin(), scores.end(), [](const Score& s) { return s.accuracy() == 1; }),
            12);
}

}  // namespace
}  // namespace apical
