// SPDX-License-Identifier: Apache-2.0
// Credit rules: how a batch becomes a change of every weight of a layered network (apical/layered.h).
//
//   layered::Backpropagation<double> rule;
//   auto credit = layered::Credit<double>::zeros(network.description);
//   double loss = rule.credit(layered::Workers(), network, {X.view(), Y.view()}, credit);
//
// A rule of your own derives from CreditRule or, if it carries an error back, from DeltaRule. What the
// published ones are made from is yours as well: products (engine/layered/gemm.h), elementwise functions and
// their derivatives (elementwise.h), settling, feedback weights, and random numbers by address
// (apical/random.h). Each rule's header names its paper and its equations.
#pragma once

#include "apical/engine/layered/credit_rule.h"
#include "apical/engine/layered/elementwise.h"
#include "apical/engine/layered/gemm.h"
#include "apical/engine/layered/policy_gradient.h"
#include "apical/engine/layered/settling.h"
#include "apical/rules/backpropagation.h"
#include "apical/rules/burst_ccn.h"
#include "apical/rules/burst_ccn_in_time.h"
#include "apical/rules/burst_ccn_spiking.h"
#include "apical/rules/burstprop_relu.h"
#include "apical/rules/burstprop_rule.h"
#include "apical/rules/contrastive.h"
#include "apical/rules/delta_rule.h"
#include "apical/rules/equilibrium_propagation.h"
#include "apical/rules/feedback_alignment.h"
#include "apical/rules/feedback_weights.h"
#include "apical/rules/hebbian.h"
#include "apical/rules/kolen_pollack.h"
#include "apical/rules/perturbation.h"
#include "apical/rules/predictive_coding.h"
#include "apical/rules/recirculation.h"
#include "apical/rules/rule_list.h"
#include "apical/rules/rule_options.h"
#include "apical/rules/segregated_dendrites.h"
#include "apical/rules/sign_symmetry.h"
#include "apical/rules/spiking_burstprop.h"
#include "apical/rules/spiking_segregated_dendrites.h"
#include "apical/rules/target_propagation.h"
#include "apical/rules/three_factor.h"
#include "apical/rules/two_site.h"
#include "apical/rules/weight_mirror.h"
