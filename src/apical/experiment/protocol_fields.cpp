// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/protocol_fields.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/core/time_grid.h"

namespace apical {
namespace {

constexpr double kManyTimes = 1e9;

void question_and_epochs(FieldVisitor& v, Protocol& p, std::size_t trained) {
  v({"question", "", "what the protocol asks, for people"}, p.question);
  v({"epochs", "", "states of training that are probed, 0: before it; default: before and after it"},
    p.epochs);
  p.epochs.erase(std::unique(p.epochs.begin(), p.epochs.end()), p.epochs.end());
  for (const std::size_t epoch : p.epochs) {
    if (epoch > trained) {
      throw FieldError(
          "epochs",
          fmt::format("holds {}; expected whole numbers from 0 to training.epochs = {}", epoch, trained));
    }
  }
  if (p.epochs.empty() || !std::is_sorted(p.epochs.begin(), p.epochs.end()))
    throw FieldError("epochs", "is no rising list of epochs",
                     "e.g. epochs = [0, 20]: before and after learning");
}

void control_field(FieldVisitor& v, Protocol& p) {
  v({"control", "",
     "the condition that others are compared with; control, the undisturbed one, need not be written down"},
    p.control);
}

}  // namespace

TrialOptions::TrialOptions(std::size_t epochs, double presentation_ms, double dt_ms) : trained(epochs) {
  protocol.dt_ms = protocol.every_ms = dt_ms;
  protocol.epochs = {0, epochs};
  protocol.control = "control";
  protocol.samples = 20;
  protocol.blank_ms = presentation_ms;
  protocol.presentation_ms = 3 * presentation_ms;
}

void fields(FieldVisitor& v, TrialOptions& o) {
  Protocol& p = o.protocol;
  question_and_epochs(v, p, o.trained);
  v({"learning", "", "plasticity in trials"}, p.learning);
  v({"evaluate", "", "compare loss and accuracy on the test split, too"}, p.evaluate);
  v.choice({"split", "", "whose samples are shown"}, p.split, {"train", "validation", "test"});
  v({"samples", "", "the first so many", within(1, kManyTimes)}, p.samples);
  v({"repeats", "", "trials of each sample", within(1, kManyTimes)}, p.repeats);
  v({"blank_ms", "ms", "without a stimulus before it; default: training.presentation_ms",
     within(0, kManyTimes)},
    p.blank_ms);
  const StepGrid step{p.dt_ms, "the circuit's time step", "ms"};
  check_on_grid("blank_ms", p.blank_ms, step);
  v({"presentation_ms", "ms", "of the stimulus, at least a time step; default: three times that of training",
     within(p.dt_ms, kManyTimes)},
    p.presentation_ms);
  check_on_grid("presentation_ms", p.presentation_ms, step);
  v({"target", "", "a target is shown"}, p.shows_target);
  v({"target_onset_ms", "ms", "from the onset of the stimulus to that of the target", within(0, kManyTimes)},
    p.target_onset_ms);
  check_on_grid("target_onset_ms", p.target_onset_ms, step);
  if (o.window.empty()) o.window = {-p.blank_ms, p.presentation_ms};
  v({"window_ms", "ms", "what is kept of a trial, from the onset of the stimulus; default: all"}, o.window);
  constexpr double kRounding = 1e-9;
  if (o.window.size() != 2 || o.window[0] >= o.window[1] || o.window[0] < -p.blank_ms - kRounding ||
      o.window[1] > p.presentation_ms + kRounding) {
    throw FieldError({"window_ms", "blank_ms", "presentation_ms"},
                     fmt::format("has to lie within -blank_ms = {:g} and presentation_ms = {:g}", -p.blank_ms,
                                 p.presentation_ms));
  }
  for (const double edge : o.window) check_on_grid("window_ms", edge, step);
  p.from_ms = o.window[0];
  p.until_ms = o.window[1];
  v({"every_ms", "ms", "from one kept step to the next; default: a time step", at_least(p.dt_ms)},
    p.every_ms);
  check_on_grid("every_ms", p.every_ms, step);
  control_field(v, p);
}

CourseProbeOptions::CourseProbeOptions(std::size_t epochs) : trained(epochs) {
  protocol.evaluate = true;
  protocol.epochs = {0, epochs};
  protocol.control = "control";
  protocol.metrics = {"*"};
}

void fields(FieldVisitor& v, CourseProbeOptions& o) {
  question_and_epochs(v, o.protocol, o.trained);
  v({"metrics", "", "in which conditions are compared: names or patterns of what the course's tests measure"},
    o.protocol.metrics);
  control_field(v, o.protocol);
}

void fields(FieldVisitor& v, Condition& c) {
  v({.name = "name", .meaning = "of the condition", .required = true}, c.name);
  v({"during", "", "when it is disturbed: in trials and tests, while it learns, or both"}, c.during);
}

void fields(FieldVisitor& v, MeasureOptions& o) {
  Measure& m = o.measure;
  v({.name = "name", .meaning = "of the measure", .required = true}, m.name);
  v({.name = "population",
     .meaning = "by names or patterns, which may be those of several models",
     .required = true},
    o.populations);
  v({.name = "variable", .meaning = "rate, soma or a compartment", .required = true}, m.variable);
  v({"reduce", "", "mean over neurons of the values, or of their absolute values"}, m.reduce);
  v({.name = "units",
     .meaning = "neurons of each population, counted from 0; default: all",
     .bounds = at_least(0),
     .optional = true},
    m.units);
  v({"single_units", "neurons", "so many of the first population are kept one by one", within(0, kManyTimes)},
    m.single_units);
  if (o.window.empty()) o.window = {0, o.until_ms};
  v({"window_ms", "ms", "where conditions are compared; default: from the onset of the stimulus on"},
    o.window);
  if (o.window.size() != 2 || o.window[0] > o.window[1] || o.window[0] < o.from_ms ||
      o.window[1] > o.until_ms || (o.until_ms > 0 && o.window[0] == o.window[1])) {
    throw FieldError("window_ms",
                     fmt::format("of measure '{}' is no part of the recorded {:g} to {:g} ms", m.name,
                                 o.from_ms, o.until_ms),
                     "give its begin and end, e.g. [0, 0.2]");
  }
  for (const double edge : o.window)
    check_on_grid("window_ms", edge, {o.dt_ms, "the circuit's time step", "ms"});
  m.from_ms = o.window[0];
  m.until_ms = o.window[1];
}

}  // namespace apical
