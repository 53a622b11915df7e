// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "apical/cli/command.h"
#include "apical/io/json.h"
#include "apical/report/compose/write_report.h"
#include "apical/run/runs_in.h"
#include "apical/study/joint_report.h"

namespace apical::cli {
namespace {

int report(Context& context, const Arguments& arguments) {
  const auto out = arguments.value("--out");
  // A folder without --out may as well be a mistake: where its page goes is for who asks to say.
  const bool one = arguments.positionals.size() == 1 && !out;
  const std::vector<io::Path> given =
      one ? std::vector<io::Path>{arguments.positionals.front()} : runs_meant(arguments.positionals);
  io::Path page = out.value_or("report.html");
  if (given.size() == 1) {
    if (out)
      throw UsageError("--out goes with several runs; the page of one is report.html in its directory");
    page = write_report(given.front());
  } else {
    if (page.extension() != ".html")
      throw UsageError(fmt::format("--out is '{}'; expected a name that ends in .html", page.string()));
    write_joint_report(given, page);
  }
  std::vector<io::Path> gone;
  for (const io::Path& directory : given) {
    if (!io::file_exists(directory / "comparison.json")) continue;
    for (const io::Path& run : gone_from(directory)) gone.push_back(run);
  }
  if (gone.size() == 1)
    context.err << fmt::format("apical: {} was compared and is gone; the page does without it\n",
                               gone.front().string());
  else if (!gone.empty())
    context.err << fmt::format(
        "apical: {} runs, such as {}, were compared and are gone; the page does without them\n", gone.size(),
        gone.front().string());
  context.out << (arguments.has("--json")
                      ? io::json_text({{"schema", "apical-report/1"}, {"report", page.string()}})
                      : page.string() + "\n");
  return 0;
}

}  // namespace

Command report_command() {
  Command c;
  c.name = "report";
  c.summary = "write report.html of a run or comparison again, or one page of several";
  c.positionals = {{"RUN",
                    "directories of runs or of comparisons, or with --out a folder of them; seeds of one "
                    "experiment are put "
                    "together",
                    1, 10000}};
  c.options = {{"--out", "PAGE", "of several runs: where the page goes (default report.html, here)"}};
  c.examples = {"apical report runs/error-neurons-001",
                "apical report runs/error-neurons-001 runs/error-neurons-002 --out together.html"};
  c.run = report;
  return c;
}

}  // namespace apical::cli
