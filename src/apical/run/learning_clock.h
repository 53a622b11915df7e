// SPDX-License-Identifier: Apache-2.0
// Times of this machine, which a trainer's state does not have: a section of a checkpoint of its own.
#pragma once

#include "apical/learning/trainer.h"

namespace apical {

struct LearningClock {
  LearningTime learning;
  template <class Archive>
  void visit_state(Archive& a) {
    a("learning_seconds", learning.seconds);
    a("epoch_began_seconds", learning.epoch_began_seconds);
  }
};

}  // namespace apical
