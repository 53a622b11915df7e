// SPDX-License-Identifier: Apache-2.0
// Kinds "rnn", "reward" and "spiking" of credit-through-time-golden/1.
#include <functional>

#include "apical/recurrent.h"
#include "golden/credit_through_time.h"
#include "golden/ngrad_case.h"

namespace apical::golden {
namespace {

using namespace recurrent;
using plain::add_scaled;
using Compare = CaseComparison<double>;

Vector vector_of(const json& j) { return j.get<Vector>(); }

/// Rows of targets: numbers, or classes as probabilities.
Matrix<double> targets_of(const json& targets, ReadoutLoss loss, std::size_t outputs) {
  if (loss == ReadoutLoss::mse) return read_matrix<double>(targets);
  Matrix<double> rows(targets.size(), outputs);
  for (std::size_t t = 0; t < rows.rows(); ++t) {
    const auto label = targets.at(t).get<std::size_t>();
    if (label >= outputs) throw DataError("class " + std::to_string(label) + " of a target has no output");
    rows(t, label) = 1;
  }
  return rows;
}

ReadoutLoss loss_of(const json& config) {
  const auto name = config.at("loss").get<std::string>();
  for (const ReadoutLoss loss : {ReadoutLoss::mse, ReadoutLoss::softmax_ce}) {
    if (name == name_of(loss)) return loss;
  }
  throw DataError("unknown loss '" + name + "', expected mse or softmax_ce");
}

/// [W U b]; without b zeros.
Matrix<double> joined(const json& W, const json& U, const json* b) {
  const auto w = read_matrix<double>(W), u = read_matrix<double>(U);
  Matrix<double> th(w.rows(), w.cols() + u.cols() + 1);
  for (std::size_t i = 0; i < th.rows(); ++i) {
    std::copy(w.row(i).begin(), w.row(i).end(), th.row(i).begin());
    std::copy(u.row(i).begin(), u.row(i).end(), th.row(i).begin() + static_cast<std::ptrdiff_t>(w.cols()));
    if (b) th(i, th.cols() - 1) = b->at(i).get<double>();
  }
  return th;
}

Network network_of(const json& file) {
  const json &config = file.at("config"), &inputs = file.at("inputs");
  Network network;
  network.leak = config.at("leak_form").get<std::string>() == "potential" ? Leak::potential : Leak::rate;
  network.activation = activation_named(config.at("activation").get<std::string>());
  network.k = config.at("k").get<double>();
  network.loss = loss_of(config);
  network.th = joined(inputs.at("W"), inputs.at("U"), &inputs.at("b"));
  network.V = read_matrix<double>(inputs.at("V"));
  network.c = vector_of(inputs.at("c"));
  network.validate();
  return network;
}

Trial trial_of(const json& inputs, const Network& network) {
  Trial trial;
  trial.inputs = read_matrix<double>(inputs.at("x"));
  trial.targets = targets_of(inputs.at("targets"), network.loss, network.outputs());
  trial.mask = vector_of(inputs.at("mask"));
  trial.start = vector_of(inputs.at("initial_state"));
  return trial;
}

double angle(const Matrix<double>& a, const Matrix<double>& b) {
  return layered::angle_degrees(a.flat(), b.flat());
}

/// What a rule makes of every step, and the sum.
struct Credits {
  std::vector<Matrix<double>> by_step;
  Matrix<double> sum;
};

template <class Rule>
Credits credits(const Network& network, const std::vector<Step>& course, Rule& rule,
                const std::function<void(const Step&, std::size_t)>& follow,
                const Matrix<double>* feedback = nullptr) {
  Credits c{{}, Matrix<double>(network.th.rows(), network.th.cols())};
  for (std::size_t t = 0; t < course.size(); ++t) {
    follow(course[t], t);
    Matrix<double> now(network.th.rows(), network.th.cols());
    rule.credit(learning_signal(network, course[t], feedback), now);
    add_scaled(c.sum.flat(), 1, now.flat());
    c.by_step.push_back(std::move(now));
  }
  return c;
}

void compare_traces(Compare& compare, const Network& network, const std::vector<Step>& course,
                    const Matrix<double>& B, const Matrix<double>& exact, const json& rules) {
  for (const auto& [name, expected] : rules.items()) {
    const bool random = name.ends_with("_random");
    const std::string rule = random ? name.substr(0, name.size() - 7) : name;
    if (rule != "rflo" && rule != "eprop" && rule != "snap1") {
      compare.mention("rule '" + name + "' is not known here");
      continue;
    }
    SynapseTrace trace(network,
                       rule == "snap1" ? SynapseTrace::Follows::diagonal : SynapseTrace::Follows::leak);
    const Credits c = credits(
        network, course, trace, [&](const Step& step, std::size_t) { trace.follow(network, step); },
        random ? &B : nullptr);
    compare.check(name + ".by_step_of_loss", c.by_step, expected.at("by_step_of_loss"));
    compare.check(name + ".gradient", c.sum, expected.at("gradient"));
    compare.check(name + ".trace_last", trace.trace(), expected.at("trace_last"));
    compare.check_angle(name + ".angle", angle(c.sum, exact),
                        expected.at("angle_deg_to_exact").get<double>());
  }
}

void compare_unbiased(Compare& compare, const Network& network, const std::vector<Step>& course,
                      const json& signs, const json& expected) {
  UnbiasedOnline rule(network);
  std::vector<Vector> rho, state;
  const Credits c = credits(network, course, rule, [&](const Step& step, std::size_t t) {
    rule.follow(network, step, vector_of(signs.at(t)));
    rho.push_back({rule.rho0(), rule.rho1()});
    state.push_back(rule.state_vector());
  });
  compare.check("uoro.rho", rho, expected.at("rho"));
  compare.check("uoro.state_vector", state, expected.at("state_vector"));
  compare.check("uoro.by_step_of_loss", c.by_step, expected.at("by_step_of_loss"));
  compare.check("uoro.parameter_vector_last", rule.parameter_vector(), expected.at("parameter_vector_last"));
  compare.check("uoro.gradient", c.sum, expected.at("gradient"));
}

void compare_kronecker(Compare& compare, const Network& network, const std::vector<Step>& course,
                       const json& signs, const json& expected) {
  KroneckerFactored rule(network);
  std::vector<Vector> A, p;
  std::vector<Matrix<double>> B;
  const Credits c = credits(network, course, rule, [&](const Step& step, std::size_t t) {
    rule.follow(network, step, vector_of(signs.at(t)));
    A.push_back(rule.presynaptic());
    B.push_back(rule.units());
    p.push_back({rule.p0(), rule.p1()});
  });
  compare.check("kf_rtrl.A", A, expected.at("A"));
  compare.check("kf_rtrl.B", B, expected.at("B"));
  compare.check("kf_rtrl.p", p, expected.at("p"));
  compare.check("kf_rtrl.by_step_of_loss", c.by_step, expected.at("by_step_of_loss"));
  compare.check("kf_rtrl.gradient", c.sum, expected.at("gradient"));
}

/// Updates after every step: that of step t uses the weights of step t.
void compare_online(Compare& compare, Network network, const Trial& trial, const json& file) {
  const double eta_th = file.at("inputs").at("eta_th").get<double>(),
               eta_V = file.at("inputs").at("eta_V").get<double>();
  const auto B = read_matrix<double>(file.at("inputs").at("B"));
  SynapseTrace trace(network, SynapseTrace::Follows::leak);
  Vector state = trial.start;
  const json& steps = file.at("expected").at("steps");
  for (std::size_t t = 0; t < steps.size(); ++t) {
    const Step step = advance(network, state, trial.inputs.row(t), trial.targets.row(t), trial.mask.at(t));
    trace.follow(network, step);
    Matrix<double> change(network.th.rows(), network.th.cols());
    trace.credit(learning_signal(network, step, &B), change);
    add_scaled(network.th.flat(), -eta_th, change.flat());
    Gradient readout = Gradient::zeros(network);
    add_readout(readout, step);
    add_scaled(network.V.flat(), -eta_V, readout.V.flat());
    state = step.state;
    const json& expected = steps.at(t);
    compare.check("state", step.state, expected.at("state"));
    compare.check("y", step.y, expected.at("y"));
    compare.check("th", network.th, expected.at("th"));
    compare.check("V", network.V, expected.at("V"));
  }
}

}  // namespace

Verdict replay_recurrent(const json& file) {
  Compare compare(file);
  const json &inputs = file.at("inputs"), &expected = file.at("expected");
  const Network network = network_of(file);
  const Trial trial = trial_of(inputs, network);
  if (expected.contains("steps")) {
    compare_online(compare, network, trial, file);
    return compare.verdict();
  }
  const std::vector<Step> course = run(network, trial);
  const auto of_steps = [&](auto member) {
    std::vector<Vector> rows;
    rows.reserve(course.size());
    for (const Step& s : course) rows.push_back(s.*member);
    return rows;
  };
  const ThroughTime exact = backpropagate(network, course, {.by_step_of_use = true});
  RealTimeRecurrent forward(network);
  const Credits by_loss = credits(network, course, forward,
                                  [&](const Step& step, std::size_t) { forward.follow(network, step); });
  for (const auto& [key, value] : expected.items()) {
    if (key == "state") {
      compare.check(key, of_steps(&Step::state), value);
    } else if (key == "y") {
      compare.check(key, of_steps(&Step::y), value);
    } else if (key == "error") {
      compare.check(key, of_steps(&Step::error), value);
    } else if (key == "loss") {
      compare.check(key, total_loss(course), value);
    } else if (key == "gradient_th") {
      compare.check(key, exact.gradient.th, value);
      compare.check(key + ", forward mode", by_loss.sum, value);
    } else if (key == "gradient_V") {
      compare.check(key, exact.gradient.V, value);
    } else if (key == "gradient_c") {
      compare.check(key, exact.gradient.c, value);
    } else if (key == "gradient_of_initial_state") {
      compare.check(key, exact.of_start, value);
    } else if (key == "gradient_by_step_of_use") {
      compare.check(key, exact.by_use, value);
    } else if (key == "gradient_by_step_of_loss") {
      compare.check(key, by_loss.by_step, value);
    } else if (key == "truncated") {
      for (const auto& [horizon, cut] : value.items()) {
        const auto found = backpropagate(network, course, {.horizon = std::stoul(horizon)}).gradient.th;
        compare.check("truncated." + horizon, found, cut.at("th"));
        if (cut.contains("angle_deg_to_full")) {
          compare.check_angle("truncated." + horizon + ".angle", angle(found, exact.gradient.th),
                              cut.at("angle_deg_to_full").get<double>());
        }
      }
    } else if (key == "rules") {
      const auto B = inputs.contains("B") ? read_matrix<double>(inputs.at("B")) : transposed(network.V);
      compare_traces(compare, network, course, B, exact.gradient.th, value);
    } else if (key == "uoro") {
      compare_unbiased(compare, network, course, inputs.at("nu"), value);
    } else if (key == "kf_rtrl") {
      compare_kronecker(compare, network, course, inputs.at("kf_signs"), value);
    } else {
      compare.mention("'" + key + "' is not compared");
    }
  }
  return compare.verdict();
}

Verdict replay_reward(const json& file) {
  Compare compare(file);
  const json &config = file.at("config"), &inputs = file.at("inputs"), &expected = file.at("expected");
  Network network;
  network.leak = Leak::potential;
  network.k = config.at("k").get<double>();
  network.th = joined(inputs.at("J"), inputs.at("U"), nullptr);
  const std::size_t n = network.units(), output = config.at("output").get<std::size_t>();
  network.V = Matrix<double>(1, n);
  network.V(0, output) = 1;
  network.c = {0};
  for (const auto& [unit, state] : config.at("fixed").items())
    network.held.push_back({std::stoul(unit), state.get<double>()});
  network.validate();

  const double target = inputs.at("target").get<double>();
  const auto scored = config.at("scored_steps").get<std::size_t>();
  Trial trial;
  trial.inputs = read_matrix<double>(inputs.at("x"));
  trial.targets = Matrix<double>(trial.steps(), 1, target);
  trial.mask.assign(trial.steps(), 0.0);
  std::fill(trial.mask.end() - static_cast<std::ptrdiff_t>(scored), trial.mask.end(), 1.0);
  trial.start = vector_of(inputs.at("x0"));
  for (const HeldUnit& h : network.held) trial.start[h.unit] = h.state;
  trial.push = read_matrix<double>(inputs.at("xi"));

  RewardOptions options;
  options.mean_kept = config.at("alpha_x").get<double>();
  options.first = config.at("first_step").get<std::size_t>();
  options.eta = config.at("eta").get<double>();
  options.limit = config.at("clip").get<double>();
  options.error_kept = config.at("mean_error_decay").get<double>();

  const std::vector<Step> course = run(network, trial);
  std::vector<Vector> x, r, mean;
  for (const Step& s : course) {
    x.push_back(s.state);
    r.push_back(s.shown);
  }
  const RewardEligibility e = gather_eligibility(network, trial, course, options,
                                                 [&](std::size_t, const Vector& m) { mean.push_back(m); });
  compare.check("x", x, expected.at("x"));
  compare.check("r", r, expected.at("r"));
  compare.check("x_bar", mean, expected.at("x_bar"));
  compare.check("eligibility", e.cubed, expected.at("eligibility"));
  compare.check("eligibility_node_perturbation", e.perturbation,
                expected.at("eligibility_node_perturbation"));
  const double error = mean_absolute_error(course, output, target, scored);
  const double mean_error = inputs.at("mean_error").get<double>();
  compare.check("error", error, expected.at("error"));
  compare.check("dJ", reward_change(e.cubed, error, mean_error, options), expected.at("dJ"));
  compare.check("mean_error_after", next_mean_error(mean_error, error, options),
                expected.at("mean_error_after"));
  options.mean_factor = false;
  compare.check("dJ_without_mean_factor", reward_change(e.cubed, error, mean_error, options),
                expected.at("dJ_without_mean_factor"));

  trial.push = {};
  const auto exact = backpropagate(network, run(network, trial)).gradient.th;
  Matrix<double> J(n, n);
  for (std::size_t i = 0; i < n; ++i) std::copy_n(exact.row(i).begin(), n, J.row(i).begin());
  compare.check("exact_gradient", J, expected.at("exact_gradient"));
  return compare.verdict();
}

namespace {

double angle_of_recurrent_and_input(const SpikingGradient& a, const SpikingGradient& b) {
  const auto flat = [](const SpikingGradient& g) {
    Vector v(g.W.flat().begin(), g.W.flat().end());
    v.insert(v.end(), g.U.flat().begin(), g.U.flat().end());
    return v;
  };
  const Vector x = flat(a), y = flat(b);
  return layered::angle_degrees(std::span<const double>(x), std::span<const double>(y));
}

void compare_gradient(Compare& compare, const std::string& name, const SpikingGradient& g,
                      const json& expected) {
  compare.check(name + ".W", g.W, expected.at("W"));
  compare.check(name + ".U", g.U, expected.at("U"));
  if (expected.contains("V")) compare.check(name + ".V", g.V, expected.at("V"));
}

void compare_adaptive(Compare& compare, SpikingNetwork network, const SpikingTrial& trial, Matrix<double> B,
                      const json& config, const json& expected) {
  const auto distance = [&] {
    double sum = 0;
    for (std::size_t j = 0; j < B.rows(); ++j) {
      for (std::size_t k = 0; k < B.cols(); ++k)
        sum += (B(j, k) - network.V(k, j)) * (B(j, k) - network.V(k, j));
    }
    return std::sqrt(sum);
  };
  Vector distances{distance()};
  for (const json& after : expected.at("after_update")) {
    const auto course = run(network, trial);
    const auto credit = eligibility_propagation(network, trial, course, &B);
    apply_with_adaptive_feedback(network, B, credit.gradient, config.at("adaptive_eta").get<double>(),
                                 config.at("adaptive_decay").get<double>());
    compare.check("adaptive.W", network.W, after.at("W"));
    compare.check("adaptive.U", network.U, after.at("U"));
    compare.check("adaptive.V", network.V, after.at("V"));
    compare.check("adaptive.B", B, after.at("B"));
    distances.push_back(distance());
  }
  compare.check("adaptive.distance_B_to_VT", distances, expected.at("distance_B_to_VT"));
}

}  // namespace

Verdict replay_spiking_recurrent(const json& file) {
  Compare compare(file);
  const json &config = file.at("config"), &inputs = file.at("inputs"), &expected = file.at("expected");
  SpikingNetwork network;
  network.alpha = config.at("alpha").get<double>();
  network.rho = config.at("rho").get<double>();
  network.kappa = config.at("kappa").get<double>();
  network.v_th = config.at("v_th").get<double>();
  network.gamma = config.at("gamma").get<double>();
  network.n_ref = config.at("n_ref").get<int>();
  network.c_in = config.at("c_in").get<double>();
  network.c_out = config.at("c_out").get<double>();
  network.loss = loss_of(config);
  network.W = read_matrix<double>(inputs.at("W"));
  network.U = read_matrix<double>(inputs.at("U"));
  network.V = read_matrix<double>(inputs.at("V"));
  network.beta = vector_of(inputs.at("beta"));
  network.validate();
  SpikingTrial trial;
  trial.inputs = read_matrix<double>(inputs.at("x"));
  trial.targets = targets_of(inputs.at("targets"), network.loss, network.outputs());
  trial.mask = vector_of(inputs.at("mask"));
  const auto B = read_matrix<double>(inputs.at("B"));

  const std::vector<SpikingStep> course = run(network, trial);
  const auto of_steps = [&](auto member) {
    std::vector<Vector> rows;
    rows.reserve(course.size());
    for (const SpikingStep& s : course) rows.emplace_back((s.*member).begin(), (s.*member).end());
    return rows;
  };
  double loss = 0;
  for (const SpikingStep& s : course) loss += s.loss;

  const json& traces = expected.at("eprop");
  std::vector<Matrix<double>> by_step_U;
  std::vector<Vector> signals;
  const auto watch = [&](std::size_t t, const EligibilityTraces& e) {
    Matrix<double> now(e.input.rows(), e.input.cols());
    for (std::size_t j = 0; j < now.rows(); ++j) add_scaled(now.row(j), e.signal[j], e.filtered_input.row(j));
    by_step_U.push_back(std::move(now));
    signals.push_back(e.signal);
    const auto check = [&](const char* name, const Matrix<double>& m) {
      const std::string step = std::to_string(t);
      if (traces.contains(name) && traces.at(name).contains(step))
        compare.check(name, m, traces.at(name).at(step));
    };
    check("e_W", e.recurrent);
    check("e_U", e.input);
    check("epsilon_a_W", e.adaptation);
  };
  const auto symmetric =
      eligibility_propagation(network, trial, course, nullptr, config.value("f_target", 0.0), watch);
  const auto random = eligibility_propagation(network, trial, course, &B);
  const auto yardstick = surrogate_gradient(network, trial, course);

  for (const auto& [key, value] : expected.items()) {
    if (key == "z") {
      compare.check(key, of_steps(&SpikingStep::z), value);
    } else if (key == "v") {
      compare.check(key, of_steps(&SpikingStep::v), value);
    } else if (key == "a") {
      compare.check(key, of_steps(&SpikingStep::a), value);
    } else if (key == "psi") {
      compare.check(key, of_steps(&SpikingStep::psi), value);
    } else if (key == "y") {
      compare.check(key, of_steps(&SpikingStep::y), value);
    } else if (key == "refractory") {
      compare.check(key, of_steps(&SpikingStep::refractory), value);
    } else if (key == "error") {
      compare.check(key, of_steps(&SpikingStep::error), value);
    } else if (key == "loss") {
      compare.check(key, loss, value);
    } else if (key == "surrogate_gradient") {
      compare_gradient(compare, key, yardstick, value);
    } else if (key == "surrogate_gradient_reset_cut") {
      compare_gradient(compare, key,
                       surrogate_gradient(network, trial, course, SurrogatePaths::without_reset), value);
    } else if (key == "angle_deg_symmetric") {
      compare.check_angle(key, angle_of_recurrent_and_input(symmetric.gradient, yardstick),
                          value.get<double>());
    } else if (key == "angle_deg_random") {
      compare.check_angle(key, angle_of_recurrent_and_input(random.gradient, yardstick), value.get<double>());
    } else if (key == "adaptive") {
      compare_adaptive(compare, network, trial, B, config, value);
    } else if (key != "eprop") {
      compare.mention("'" + key + "' is not compared");
    }
  }
  for (const auto& [key, value] : traces.items()) {
    if (key == "symmetric") {
      compare_gradient(compare, "eprop.symmetric", symmetric.gradient, value);
      compare_gradient(compare, "eprop.symmetric, cut reverse mode",
                       surrogate_gradient(network, trial, course, SurrogatePaths::adaptation), value);
    } else if (key == "random") {
      compare_gradient(compare, "eprop.random", random.gradient, value);
    } else if (key == "learning_signal_symmetric") {
      compare.check(key, signals, value);
    } else if (key == "by_step_U") {
      compare.check(key, by_step_U, value);
    } else if (key == "regularisation") {
      const double c = config.at("c_reg").get<double>();
      Matrix<double> W = symmetric.regularisation.W, U = symmetric.regularisation.U;
      for (double& w : W.flat()) w *= c;
      for (double& u : U.flat()) u *= c;
      compare.check(key + ".W", W, value.at("W"));
      compare.check(key + ".U", U, value.at("U"));
    } else if (key == "average_rate") {
      compare.check(key, symmetric.average_rate, value);
    } else if (key != "e_W" && key != "e_U" && key != "epsilon_a_W") {
      compare.mention("'eprop." + key + "' is not compared");
    }
  }
  return compare.verdict();
}

}  // namespace apical::golden
