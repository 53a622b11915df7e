// SPDX-License-Identifier: Apache-2.0
// oja_*, np_*, segregated_*, kk2001_*
#include "apical/rules.h"
#include "golden/ngrad_case.h"
#include "golden/ngrad_solve.h"

namespace apical::golden {
namespace {

using namespace layered;

/// Leading eigenvectors of a symmetric matrix as rows, by orthogonal iteration in double.
Matrix<double> leading_eigenvectors(const Matrix<double>& C, std::size_t count) {
  Matrix<double> E(count, C.cols());
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t c = 0; c < C.cols(); ++c)
      E(k, c) = 1.0 / static_cast<double>(1 + c + k * k) - (k == c ? 1.0 : 0.0);
  }
  for (int round = 0; round < 20000; ++round) {
    E = product(E, C);
    for (std::size_t k = 0; k < count; ++k) {
      for (std::size_t q = 0; q < k; ++q) {
        double dot = 0;
        for (std::size_t c = 0; c < C.cols(); ++c) dot += E(k, c) * E(q, c);
        for (std::size_t c = 0; c < C.cols(); ++c) E(k, c) -= dot * E(q, c);
      }
      double norm = 0;
      for (const double x : E.row(k)) norm += x * x;
      for (double& x : E.row(k)) x /= std::sqrt(norm);
    }
  }
  return E;
}

template <class T>
void replay_hebbian(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected"), &config = file.at("config");
  const Matrix<T> X = read_matrix<T>(inputs.at("X")), M = read_matrix<T>(inputs.at("M"));
  const Matrix<T> w = read_matrix<T>(json::array({inputs.at("w")}));
  const T eta = static_cast<T>(config.at("eta").get<double>());
  const auto run = [&](HebbianForm form, Matrix<T> W, std::size_t steps) {
    Matrix<T> y(1, W.rows()), dW(W.rows(), W.cols());
    Rows<T> lateral;
    for (std::size_t k = 0; k < steps; ++k) {
      const MatrixView<const T> x(X.row(k % X.rows()).data(), 1, X.cols());
      gemm<T>(Workers(), Op::none, Op::transpose, 1, x, W.view(), 0, y.view());
      hebbian_change<T>(Workers(), form, W.view(), y.view(), x, lateral, dW.view());
      for (std::size_t i = 0; i < W.size(); ++i) W.flat()[i] += eta * dW.flat()[i];
    }
    return W;
  };
  const auto steps = config.at("steps").get<std::size_t>();
  const json& first = expected.at("after_1");
  compare.check("oja after 1", run(HebbianForm::oja, w, 1), first.at("oja"));
  compare.check("subspace after 1", run(HebbianForm::subspace, M, 1), first.at("subspace"));
  compare.check("gha after 1", run(HebbianForm::gha, M, 1), first.at("gha"));
  compare.check("hebb_after_5", run(HebbianForm::hebb, M, 5), expected.at("hebb_after_5"));
  compare.check("oja", run(HebbianForm::oja, w, steps), expected.at("oja"));
  compare.check("subspace", run(HebbianForm::subspace, M, steps), expected.at("subspace"));
  compare.check("gha", run(HebbianForm::gha, M, steps), expected.at("gha"));

  Matrix<double> C = product(transposed(widened(X)), widened(X));
  for (double& x : C.flat()) x /= static_cast<double>(X.rows());
  compare.check("data_covariance", C, expected.at("data_covariance"));
  const Matrix<double> E = leading_eigenvectors(C, 2);
  double sign = 0;
  for (std::size_t c = 0; c < E.cols(); ++c)
    sign += E(0, c) * expected.at("first_eigenvector").at(c).template get<double>();
  compare.check("first_eigenvector", std::vector<double>(E.row(0).begin(), E.row(0).end()),
                expected.at("first_eigenvector"), sign > 0 ? 1 : -1);
  compare.check("projector_top2", product(transposed(E), E), expected.at("projector_top2"));
}

template <class T>
void replay_perturbation(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected"), &config = file.at("config");
  const Network<T> net = read_network<T>(file);
  const Matrix<T> x = read_matrix<T>(inputs.at("x")), y = read_matrix<T>(inputs.at("y"));
  const double sigma = config.at("sigma").get<double>(), s = config.at("sweep_sigma").get<double>();
  const std::size_t rows = x.rows();
  LayerRows<T> xi, scaled;
  resize(xi, net.description, rows);
  const auto noise = read_matrices<T>(inputs.at("xi"));
  for (std::size_t l = 0; l < xi.size(); ++l) copy<T>(noise[l].view(), xi[l].view());

  Activity<T> clean, noisy;
  std::vector<double> loss_clean(rows), loss_noisy(rows), reward(rows);
  forward<T>(Workers(), net, x.view(), clean);
  noisy_forward<T>(Workers(), net, x.view(), xi, sigma, noisy);
  sample_losses<T>(net.description, clean, y.view(), loss_clean);
  sample_losses<T>(net.description, noisy, y.view(), loss_noisy);
  for (std::size_t n = 0; n < rows; ++n) reward[n] = -(loss_noisy[n] - loss_clean[n]);
  compare.check("loss_clean", loss_clean, expected.at("loss_clean"));
  compare.check("loss_noisy", loss_noisy, expected.at("loss_noisy"));
  compare.check("reward", reward, expected.at("reward"));
  compare.check_each("a_noisy", noisy.a, expected.at("a_noisy"));
  compare.check_each("h_noisy", noisy.h, expected.at("h_noisy"));
  auto credit = Credit<T>::zeros(net.description);
  reward_credit<T>(Workers(), net.description, x.view(), xi, noisy.h, reward, sigma, scaled, credit);
  compare.check_each("grad_est_reinforce", credit.dW, expected.at("grad_est_reinforce"), -1);
  reward_credit<T>(Workers(), net.description, x.view(), xi, clean.h, reward, sigma, scaled, credit);
  compare.check_each("grad_est_node_perturbation", credit.dW, expected.at("grad_est_node_perturbation"), -1);

  Backpropagation<T> backpropagation;
  backpropagation.credit(Workers(), net, {x.view(), y.view()}, credit, 0);
  compare.check_each("bp_delta", backpropagation.delta(), expected.at("bp_delta"));
  compare.check_each("bp_grad_W", credit.dW, expected.at("bp_grad_W"), -1);

  // One unit at a time.
  for (std::size_t l = 0; l < xi.size(); ++l) {
    Matrix<double> delta(rows, xi[l].cols());
    for (std::size_t i = 0; i < xi[l].cols(); ++i) {
      for (Rows<T>& layer : xi) fill(layer.view(), 0);
      for (std::size_t n = 0; n < rows; ++n) xi[l].view()(n, i) = 1;
      noisy_forward<T>(Workers(), net, x.view(), xi, s, noisy);
      sample_losses<T>(net.description, noisy, y.view(), loss_noisy);
      noisy_forward<T>(Workers(), net, x.view(), xi, -s, noisy);
      sample_losses<T>(net.description, noisy, y.view(), loss_clean);
      for (std::size_t n = 0; n < rows; ++n) delta(n, i) = (loss_noisy[n] - loss_clean[n]) / (2 * s);
    }
    compare.check("delta_from_basis_sweep", delta, expected.at("delta_from_basis_sweep").at(l), 1, 5e-3);
  }
}

template <class T>
void replay_segregated(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected"), &config = file.at("config");
  const auto number = [&](const char* key) { return config.at(key).get<double>(); };
  if (number("g_A") != 0) throw DataError("the steady state is defined for g_A = 0 only");
  Network<T> net;
  net.parameters.W = {read_matrix<T>(inputs.at("W0")), read_matrix<T>(inputs.at("W1"))};
  net.parameters.b = {read_vector<T>(inputs.at("b0")), read_vector<T>(inputs.at("b1"))};
  const Matrix<T> x = read_matrix<T>(inputs.at("x")), y = read_matrix<T>(inputs.at("y"));
  net.description = dense_network({x.cols(), net.parameters.W[0].rows(), net.parameters.W[1].rows()},
                                  Activation::sigmoid, Activation::sigmoid, Loss::mse);
  SegregatedDendrites<T> rule(net.description,
                              {.phi_max = number("phi_max"),
                               .g_B = number("g_B"),
                               .g_L = number("g_L"),
                               .g_D = number("g_D"),
                               .E_E = number("E_E"),
                               .E_I = number("E_I"),
                               .P_hidden = number("P_hidden"),
                               .P_out = number("P_out")},
                              {transposed(read_matrix<T>(inputs.at("Y")))});
  auto credit = Credit<T>::zeros(net.description);
  rule.credit(Workers(), net, {x.view(), y.view()}, credit, 0);
  compare.check("V0", rule.potential()[0], expected.at("V0"));
  compare.check("r0", rule.rate()[0], expected.at("r0"));
  compare.check("U1", rule.output_drive(), expected.at("U1"));
  compare.check("V1_forward", rule.potential()[1], expected.at("V1_forward"));
  compare.check("r1_forward", rule.rate()[1], expected.at("r1_forward"));
  compare.check("V1_target", rule.target_potential(), expected.at("V1_target"));
  compare.check("r1_target", rule.target_rate(), expected.at("r1_target"));
  compare.check("alpha_f", rule.plateau_forward()[0], expected.at("alpha_f"));
  compare.check("alpha_t", rule.plateau_target()[0], expected.at("alpha_t"));
  compare.check("dW0", credit.dW[0], expected.at("dW0"));
  compare.check("dW1", credit.dW[1], expected.at("dW1"));
  compare.check("db0", credit.db[0], expected.at("db0"));
  compare.check("db1", credit.db[1], expected.at("db1"));
}

template <class T>
void replay_two_site(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected");
  const Network<T> net = read_network<T>(inputs, Activation::sigmoid, Activation::sigmoid, Loss::mse);
  const Matrix<T> x = read_matrix<T>(inputs.at("x")), y = read_matrix<T>(inputs.at("y"));
  const FeedbackWeights<T> V{transposed(read_matrix<T>(inputs.at("V")))};
  auto credit = Credit<T>::zeros(net.description);
  TwoSite<T> rule(net.description, V);
  rule.credit(Workers(), net, {x.view(), y.view()}, credit, 0);
  compare.check_each("A", rule.activity().h, expected.at("A"));
  compare.check_each("D", rule.delta(), expected.at("D"), -1);
  compare.check_each("dW", credit.dW, expected.at("dW"));
  compare.check("dV", transposed(rule.apical_credit()[0]), expected.at("dV"));
  TwoSite<T> symmetric(net.description, {net.parameters.W[1]});
  symmetric.credit(Workers(), net, {x.view(), y.view()}, credit, 0);
  compare.check_each("D_with_symmetric_V", symmetric.delta(), expected.at("D_with_symmetric_V"), -1);
  for (const auto& [key, mixed] : expected.at("dW_mixed").items()) {
    TwoSite<T>(net.description, V, {.alpha = std::stod(key)})
        .credit(Workers(), net, {x.view(), y.view()}, credit, 0);
    compare.check_each("dW_mixed at " + key, credit.dW, mixed);
  }
}

}  // namespace

template <class T>
void replay_local_rules(const std::string& prefix, const json& file, CaseComparison<T>& compare) {
  if (prefix == "oja") return replay_hebbian(file, compare);
  if (prefix == "np") return replay_perturbation(file, compare);
  if (prefix == "segregated") return replay_segregated(file, compare);
  replay_two_site(file, compare);
}

template void replay_local_rules<float>(const std::string&, const json&, CaseComparison<float>&);
template void replay_local_rules<double>(const std::string&, const json&, CaseComparison<double>&);

}  // namespace apical::golden
