// SPDX-License-Identifier: Apache-2.0
// tp_*, tp_limits_*
#include "apical/rules.h"
#include "golden/ngrad_case.h"
#include "golden/ngrad_solve.h"

namespace apical::golden {
namespace {

using namespace layered;

/// dh_L/dh_l of every sample (n_L x n_l) at hidden layer index l.
template <class T>
std::vector<Matrix<double>> jacobians(const Network<T>& net, const LayerRows<T>& h, std::size_t l) {
  const std::size_t outputs = net.description.outputs(), rows = h[0].rows(),
                    width = net.description.layers[l].size;
  std::vector<Matrix<double>> J(rows, Matrix<double>(outputs, width));
  LayerRows<T> delta;
  resize(delta, net.description, rows);
  Matrix<T> row(rows, width);
  const Activation f = net.description.output_activation();
  for (std::size_t k = 0; k < outputs; ++k) {
    const auto top = delta.back().view();
    for (std::size_t n = 0; n < rows; ++n) {
      for (std::size_t i = 0; i < outputs; ++i) {
        const T hk = h.back().view()(n, k), hi = h.back().view()(n, i);
        top(n, i) =
            f.kind == Activation::softmax ? hk * ((i == k ? T(1) : T(0)) - hi) : (i == k ? T(1) : T(0));
      }
    }
    if (f.kind != Activation::softmax) times_derivative<T>(Workers(), f, h.back().view(), top);
    carry_back<T>(Workers(), net.description, h, delta,
                  [&](std::size_t m) { return net.parameters.W[m].view(); });
    project_back<T>(Workers(), kAllToAll, delta[l + 1].view(), net.parameters.W[l + 1].view(), row.view());
    for (std::size_t n = 0; n < rows; ++n) {
      for (std::size_t i = 0; i < width; ++i) J[n](k, i) = row(n, i);
    }
  }
  return J;
}

/// The number behind `name=` in a text such as "..., batch mean, s=1e-3".
double number_in_text(const std::string& text, const std::string& name) {
  const auto at = text.rfind(name + "=");
  if (at == std::string::npos) throw DataError("no '" + name + "=' in '" + text + "'");
  return std::stod(text.substr(at + name.size() + 1));
}

template <class T>
void replay_rules(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected"), &config = file.at("config");
  const Network<T> net = read_network<T>(file);
  const Matrix<T> x = read_matrix<T>(inputs.at("x")), y = read_matrix<T>(inputs.at("y"));
  const Batch<T> batch{x.view(), y.view()};
  InverseMaps<T> maps{read_matrices<T>(inputs.at("V")), {}};
  for (const json& c : inputs.at("c")) maps.c.push_back(read_vector<T>(c));
  const auto Q = read_matrices<T>(inputs.at("Q"));
  auto credit = Credit<T>::zeros(net.description), reference = credit;
  TargetOptions options{.step = config.at("step").get<double>(), .divide_by_step = false};

  options.form = TargetForm::plain;
  TargetPropagation<T> plain(net.description, options, maps, 0);
  plain.credit(Workers(), net, batch, credit, 0);
  compare.check_each("h", plain.activities(), expected.at("h"));
  compare.check_each("target_tp", plain.targets(), expected.at("target_tp"));
  compare.check_each("grad_W_tp", credit.dW, expected.at("grad_W_tp"), -1);

  options.form = TargetForm::difference;
  TargetPropagation<T> difference(net.description, options, maps, 0);
  difference.credit(Workers(), net, batch, credit, 0);
  compare.check_each("target_dtp", difference.targets(), expected.at("target_dtp"));
  compare.check_each("grad_W_dtp", credit.dW, expected.at("grad_W_dtp"), -1);
  compare.check_each("grad_b_dtp", credit.db, expected.at("grad_b_dtp"), -1);
  Backpropagation<T>().credit(Workers(), net, batch, reference, 0);
  for (std::size_t l = 0; l < credit.dW.size(); ++l) {
    compare.check_angle("angle_dtp_to_bp_deg", angle_degrees<T>(credit.dW[l].flat(), reference.dW[l].flat()),
                        expected.at("angle_dtp_to_bp_deg").at(l).get<double>());
  }
  options.first = FirstTarget::penultimate;
  TargetPropagation<T> penultimate(net.description, options, maps, 0);
  penultimate.credit(Workers(), net, batch, credit, 0);
  for (std::size_t l = 0; l + 1 < net.description.depth(); ++l) {
    compare.check("target_dtp_penultimate_first", penultimate.targets()[l],
                  expected.at("target_dtp_penultimate_first").at(l));
  }
  options.first = FirstTarget::output;
  options.form = TargetForm::direct_linear;
  TargetPropagation<T> direct(net.description, options, Q, 0);
  direct.credit(Workers(), net, batch, credit, 0);
  compare.check_each("target_ddtp_linear", direct.targets(), expected.at("target_ddtp_linear"));
  compare.check_each("grad_W_ddtp", credit.dW, expected.at("grad_W_ddtp"), -1);

  const auto noise = read_matrices<T>(inputs.at("noise_inverse"));
  Rows<T> noisy, above, back;
  for (std::size_t l = 0; l < maps.V.size(); ++l) {
    Matrix<T> dV = maps.V[l];
    AlignedBuffer<T> dc = maps.c[l];
    const double loss = inverse_credit<T>(Workers(), net, l, plain.activities()[l].view(), noise[l].view(),
                                          maps, noisy, above, back, dV, std::span<T>(dc));
    compare.check("inverse_loss", loss, expected.at("inverse_loss").at(l));
    compare.check("grad_V", dV, expected.at("grad_V").at(l), -1);
    compare.check("grad_c", dc, expected.at("grad_c").at(l), -1);
  }
  const Matrix<T> z1 = read_matrix<T>(inputs.at("drl_z1")), z2 = read_matrix<T>(inputs.at("drl_z2"));
  const double lambda = config.at("lambda_drl").get<double>();
  Matrix<T> dQ = Q[0];
  LayerRows<T> layers;
  reconstruction_credit<T>(Workers(), net, 0, plain.activities(), z1.view(), z2.view(),
                           number_in_text(config.at("drl").get<std::string>(), "s"), lambda, Q[0], layers,
                           noisy, dQ);
  compare.check("grad_Q_layer1", dQ, expected.at("grad_Q_layer1"), -1, 1e-3);
  const auto J = jacobians<T>(net, plain.activities(), 0);
  for (std::size_t n = 0; n < J.size(); ++n) {
    Matrix<double> square = product(J[n], transposed(J[n]));
    for (std::size_t k = 0; k < square.rows(); ++k) square(k, k) += lambda;
    compare.check("optimal_Q_layer1_per_sample", transposed(solve(square, J[n])),
                  expected.at("optimal_Q_layer1_per_sample").at(n));
  }
}

template <class T>
void replay_limits(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &config = file.at("config");
  const Matrix<T> x = read_matrix<T>(inputs.at("x")), y = read_matrix<T>(inputs.at("y"));
  const Batch<T> batch{x.view(), y.view()};
  {
    // A linear net whose feedback is the transpose: DTP is backpropagation times the step.
    const json& expected = file.at("expected").at("part1");
    const Network<T> net = read_network<T>(inputs, Activation::linear, Activation::linear, Loss::mse);
    InverseMaps<T> maps;
    for (std::size_t l = 1; l < net.parameters.W.size(); ++l) {
      maps.V.push_back(transposed(net.parameters.W[l]));
      maps.c.emplace_back(maps.V.back().rows(), T(0));
    }
    auto credit = Credit<T>::zeros(net.description);
    TargetPropagation<T> rule(
        net.description, {.step = config.at("step_part1").get<double>(), .divide_by_step = false}, maps, 0);
    rule.credit(Workers(), net, batch, credit, 0);
    compare.check_each("part1 targets", rule.targets(), expected.at("targets"));
    compare.check_each("part1 grad_W", credit.dW, expected.at("grad_W"), -1);
    Backpropagation<T>().credit(Workers(), net, batch, credit, 0);
    compare.check_each("part1 bp_grad_W", credit.dW, expected.at("bp_grad_W"), -1);
  }
  // Exact inverses: g_l(v) = W_{l+1}^-1 (f^-1(v) - b_{l+1}); the displacement is that of Gauss-Newton.
  const json& expected = file.at("expected").at("part2");
  const Activation leaky(Activation::leaky_relu, 0.1);
  const Network<T> net = read_network<T>(inputs, leaky, Activation::linear, Loss::mse);
  const std::size_t depth = net.description.depth();
  const double step = config.at("step_part2").get<double>();
  const auto exact_inverse = [&](std::size_t l, MatrixView<const T> above, MatrixView<T> below) {
    Matrix<double> drive(above.cols(), above.rows());
    for (std::size_t n = 0; n < above.rows(); ++n) {
      for (std::size_t i = 0; i < above.cols(); ++i) {
        const double v = above(n, i);
        const bool top = l + 2 == depth;
        drive(i, n) = (top || v > 0 ? v : v / leaky.leak) - static_cast<double>(net.parameters.b[l + 1][i]);
      }
    }
    const Matrix<double> result = solve(widened(net.parameters.W[l + 1]), drive);
    for (std::size_t n = 0; n < below.rows(); ++n) {
      for (std::size_t i = 0; i < below.cols(); ++i) below(n, i) = static_cast<T>(result(i, n));
    }
  };
  Activity<T> activity;
  forward<T>(Workers(), net, x.view(), activity);
  compare.check_each("part2 h", activity.h, expected.at("h"));
  LayerRows<T> targets;
  Rows<T> scratch;
  resize(targets, net.description, x.rows());
  for (const bool difference : {false, true}) {
    output_target<T>(Workers(), activity.h.back().view(), y.view(), step, targets.back().view());
    send_targets_down<T>(Workers(), activity.h, depth - 1, difference, targets, scratch, exact_inverse);
    compare.check_each("part2 targets", targets, expected.at(difference ? "target_dtp" : "target_tp"));
  }
  for (std::size_t l = 0; l + 1 < depth; ++l) {
    const auto J = jacobians<T>(net, activity.h, l);
    for (std::size_t n = 0; n < J.size(); ++n) {
      Matrix<double> error(net.description.outputs(), 1);
      for (std::size_t k = 0; k < error.rows(); ++k) {
        error(k, 0) =
            -step * (static_cast<double>(activity.h.back().view()(n, k)) - static_cast<double>(y(n, k)));
      }
      compare.check("gauss_newton_displacement", solve(J[n], error),
                    expected.at("gauss_newton_displacement").at(l).at(n));
    }
  }
}

}  // namespace

template <class T>
void replay_target_propagation(const std::string& prefix, const json& file, CaseComparison<T>& compare) {
  if (prefix == "tp_limits") return replay_limits(file, compare);
  replay_rules(file, compare);
}

template void replay_target_propagation<float>(const std::string&, const json&, CaseComparison<float>&);
template void replay_target_propagation<double>(const std::string&, const json&, CaseComparison<double>&);

}  // namespace apical::golden
