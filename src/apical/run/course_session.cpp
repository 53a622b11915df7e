// SPDX-License-Identifier: Apache-2.0
#include "apical/run/course_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "apical/io/archive.h"
#include "apical/io/archive_numbers.h"
#include "apical/io/sonata.h"
#include "apical/procedure/course_samples.h"
#include "apical/run/seed_by_seed.h"
#include "apical/run/seed_group.h"
#include "apical/run/spiking_results.h"

namespace apical {
namespace {

/// Where there are fewer seeds than threads these could share a network, but they meet after every step of
/// 0.1 ms: with fewer neurons than this per thread that takes longer than the work, and on a busy machine
/// much longer.
constexpr std::size_t kNeuronsPerThread = 8192;

std::size_t neurons_of(const SpikingExperiment& e) {
  std::size_t n = 0;
  for (const spike::NeuronGroup& g : e.circuit.groups)
    n += std::holds_alternative<spike::PoissonSource>(g.model) ? 0 : g.size;
  return n;
}

/// Breaks a round off.
struct BrokenOff {};

/// Between two chances to save within a round; it takes all seeds to meet.
constexpr std::chrono::seconds kChance{1};

/// The section of a round that was broken off.
constexpr const char* kWithin = "within";

}  // namespace

CourseSession::CourseSession(const Experiment& experiment, const Resources& resources, Ranks* ranks)
    : experiment_(experiment),
      e_(experiment_.spiking()),
      pool_(resources.pool),
      ranks_(ranks),
      samples_(load_samples(e_.course, e_.circuit, resources)),
      replays_(load_replays(e_.course, e_.circuit, resources)),
      plan_(e_.course.protocol ? std::vector<CourseRound>(1) : rounds_of(e_.course)) {
  if (experiment_.start_from.empty()) return;
  weights_ = read_weights(experiment_.start_from, pool_);
  std::vector<spike::Network<float>> trial;  // whether they fit, before anything is written
  trial.reserve(experiment_.seeds.size());
  std::vector<spike::Network<float>*> networks;
  for (const std::uint64_t seed : experiment_.seeds)
    networks.push_back(&trial.emplace_back(e_.circuit, seed));
  taken_ = begin_with(networks);
}

TakenWeights CourseSession::begin_with(const std::vector<spike::Network<float>*>& networks) const {
  SpikingWeights model(experiment_.seeds, networks);
  return set_weights(model, weights_, true);
}

template <class Archive>
void CourseSession::SeedWithin::visit_state(Archive& a) {
  a("done", done);
  a.resized("place", place);
  std::vector<std::uint64_t> epochs, counts;
  std::vector<std::string> splits, names;
  std::vector<double> values;
  for (const MeasureRow& row : rows) {
    epochs.push_back(row.epoch);
    counts.push_back(row.values.size());
    splits.push_back(row.split);
    for (const auto& [name, value] : row.values) {
      names.push_back(name);
      values.push_back(value);
    }
  }
  a.resized("epochs", epochs);
  a.resized("counts", counts);
  a.resized("splits", splits);
  a.resized("names", names);
  a.resized("values", values);
  if (!Archive::kReading) return;
  rows.clear();
  std::size_t next = 0;
  for (std::size_t k = 0; k < epochs.size(); ++k) {
    MeasureRow& row = rows.emplace_back();
    row.epoch = epochs[k];
    row.split = splits.at(k);
    for (std::uint64_t i = 0; i < counts.at(k); ++i, ++next)
      row.values.emplace_back(names.at(next), values.at(next));
  }
}

/// Of all seeds.
double CourseSession::simulated_seconds() const {
  double sum = 0;
  for (const auto& course : courses_) {
    if (const spike::Network<float>* const network = course->simulated())
      sum += static_cast<double>(network->step()) * network->description().dt_s;
  }
  return sum;
}

void CourseSession::prepare(const io::Path&) {
  const std::vector<std::uint64_t>& seeds = experiment_.seeds;
  const std::size_t ranks = ranks_ != nullptr ? ranks_->size() : 1;
  const bool large = neurons_of(e_) >= kNeuronsPerThread * pool_.size() * ranks;
  inner_ = ranks_ != nullptr || (seeds.size() < pool_.size() && large);
  for (std::size_t r = 0; r < seeds.size(); ++r) {
    CourseSetting s;
    s.seed = seeds[r];
    s.pool = inner_ && large ? &pool_ : nullptr;
    s.ranks = ranks_;
    s.samples = samples_;
    s.replays = replays_;
    s.raster_s = e_.record.raster_s;
    s.watch.bin_s = e_.course.activity_bin_s;
    s.watch.raster_neurons = is_among_first(r, 1) ? e_.record.raster_neurons : 0;
    if (e_.record.spikes && is_among_first(r, e_.record.seeds)) {
      s.watch.record = e_.record.populations;
      s.watch.record_from_s = e_.record.from_s;
      s.watch.record_until_s = e_.record.until_s;
    }
    // Ranks have to go on in equal pieces, which the clocks on their walls do not tell them.
    if (is_among_first(r, 1) && !e_.course.protocol && ranks_ == nullptr)
      s.watch.glimpses.tell = [this, seed = s.seed](const ActivitySegment& a) { glimpsed(seed, a); };
    s.progress = [this](double seconds) { progressed(seconds); };
    courses_.push_back(make_course(e_.circuit, e_.course, s));
  }
  rows_.resize(courses_.size());
  if (taken_.source.empty()) return;
  std::vector<spike::Network<float>*> networks;
  for (const auto& course : courses_) networks.push_back(course->simulated());
  begin_with(networks);
  weights_ = {};
}

void CourseSession::glimpsed(std::uint64_t seed, const ActivitySegment& activity) {
  const std::lock_guard lock(progress_mutex_);
  listener_->on(Glimpsed{seed, activity});
}

void CourseSession::progressed(double seconds) {
  {
    const std::lock_guard lock(progress_mutex_);
    done_s_ += seconds;
    RunProgress p;
    p.done = done_s_;
    p.total = e_.course.duration_s() * static_cast<double>(courses_.size());
    p.unit = "s simulated";
    p.epochs = e_.course.epochs;
    p.epoch = plan_[round_].epoch;
    listener_->on(p);
  }
  if (round_is_to_pause()) throw BrokenOff{};
}

/// Ranks hear together that they are asked to stop; their clocks differ, so that rank 0's decides.
bool CourseSession::round_is_to_pause() const {
  bool due = Clock::now() >= pause_;
  if (ranks_ != nullptr && !stop_->load()) due = ranks_->of_rank_0(due);
  return stop_->load() || due;
}

std::string CourseSession::section_name(std::size_t r) const { return seed_group(experiment_.seeds[r]); }

void CourseSession::load(const io::Checkpoint& checkpoint, const std::string& origin) {
  const auto at = [&](const std::string& name) { return fmt::format("{}, section '{}'", origin, name); };
  Books books;
  io::load_state(checkpoint.section("course"), books, at("course"));
  io::load_state(checkpoint.section("clock"), clocks_, at("clock"));
  round_ = books.round;
  for (std::size_t r = 0; r < courses_.size(); ++r) {
    const io::Bytes& state = checkpoint.section(section_name(r));
    // Nothing of a network in order is; and times between spikes that are not lead anywhere in memory.
    if (const auto field = io::first_not_finite(state))
      throw DataError(
          fmt::format("{}: {} is not finite; no network in order has that", at(section_name(r)), *field));
    courses_[r]->load(state, at(section_name(r)));
  }
  const auto within = std::find_if(checkpoint.sections.begin(), checkpoint.sections.end(),
                                   [](const io::CheckpointSection& s) { return s.name == kWithin; });
  if (within != checkpoint.sections.end()) {
    std::vector<SeedWithin> seeds(courses_.size());
    SeedsWithin all{seeds};
    io::load_state(within->state, all, at(kWithin));
    for (std::size_t r = 0; r < courses_.size(); ++r) {
      if (seeds[r].done)
        rows_[r] = std::move(seeds[r].rows);
      else
        courses_[r]->load_place(std::as_bytes(std::span(seeds[r].place)), at(kWithin));
    }
    broken_off_ = true;
  }
  done_s_ = simulated_seconds();
}

std::vector<io::CheckpointSection> CourseSession::save() {
  Books books{round_};
  std::vector<io::CheckpointSection> out{{"course", io::save_state(books)},
                                         {"clock", io::save_state(clocks_)}};
  for (std::size_t r = 0; r < courses_.size(); ++r) out.push_back({section_name(r), courses_[r]->save()});
  if (!broken_off_) return out;
  std::vector<SeedWithin> seeds(courses_.size());
  for (std::size_t r = 0; r < courses_.size(); ++r) {
    seeds[r].done = rows_[r].has_value();
    if (rows_[r]) {
      seeds[r].rows = *rows_[r];
      continue;
    }
    for (const std::byte b : courses_[r]->save_place())
      seeds[r].place.push_back(static_cast<std::uint8_t>(b));
  }
  out.push_back({kWithin, io::save_state(SeedsWithin{seeds})});
  return out;
}

std::vector<io::CheckpointSection> CourseSession::fault_state() {
  std::vector<io::CheckpointSection> networks;
  for (std::size_t r = 0; r < courses_.size(); ++r) {
    if (!courses_[r]->fault_state().empty())
      networks.push_back({section_name(r), courses_[r]->fault_state()});
  }
  if (!networks.empty()) return networks;
  // What was measured is at fault, and no network: all of them are kept.
  for (std::size_t r = 0; r < courses_.size(); ++r) {
    if (io::Bytes state = courses_[r]->save(); !state.empty())
      networks.push_back({section_name(r), std::move(state)});
  }
  return networks;
}

void CourseSession::run_round_of(std::size_t r) {
  if (rows_[r]) return;
  try {
    rows_[r] = courses_[r]->run_round(round_);
  } catch (const BrokenOff&) {
    // It goes on there.
  }
}

/// A fault of one seed is thrown, whatever becomes of the others.
void CourseSession::run_round() {
  if (inner_) {
    for (std::size_t r = 0; r < courses_.size() && !round_is_to_pause(); ++r) run_round_of(r);
    return;
  }
  for_each_seed(pool_, courses_.size(), [&](std::size_t r) {
    if (!round_is_to_pause()) run_round_of(r);
  });
}

Session::Step CourseSession::advance(const std::atomic<bool>& stop, Listener& listener) {
  if (round_ == rounds()) return Step::finished;
  if (stop.load()) return Step::stopped;
  stop_ = &stop;
  listener_ = &listener;
  const auto began = Clock::now();
  pause_ = began + kChance;
  run_round();
  if (!e_.course.protocol && trains(e_.course, plan_[round_]))
    clocks_.epoch_seconds += std::chrono::duration<double>(Clock::now() - began).count();
  broken_off_ = !std::all_of(rows_.begin(), rows_.end(), [](const auto& rows) { return rows.has_value(); });
  if (broken_off_) return stop.load() ? Step::stopped : Step::safe_point;
  tell(listener);
  rows_.assign(courses_.size(), std::nullopt);
  ++round_;
  return Step::safe_point;
}

void CourseSession::tell(Listener& listener) {
  std::vector<std::vector<Measurement>> of_seeds(rows_.size());
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    for (const MeasureRow& row : *rows_[r]) {
      for (const auto& [name, value] : row.values)
        of_seeds[r].push_back({static_cast<double>(row.epoch), row.split, name, experiment_.seeds[r], value});
    }
  }
  tell_seed_by_seed(of_seeds, listener);
  if (e_.course.protocol || !ends_training(e_.course, plan_[round_])) return;
  listener.on(EpochEnded{plan_[round_].epoch, clocks_.epoch_seconds});
  clocks_.epoch_seconds = 0;
}

std::vector<Variable> CourseSession::variables() const {
  std::vector<Variable> out;
  for (const spike::NeuronGroup& g : e_.circuit.groups) {
    if (!std::holds_alternative<spike::PoissonSource>(g.model))
      out.push_back({.population = g.name, .name = "spikes", .width = g.size});
  }
  return out;
}

void CourseSession::describe(nlohmann::json& m) const {
  add_start(m, taken_);
  m["precision"] = "float";
  m["biological_seconds_per_seed"] = e_.course.duration_s();
}

std::vector<std::string> CourseSession::remarks(std::span<const Measurement>) const {
  if (taken_.source.empty()) return {};
  return {in_words(taken_)};
}

/// At which no burst at all says that hardly any event is one: below 3 % with 95 % confidence (the rule of
/// three).
constexpr std::uint64_t kEnoughEvents = 100;

void CourseSession::examine(Examination& x) {
  x.without(examined::kSaturated, "neurons that spike have no bounds but their refractory time");
  x.without(examined::kUnsettled, "circuits that spike do not settle");
  x.without(examined::kAnswerChange, "tests are phases of the course");
  x.without(examined::kHalvedStep, "single spikes differ with the step; compare rates of runs at two steps");
  x.without(examined::kCreditAngle, "there is no exact gradient of a circuit that spikes");
  x.without(examined::kChance, "chance depends on what the course counts as right");
  x.without(examined::kLeaked,
            samples_ ? "training and test samples are distinct parts of one set" : "there are no samples");
  const auto teaches = [&](const std::string& population) {
    return std::any_of(e_.circuit.connections.begin(), e_.circuit.connections.end(),
                       [&](const spike::Connection& c) { return c.rule && c.target == population; });
  };
  for (std::size_t r = 0; r < courses_.size(); ++r) {
    const std::uint64_t seed = experiment_.seeds[r];
    for (const auto& [projection, share] : courses_[r]->weights_at_bounds())
      x.add(examined::kAtBounds, projection, seed, share);
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> counts;  // events and bursts
    for (const ActivitySegment& s : courses_[r]->segments()) {
      for (const PopulationActivity& p : s.populations) {
        auto& [events, bursts] = counts[p.name];
        events = std::accumulate(p.events.begin(), p.events.end(), events);
        bursts = std::accumulate(p.bursts.begin(), p.bursts.end(), bursts);
      }
    }
    for (const auto& [population, count] : counts) {
      x.add(examined::kDead, population, seed, count.first == 0 ? 1 : 0);
      if (teaches(population) && count.first >= kEnoughEvents)
        x.add(examined::kBurstless, population, seed, count.second == 0 ? 1 : 0);
    }
  }
  if (e_.course.protocol && courses_.size() == 1) {
    const auto same = [](const course::WeightChangeCurve& a, const course::WeightChangeCurve& b) {
      return a.delta_w == b.delta_w;
    };
    const std::uint64_t seed = experiment_.seeds.front();
    const std::vector<course::WeightChangeCurve>& now = courses_.front()->curves();
    const std::vector<course::WeightChangeCurve> other = e_.course.protocol->run(seed + 1);
    if (std::equal(now.begin(), now.end(), other.begin(), other.end(), same))
      x.add(examined::kSeedless, "test", seed, 1);
  }
  x.without(examined::kAtBounds, "no projection learns within bounds");
  x.without(examined::kDead, "no activity over time was watched");
}

void CourseSession::write_artifacts(const io::Path& run) {
  if (ranks_ != nullptr && !ranks_->leads()) return;
  write_spiking_results(e_, courses_, run / "results.h5");
  if (!e_.record.spikes) return;
  io::make_directories(run / "spikes");
  for (std::size_t r = 0; r < courses_.size() && is_among_first(r, e_.record.seeds); ++r) {
    std::vector<io::SonataPopulation> populations;
    for (const PopulationSpikes& p : courses_[r]->recorded()) populations.push_back({p.name, p.ms, p.neuron});
    io::write_sonata_spikes(run / "spikes" / fmt::format("{}.h5", section_name(r)), populations);
  }
}

}  // namespace apical
