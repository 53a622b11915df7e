// SPDX-License-Identifier: Apache-2.0
// The subcommands, in the order of 'apical --help'. A new one is a file of its own with a function
// `Command name_command()`, and its line here.
#include "apical/cli/command.h"

#define APICAL_COMMANDS(EACH) \
  EACH(run)                   \
  EACH(check)                 \
  EACH(models)                \
  EACH(tasks)                 \
  EACH(data)                  \
  EACH(reference)             \
  EACH(compare)               \
  EACH(sweep)                 \
  EACH(tune)                  \
  EACH(probe)                 \
  EACH(represent)             \
  EACH(discriminate)          \
  EACH(runs)                  \
  EACH(watch)                 \
  EACH(serve)                 \
  EACH(report)                \
  EACH(plot)                  \
  EACH(diagnose)              \
  EACH(verify)                \
  EACH(export)                \
  EACH(reproduce)             \
  EACH(bench)                 \
  EACH(cite)                  \
  EACH(doctor)                \
  EACH(paths)                 \
  EACH(completion)            \
  EACH(man)

namespace apical::cli {

#define APICAL_DECLARED(name) Command name##_command();
APICAL_COMMANDS(APICAL_DECLARED)

const std::vector<Command>& commands() {
#define APICAL_LISTED(name) name##_command(),
  static const std::vector<Command> all{APICAL_COMMANDS(APICAL_LISTED)};
  return all;
}

}  // namespace apical::cli
