// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>
#include <thread>

#include "apical/analysis/metrics.h"
#include "apical/cli/command.h"
#include "apical/cli/display_text.h"
#include "apical/core/text_pieces.h"
#include "apical/io/json.h"
#include "apical/live/progress_of.h"
#include "apical/live/run_tail.h"
#include "apical/run/run_row.h"
#include "apical/run/runs_in.h"

namespace apical::cli {
namespace {

struct Sum {
  double value = 0;
  std::size_t seeds = 0, finite = 0;
};
using Sums = std::map<double, Sum>;  ///< by epoch

/// A run that is looked at again and again.
struct Watched {
  explicit Watched(io::Path path) : run(std::move(path)), tail(run) {}
  io::Path run;
  live::RunTail tail;
  CheckedState checked{run};
  std::map<MeasuredCourse, Sums> courses = {};
  std::map<MeasuredCourse, std::set<std::uint64_t>> seeds = {};  ///< that have been measured
  live::Progress progress = {};
  RunState state = RunState::stopped;
  std::string remark = {}, label = {};

  void forget() {
    courses.clear();
    seeds.clear();
  }

  void look() {
    try {
      state = checked.look(remark);
      if (state == RunState::broken) {  // nothing is told of files that are not those that were written
        forget();
        return;
      }
      if (label.empty()) label = io::read_json(run / "manifest.json").value("label", "");
      for (;;) {
        const live::RunTail::News news = tail.read();
        if (news.cut) forget();
        for (const auto& row : news.rows) {
          const Measurement& m = row.measurement;
          Sum& sum = courses[{m.where, m.metric}][m.epoch];
          sum.value += m.value;
          ++sum.seeds;
          if (std::isfinite(m.value)) ++sum.finite;
          seeds[{m.where, m.metric}].insert(m.seed);
        }
        if (news.rows.empty()) break;
      }
      progress = live::progress_of(run);
    } catch (const Error& e) {
      forget();
      state = RunState::broken;
      remark = e.what();
    } catch (const nlohmann::json::exception& e) {
      forget();
      state = RunState::broken;
      remark = e.what();
    }
  }
};

/// A figure over seeds, for each epoch.
struct ShownCourse {
  std::string words, unit;
  double times = 1;
  std::vector<double> values = {};  ///< where every seed that was measured so far has one
  int rank = 0;                     ///< among others
  std::size_t seeds = 0, of = 0;    ///< that are finite at its last epoch, of those of the run

  std::optional<double> last() const {
    return values.empty() ? std::nullopt : std::optional<double>(values.back());
  }
};

/// What models are compared by, angles and rates, and the loss of training.
/// A mean over the seeds that happen to be further would be of other seeds at each epoch.
std::vector<ShownCourse> courses_to_show(const Watched& w) {
  std::vector<ShownCourse> out;
  std::set<std::uint64_t> of_the_run;
  for (const auto& [c, seeds] : w.seeds) of_the_run.insert(seeds.begin(), seeds.end());
  for (const auto& [c, sums] : w.courses) {
    const Metric metric = metric_of(c.metric);
    const bool headline = live::is_followed(metric, c.where);
    const bool learned = c.where == "train" && metric.drawn && (c.metric == "loss" || c.metric == "cost");
    if (!headline && !learned && !(metric.unit == "Hz" && metric.drawn)) continue;
    ShownCourse course{
        words_at(metric, c.where), metric.in_percent() ? "%" : metric.unit, metric.shown_times, {}};
    const std::size_t measured = w.seeds.at(c).size();
    for (const auto& [epoch, sum] : sums) {
      if (sum.seeds == measured) course.values.push_back(sum.value / static_cast<double>(sum.seeds));
    }
    course.seeds = sums.empty() ? 0 : sums.rbegin()->second.finite;
    course.of = of_the_run.size();
    course.rank = c.where == "validation" ? 0 : c.where == "test" ? 1 : 2;
    out.push_back(std::move(course));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const ShownCourse& a, const ShownCourse& b) { return a.rank < b.rank; });
  return out;
}

/// The last values, as many as fit, between the least and the largest of them.
std::string curve(const std::vector<double>& values, std::size_t columns) {
  constexpr const char* kLevels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::vector<double> shown;
  const std::size_t n = std::min(columns, values.size());
  for (std::size_t i = 0; i < n; ++i) shown.push_back(values[(i + 1) * values.size() / n - 1]);
  double low = INFINITY, high = -INFINITY;
  for (const double v : shown) {
    if (!std::isfinite(v)) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  std::string out;
  for (const double v : shown) {
    if (!std::isfinite(v)) {
      out += " ";
      continue;
    }
    const double share = high > low ? (v - low) / (high - low) : 0;
    out += kLevels[static_cast<std::size_t>(std::lround(share * 7))];
  }
  return out;
}

/// As much of its end as fits.
std::string end_of(std::string text, std::size_t columns) {
  if (display_width(text) <= columns) return text;
  while (!text.empty() && display_width(text) + 1 > columns) text.erase(0, first_character(text).bytes);
  return "…" + text;
}

std::string lines_of(const Watched& w, std::size_t columns) {
  std::string out = fmt::format(": {}", name_of(w.state));
  const live::Progress& p = w.progress;
  if (p.epochs) out += fmt::format(", epoch {} of {}", p.epochs_done, *p.epochs);
  if (p.seconds_per_epoch && *p.seconds_per_epoch > 0)
    out += fmt::format(", {:.3g} s each", *p.seconds_per_epoch);
  if (w.state == RunState::running && p.seconds_left)
    out += fmt::format(", {} left", live::duration_text(*p.seconds_left));
  constexpr double kSilent = 60;
  if (w.state == RunState::running && p.silent_s &&
      *p.silent_s > std::max(kSilent, 5 * p.seconds_per_epoch.value_or(0)))
    out += fmt::format("; nothing written for {}", live::duration_text(*p.silent_s));
  if (w.state == RunState::broken || w.state == RunState::faulted)
    out += ": " + w.remark.substr(0, w.remark.find('\n'));
  // How far it is matters more than the folders above it.
  const std::string label = w.label.empty() ? "?" : w.label;
  std::string path = w.run.string();
  constexpr std::size_t kLeastPath = 16;
  const std::size_t others = display_width(label) + display_width(out) + 3;
  if (columns > 0) path = end_of(path, columns > others + kLeastPath ? columns - others : kLeastPath);
  out = fmt::format("{} ({}){}\n", label, path, out);
  constexpr std::size_t kWords = 28, kCurve = 48;
  const std::size_t room =
      columns > 0 ? std::clamp<std::size_t>(columns > 56 ? columns - 52 : 8, 8, kCurve) : kCurve;
  for (const ShownCourse& c : courses_to_show(w)) {
    const std::string last = c.last() ? fmt::format("{:.4g}", *c.last() * c.times) : "-";
    const std::string name = shortened(c.words, kWords);
    const std::string missing =
        c.seeds < c.of ? fmt::format("{} of {} seeds ", c.seeds, c.of) : std::string();
    out += fmt::format("  {}{} {:>9} {:<3} {}{}\n", name, std::string(kWords - display_width(name), ' '),
                       last, c.unit, missing,
                       c.values.size() > 1
                           ? curve(c.values, std::max<std::size_t>(room, 8 + missing.size()) - missing.size())
                           : "");
  }
  return out;
}

/// No line is broken and none is above the window, or it could not be drawn over.
std::string fitted(const std::string& text, std::size_t columns, std::size_t rows) {
  std::vector<std::string> lines = pieces_of(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  constexpr std::size_t kFewest = 4;
  if (rows > kFewest && lines.size() >= rows) {
    const std::size_t hidden = lines.size() - (rows - 2);
    lines.resize(rows - 2);
    lines.push_back(fmt::format("… {} more lines: in a taller window, or of fewer runs", hidden));
  }
  std::string out;
  for (const std::string& line : lines) out += (columns > 0 ? shortened(line, columns - 1) : line) + "\n";
  return out;
}

nlohmann::json json_of(const Watched& w) {
  nlohmann::json j{{"run", w.run.string()},
                   {"label", w.label},
                   {"state", name_of(w.state)},
                   {"remark", w.remark},
                   {"epochs_done", w.progress.epochs_done},
                   {"figures", nlohmann::json::array()}};
  const auto add = [&](const char* name, const std::optional<double>& value) {
    if (value) j[name] = io::json_number(*value);
  };
  add("epochs", w.progress.epochs);
  add("seconds_per_epoch", w.progress.seconds_per_epoch);
  add("seconds_left", w.progress.seconds_left);
  for (const ShownCourse& c : courses_to_show(w))
    j["figures"].push_back(
        {{"words", c.words},
         {"last", c.last() ? nlohmann::json(io::json_number(*c.last())) : nlohmann::json()},
         {"seeds", c.seeds},
         {"of_seeds", c.of}});
  return j;
}

int watch(Context& context, const Arguments& arguments) {
  const double every_s = static_cast<double>(arguments.integer("--every", 1, 1, 3600));
  std::vector<std::unique_ptr<Watched>> watched;
  for (const std::string& given : arguments.positionals) {
    for (const io::Path& run : runs_in(given)) {
      if (is_run(run)) watched.push_back(std::make_unique<Watched>(run));
    }
  }
  if (watched.empty())
    throw DataError(fmt::format("no run of {} has begun", join_names(arguments.positionals)));
  const bool once = arguments.has("--once") || arguments.has("--json");
  const bool redraws = context.columns() > 0 && !once;
  std::size_t drawn = 0;
  for (;;) {
    for (const auto& w : watched) w->look();
    if (arguments.has("--json")) {
      nlohmann::json all{{"schema", "apical-watch/1"}, {"runs", nlohmann::json::array()}};
      for (const auto& w : watched) all["runs"].push_back(json_of(*w));
      context.out << io::json_text(all);
      return 0;
    }
    std::string text;
    for (const auto& w : watched) text += lines_of(*w, context.columns());
    if (redraws) text = fitted(text, context.columns(), context.rows());
    // Back to where it began; the stream that is written to escapes what comes from files, not this.
    if (redraws && drawn > 0 && context.control != nullptr)
      *context.control << "\x1b[" << drawn << "A\x1b[J" << std::flush;
    context.out << text << std::flush;
    drawn = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    const bool any = std::any_of(watched.begin(), watched.end(),
                                 [](const auto& w) { return w->state == RunState::running; });
    if (once || !any || !context.out) return 0;
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(every_s);
    while (std::chrono::steady_clock::now() < until) {
      if (context.stop->load()) return 0;  // the runs go on
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

}  // namespace

Command watch_command() {
  Command c;
  c.name = "watch";
  c.summary = "runs while they go on: curves, angle, rates and time left, until none of them runs any more";
  c.positionals = {{"RUN", "directories of runs or of comparisons", 1, 10000}};
  c.options = {{"--every", "S", "look again after so many seconds (default 1)"},
               {"--once", "", "look once and leave"}};
  c.examples = {"apical watch runs/error-neurons-001", "apical watch runs/error-neurons-001 --once"};
  c.run = watch;
  return c;
}

}  // namespace apical::cli
