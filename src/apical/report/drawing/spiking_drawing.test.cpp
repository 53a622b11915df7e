// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apical/models/payeur2021_mnist.h"
#include "apical/models/payeur2021_propagation.h"
#include "apical/models/payeur2021_xor.h"
#include "apical/report/drawing/circuit_drawing.h"
#include "support/well_formed.h"

namespace apical {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(SpikingDrawing, StagesStandInTheOrderOfTheInput) {
  const DrawnCircuit d = draw(payeur2021::xor_network());
  EXPECT_EQ(test::malformed(d.svg), "");
  for (const char* stage : {"stage 1", "stage 2", "stage 3"}) EXPECT_THAT(d.svg, HasSubstr(stage));
  EXPECT_THAT(d.svg, Not(HasSubstr("stage 4")));
  for (const char* text :
       {"hid1", "dendrite", "transmits events only", "transmits bursts only", "plastic (thin"})
    EXPECT_THAT(d.svg, HasSubstr(text));
  EXPECT_THAT(d.caption, HasSubstr("2\u202F500 spiking neurons, about 800\u202F000 synapses"));
  EXPECT_THAT(d.description, HasSubstr("spiking circuit"));
}

TEST(SpikingDrawing, InterneuronsAreRoundAndSourcesOutside) {
  const DrawnCircuit areas = draw(payeur2021::propagation_network());
  EXPECT_EQ(test::malformed(areas.svg), "");
  for (const char* text : {"soma round", "facilitating", "depressing", "pv", "som"})
    EXPECT_THAT(areas.svg, HasSubstr(text));
  const DrawnCircuit digits = draw(payeur2021::mnist_network(
      {.hidden = 30, .per_class = 2, .feedback = payeur2021::MnistFeedback::learned}, 49));
  EXPECT_EQ(test::malformed(digits.svg), "");
  EXPECT_THAT(digits.svg, HasSubstr("changes as another projection does"));
  EXPECT_THAT(digits.svg, HasSubstr("class=\"outside\""));
}

}  // namespace
}  // namespace apical
