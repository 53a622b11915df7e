// SPDX-License-Identifier: Apache-2.0
// Recurrent networks of rate neurons and of spiking neurons, and how credit reaches their weights through
// time. Networks, trials and what a step left behind are values:
//
//   recurrent::Network network{.k = 0.2, .th = …, .V = …, .c = …};             th = [W U b]
//   std::vector<recurrent::Step> course = recurrent::run(network, trial);
//   recurrent::ThroughTime exact = recurrent::backpropagate(network, course);  dL/dth, dL/dV, dL/dc
//   recurrent::SynapseTrace rflo(network, recurrent::SynapseTrace::Follows::leak);
//   for (const recurrent::Step& step : course) {
//     rflo.follow(network, step);
//     rflo.credit(recurrent::learning_signal(network, step), th);              adds to th
//   }
//
// Gradients point uphill. ConfigError for networks that do not hold together, DataError for trials that do
// not fit them.
#pragma once

#include "apical/engine/recurrent/backpropagation_through_time.h"
#include "apical/engine/recurrent/network.h"
#include "apical/engine/recurrent/spiking.h"
#include "apical/engine/recurrent/weights.h"
#include "apical/rules/eligibility_propagation.h"
#include "apical/rules/online_recurrent.h"
#include "apical/rules/recurrent_rule.h"
#include "apical/rules/reward_eligibility.h"
