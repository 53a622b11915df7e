// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/reference.h"

#include <ostream>

#include "apical/cli/command.h"

namespace apical::cli {

Command reference_command() {
  Command c;
  c.name = "reference";
  c.summary = "every option of an experiment file, as a page in Markdown";
  c.has_json = false;
  c.examples = {"apical reference > docs/reference.md"};
  c.run = [](Context& context, const Arguments&) {
    context.out << reference_page();
    return 0;
  };
  return c;
}

}  // namespace apical::cli
