// SPDX-License-Identifier: Apache-2.0
// Teaching a circuit a task: a learner shows samples to replicas of the circuit, one per seed; the trainer
// decides which, in what order, and when to validate, test and measure the angle to the exact gradient;
// observers hear of it. The same seeds give the same bits on any number of threads.
//
//   ThreadPool pool(threads);                                    0: all the process may use
//   RateLearner<float> learner(circuit, {data per seed}, seeds, presentation, pool);
//   Trainer(learner, plan, {observers}).run(stop);
//
// The learner throws ConfigError if circuit and data do not fit, and NumericalFault when a value is not
// finite any more. Observers are called from the thread that called run().
#pragma once

#include "apical/core/threads.h"
#include "apical/learning/rate_learner.h"
#include "apical/learning/trainer.h"
