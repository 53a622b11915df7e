// SPDX-License-Identifier: Apache-2.0
#include "apical/report/drawing/circuit_drawing.h"

#include <gtest/gtest.h>

#include <cmath>

#include "apical/report/drawing/circuit_layout.h"
#include "apical/report/drawing/circuit_routes.h"
#include "apical/report/plot/svg.h"
#include "support/report_samples.h"
#include "support/well_formed.h"

namespace apical {
namespace {

using samples::error_neurons;
using samples::interneurons;
using test::malformed;
using test::occurrences;

Circuit recurrent() {
  Circuit c = error_neurons({4, 5, 3});
  for (const auto& [population, compartment] :
       {std::pair{"v1.err", "dendrite"}, {"v1.rep", "apical"}, {"v1.rep", "basal"}}) {
    ConnectOptions options;
    options.compartment = compartment;
    options.pathway = Pathway::lateral;
    c.connect(c.population(population), c.population(population), options);
  }
  return c;
}

std::vector<Circuit> circuits() {
  return {error_neurons({4, 120, 3}),
          error_neurons({10, 2}, {.target_to_error = true}),
          error_neurons({8, 4, 2, 1}, {.skip = true}),
          error_neurons({64, 32, 16, 8, 4, 2, 1}, {.skip = true, .target_to_error = true}),
          interneurons(3),
          interneurons(1),
          recurrent()};
}

bool overlap(const Rect& a, const Rect& b) {
  return std::abs(a.x - b.x) < (a.w + b.w) / 2 && std::abs(a.y - b.y) < (a.h + b.h) / 2;
}

TEST(CircuitDrawing, ShowsEveryPopulationAndProjectionOnce) {
  for (const Circuit& c : circuits()) {
    const DrawnCircuit d = draw(c);
    EXPECT_EQ(malformed(d.svg), "");
    for (const Population& p : c.populations())
      EXPECT_EQ(occurrences(d.svg, "<title>" + svg::escape(p.name) + ", N = "), 1U) << p.name;
    for (const Projection& j : c.projections())
      EXPECT_EQ(occurrences(d.svg, "<title>" + svg::escape(j.name) + ": "), 1U) << j.name;
    EXPECT_EQ(d.svg.find("nan"), std::string::npos);
    EXPECT_EQ(d.description, describe(c));
  }
}

TEST(CircuitDrawing, CellsAndCompartmentsDoNotOverlap) {
  for (const Circuit& c : circuits()) {
    const Layout l = lay_out(c);
    std::vector<Rect> all;
    for (const Glyph& g : l.glyphs) {
      all.push_back(g.soma);
      all.insert(all.end(), g.compartments.begin(), g.compartments.end());
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k)
        EXPECT_FALSE(overlap(all[i], all[k])) << c.name << " " << i << " " << k;
    }
  }
}

TEST(CircuitDrawing, AreasStandInForwardOrderWhateverTheOrderOfDescription) {
  Circuit c;
  const PopulationId top = c.add_population(samples::neurons("top", "rep", 2, {{"basal", 0.1}}));
  const PopulationId middle = c.add_population(samples::neurons("middle", "rep", 2, {{"basal", 0.1}}));
  const PopulationId low = c.add_population(samples::neurons("low", "rep", 2, {{"basal", 0.1}}));
  c.connect(low, top, {.compartment = "basal"});
  c.connect(low, middle, {.compartment = "basal"});
  c.connect(middle, top, {.compartment = "basal"});
  const Layout l = lay_out(c);
  EXPECT_LT(l.glyphs[low.value].column, l.glyphs[middle.value].column);
  EXPECT_LT(l.glyphs[middle.value].column, l.glyphs[top.value].column);
}

TEST(CircuitDrawing, ShapesFollowStructureNotNames) {
  Circuit c = error_neurons({4, 5, 3});
  c.edit(c.population("v1.rep")).name = "v1.error";
  c.edit(c.population("v1.err")).name = "v1.pyramidal";
  const Layout l = lay_out(c);
  const Glyph& forward = l.glyphs[c.population("v1.error").value];
  const Glyph& beside = l.glyphs[c.population("v1.pyramidal").value];
  EXPECT_EQ(forward.shape, Glyph::Shape::pyramidal);
  EXPECT_EQ(beside.shape, Glyph::Shape::round);
  EXPECT_GT(forward.compartments[0].y, forward.soma.y)
      << "what forward projections reach is drawn below the soma";
  EXPECT_LT(forward.compartments[1].y, forward.soma.y);
}

TEST(CircuitDrawing, ArrowsEndAtTheEdgeOfTheirCompartment) {
  for (const Circuit& c : circuits()) {
    const Layout l = lay_out(c);
    for (const Arrow& a : route(c, l).arrows) {
      const Glyph& g = l.glyphs[a.to.value];
      const Rect target = a.compartment ? g.compartments[*a.compartment] : g.soma;
      const double outside_x = std::max(0.0, std::abs(a.end.x - target.x) - target.w / 2);
      const double outside_y = std::max(0.0, std::abs(a.end.y - target.y) - target.h / 2);
      EXPECT_LE(std::hypot(outside_x, outside_y), 1.5) << a.title;
    }
  }
}

TEST(CircuitDrawing, SkipConnectionsRunOutsideTheAreas) {
  const Circuit c = error_neurons({8, 4, 2, 1}, {.skip = true});
  const Layout l = lay_out(c);
  const Routes routes = route(c, l);
  EXPECT_GT(routes.bottom, l.bottom);
  EXPECT_LT(routes.top, l.top);
  const Circuit layered = error_neurons({8, 4, 2, 1});
  const Layout flat = lay_out(layered);
  EXPECT_EQ(route(layered, flat).bottom, flat.bottom);
}

TEST(CircuitDrawing, SaysWhatColourWouldSayInDashesTagsAndLegend) {
  const std::string svg = draw(error_neurons({4, 120, 3})).svg;
  EXPECT_GT(occurrences(svg, ">Wᵀ</text>"), 1U) << "on the arrow and in the legend";
  EXPECT_GT(occurrences(svg, "class=\"times\""), 1U);
  for (const char* text : {"feedback", "plastic (thin: fixed)", "multiplies the compartment",
                           "one to one (otherwise dense)", "N = 120"}) {
    EXPECT_NE(svg.find(text), std::string::npos) << text;
  }
  EXPECT_EQ(svg.find("delay of k steps"), std::string::npos) << "the legend names only what occurs";
  EXPECT_NE(draw(interneurons(3)).svg.find("delay of k steps"), std::string::npos);
}

TEST(CircuitDrawing, SameCircuitSameBytes) {
  const Circuit c = error_neurons({8, 4, 2, 1}, {.skip = true});
  EXPECT_EQ(draw(c).svg, draw(c).svg);
}

TEST(CircuitDrawing, EscapesNames) {
  Circuit c;
  const PopulationId in = c.add_external("<in & out>", 2);
  c.connect(in, c.add_population(samples::neurons("\"v1\"", "<rep>", 2, {{"<basal>", 0.1}})),
            {.compartment = "<basal>"});
  c.name = "<script>";
  const DrawnCircuit d = draw(c);
  EXPECT_EQ(malformed(d.svg), "");
  EXPECT_EQ(d.svg.find("<script>"), std::string::npos);
}

}  // namespace
}  // namespace apical
