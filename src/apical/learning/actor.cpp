// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/actor.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "apical/core/random.h"
#include "apical/learning/layered_alignment.h"
#include "apical/learning/layered_state.h"

namespace apical {
namespace {

using layered::StepEnd;

constexpr std::uint32_t kMinibatches = 3;  // of Stream::sample_order; the trainer's splits are 0, 1 and 2
constexpr std::string_view kReturn = "return", kValueLoss = "value_loss";
constexpr std::uint64_t kValueSeed =
    0x76616c7565;  // the value network is another network of the same seed: "value"

template <class Real>
layered::LayeredModel<Real> make(const models::LayeredNetwork& n, std::uint64_t seed) {
  return {layered::make_network<Real>(n.network, n.init, seed, n.gains, n.output_bias),
          layered::make_rule<Real>(n.rule, n.network, seed), n.settings};
}

template <class Real>
MatrixView<const Real> one_row(MatrixView<const Real> of, std::size_t row) {
  return {of.row(row).data(), 1, of.cols()};
}

}  // namespace

template <class Real>
Actor<Real>::Actor(const models::LayeredNetwork& policy, const RewardSettings& settings,
                   const Episodes& episodes, std::uint64_t seed)
    : plan_(settings.plan),
      seed_(seed),
      policy_(make<Real>(policy, seed)),
      value_(make<Real>(settings.value, seed ^ kValueSeed)),
      environments_(episodes, settings.plan.environments) {
  if (plan_.method != RewardMethod::actor_critic) return;
  for (std::size_t e = 0; e < plan_.environments; ++e) {
    policy_traces_.emplace_back(policy_.arrays());
    value_traces_.emplace_back(value_.arrays());
  }
  policy_change_ = layered::zeros_like(policy_.arrays());
  value_change_ = layered::zeros_like(value_.arrays());
}

template <class Real>
void Actor<Real>::observe(MatrixView<Real> X) const {
  for (std::size_t e = 0; e < X.rows(); ++e)
    std::ranges::copy(environments_.observation(e), X.row(e).begin());
}

template <class Real>
void Actor<Real>::predict(layered::LayeredModel<Real>& model, MatrixView<const Real> X,
                          layered::Rows<Real>& out) {
  const MatrixView<Real> answer = out.resize(X.rows(), model.network().description.outputs());
  model.predict(X, answer);
  check_outputs<Real>(model, answer, seed_, name_of(model));
}

template <class Real>
std::string Actor<Real>::name_of(const layered::LayeredModel<Real>& model) const {
  return &model == &policy_ ? "policy" : "value";
}

template <class Real>
template <class F>
void Actor<Real>::locating(layered::LayeredModel<Real>& model, F&& act) {
  try {
    act();
  } catch (const NumericalFault& fault) {
    locate_fault(model, fault, seed_, name_of(model));
  }
}

template <class Real>
layered::Policy Actor<Real>::decide(MatrixView<const Real> X, std::vector<std::uint32_t>& action) {
  predict(policy_, X, logits_);
  action.assign(X.rows(), 0);
  const layered::Policy choices = layered::softmax_policy<Real>(std::as_const(logits_).view(), action);
  for (std::size_t e = 0; e < action.size(); ++e) {
    double left = uniform({seed_, Stream::action, static_cast<std::uint32_t>(e), decisions_});
    while (action[e] + 1 < choices.probability.cols() && left >= choices.probability(e, action[e]))
      left -= choices.probability(e, action[e]++);
  }
  ++decisions_;
  return layered::softmax_policy<Real>(std::as_const(logits_).view(), action);
}

template <class Real>
typename Actor<Real>::Experience Actor<Real>::collect(std::size_t steps) {
  const std::size_t E = environments_.size(), inputs = policy_.network().description.inputs, rows = steps * E;
  Experience x;
  std::vector<double> finals;         // observations at time limits, row by row
  std::vector<std::size_t> final_of;  // the step that each belongs to
  std::vector<std::uint32_t> action;
  X_.resize(rows + E, inputs);  // the last E rows: where the rollout ends
  for (std::size_t t = 0; t < steps; ++t) {
    const MatrixView<Real> now(X_.view().row(t * E).data(), E, inputs);
    observe(now);
    const layered::Policy policy = decide(now, action);
    for (std::size_t e = 0; e < E; ++e) {
      const Environments::Step step = environments_.act(e, action[e]);
      x.action.push_back(action[e]);
      x.log_prob.push_back(policy.log_prob[e]);
      x.entropy.push_back(policy.entropy[e]);
      x.reward.push_back(plan_.reward_scale * step.reward);
      x.end.push_back(step.end);
      if (step.end != StepEnd::time_limit || plan_.time_limit == TimeLimit::terminal) continue;
      const auto final = environments_.final_observation(e);
      finals.insert(finals.end(), final.begin(), final.end());
      final_of.push_back(t * E + e);
    }
  }
  observe({X_.view().row(rows).data(), E, inputs});

  // The value network rests while its environments move: one answer to all states.
  const MatrixView<Real> all = all_X_.resize(rows + E + final_of.size(), inputs);
  std::ranges::copy(X_.flat(), all_X_.flat().begin());
  std::ranges::copy(finals, all_X_.flat().begin() + static_cast<std::ptrdiff_t>(X_.flat().size()));
  predict(value_, all, V_);
  std::vector<double> at_limit(final_of.empty() ? 0 : rows);
  for (std::size_t i = 0; i < final_of.size(); ++i) at_limit[final_of[i]] = V_.view()(rows + E + i, 0);

  x.prediction_error.resize(rows);
  x.advantage.resize(rows);
  x.returns.resize(rows);
  std::vector<double> reward(steps), value(steps), limit(at_limit.empty() ? 0 : steps);
  std::vector<StepEnd> end(steps);
  for (std::size_t e = 0; e < E; ++e) {
    for (std::size_t t = 0; t < steps; ++t) {
      reward[t] = x.reward[t * E + e];
      end[t] = x.end[t * E + e];
      value[t] = V_.view()(t * E + e, 0);
      if (!limit.empty()) limit[t] = at_limit[t * E + e];
    }
    const layered::Advantages a = layered::generalised_advantages(
        {reward, end, value, V_.view()(rows + e, 0), limit}, plan_.gamma, plan_.lambda);
    for (std::size_t t = 0; t < steps; ++t) {
      x.prediction_error[t * E + e] = a.td[t];
      x.advantage[t * E + e] = a.advantage[t];
      x.returns[t * E + e] = a.returns[t];
    }
  }
  return x;
}

template <class Real>
void Actor<Real>::set_targets(MatrixView<const Real> output, MatrixView<Real> delta) {
  const auto scale = static_cast<Real>(plan_.credit_scale);
  for (std::size_t n = 0; n < delta.rows(); ++n) {
    for (Real& d : delta.row(n)) d *= scale;
  }
  layered::targets_for_delta<Real>(output, delta, targets_.resize(delta.rows(), delta.cols()));
}

template <class Real>
void Actor<Real>::learn_from(const Experience& x) {
  const std::size_t rows = x.action.size(), inputs = policy_.network().description.inputs,
                    actions = policy_.network().description.outputs();
  Means means;
  for (std::size_t pass = 0; pass < plan_.passes; ++pass) {
    const std::vector<std::uint32_t> order =
        permutation({seed_, Stream::sample_order, kMinibatches, passes_++}, rows);
    for (std::size_t k = 0; k < plan_.minibatches; ++k) {
      const std::size_t first = rows * k / plan_.minibatches, last = rows * (k + 1) / plan_.minibatches;
      const auto chosen = std::span(order).subspan(first, last - first);
      const std::size_t n = chosen.size();
      const MatrixView<Real> X = batch_X_.resize(n, inputs);
      std::vector<std::uint32_t> action(n);
      std::vector<double> log_prob(n), advantage(n), returns(n);
      for (std::size_t i = 0; i < n; ++i) {
        std::ranges::copy(X_.view().row(chosen[i]), X.row(i).begin());
        action[i] = x.action[chosen[i]];
        log_prob[i] = x.log_prob[chosen[i]];
        advantage[i] = x.advantage[chosen[i]];
        returns[i] = x.returns[chosen[i]];
      }
      if (plan_.normalise_advantages) layered::normalise_advantages(advantage);

      predict(policy_, X, logits_);
      const MatrixView<const Real> logits = std::as_const(logits_).view();
      const layered::Policy policy = layered::softmax_policy<Real>(logits, action);
      // Without a memory of the old policy nothing has moved: all gates are open, which is REINFORCE.
      const std::vector<double>& reference = plan_.method == RewardMethod::ppo ? log_prob : policy.log_prob;
      const MatrixView<Real> delta = delta_.resize(n, actions);
      const layered::ClippedObjective objective = layered::clipped_objective<Real>(
          policy, action, reference, advantage, plan_.clip, plan_.entropy_coefficient, delta);
      set_targets(logits, delta);
      locating(policy_, [&] { policy_.learn_batch(X, targets_.view(), 1 / plan_.credit_scale); });

      predict(value_, X, V_);
      const MatrixView<const Real> V = std::as_const(V_).view();
      const MatrixView<Real> value_delta = delta_.resize(n, 1);
      const double value_loss =
          layered::value_objective<Real>(V, returns, plan_.value_coefficient, value_delta);
      set_targets(V, value_delta);
      locating(value_, [&] { value_.learn_batch(X, targets_.view(), 1 / plan_.credit_scale); });

      means.weight += static_cast<double>(n);
      means.policy_loss += static_cast<double>(n) * objective.policy_loss;
      means.value_loss += static_cast<double>(n) * value_loss;
      means.open_gates += std::accumulate(objective.gate.begin(), objective.gate.end(), 0.0);
    }
  }
  double error = 0;
  for (const double td : x.prediction_error) error += std::abs(td) / static_cast<double>(rows);
  report(error, std::accumulate(x.entropy.begin(), x.entropy.end(), 0.0) / static_cast<double>(rows), means,
         moved(x));
}

template <class Real>
double Actor<Real>::moved(const Experience& x) {
  const std::size_t rows = x.action.size();
  predict(policy_, {X_.view().row(0).data(), rows, X_.cols()}, logits_);
  const layered::Policy now = layered::softmax_policy<Real>(std::as_const(logits_).view(), x.action);
  double sum = 0;
  for (std::size_t n = 0; n < rows; ++n) {
    const double log_ratio = now.log_prob[n] - x.log_prob[n];
    sum += std::exp(log_ratio) - 1 -
           log_ratio;  // an unbiased estimate of KL(old, new) that is never negative (Schulman 2020)
  }
  return sum / static_cast<double>(rows);
}

template <class Real>
void Actor<Real>::learn_online() {
  const std::size_t E = environments_.size(), inputs = policy_.network().description.inputs,
                    actions = policy_.network().description.outputs();
  const double decay = plan_.gamma * plan_.lambda, share = 1 / (static_cast<double>(E) * plan_.credit_scale);
  const std::vector<double> ones(E, 1.0);
  std::vector<std::uint32_t> action;
  std::vector<Environments::Step> steps(E);
  double error = 0, entropy = 0;
  for (std::size_t t = 0; t < plan_.steps; ++t) {
    const MatrixView<Real> X = X_.resize(E, inputs);
    observe(X);
    const layered::Policy policy = decide(X, action);
    // What each decision leaves at the synapses: the credit for having made it more likely, and for
    // predicting more.
    layered::reinforce_delta<Real>(policy, action, ones, delta_.resize(E, actions));
    set_targets(std::as_const(logits_).view(), delta_.view());
    for (std::size_t e = 0; e < E; ++e) {
      locating(policy_, [&] { policy_.credit(one_row<Real>(X, e), one_row<Real>(targets_.view(), e)); });
      policy_traces_[e].step(decay, policy_.arrays());
    }
    predict(value_, X, V_);
    delta_.resize(E, 1);
    std::ranges::fill(delta_.flat(), Real(-1));
    set_targets(std::as_const(V_).view(), delta_.view());
    for (std::size_t e = 0; e < E; ++e) {
      locating(value_, [&] { value_.credit(one_row<Real>(X, e), one_row<Real>(targets_.view(), e)); });
      value_traces_[e].step(decay, value_.arrays());
    }

    const MatrixView<Real> next = batch_X_.resize(E, inputs);
    for (std::size_t e = 0; e < E; ++e) {
      steps[e] = environments_.act(e, action[e]);
      const bool going = steps[e].end == StepEnd::going;
      std::ranges::copy(going ? environments_.observation(e) : environments_.final_observation(e),
                        next.row(e).begin());
    }
    predict(value_, next, next_V_);
    for (auto* change : {&policy_change_, &value_change_}) {
      for (AlignedBuffer<Real>& array : *change) std::fill(array.begin(), array.end(), Real(0));
    }
    for (std::size_t e = 0; e < E; ++e) {
      const bool future = steps[e].end == StepEnd::going ||
                          (steps[e].end == StepEnd::time_limit && plan_.time_limit == TimeLimit::bootstrap);
      const double td = plan_.reward_scale * steps[e].reward +
                        (future ? plan_.gamma * static_cast<double>(next_V_.view()(e, 0)) : 0) -
                        static_cast<double>(V_.view()(e, 0));
      policy_traces_[e].release(td * share, policy_change_);
      value_traces_[e].release(td * share, value_change_);
      error += std::abs(td);
      entropy += policy.entropy[e];
      if (steps[e].end == StepEnd::going) continue;
      policy_traces_[e].clear();
      value_traces_[e].clear();
    }
    policy_.apply(policy_change_);
    value_.apply(value_change_);
  }
  const auto decisions = static_cast<double>(plan_.steps_per_iteration());
  report(error / decisions, entropy / decisions, {});
}

template <class Real>
void Actor<Real>::report(double prediction_error, double entropy, const std::optional<Means>& m, double kl) {
  training_figures_ = {{"environment_steps", static_cast<double>(environments_.steps())},
                       {"episodes", static_cast<double>(environments_.episodes())},
                       {kReturn, environments_.mean_return()},
                       {"prediction_error", prediction_error},
                       {"entropy", entropy}};
  if (!m) return;
  training_figures_.push_back({kValueLoss, m->value_loss / m->weight});
  training_figures_.push_back({"kl", kl});
  if (plan_.method != RewardMethod::ppo) return;
  training_figures_.push_back({"policy_loss", m->policy_loss / m->weight});
  training_figures_.push_back({"open_gates", m->open_gates / m->weight});
}

template <class Real>
void Actor<Real>::iterate() {
  if (plan_.method == RewardMethod::actor_critic) {
    learn_online();
  } else {
    learn_from(collect(plan_.steps));
  }
  for (const NamedFigure& f : training_figures_) {
    const bool none = f.name == kReturn && std::isnan(f.value);  // no episode has ended yet
    if (none) continue;
    const layered::LayeredModel<Real>& of = f.name == kValueLoss ? value_ : policy_;
    check_figure(of, std::string(f.name), f.value, seed_, name_of(of));
  }
}

template <class Real>
void Actor<Real>::evaluate(const Episodes::Factory& make_environment, std::span<const std::uint32_t> episodes,
                           Score& score) {
  std::vector<std::unique_ptr<Environment>> going;
  std::vector<double> returns;
  for (const std::uint32_t episode : episodes) {
    going.push_back(make_environment());
    going.back()->begin(episode);
    returns.push_back(0);
  }
  while (!going.empty()) {
    const MatrixView<Real> X = batch_X_.resize(going.size(), policy_.network().description.inputs);
    for (std::size_t i = 0; i < going.size(); ++i)
      std::ranges::copy(going[i]->observation(), X.row(i).begin());
    predict(policy_, X, logits_);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < going.size(); ++i) {
      const auto logits = logits_.view().row(i);
      const Environment::Outcome now = going[i]->act(
          static_cast<std::uint32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin()));
      const double so_far = returns[i] + now.reward;
      if (now.ends()) {
        score.count_episode(so_far);
        continue;
      }
      if (kept != i) going[kept] = std::move(going[i]);
      returns[kept++] = so_far;
    }
    going.resize(kept);
  }
}

template <class Real>
std::vector<AreaAlignment> Actor<Real>::align(std::size_t decisions) {
  Experience x = collect((decisions + environments_.size() - 1) / environments_.size());
  if (plan_.normalise_advantages) layered::normalise_advantages(x.advantage);
  const MatrixView<const Real> X(X_.view().row(0).data(), x.action.size(), X_.cols());
  layered::Rows<Real> logits;
  predict(policy_, X, logits);
  layered::reinforce_delta<Real>(layered::softmax_policy<Real>(std::as_const(logits).view(), x.action),
                                 x.action, x.advantage, delta_.resize(X.rows(), logits.cols()));
  set_targets(std::as_const(logits).view(), delta_.view());
  auto part = layered::Credit<Real>::zeros(policy_.network().description);
  auto assigned = part, gradient = part;
  LayeredAlignment alignment(part.dW);
  for (std::size_t i = 0; i < X.rows(); ++i) {
    const layered::Batch<Real> decision{one_row<Real>(X, i), one_row<Real>(targets_.view(), i)};
    credit_and_gradient(policy_.rule(), policy_.network(), decision, part, assigned, gradient);
    telling_of(seed_, policy_.batches(), [&] { alignment.sample(assigned.dW, gradient.dW); });
  }
  return alignment.result();
}

template <class Real>
void Actor<Real>::check() const {
  check_finite(policy_, seed_, "policy");
  check_finite(value_, seed_, "value");
}

template <class Real>
void Actor<Real>::visit_state(StateVisitor& a) {
  a.section("policy", [&] { policy_.visit_state(a); });
  a.section("value", [&] { value_.visit_state(a); });
  a.section("environments", [&] { environments_.visit_state(a); });
  for (std::size_t e = 0; e < policy_traces_.size(); ++e) {
    a.section("policy_trace." + std::to_string(e), [&] { policy_traces_[e].visit_state(a); });
    a.section("value_trace." + std::to_string(e), [&] { value_traces_[e].visit_state(a); });
  }
  a("decisions", decisions_);
  a("passes", passes_);
}

template class Actor<float>;
template class Actor<double>;

}  // namespace apical
