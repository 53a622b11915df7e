// SPDX-License-Identifier: Apache-2.0
// pc_*, pc_linear_*
#include "apical/rules.h"
#include "golden/ngrad_case.h"
#include "golden/ngrad_solve.h"

namespace apical::golden {
namespace {

using namespace layered;

template <class T>
void replay_nonlinear(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected"), &config = file.at("config");
  const Network<T> net = read_network<T>(file);
  const Matrix<T> x = read_matrix<T>(inputs.at("x")), y = read_matrix<T>(inputs.at("y"));
  const Batch<T> batch{x.view(), y.view()};
  auto credit = Credit<T>::zeros(net.description), reference = credit;
  Backpropagation<T>().credit(Workers(), net, batch, reference, 0);
  compare.check_each("bp_grad_W", reference.dW, expected.at("bp_grad_W"), -1, 1e-3);
  PredictiveOptions options{.gamma = config.at("gamma").get<double>(), .guard = false, .record_energy = true};
  options.prediction =
      config.at("variant").get<std::string>() == "A" ? Prediction::of_drive : Prediction::of_activity;
  const auto steps = [](const std::string& key) { return std::stoi(key.substr(1)); };
  const auto relative_to_bp = [&](const std::string& what, const json& value) {
    compare.check_double_only("rel_to_bp " + what, relative_error(credit.dW, reference.dW), value);
  };

  for (const auto& [key, at] : expected.at("strict").items()) {
    options.steps = steps(key);
    PredictiveCoding<T> rule(net.description, options);
    rule.credit(Workers(), net, batch, credit, 0);
    const Activity<T>& forward = rule.forward_pass();
    compare.check_each("forward", options.prediction == Prediction::of_drive ? forward.h : forward.a,
                       expected.at("forward"), 1, 1e-3);
    compare.check_each("strict v " + key, rule.values(), at.at("v"), 1, 1e-3);
    compare.check_each("strict eps " + key, rule.errors(), at.at("eps"), 1, 1e-3);
    compare.check_each("strict mu " + key, rule.predictions(), at.at("mu"), 1, 1e-3);
    compare.check("F_first", rule.energies().front(), at.at("F_first"), 1, 1e-3);
    compare.check("F_last " + key, rule.energies().back(), at.at("F_last"), 1, 1e-3);
    compare.check_each("strict grad_W " + key, credit.dW, at.at("grad_W"), -1, 1e-3);
    relative_to_bp("strict " + key, at.at("rel_to_bp"));
  }
  options.inference = Inference::fixed_prediction;
  for (const auto& [key, at] : expected.at("fixed_prediction").items()) {
    options.steps = steps(key);
    PredictiveCoding<T> rule(net.description, options);
    rule.credit(Workers(), net, batch, credit, 0);
    compare.check_each("fixed eps " + key, rule.errors(), at.at("eps"), 1, 1e-3);
    compare.check_each("fixed grad_W " + key, credit.dW, at.at("grad_W"), -1, 1e-3);
    relative_to_bp("fixed " + key, at.at("rel_to_bp"));
  }
  options.inference = Inference::zero_divergence;
  PredictiveCoding<T>(net.description, options).credit(Workers(), net, batch, credit, 0);
  compare.check_each("zil_grad_W", credit.dW, expected.at("zil_grad_W"), -1, 1e-3);

  options.inference = Inference::strict;
  options.steps = 3000;
  for (const auto& [key, at] : expected.at("low_output_precision").items()) {
    options.output_precision = std::stod(key);
    PredictiveCoding<T> rule(net.description, options);
    rule.credit(Workers(), net, batch, credit, 0);
    compare.check_each("low precision eps " + key, rule.errors(), at.at("eps"), 1, 1e-3);
    compare.check_each("grad_W_over_po " + key, credit.dW, at.at("grad_W_over_po"), -1, 1e-3);
    relative_to_bp("low precision " + key, at.at("rel_to_bp"));
  }
}

/// S = I + sum_{l=2..L} (W_L..W_l)(W_L..W_l)^T, eps_L = S^-1 (y - W_L..W_1 x), F = 1/2 mean r^T S^-1 r.
template <class T>
void replay_linear(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected"), &config = file.at("config");
  const Network<T> net = read_network<T>(inputs, Activation::linear, Activation::linear, Loss::mse);
  const Matrix<T> x = read_matrix<T>(inputs.at("x")), y = read_matrix<T>(inputs.at("y"));
  auto credit = Credit<T>::zeros(net.description);
  PredictiveCoding<T> rule(net.description, {.steps = config.at("steps").get<int>(),
                                             .gamma = config.at("gamma").get<double>(),
                                             .guard = false,
                                             .record_energy = true});
  rule.credit(Workers(), net, {x.view(), y.view()}, credit, 0);
  compare.check_each("eps", rule.errors(), expected.at("eps"), 1, 1e-3);
  compare.check_each("v", rule.values(), expected.at("v"), 1, 1e-3);
  compare.check("F_numeric", rule.energies().back(), expected.at("F_numeric"), 1, 1e-3);

  const std::size_t outputs = net.description.outputs();
  Matrix<double> S(outputs, outputs), down(outputs, outputs);
  for (std::size_t k = 0; k < outputs; ++k) S(k, k) = down(k, k) = 1;
  for (std::size_t l = net.description.depth(); l-- > 1;) {
    down = product(down, widened(net.parameters.W[l]));
    const Matrix<double> square = product(down, transposed(down));
    for (std::size_t i = 0; i < S.size(); ++i) S.flat()[i] += square.flat()[i];
  }
  down = product(down, widened(net.parameters.W[0]));
  Matrix<double> residual = product(widened(x), transposed(down));
  for (std::size_t i = 0; i < residual.size(); ++i) {
    residual.flat()[i] = static_cast<double>(y.flat()[i]) - residual.flat()[i];
  }
  const Matrix<double> eps = transposed(solve(S, transposed(residual)));
  double F = 0;
  for (std::size_t i = 0; i < eps.size(); ++i) F += 0.5 * residual.flat()[i] * eps.flat()[i];
  compare.check("S", S, expected.at("S"));
  compare.check("eps_L in closed form", eps, expected.at("eps_L"));
  compare.check("F in closed form", F / static_cast<double>(x.rows()), expected.at("F"));
  compare.check("eps_L by inference", rule.errors().back(), expected.at("eps_L"), 1, 1e-3);
}

}  // namespace

template <class T>
void replay_predictive_coding(const std::string& prefix, const json& file, CaseComparison<T>& compare) {
  if (prefix == "pc_linear") return replay_linear(file, compare);
  replay_nonlinear(file, compare);
}

template void replay_predictive_coding<float>(const std::string&, const json&, CaseComparison<float>&);
template void replay_predictive_coding<double>(const std::string&, const json&, CaseComparison<double>&);

}  // namespace apical::golden
