// SPDX-License-Identifier: Apache-2.0
// The exact gradient through time of a circuit of rate neurons: of a trial, a sample's course with targets
// and a mask, or of a body steered in closed loop.
//
//   rate::TrialNetwork network(circuit);                         its own steps in double
//   network.set_weights(projection, weights);                    (postsynaptic, presynaptic)
//   rate::CircuitTrial trial{network.rest(), inputs, targets, mask, rate::TrialLoss::rate, readout};
//   rate::TrialGradient exact = rate::gradient_through_time(network, trial);
//   exact.of_weights[projection.value]                           dL/dW, uphill
//
// ConfigError for circuits that do not hold together or have noise, DataError for trials that do not fit.
#pragma once

#include "apical/circuit/circuit.h"
#include "apical/engine/rate/trial_gradient.h"
#include "apical/learning/closed_loop_gradient.h"
