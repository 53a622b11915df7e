// SPDX-License-Identifier: Apache-2.0
// Stepping a circuit by hand: RateEngine runs replicas of a circuit of rate neurons, one per seed, in Euler
// steps of circuit.dt_ms, and lets you set inputs, read and write every variable in between.
//
//   rate::RateEngine<double> engine(circuit, {1, 2, 3}, pool);
//   engine.set_external(population, replica, values);            one value per neuron, until set again
//   engine.advance(steps, rate::Learning{});                     with or without plasticity
//   engine.read(population, "soma", replica, out);               one value per neuron
//   engine.weights(projection, replica);                         (postsynaptic, presynaptic)
//
// ConfigError for a circuit that does not hold together, NumericalFault (then the engine refuses to go on)
// when a value is not finite any more.
#pragma once

#include "apical/circuit/circuit.h"
#include "apical/core/threads.h"
#include "apical/engine/rate/engine.h"
