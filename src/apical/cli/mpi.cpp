// SPDX-License-Identifier: Apache-2.0
#include "apical/cli/mpi.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <ostream>
#include <thread>

#include "apical/cli/apart.h"
#include "apical/cli/child_processes.h"
#include "apical/cli/experiment_arguments.h"
#include "apical/cli/mpi_plugin.h"
#include "apical/cli/workers.h"
#include "apical/io/file.h"
#include "apical/run/seed_packs.h"
#include "apical/run/shared_session.h"

namespace apical::cli {
namespace {

std::size_t number_in(const char* variable, std::size_t otherwise) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return otherwise;
  const std::string_view digits(text);
  std::size_t number = otherwise;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

constexpr const char* kPlugin = "libapical_mpi.so";

/// Beside the program, or where it is installed.
io::Path plugin_file() {
  std::vector<io::Path> places;
  if (const char* given = std::getenv("APICAL_MPI_PLUGIN")) places.emplace_back(given);
  const io::Path folder = io::Path(own_program()).parent_path();
  for (const char* where : {".", "../lib/apical", ".."})  // ..: of tests, below the program
    places.push_back((folder / where / kPlugin).lexically_normal());
  std::vector<std::string> looked;
  for (const io::Path& place : places) {
    if (io::file_exists(place)) return place;
    looked.push_back(place.string());
  }
  throw IoError(fmt::format(
      "--mpi needs {}, which this build has not made or which lies elsewhere; looked for {}\n  build Apical "
      "where MPI is (Debian: libopenmpi-dev), or name the file in APICAL_MPI_PLUGIN",
      kPlugin, join_names(looked, "and")));
}

const ApicalMpi& join() {
  const io::Path file = plugin_file();
  // Without a launcher a process is the only rank, and needs no daemon of Open MPI's for that.
  if (launch().processes == 1) setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
  // Open MPI loads parts of itself that expect its symbols to be visible to all.
  void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (library == nullptr) throw IoError(fmt::format("{}: cannot be loaded: {}", file.string(), dlerror()));
  const auto begin = reinterpret_cast<ApicalMpiJoin>(dlsym(library, kMpiJoin));
  const ApicalMpi* const mpi = begin != nullptr ? begin(kMpiPluginVersion) : nullptr;
  if (mpi == nullptr)
    throw IoError(
        fmt::format("{}: is of another version of Apical, or MPI could not be begun", file.string()));
  return *mpi;
}

class MpiTransport final : public Transport {
 public:
  explicit MpiTransport(const ApicalMpi& mpi) : mpi_(mpi) {}
  std::size_t rank() const override { return static_cast<std::size_t>(mpi_.rank); }
  std::size_t size() const override { return static_cast<std::size_t>(mpi_.size); }
  void all_gather(std::span<const std::byte> own, std::span<std::byte> all, bool patiently) override {
    require(mpi_.all_gather(own.data(), own.size(), all.data(), patiently ? 1 : 0));
  }
  void broadcast(std::span<std::byte> bytes) override { require(mpi_.broadcast(bytes.data(), bytes.size())); }

 private:
  void require(int error) const {
    if (error == 0) return;
    std::array<char, 512> text{};
    mpi_.describe(error, text.data(), text.size());
    throw IoError(fmt::format("MPI: {}", text.data()));
  }
  const ApicalMpi& mpi_;
};

/// Ends the process if it waits for others too long: a wire may be cut, a node may hang.
class Watchdog {
 public:
  Watchdog(const Ranks& ranks, double patience_s)
      : thread_([this, &ranks, patience_s] {
          while (!done_.load()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            if (ranks.waiting_s() > patience_s) end(ranks.rank(), patience_s);
          }
        }) {}
  ~Watchdog() {
    done_.store(true);
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  [[noreturn]] static void end(std::size_t rank, double patience_s) {
    const std::string text = fmt::format(
        "apical: rank {} has waited {:g} s for the others and gives up; the last checkpoint is kept\n", rank,
        patience_s);
    [[maybe_unused]] const auto written = write(STDERR_FILENO, text.data(), text.size());
    _exit(static_cast<int>(ExitCode::resumable));
  }
  std::atomic<bool> done_{false};
  std::thread thread_;
};

int code_of(const std::exception& error) {
  const auto* const known = dynamic_cast<const Error*>(&error);
  constexpr int kDefect = 70;
  return known != nullptr ? static_cast<int>(known->exit_code()) : kDefect;
}

/// The others are gone, or wait for what never comes: nobody can leave in good order.
[[noreturn]] void abandon(const ApicalMpi& mpi, int code) {
  // Rank 0 says why before the launcher ends everybody.
  if (mpi.rank != 0) std::this_thread::sleep_for(std::chrono::seconds(2));
  mpi.abandon(code);
  std::_Exit(code);
}

/// What rank 0 dismisses the others with.
enum class Word : std::uint8_t { leave, work };

void dismiss_with(Ranks& ranks, Word word, std::span<const std::byte> what) {
  Ranks::Bytes message{static_cast<std::byte>(word)};
  message.insert(message.end(), what.begin(), what.end());
  dismiss(ranks, message);
}

/// In good order the others end with 0: a launcher kills whoever is left once one ends with something else,
/// and rank 0 has yet to speak.
void let_leave(Ranks& ranks) { dismiss_with(ranks, Word::leave, {}); }

/// While ranks work apart they meet now and then: one that is asked to stop stops all, and that all are alive
/// is seen. Whoever is done stays until all are.
class Pulse {
 public:
  explicit Pulse(Ranks& ranks) : ranks_(ranks), thread_([this] { beat(); }) {}
  /// Waits for the others. RankFailed if one could not go on.
  void finish() {
    done_.store(true);
    thread_.join();
    if (fault_) std::rethrow_exception(fault_);
  }
  ~Pulse() {
    done_.store(true);
    if (thread_.joinable()) thread_.join();
  }
  Pulse(const Pulse&) = delete;
  Pulse& operator=(const Pulse&) = delete;
  const std::atomic<bool>& stop() const { return stop_; }

 private:
  void beat() {
    try {
      for (bool all_done = false; !all_done;) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const std::byte own = done_.load() ? std::byte{1} : std::byte{0};
        all_done = true;
        for (const auto message : ranks_.exchange(std::span(&own, 1), Ranks::Wait::patiently))
          all_done = all_done && message.front() == std::byte{1};
        if (ranks_.stop().load()) stop_.store(true);
      }
    } catch (const std::exception&) {
      fault_ = std::current_exception();
      stop_.store(true);
    }
  }

  Ranks& ranks_;
  std::atomic<bool> done_{false}, stop_{false};
  std::exception_ptr fault_;
  std::thread thread_;
};

sweep::WorkerResult work_apart(Context& context, const Arguments& arguments, Ranks& ranks,
                               const io::Path& plan) {
  Pulse pulse(ranks);
  Context own = context;
  own.stop = &pulse.stop();
  sweep::WorkerOptions options;
  options.wait = true;
  Arguments words = arguments;
  if (!ranks.leads()) words.options["--quiet"];
  sweep::WorkerResult result = run_worker(own, words, sweep::read_plan(plan), options);
  pulse.finish();
  return result;
}

int follow_rank_zero(Context& context, const Arguments& arguments, Ranks& ranks) {
  // Rank 0 says when to stop: until then nobody here is ended by a signal in the middle of something.
  if (context.saving != nullptr) context.saving->store(true);
  ThreadPool pool(threads(arguments));
  for (;;) {
    const Ranks::Bytes message = follow(resources(arguments, pool), ranks);
    APICAL_CHECK(!message.empty());
    const std::span<const std::byte> what = std::span(message).subspan(1);
    if (static_cast<Word>(message.front()) == Word::leave) return 0;
    work_apart(context, arguments, ranks,
               std::string(reinterpret_cast<const char*>(what.data()), what.size()));
  }
}

}  // namespace

const std::vector<Option>& mpi_options() {
  static const std::vector<Option> options{
      {"--mpi", "", "by the ranks that mpirun or srun started, together; rank 0 speaks and writes"},
      {"--spread", "WHAT",
       "with --mpi: 'seeds', each by one rank, or 'circuit', of which each rank has a part (default: seeds, "
       "if there are as many as ranks)"},
      {"--mpi-timeout", "S",
       "with --mpi: end with 75 if a rank waits so many seconds for the others (default 600)"},
  };
  return options;
}

Launch launch() {
  // Open MPI, PMI (MPICH, Intel MPI), Slurm: of a step, since a batch script is one process of many tasks.
  constexpr std::array<std::pair<const char*, const char*>, 3> kLaunchers{
      {{"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
       {"PMI_SIZE", "PMI_RANK"},
       {"SLURM_STEP_NUM_TASKS", "SLURM_PROCID"}}};
  for (const auto& [size, rank] : kLaunchers) {
    if (const std::size_t processes = number_in(size, 1); processes > 1)
      return {processes, number_in(rank, 0) == 0};
  }
  return {};
}

WorkedTogether work_together(Context& context, const Arguments& arguments, Ranks& ranks,
                             const io::Path& plan) {
  const std::string name = plan.string();
  dismiss_with(ranks, Word::work, io::bytes_of(name));
  const sweep::WorkerResult own = work_apart(context, arguments, ranks, plan);
  return {own.stopped || ranks.stop().load(), own.differing};
}

bool spreads_seeds(const Arguments& arguments, const Ranks& ranks,
                   const std::vector<Experiment>& experiments) {
  const std::string what = arguments.value("--spread").value_or("");
  if (!what.empty() && what != "seeds" && what != "circuit")
    throw UsageError(fmt::format("--spread is '{}'; expected seeds or circuit", what));
  if (!what.empty()) return what == "seeds";
  std::size_t tasks = 0;
  for (const Experiment& e : experiments) tasks += seed_packs(e).size();
  // Of spiking circuits all is divided; the others are shared where that is asked for.
  const bool divides = std::all_of(experiments.begin(), experiments.end(), [](const Experiment& e) {
    return std::holds_alternative<SpikingExperiment>(e.subject);
  });
  return tasks >= ranks.size() || !divides || !can_be_shared(experiments);
}

int alone_or_on_ranks(Context& context, const Arguments& arguments, const std::function<int(Ranks*)>& lead) {
  for (const char* name : {"--spread", "--mpi-timeout"}) {
    if (arguments.has(name) && !asks_for_ranks(arguments))
      throw UsageError(fmt::format("{} goes with --mpi", name));
  }
  if (place_of(arguments) != Place::mpi) return lead(nullptr);  // refuses what does not go together
  const auto patience = static_cast<double>(arguments.integer("--mpi-timeout", 600, 1, 86'400));
  const ApicalMpi* joined = nullptr;
  try {
    joined = &join();
  } catch (const Error& error) {
    if (launch().first) throw;
    return static_cast<int>(error.exit_code());  // one says it
  }
  const ApicalMpi& mpi = *joined;
  MpiTransport transport(mpi);
  Ranks ranks(transport, context.stop);
  const Watchdog watchdog(ranks, patience);
  int code = 0;
  std::exception_ptr fault;
  try {
    if (ranks.leads()) {
      code = lead(&ranks);
    } else {
      code = follow_rank_zero(context, arguments, ranks);
    }
  } catch (const std::exception& error) {
    code = code_of(error);
    // Rank 0 waits for others in good order, between what they do together.
    if (!ranks.leads()) ranks.fail(error, Ranks::Wait::patiently);
    if (ranks.parted()) {
      if (ranks.leads()) context.err << "apical: " << error.what() << std::endl;
      abandon(mpi, code);
    }
    fault = std::current_exception();
  }
  if (ranks.leads()) {
    try {
      let_leave(ranks);
    } catch (const std::exception& error) {
      context.err << "apical: " << error.what() << std::endl;
      abandon(mpi, code_of(error));
    }
  }
  mpi.leave();
  if (fault) std::rethrow_exception(fault);
  return code;
}

}  // namespace apical::cli
