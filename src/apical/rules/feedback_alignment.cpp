// SPDX-License-Identifier: Apache-2.0
#include "apical/rules/feedback_alignment.h"

namespace apical::layered {

RuleEntries feedback_alignment_rules() {
  return {
      {.name = "feedback_alignment",
       .description = "errors travel down through fixed random weights, with which the forward weights align",
       .citation = "Lillicrap, Cownden, Tweed & Akerman, Nat Commun 7:13276, 2016",
       .options = FeedbackAlignmentOptions{}},
      {.name = "direct_feedback_alignment",
       .description = "the output error goes to every hidden layer at once through fixed random weights",
       .citation = "Noekland, NeurIPS 2016",
       .options = FeedbackAlignmentOptions{.path = FeedbackPath::direct, .feedback = {}}}};
}

}  // namespace apical::layered
