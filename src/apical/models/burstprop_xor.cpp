// SPDX-License-Identifier: Apache-2.0
// XOR as an experiment (Payeur et al. 2021, Fig. 4): burn-in, a test, epochs of four examples in a fixed
// order, each predicted without plasticity and then taught, and the test again. Nothing is reset in between.
#include <fmt/format.h>

#include "apical/models/payeur2021_xor.h"
#include "apical/models/spiking_fields.h"
#include "apical/models/spiking_models.h"

namespace apical::payeur2021 {
namespace {

using namespace course;

Stimulus pattern(const XorOptions& o, bool first, bool second) {
  const auto current = [&](const char* population, bool on) {
    return Injection{.population = population, .constant_A = on ? o.input_on_A : o.input_off_A};
  };
  return {.name = fmt::format("{:d}{:d}", first, second),
          .label = fmt::format("{:d},{:d}", first, second),
          .injections = {current("in1", first), current("in2", second)},
          .rates = {},
          .target = {first != second ? 1.0 : 0.0}};
}

Measure weights() {
  return {.quantities = {MeasureKind::mean_weight},
          .of = {"in1->hid1 exc", "in1->hid2 exc", "in2->hid1 exc", "in2->hid2 exc", "hid1->out exc",
                 "hid2->out exc"},
          .title = "Plastic weights"};
}

Measure for_each_pattern(std::vector<std::string> of, const char* phase) {
  return {.quantities = {MeasureKind::event_Hz, MeasureKind::burst_probability},
          .of = std::move(of),
          .phase = phase,
          .each = Each::stimulus};
}

Measure right(const char* phase) {
  return {.quantities = {MeasureKind::correct},
          .phase = phase,
          .name = "patterns_correct",
          .text = "patterns right, of 4"};
}

Stage test(const XorOptions& o, const char* name, When when) {
  Stage s{.name = name, .when = when, .shows = Shows::stimuli, .watched = name};
  s.phases = {{.name = "settling", .duration_s = 0.5 * o.example_s},
              {.name = "answer", .duration_s = 0.5 * o.example_s}};
  Measure answers = for_each_pattern({"out"}, "answer"), bursts = answers;
  answers.quantities = {MeasureKind::event_Hz};
  answers.text = "output for {label} (target {target})";
  answers.title = "Answers of the output population";
  bursts.quantities = {MeasureKind::burst_probability};
  s.measures = {right("answer"), answers, bursts, for_each_pattern({"in1", "in2", "hid1", "hid2"}, "answer"),
                weights()};
  return s;
}

Stage training(const XorOptions& o) {
  Stage s{.name = "training", .when = When::epoch, .shows = Shows::stimuli, .where = "train"};
  s.phases = {{.name = "settling", .duration_s = 0.45 * o.example_s},
              {.name = "prediction", .duration_s = 0.45 * o.example_s},
              {.name = "teaching", .duration_s = 0.1 * o.example_s, .plastic = true, .taught = true}};
  s.measures = {{.quantities = {MeasureKind::total_cost},
                 .phase = "prediction",
                 .name = "cost",
                 .title = "Cost of an epoch"},
                right("prediction"),
                for_each_pattern({"hid1", "hid2", "out"}, "prediction"),
                {.quantities = {MeasureKind::burst_probability},
                 .of = {"hid1", "hid2", "out"},
                 .phase = "teaching",
                 .each = Each::stimulus,
                 .name = "{of}_taught_{quantity}"},
                weights()};
  return s;
}

}  // namespace

Course xor_course(const XorOptions& o, std::size_t epochs) {
  Course c;
  for (const auto& [first, second] : {std::pair{false, false}, {true, false}, {false, true}, {true, true}})
    c.stimuli.push_back(pattern(o, first, second));
  c.teacher =
      Teacher{.population = "out", .high_Hz = o.e_max_Hz, .low_Hz = o.e_min_Hz, .largest_A = o.teacher_A};
  Stage burn_in{.name = "burn-in"};
  burn_in.phases = {{.name = "burn-in", .duration_s = 3 * o.alpha_s}};
  c.stages = {burn_in, test(o, "untrained", When::before), training(o), test(o, "trained", When::after)};
  c.epochs = epochs;
  c.activity_bin_s = o.example_s / 32;
  return c;
}

}  // namespace apical::payeur2021

namespace apical::models {
namespace {

using payeur2021::XorOptions;

void fields(Fields& f, XorOptions& o) {
  neurons(f, "neurons", o.neurons,
          "per population; fewer is not neutral: excitatory and inhibitory partners coincide");
  positive(f, "in_degree", o.in_degree, "", "inputs per neuron and projection, on average");
  expect(o.in_degree <= static_cast<double>(o.neurons), "in_degree", o.in_degree,
         fmt::format("at most neurons = {}", o.neurons), {"neurons"});
  f("hidden_plasticity", o.hidden_plasticity, "false: only the output learns");
  f("hidden_eta", o.hidden_eta, "", "learning rate of the hidden populations");
  f("output_eta", o.output_eta, "", "learning rate of the output");
  positive(f, "alpha_s", o.alpha_s, "s", "averaging time of event and burst rates");
  positive(f, "example_s", o.example_s, "s",
           "duration of one example: nine tenths prediction, one tenth with the teacher");
  f("e_max_Hz", o.e_max_Hz, "Hz", "event rate that means 1; also where postsynaptic homeostasis sets in");
  f("e_min_Hz", o.e_min_Hz, "Hz", "event rate that means 0; also below which presynaptic homeostasis acts");
  if (!(o.e_max_Hz > o.e_min_Hz + 2))
    throw FieldError({"e_max_Hz", "e_min_Hz"}, fmt::format("is {:g}; expected more than e_min_Hz + 2 = {:g}",
                                                           o.e_max_Hz, o.e_min_Hz + 2));
  scaled(f, "teacher_pA", o.teacher_A, kPico, "pA", "largest current of the teacher into an output dendrite");
  scaled(f, "input_on_pA", o.input_on_A, kPico, "pA", "current into input somata for 1");
  scaled(f, "input_off_pA", o.input_off_A, kPico, "pA", "current into input somata for 0");
}

void all_fields(Fields& f, XorOptions& o) {
  fields(f, o);
  quirk_fields(f, o.quirks, {.plastic = true, .minimum_rate = true});
}

FieldInfo feedback_preset() {
  return {{.name = "feedback",
           .meaning = "net excitatory to one hidden population and inhibitory to the other; excitatory to "
                      "both, with learning rates half as large unless they are given; none",
           .choices = {"asymmetric", "symmetric", "cut"}},
          std::string("asymmetric")};
}

void apply(XorOptions& o, std::string_view preset, std::size_t choice) {
  if (preset == "feedback") {
    o.use(static_cast<payeur2021::XorFeedback>(choice));
  } else {
    apply_quirk_preset(o.quirks, choice);
  }
}

CircuitAndCourse build(const XorOptions& o) {
  constexpr std::size_t kPublishedEpochs = 500;
  return {payeur2021::xor_network(o), payeur2021::xor_course(o, kPublishedEpochs)};
}

}  // namespace

SpikingModel burstprop_xor() {
  return spiking_recipe<XorOptions>("burstprop-xor",
                                    "three stages of bursting neurons learn XOR: events carry the input up, "
                                    "bursts the teacher's signal down to "
                                    "hidden dendrites (Fig. 4)",
                                    kPayeur, {quirk_preset(), feedback_preset()}, apply, all_fields, build);
}

}  // namespace apical::models
