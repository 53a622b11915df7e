// SPDX-License-Identifier: Apache-2.0
// ppo_*
#include "apical/rules.h"
#include "golden/ngrad_case.h"

namespace apical::golden {
namespace {

using namespace layered;

/// Credit of a delta at a linear output, through the same door as any rule: targets y = h - delta.
template <class T>
Credit<T> credit_of_delta(const Network<T>& net, MatrixView<const T> states, const Matrix<T>& delta) {
  Activity<T> activity;
  forward<T>(Workers(), net, states, activity);
  Matrix<T> targets(delta.rows(), delta.cols());
  targets_for_delta<T>(activity.h.back().view(), delta.view(), targets.view());
  auto credit = Credit<T>::zeros(net.description);
  Backpropagation<T>().credit(Workers(), net, {states, std::as_const(targets).view()}, credit, 0);
  return credit;
}

}  // namespace

template <class T>
void replay_policy_gradient(const std::string&, const json& file, CaseComparison<T>& compare) {
  const json &inputs = file.at("inputs"), &expected = file.at("expected"), &config = file.at("config");
  const auto number = [&](const char* key) { return config.at(key).get<double>(); };
  const Activation f = activation_from_name(config.at("hidden_activation").get<std::string>());
  const auto net = [&](const char* W, const char* b) {
    return read_network<T>(inputs, f, Activation::linear, Loss::mse, W, b);
  };
  const Network<T> policy_net = net("W_policy", "b_policy"), old_net = net("W_policy_old", "b_policy_old");
  const Network<T> value_net = net("W_value", "b_value");
  const Matrix<T> s = read_matrix<T>(inputs.at("s")), s_last = read_matrix<T>(inputs.at("s_last"));
  std::vector<std::uint32_t> action;
  std::vector<StepEnd> end;
  std::vector<double> reward, value;
  for (const json& a : inputs.at("a")) action.push_back(a.get<std::uint32_t>());
  for (const json& d : inputs.at("done"))
    end.push_back(d.get<double>() != 0 ? StepEnd::terminal : StepEnd::going);
  for (const json& r : inputs.at("r")) reward.push_back(r.get<double>());
  const std::size_t steps = action.size();

  Activity<T> activity;
  forward<T>(Workers(), value_net, s_last.view(), activity);
  const double value_last = activity.h.back().view()(0, 0);
  forward<T>(Workers(), value_net, s.view(), activity);
  const Matrix<T> V = [&] {
    Matrix<T> m(steps, 1);
    copy<T>(activity.h.back().view(), m.view());
    return m;
  }();
  for (std::size_t t = 0; t < steps; ++t) value.push_back(V(t, 0));
  compare.check("V", value, expected.at("V"));
  compare.check("V_last", value_last, expected.at("V_last"));

  const Advantages gae =
      generalised_advantages({reward, end, value, value_last, {}}, number("gamma"), number("gae_lambda"));
  compare.check("td", gae.td, expected.at("td"));
  compare.check("advantage", gae.advantage, expected.at("advantage"));
  compare.check("returns", gae.returns, expected.at("returns"));
  std::vector<double> normalised = gae.advantage;
  normalise_advantages(normalised);
  compare.check("advantage_normalised", normalised, expected.at("advantage_normalised"));

  const auto policy_of = [&](const Network<T>& network) {
    forward<T>(Workers(), network, s.view(), activity);
    return softmax_policy<T>(std::as_const(activity.h.back()).view(), action);
  };
  const Policy old_policy = policy_of(old_net), policy = policy_of(policy_net);
  compare.check("log_prob_old", old_policy.log_prob, expected.at("log_prob_old"));
  compare.check("log_prob_new", policy.log_prob, expected.at("log_prob_new"));
  compare.check("entropy", policy.entropy, expected.at("entropy"));

  Matrix<T> delta(steps, policy_net.description.outputs()), value_delta(steps, 1);
  const ClippedObjective ppo = clipped_objective<T>(policy, action, old_policy.log_prob, normalised,
                                                    number("clip_eps"), number("entropy_coef"), delta.view());
  const double value_loss =
      value_objective<T>(V.view(), gae.returns, number("value_coef"), value_delta.view());
  compare.check("ratio", ppo.ratio, expected.at("ratio"));
  compare.check("gate", ppo.gate, expected.at("gate"));
  compare.check("L_pi", ppo.policy_loss, expected.at("L_pi"), 1, 1e-3);
  compare.check("L_v", value_loss, expected.at("L_v"));
  compare.check(
      "total",
      ppo.policy_loss + number("value_coef") * value_loss - number("entropy_coef") * ppo.mean_entropy,
      expected.at("total"));
  const Credit<T> policy_credit = credit_of_delta<T>(policy_net, s.view(), delta);
  compare.check_each("grad_W_policy", policy_credit.dW, expected.at("grad_W_policy"), -1);
  compare.check_each("grad_b_policy", policy_credit.db, expected.at("grad_b_policy"), -1);
  const Credit<T> value_credit = credit_of_delta<T>(value_net, s.view(), value_delta);
  compare.check_each("grad_W_value", value_credit.dW, expected.at("grad_W_value"), -1);
  compare.check_each("grad_b_value", value_credit.db, expected.at("grad_b_value"), -1);

  reinforce_delta<T>(policy, action, gae.advantage, delta.view());
  compare.check_each("reinforce_grad_W_policy", credit_of_delta<T>(policy_net, s.view(), delta).dW,
                     expected.at("reinforce_grad_W_policy"), -1);

  auto one_credit = Credit<T>::zeros(policy_net.description);
  std::vector<Trainable<T>> weights;
  for (Matrix<T>& dW : one_credit.dW) weights.push_back({dW.flat(), dW.flat()});
  EligibilityTrace<T> trace(weights);
  Changes<T> change = zeros_like<T>(weights);
  std::vector<double> norms;
  reinforce_delta<T>(policy, action, std::vector<double>(steps, 1.0), delta.view());
  for (std::size_t t = 0; t < steps; ++t) {
    Matrix<T> one(1, delta.cols());
    std::copy(delta.row(t).begin(), delta.row(t).end(), one.row(0).begin());
    const Credit<T> credit =
        credit_of_delta<T>(policy_net, MatrixView<const T>(s.row(t).data(), 1, s.cols()), one);
    for (std::size_t l = 0; l < weights.size(); ++l) weights[l].credit = credit.dW[l].flat();
    trace.step(number("gamma") * number("trace_lambda"), weights);
    double squares = 0;
    for (const T x : trace.values()[0]) squares += static_cast<double>(x) * static_cast<double>(x);
    norms.push_back(std::sqrt(squares));
    trace.release(gae.td[t], change);
    if (end[t] != StepEnd::going) trace.clear();
  }
  compare.check("trace_norm_layer1", norms, expected.at("trace_norm_layer1"));
  for (std::size_t l = 0; l < weights.size(); ++l)
    std::copy(change[l].begin(), change[l].end(), one_credit.dW[l].flat().begin());
  compare.check_each("actor_critic_sum_td_e", one_credit.dW, expected.at("actor_critic_sum_td_e"));
}

template void replay_policy_gradient<float>(const std::string&, const json&, CaseComparison<float>&);
template void replay_policy_gradient<double>(const std::string&, const json&, CaseComparison<double>&);

}  // namespace apical::golden
