// SPDX-License-Identifier: Apache-2.0
// Random numbers by address: a draw is a function of (seed, purpose, object, index), so there is no generator
// to share, and the order of draws does not matter. For rules, tasks and tests of your own.
//
//   uniform({seed, Stream::environment, object, index}, low, high)
#pragma once

#include "apical/core/random.h"
