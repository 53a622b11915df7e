// SPDX-License-Identifier: Apache-2.0
// bp_*, fa_*, dfa_*, usf_*, frsf_*, kp_*, wm_*, fa_linear_curve_*
#include "apical/layered.h"
#include "apical/rules.h"
#include "golden/ngrad_case.h"

namespace apical::golden {
namespace {

using namespace layered;

template <class T>
void add(std::span<T> values, std::span<const T> credit, double eta, double decay) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = values[i] + static_cast<T>(eta) * credit[i] - static_cast<T>(decay) * values[i];
  }
}

/// Feedback matrices of a file are (receiver, sender), ours (sender, receiver).
template <class T>
FeedbackWeights<T> read_feedback(const json& j) {
  return transposed(read_matrices<T>(j));
}

template <class T>
std::unique_ptr<DeltaRule<T>> make_rule(const std::string& prefix, const json& file,
                                        const NetworkDescription& net) {
  const json& inputs = file.at("inputs");
  if (prefix == "bp") return std::make_unique<Backpropagation<T>>();
  if (prefix == "fa") {
    return std::make_unique<FeedbackAlignment<T>>(net, FeedbackPath::chained,
                                                  read_feedback<T>(inputs.at("B")));
  }
  if (prefix == "dfa") {
    return std::make_unique<FeedbackAlignment<T>>(net, FeedbackPath::direct,
                                                  read_feedback<T>(inputs.at("B")));
  }
  if (prefix == "frsf") {
    return std::make_unique<SignSymmetry<T>>(net, SignMagnitude::fixed_random,
                                             read_feedback<T>(inputs.at("magnitude")));
  }
  FeedbackWeights<T> magnitude = uniform_magnitude<T>(net);
  const json& scale = file.at("config").at("scale");
  for (std::size_t l = 0; l < magnitude.size(); ++l) {
    fill(magnitude[l].view(), static_cast<T>(scale.at(l).get<double>()));
  }
  return std::make_unique<SignSymmetry<T>>(net, SignMagnitude::uniform, std::move(magnitude));
}

template <class T>
void replay_one_step(const std::string& prefix, const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected");
  const Network<T> net = read_network<T>(file);
  const Matrix<T> x = read_matrix<T>(inputs.at("x")), y = read_matrix<T>(inputs.at("y"));
  const auto rule = make_rule<T>(prefix, file, net.description);
  auto credit = Credit<T>::zeros(net.description), reference = credit;
  const double loss = rule->credit(Workers(), net, {x.view(), y.view()}, credit, 0);
  compare.check_each("delta", rule->delta(), expected.at("delta"));
  compare.check_each("grad_W", credit.dW, expected.at("grad_W"), -1);
  compare.check_each("grad_b", credit.db, expected.at("grad_b"), -1);
  if (prefix == "bp") {
    compare.check_each("a", rule->activity().a, expected.at("a"));
    compare.check_each("h", rule->activity().h, expected.at("h"));
    compare.check("loss", loss, expected.at("loss"));
    return;
  }
  if (const auto* sign = dynamic_cast<SignSymmetry<T>*>(rule.get())) {
    compare.check_each("feedback_used", transposed(sign->feedback_weights()), expected.at("feedback_used"));
  } else if (prefix == "fa") {
    const auto& fa = dynamic_cast<FeedbackAlignment<T>&>(*rule);
    compare.check_each("feedback_used", transposed(fa.feedback_weights()), expected.at("feedback_used"));
  }
  Backpropagation<T>().credit(Workers(), net, {x.view(), y.view()}, reference, 0);
  LayeredAlignment monitor(credit.dW);
  monitor.sample(credit.dW, reference.dW);
  const std::vector<AreaAlignment> monitored = monitor.result();
  for (std::size_t l = 0; l < net.description.depth(); ++l) {
    // What reports show is the monitor's.
    compare.check_angle("angle_deg_to_bp_per_layer", monitored.at(l).mean_angle,
                        expected.at("angle_deg_to_bp_per_layer").at(l).get<double>());
  }
}

template <class T>
void replay_kolen_pollack(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected"), &config = file.at("config");
  Network<T> net = read_network<T>(file);
  const Matrix<T> x = read_matrix<T>(inputs.at("x")), y = read_matrix<T>(inputs.at("y"));
  KolenPollack<T> rule(net.description, read_feedback<T>(inputs.at("B")));
  auto credit = Credit<T>::zeros(net.description);
  const double eta = config.at("eta").get<double>(), decay = config.at("weight_decay").get<double>();
  std::vector<double> losses;
  for (int step = 1; step <= config.at("steps").get<int>(); ++step) {
    losses.push_back(rule.credit(Workers(), net, {x.view(), y.view()}, credit, 0));
    for (const auto& slot : rule.learned_feedback()) add<T>(slot.values, slot.credit, eta, decay);
    for (std::size_t l = 0; l < net.description.depth(); ++l) {
      add<T>(net.parameters.W[l].flat(), credit.dW[l].flat(), eta, decay);
      add<T>(net.parameters.b[l], credit.db[l], eta, 0);
    }
    const std::string key = std::to_string(step);
    if (!expected.at("snapshots").contains(key)) continue;
    const json& snapshot = expected.at("snapshots").at(key);
    compare.check_each("W after " + key, net.parameters.W, snapshot.at("W"));
    compare.check_each("b after " + key, net.parameters.b, snapshot.at("b"));
    compare.check_each("B after " + key, transposed(rule.feedback_weights()), snapshot.at("B"));
  }
  compare.check("loss_before_step", losses, expected.at("loss_before_step"));
}

template <class T>
void replay_weight_mirror(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected"), &config = file.at("config");
  const Matrix<T> W = read_matrix<T>(inputs.at("W")), xi = read_matrix<T>(inputs.at("xi"));
  const AlignedBuffer<T> b = read_vector<T>(inputs.at("b"));
  Matrix<T> Y = transposed(read_matrix<T>(inputs.at("B")));
  const Activation f = activation_from_name(config.at("f").get<std::string>());
  const double eta = config.at("eta").get<double>(), decay = config.at("decay").get<double>();
  const double sigma = config.at("sigma").get<double>();
  const double kept = std::pow(1 - decay, static_cast<double>(xi.rows()));
  Matrix<T> limit = Y;
  for (std::size_t i = 0; i < limit.size(); ++i) {
    limit.flat()[i] =
        static_cast<T>(kept * limit.flat()[i] + eta * sigma * sigma * (1 - kept) / decay * W.flat()[i]);
  }
  Rows<T> response;
  for (std::size_t k = 0; k < xi.rows(); ++k) {
    const MatrixView<const T> sample(xi.row(k).data(), 1, xi.cols());
    mirror<T>(Workers(), kAllToAll, W, b, f, sample, decay, eta, response, Y);
    compare.check_angle("angle_deg_to_WT", angle_degrees<T>(Y.flat(), W.flat()),
                        expected.at("angle_deg_to_WT").at(k).get<double>());
  }
  compare.check("B", transposed(Y), expected.at("B"));
  compare.check("expectation_if_linear", transposed(limit), expected.at("expectation_if_linear"));
}

template <class T>
void replay_linear_curve(const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected"), &config = file.at("config");
  Network<T> net = read_network<T>(inputs, Activation::linear, Activation::linear, Loss::mse);
  const Matrix<T> x = read_matrix<T>(inputs.at("X")), y = read_matrix<T>(inputs.at("Y"));
  const auto eta = config.at("eta").get<double>();
  const int steps = config.at("steps").get<int>();
  FeedbackAlignment<T> rule(net.description, FeedbackPath::chained,
                            {transposed(read_matrix<T>(inputs.at("B")))});
  auto credit = Credit<T>::zeros(net.description);
  Matrix<T> by_feedback(x.rows(), net.description.layers[0].size), by_transpose = by_feedback;
  std::vector<double> losses;
  std::size_t angles = 0;
  double angle = 0, loss = 0;
  for (int step = 0; step < steps; ++step) {
    loss = rule.credit(Workers(), net, {x.view(), y.view()}, credit, 0);
    if (step % 10 == 0 || step + 1 == steps) {
      const auto error = rule.delta().back().view();
      project_back<T>(Workers(), kAllToAll, error, rule.feedback_weights()[0].view(), by_feedback.view());
      project_back<T>(Workers(), kAllToAll, error, net.parameters.W[1].view(), by_transpose.view());
      angle = angle_degrees<T>(by_feedback.flat(), by_transpose.flat());
    }
    if (step % 10 == 0) {
      compare.check_angle("angle_deg_every_10", angle,
                          expected.at("angle_deg_every_10").at(angles++).get<double>());
      losses.push_back(loss);
    }
    for (std::size_t l = 0; l < net.description.depth(); ++l) {
      add<T>(net.parameters.W[l].flat(), credit.dW[l].flat(), eta, 0);
    }
    const std::string key = std::to_string(step + 1);
    if (expected.at("snapshots").contains(key)) {
      compare.check_each("W after " + key, net.parameters.W, expected.at("snapshots").at(key));
    }
  }
  compare.check("loss_every_10", losses, expected.at("loss_every_10"));
  compare.check_angle("angle_final", angle, expected.at("angle_final").get<double>());
  compare.check("loss_final", loss, expected.at("loss_final"), 1, 1e-3);
}

}  // namespace

template <class T>
void replay_delta_rules(const std::string& prefix, const json& file, CaseComparison<T>& compare) {
  if (prefix == "kp") return replay_kolen_pollack(file, compare);
  if (prefix == "wm") return replay_weight_mirror(file, compare);
  if (prefix == "fa_linear_curve") return replay_linear_curve(file, compare);
  replay_one_step(prefix, file, compare);
}

template void replay_delta_rules<float>(const std::string&, const json&, CaseComparison<float>&);
template void replay_delta_rules<double>(const std::string&, const json&, CaseComparison<double>&);

}  // namespace apical::golden
