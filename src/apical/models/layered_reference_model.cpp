// SPDX-License-Identifier: Apache-2.0
#include "apical/models/layered_reference.h"
#include "apical/models/model_tables.h"

namespace apical::models {
namespace {

Circuit build_from(const Values& v) {
  LayeredReference m;
  read_areas(v, m);
  return build(m);
}

}  // namespace

Model layered_reference_model() {
  return {"layered-reference",
          "layered network with backpropagation or, with feedback = \"random\", feedback alignment, "
          "pipelined over time",
          "Rumelhart, Hinton & Williams, Nature 323:533, 1986; feedback alignment: Lillicrap, Cownden, Tweed "
          "& Akerman, Nat Commun 7:13276, 2016",
          joined(joined(area_parameters(), feedback_parameters()), derivative_parameters()), build_from};
}

}  // namespace apical::models
