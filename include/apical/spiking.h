// SPDX-License-Identifier: Apache-2.0
// Circuits of spiking neurons: describe one (SpikingCircuit), take a published one, or read one from TOML;
// step it by hand, or let it go through a course of stimuli that measures.
//
//   spike::Network<float> network(circuit, seed, &pool);           one seed; pool may be null
//   network.set_drive(group, spike::CurrentTarget::dendrite, {.constant_A = 100e-12});
//   network.advance(steps);                                        of circuit.dt_s
//   network.counts(group).events, .bursts                          since reset_counts()
//
//   auto course = make_course(circuit, plan, {.seed = 1});         plan: Course, stages of phases
//   for (std::size_t r = 0; r < course->rounds(); ++r) rows = course->run_round(r);
//
// Where circuits come from: values filled in by you;
// models::find_spiking("burstprop-xor")->recipe({}).build(), which gives circuit and course; or a file,
// read_experiment(document).spiking() (apical/experiments.h). Samples of a task that a course shows are
// handed to it: load_samples(plan, circuit, resources).
//
// SI units (V, A, F, S, s); names that carry another say so. double is for validation, float for speed. The
// same seed gives the same bits on any number of threads. ConfigError, naming population or projection, for
// what does not hold together; NumericalFault when a potential is not finite any more.
#pragma once

#include "apical/circuit/course.h"
#include "apical/circuit/spiking_circuit.h"
#include "apical/core/threads.h"
#include "apical/engine/spike/network.h"
#include "apical/models/spiking_models.h"
#include "apical/models/spiking_quirks.h"
#include "apical/procedure/course_samples.h"
#include "apical/procedure/spiking_course.h"
#include "apical/rules/burst_pairing.h"
