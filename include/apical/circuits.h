// SPDX-License-Identifier: Apache-2.0
// Circuits of rate neurons as values (of neurons that spike: apical/spiking.h). Describe one population by
// population (Circuit), or take a published one and change it (models::build). A circuit has no numerics:
// whoever has one can print it, compare it with ==, simulate it (apical/simulation.h) or teach it a task
// (apical/learning.h).
//
// Units: times in ms, conductances per capacitance in 1/ms, potentials and rates without unit. Matrices of
// weights are (postsynaptic, presynaptic). ConfigError, naming population or projection, for what does not
// fit.
#pragma once

#include "apical/circuit/circuit.h"
#include "apical/models/dendritic_microcircuit.h"
#include "apical/models/dendritic_predictive_coding.h"
#include "apical/models/error_neuron_microcircuit.h"
#include "apical/models/layered_reference.h"
#include "apical/models/phaseless_alignment_learning.h"
#include "apical/models/registry.h"
