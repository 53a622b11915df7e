// SPDX-License-Identifier: Apache-2.0
#include "apical/models/layered_rule_fields.h"

#include <fmt/format.h>

#include <cmath>

namespace apical::models {
namespace {

using namespace layered;

void visit_start(Fields& f, FeedbackStart& s) {
  f.choice("feedback_init", s.init,
           {"glorot_uniform", "glorot_normal", "he_normal", "fan_in_uniform", "orthogonal"},
           "initial feedback weights");
  f("feedback_gain", s.gain, "", "multiplies initial feedback weights");
}

void visit_settling(Fields& f, Settling& s, const char* steps, const char* meaning) {
  f.count(steps, s.max_steps, "steps", meaning);
}

/// What all phases of a settling network share.
void visit_dynamics(Fields& f, Settling& s) {
  f.choice("dynamics", s.dynamics, {"relaxation", "sweeps", "leaky_clipped"},
           "all layers at once, damped; layer by layer from below; or leaky units clipped to 0 … 1");
  f("settling_step", s.step, "", "step of relaxation and leaky_clipped");
  f("tolerance", s.tolerance, "", "settling ends when no unit changes by more; 0: after its steps");
}

struct Visitor {
  Fields& f;

  void operator()(BackpropagationOptions&) const {}
  void operator()(FeedbackAlignmentOptions& o) const { visit_start(f, o.feedback); }
  void operator()(SignSymmetryOptions&) const {}
  void operator()(KolenPollackOptions& o) const { visit_start(f, o.feedback); }
  void operator()(MirroredFeedbackOptions& o) const {
    f.count("mirror_every", o.mirror.every, "batches", "batches from one mirror phase to the next");
    f.count("mirror_vectors", o.mirror.vectors, "", "noise vectors per mirror phase");
    f("mirror_sigma", o.mirror.sigma, "", "standard deviation of that noise");
    f("mirror_decay", o.mirror.decay, "", "share of the feedback weights that is forgotten per mirror phase");
    f("mirror_eta", o.mirror.eta, "", "learning rate of the feedback weights");
    visit_start(f, o.feedback);
  }
  void operator()(HebbianOptions&) const {}
  void operator()(PerturbationOptions& o) const {
    f("sigma", o.sigma, "", "standard deviation of the noise on every unit's drive");
    f.choice("baseline", o.baseline, {"clean_pass", "running_mean", "antithetic"},
             "what the noisy loss is compared with: the loss without noise, its running mean, or the loss "
             "with the opposite noise");
    f("baseline_rate", o.baseline_rate, "", "running_mean: weight of the newest batch");
  }
  void operator()(ThreeFactorOptions& o) const {
    f("trace_decay", o.lambda, "", "share of an eligibility trace that stays from one sample to the next");
    f("sigma", o.sigma, "", "standard deviation of the noise on every unit's drive");
    f("baseline_rate", o.baseline_rate, "", "weight of the newest sample in the running mean of the loss");
  }
  void operator()(TargetRuleOptions& o) const {
    f.choice("first_target", o.target.first, {"output", "penultimate"},
             "where the gradient step of the first target is taken");
    f("step", o.target.step, "", "size of that step");
    f("divide_by_step", o.target.divide_by_step,
      "divide updates by the step, so that one learning rate serves all steps");
    f("sigma", o.target.sigma, "", "standard deviation of the noise that trains the feedback maps");
    if (o.target.form == TargetForm::direct_linear)
      f("lambda", o.target.lambda, "", "decay inside the difference reconstruction loss");
    f("feedback_gain", o.feedback_gain, "", "multiplies initial feedback weights");
  }
  void operator()(ContrastiveOptions& o) const {
    f("settling_gain", o.feedback_gain, "", "gain of the top-down input while settling");
    f("depth_factor", o.depth_factor, "multiply the credit of a layer by gain^(layer - top)");
    visit_settling(f, o.settling, "phase_steps", "settling steps of either phase");
    visit_settling(f, o.prediction, "prediction_steps", "settling steps of an answer");
    visit_dynamics(f, o.settling);
    o.prediction.dynamics = o.settling.dynamics;
    o.prediction.step = o.settling.step;
    o.prediction.tolerance = o.settling.tolerance;
  }
  void operator()(RecirculationOptions& o) const {
    f("regression", o.lambda, "", "share of the old activity that stays on each trip (lambda)");
  }
  void operator()(EquilibriumOptions& o) const {
    f.choice("nudging", o.nudging, {"one_sided", "random_sign", "symmetric"},
             "which nudged phases are compared");
    f("beta", o.beta, "", "strength of the nudge");
    visit_settling(f, o.free, "free_steps", "settling steps of the free phase, and of an answer");
    visit_settling(f, o.nudged, "nudged_steps", "settling steps of a nudged phase");
    visit_dynamics(f, o.free);
    o.nudged.dynamics = o.free.dynamics;
    o.nudged.step = o.free.step;
    o.nudged.tolerance = o.free.tolerance;
  }
  void operator()(PredictiveOptions& o) const {
    f.choice("prediction", o.prediction, {"of_drive", "of_activity"},
             "f(W v + b), or W f(v) + b which is local to every synapse");
    f.count("inference_steps", o.steps, "steps", "steps of the value units per batch");
    f("gamma", o.gamma, "", "size of a step");
    f("guard", o.guard, "limit gamma to what the curvature of the energy allows");
    f("output_precision", o.output_precision, "", "weight of the output error");
  }
  void steady(SegregatedOptions& p) const {
    f("phi_max", p.phi_max, "1/ms", "highest rate");
    f("g_basal", p.g_B, "", "conductance from the basal dendrite to the soma of a hidden neuron");
    f("g_leak", p.g_L, "", "leak conductance");
    f("g_dendrite", p.g_D, "", "conductance from the dendrite to the soma of an output neuron");
    f("E_excitatory", p.E_E, "", "reversal potential of the exciting teacher");
    f("E_inhibitory", p.E_I, "", "reversal potential of the inhibiting teacher");
    f("P_hidden", p.P_hidden, "", "scale of hidden updates (published: 20/phi_max)");
    f("P_output", p.P_out, "", "scale of output updates (published: 20/phi_max^2)");
  }
  void operator()(SegregatedRuleOptions& o) const {
    steady(o.physiology);
    visit_start(f, o.feedback);
  }
  void operator()(SpikingSegregatedRuleOptions& o) const {
    SpikingSegregatedOptions& p = o.physiology;
    steady(p.steady);
    f("g_apical", p.g_A, "", "conductance from the apical dendrite to the soma of a hidden neuron");
    f("dt", p.dt, "ms", "time step");
    f("phase", p.phase, "ms", "duration of the forward and of the target phase");
    f("average", p.average, "ms",
      "end of a phase over which potentials, rates and postsynaptic potentials are averaged");
    f("tau_long", p.tau_long, "ms", "postsynaptic potentials: slower time constant");
    f("tau_short", p.tau_short, "ms", "postsynaptic potentials: faster time constant");
    f.count("input_neurons", p.input_neurons, "neurons", "Poisson neurons that carry each input");
    visit_start(f, o.feedback);
  }
  void operator()(BurstpropOptions& o) const {
    f.choice("feedback", o.feedback, {"fixed", "learned", "symmetric"},
             "feedback weights stay as they start, make the changes of the forward weights (Kolen-Pollack), "
             "or are the forward weights");
    f("feedback_deviation", o.feedback_deviation, "", "standard deviation of initial feedback weights");
    f("p_baseline", o.baseline, "", "burst probability of the output without a teacher");
    f("kappa", o.kappa, "", "scale of the teacher at a softmax output (loss ce); divided out below");
    f("recurrence", o.recurrence,
      "inhibition among the units of dense hidden layers keeps burst probabilities where they are linear");
    f("recurrent_range", o.recurrent_range, "", "initial recurrent weights are uniform within +- this");
    f("recurrent_rate", o.recurrent_rate, "",
      "learning rate of recurrent weights, mean over the batch (published: 1e-4 for the sum over 32)");
  }
  void operator()(TwoSiteOptions& o) const {
    f("mixing", o.neuron.alpha, "",
      "share of the somatic signal at the dendritic site: 0 for two sites, more for the one-site control");
    f.choice("dendritic_spikes", o.neuron.spikes, {"rates", "bursts"},
             "burst rates D, or all-or-none bursts with probability p0 + D");
    f("p0", o.neuron.p0, "", "bursts: probability of one without an error");
    visit_start(f, o.feedback);
  }
};

}  // namespace

void require_count(const char* name, double number) {
  if (number >= 0 && number == std::floor(number) && number <= 1e9) return;
  throw ConfigError(fmt::format("{} is {}; expected a whole number of 0 or more", name, number));
}

void visit_rule(Fields& fields, layered::RuleOptions& rule) { std::visit(Visitor{fields}, rule); }

}  // namespace apical::models
