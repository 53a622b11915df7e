// SPDX-License-Identifier: Apache-2.0
// Layered networks trained in batches by a credit rule: build one by hand, show it a batch, look at its
// credit. apical/rules.h has the rules, and what one of your own is made from.
//
//   layered::Network<double> network{layered::dense_network({2, 10, 1}, hidden, output, loss), parameters};
//   layered::LayeredModel<double> model(network, rule, settings);
//   double loss = model.learn_batch(X.view(), Y.view());           rows are samples; the mean loss before
//   const layered::Credit<double>& c = model.credit(X.view(), Y.view());
//   LayeredLearner<double> learner(recipe, data, seeds, pool);     the same for a Trainer (apical/learning.h)
//
// Matrices of weights are (postsynaptic, presynaptic). ConfigError for networks that do not hold together,
// DataError for batches that do not fit, NumericalFault when a loss is not finite any more.
#pragma once

#include "apical/core/matrix.h"
#include "apical/engine/layered/alignment.h"
#include "apical/engine/layered/model.h"
#include "apical/engine/layered/network.h"
#include "apical/learning/layered_alignment.h"
#include "apical/learning/layered_learner.h"
#include "apical/models/layered_models.h"
