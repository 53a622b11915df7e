// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/command.h"
#include "apical/cli/display_text.h"
#include "apical/cli/field_list.h"
#include "apical/io/json.h"
#include "apical/tasks/task.h"

namespace apical::cli {
namespace {

int tasks(Context& context, const Arguments& arguments) {
  std::vector<TaskInfo> shown = apical::tasks();
  if (!arguments.positionals.empty()) shown = {find_task(arguments.positionals.front())};
  if (arguments.has("--json")) {
    nlohmann::json all;
    all["schema"] = "apical-tasks/2";
    for (const TaskInfo& t : shown) {
      nlohmann::json one{{"name", t.name},           {"description", t.description},
                         {"citation", t.citation},   {"classifies", t.classifies},
                         {"sequences", t.sequences}, {"steers", t.steers},
                         {"rewards", t.rewards}};
      for (const FieldInfo& f : list_all_fields(t.recipe)) one["parameters"].push_back(cli::json_of(f));
      all["tasks"].push_back(one);
    }
    context.out << io::json_text(all);
    return 0;
  }
  for (const TaskInfo& t : shown) {
    context.out << t.name << "\n" << hanging("", 2, t.description, context.columns());
    if (arguments.positionals.empty()) continue;
    context.out << hanging("", 2, t.citation, context.columns());
    for (const FieldInfo& f : list_all_fields(t.recipe)) context.out << line_of(f, context.columns());
  }
  return 0;
}

}  // namespace

Command tasks_command() {
  Command c;
  c.name = "tasks";
  c.summary = "what there is to learn, with parameters and sources";
  c.positionals = {{"TASK", "one task in detail", 0, 1, [] {
                      std::vector<std::string> names;
                      for (const TaskInfo& t : apical::tasks()) names.push_back(t.name);
                      return names;
                    }}};
  c.examples = {"apical tasks", "apical tasks yin-yang"};
  c.run = tasks;
  return c;
}

}  // namespace apical::cli
