// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/child_processes.h"
#include "apical/cli/command.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/io/json.h"
#include "apical/report/compose/write_report.h"
#include "apical/report/html/svg_file.h"
#include "apical/run/place_of_results.h"
#include "apical/study/joint_report.h"

namespace apical::cli {
namespace {

constexpr double kColumnWidth = 89;  // mm, of most journals with two columns

/// "89mm", "8.9cm", "3.5in", "252pt" in millimetres.
double width_mm(const std::string& text) {
  double value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string unit(fault == std::errc{} ? end : text.data());
  const double mm = unit == "mm" ? 1 : unit == "cm" ? 10 : unit == "in" ? 25.4 : unit == "pt" ? 25.4 / 72 : 0;
  if (mm == 0 || !(value * mm >= 30 && value * mm <= 1000))
    throw UsageError(fmt::format(
        "--width is '{}'; expected a length from 30mm to 1000mm with its unit: 89mm, 8.9cm, 3.5in or 252pt",
        text));
  return value * mm;
}

/// By librsvg's own program, so that nobody's `apical` loads forty libraries more.
void write_pdf(const std::string& svg, const io::Path& out) {
  if (!is_in_path("rsvg-convert"))
    throw IoError(
        "PDF is made by rsvg-convert, which is not in PATH; install librsvg2-bin, or give --out a name that "
        "ends in .svg");
  const io::Path source = io::temporary_name(io::Path(out.string() + ".svg")), made = io::temporary_name(out);
  try {
    io::write_atomically(source, svg);
    const Written converted =
        output_of("rsvg-convert", {"--format=pdf", "--output", made.string(), source.string()});
    if (converted.ending != 0)
      throw IoError(
          fmt::format("rsvg-convert could not make {}: it ended with {}", out.string(), converted.ending));
    io::rename_file(made, out);
  } catch (...) {
    io::try_remove_file(source);
    io::try_remove_file(made);
    throw;
  }
  io::try_remove_file(source);
}

int list(Context& context, const Arguments& arguments, const std::vector<Figure>& figures) {
  if (arguments.has("--json")) {
    nlohmann::json all = nlohmann::json::array();
    for (const Figure& f : figures)
      all.push_back({{"name", f.name}, {"title", f.title}, {"metric", f.metric}});
    context.out << io::json_text({{"schema", "apical-plot/1"}, {"figures", std::move(all)}});
    return 0;
  }
  for (const Figure& f : figures) context.out << f.name << "\n    " << f.title << "\n";
  if (figures.empty())
    context.err << fmt::format(
        "apical: the report of {} has no figures: nothing was measured over training yet\n",
        arguments.positionals.front());
  return 0;
}

int plot(Context& context, const Arguments& arguments) {
  const std::vector<io::Path> directories = runs_meant(arguments.positionals);
  const double mm = width_mm(arguments.value("--width").value_or(fmt::format("{}mm", kColumnWidth)));
  const auto what = arguments.value("--what");
  const auto [figures, warnings] = figures_of_all(directories);
  say_notes(context, warnings);
  if (!what) {
    if (arguments.has("--out"))
      throw UsageError("--out needs --what; 'apical plot RUN' lists the figures there are");
    return list(context, arguments, figures);
  }
  const std::vector<Figure> found = figures_named(figures, *what);
  const Figure& figure = found.front();
  if (found.size() > 1) {
    std::vector<std::string> others;
    for (std::size_t i = 1; i < found.size(); ++i) others.push_back(found[i].name);
    context.err << fmt::format("apical: of '{}' there are {} figures; this is {}, the {} {}\n", *what,
                               found.size(), figure.name, others.size() == 1 ? "other is" : "others are",
                               join_names(others));
  }
  const io::Path out = arguments.value("--out").value_or(figure.name + ".svg");
  require_place_for(out);
  if (out.extension() == ".pdf")
    write_pdf(svg_file(figure, mm), out);
  else if (out.extension() == ".svg")
    io::write_atomically(out, svg_file(figure, mm));
  else
    throw UsageError(fmt::format("--out is '{}'; expected a name that ends in .svg or .pdf", out.string()));
  context.out << (arguments.has("--json")
                      ? io::json_text(
                            {{"schema", "apical-plot/1"}, {"figure", figure.name}, {"file", out.string()}})
                      : out.string() + "\n");
  return 0;
}

}  // namespace

Command plot_command() {
  Command c;
  c.name = "plot";
  c.summary = "write a figure of a report as vector graphics, in the size of an article";
  c.positionals = {{"RUN",
                    "directory of a run, a comparison, a sweep or a probe; several of them, or a folder of "
                    "runs: one figure of all, over the key in which they differ if it is one with numbers",
                    1, 10000}};
  c.options = {
      {"--what", "NAME", "a figure, or a metric such as accuracy: its first figure (default: list all)"},
      {"--out", "FILE",
       "ends in .svg or .pdf (default: the figure's name and .svg, here); a file there is "
       "replaced"},
      {"--width", "LENGTH", "such as 89mm, 8.9cm, 3.5in or 252pt; texts have 7 points (default: 89mm)"}};
  c.examples = {"apical plot runs/error-neurons-001",
                "apical plot runs/compare-001 --what accuracy --out fig.pdf --width 183mm",
                "apical plot runs/a-001 runs/a-002 runs/b-001 --what accuracy-over-training"};
  c.run = plot;
  return c;
}

}  // namespace apical::cli
