// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/recurrent_rule.h"

#include "apical/core/error.h"
#include "apical/core/random.h"
#include "apical/engine/recurrent/backpropagation_through_time.h"
#include "apical/rules/eligibility_propagation.h"
#include "apical/rules/online_recurrent.h"

namespace apical::recurrent {
namespace {

/// Gradient of the readout, and of th by a trace that follows the course: follow(step, t), credit(signal,
/// th).
template <class Trace, class Follow>
Gradient by_trace(const Network& network, const std::vector<Step>& course, const Matrix<double>* feedback,
                  Trace&& trace, Follow&& follow) {
  Gradient g = Gradient::zeros(network);
  for (std::size_t t = 0; t < course.size(); ++t) {
    follow(trace, course[t], t);
    add_readout(g, course[t]);
    trace.credit(learning_signal(network, course[t], feedback), g.th);
  }
  return g;
}

/// 1 or -1 for each of `count` units of a step.
Vector random_signs(const TrialAddress& a, std::size_t step, std::size_t count) {
  Vector out(count);
  for (std::size_t i = 0; i < count; ++i) {
    const Address at{a.seed, Stream::perturbation, static_cast<std::uint32_t>(a.number), step * count + i};
    out[i] = uniform_integer(at, 2) == 0 ? -1 : 1;
  }
  return out;
}

Gradient gradient_by(const RecurrentRule& rule, const Network& network, const Matrix<double>* feedback,
                     const std::vector<Step>& course, const TrialAddress& address) {
  const auto plainly = [&](auto& trace, const Step& step, std::size_t) { trace.follow(network, step); };
  switch (rule.kind) {
    case RuleKind::bptt: {
      ThroughTimeOptions options;
      if (rule.horizon > 0) options.horizon = rule.horizon;
      return backpropagate(network, course, options).gradient;
    }
    case RuleKind::rtrl:
      return by_trace(network, course, nullptr, RealTimeRecurrent(network), plainly);
    case RuleKind::snap_1:
      return by_trace(network, course, nullptr, SynapseTrace(network, SynapseTrace::Follows::diagonal),
                      plainly);
    case RuleKind::rflo:
    case RuleKind::e_prop:
      return by_trace(network, course, feedback, SynapseTrace(network, SynapseTrace::Follows::leak), plainly);
    case RuleKind::uoro:
      return by_trace(network, course, nullptr, UnbiasedOnline(network),
                      [&](UnbiasedOnline& trace, const Step& step, std::size_t t) {
                        trace.follow(network, step, random_signs(address, t, network.units()));
                      });
    case RuleKind::kf_rtrl:
      return by_trace(network, course, nullptr, KroneckerFactored(network),
                      [&](KroneckerFactored& trace, const Step& step, std::size_t t) {
                        trace.follow(network, step, random_signs(address, t, 2));
                      });
    case RuleKind::reward:
      break;
  }
  APICAL_CHECK(!"a reward is no gradient of one trial");
  return {};
}

constexpr const char* kOwnSynapses =
    "a synapse meets what its own two neurons do, and the signal that its "
    "neuron receives";

}  // namespace

bool has_feedback_of_its_own(const RecurrentRule& rule) { return rule.feedback != Feedback::symmetric; }

Weights credit_of(const RecurrentRule& rule, const Network& network, const Matrix<double>& feedback,
                  const std::vector<Step>& course, const TrialAddress& address) {
  return by_projection(
      gradient_by(rule, network, has_feedback_of_its_own(rule) ? &feedback : nullptr, course, address));
}

Weights credit_of(const RecurrentRule& rule, const SpikingNetwork& network, const Matrix<double>& feedback,
                  const SpikingTrial& trial, const std::vector<SpikingStep>& course) {
  if (rule.kind == RuleKind::bptt) return by_projection(surrogate_gradient(network, trial, course));
  APICAL_CHECK(rule.kind == RuleKind::e_prop);
  const EligibilityPropagation e = eligibility_propagation(
      network, trial, course, has_feedback_of_its_own(rule) ? &feedback : nullptr, rule.target_rate);
  Weights credit = by_projection(e.gradient);
  if (rule.rate_cost > 0) add(credit, rule.rate_cost, by_projection(e.regularisation));
  return credit;
}

Weights exact_gradient(const Network& network, const std::vector<Step>& course) {
  return by_projection(backpropagate(network, course).gradient);
}

Weights exact_gradient(const SpikingNetwork& network, const SpikingTrial& trial,
                       const std::vector<SpikingStep>& course) {
  return by_projection(surrogate_gradient(network, trial, course));
}

Matrix<double> draw_pushes(const RewardLearning& reward, std::size_t steps, std::size_t units,
                           const TrialAddress& a) {
  Matrix<double> pushes(steps, units);
  for (std::size_t t = reward.push_from; t < steps; ++t) {
    for (std::size_t i = 0; i < units; ++i) {
      const Address whether{a.seed, Stream::perturbation, static_cast<std::uint32_t>(a.number),
                            2 * (t * units + i)};
      if (uniform(whether) >= reward.push_probability) continue;
      const Address how_much{a.seed, Stream::perturbation, static_cast<std::uint32_t>(a.number),
                             2 * (t * units + i) + 1};
      pushes(t, i) = uniform(how_much, -reward.push_size, reward.push_size);
    }
  }
  return pushes;
}

RecurrentNeeds needs_of(const RecurrentRule& rule, bool spiking) {
  RecurrentNeeds n;
  n.signed_errors = true;
  n.non_local_reason = kOwnSynapses;
  n.memory = spiking ? "two numbers per synapse" : "one number per synapse";
  switch (rule.kind) {
    case RuleKind::bptt:
      n.weight_transport = n.backwards = n.non_local = n.more_than_a_trace = true;
      n.non_local_reason = "errors that other units make in all later steps reach a synapse";
      n.memory = "the states of all steps are kept until the errors come back";
      break;
    case RuleKind::rtrl:
      n.weight_transport = n.non_local = n.more_than_a_trace = true;
      n.non_local_reason = "each synapse's influence on every unit follows the weights among all units";
      n.memory = "a number for every synapse and unit";
      break;
    case RuleKind::snap_1:
      n.weight_transport = true;
      break;
    case RuleKind::rflo:
    case RuleKind::e_prop:
      n.weight_transport = rule.feedback == Feedback::symmetric;
      break;
    case RuleKind::uoro:
      n.weight_transport = n.non_local = n.global_signal = true;
      n.non_local_reason =
          "lengths and a scalar product over all units and synapses, and a perturbation "
          "carried through the weights";
      break;
    case RuleKind::kf_rtrl:
      n.weight_transport = n.non_local = n.more_than_a_trace = true;
      n.non_local_reason = "a matrix of units by units is carried through the weights";
      n.memory = "a matrix of units by units";
      break;
    case RuleKind::reward:
      n.signed_errors = false;
      n.global_signal = true;
      break;
  }
  return n;
}

const std::vector<RecurrentRuleEntry>& recurrent_rules() {
  static const std::vector<RecurrentRuleEntry> rules{
      {.name = "bptt",
       .description = "backpropagation through time: the exact gradient of a trial, or that of a horizon; "
                      "where neurons spike, with a surrogate for the slope of the threshold",
       .citation = "Werbos (1990) Proc IEEE 78:1550",
       .rule = {.kind = RuleKind::bptt},
       .spikes = true},
      {.name = "rtrl",
       .description = "real-time recurrent learning: each synapse's influence on every unit goes along, so "
                      "that the exact gradient is there in every step",
       .citation = "Williams & Zipser (1989) Neural Comput 1:270",
       .rule = {.kind = RuleKind::rtrl}},
      {.name = "snap-1",
       .description = "the same with the influence of each synapse on its own unit alone",
       .citation = "Menick et al. (2021) ICLR",
       .rule = {.kind = RuleKind::snap_1}},
      {.name = "rflo",
       .description = "random feedback local online learning: a trace that leaks as its neuron does, times "
                      "an error through fixed random weights",
       .citation = "Murray (2019) eLife 8:e43299",
       .rule = {.kind = RuleKind::rflo, .feedback = Feedback::random}},
      {.name = "e-prop",
       .description = "eligibility propagation: a trace of how a synapse moved its own neuron, times a "
                      "learning signal that the neuron receives",
       .citation = "Bellec et al. (2020) Nat Commun 11:3625",
       .rule = {.kind = RuleKind::e_prop, .feedback = Feedback::random, .rate_cost = 1},
       .spikes = true},
      {.name = "uoro",
       .description = "unbiased online recurrent optimisation: all influences as one product of two "
                      "vectors, right on average over random signs",
       .citation = "Tallec & Ollivier (2018) arXiv 1702.05043",
       .rule = {.kind = RuleKind::uoro}},
      {.name = "kf-rtrl",
       .description = "Kronecker-factored real-time recurrent learning: all influences as a vector of the "
                      "presynaptic side times a matrix among units, right on average over random signs",
       .citation = "Mujika, Meier & Steger (2018) NeurIPS 31",
       .rule = {.kind = RuleKind::kf_rtrl}},
      {.name = "reward-eligibility",
       .description = "perturbed units, a trace per recurrent synapse, and one number after the trial, how "
                      "much better it went than usual; the readout learns from its own errors",
       .citation = "Miconi (2017) eLife 6:e20899; Fiete & Seung (2006) Phys Rev Lett 97:048104",
       .rule = {.kind = RuleKind::reward}},
  };
  return rules;
}

}  // namespace apical::recurrent
