// SPDX-License-Identifier: Apache-2.0
#include "apical/run/fault_record.h"

#include <fmt/format.h>

#include "apical/analysis/metrics.h"

namespace apical {

io::Path fault_state_file(const io::Path& run) { return run / "checkpoints" / "fault-state.apc"; }

void write_fault_state(const io::Path& run, std::uint64_t experiment, std::uint64_t sequence,
                       std::vector<io::CheckpointSection> sections) {
  if (sections.empty()) return;
  io::Checkpoint c;
  c.sequence = sequence;
  c.experiment = experiment;
  c.sections = std::move(sections);
  io::make_directories(run / "checkpoints");
  io::write_checkpoint_file(fault_state_file(run), c);
}

void require_measured(const Measurement& m) {
  if (is_measured_or_missing(metric_of(m.metric), m.value)) return;
  throw NumericalFault({.population = m.where,
                        .quantity = m.metric,
                        .unit = 0,
                        .seed = m.seed,
                        .step = static_cast<std::int64_t>(m.epoch),
                        .time_ms = 0,
                        .value = m.value});
}

void add_fault(io::JsonLine& line, const NumericalFault::Where& where) {
  line.add("population", where.population).add("quantity", where.quantity).add("unit", where.unit);
  line.add("seed", where.seed).add("step", where.step).add("time_ms", where.time_ms);
}

NumericalFault with_what_is_kept(const NumericalFault& fault, const io::Path& run) {
  const bool state = io::file_exists(fault_state_file(run));
  const std::string checkpoint = io::list_checkpoints(run / "checkpoints").empty()
                                     ? "there is no earlier checkpoint"
                                     : "the last good checkpoint is kept";
  return NumericalFault(fault.where(), state ? fmt::format("the state at the fault is in {}; {}",
                                                           fault_state_file(run).string(), checkpoint)
                                             : fmt::format("its state was not kept; {}", checkpoint));
}

}  // namespace apical
