// SPDX-License-Identifier: Apache-2.0
// CartPole-v1 of OpenAI gym as an environment: two actions, reward 1 for every step, 500 steps at most;
// solved at a mean return of 475 over 100 episodes (Brockman et al. 2016; physics in cart_pole.h).
#pragma once

#include "apical/tasks/task.h"

namespace apical {

TaskInfo cart_pole_v1_task();

}  // namespace apical
