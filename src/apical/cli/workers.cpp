// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/workers.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <ostream>

#include "apical/cli/child_processes.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/progress.h"

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

}  // namespace apical::cli
