// SPDX-License-Identifier: Apache-2.0
#include "apical/run/manifest_facts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apical/analysis/layered_ingredients.h"
#include "apical/analysis/recurrent_ingredients.h"
#include "apical/analysis/spiking_ingredients.h"
#include "apical/experiment/toml/circuit_toml.h"
#include "apical/experiment/toml/spiking_circuit_toml.h"
#include "apical/procedure/course_display.h"
#include "apical/procedure/course_drives.h"

namespace apical {
namespace {

std::string read_out(const Experiment& e, const TaskInfo& task) {
  if (task.rewards) {
    return "the policy takes its most likely action in every state; test episodes start where no training "
           "episode did, and are the same for all seeds. "
           "In training, actions are drawn, and returns are those of the last episodes that ended. The angle "
           "is taken decision by decision, each "
           "weighed by its advantage, in a rollout that is not learned from.";
  }
  if (task.steers) {
    return fmt::format(
        "the circuit sees each state of the plant for {} network steps, then its output acts. The loss is "
        "the squared difference from the "
        "teacher's output in the same states. Start states are the same for all seeds, and the teacher is "
        "scored on them too.",
        e.presentation.steps_per_control);
  }
  if (e.is_recurrent())
    return "the answer to a sample is the mean of the outputs over the steps in which one is wanted, its "
           "last "
           "ones; where each of these has a target of its own, there is an answer in each. The loss is the "
           "mean over these steps.";
  if (e.presentation.scored == ScoredSteps::all)
    return "the loss is the mean over all steps but the first ten.";
  return e.presentation.further_steps() > 0 ? "outputs are read one step after the end of each sample."
                                            : "outputs are read at the last step of each presentation.";
}

void add_ingredients(nlohmann::json& m, const std::vector<Ingredient>& all) {
  m["needs"] = m["ingredients"] = nlohmann::json::array();
  for (const Ingredient& i : all) {
    m["ingredients"].push_back({{"name", i.name}, {"needed", i.needed}, {"reason", i.reason}});
    if (i.needed) m["needs"].push_back(i.name);
  }
}

void method(nlohmann::json& m, const std::string& title, const std::string& text) {
  m["method"].push_back({{"title", title}, {"text", text}});
}

template <class Trained>
void add_facts_of(nlohmann::json& m, const Experiment& e, const Trained& subject) {
  m["task_description"] = find_task(e.task).description;
  add_ingredients(m, ingredients(subject));
}

void add_facts_of(nlohmann::json& m, const Experiment& e, const SpikingExperiment& s) {
  if (!e.task.empty()) m["task_description"] = find_task(e.task).description;
  method(m, "Course", in_words(s.course));
  if (!s.course.protocol) {
    method(m, "Events and bursts",
           "An event is the first spike after a pause; the second spike of a burst makes it a burst. Burst "
           "probability is bursts over events. What tells a pause, and every other departure of the "
           "published program from its article, is an option of the experiment and stands below.");
  }
  m["seed_draws"] = "the wiring, the initial state and all background input";
  m["raster_neurons"] = s.record.raster_neurons;
  m["display"] = display_json(display_of(s.circuit, s.course));
  m["drives"] = nlohmann::json::array();
  for (const DrivePiece& d : drives_of(s.course)) {
    m["drives"].push_back({{"segment", d.segment},
                           {"population", d.population},
                           {"into", name_of(d.into)},
                           {"from_s", d.from_s},
                           {"until_s", d.until_s},
                           {"constant_A", d.constant_A},
                           {"amplitude_A", d.amplitude_A},
                           {"period_s", d.period_s}});
  }
  add_ingredients(m, ingredients(s.circuit, s.course));
}

}  // namespace

void add_method(nlohmann::json& m, const std::string& title, const std::string& text) {
  method(m, title, text);
}

void add_evaluation(nlohmann::json& m, const Experiment& e) {
  method(m, "Evaluation",
         "The state after the last epoch is tested, without targets and with plasticity off; " +
             read_out(e, e.task_info()));
}

void add_facts(nlohmann::json& m, const Experiment& e) {
  m["description"] = e.description;
  std::visit([&](const auto& subject) { add_facts_of(m, e, subject); }, e.subject);
  if (e.tuned) method(m, "Tuning", e.tuned->in_words());
}

void write_circuit(const Experiment& e, const io::Path& run) {
  struct Text {
    std::string operator()(const Circuit& c) const { return circuit_toml(c); }
    std::string operator()(const SpikingExperiment& s) const {
      return s.circuit.groups.empty() ? "" : circuit_toml(s.circuit);
    }
    std::string operator()(const models::LayeredNetwork&) const { return ""; }
    std::string operator()(const models::RecurrentNetwork&) const { return ""; }
  };
  const std::string text = std::visit(Text{}, e.subject);
  if (!text.empty()) io::write_atomically(run / "circuit.toml", text);
}

}  // namespace apical
