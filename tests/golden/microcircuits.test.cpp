// SPDX-License-Identifier: Apache-2.0
// The rate engine against the published traces and, where there are none, against plain loops written from
// the equations (microcircuit_stepper.h): random small circuits of every model with random options.
#include "golden/microcircuits.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apical/random.h"
#include "golden/microcircuit_stepper.h"
#include "support/paths.h"

namespace apical::golden {
namespace {

using nlohmann::json;
using V = std::vector<double>;
using M = std::vector<V>;

/// Deviations of the engine from plain loops: rounding, amplified by tau/dt = 500 … 1100 in lookahead
/// potentials.
constexpr double kRounding = 1e-10;

std::string folder() { return std::string(test::kTestData) + "/golden/microcircuits"; }

/// The largest difference between two JSON values of the same shape; infinite if the shapes differ.
double distance(const json& a, const json& b) {
  if (a.is_number() && b.is_number()) {
    const double d = std::abs(a.get<double>() - b.get<double>());
    return std::isnan(d) ? INFINITY : d;
  }
  if (a.type() != b.type() || a.size() != b.size()) return INFINITY;
  double worst = 0;
  for (auto it = a.begin(); it != a.end(); ++it) {
    if (a.is_object() && !b.contains(it.key())) return INFINITY;
    worst = std::max(worst, distance(*it, a.is_object() ? b.at(it.key())
                                                        : b.at(static_cast<std::size_t>(it - a.begin()))));
  }
  return worst;
}

// ---- published traces ------------------------------------------------------------------------------------

std::vector<std::string> trace_names() {
  std::vector<std::string> names;
  for (const auto& path : files_below(folder())) names.push_back(path.stem().string());
  return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class MicrocircuitGolden : public testing::TestWithParam<std::string> {
 protected:
  std::string path() const { return folder() + "/" + GetParam() + ".json"; }
};

TEST_P(MicrocircuitGolden, IsReplayedByTheEngine) {
  const Verdict v = replay_file(path());
  EXPECT_TRUE(v.passed) << v.worst_quantity;
  EXPECT_LE(v.worst_deviation, kRounding) << v.worst_quantity;
}

TEST_P(MicrocircuitGolden, IsReplayedByPlainLoops) {
  std::ifstream in(path());
  const json trace = json::parse(in), again = stepped(trace);
  ASSERT_GT(trace["recorded"].size(), 3u);
  EXPECT_LE(distance(again["recorded"], trace["recorded"]), kRounding);
  EXPECT_LE(distance(again["weights"], trace["weights"]), kRounding);
}

INSTANTIATE_TEST_SUITE_P(Published, MicrocircuitGolden, testing::ValuesIn(trace_names()), test_name);

TEST(MicrocircuitGoldenReplay, NoticesSmallChanges) {
  std::ifstream in(folder() + "/sacramento_4-3-2_bp.json");
  const json trace = json::parse(in);
  EXPECT_TRUE(replay(trace, dendritic_replay(trace)).passed);
  for (const char* pointer :
       {"/recorded/rate_inter/20/0/1", "/weights/3/w_pyr_to_inter/0/1/0", "/initial/w_forward/0/1/1",
        "/initial/feedback_noise/0/0/1", "/params/g_nudge_inter", "/params/eta_forward/1"}) {
    json changed = trace;
    json& number = changed.at(json::json_pointer(pointer));
    number = number.get<double>() + 1e-6;
    EXPECT_FALSE(replay(changed, dendritic_replay(changed)).passed) << pointer;
  }
}

// ---- random circuits -------------------------------------------------------------------------------------

struct Random {
  std::uint64_t seed;
  std::uint64_t drawn = 0;
  Address next() { return {seed, Stream::perturbation, 0, drawn++}; }
  double in(double low, double high) { return uniform(next(), low, high); }
  double gauss() { return normal(next()); }
  bool coin(double p = 0.5) { return in(0, 1) < p; }
  std::size_t between(std::size_t low, std::size_t high) {
    return low + uniform_integer(next(), high - low + 1);
  }
  V vector(std::size_t n, double low, double high) {
    V v(n);
    for (double& x : v) x = in(low, high);
    return v;
  }
  M matrix(std::size_t rows, std::size_t cols, double range = 0.8) {
    M m(rows);
    for (V& row : m) row = vector(cols, -range, range);
    return m;
  }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[between(0, choices.size() - 1)];
  }
};

struct Choices {
  Random& random;
  std::vector<std::size_t> layers;
  std::size_t areas, hidden;
};

json common_params(Choices& c) {
  Random& r = c.random;
  json p{{"layers", c.layers},
         {"dt", 0.01},
         {"g_leak", r.in(0.02, 0.05)},
         {"g_basal", r.in(0.05, 0.15)},
         {"g_apical", r.in(0.03, 0.1)},
         {"g_dendrite", r.in(0.05, 0.15)},
         {"g_target", r.in(0.03, 0.1)},
         {"g_nudge_inter", r.in(0.03, 0.1)},
         {"learn_forward", r.coin(0.8)},
         {"learn_lateral", r.coin(0.7)},
         {"learn_feedback", r.coin(0.2)},
         {"update_uses_activation", r.coin()},
         {"feedback_mode", r.coin() ? "BP" : "FA"}};
  if (r.coin(0.2)) p["taur"] = 0.8;
  for (std::size_t i = 0; i < c.areas; ++i) {
    // relu in the first area only: behind silent neurons potentials are 0 up to rounding, where its slope
    // jumps.
    const auto* f = i == 0 && r.coin(0.3)
                        ? "relu"
                        : r.one_of({"linear", "soft_relu", "logistic", "tanh", "hard_sigmoid"});
    const std::size_t n = c.layers[i + 1];
    const bool heterogeneous = r.coin();
    p["activation"].push_back({{"name", f},
                               {"slope", heterogeneous ? r.vector(n, 0.5, 1.5) : V(n, 1.0)},
                               {"offset", heterogeneous ? r.vector(n, -0.5, 0.5) : V(n, 0.0)}});
    p["slope_function"].push_back(std::string("d_") + f);
    p["eta_forward"].push_back(r.in(0.1, 2));
  }
  return p;
}

/// Held inputs and targets with gaps.
void add_samples(json& trace, Random& r, const std::vector<std::size_t>& layers, std::size_t steps,
                 bool absent_inputs) {
  trace["steps"] = steps;
  json x, y;
  for (std::size_t t = 0; t < steps; ++t) {
    if (t % 7 == 0)
      x = t > 0 && absent_inputs && r.coin(0.2) ? json(nullptr) : json(r.vector(layers.front(), 0, 1));
    if (t % 11 == 0) y = r.coin(0.3) ? json(nullptr) : json(r.vector(layers.back(), -1, 1));
    trace["inputs"].push_back(x);
    trace["targets"].push_back(y);
  }
}

std::vector<V> ragged(Random& r, const std::vector<std::size_t>& sizes, std::size_t first, std::size_t last,
                      double range = 1) {
  std::vector<V> out;
  for (std::size_t i = first; i < last; ++i) out.push_back(r.vector(sizes[i], -range, range));
  return out;
}

/// Potentials of a step ago: close by, for the lookahead amplifies the difference.
json shortly_before(Random& r, const json& somata) {
  json before = somata;
  for (json& area : before) {
    for (json& u : area) u = u.get<double>() + r.in(-1e-3, 1e-3);
  }
  return before;
}

json random_error_neurons(Random& r) {
  Choices c{r, {}, 0, 0};
  c.areas = r.between(1, 3);
  c.hidden = c.areas - 1;
  for (std::size_t i = 0; i <= c.areas; ++i) c.layers.push_back(r.between(1, 5));
  std::vector<std::size_t> e = c.layers;
  e[0] = 0;
  const bool unequal = r.coin(0.4);
  for (std::size_t i = 1; unequal && i < e.size(); ++i) e[i] = r.between(1, 5);
  json p = common_params(c);
  const bool skip_up = r.coin(), skip_down = r.coin();
  p["error_layers"] = e;
  p["forward_connectivity"] = skip_up ? "skip" : "layered";
  p["feedback_connectivity"] = skip_down ? "skip" : "layered";
  p["slope_transfer"] = r.coin(0.7);
  p["low_pass_forward_update"] = r.coin(0.3);
  p["tau_low_pass"] = 0.4;
  const bool laterals_learn = r.coin();
  for (std::size_t i = 0; i < c.areas; ++i) {
    p["error_activation"].push_back({{"name", r.one_of({"linear", "tanh", "soft_relu"})},
                                     {"slope", V(e[i + 1], 1.0)},
                                     {"offset", V(e[i + 1], 0.0)}});
    p["rep_lookahead"].push_back(r.coin(0.7));
    p["error_lookahead"].push_back(r.coin(0.7));
    p["eta_rep_to_err"].push_back(laterals_learn ? r.in(0, 2) : 0.0);
    p["eta_err_to_rep"].push_back(laterals_learn ? r.in(0, 2) : 0.0);
    if (skip_up) {
      json row = V(c.areas, 0.0);
      for (std::size_t j = 0; j <= i; ++j) row[j] = r.coin(0.8) ? r.in(0.1, 1) : 0.0;
      p["eta_forward"][i] = row;
    }
  }
  const auto before = [](const std::vector<std::size_t>& n, std::size_t k) {
    std::size_t s = 0;
    for (std::size_t i = 0; i < k; ++i) s += n[i];
    return s;
  };
  json init;
  const auto& n = c.layers;
  for (const auto& [key, sizes] : {std::pair{"rep", &n}, {"err", &e}}) {
    const std::string k = key;
    init["soma_" + k] = ragged(r, *sizes, 1, c.areas + 1);
    init["soma_" + k + "_previous"] = r.coin() ? init["soma_" + k] : shortly_before(r, init["soma_" + k]);
    init["rate_" + k] = ragged(r, *sizes, 1, c.areas + 1);
  }
  for (const char* key : {"basal_rep", "apical_rep"}) init[key] = ragged(r, n, 1, c.areas + 1);
  init["dendrite_err"] = ragged(r, e, 1, c.areas + 1);
  init["dendrite_err"][c.areas - 1] = V(e[c.areas], 0.0);
  init["input_previous"] = r.vector(n[0], 0, 1);
  for (std::size_t i = 0; i < c.areas; ++i) {
    init["w_rep_to_err"].push_back(r.matrix(e[i + 1], n[i + 1], 0.5));
    init["w_err_to_rep"].push_back(r.matrix(n[i + 1], e[i + 1], 0.5));
    if (!skip_up) init["w_forward"].push_back(r.matrix(n[i + 1], n[i]));
  }
  if (skip_up) {
    M big = r.matrix(before(n, n.size()), before(n, n.size()));
    for (std::size_t k = 0; k < n.size(); ++k) {  // strictly lower triangular in blocks
      for (std::size_t a = before(n, k); a < before(n, k + 1); ++a)
        std::fill(big[a].begin() + static_cast<std::ptrdiff_t>(before(n, k)), big[a].end(), 0.0);
    }
    init["w_forward"] = json::array({big});
  }
  const bool transposed = p["feedback_mode"] == "BP";
  const auto feedback = [&](bool full) {
    json list = json::array();
    if (skip_down) {
      M big = r.matrix(before(e, e.size()), before(e, e.size()));
      for (std::size_t a = 0; !full && a < big.size(); ++a) std::fill_n(big[a].begin(), a, 0.0);
      list.push_back(big);
    }
    for (std::size_t i = 0; !skip_down && i < c.hidden; ++i) list.push_back(r.matrix(e[i + 1], e[i + 2]));
    return list;
  };
  init["w_feedback_error"] = feedback(false);
  if (transposed) init["feedback_noise"] = feedback(true);
  json trace{{"schema", "microcircuit-trace/1"}, {"model", "errormc"}, {"params", p}, {"initial", init}};
  // With skip wiring a missing input is 0, and relu's slope jumps there.
  add_samples(trace, r, c.layers, 200, !skip_up || p["activation"][0]["name"] != "relu");
  return trace;
}

json random_dendritic(Random& r, const std::string& model) {
  Choices c{r, {}, 0, 0};
  c.areas = r.between(1, 3);
  c.hidden = c.areas - 1;
  for (std::size_t i = 0; i <= c.areas; ++i) c.layers.push_back(r.between(1, 5));
  const auto& n = c.layers;
  json p = common_params(c), init;
  const bool inter = model != "dPC", pal = model == "pal";
  for (const char* key : {"eta_lateral", "eta_pyr_to_inter", "eta_inter_to_pyr", "eta_feedback", "alpha",
                          "noise_scale", "low_pass"})
    p[key] = V();
  for (std::size_t i = 0; i < c.hidden; ++i) {
    for (const char* key : {"eta_lateral", "eta_pyr_to_inter"}) p[key].push_back(r.in(0, 1));
    p["eta_inter_to_pyr"].push_back(r.coin() ? r.in(0, 1) : 0.0);
    for (const char* key : {"eta_feedback", "alpha", "noise_scale"}) p[key].push_back(r.in(0.1, 1));
  }
  p.erase("low_pass");
  if (pal) {
    p["feedback_mode"] = "PAL";
    p["learn_feedback"] = r.coin(0.8);
    p["tau_high_pass"] = 0.1;
    p["tau_low_pass"] = r.in(0.2, 1);
    for (const char* key : {"inter_low_pass", "high_pass_rates", "low_pass_forward_update",
                            "low_pass_presynaptic", "low_pass_postsynaptic"})
      p[key] = r.coin();
    const std::size_t decay = r.between(0, 2);
    p["gate_regularizer"] = decay == 1;
    p["slope_regularizer"] = decay == 2;
    p["noise_type"] = r.one_of({"OU", "hold_white_noise"});
    p["noise_mode"] = r.one_of({"const", "uP", "uP_breve", "vapi"});
    p["noise_hold_steps"] = r.between(1, 4);
    p["tau_noise"] = 0.1;
    std::vector<V> quiet;
    for (std::size_t i = 0; i < c.areas; ++i) quiet.push_back(V(n[i + 1], 0.0));
    init["noise"] = quiet;
    init["rate_pyr_highpass"] = ragged(r, n, 1, c.areas + 1);
    quiet.pop_back();
    init["apical_pyr_noisy"] = quiet;
  }
  for (const char* key : {"soma_pyr", "rate_pyr", "basal_pyr"}) init[key] = ragged(r, n, 1, c.areas + 1);
  init["soma_pyr_previous"] = r.coin() ? init["soma_pyr"] : shortly_before(r, init["soma_pyr"]);
  init["apical_pyr"] = ragged(r, n, 1, c.areas);
  init["input_previous"] = r.vector(n[0], 0, 1);
  for (const char* key :
       {"w_forward", "w_feedback", "w_pyr_to_inter", "w_inter_to_pyr", "w_lateral", "feedback_noise"})
    init[key] = json::array();
  for (std::size_t i = 0; i < c.areas; ++i) {
    init["w_forward"].push_back(r.matrix(n[i + 1], n[i]));
    if (i == c.hidden) break;
    for (const char* key : {"w_feedback", "feedback_noise"})
      init[key].push_back(r.matrix(n[i + 1], n[i + 2]));
    init["w_inter_to_pyr"].push_back(r.matrix(n[i + 1], n[i + 2]));
    init["w_pyr_to_inter"].push_back(r.matrix(n[i + 2], n[i + 1]));
    init["w_lateral"].push_back(r.matrix(n[i + 1], n[i + 1]));
  }
  if (inter) {
    for (const char* key : {"soma_inter", "rate_inter", "dendrite_inter"})
      init[key] = ragged(r, n, 2, c.areas + 1);
    init["soma_inter_previous"] = shortly_before(r, init["soma_inter"]);
    init.erase("w_lateral");
  } else {
    init["rate_lateral"] = ragged(r, n, 1, c.areas);
    init.erase("w_inter_to_pyr");
    init.erase("w_pyr_to_inter");
  }
  if (p["feedback_mode"] != "BP") init.erase("feedback_noise");
  json trace{{"schema", "microcircuit-trace/1"}, {"model", model}, {"params", p}, {"initial", init}};
  add_samples(trace, r, c.layers, 200, true);
  return trace;
}

json random_layered_reference(Random& r) {
  Choices c{r, {}, 0, 0};
  c.areas = r.between(1, 3);
  for (std::size_t i = 0; i <= c.areas; ++i) c.layers.push_back(r.between(1, 5));
  const auto& n = c.layers;
  json init{{"input_previous", r.vector(n[0], 0, 1)}, {"w_feedback", json::array()}};
  for (const char* key : {"soma", "rate", "error"}) init[key] = ragged(r, n, 1, c.areas + 1);
  for (std::size_t i = 0; i < c.areas; ++i) {
    init["w_forward"].push_back(r.matrix(n[i + 1], n[i]));
    if (i + 1 < c.areas) init["w_feedback"].push_back(r.matrix(n[i + 1], n[i + 2]));
  }
  json trace{
      {"schema", "microcircuit-trace/1"}, {"model", "ann"}, {"params", common_params(c)}, {"initial", init}};
  add_samples(trace, r, c.layers, 200, false);
  return trace;
}

class RandomMicrocircuit : public testing::TestWithParam<const char*> {};

TEST_P(RandomMicrocircuit, FollowsPlainLoops) {
  const std::string model = GetParam();
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Random r{seed};
    const json trace = model == "errormc" ? random_error_neurons(r)
                       : model == "ann"   ? random_layered_reference(r)
                                          : random_dendritic(r, model);
    const json expected = stepped(trace, [&] { return r.gauss(); });
    const MicrocircuitReplay how = model == "errormc" ? error_neuron_replay(expected)
                                   : model == "ann"   ? layered_reference_replay(expected)
                                                      : dendritic_replay(expected);
    const Verdict v = replay(expected, how);
    EXPECT_LE(v.worst_deviation, kRounding) << "seed " << seed << ": " << v.worst_quantity << "\n"
                                            << trace["params"].dump();
    EXPECT_TRUE(v.passed);
  }
}

INSTANTIATE_TEST_SUITE_P(All, RandomMicrocircuit,
                         testing::Values("errormc", "sacramento2018", "dPC", "pal", "ann"),
                         [](const auto& circuit) { return std::string(circuit.param); });

}  // namespace
}  // namespace apical::golden
