// SPDX-License-Identifier: Apache-2.0
#include "apical/run/forecast.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/engine/layered/shared_parts.h"
#include "apical/run/forecast_parts.h"
#include "apical/run/make_learner.h"
#include "apical/run/memory_need.h"
#include "apical/run/shared_session.h"

namespace apical {

std::string bytes_text(double bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  int unit = 0;
  while (bytes >= 1000 && unit < 4) {
    bytes /= 1000;
    ++unit;
  }
  return fmt::format("{:.3g} {}", bytes, units[unit]);
}

std::string what_runs(const Experiment& e) {
  const std::string model = !e.model.empty() ? e.model : e.is_circuit() ? e.circuit().name : e.label;
  return fmt::format("{}{}, {} {}, {}", model, e.task.empty() ? "" : " on " + e.task, e.seeds.size(),
                     e.seeds.size() == 1 ? "seed" : "seeds", e.double_precision ? "double" : "float");
}

std::string about(double seconds) {
  constexpr double kLeast = 0.01, kMinute = 60, kHour = 3600, kDay = 86400;
  if (seconds < kLeast) return fmt::format("less than {:g} s", kLeast);
  if (seconds < 10) return fmt::format("about {:.2g} s", seconds);
  if (seconds < 2 * kMinute) return fmt::format("about {:.0f} s", seconds);
  if (seconds < 10 * kMinute) return fmt::format("about {:.2g} min", seconds / kMinute);
  if (seconds < 2 * kHour) return fmt::format("about {:.0f} min", seconds / kMinute);
  return seconds < 3 * kDay ? fmt::format("about {:.1f} h", seconds / kHour)
                            : fmt::format("about {:.3g} days", seconds / kDay);
}

std::string time_text(double seconds, const TrainingPlan& plan, std::size_t threads) {
  const std::string limit =
      plan.minutes > 0 ? fmt::format("; training.minutes ends learning after {:g} min", plan.minutes) : "";
  return fmt::format("{} on {} threads, from a probe of 0.4 s{}", about(seconds), threads, limit);
}

std::string provenance_text(const Dataset& data) {
  return data.provenance.empty() ? "" : "; not as published: " + data.provenance;
}

namespace {

/// Behind what is said about the state, if anything is.
void add_memory(Forecast& f, const MemoryNeed& need, const Memory& available) {
  std::string text = gigabytes_text(need.total()) + " in all";
  if (std::isfinite(available.bytes))
    text += fmt::format("; {} are {}", gigabytes_text(available.bytes), available.of);
  const auto line =
      std::find_if(f.lines.begin(), f.lines.end(), [](const auto& l) { return l.name == "memory"; });
  if (line != f.lines.end()) {
    line->text += ", " + text;
  } else {
    f.lines.push_back({"memory", text});
  }
  f.figures.emplace_back("memory_bytes", need.total());
  if (std::isfinite(available.bytes)) f.figures.emplace_back("available_bytes", available.bytes);
}

}  // namespace

namespace {

/// What each of some ranks needs, if they can share one run.
void add_ranks(Forecast& f, const Experiment& e, const MemoryNeed& alone) {
  if (!why_not_shared(e).empty()) return;
  std::string each, saving;
  for (const std::size_t ranks : {2U, 4U, 8U}) {
    const MemoryOfRanks need = memory_of_ranks(e, ranks);
    const double beside = alone.data + kProgramOfRank, most = need.most.each + beside,
                 saving_most = need.most.saving + beside;
    const std::string least_text = gigabytes_text(need.least.each + beside), most_text = gigabytes_text(most);
    const char* const comma = each.empty() ? "" : ", ";
    each += fmt::format("{}{}{} for each rank of {}", comma,
                        least_text == most_text ? "" : least_text + " to ", most_text, ranks);
    saving += fmt::format("{}{}", comma, gigabytes_text(saving_most));
    f.figures.emplace_back(fmt::format("bytes_of_rank_of_{}", ranks), static_cast<std::uint64_t>(most));
    f.figures.emplace_back(fmt::format("bytes_of_saving_rank_of_{}", ranks),
                           static_cast<std::uint64_t>(saving_most));
  }
  const bool divided = !std::holds_alternative<models::LayeredNetwork>(e.subject);
  f.lines.push_back(
      {"with --mpi",
       each + (divided
                   ? fmt::format("; {} where checkpoints come together: on rank 0, and on all when they "
                                 "go on from one",
                                 saving)
                   : fmt::format("; two take {:.0f} % of the time of one at best",
                                 100 * layered::time_of_two_ranks(e.layered().network, e.layered().batch)))});
}

}  // namespace

Forecast forecast(const Experiment& experiment, const Resources& resources) {
  const Experiment e = with_handed_rule(experiment, resources);
  const MemoryNeed need = memory_need(e, resources);
  const std::string refusal = too_much(need, resources.memory);
  Forecast f = std::visit(
      [&](const auto& subject) {
        return refusal.empty() ? forecast_of(e, subject, resources) : sizes_of(subject);
      },
      e.subject);
  add_ranks(f, e, need);
  add_memory(f, need, resources.memory);
  f.refusal = refusal;
  f.label = e.label;
  f.what = what_runs(e);
  return f;
}

}  // namespace apical
