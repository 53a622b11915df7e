// SPDX-License-Identifier: Apache-2.0
#include "apical/tasks/cart_pole_v1.h"

#include "apical/tasks/cart_pole.h"
#include "apical/tasks/episode_options.h"
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
  EpisodeOptions episodes = {.solved = 475};
};

void fields(FieldVisitor& v, CartPoleV1Options& o) {
  const char* source = "OpenAI gym, CartPole-v1";
  count_field(v, "episode_steps", "time limit of an episode, in steps", o.episode_steps, 1, 1e9, source);
  episode_fields(v, o.episodes, source);
}

Dataset build(const CartPoleV1Options& o) {
  CartPoleConvention convention = kCartPoleGym;
  convention.steps = o.episode_steps;
  Dataset data = episodes_of("cart-pole-v1", o.episodes, 4, 2, [&](std::uint64_t seed) {
    return [seed, convention]() -> std::unique_ptr<Environment> {
      return std::make_unique<CartPoleV1>(seed, convention);
    };
  });
  data.episodes->least_return = 0;
  data.episodes->most_return = o.episode_steps;  // 1 for each step
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
