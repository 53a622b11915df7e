// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "apical/experiment/protocol_fields.h"
#include "apical/experiment/run_fields.h"
#include "apical/experiment/search.h"
#include "apical/experiment/spiking_tables.h"
#include "apical/experiment/start_fields.h"
#include "apical/experiment/sweep.h"
#include "apical/experiment/toml/circuit_reference.h"
#include "apical/experiment/toml/spiking_reference.h"
#include "apical/experiment/tuned.h"
#include "apical/learning/reward_plan.h"
#include "apical/learning/training_fields.h"
#include "apical/models/layered_models.h"
#include "apical/models/recurrent_models.h"
#include "apical/models/registry.h"
#include "apical/models/spiking_models.h"

namespace apical {
namespace {

std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    text.replace(at, 1, "\\|");
  return text;
}

std::string expected_of(const FieldInfo& f) {
  if (f.choices.empty()) return f.bounds.text();
  std::string words;
  for (const std::string& c : f.choices) words += (words.empty() ? "" : ", ") + (c.empty() ? "\"\"" : c);
  return words;
}

std::string default_of(const FieldInfo& f) {
  if (f.required) return "required";
  if (f.optional) return "not given";
  return text_of(f.default_value) + (f.unit.empty() ? "" : " " + f.unit);
}

std::string table_of(const std::vector<FieldInfo>& list) {
  std::string out =
      "| key | type | default | expected | meaning | source |\n| --- | --- | --- | --- | --- | --- |\n";
  for (const FieldInfo& f : list) {
    out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", f.name, type_of(f), cell(default_of(f)),
                       cell(expected_of(f)), cell(f.meaning), cell(f.source));
  }
  return out + "\n";
}

template <class Model>
std::string section_of(const Model& m, const std::vector<FieldInfo>& list) {
  return fmt::format("### {}\n\n{}. {}\n\n{}", m.name, m.description, m.citation,
                     list.empty() ? "" : table_of(list));
}

/// What `list` has beyond `common`, or with another default.
std::vector<FieldInfo> own(const std::vector<FieldInfo>& list, const std::vector<FieldInfo>& common) {
  std::vector<FieldInfo> out;
  for (const FieldInfo& f : list) {
    const bool known = std::any_of(common.begin(), common.end(), [&](const FieldInfo& c) {
      return c.name == f.name && default_of(c) == default_of(f);
    });
    if (!known) out.push_back(f);
  }
  return out;
}

std::string tables_of_an_experiment() {
  const TaskInfo& shown = find_task("yin-yang");
  std::string out =
      "## [training]\n\nOptions that mean something for some tasks only are refused by the others.\n\n";
  out += table_of(list_all_fields(TrainingOptions(shown)));
  out += "Where a circuit learns:\n\n" + table_of(list_all_fields(PresentationOptions(shown)));
  out += "To go on from another run:\n\n" + table_of(list_all_fields(ContinueOptions{}));
  out += "## [run]\n\n" + table_of(list_all_fields(RunSettings{}));
  out += "## [[record]]\n\nOf circuits of rate neurons and of layered networks.\n\n" +
         table_of(list_all_fields(RecordRequest{}));
  out +=
      "## [reward]\n\nFor tasks that reward. `passes` and `minibatches` are 1 unless the method is ppo.\n\n";
  out += table_of(list_all_fields(RewardPlan{}));
  out += "## [sweep]\n\nBeside it stands [sweep.values].\n\n" + table_of(list_all_fields(SweepOptions{}));
  out += "## [tune]\n\nBeside it stands [tune.space] ([tuning.md](tuning.md)).\n\n" +
         table_of(list_all_fields(TuneOptions{}));
  out += "## [tuned]\n\nWritten by `apical tune`: how settings were found ([tuning.md](tuning.md)).\n\n" +
         table_of(list_all_fields(Tuned{}));
  out +=
      "## Where neurons spike: [training] and [record]\n\n`epochs` of courses that train; a recipe has a "
      "default of its own.\n\n";
  out += table_of(list_all_fields(CourseTraining{})) + table_of(list_all_fields(SpikeRecordOptions{}));
  out += "## [protocol]\n\nOf circuits of rate neurons:\n\n" + table_of(list_all_fields(TrialOptions{}));
  out += "Of spiking circuits, whose course brings its tests:\n\n" +
         table_of(list_all_fields(CourseProbeOptions{}));
  out += "### [[condition]]\n\nIts [[condition.perturbation]] are told in [protocols.md](protocols.md).\n\n";
  out += table_of(list_all_fields(Condition{}));
  out += "### [[measure]]\n\n" + table_of(list_all_fields(MeasureOptions{}));
  out += "## [value]\n\nThe network that predicts reward: a layered model, with the options of [model].\n\n";
  return out;
}

std::string models_of_all_kinds() {
  std::string out =
      "## [model]: where weights start\n\nOf circuits of rate neurons, recipes or your own, and of layered "
      "and recurrent networks.\n\n" +
      table_of(list_all_fields(StartOptions{}));
  out += "## [model]: circuits of rate neurons\n\n";
  for (const models::Model& m : models::all()) out += section_of(m, list_all_fields(m.recipe));
  const auto& layered = models::layered_models();
  const std::vector<FieldInfo> common = list_fields(layered.front().recipe);
  out += "## [model]: layered networks\n\nAll of them have these options:\n\n" + table_of(common);
  out += "What follows are further options, and other defaults.\n\n";
  for (const models::LayeredModelRecipe& m : layered)
    out += section_of(m, own(list_fields(m.recipe), common));
  const auto& recurrent = models::recurrent_models();
  const std::vector<FieldInfo> shared = list_fields(recurrent.at(1).recipe);
  out += "## [model]: recurrent networks\n\nAll of them have these options:\n\n" + table_of(shared);
  out += "What follows are further options, and other defaults.\n\n";
  for (const models::RecurrentModelRecipe& m : recurrent)
    out += section_of(m, own(list_all_fields(m.recipe), shared));
  out += "## [model]: circuits of spiking neurons\n\n";
  for (const models::SpikingModel& m : models::spiking_models()) {
    std::vector<FieldInfo> list = m.presets;
    for (FieldInfo& f : list_fields(m.recipe({}))) list.push_back(std::move(f));
    out += section_of(m, list);
  }
  return out;
}

}  // namespace

std::string reference_page() {
  std::string out =
      "# Reference: every option\n\nWritten by `apical reference` from the program itself. What the tables "
      "are for is told in "
      "[experiments.md](experiments.md) and the pages beside it. `apical models NAME` and `apical tasks "
      "NAME` show the same "
      "for one model or task.\n\n";
  out += tables_of_an_experiment();
  out += "## [task]\n\n";
  for (const TaskInfo& t : tasks()) out += section_of(t, list_all_fields(t.recipe));
  out += models_of_all_kinds();
  out += "## Parts of a circuit\n\n" + circuit_reference();
  out += "## Parts of a circuit of spiking neurons\n\n" + spiking_circuit_reference();
  out += "## Parts of a course\n\n" + course_reference();
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace apical
