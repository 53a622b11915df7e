// SPDX-License-Identifier: Apache-2.0
#include "golden/tasks.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>
#include <set>

#include "apical/tasks.h"
#include "golden/comparison.h"

namespace apical::golden {
namespace {

using nlohmann::json;

bool id_starts_with(const json& trace, const std::string& prefix) {
  return trace.is_object() && trace.contains("id") && trace["id"].is_string() &&
         trace["id"].get<std::string>().rfind(prefix, 0) == 0;
}

// ---- Yin-Yang ----

void compare_split(Comparison& c, const std::string& name, const json& golden,
                   const YinYangGeometry& geometry) {
  const bool is_train = name == "train", is_known = is_train || name == "validation" || name == "test";
  const auto counts = golden.value("class_counts", std::vector<std::size_t>{});
  // A split that states no size may still reveal it by its class counts.
  const std::size_t default_size = counts.empty()
                                       ? (is_train ? 5000 : 1000)
                                       : std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  if (!is_known && !(golden.contains("seed") && (golden.contains("size") || !counts.empty()))) {
    throw DataError(
        fmt::format("split '{}' states no seed or size, and is none of train, validation and test", name));
  }
  const auto seed = golden.value("seed", is_train ? 42U : name == "validation" ? 41U : 40U);
  const auto size = golden.value("size", default_size);
  const YinYangPoints drawn = draw_yin_yang(size, seed, geometry);
  const auto named = [&](const char* quantity) { return name + "." + quantity; };

  if (golden.contains("points")) {
    const json& points = golden["points"];
    if (points.size() > size)
      throw DataError(fmt::format("split '{}' lists more points than its size {}", name, size));
    for (std::size_t i = 0; i < points.size(); ++i) {
      c.exact(named("points"), static_cast<double>(points[i].size()), 4.0);
      for (std::size_t k = 0; k < 4; ++k)
        c.exact(named("points"), drawn.points(i, k), points[i].at(k).get<double>());
    }
  }
  if (golden.contains("labels")) {
    const json& labels = golden["labels"];
    if (labels.size() > size)
      throw DataError(fmt::format("split '{}' lists more labels than its size {}", name, size));
    for (std::size_t i = 0; i < labels.size(); ++i)
      c.exact(named("labels"), drawn.labels[i], labels[i].get<double>());
  }
  if (!counts.empty()) {
    std::vector<std::size_t> found(3, 0);
    for (std::int32_t label : drawn.labels) ++found[static_cast<std::size_t>(label)];
    c.exact(named("class_counts"), json(found), json(counts));
  }
  if (golden.contains("candidate_draws")) {
    c.exact(named("candidate_draws"), static_cast<double>(drawn.candidate_draws),
            golden["candidate_draws"].get<double>());
  }
  std::vector<double> sums(4, 0.0);
  double weighted = 0;
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t k = 0; k < 4; ++k) sums[k] += drawn.points(i, k);
    weighted += static_cast<double>(i + 1) * drawn.points(i, 0);
  }
  if (golden.contains("coordinate_sums"))
    c.close_all(named("coordinate_sums"), sums, golden["coordinate_sums"]);
  if (golden.contains("weighted_checksum"))
    c.close(named("weighted_checksum"), weighted, golden["weighted_checksum"]);
  c.note_unknown_keys(golden,
                      {"seed", "size", "class_counts", "class_names", "candidate_draws", "coordinate_sums",
                       "weighted_checksum", "points", "labels"},
                      name + ".");
}

Verdict replay_yin_yang(const json& trace) {
  // Only the sums have a tolerance (order of summation); all else must be exact.
  Comparison c(0, 1e-12);
  const YinYangGeometry geometry{trace.value("r_small", 0.1), trace.value("r_big", 0.5)};
  std::set<std::string> known{"schema",    "id",     "algorithm", "title", "notes",
                              "tolerance", "checks", "r_small",   "r_big", "splits"};
  for (const auto& [key, value] : trace.items()) {
    unsigned seed = 0;
    if (std::sscanf(key.c_str(), "mt19937_seed%u_first_u32", &seed) != 1) continue;
    known.insert(key);
    std::mt19937 generator(seed);
    for (const json& word : value) c.exact(key, static_cast<double>(generator()), word.get<double>());
  }
  if (trace.contains("splits")) {
    for (const auto& [name, split] : trace["splits"].items()) compare_split(c, name, split, geometry);
  }
  c.note_unknown_keys(trace, known, "");
  return c.verdict();
}

// ---- cart-pole ----

struct CartPoleFile {
  CartPolePhysics physics;
  CartPoleState gains = kCartPoleGains;
};

CartPoleState state_of(const json& values) { return values.get<CartPoleState>(); }

void compare_open_loop(Comparison& c, const std::string& name, const json& golden, const CartPoleFile& file) {
  const double dt = golden.value("dt", kCartPoleRegulation.dt_s);
  const json states = golden.value("states", json::array());
  CartPoleState state = golden.contains("start") ? state_of(golden["start"]) : state_of(states.at(0));
  if (!states.empty()) c.close_all(name + ".states[0]", state, states[0]);
  const json& forces = golden.at("forces");
  for (std::size_t i = 0; i < forces.size(); ++i) {
    state = cart_pole_step(state, forces[i].get<double>(), dt, file.physics);
    if (i + 1 < states.size()) c.close_all(fmt::format("{}.states[{}]", name, i + 1), state, states[i + 1]);
  }
  if (golden.contains("final_state")) c.close_all(name + ".final_state", state, golden["final_state"]);
  c.note_unknown_keys(golden, {"dt", "start", "forces", "states", "final_state"}, name + ".");
}

void compare_closed_loop(Comparison& c, const std::string& name, const json& golden,
                         const CartPoleFile& file) {
  constexpr double kSeconds = 20;
  const double dt = golden.value("dt", kCartPoleRegulation.dt_s);
  const char* const states_key = golden.contains("states") ? "states" : "states_first_51";
  const json states = golden.value(states_key, json::array()), forces = golden.value("forces", json::array());
  CartPoleState state = golden.contains("start") ? state_of(golden["start"]) : state_of(states.at(0));
  if (!states.empty()) c.close_all(name + ".states[0]", state, states[0]);
  const auto steps = static_cast<std::size_t>(std::lround(kSeconds / dt));
  std::size_t done = 0;
  bool failed = false;
  while (done < steps && !failed) {
    double force = 0;
    for (std::size_t k = 0; k < 4; ++k) force += file.gains[k] * state[k];
    if (done < forces.size())
      c.close(fmt::format("{}.forces[{}]", name, done), force, forces[done].get<double>());
    state = cart_pole_step(state, force, dt, file.physics);
    ++done;
    failed = has_fallen(state, kCartPoleRegulation);
    if (done < states.size()) c.close_all(fmt::format("{}.states[{}]", name, done), state, states[done]);
  }
  if (golden.contains("steps_done"))
    c.exact(name + ".steps_done", static_cast<double>(done), golden["steps_done"].get<double>());
  if (golden.contains("failed")) c.exact(name + ".failed", json(failed), golden["failed"]);
  if (golden.contains("final_state")) c.close_all(name + ".final_state", state, golden["final_state"]);
  c.note_unknown_keys(golden, {"dt", "start", "forces", states_key, "steps_done", "failed", "final_state"},
                      name + ".");
}

void compare_gym(Comparison& c, const std::string& name, const json& golden) {
  const json states = golden.value("states", json::array());
  GymCartPole environment;
  const CartPoleState start = golden.contains("start") ? state_of(golden["start"]) : state_of(states.at(0));
  environment.reset_to(start);
  if (!states.empty()) c.close_all(name + ".states[0]", start, states[0]);
  GymCartPole::Outcome outcome;
  double total_reward = 0;
  std::size_t taken = 0;
  const json& actions = golden.at("actions");
  while (taken < actions.size() && !outcome.done()) {
    outcome = environment.step(actions[taken].get<int>());
    total_reward += outcome.reward;
    ++taken;
    if (taken < states.size())
      c.close_all(fmt::format("{}.states[{}]", name, taken), outcome.state, states[taken]);
  }
  if (golden.contains("terminated_after")) {
    c.exact(name + ".terminated_after", static_cast<double>(taken), golden["terminated_after"].get<double>());
    c.exact(name + ".done", json(outcome.done()), json(true));
  }
  if (golden.contains("total_reward"))
    c.exact(name + ".total_reward", total_reward, golden["total_reward"].get<double>());
  if (golden.contains("final_state"))
    c.close_all(name + ".final_state", outcome.state, golden["final_state"]);
  c.note_unknown_keys(golden,
                      {"dt", "start", "actions", "states", "terminated_after", "total_reward", "final_state"},
                      name + ".");
}

Verdict replay_cart_pole(const json& trace) {
  const json tolerance = trace.value("tolerance", json::object());
  Comparison c(tolerance.value("abs", 1e-10), tolerance.value("rel", 1e-10));
  CartPoleFile file;
  const json constants = trace.value("constants", json::object());
  file.physics.gravity = constants.value("g", file.physics.gravity);
  file.physics.cart_mass = constants.value("m_cart", file.physics.cart_mass);
  file.physics.pole_mass = constants.value("m_pole", file.physics.pole_mass);
  file.physics.half_length = constants.value("half_length", file.physics.half_length);
  if (trace.contains("lqr_gain")) file.gains = state_of(trace["lqr_gain"]);
  const auto each = [&](const char* key, auto compare_one) {
    const json cases = trace.value(key, json::array());
    for (std::size_t i = 0; i < cases.size(); ++i) compare_one(fmt::format("{}[{}]", key, i), cases[i]);
  };
  each("open_loop", [&](const std::string& name, const json& one) { compare_open_loop(c, name, one, file); });
  each("closed_loop",
       [&](const std::string& name, const json& one) { compare_closed_loop(c, name, one, file); });
  each("gym", [&](const std::string& name, const json& one) { compare_gym(c, name, one); });
  c.note_unknown_keys(trace,
                      {"schema", "id", "algorithm", "title", "notes", "tolerance", "checks", "constants",
                       "integrator", "lqr_gain", "lqr_force", "open_loop", "closed_loop", "gym"},
                      "");
  return c.verdict();
}

// ---- delayed match to sample ----

Verdict replay_delayed_match(const json& trace) {
  Comparison c(0, 0);
  const MatchTiming timing;
  if (trace.contains("dt_ms")) c.exact("dt_ms", timing.dt_ms, trace["dt_ms"].get<double>());
  const json trials = trace.value("trials", json::array());
  for (std::size_t i = 0; i < trials.size(); ++i) {
    const json& golden = trials[i];
    const auto named = [&](const char* quantity) { return fmt::format("trials[{}].{}", i, quantity); };
    MatchTrial trial;
    trial.first = golden.at("first").get<std::int32_t>();
    trial.second = golden.at("second").get<std::int32_t>();
    trial.delay = golden.at("delay").get<std::uint32_t>();
    const InputSequence course = trial.sequence(timing);
    const auto values = course.values.flat();
    if (golden.contains("length")) c.exact(named("length"), course.steps(), golden["length"].get<double>());
    if (golden.contains("change_points"))
      c.close_all(named("change_points"), course.change_points, golden["change_points"]);
    if (golden.contains("values")) c.close_all(named("values"), values, golden["values"]);
    if (golden.contains("target")) c.exact(named("target"), trial.target(), golden["target"].get<double>());
    c.note_unknown_keys(golden, {"first", "second", "delay", "length", "change_points", "values", "target"},
                        named(""));
  }
  c.note_unknown_keys(trace,
                      {"schema", "id", "algorithm", "title", "notes", "tolerance", "checks", "dt_ms",
                       "trials", "delay_distribution", "layers"},
                      "");
  return c.verdict();
}

}  // namespace

void add_task_formats(std::vector<Format>& list) {
  const auto add = [&](const char* name, const char* prefix, Replayer replay) {
    list.push_back(
        {name, [prefix](const json& trace) { return id_starts_with(trace, prefix); }, std::move(replay)});
  };
  add("ngrad-golden task_yinyang", "task_yinyang", replay_yin_yang);
  add("ngrad-golden task_cartpole", "task_cartpole", replay_cart_pole);
  add("ngrad-golden task_dms", "task_dms", replay_delayed_match);
}

}  // namespace apical::golden
