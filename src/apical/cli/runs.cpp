// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/analysis/metrics.h"
#include "apical/cli/command.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/text_table.h"
#include "apical/io/csv.h"
#include "apical/io/json.h"
#include "apical/study/run_columns.h"
#include "apical/study/runs_index.h"

namespace apical::cli {
namespace {

/// What is known of runs in general, by what figures are compared with one another, and what was asked about.
std::vector<std::string> usual_columns(RunsIndex& index, const RunsQuery& query) {
  const std::vector<std::string> keys = index.keys();
  const auto is_key = [&](const std::string& name) {
    return std::binary_search(keys.begin(), keys.end(), name);
  };
  std::vector<std::string> columns;
  for (const char* name : {"run", "state", "label", "task", "seeds"}) {
    if (is_key(name)) add_once(columns, name);
  }
  for (const RunFilter& f : query.where) add_once(columns, f.key);
  if (!query.sort.empty()) add_once(columns, query.sort);
  for (const Metric& m : metrics()) {
    for (const std::string& where : m.headline_at) {
      if (is_key(where + "." + m.name)) add_once(columns, where + "." + m.name);
    }
  }
  if (is_key("remark")) add_once(columns, "remark");
  return columns;
}

RunsQuery query_of(RunsIndex& index, const Arguments& arguments) {
  RunsQuery query;
  for (const std::string& text : arguments.values("--where")) query.where.push_back(parse_filter(text));
  query.sort = arguments.value("--sort").value_or("");
  query.descending = sorted_downwards(query.sort) != arguments.has("--reverse");
  query.at_most = static_cast<std::size_t>(arguments.integer("--limit", 0, 1, 1'000'000'000));
  if (arguments.has("--reverse") && query.sort.empty()) throw UsageError("--reverse goes with --sort KEY");
  const auto asked = arguments.value("--columns");
  query.columns = asked ? columns_named(index, *asked) : usual_columns(index, query);
  return query;
}

/// A list is no number: whoever compares them should know which runs were never asked.
void say_lists(Context& context, RunsIndex& index, const RunsQuery& query) {
  for (const RunFilter& f : query.where) {
    if (!f.number || f.how == "~") continue;
    if (const std::size_t lists = index.lists_under(f.key); lists > 0) {
      context.err << fmt::format("apical: in {} of {} runs {} is a list; compare its items, {}.1 the first\n",
                                 lists, index.size(), f.key, f.key);
    }
  }
}

std::string cell(const std::optional<RunValue>& value, bool short_numbers) {
  if (!value) return "";
  if (const auto* text = std::get_if<std::string>(&*value)) return *text;
  const double number = std::get<double>(*value);
  return short_numbers ? fmt::format("{:.5g}", number) : fmt::format("{}", number);
}

void print_json(std::ostream& out, const RunsQuery& query, const std::vector<FoundRun>& found) {
  nlohmann::json all{
      {"schema", "apical-runs/1"}, {"columns", query.columns}, {"runs", nlohmann::json::array()}};
  for (const FoundRun& run : found) {
    nlohmann::json one{{"directory", run.run}};
    for (std::size_t i = 0; i < query.columns.size(); ++i) {
      const auto& value = run.values[i];
      if (!value) continue;
      const auto* const number = std::get_if<double>(&*value);
      one["values"][query.columns[i]] =
          number != nullptr ? io::json_number(*number) : nlohmann::json(std::get<std::string>(*value));
    }
    all["runs"].push_back(std::move(one));
  }
  out << io::json_text(all);
}

void print_csv(std::ostream& out, const RunsQuery& query, const std::vector<FoundRun>& found) {
  const auto line = [&](const auto& cells, auto&& text_of) {
    for (std::size_t i = 0; i < cells.size(); ++i)
      out << (i > 0 ? "," : "") << io::csv_cell(text_of(cells[i]));
    out << '\n';
  };
  line(query.columns, [](const std::string& name) { return name; });
  for (const FoundRun& run : found) line(run.values, [](const auto& value) { return cell(value, false); });
}

/// Columns in which nothing stands say nothing.
void print_table(Context& context, const RunsQuery& query, const std::vector<FoundRun>& found) {
  std::vector<std::vector<std::string>> rows(found.size() + 1);
  for (std::size_t i = 0; i < query.columns.size(); ++i) {
    const bool empty =
        std::none_of(found.begin(), found.end(), [&](const FoundRun& r) { return r.values[i].has_value(); });
    if (empty) continue;
    rows[0].push_back(query.columns[i]);
    for (std::size_t r = 0; r < found.size(); ++r) rows[r + 1].push_back(cell(found[r].values[i], true));
  }
  if (!found.empty() && !rows[0].empty()) context.out << text_table(rows, context.columns());
}

int runs(Context& context, const Arguments& arguments) {
  if (arguments.has("--json") && arguments.has("--csv"))
    throw UsageError("--json and --csv exclude each other");
  const std::string folder = arguments.positionals.empty() ? "runs" : arguments.positionals.front();
  RunsIndex index(folder);
  const bool shown = context.err_is_terminal && !arguments.has("--quiet");
  ThreadPool pool(threads(arguments));
  auto last = std::chrono::steady_clock::now();
  bool any = false;
  const bool complete = index.refresh(pool, context.stop, [&](std::size_t have, std::size_t all) {
    const auto now = std::chrono::steady_clock::now();
    if (!shown || (now - last < std::chrono::milliseconds(300) && !(any && have == all))) return;
    last = now;
    any = true;
    if (context.control != nullptr) *context.control << '\r';
    context.err << fmt::format("{} of {} runs read{}", have, all, have == all ? "\n" : "") << std::flush;
  });
  if (!complete) {
    context.err << "apical: stopped; the same command goes on with the runs that are left\n";
    return static_cast<int>(ExitCode::resumable);
  }
  if (!index.note().empty() && arguments.has("--verbose"))
    context.err << fmt::format("apical: what was read is not kept for the next time ({})\n", index.note());
  if (index.size() == 0) throw DataError(fmt::format("{} holds no runs", folder));
  if (arguments.has("--keys")) {
    const std::vector<std::string> keys = index.keys();
    if (arguments.has("--json")) {
      context.out << io::json_text({{"schema", "apical-run-keys/1"}, {"keys", keys}});
    } else {
      for (const std::string& key : keys) context.out << key << '\n';
    }
    return 0;
  }
  const RunsQuery query = query_of(index, arguments);
  const std::vector<FoundRun> found = index.select(query);
  say_lists(context, index, query);
  if (arguments.has("--json")) {
    print_json(context.out, query, found);
  } else if (arguments.has("--csv")) {
    print_csv(context.out, query, found);
  } else {
    print_table(context, query, found);
    if (!arguments.has("--quiet")) context.err << fmt::format("{} of {} runs\n", found.size(), index.size());
  }
  return 0;
}

}  // namespace

Command runs_command() {
  Command c;
  c.name = "runs";
  c.summary = "the runs of a folder as a table, to filter and sort by any key and figure";
  c.positionals = {{"DIR", "folder with runs, comparisons and sweeps at any depth (default: runs)", 0, 1}};
  c.options = {
      {"--where", "CONDITION",
       "only runs of which this holds: KEY, one of > >= < <= = != ~ (contains), VALUE; a run without the key "
       "is left out",
       true},
      {"--sort", "KEY", "by this key: figures of which more is better downwards, everything else upwards"},
      {"--reverse", "", "the other way round"},
      {"--columns", "LIST",
       "what is shown, with commas between: keys, patterns such as 'model.*', or the word varied for keys of "
       "experiments "
       "that differ between runs"},
      {"--limit", "N", "the first N only"},
      {"--csv", "", "as comma-separated values, numbers with all their digits"},
      {"--keys", "", "the keys that there are, and nothing else"},
      {"--threads", "N", "threads (default: all that the process may use)"}};
  c.examples = {
      "apical runs runs --where 'model.eta > 10' --sort test.accuracy",
      "apical runs runs --where 'state = finished' --columns run,varied,test.accuracy --csv > runs.csv",
      "apical runs runs --sort test.accuracy --limit 5"};
  c.run = runs;
  c.goes_on = true;
  return c;
}

}  // namespace apical::cli
