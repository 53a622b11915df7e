// SPDX-License-Identifier: Apache-2.0
#include "apical/run/continuation.h"

#include <fmt/format.h>

#include "apical/experiment/same_experiment.h"
#include "apical/io/hash.h"
#include "apical/run/seals.h"

namespace apical {
namespace {

std::uint64_t hash_of(const std::string& resolved) { return io::xxh3(io::bytes_of(resolved)); }

/// Evaluations of a circuit go on from its state, and what is learned after them from theirs.
std::string other_bits(const Experiment& e, const std::vector<std::string>& of_course) {
  for (const std::string& key : of_course) {
    const bool evaluates = key == "training.validate_every" || key == "training.test_every";
    if (!evaluates || e.is_circuit()) return fmt::format("'{}' differs", key);
  }
  return e.plan.schedule == Schedule::linear ? "eta_schedule = \"linear\" falls over all epochs" : "";
}

}  // namespace

io::Path trained_state_file(const io::Path& run) { return run / "checkpoints" / "trained.apc"; }

void write_trained_state(const io::Path& run, const Experiment& e, std::vector<io::CheckpointSection> state) {
  io::Checkpoint c;
  c.experiment = hash_of(e.resolved);
  c.sections = std::move(state);
  io::make_directories(run / "checkpoints");
  io::write_checkpoint_file(trained_state_file(run), c);
}

std::string in_words(const Parent& p) {
  return fmt::format(
      "goes on from {}, which had {} epochs{}", p.run, p.epochs,
      p.other_bits.empty()
          ? ""
          : fmt::format("; not the bits of a run that was given all epochs at once: {}", p.other_bits));
}

ParentState read_parent(const Experiment& e) {
  const io::Path run = e.continue_from;
  if (!io::file_exists(run / "experiment.toml"))
    throw DataError(fmt::format(
        "'training.continue_from' is {}, which is no directory of a run (it has no experiment.toml)",
        run.string()));
  require_intact(run);
  const std::string resolved = io::read_text(run / "experiment.toml");
  const ExperimentDifferences found = differences_between(resolved, e.resolved);
  if (!found.of_model.empty()) {
    throw ConfigError(
        fmt::format("'training.continue_from' is {}, a run of another experiment: {} {}", run.string(),
                    join_names(found.of_model), found.of_model.size() == 1 ? "differs" : "differ"),
        {},
        "a run goes on with the same model, task and seeds; model.start_from takes its weights for "
        "anything else");
  }
  const io::Path file = trained_state_file(run);
  if (!io::file_exists(file)) {
    throw DataError(
        fmt::format("{} has not come to the end of its training ({} is missing)\n  finish it first: apical "
                    "run --resume --out {}",
                    run.string(), file.filename().string(), run.string()));
  }
  ParentState out;
  out.origin = file.string();
  out.checkpoint = io::read_checkpoint_file(file, hash_of(resolved));
  out.parent = {.run = run.string(),
                .xxh3 = io::xxh3_hex(out.checkpoint.section("trainer")),
                .epochs = 0,
                .other_bits = other_bits(e, found.of_course)};
  return out;
}

}  // namespace apical
