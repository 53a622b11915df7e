// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/cart_pole_v1.h"

#include "apical/tasks/cart_pole.h"
#include "apical/tasks/task_fields.h"

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

struct CartPoleV1Options {
  std::uint32_t episode_steps = kCartPoleGym.steps;
  double solved = 475;
  std::uint32_t validation_episodes = 20, test_episodes = 100;
  std::uint64_t validation_seed = 123456, test_seed = 44, seed = 0;
};

void fields(FieldVisitor& v, CartPoleV1Options& o) {
  const char* source = "OpenAI gym, CartPole-v1";
  count_field(v, "episode_steps", "time limit of an episode, in steps", o.episode_steps, 1, 1e9, source);
  v({"solved",
     "",
     "mean return of the last 100 training episodes from which on it counts as solved",
     {},
     source},
    o.solved);
  count_field(v, "validation_episodes", "episodes of a validation, each from a start of its own",
              o.validation_episodes, 0);
  count_field(v, "test_episodes", "episodes of the test", o.test_episodes, 0);
  seed_field(v, "validation_seed", "seed of the starts in validation", o.validation_seed);
  seed_field(v, "test_seed", "seed of the starts in the test", o.test_seed);
  seed_field(v, o.seed);
}

Dataset build(const CartPoleV1Options& o) {
  CartPoleConvention convention = kCartPoleGym;
  convention.steps = o.episode_steps;
  const auto worlds = [&](std::uint64_t seed) {
    return [seed, convention]() -> std::unique_ptr<Environment> {
      return std::make_unique<CartPoleV1>(seed, convention);
    };
  };
  Dataset data;
  data.name = "cart-pole-v1";
  data.readout = Readout::largest_output;
  Episodes& e = data.episodes.emplace();
  e.train = worlds(o.seed);
  e.validation = worlds(o.validation_seed);
  e.test = worlds(o.test_seed);
  e.observations = 4;
  e.actions = 2;
  e.validation_episodes = o.validation_episodes;
  e.test_episodes = o.test_episodes;
  e.solved = o.solved;
  return data;
}

}  // namespace

TaskInfo cart_pole_v1_task() {
  return {.name = "cart-pole-v1",
          .description =
              "learn from reward alone to keep a pole upright by pushes of 10 N to the left or "
              "right: 1 for every step of 20 ms, until the pole leans by 12 degrees, the cart leaves "
              "2.4 m, or the time limit; validation and test take the action with the largest output",
          .citation =
              "Barto, Sutton & Anderson, IEEE Trans Syst Man Cybern 13:834, 1983; Brockman et al. "
              "(2016) OpenAI Gym, arXiv:1606.01540",
          .recipe = TaskRecipe(CartPoleV1Options{}),
          .rewards = true};
}

}  // namespace apical
