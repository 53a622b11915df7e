// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <ostream>

#include "apical/cli/apart.h"
#include "apical/cli/child_processes.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/result_table.h"
#include "apical/cli/text_table.h"
#include "apical/cli/workers.h"
#include "apical/io/json.h"
#include "apical/run/forecast_parts.h"
#include "apical/sweep/collect.h"
#include "apical/sweep/status.h"

namespace apical::cli {
namespace {

io::Path folder_of(const Arguments& arguments, std::size_t most = 2) {
  const auto& given = arguments.positionals;
  const std::string form = fmt::format("apical sweep {} PLAN", given.front());
  if (given.size() < 2) throw UsageError(fmt::format("'{}' is missing PLAN, the directory of a plan", form));
  if (given.size() > most)
    throw UsageError(fmt::format("unexpected argument '{}'; expected {}", given[most], form));
  return given[1];
}

bool describes_several(const TomlDocument& document) {
  const TomlReader root(document);
  return root.has("variant") || root.has("sweep");
}

std::string time_of(double seconds) { return seconds > 0 ? ", " + about(seconds) + " for one worker" : ""; }

int plan_sweep(Context& context, const Arguments& arguments) {
  const auto& given = arguments.positionals;
  if (given.size() != 2 || !arguments.has("--out"))
    throw UsageError(
        "'apical sweep plan' needs an experiment and --out\n  e.g. apical sweep plan "
        "experiments/scaling/feedback-deviation.toml --out plans/deviation");
  const TomlDocument document = read_document(arguments, given[1]);
  sweep::PlanOptions options;
  options.folder = *arguments.value("--out");
  options.protocol = TomlReader(document).has("protocol");
  options.comparison = describes_several(document) && !options.protocol;
  options.seeds_per_task = static_cast<std::size_t>(arguments.integer("--seeds-per-task", 1, 1, 100'000));
  options.lease_s = static_cast<double>(arguments.integer("--lease", 300, 1, 86'400));
  options.attempts = static_cast<std::size_t>(arguments.integer("--attempts", 3, 1, 1000));
  ThreadPool pool(threads(arguments));
  const Resources machine = resources(arguments, pool);
  const sweep::Frozen frozen = sweep::freeze(
      options.protocol ? experiments_of(read_protocol(document)) : read_variants(document), options, machine);
  say_notes(context, frozen.notes);
  const sweep::Plan& plan = frozen.plan;
  const sweep::Status status = sweep::status_of(plan, machine.claim);
  if (arguments.has("--json")) {
    nlohmann::json j = io::read_json(plan.folder / "plan.json");
    j["was_frozen"] = frozen.was_frozen;
    context.out << io::json_text(j);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"task", "what", "expected"}};
  constexpr std::size_t kShown = 20;
  for (const sweep::PlannedTask& t : plan.tasks) {
    if (t.number > kShown) break;
    rows.push_back(
        {fmt::format("{}", t.number), plan.name_of(t), t.seconds ? about(*t.seconds) : "not known"});
  }
  context.out << text_table(rows, context.columns());
  if (plan.tasks.size() > kShown) context.out << fmt::format("and {} more\n", plan.tasks.size() - kShown);
  context.out << fmt::format(
      "{} {} of {} {} in {}{}{}\n", plan.tasks.size(), plan.tasks.size() == 1 ? "task" : "tasks",
      plan.experiments.size(), plan.experiments.size() == 1 ? "experiment" : "experiments",
      plan.folder.string(),
      frozen.was_frozen ? fmt::format(" (frozen before; {} done)", status.of(sweep::TaskState::done)) : "",
      time_of(status.seconds_left));
  return 0;
}

std::vector<std::size_t> numbers(const std::vector<std::string>& texts) {
  std::vector<std::size_t> out;
  for (const std::string& text : texts) {
    std::size_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc{} || end != text.data() + text.size())
      throw UsageError(fmt::format("--task is '{}'; expected the number of a task", text));
    out.push_back(n);
  }
  return out;
}

constexpr int kDiffers = 70;

int run_sweep(Context& context, const Arguments& arguments) {
  const sweep::Plan plan = sweep::read_plan(folder_of(arguments));
  const auto workers = static_cast<std::size_t>(arguments.integer("--workers", 1, 1, 4096));
  if (workers > 1) {
    for (const char* name : {"--task", "--json"}) {
      if (arguments.has(name))
        throw UsageError(fmt::format("{} does not go with --workers: it is of one process", name));
    }
    return run_worker_processes(context, arguments, plan.folder, workers);
  }
  sweep::WorkerOptions options;
  options.max_tasks = static_cast<std::size_t>(arguments.integer("--max-tasks", INT64_MAX, 1, INT64_MAX));
  options.only = numbers(arguments.values("--task"));
  options.wait = arguments.has("--wait");
  const sweep::WorkerResult result = run_worker(context, arguments, plan, options);
  if (arguments.has("--json")) {
    context.out << io::json_text({{"schema", "apical-sweep-worker/1"},
                                  {"finished", result.finished},
                                  {"left", result.left},
                                  {"elsewhere", result.elsewhere},
                                  {"failed", result.failed},
                                  {"stopped", result.stopped},
                                  {"differing", result.differing}});
  }
  if (!result.differing.empty()) return kDiffers;
  if (result.stopped) {
    context.err << fmt::format("apical: stopped; go on with: apical sweep run {}\n", plan.folder.string());
    return static_cast<int>(ExitCode::resumable);
  }
  if (result.failed > 0) {
    context.err << fmt::format("apical: {} failed; apical sweep status {} says why\n",
                               result.failed == 1 ? "1 task" : fmt::format("{} tasks", result.failed),
                               plan.folder.string());
    return static_cast<int>(ExitCode::check_failed);
  }
  return 0;
}

nlohmann::json json_of(const sweep::Plan& plan, const sweep::Status& status) {
  nlohmann::json j{{"schema", "apical-sweep-status/1"}, {"plan", plan.folder.string()},
                   {"complete", status.complete()},     {"seconds_left", status.seconds_left},
                   {"troubles", status.troubles},       {"tasks", nlohmann::json::array()}};
  for (std::size_t s = 0; s < sweep::kTaskStates.size(); ++s)
    j["count"][std::string(sweep::kTaskStates[s])] = status.count[s];
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    const sweep::TaskView& view = status.tasks[i];
    nlohmann::json one{{"number", plan.tasks[i].number},
                       {"experiment", plan.experiments[plan.tasks[i].experiment].label},
                       {"seeds", plan.tasks[i].seeds},
                       {"state", sweep::name_of(view.state)},
                       {"attempts", view.attempts()}};
    if (!view.claims.empty()) one["host"] = view.claims.back().who.host;
    if (view.done) one["wall_seconds"] = view.done->wall_seconds;
    if (!view.failures.empty()) one["fault"] = view.failures.back().what;
    j["tasks"].push_back(std::move(one));
  }
  return j;
}

int tell_status(Context& context, const Arguments& arguments) {
  const sweep::Plan plan = sweep::read_plan(folder_of(arguments));
  ThreadPool pool(1);
  const sweep::Status status = sweep::status_of(plan, resources(arguments, pool).claim);
  if (arguments.has("--json")) {
    context.out << io::json_text(json_of(plan, status));
  } else {
    std::string counts;
    for (std::size_t s = sweep::kTaskStates.size(); s-- > 0;) {
      if (status.count[s] > 0)
        counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", status.count[s], sweep::kTaskStates[s]);
    }
    context.out << fmt::format("{} tasks: {}{}\n", plan.tasks.size(), counts, time_of(status.seconds_left));
    for (const std::string& trouble : status.troubles) context.out << trouble << '\n';
  }
  const bool differs = std::ranges::any_of(status.tasks, [](const auto& t) { return !t.differing.empty(); });
  const bool bad = differs ||
                   status.of(sweep::TaskState::failed) + status.of(sweep::TaskState::damaged) > 0 ||
                   !sweep::changed_since_frozen(plan).empty();
  return static_cast<int>(bad ? ExitCode::check_failed : ExitCode::ok);
}

int retry_sweep(Context& context, const Arguments& arguments) {
  const sweep::Plan plan = sweep::read_plan(folder_of(arguments));
  ThreadPool pool(1);
  const std::size_t count = sweep::retry(plan, resources(arguments, pool).claim);
  context.out << fmt::format("{} open again\n",
                             count == 1 ? "1 task is" : fmt::format("{} tasks are", count));
  return 0;
}

int collect_sweep(Context& context, const Arguments& arguments) {
  const sweep::Plan plan = sweep::read_plan(folder_of(arguments));
  const auto out = arguments.value("--out");
  if (!out)
    throw UsageError(
        "'apical sweep collect' needs --out DIR\n  e.g. apical sweep collect plans/deviation --out "
        "runs/deviation");
  ThreadPool pool(threads(arguments));
  const sweep::Collected all =
      sweep::collect(plan, {*out, arguments.has("--partial")}, resources(arguments, pool), *context.stop);
  const ComparisonResult& c = all.comparison;
  say_notes(context, c.notes);
  if (c.stopped) {
    context.err << "apical: stopped; the same command goes on\n";
    return static_cast<int>(ExitCode::resumable);
  }
  say_notes(context, c.runs);
  for (const ComparisonResult::Fault& f : c.faults)
    context.err << "apical: " << f.label << ": " << f.what << '\n';
  for (const std::string& label : all.missing) context.err << "apical: " << label << " is not complete\n";
  if (arguments.has("--json")) {
    nlohmann::json j{{"schema", "apical-collected/1"}, {"directory", *out}, {"missing", all.missing}};
    for (const RunResult& r : c.runs) j["runs"].push_back(r.label);
    context.out << io::json_text(j);
  } else {
    if (!plan.protocol)
      context.out << result_table(c.runs, context.columns()) << measure_table(c.runs, context.columns());
    context.out << fmt::format("report: {}\n", (io::Path(*out) / "report.html").string());
  }
  if (!c.faults.empty()) return static_cast<int>(ExitCode::numerical_fault);
  return static_cast<int>(all.missing.empty() ? ExitCode::ok : ExitCode::check_failed);
}

/// As workers that mpirun starts and MPI has no part in: on all hosts that it knows.
int run_worker_ranks(Context& context, const Arguments& arguments, const sweep::Plan& plan,
                     const std::vector<std::string>& mpirun) {
  std::vector<std::string> words(mpirun);
  if (const auto jobs = arguments.value("--jobs")) words.insert(words.end(), {"-n", *jobs});
  words.insert(words.end(), {own_program(), "sweep", "run", plan.folder.string(), "--quiet"});
  for (const char* name : {"--data", "--threads", "--max-tasks", "--lost-host"}) {
    if (const auto value = arguments.value(name)) words.insert(words.end(), {name, *value});
  }
  if (arguments.has("--dry-run")) {
    context.out << fmt::format("mpirun {}\n", fmt::join(words, " "));
    return 0;
  }
  if (!is_in_path("mpirun"))
    throw IoError("there is no mpirun in PATH\n  apical sweep run PLAN --workers N runs it here");
  const Ending ending = run_processes("mpirun", {words}, *context.stop).front();
  return ending < 0 ? static_cast<int>(ExitCode::resumable) : ending;
}

int submit_sweep(Context& context, const Arguments& arguments) {
  constexpr std::size_t kMostOptions = 60;
  const sweep::Plan plan = sweep::read_plan(folder_of(arguments, kMostOptions));
  const std::string where = arguments.value("--on").value_or("local");
  if (where == "local") {
    if (arguments.positionals.size() > 2)
      throw UsageError("options behind -- are for sbatch or mpirun, with --on slurm or mpi");
    const unsigned cores = threads(arguments) > 0 ? threads(arguments) : available_threads();
    const auto jobs = static_cast<std::size_t>(arguments.integer("--jobs", cores, 1, 1000));
    if (arguments.has("--dry-run")) {
      context.out << fmt::format("apical sweep run {} --workers {}\n", plan.folder.string(), jobs);
      return 0;
    }
    return run_worker_processes(context, arguments, plan.folder, jobs);
  }
  const std::vector<std::string> behind(arguments.positionals.begin() + 2, arguments.positionals.end());
  if (where == "mpi") return run_worker_ranks(context, arguments, plan, behind);
  if (where != "slurm") throw UsageError(fmt::format("--on is '{}'; expected local, slurm or mpi", where));
  ThreadPool pool(1);
  const std::vector<std::size_t> open = open_tasks(plan, resources(arguments, pool).claim);
  if (open.empty()) {
    context.out << "nothing is left to submit\n";
    return 0;
  }
  context.out << submit_to_slurm(arguments, plan, open, behind);
  return 0;
}

struct Action {
  const char* name;
  int (*run)(Context&, const Arguments&);
  std::vector<std::string> options;  ///< that belong to it; those of all commands apart
};

const std::vector<Action>& actions() {
  static const std::vector<Action> all{
      {"plan",
       plan_sweep,
       {"--set", "--seeds", "--data", "--threads", "--ignore-memory", "--out", "--seeds-per-task", "--lease",
        "--attempts"}},
      {"run",
       run_sweep,
       {"--data", "--threads", "--ignore-memory", "--workers", "--max-tasks", "--task", "--wait",
        "--lost-host"}},
      {"status", tell_status, {"--lost-host"}},
      {"collect",
       collect_sweep,
       {"--data", "--threads", "--ignore-memory", "--out", "--partial", "--lost-host"}},
      {"retry", retry_sweep, {"--lost-host"}},
      {"submit",
       submit_sweep,
       {"--data", "--threads", "--ignore-memory", "--on", "--jobs", "--at-once", "--max-tasks", "--dry-run",
        "--lost-host"}}};
  return all;
}

std::vector<std::string> action_names() {
  std::vector<std::string> names;
  for (const Action& a : actions()) names.emplace_back(a.name);
  return names;
}

int act(Context& context, const Arguments& arguments) {
  const std::string& name = arguments.positionals.front();
  for (const Action& a : actions()) {
    if (name != a.name) continue;
    for (const auto& [option, values] : arguments.options) {
      const bool common =
          option == "--json" || option == "--quiet" || option == "--verbose" || option == "--color";
      if (!common && std::find(a.options.begin(), a.options.end(), option) == a.options.end())
        throw UsageError(
            fmt::format("'apical sweep {}' has no {}\n  {}", name, option, suggestion(option, a.options)));
    }
    return a.run(context, arguments);
  }
  throw UsageError(
      fmt::format("unknown action '{}' of 'apical sweep'\n  {}", name, suggestion(name, action_names())));
}

}  // namespace

Command sweep_command() {
  Command c;
  c.name = "sweep";
  c.summary = "many runs by many processes, here or on a cluster; a stopped or killed one is gone on with";
  c.positionals = {
      {"ACTION",
       "plan FILE --out PLAN: what is to be run, frozen; run PLAN: a worker; status PLAN; collect PLAN --out "
       "DIR: "
       "what 'compare' or 'run' would have made; retry PLAN: what has failed; submit PLAN: to a batch system",
       1, 1, action_names},
      {"ARGUMENT", "a file, or the directory of a plan; behind --, options for sbatch or mpirun", 0, 64}};
  c.options = experiment_options();
  const std::vector<Option> more{
      {"--out", "DIR", "plan: directory of the plan; collect: of the results"},
      {"--seeds-per-task", "N", "plan: at least so many (default: as few as fill the engine's lanes)"},
      {"--lease", "S", "plan: a worker not heard of for so many seconds is lost (default 300)"},
      {"--attempts", "N", "plan: how often a task may fail (default 3)"},
      {"--workers", "N", "run: so many processes, which share the threads (default 1)"},
      {"--max-tasks", "N", "run: leave after so many tasks"},
      {"--task", "N", "run: this task and no other", true},
      {"--wait", "", "run: stay while others work, for what they may leave"},
      {"--partial", "", "collect: experiments that are complete, although tasks are missing"},
      {"--on", "WHERE", "submit: local, slurm or mpi, as workers that mpirun starts (default local)"},
      {"--jobs", "N", "submit: so many jobs take tasks as they come (default: a job for each task)"},
      {"--at-once", "N", "submit: so many jobs at a time"},
      {"--dry-run", "", "submit: print the script and submit nothing"},
  };
  c.options.insert(c.options.end(), more.begin(), more.end());
  c.options.push_back(lost_worker_option());
  c.examples = {"apical sweep plan experiments/scaling/feedback-deviation.toml --out plans/deviation",
                "apical sweep run plans/deviation --workers 2", "apical sweep status plans/deviation",
                "apical sweep collect plans/deviation --out runs/deviation",
                "apical sweep submit plans/deviation --on slurm -- --partition=cpu --time=02:00:00"};
  c.goes_on = true;
  c.many = true;
  c.run = act;
  return c;
}

}  // namespace apical::cli
