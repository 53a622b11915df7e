// SPDX-License-Identifier: Apache-2.0
// A spiking circuit under the conditions of a protocol: projections are cut while its course trains it, or in
// the tests that the course makes after training, each time from the same trained state.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apical/core/name_pattern.h"
#include "apical/io/archive.h"
#include "apical/procedure/course_display.h"
#include "apical/procedure/course_rounds.h"
#include "apical/procedure/course_samples.h"
#include "apical/procedure/spiking_course.h"
#include "apical/run/contrasts.h"
#include "apical/run/manifest_facts.h"
#include "apical/run/probe_parts.h"
#include "apical/run/saved_weights.h"
#include "apical/run/seed_group.h"

namespace apical {
namespace {

class SpikingProbe final : public ProbeSession {
 public:
  SpikingProbe(const ProbedModel& model, const Resources& resources)
      : e_(model.experiment),
        p_(model.protocol),
        course_(e_.spiking().course),
        pool_(resources.pool),
        rounds_(rounds_of(course_)),
        schoolings_(schoolings_of(p_)),
        samples_(load_samples(course_, e_.spiking().circuit, resources)),
        replays_(load_replays(course_, e_.spiking().circuit, resources)) {}

  void prepare(const io::Path&) override { enroll(); }
  void load(const io::Checkpoint& checkpoint, const std::string& origin) override {
    load_outcome(checkpoint, origin);
    if (over()) return;
    enroll();
    for (std::size_t r = 0; r < courses_.size() && round_ > 0; ++r) {
      const std::string name = section_of(r);
      courses_[r]->load(checkpoint.section(name), fmt::format("{}, section '{}'", origin, name));
    }
  }
  void load_outcome(const io::Checkpoint& checkpoint, const std::string& origin) override {
    io::load_state(checkpoint.section("probe"), *this, origin + ", section 'probe'");
  }
  std::vector<io::CheckpointSection> save() override {
    std::vector<io::CheckpointSection> out{{"probe", io::save_state(*this)}};
    for (std::size_t r = 0; r < courses_.size() && !over(); ++r)
      out.push_back({section_of(r), courses_[r]->save()});
    return out;
  }
  template <class Archive>
  void visit_state(Archive& a) {
    a("schooling", schooling_);
    a("probed", probed_);
    a("round", round_);
    a.resized("tests", tests_);
  }
  bool resumable() const override { return true; }
  std::vector<io::CheckpointSection> fault_state() override {
    std::vector<io::CheckpointSection> out;
    for (std::size_t r = 0; r < courses_.size(); ++r) {
      if (!courses_[r]->fault_state().empty()) out.push_back({section_of(r), courses_[r]->fault_state()});
    }
    return out.empty() ? save() : out;  // what was measured is at fault, and no network
  }

  Step advance(const std::atomic<bool>& stop, Listener& listener) override {
    if (over()) return Step::finished;
    if (stop.load()) return Step::stopped;
    const std::size_t epoch = next_epoch();
    if (round_ < trained_rounds(epoch)) {
      train(listener);
      return Step::safe_point;
    }
    if (!probe(stop, epoch, listener)) return Step::stopped;
    if (++probed_ < schoolings_[schooling_].epochs.size()) return Step::safe_point;
    ++schooling_;
    probed_ = round_ = 0;
    if (over()) return Step::finished;
    enroll();
    return Step::safe_point;
  }

  void describe(nlohmann::json& m) const override {
    m["precision"] = "float";
    add_method(
        m, "Conditions",
        "after training, the course's own tests are made under each condition, from the same state of each "
        "network. Conditions that act in training have networks of their own, trained from the same initial "
        "weights. A projection that is cut transmits nothing; its plasticity goes on.");
  }
  void write_artifacts(const io::Path&) override {}
  const Dataset* data() const override { return samples_.get(); }
  DataFingerprint files() const override { return replays_ ? fingerprint_of(*replays_) : DataFingerprint{}; }

  ModelOutcome outcome() const override {
    ModelOutcome out;
    out.label = e_.label;
    out.contrasts =
        contrasts_of(p_, TraceTimes(p_), out.traces, tests_, display_of(e_.spiking().circuit, course_));
    return out;
  }

 private:
  bool over() const { return schooling_ == schoolings_.size(); }
  std::size_t next_epoch() const { return schoolings_[schooling_].epochs[probed_]; }
  std::string section_of(std::size_t r) const { return seed_group(e_.seeds[r]); }
  bool is_test(const CourseRound& round) const {
    return course_.stages[round.stage].when == course::When::after;
  }
  /// Rounds, from the first on, until so many epochs are trained.
  std::size_t trained_rounds(std::size_t epochs) const {
    const auto is_later = [&](const CourseRound& r) { return is_test(r) || r.epoch > epochs; };
    return static_cast<std::size_t>(std::find_if(rounds_.begin(), rounds_.end(), is_later) - rounds_.begin());
  }

  /// Fresh networks.
  void enroll() {
    courses_.clear();
    for (const std::uint64_t seed : e_.seeds) {
      CourseSetting s;
      s.seed = seed;
      s.samples = samples_;
      s.replays = replays_;
      s.watch.bin_s = course_.activity_bin_s;
      courses_.push_back(make_course(e_.spiking().circuit, course_, s));
    }
    if (e_.start_from.empty()) return;
    std::vector<spike::Network<float>*> networks;
    for (const auto& course : courses_) networks.push_back(course->simulated());
    SpikingWeights model(e_.seeds, std::move(networks));
    set_weights(model, read_weights(e_.start_from, pool_), true);
  }

  void train(Listener& listener) {
    const CourseRound& round = rounds_[round_];
    const Condition* const by = schoolings_[schooling_].disturbed_by;
    const bool learns = course_.stages[round.stage].when == course::When::epoch;
    const std::vector<std::string> cut = by && learns ? by->cut : std::vector<std::string>{};
    for_each_seed(pool_, courses_.size(), [&](std::size_t r) {
      courses_[r]->cut(cut);
      courses_[r]->run_round(round_);
    });
    ++round_;
    RunProgress progress;
    progress.done = static_cast<double>(round_);
    progress.total = static_cast<double>(rounds_.size());
    progress.unit = "rounds";
    progress.epoch = round.epoch;
    progress.epochs = course_.epochs;
    listener.on(progress);
  }

  /// Makes the course's tests under every condition that goes with how it was trained. False if it was broken
  /// off; then everything is as before.
  bool probe(const std::atomic<bool>& stop, std::size_t epochs, Listener& listener) {
    const Condition* const by = schoolings_[schooling_].disturbed_by;
    std::vector<io::Bytes> trained;
    for (const auto& c : courses_) trained.push_back(c->save());
    const auto restore = [&](std::size_t r) { courses_[r]->load(trained[r], "the trained state"); };
    std::vector<Tested> tests;
    bool whole = true;
    for (const Condition& c : p_.conditions) {
      if (by ? &c != by : c.in_training()) continue;
      whole = whole && !stop.load();
      if (!whole) break;
      std::vector<std::vector<MeasureRow>> rows(courses_.size());
      for_each_seed(pool_, courses_.size(), [&](std::size_t r) {
        courses_[r]->cut(c.in_probe() ? c.cut : std::vector<std::string>{});
        for (std::size_t k = 0; k < rounds_.size(); ++k) {
          if (!is_test(rounds_[k])) continue;
          for (MeasureRow& row : courses_[r]->run_round(k)) rows[r].push_back(std::move(row));
        }
        restore(r);
      });
      collect(c, epochs, rows, tests);
    }
    for (std::size_t r = 0; r < courses_.size(); ++r) courses_[r]->cut({});
    if (!whole) return false;
    for (Tested& t : tests) {
      tell(t, e_.seeds, listener);
      tests_.push_back(std::move(t));
    }
    return true;
  }

  void collect(const Condition& c, std::size_t epochs, const std::vector<std::vector<MeasureRow>>& rows,
               std::vector<Tested>& to) const {
    for (std::size_t k = 0; k < rows.front().size(); ++k) {
      for (std::size_t i = 0; i < rows.front()[k].values.size(); ++i) {
        const std::string& metric = rows.front()[k].values[i].first;
        if (std::none_of(p_.metrics.begin(), p_.metrics.end(),
                         [&](const std::string& pattern) { return matches(pattern, metric); }))
          continue;
        Tested t{c.name, epochs, metric, {}};
        for (const auto& of_seed : rows) t.values.push_back(of_seed.at(k).values.at(i).second);
        to.push_back(std::move(t));
      }
    }
  }

  const Experiment& e_;
  const Protocol& p_;
  const Course& course_;
  ThreadPool& pool_;
  std::vector<CourseRound> rounds_;
  std::vector<Schooling> schoolings_;
  std::shared_ptr<const Dataset> samples_;
  std::shared_ptr<const Replays> replays_;
  std::vector<std::unique_ptr<SpikingCourse>> courses_;
  std::uint64_t schooling_ = 0, probed_ = 0, round_ = 0;
  std::vector<Tested> tests_;
};

}  // namespace

std::unique_ptr<ProbeSession> make_spiking_probe(const ProbedModel& model, const Resources& resources) {
  return std::make_unique<SpikingProbe>(model, resources);
}

}  // namespace apical
