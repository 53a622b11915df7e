// SPDX-License-Identifier: Apache-2.0
// chl_*, recirculation_*, ep_*, ep_hardsigmoid_*
#include "apical/rules.h"
#include "golden/ngrad_case.h"

namespace apical::golden {
namespace {

using namespace layered;

/// To the resolution of T.
template <class T>
Settling to_the_end() {
  return {.max_steps = CaseComparison<T>::kSingle ? 3000 : 200000,
          .step = 0.5,
          .tolerance = CaseComparison<T>::kSingle ? 1e-9 : 1e-15};
}

template <class T>
void replay_contrastive(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected");
  const Activation f = activation_from_name(file.at("config").at("activation").get<std::string>());
  const Network<T> net = read_network<T>(inputs, f, f, Loss::mse);
  const Matrix<T> x = read_matrix<T>(inputs.at("x")), y = read_matrix<T>(inputs.at("y"));
  auto credit = Credit<T>::zeros(net.description), matching = credit;

  Activity<T> activity;
  LayerRows<T> delta;
  forward<T>(Workers(), net, x.view(), activity);
  resize(delta, net.description, x.rows());
  copy<T>(activity.h.back().view(), delta.back().view());
  combine<T>(Workers(), delta.back().view(), y.view(), [](T h, T target) { return h - target; });
  carry_back<T>(Workers(), net.description, activity.h, delta,
                [&](std::size_t l) { return net.parameters.W[l].view(); });
  correlate_layers<T>(Workers(), net.description, delta, x.view(), activity.h, -1, matching);
  compare.check_each("bp_matching_grad_W", matching.dW, expected.at("bp_matching_grad_W"), -1, 1e-3);

  for (const auto& [key, at_gain] : expected.at("by_gamma").items()) {
    const double gain = std::stod(key);
    ContrastiveOptions options{.feedback_gain = gain, .settling = to_the_end<T>()};
    ContrastiveHebbian<T> chl(net.description, options);
    chl.credit(Workers(), net, {x.view(), y.view()}, credit, 0);
    compare.check_each("minus at " + key, chl.minus_phase(), at_gain.at("minus"), 1, 1e-3);
    compare.check_each("plus at " + key, chl.plus_phase(), at_gain.at("plus"), 1, 1e-3);
    compare.check_double_only("relative_error_to_minus_bp", relative_error(credit.dW, matching.dW),
                              at_gain.at("relative_error_to_minus_bp"));
    const auto check_changes = [&](const std::string& name, const json& changes) {
      for (std::size_t l = 0; l < credit.dW.size(); ++l) {
        // Differences of nearly equal phases have no digits left in single precision below the top layer.
        if (CaseComparison<T>::kSingle && gain <= 0.01 && l + 1 < credit.dW.size()) continue;
        compare.check(name + " at gain " + std::to_string(gain), credit.dW[l], changes.at(l), 1, 1e-3);
      }
    };
    check_changes("dW_chl", at_gain.at("dW_chl"));
    options.form = ContrastiveForm::generec;
    options.depth_factor = false;
    ContrastiveHebbian<T>(net.description, options).credit(Workers(), net, {x.view(), y.view()}, credit, 0);
    check_changes("dW_generec", at_gain.at("dW_generec"));
  }
  if (CaseComparison<T>::kSingle)
    compare.mention("relative errors and lower layers at small gain need double precision");
}

template <class T>
void replay_recirculation(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected");
  const Activation f = activation_from_name(file.at("config").at("activation").get<std::string>());
  const Matrix<T> v0 = read_matrix<T>(inputs.at("v0"));
  Network<T> net;
  net.parameters.W = {read_matrix<T>(inputs.at("W")), read_matrix<T>(inputs.at("V"))};
  net.parameters.b = {read_vector<T>(inputs.at("bh")), read_vector<T>(inputs.at("bv"))};
  net.description = dense_network({v0.cols(), net.parameters.W[0].rows(), v0.cols()}, f, f, Loss::mse);
  auto credit = Credit<T>::zeros(net.description);
  for (const auto& [key, at] : expected.at("by_lambda").items()) {
    const double lambda = std::stod(key);
    Recirculation<T> rule(net.description, lambda);
    rule.credit(Workers(), net, {v0.view(), v0.view()}, credit, 0);
    compare.check("h1", rule.hidden_first(), at.at("h1"));
    compare.check("v2", rule.visible_second(), at.at("v2"));
    compare.check("h3", rule.hidden_third(), at.at("h3"));
    compare.check("dV at " + key, credit.dW[1], at.at("dV"), 1, lambda > 0.9 ? 1e-3 : 1e-4);
    if (!(CaseComparison<T>::kSingle && lambda > 0.9))
      compare.check("dW at " + key, credit.dW[0], at.at("dW"));
  }
  // With V = W^T the update of W, over (1-lambda)^2, tends to the gradient of the reconstruction error in h1.
  net.parameters.W[1] = transposed(net.parameters.W[0]);
  for (const auto& [key, value] : expected.at("symmetric_relative_error").items()) {
    const double lambda = std::stod(key);
    Recirculation<T> rule(net.description, lambda);
    rule.credit(Workers(), net, {v0.view(), v0.view()}, credit, 0);
    Matrix<T> residual(v0.rows(), v0.cols()), delta(v0.rows(), net.parameters.W[0].rows());
    copy<T>(v0.view(), residual.view());
    combine<T>(Workers(), residual.view(), rule.output(), [](T v, T r) { return v - r; });
    gemm<T>(Workers(), Op::none, Op::transpose, 1, residual.view(), net.parameters.W[0].view(), 0,
            delta.view());
    times_derivative<T>(Workers(), f, rule.hidden_first().view(), delta.view());
    Matrix<T> reference(net.parameters.W[0].rows(), net.parameters.W[0].cols());
    correlate<T>(Workers(), kAllToAll, delta.view(), v0.view(), 1, reference.view());
    Matrix<T> scaled = credit.dW[0];
    for (T& x : scaled.flat()) x /= static_cast<T>((1 - lambda) * (1 - lambda));
    compare.check_double_only("symmetric_relative_error", relative_error<T>({scaled}, {reference}), value);
  }
}

template <class T>
void replay_equilibrium(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected");
  const Activation f = activation_from_name(file.at("config").at("activation").get<std::string>());
  const Network<T> net = read_network<T>(inputs, f, f, Loss::mse);
  const Matrix<T> x = read_matrix<T>(inputs.at("x")), y = read_matrix<T>(inputs.at("y"));
  auto credit = Credit<T>::zeros(net.description), exact = credit;
  const Settling settling = to_the_end<T>();
  bool first = true;
  for (const auto& [key, at] : expected.at("by_beta").items()) {
    const double beta = std::stod(key), limit = beta <= 0.01 ? 5e-3 : 1e-3;
    EquilibriumOptions options{
        .nudging = Nudging::symmetric, .beta = beta, .free = settling, .nudged = settling};
    EquilibriumPropagation<T> rule(net.description, options);
    const double cost = rule.credit(Workers(), net, {x.view(), y.view()}, credit, 0);
    if (first) {
      compare.check_each("s_free", rule.free_phase(), expected.at("s_free"), 1, 1e-3);
      compare.check("cost_free", cost, expected.at("cost_free"), 1, 1e-3);
      equilibrium_credit<T>(Workers(), net, x.view(), y.view(), rule.free_phase(), settling, exact);
      compare.check_each("exact_grad_W", exact.dW, expected.at("exact_grad_W"), -1, 1e-3);
      compare.check_each("exact_grad_b", exact.db, expected.at("exact_grad_b"), -1, 1e-3);
      first = false;
    }
    compare.check_each("s_plus at " + key, rule.nudged_phase(), at.at("s_plus"), 1, 1e-3);
    compare.check_each("s_minus at " + key, rule.opposite_phase(), at.at("s_minus"), 1, 1e-3);
    compare.check_each("grad_symmetric at " + key, credit.dW, at.at("grad_symmetric"), -1, limit);
    compare.check_double_only("rel_err_symmetric at " + key, relative_error(credit.dW, exact.dW),
                              at.at("rel_err_symmetric"));
    options.nudging = Nudging::one_sided;
    EquilibriumPropagation<T>(net.description, options)
        .credit(Workers(), net, {x.view(), y.view()}, credit, 0);
    compare.check_each("grad_one_sided at " + key, credit.dW, at.at("grad_one_sided"), -1, limit);
    compare.check_double_only("rel_err_one_sided at " + key, relative_error(credit.dW, exact.dW),
                              at.at("rel_err_one_sided"));
    options.beta = -beta;
    EquilibriumPropagation<T>(net.description, options)
        .credit(Workers(), net, {x.view(), y.view()}, credit, 0);
    compare.check_each("grad_one_sided_negative_beta at " + key, credit.dW,
                       at.at("grad_one_sided_negative_beta"), -1, limit);
  }
}

template <class T>
void replay_clipped(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected"), &config = file.at("config");
  const Activation f = Activation::hard_sigmoid;
  const Network<T> net = read_network<T>(inputs, f, f, Loss::mse);
  const Matrix<T> x = read_matrix<T>(inputs.at("x")), y = read_matrix<T>(inputs.at("y"));
  const double beta = config.at("beta").get<double>();
  const int free_steps = config.at("T_free").get<int>(), nudged_steps = config.at("T_nudged").get<int>();
  Settling one{.dynamics = Dynamics::leaky_clipped, .max_steps = 1, .step = config.at("dt").get<double>()};

  SettlingNetwork<T> settling;
  LayerRows<T> s;
  settling.present(Workers(), net, x.view());
  settling.rest(s);
  for (int t = 0; t < free_steps + nudged_steps; ++t) {
    OutputCondition<T> output;
    if (t >= free_steps) output = {OutputCondition<T>::nudged, y.view(), beta};
    settling.settle(Workers(), net, 1, output, one, s);
    compare.check_each("trajectory[" + std::to_string(t) + "]", s,
                       expected.at("trajectory").at(static_cast<std::size_t>(t)), 1, 1e-3);
  }

  Settling free = one, nudged = one;
  free.max_steps = free_steps;
  nudged.max_steps = nudged_steps;
  auto credit = Credit<T>::zeros(net.description);
  EquilibriumOptions options{.nudging = Nudging::symmetric, .beta = beta, .free = free, .nudged = nudged};
  EquilibriumPropagation<T> rule(net.description, options);
  rule.credit(Workers(), net, {x.view(), y.view()}, credit, 0);
  compare.check_each("s_free", rule.free_phase(), expected.at("s_free"), 1, 1e-3);
  compare.check_each("s_plus", rule.nudged_phase(), expected.at("s_plus"), 1, 1e-3);
  compare.check_each("s_minus", rule.opposite_phase(), expected.at("s_minus"), 1, 1e-3);
  compare.check_each("dW_symmetric", credit.dW, expected.at("dW_symmetric"), 1, 1e-3);
  compare.check("energy_free_last", settling_energy<T>(net, x.view(), rule.free_phase()),
                expected.at("energy_free_last"), 1, 1e-3);
  options.nudging = Nudging::one_sided;
  EquilibriumPropagation<T>(net.description, options).credit(Workers(), net, {x.view(), y.view()}, credit, 0);
  compare.check_each("dW_one_sided", credit.dW, expected.at("dW_one_sided"), 1, 1e-3);
}

}  // namespace

template <class T>
void replay_settling_rules(const std::string& prefix, const json& file, CaseComparison<T>& compare) {
  if (prefix == "chl") return replay_contrastive(file, compare);
  if (prefix == "recirculation") return replay_recirculation(file, compare);
  if (prefix == "ep_hardsigmoid") return replay_clipped(file, compare);
  replay_equilibrium(file, compare);
}

template void replay_settling_rules<float>(const std::string&, const json&, CaseComparison<float>&);
template void replay_settling_rules<double>(const std::string&, const json&, CaseComparison<double>&);

}  // namespace apical::golden
