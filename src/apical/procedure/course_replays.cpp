// SPDX-License-Identifier: Apache-2.0
#include "apical/procedure/course_replays.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <span>

#include "apical/core/error.h"
#include "apical/core/time_grid.h"
#include "apical/io/hash.h"
#include "apical/io/sonata.h"
#include "apical/tasks/array_files.h"

namespace apical {

using course::BetweenSteps;
using course::Replay;
using course::Shows;
using course::Stage;
using spike::Step;

namespace {

/// A replay, and for how long at most it goes on.
using Uses = std::vector<std::pair<Replay, double>>;

void add_use(Uses& uses, const Replay& replay, double lasts_s) {
  const auto same = std::find_if(uses.begin(), uses.end(), [&](const auto& u) { return u.first == replay; });
  if (same == uses.end()) {
    uses.emplace_back(replay, lasts_s);
  } else {
    same->second = std::max(same->second, lasts_s);
  }
}

Uses uses_in(const Course& course) {
  Uses out;
  double shown_s = 0;
  for (const Stage& stage : course.stages) {
    if (stage.shows == Shows::stimuli) shown_s = std::max(shown_s, stage.shown_s());
    for (const course::Phase& phase : stage.phases) {
      for (const Replay& r : phase.replays) add_use(out, r, phase.duration_s);
    }
  }
  for (const course::Stimulus& s : course.stimuli) {
    for (const Replay& r : s.replays) add_use(out, r, shown_s);
  }
  return out;
}

/// The population that is meant; '' in a file that knows none.
std::string meant_in(const io::Path& path, const Replay& r) {
  const std::vector<std::string> all = io::sonata_populations(path);
  const auto has = [&](const std::string& name) {
    return std::find(all.begin(), all.end(), name) != all.end();
  };
  if (!r.spikes_of.empty()) {
    if (has(r.spikes_of)) return r.spikes_of;
    if (all.empty())
      throw DataError(
          fmt::format("{}: there is no population '{}': the file has the spikes of all together, in "
                      "/spikes/timestamps\n  leave spikes_of out",
                      path.string(), r.spikes_of));
    throw DataError(fmt::format("{}: there is no population '{}'; it has {}\n  {}", path.string(),
                                r.spikes_of, join_names(all), suggestion(r.spikes_of, all)));
  }
  if (all.empty()) return "";
  if (has(r.population)) return r.population;
  if (all.size() == 1) return all.front();
  throw DataError(
      fmt::format("{}: it has the populations {}, and none is called '{}' like the relays\n  say "
                  "which with spikes_of",
                  path.string(), join_names(all), r.population));
}

io::Path source_of(const Replay& r, const Resources& resources) {
  return found_source(r.spikes_file, resources.data, "a file of spikes in the layout of SONATA");
}

class Reader {
 public:
  Reader(const SpikingCircuit& circuit, const Resources& resources)
      : circuit_(circuit), resources_(resources) {}

  ReplayedSpikes read(const Replay& r, double lasts_s) {
    const io::Path path = source_of(r, resources_);
    const std::string name = meant_in(path, r);
    auto [at, is_new] = files_.try_emplace({path.string(), name});
    if (is_new) at->second = io::read_sonata_spikes(path, name);
    const io::SonataSpikes& rows = at->second;
    ReplayedSpikes out;
    out.source = r.spikes_file + (name.empty() ? "" : fmt::format(", population '{}'", name));
    io::RunningHash hash;
    hash.add(std::as_bytes(std::span(rows.timestamps_ms)));
    hash.add(std::as_bytes(std::span(rows.node_ids)));
    out.hash = io::hex(hash.value());
    const spike::NeuronGroup& g = circuit_.groups[spike::group_index(circuit_, r.population)];
    const Step from = steps_of(r.from_s), end = steps_of(lasts_s);
    for (std::size_t row = 0; row < rows.node_ids.size(); ++row) {
      if (rows.node_ids[row] >= g.size)
        throw DataError(fmt::format("{}: {}[{}] is {}; population '{}' has {} relays, counted from 0",
                                    path.string(), rows.ids_at, row, rows.node_ids[row], g.name, g.size));
      const Step step = step_of(rows, row, r, path, out.moved) - from;
      ++(step < 0 ? out.before : out.after);
      if (step < 0 || step >= end) continue;
      --out.after;
      out.spikes.push_back({step, static_cast<std::uint32_t>(rows.node_ids[row])});
    }
    std::sort(out.spikes.begin(), out.spikes.end());
    const auto twice = std::adjacent_find(out.spikes.begin(), out.spikes.end());
    if (twice != out.spikes.end())
      throw DataError(
          fmt::format("{}: neuron {} has two spikes in the time step at {:.10g} ms; a relay emits one",
                      out.source, twice->neuron, static_cast<double>(twice->step + from) * dt_ms()));
    return out;
  }

 private:
  double dt_ms() const { return circuit_.dt_s * 1e3; }
  Step steps_of(double s) const { return std::llround(s / circuit_.dt_s); }
  Step step_of(const io::SonataSpikes& rows, std::size_t row, const Replay& r, const io::Path& path,
               std::size_t& moved) const {
    const double ms = rows.timestamps_ms[row];
    const auto wrong = [&](const std::string& what, const std::string& hint) {
      throw DataError(
          fmt::format("{}: {}[{}] is {:.12g} ms, {}{}", path.string(), rows.times_at, row, ms, what, hint));
    };
    if (!can_be_counted(ms, dt_ms()))
      wrong(fmt::format("more time steps of {:g} ms than can be counted", dt_ms()), "");
    if (!on_grid(ms, dt_ms())) {
      if (r.between_steps == BetweenSteps::refused)
        wrong(fmt::format("between two time steps of {:g} ms", dt_ms()),
              fmt::format("\n  the nearest: {}; between_steps = \"nearest\" emits all in the nearest",
                          nearest_two(ms, dt_ms())));
      ++moved;
    }
    return std::llround(ms / dt_ms());
  }

  const SpikingCircuit& circuit_;
  const Resources& resources_;
  std::map<std::pair<std::string, std::string>, io::SonataSpikes> files_;
};

}  // namespace

const ReplayedSpikes& Replays::of(const Replay& replay) const {
  const auto at = std::find_if(all_.begin(), all_.end(), [&](const auto& r) { return r.first == replay; });
  APICAL_CHECK(at != all_.end());
  return at->second;
}

bool replays(const Course& course) { return !uses_in(course).empty(); }

std::shared_ptr<const Replays> load_replays(const Course& course, const SpikingCircuit& circuit,
                                            const Resources& resources) {
  const Uses uses = uses_in(course);
  if (uses.empty()) return nullptr;
  auto out = std::make_shared<Replays>();
  Reader reader(circuit, resources);
  for (const auto& [replay, lasts_s] : uses) out->all_.emplace_back(replay, reader.read(replay, lasts_s));
  return out;
}

// Times and neurons of the file, and what is replayed of them, in a list that grows: up to twice as long.
double replayed_bytes(const Course& course, const Resources& resources) {
  constexpr double kRow = sizeof(double) + sizeof(std::uint64_t), kReplayed = 2 * sizeof(spike::Emitted);
  std::set<std::pair<std::string, std::string>> files;
  double bytes = 0;
  for (const auto& [replay, lasts_s] : uses_in(course)) {
    const io::Path path = source_of(replay, resources);
    const std::string name = meant_in(path, replay);
    const auto rows = static_cast<double>(io::count_sonata_spikes(path, name));
    if (files.insert({path.string(), name}).second) bytes += kRow * rows;
    bytes += kReplayed * rows;
  }
  return bytes;
}

DataFingerprint fingerprint_of(const Replays& replays) {
  DataFingerprint facts;
  for (const auto& [replay, spikes] : replays.all())
    facts["spikes of " + spikes.source] = "xxh3 " + spikes.hash;
  return facts;
}

std::vector<std::string> in_words(const Replays& replays) {
  std::vector<std::string> out;
  for (const auto& [replay, s] : replays.all()) {
    std::string text = fmt::format("{}: {} spikes of {}", replay.population, s.spikes.size(), s.source);
    if (s.before > 0) text += fmt::format("; {} are before {:g} s", s.before, replay.from_s);
    if (s.after > 0) text += fmt::format("; {} are later than what shows them lasts", s.after);
    if (s.moved > 0) text += fmt::format("; {} in the file are moved to the nearest time step", s.moved);
    out.push_back(std::move(text));
  }
  return out;
}

}  // namespace apical
