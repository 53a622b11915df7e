// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/cart_pole_v1.h"

#include "apical/tasks/cart_pole.h"

namespace apical {
namespace {

class CartPoleV1 final : public Environment {
 public:
  CartPoleV1(std::uint64_t seed, const CartPoleConvention& convention) : seed_(seed), world_(convention) {
    begin(0);
  }
  void begin(std::uint64_t episode) override { world_.reset(seed_, episode); }
  std::span<const double> observation() const override { return world_.state(); }
  Outcome act(std::uint32_t action) override {
    const GymCartPole::Outcome now = world_.step(static_cast<int>(action));
    return {now.reward, now.terminated, now.truncated};
  }
  void visit_state(StateVisitor& a) override { world_.visit_state(a); }

 private:
  std::uint64_t seed_;
  GymCartPole world_;
};

Dataset make_cart_pole_v1(const TaskParameters& p) {
  CartPoleConvention convention = kCartPoleGym;
  convention.steps = static_cast<std::uint32_t>(p.count("episode_steps"));
  const auto worlds = [&](const char* seed) {
    return [seed = p.count(seed), convention]() -> std::unique_ptr<Environment> {
      return std::make_unique<CartPoleV1>(seed, convention);
    };
  };
  Dataset data;
  data.name = "cart-pole-v1";
  data.readout = Readout::largest_output;
  Episodes& e = data.episodes.emplace();
  e.train = worlds("seed");
  e.validation = worlds("validation_seed");
  e.test = worlds("test_seed");
  e.observations = 4;
  e.actions = 2;
  e.validation_episodes = static_cast<std::uint32_t>(p.count("validation_episodes"));
  e.test_episodes = static_cast<std::uint32_t>(p.count("test_episodes"));
  e.solved = p.number("solved");
  return data;
}

}  // namespace

TaskInfo cart_pole_v1_task() {
  const std::string source = "OpenAI gym, CartPole-v1";
  ParameterInfo solved;
  solved.name = "solved";
  solved.unit = "1";
  solved.default_value = 475.0;
  solved.meaning = "mean return of the last 100 training episodes from which on it counts as solved";
  solved.source = source;
  TaskInfo info;
  info.name = "cart-pole-v1";
  info.description =
      "learn from reward alone to keep a pole upright by pushes of 10 N to the left or right: 1 for every "
      "step of 20 ms, until the pole "
      "leans by 12 degrees, the cart leaves 2.4 m, or the time limit; validation and test take the action "
      "with the largest output";
  info.parameters = {
      count_parameter("episode_steps", kCartPoleGym.steps, "time limit of an episode, in steps", 1, 1e9,
                      source),
      solved,
      count_parameter("validation_episodes", 20, "episodes of a validation, each from a start of its own", 0,
                      1e6),
      count_parameter("test_episodes", 100, "episodes of the test", 0, 1e6),
      count_parameter("validation_seed", 123456, "seed of the starts in validation", 0, kLargestSeed),
      count_parameter("test_seed", 44, "seed of the starts in the test", 0, kLargestSeed),
      seed_parameter()};
  info.citation =
      "Barto, Sutton & Anderson, IEEE Trans Syst Man Cybern 13:834, 1983; Brockman et al. (2016) OpenAI Gym, "
      "arXiv:1606.01540";
  info.rewards = true;
  info.make = make_cart_pole_v1;
  return info;
}

}  // namespace apical
