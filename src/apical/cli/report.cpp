// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/command.h"
#include "apical/io/json.h"
#include "apical/report/compose/write_report.h"

namespace apical::cli {
namespace {

int report(Context& context, const Arguments& arguments) {
  const std::string path = write_report(arguments.positionals.front()).string();
  context.out << (arguments.has("--json") ? io::json_text({{"schema", "apical-report/1"}, {"report", path}})
                                          : path + "\n");
  return 0;
}

}  // namespace

Command report_command() {
  Command c;
  c.name = "report";
  c.summary = "write report.html of a run or comparison again";
  c.positionals = {{"RUN", "directory of a run or of a comparison", 1, 1}};
  c.examples = {"apical report runs/error-neurons-001"};
  c.run = report;
  return c;
}

}  // namespace apical::cli
