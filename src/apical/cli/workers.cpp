// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/workers.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <ostream>

#include "apical/cli/child_processes.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/progress.h"
#include "apical/io/claimed_file.h"
#include "apical/sweep/slurm_script.h"
#include "apical/sweep/status.h"

namespace apical::cli {
namespace {

/// Keeps a process that was asked to stop from being ended before its state is saved.
class WhileSaving {
 public:
  explicit WhileSaving(Context& context) : saving_(context.saving) {
    if (saving_ != nullptr) saving_->store(true);
  }
  ~WhileSaving() {
    if (saving_ != nullptr) saving_->store(false);
  }
  WhileSaving(const WhileSaving&) = delete;
  WhileSaving& operator=(const WhileSaving&) = delete;

 private:
  std::atomic<bool>* saving_;
};

}  // namespace

Option lost_worker_option() {
  Option option = lost_host_option();
  option.meaning = "no process lives on HOST any more: its tasks may be taken over at once";
  return option;
}

sweep::WorkerResult run_worker(Context& context, const Arguments& arguments, const sweep::Plan& plan,
                               sweep::WorkerOptions options) {
  ThreadPool pool(threads(arguments));
  std::unique_ptr<ProgressPrinter> progress;
  options.watch = [&](const sweep::PlannedTask& t) -> Listener* {
    progress.reset();
    progress = std::make_unique<ProgressPrinter>(context, plan.name_of(t), arguments);
    return progress.get();
  };
  options.say = [&](sweep::WorkerOptions::News news, const std::string& text) {
    if (news == sweep::WorkerOptions::News::good && arguments.has("--quiet")) return;
    if (progress) progress->clear();
    context.err << "apical: " << text << std::endl;
  };
  return sweep::work(plan, options, resources(arguments, pool), *context.stop);
}

int run_worker_processes(Context& context, const Arguments& arguments, const io::Path& plan,
                         std::size_t workers) {
  const unsigned all = threads(arguments) > 0 ? threads(arguments) : available_threads();
  std::vector<std::string> each{
      "sweep",  "run", plan.string(), "--threads", fmt::format("{}", std::max<std::size_t>(1, all / workers)),
      "--quiet"};
  for (const char* name : {"--data", "--max-tasks", "--lost-host"}) {
    if (const auto value = arguments.value(name)) each.insert(each.end(), {name, *value});
  }
  for (const char* name : {"--wait", "--ignore-memory"}) {
    if (arguments.has(name)) each.emplace_back(name);
  }
  const std::vector<std::vector<std::string>> commands(workers, each);
  std::vector<Ending> endings;
  {
    const WhileSaving waiting(context);
    endings = run_processes(own_program(), commands, *context.stop);
  }
  int code = 0;
  for (std::size_t i = 0; i < endings.size(); ++i) {
    if (endings[i] < 0)
      context.err << fmt::format("apical: worker {} was ended by signal {}; its task is open again\n", i + 1,
                                 -endings[i]);
    const int own = endings[i] < 0 ? static_cast<int>(ExitCode::resumable) : endings[i];
    // What is wrong outweighs what only has to go on, which outweighs what is done.
    const auto weight = [](int c) { return c == 0 ? 0 : c == static_cast<int>(ExitCode::resumable) ? 1 : 2; };
    if (weight(own) > weight(code)) code = own;
  }
  return code;
}

std::vector<std::size_t> open_tasks(const sweep::Plan& plan, const Claim& known) {
  const sweep::Status status = sweep::status_of(plan, known);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < plan.tasks.size(); ++i) {
    const sweep::TaskState s = status.tasks[i].state;
    if (s == sweep::TaskState::open || s == sweep::TaskState::lost) open.push_back(plan.tasks[i].number);
  }
  return open;
}

std::string submit_to_slurm(const Arguments& arguments, const sweep::Plan& plan,
                            const std::vector<std::size_t>& tasks, const std::vector<std::string>& sbatch) {
  sweep::SlurmOptions options;
  options.program = own_program();
  options.jobs = static_cast<std::size_t>(arguments.integer("--jobs", 0, 1, 1000));
  options.at_once = static_cast<std::size_t>(arguments.integer("--at-once", 0, 1, 100'000));
  if (const auto data = data_folder(arguments); !data.empty())
    options.worker = {"--data", std::filesystem::absolute(data).string()};
  for (const char* name : {"--threads", "--max-tasks"}) {
    if (const auto value = arguments.value(name)) options.worker.insert(options.worker.end(), {name, *value});
  }
  options.sbatch = sbatch;
  const std::string script = sweep::slurm_script(plan, tasks, options);
  if (arguments.has("--dry-run")) return script;
  if (!is_in_path("sbatch"))
    throw IoError(
        "there is no sbatch in PATH: this is no machine that submits to Slurm\n  'apical sweep submit PLAN "
        "--on slurm --dry-run' prints the script; apical sweep run PLAN --workers N runs it here");
  io::make_directories(plan.folder / "log");
  io::Path file;
  for (int n = 1;; ++n) {
    file = plan.folder / "log" / fmt::format("submit-{}.sh", n);
    if (io::add_file(file, script)) break;
  }
  const Written answer = output_of("sbatch", {std::filesystem::absolute(file).string()});
  if (answer.ending != 0)
    throw IoError(fmt::format("sbatch refused {} (exit code {})", file.string(), answer.ending));
  return answer.text + fmt::format("{} tasks, script {}\n", tasks.size(), file.string());
}

bool was_submitted(const sweep::Plan& plan) { return io::file_exists(plan.folder / "log" / "submit-1.sh"); }

}  // namespace apical::cli
