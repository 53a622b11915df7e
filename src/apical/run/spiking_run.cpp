// SPDX-License-Identifier: Apache-2.0
#include "apical/run/spiking_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "apical/analysis/interval.h"
#include "apical/io/checkpoint.h"
#include "apical/io/hash.h"
#include "apical/io/journal.h"
#include "apical/io/json.h"
#include "apical/io/run_lock.h"
#include "apical/io/sonata.h"
#include "apical/procedure/course_rounds.h"
#include "apical/procedure/course_samples.h"
#include "apical/procedure/spiking_course.h"
#include "apical/report/compose/spiking_report.h"
#include "apical/run/fault_record.h"
#include "apical/run/manifest_facts.h"
#include "apical/run/metrics_file.h"
#include "apical/run/provenance.h"
#include "apical/run/run.h"
#include "apical/run/spiking_results.h"

namespace apical {
namespace {

using Clock = std::chrono::steady_clock;

/// What a checkpoint holds beside the states of the seeds.
struct Bookkeeping {
  std::uint64_t sequence = 0, round = 0;  ///< rounds that are done
  double wall_seconds = 0;
  io::JournalPosition metrics, events;
  template <class Archive>
  void visit_state(Archive& a) {
    a("sequence", sequence);
    a("round", round);
    a("wall_seconds", wall_seconds);
    a("metrics", metrics);
    a("events", events);
  }
};

/// Threads work on a seed each. Where there are fewer seeds than threads they could share a network, but they
/// meet after every step of 0.1 ms: with fewer neurons than this that takes longer than the work, and on a
/// busy machine much longer.
constexpr std::size_t kNeuronsPerThread = 8192;

std::size_t neurons_of(const SpikingExperiment& e) {
  std::size_t n = 0;
  for (const spike::NeuronGroup& g : e.circuit.groups) {
    n += std::holds_alternative<spike::PoissonSource>(g.model) ? 0 : g.size;
  }
  return n;
}

/// Breaks a round off that nothing can be continued from.
struct Stopped {};

void write_manifest(const SpikingExperiment& e, const io::Path& run, std::size_t threads) {
  nlohmann::json m;
  m["schema"] = "apical-manifest/1";
  m["kind"] = "spiking";
  m["title"] = e.title;
  m["label"] = e.label;
  m["model"] = e.model;
  m["citation"] = e.citation;
  m["seeds"] = e.seeds;
  m["precision"] = "float";
  m["experiment_xxh3"] = fmt::format("{:016x}", io::xxh3(io::bytes_of(e.resolved)));
  m["biological_seconds_per_seed"] = e.course.duration_s();
  add_facts(m, e);
  add_provenance(m, threads);
  io::write_atomically(run / "manifest.json", io::json_text(m));
}

class SpikingRun {
 public:
  SpikingRun(const SpikingExperiment& e, const SpikingRunOptions& options, const std::atomic<bool>& stop)
      : e_(e),
        options_(options),
        stop_(stop),
        run_(options.directory),
        hash_(io::xxh3(io::bytes_of(e.resolved))),
        pool_(options.threads) {}

  SpikingRunResult execute() {
    result_.label = e_.label;
    if (options_.resume && !io::file_exists(run_ / "experiment.toml")) {
      throw DataError(fmt::format("{} holds no run to resume (no experiment.toml)", run_.string()));
    }
    if (!options_.resume) require_new(run_);
    io::make_directories(run_);
    io::RunLock lock(run_);
    if (options_.resume && io::read_text(run_ / "experiment.toml") != e_.resolved) {
      throw DataError(
          fmt::format("{} was made by another experiment; a run is continued exactly as it began\n"
                      "  leave out the experiment to use the run's own: apical run --resume --out {}",
                      run_.string(), run_.string()));
    }
    if (options_.resume && io::file_exists(run_ / "summary.json")) {
      if (!io::file_exists(run_ / "report.html")) write_spiking_report(run_);
      result_.was_finished = true;
      result_.wall_seconds = io::read_json(run_ / "summary.json").at("wall_seconds");
      return result_;
    }
    io::remove_temporaries(run_);
    make_courses();
    if (options_.resume) restore();
    if (!options_.resume || !io::file_exists(run_ / "manifest.json")) {
      io::write_atomically(run_ / "experiment.toml", e_.resolved);
      write_manifest(e_, run_, pool_.size());
    }
    metrics_.emplace(run_, books_.metrics);
    events_.emplace(run_ / "events.ndjson", books_.events);
    event(books_.sequence > 0 ? "resumed" : "started",
          [&](io::JsonLine& l) { l.add("threads", pool_.size()); });
    start_ = last_checkpoint_ = Clock::now();
    for (; books_.round < rounds(); ++books_.round) {
      if (stop_.load() || !run_round()) return stopped();
    }
    finish();
    return result_;
  }

 private:
  std::size_t rounds() const { return courses_.front()->rounds(); }
  double wall() const {
    return books_.wall_seconds + std::chrono::duration<double>(Clock::now() - start_).count();
  }

  template <class Fill>
  void event(std::string_view name, Fill&& fill) {
    io::JsonLine line;
    line.add("event", name).add("utc", utc_now());
    fill(line);
    events_->append(line);
  }

  void make_courses() {
    inner_ = e_.seeds.size() < pool_.size() && neurons_of(e_) >= kNeuronsPerThread * pool_.size();
    const std::shared_ptr<const Dataset> samples = load_samples(e_.course);
    for (std::size_t r = 0; r < e_.seeds.size(); ++r) {
      CourseSetting s;
      s.samples = samples;
      s.seed = e_.seeds[r];
      s.pool = inner_ ? &pool_ : nullptr;
      s.raster_s = e_.record.raster_s;
      s.watch.bin_s = e_.course.activity_bin_s;
      s.watch.raster_neurons = r == 0 ? e_.record.raster_neurons : 0;
      if (e_.record.spikes && r < e_.record.seeds) {
        s.watch.record = e_.record.populations;
        s.watch.record_from_s = e_.record.from_s;
        s.watch.record_until_s = e_.record.until_s;
      }
      s.progress = [this](double seconds) { progressed(seconds); };
      courses_.push_back(make_course(e_.circuit, e_.course, s));
    }
  }

  void progressed(double seconds) {
    {
      const std::lock_guard lock(progress_mutex_);
      done_s_ += seconds;
      if (options_.progress)
        options_.progress({done_s_, e_.course.duration_s() * static_cast<double>(e_.seeds.size()), note_});
    }
    if (rounds() == 1 && stop_.load()) throw Stopped{};
  }

  void restore() {
    const io::FoundCheckpoint found = io::newest_valid_checkpoint(run_ / "checkpoints", hash_);
    for (const io::SetAside& aside : found.set_aside) {
      result_.notes.push_back(
          fmt::format("damaged checkpoint set aside as {}: {}", aside.file.string(), aside.reason));
    }
    if (!found.checkpoint) {
      if (!found.set_aside.empty()) {
        throw DataError(fmt::format(
            "no checkpoint of {} is valid any more ({}: {})\n  its metrics are kept; begin a new run with "
            "another --out",
            run_.string(), found.set_aside.front().file.string(), found.set_aside.front().reason));
      }
      result_.notes.emplace_back("no checkpoint had been written yet: the run begins again");
      return;
    }
    const std::string origin = found.file.string();
    io::load_state(found.checkpoint->section("books"), books_, origin + ", section 'books'");
    for (std::size_t r = 0; r < courses_.size(); ++r) {
      const std::string name = section_name(r);
      if (books_.round > 0)
        courses_[r]->load(found.checkpoint->section(name), fmt::format("{}, section '{}'", origin, name));
    }
    done_s_ = e_.course.duration_s() * static_cast<double>(e_.seeds.size()) *
              static_cast<double>(books_.round) / static_cast<double>(rounds());
  }

  std::string section_name(std::size_t r) const { return fmt::format("seed-{}", e_.seeds[r]); }

  void write_checkpoint() {
    books_.metrics = metrics_->position();
    books_.events = events_->position();
    ++books_.sequence;
    Bookkeeping saved = books_;
    saved.wall_seconds = wall();
    io::Checkpoint c;
    c.sequence = saved.sequence;
    c.experiment = hash_;
    c.sections.push_back({"books", io::save_state(saved)});
    for (std::size_t r = 0; r < courses_.size(); ++r)
      c.sections.push_back({section_name(r), courses_[r]->save()});
    io::write_checkpoint(run_ / "checkpoints", c);
    last_checkpoint_ = Clock::now();
  }

  /// False if it was broken off.
  bool run_round() {
    const std::size_t round = books_.round, seeds = courses_.size();
    std::vector<std::vector<MeasureRow>> rows(seeds);
    try {
      if (inner_) {
        for (std::size_t r = 0; r < seeds; ++r) rows[r] = courses_[r]->run_round(round);
      } else {
        std::atomic<std::size_t> next{0};
        pool_.run(pool_.size(), [&](std::size_t) {
          for (std::size_t r = next++; r < seeds; r = next++) {
            if (rounds() == 1 && stop_.load()) throw Stopped{};
            rows[r] = courses_[r]->run_round(round);
          }
        });
      }
    } catch (const Stopped&) {
      return false;
    } catch (const NumericalFault& fault) {
      event("numerical_fault", [&](io::JsonLine& l) { add_fault(l, fault.where()); });
      std::vector<io::CheckpointSection> networks;
      for (std::size_t r = 0; r < seeds; ++r) {
        if (!courses_[r]->fault_state().empty())
          networks.push_back({section_name(r), courses_[r]->fault_state()});
      }
      write_fault_state(run_, hash_, books_.sequence + 1, std::move(networks));
      metrics_->close();
      events_->close();
      throw with_what_is_kept(fault, run_);
    }
    double cost = 0;
    std::optional<std::size_t> trained;
    for (std::size_t r = 0; r < seeds; ++r) {
      for (const MeasureRow& row : rows[r]) {
        for (const auto& [name, value] : row.values) {
          metrics_->append({static_cast<double>(row.epoch), row.split, name, e_.seeds[r], value});
          if (row.split == "train" && name == "cost") {
            cost += value / static_cast<double>(seeds);
            trained = row.epoch;
          }
        }
      }
    }
    if (trained) {
      event("epoch", [&](io::JsonLine& l) { l.add("epoch", *trained); });
      note_ = fmt::format("epoch {}/{}, mean cost {:.3f}", *trained, e_.course.epochs, cost);
    }
    if (rounds() > 1 &&
        std::chrono::duration<double>(Clock::now() - last_checkpoint_).count() >= e_.checkpoint_every_s) {
      ++books_.round;  // this one is done
      write_checkpoint();
      --books_.round;
    }
    return true;
  }

  SpikingRunResult stopped() {
    result_.stopped = true;
    event("stopped", [&](io::JsonLine& l) { l.add("wall_seconds", wall()); });
    if (rounds() > 1 && books_.round > 0) write_checkpoint();
    result_.has_checkpoint = !io::list_checkpoints(run_ / "checkpoints").empty();
    result_.wall_seconds = wall();
    return result_;
  }

  void finish() {
    const double seconds = wall();
    event("finished", [&](io::JsonLine& l) { l.add("wall_seconds", seconds); });
    if (rounds() > 1) write_checkpoint();  // the final state stays
    metrics_->close();
    events_->close();
    write_spiking_results(e_, courses_, run_ / "results.h5");
    write_spikes();
    write_summary(seconds);
    write_spiking_report(run_);
    result_.wall_seconds = seconds;
  }

  void write_spikes() {
    if (!e_.record.spikes) return;
    io::make_directories(run_ / "spikes");
    for (std::size_t r = 0; r < e_.record.seeds; ++r) {
      std::vector<io::SonataPopulation> populations;
      for (const PopulationSpikes& p : courses_[r]->recorded())
        populations.push_back({p.name, p.ms, p.neuron});
      io::write_sonata_spikes(run_ / "spikes" / fmt::format("seed-{}.h5", e_.seeds[r]), populations);
    }
  }

  void write_summary(double seconds) {
    nlohmann::json s;
    s["schema"] = "apical-spiking-summary/1";
    s["label"] = e_.label;
    s["model"] = e_.model;
    s["seeds"] = e_.seeds;
    s["wall_seconds"] = seconds;
    s["biological_seconds"] = e_.course.duration_s() * static_cast<double>(e_.seeds.size());
    s["measures"] = nlohmann::json::array();
    // First and last time of everything; phases of a course have other names for what matters.
    std::map<std::pair<std::string, std::string>, std::map<double, std::vector<double>>> all;
    for (const Measurement& m : read_measurements(run_)) {
      if (m.where != "phase") all[{m.where, m.metric}][m.epoch].push_back(m.value);
    }
    for (const auto& entry : all) {
      const std::pair<std::string, std::string>& key = entry.first;
      const auto& by_epoch = entry.second;
      const auto add = [&](double epoch, const std::vector<double>& values) {
        const bool all_finite =
            std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
        const MeanInterval i =
            mean_interval(all_finite ? std::span<const double>(values) : std::span<const double>());
        nlohmann::json one{{"split", key.first},
                           {"metric", key.second},
                           {"epoch", epoch},
                           {"mean", io::json_number(i.mean)},
                           {"n", i.n}};
        if (i.has_bounds()) {
          one["low95"] = io::json_number(i.low);
          one["high95"] = io::json_number(i.high);
        }
        for (const double v : values) one["values"].push_back(io::json_number(v));
        s["measures"].push_back(std::move(one));
      };
      add(by_epoch.begin()->first, by_epoch.begin()->second);
      if (by_epoch.size() > 1) add(by_epoch.rbegin()->first, by_epoch.rbegin()->second);
    }
    io::write_atomically(run_ / "summary.json", io::json_text(s));
  }

  const SpikingExperiment& e_;
  const SpikingRunOptions& options_;
  const std::atomic<bool>& stop_;
  const io::Path run_;
  const std::uint64_t hash_;
  ThreadPool pool_;
  bool inner_ = false;
  std::vector<std::unique_ptr<SpikingCourse>> courses_;
  Bookkeeping books_;
  std::optional<MetricsFile> metrics_;
  std::optional<io::Journal> events_;
  Clock::time_point start_, last_checkpoint_;
  SpikingRunResult result_;
  std::mutex progress_mutex_;
  double done_s_ = 0;
  std::string note_;
};

}  // namespace

SpikingRunResult run_spiking(const SpikingExperiment& experiment, const SpikingRunOptions& options,
                             const std::atomic<bool>& stop) {
  return SpikingRun(experiment, options, stop).execute();
}

bool is_spiking_run(const io::Path& directory) {
  return io::file_exists(directory / "manifest.json") &&
         io::read_json(directory / "manifest.json").value("kind", "") == "spiking";
}

SpikingEstimate estimate_spiking(const SpikingExperiment& e, unsigned threads) {
  SpikingEstimate s;
  s.biological_s = e.course.duration_s();
  const auto elapsed = [](Clock::time_point since) {
    return std::chrono::duration<double>(Clock::now() - since).count();
  };
  ThreadPool pool(threads);
  const std::size_t at_a_time = std::min<std::size_t>(pool.size(), e.seeds.size());
  const auto turns = static_cast<double>((e.seeds.size() + at_a_time - 1) / at_a_time);
  const auto start = Clock::now();
  if (e.course.protocol) {  // cheap enough to be its own probe
    make_course(e.circuit, e.course, {.seed = e.seeds.front()})->run_round(0);
    s.seconds = elapsed(start) * turns;
    return s;
  }
  for (const spike::NeuronGroup& g : e.circuit.groups) {
    (std::holds_alternative<spike::PoissonSource>(g.model) ? s.sources : s.neurons) += g.size;
  }
  for (const spike::Background& b : e.circuit.background)
    s.background_trains += e.circuit.groups[spike::group_index(e.circuit, b.target)].size;
  spike::Network<float> network(e.circuit, e.seeds.front());
  const double building = elapsed(start);
  s.synapses = network.synapses();
  for (std::size_t c = 0; c < e.circuit.connections.size(); ++c)
    s.plastic_synapses += e.circuit.connections[c].rule ? network.synapses(c) : 0;
  const std::size_t state = io::save_state(network).size();
  s.network_bytes = network.synapse_bytes() + state;
  if (rounds_of(e.course).size() > 1) s.checkpoint_bytes = state * e.seeds.size();
  constexpr double kWarmUp_s = 0.2, kProbe_s = 0.2;  // biological, wall
  const double dt = e.circuit.dt_s;
  network.advance(std::llround(kWarmUp_s / dt));  // rates settle
  const auto probe = Clock::now();
  const spike::Step first = network.step();
  network.reset_counts();
  while (elapsed(probe) < kProbe_s) network.advance(100);
  const double probed_s = static_cast<double>(network.step() - first) * dt,
               per_second = elapsed(probe) / probed_s;
  if (e.record.spikes) {
    double spikes = 0;
    for (const std::string& p : e.record.populations)
      spikes += static_cast<double>(network.counts(network.group(p)).spikes);
    const double recorded_s = std::min(e.record.until_s, s.biological_s) - e.record.from_s;
    constexpr std::size_t kBytes = sizeof(double) + sizeof(std::uint64_t);  // time and neuron
    s.recorded_bytes = e.record.seeds * kBytes * static_cast<std::size_t>(spikes / probed_s * recorded_s);
  }
  s.seconds = (building + s.biological_s * per_second) * turns;
  return s;
}

}  // namespace apical
