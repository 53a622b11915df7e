// SPDX-License-Identifier: Apache-2.0
#include "apical/sweep/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>

#include "apical/io/claimed_file.h"
#include "apical/run/probe_session.h"
#include "apical/run/run.h"
#include "apical/sweep/task_folder.h"

namespace apical::sweep {
namespace {

/// Touches a claim while its task runs; stops the run if it is asked to, or if somebody else took the task.
class Heartbeat {
 public:
  Heartbeat(const TaskFolder& folder, std::size_t attempt, double lease_s, const std::atomic<bool>& outer)
      : thread_([this, folder, attempt, lease_s, &outer] { beat(folder, attempt, lease_s, outer); }) {}
  ~Heartbeat() {
    done_.store(true);
    thread_.join();
  }
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;
  const std::atomic<bool>& stop() const { return stop_; }
  bool taken() const { return taken_.load(); }

 private:
  void beat(const TaskFolder& folder, std::size_t attempt, double lease_s, const std::atomic<bool>& outer) {
    using Clock = std::chrono::steady_clock;
    constexpr double kBeatsPerLease = 5;
    constexpr std::chrono::milliseconds kLook{20};
    auto last = Clock::now();
    while (!done_.load()) {
      if (outer.load()) stop_.store(true);
      std::this_thread::sleep_for(kLook);
      if (std::chrono::duration<double>(Clock::now() - last).count() < lease_s / kBeatsPerLease) continue;
      last = Clock::now();
      try {
        taken_.store(!io::touch_file(folder.claim_file(attempt)) ||
                     io::file_exists(folder.claim_file(attempt + 1)));
        if (taken_.load()) stop_.store(true);
      } catch (const Error&) {
        // A disk that does not answer now may do so the next time; else the lease runs out.
      }
    }
  }

  std::atomic<bool> done_{false}, stop_{false}, taken_{false};
  std::thread thread_;
};

double own_clock_s() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

class Worker {
 public:
  Worker(const Plan& plan, const WorkerOptions& options, const Resources& resources,
         const std::atomic<bool>& stop)
      : plan_(plan), options_(options), resources_(resources), stop_(stop) {
    require_own_numerics(plan);
    require_frozen(plan);
    for (const std::size_t number : options.only) {
      if (number == 0 || number > plan.tasks.size())
        throw UsageError(fmt::format("there is no task {}; expected 1 to {}", number, plan.tasks.size()));
    }
    order_ = options.only;
    if (order_.empty()) {
      order_.resize(plan.tasks.size());
      std::iota(order_.begin(), order_.end(), std::size_t{1});
    }
    // Long ones first: what is left at the end is short.
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return plan_.tasks[a - 1].seconds.value_or(0) > plan_.tasks[b - 1].seconds.value_or(0);
    });
  }

  WorkerResult work() {
    while (!stop_.load() && result_.finished < options_.max_tasks) {
      if (run_next() || result_.stopped) continue;
      if (!options_.wait || result_.elsewhere == 0) break;
      std::this_thread::sleep_for(std::chrono::duration<double>(std::min(1.0, plan_.lease_s / 10)));
    }
    result_.stopped = result_.stopped || stop_.load();
    look_around();
    return result_;
  }

 private:
  const PlannedTask& task(std::size_t number) const { return plan_.tasks[number - 1]; }
  TaskFolder folder(std::size_t number) const { return TaskFolder(plan_.folder_of(task(number))); }
  using News = WorkerOptions::News;
  void say(News news, const std::string& text) const {
    if (options_.say) options_.say(news, text);
  }

  TaskView look(std::size_t number, double now_s) const {
    const auto seen = [&] {
      return folder(number).look(now_s, plan_.lease_s, plan_.attempts, resources_.claim);
    };
    const TaskView view = seen();
    return folder(number).fail_killed(view) ? seen() : view;
  }

  /// Counts what is left to do, here and elsewhere.
  void look_around() {
    const double now_s = io::server_now_s(plan_.folder);
    result_.left = result_.elsewhere = result_.failed = 0;
    for (const std::size_t number : order_) {
      const TaskView seen = look(number, now_s);
      switch (seen.state) {
        case TaskState::open:
        case TaskState::lost:
          ++result_.left;
          break;
        case TaskState::running:
          ++result_.elsewhere;
          break;
        case TaskState::failed:
        case TaskState::damaged:
          ++result_.failed;
          break;
        case TaskState::done:
          // Its result is of another experiment than the one that lies there now.
          if (!changed_since_frozen(plan_, task(number)).empty()) ++result_.failed;
          break;
      }
    }
  }

  /// False if there was none to be had.
  bool run_next() {
    const double now_s = io::server_now_s(plan_.folder);
    result_.elsewhere = 0;
    std::vector<std::size_t> failed_before;  // come last: what was in their way may be gone by then
    for (const std::size_t number : order_) {
      if (settled_.contains(number)) continue;
      const TaskView seen = look(number, now_s);
      if (seen.state == TaskState::done) settled_.insert(number);
      if (seen.state == TaskState::running) ++result_.elsewhere;
      if (!seen.failures.empty()) {
        failed_before.push_back(number);
      } else if (run_if_free(number, seen, now_s)) {
        return true;
      }
    }
    return std::any_of(failed_before.begin(), failed_before.end(),
                       [&](std::size_t number) { return run_if_free(number, look(number, now_s), now_s); });
  }

  bool run_if_free(std::size_t number, const TaskView& seen, double now_s) {
    const auto attempt = folder(number).claim(seen, resources_.claim, own_clock_s() - now_s);
    if (attempt) run(number, *attempt, seen);
    return attempt.has_value();
  }

  void run(std::size_t number, std::size_t attempt, const TaskView& seen) {
    const TaskFolder here = folder(number);
    const std::string name = fmt::format("task {} ({})", number, plan_.name_of(task(number)));
    const auto failed = [&](int code, const char* what) {
      here.fail({attempt, code, false, what});
      say(News::bad, fmt::format("{} failed, attempt {}: {}", name, attempt, what));
    };
    constexpr int kDefect = 70;
    try {
      run_claimed(number, attempt, seen, here, name);
    } catch (const NumericalFault& fault) {
      here.fail({attempt, static_cast<int>(fault.exit_code()), true, fault.what()});
      say(News::bad, fmt::format("{} failed: {}", name, fault.what()));
    } catch (const Error& error) {
      failed(static_cast<int>(error.exit_code()), error.what());
    } catch (const std::bad_alloc&) {
      failed(static_cast<int>(ExitCode::io), "not enough memory");
    } catch (const nlohmann::json::exception& e) {
      failed(static_cast<int>(ExitCode::invalid_input), e.what());
    } catch (const std::logic_error& defect) {
      failed(kDefect, defect.what());
    } catch (const std::runtime_error& e) {
      failed(kDefect, e.what());
    } catch (...) {  // of whoever watches, and no fault of the task: it is open again
      here.release(attempt);
      throw;
    }
  }

  RunResult run_task(const PlannedTask& task, const RunOptions& options, const std::atomic<bool>& stop) {
    if (!plan_.protocol) return run_experiment(read_experiment_of(plan_, task), options, resources_, stop);
    const ProbedModel model = read_protocol_of(plan_).at(task.experiment);
    const std::unique_ptr<ProbeSession> session = open_probe(model, resources_);
    return run_session(model.experiment, *session, options, resources_, stop);
  }

  void run_claimed(std::size_t number, std::size_t attempt, const TaskView& seen, const TaskFolder& here,
                   const std::string& name) {
    require_frozen(plan_, task(number));
    here.take_over(seen, attempt);
    RunOptions options;
    options.directory = here.run(attempt);
    options.resume = io::file_exists(options.directory / "experiment.toml");
    if (options_.watch) options.listeners.push_back(options_.watch(task(number)));
    const Heartbeat heartbeat(here, attempt, plan_.lease_s, stop_);
    const RunResult run = run_task(task(number), options, heartbeat.stop());
    if (run.stopped && heartbeat.taken()) {
      say(News::bad, fmt::format("{} was taken over by another worker: this one was not heard of for {:g} s",
                                 name, plan_.lease_s));
      return;
    }
    if (run.stopped) {
      here.release(attempt);
      result_.stopped = true;
      return;
    }
    const std::string difference = here.finish(attempt);
    ++result_.finished;
    settled_.insert(number);
    if (!difference.empty()) result_.differing.push_back(difference);
    if (difference.empty())
      return say(News::good, fmt::format("{} is done, {:.3g} s", name, run.wall_seconds));
    say(News::bad, difference);
  }

  const Plan& plan_;
  const WorkerOptions& options_;
  const Resources& resources_;
  const std::atomic<bool>& stop_;
  std::vector<std::size_t> order_;
  std::set<std::size_t> settled_;
  WorkerResult result_;
};

}  // namespace

WorkerResult work(const Plan& plan, const WorkerOptions& options, const Resources& resources,
                  const std::atomic<bool>& stop) {
  return Worker(plan, options, resources, stop).work();
}

}  // namespace apical::sweep
