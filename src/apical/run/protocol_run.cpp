// SPDX-License-Identifier: Apache-2.0
#include "apical/run/protocol_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "apical/learning/rate_learner.h"
#include "apical/run/run_directory.h"
#include "apical/run/training_listener.h"

namespace apical {
namespace {

/// Columns of a trace: every `stride`-th step from `first` on.
struct Times {
  rate::Step first = 0, stride = 1;
  std::size_t count = 0;
  double dt_ms = 0;

  Times(const Protocol& p, double dt) : dt_ms(dt) {
    first = std::llround(p.from_ms / dt);
    stride = std::max<rate::Step>(1, std::llround(p.every_ms / dt));
    count = static_cast<std::size_t>((std::llround(p.until_ms / dt) - first + stride - 1) / stride);
  }
  double ms(std::size_t column) const {
    return static_cast<double>(first + static_cast<rate::Step>(column) * stride) * dt_ms;
  }
  /// The column of a step, or `count`.
  std::size_t column(rate::Step step) const {
    if (step < first || (step - first) % stride != 0) return count;
    return std::min(count, static_cast<std::size_t>((step - first) / stride));
  }
};

double reduced(const Measure& m, std::span<const double> values) {
  return m.reduce == Measure::Reduce::magnitude
             ? std::accumulate(values.begin(), values.end(), 0.0,
                               [](double sum, double v) { return sum + std::abs(v); })
             : std::accumulate(values.begin(), values.end(), 0.0);
}

template <class Real>
class ModelProbe {
 public:
  ModelProbe(const ProbedModel& model, const ProtocolOptions& options, const std::atomic<bool>& stop)
      : e_(model.experiment),
        p_(model.protocol),
        options_(options),
        stop_(stop),
        pool_(options.threads),
        data_(e_.make_data()),
        times_(p_, e_.circuit().dt_ms) {
    for (const auto& d : data_) {
      const std::size_t size = split_of(*d, p_.split).size();
      if (p_.samples > size) {
        throw ConfigError(fmt::format("'protocol.samples' is {}, but the {} split of task '{}' has {}",
                                      p_.samples, name_of(p_.split), e_.task, size));
      }
    }
  }

  /// False if it was stopped. Each model is trained once, and once for each condition that acts while it
  /// learns; at every probed epoch on the way it is brought to the conditions that go with it.
  bool run(ModelOutcome& out) {
    std::map<std::size_t, std::vector<Trace>> traces;  // by epochs; of the undisturbed training first
    if (!train(nullptr, traces)) return false;
    for (const Condition& c : p_.conditions) {
      if (c.in_training() && !train(&c, traces)) return false;
    }
    for (const std::size_t epochs : p_.epochs) {
      for (Trace& t : traces[epochs]) out.traces.push_back(std::move(t));
    }
    for (const std::size_t epochs : p_.epochs) compare(epochs, out);
    return true;
  }

 private:
  TrainingPlan plan_until(std::size_t epochs) const {
    TrainingPlan plan = e_.plan;
    plan.epochs = epochs;
    plan.validate_every = plan.align_every = plan.patience = 0;
    plan.align_epochs.clear();
    return plan;
  }

  void perturb_learning(RateLearner<Real>& learner, const Condition* while_learning) const {
    if (while_learning)
      learner.perturb(while_learning->perturbations, while_learning->mismatches);
    else
      learner.perturb({});
  }

  bool train(const Condition* while_learning, std::map<std::size_t, std::vector<Trace>>& traces) {
    std::set<std::size_t> probed(p_.epochs.begin(), p_.epochs.end());
    if (while_learning) probed.erase(0);  // nothing has acted yet
    if (probed.empty()) return true;
    RateLearner<Real> learner(e_.circuit(), data_, e_.seeds, e_.presentation, pool_);
    perturb_learning(learner, while_learning);
    std::vector<Observer*> observers;
    std::optional<TrainingListener> told;
    if (options_.watch) {
      Listener* const listener =
          options_.watch(while_learning ? fmt::format("{}, {}", e_.label, while_learning->name) : e_.label);
      observers.push_back(&told.emplace(e_.seeds, find_task(e_.task).classifies, *listener));
    }
    Trainer trainer(learner, plan_until(*probed.rbegin()), observers);
    for (const std::size_t epochs : probed) {
      while (trainer.epochs_trained() < epochs) {
        const Trainer::Step step = trainer.advance(stop_);
        if (step == Trainer::Step::stopped) return false;
        if (step == Trainer::Step::finished) break;  // a limit of time
      }
      Snapshot going_on;
      going_on.take(trainer);
      // As if training were to end here, with its test.
      Trainer ending(learner, plan_until(epochs), {});
      going_on.restore(ending);
      if (ending.run(stop_) == Trainer::Outcome::stopped) return false;
      if (!probe_state(learner, while_learning, epochs, traces[epochs])) return false;
      perturb_learning(learner, while_learning);
      going_on.restore(trainer);
    }
    return true;
  }

  /// Brings a trained state to the conditions that go with how it was trained.
  bool probe_state(RateLearner<Real>& learner, const Condition* while_learning, std::size_t epochs,
                   std::vector<Trace>& traces) {
    learner.perturb({});
    Snapshot trained;
    trained.take(learner);
    for (const Condition& c : p_.conditions) {
      if (while_learning ? &c != while_learning : c.in_training()) continue;
      if (stop_.load()) return false;
      if (c.in_probe()) learner.perturb(c.perturbations, c.mismatches);
      record(learner, c, epochs, traces);
      trained.restore(learner);
      if (p_.evaluate) score(learner, c, epochs);
      trained.restore(learner);
      learner.perturb({});
    }
    return true;
  }

  void record(RateLearner<Real>& learner, const Condition& condition, std::size_t epochs,
              std::vector<Trace>& traces) {
    const std::size_t first_trace = traces.size();
    std::vector<const Measure*> measures;
    for (const Measure& m : p_.measures) {
      if (!m.populations.empty()) measures.push_back(&m);
    }
    if (measures.empty()) return;
    for (const Measure* m : measures) {
      Trace t{m->name, condition.name, epochs, Matrix<double>(e_.seeds.size(), times_.count), {}};
      if (m->single_units > 0) {
        const std::size_t units = std::min(m->single_units, e_.circuit()[m->populations.front()].size);
        t.units.assign(e_.seeds.size(), Matrix<double>(times_.count, units));
      }
      traces.push_back(std::move(t));
    }
    std::vector<std::uint32_t> samples;
    for (std::size_t r = 0; r < p_.repeats; ++r) {
      for (std::uint32_t s = 0; s < p_.samples; ++s) samples.push_back(s);
    }
    const Order order(e_.seeds.size(), samples);
    const double weight = 1.0 / static_cast<double>(samples.size());
    const auto sample = [&](rate::Network<Real>& n, std::size_t first, std::size_t count, std::size_t,
                            rate::Step step) {
      const std::size_t column = times_.column(step);
      if (column == times_.count) return;
      for (std::size_t k = 0; k < measures.size(); ++k) {
        for (std::size_t i = 0; i < count; ++i)
          add(n, first + i, i, *measures[k], traces[first_trace + k], column, weight);
      }
    };
    learner.present(p_.trial(e_.circuit().dt_ms), p_.split, order, sample);
    learner.check();
  }

  /// One step of one replica.
  void add(rate::Network<Real>& n, std::size_t replica, std::size_t lane, const Measure& m, Trace& trace,
           std::size_t column, double weight) const {
    std::vector<double> values;
    double sum = 0, count = 0;
    for (const PopulationId p : m.populations) {
      values.resize(n.size(p));
      n.read(p, m.variable, lane, values);
      if (p == m.populations.front() && !trace.units.empty()) {
        const std::span<double> row = trace.units[replica].row(column);
        for (std::size_t u = 0; u < trace.units[replica].cols(); ++u) row[u] += weight * values[u];
      }
      if (!m.units.empty()) {
        std::vector<double> some;
        for (const std::uint32_t u : m.units) some.push_back(values[u]);
        values = std::move(some);
      }
      sum += reduced(m, values);
      count += static_cast<double>(values.size());
    }
    trace.mean(replica, column) += weight * sum / count;
  }

  struct TestScore {
    std::string condition;
    std::size_t epochs;
    std::vector<Score> scores;
  };

  void score(RateLearner<Real>& learner, const Condition& c, std::size_t epochs) {
    std::vector<std::uint32_t> all(split_of(*data_.front(), SplitName::test).size());
    std::iota(all.begin(), all.end(), 0U);
    TestScore s{c.name, epochs, std::vector<Score>(e_.seeds.size())};
    learner.evaluate(SplitName::test, Order(e_.seeds.size(), all), true, s.scores);
    learner.check();
    tests_.push_back(std::move(s));
  }

  /// The mean over the measure's window, by seed.
  std::vector<double> window_mean(const Measure& m, const Trace& t) const {
    std::vector<double> out;
    for (std::size_t r = 0; r < t.mean.rows(); ++r) {
      double sum = 0, n = 0;
      for (std::size_t c = 0; c < times_.count; ++c) {
        constexpr double kRounding = 1e-9;
        if (times_.ms(c) < m.from_ms - kRounding || times_.ms(c) >= m.until_ms - kRounding) continue;
        sum += t.mean(r, c);
        n += 1;
      }
      if (n == 0)
        throw ConfigError(fmt::format("no recorded step lies in the window of measure '{}'", m.name), {},
                          "record more often: protocol.every_ms");
      out.push_back(sum / n);
    }
    return out;
  }

  void compare(std::size_t epochs, ModelOutcome& out) const {
    for (const Condition& c : p_.conditions) {
      if (c.name == p_.control) continue;
      for (const Measure& m : p_.measures) {
        const auto find = [&](const std::string& condition) {
          return std::find_if(out.traces.begin(), out.traces.end(), [&](const Trace& t) {
            return t.measure == m.name && t.condition == condition && t.epochs == epochs;
          });
        };
        const auto with = find(c.name), without = find(p_.control);
        if (with == out.traces.end()) continue;
        out.contrasts.push_back({m.name, c.name, epochs, window_mean(m, *without), window_mean(m, *with)});
      }
      const auto test = [&](const std::string& condition) {
        return std::find_if(tests_.begin(), tests_.end(), [&](const TestScore& s) {
          return s.condition == condition && s.epochs == epochs;
        });
      };
      const auto with = test(c.name), without = test(p_.control);
      if (with == tests_.end()) continue;
      Contrast loss{"test loss", c.name, epochs, {}, {}}, accuracy{"test accuracy", c.name, epochs, {}, {}};
      for (std::size_t r = 0; r < e_.seeds.size(); ++r) {
        loss.control.push_back(without->scores[r].loss());
        loss.value.push_back(with->scores[r].loss());
        accuracy.control.push_back(without->scores[r].accuracy());
        accuracy.value.push_back(with->scores[r].accuracy());
      }
      out.contrasts.push_back(std::move(loss));
      if (data_.front()->readout != Readout::regression) out.contrasts.push_back(std::move(accuracy));
    }
  }

  const Experiment& e_;
  const Protocol& p_;
  const ProtocolOptions& options_;
  const std::atomic<bool>& stop_;
  ThreadPool pool_;
  std::vector<std::shared_ptr<const Dataset>> data_;
  Times times_;
  std::vector<TestScore> tests_;
};

bool probe(const ProbedModel& model, const ProtocolOptions& options, const std::atomic<bool>& stop,
           ModelOutcome& out) {
  return model.experiment.double_precision ? ModelProbe<double>(model, options, stop).run(out)
                                           : ModelProbe<float>(model, options, stop).run(out);
}

}  // namespace

MeanInterval Contrast::control_interval() const { return mean_interval(control); }
MeanInterval Contrast::value_interval() const { return mean_interval(value); }

MeanInterval Contrast::difference() const {
  std::vector<double> d;
  for (std::size_t i = 0; i < value.size(); ++i) d.push_back(value[i] - control[i]);
  return mean_interval(d);
}

bool Contrast::is_distinct() const {
  const MeanInterval d = difference();
  return d.has_bounds() && (d.low > 0 || d.high < 0);
}

ProtocolResult run_protocol(const std::vector<ProbedModel>& models, const ProtocolOptions& options,
                            const std::atomic<bool>& stop) {
  require_new(options.directory);
  ProtocolResult result;
  const ProbedModel& first = models.front();
  const Times times(first.protocol, first.experiment.circuit().dt_ms);
  for (std::size_t c = 0; c < times.count; ++c) result.time_ms.push_back(times.ms(c));
  for (const ProbedModel& m : models) {
    const Times own(m.protocol, m.experiment.circuit().dt_ms);
    if (own.count != times.count || own.first != times.first || own.stride != times.stride ||
        own.dt_ms != times.dt_ms) {
      throw ConfigError(fmt::format("models '{}' and '{}' are recorded at other times",
                                    first.experiment.label, m.experiment.label),
                        {}, "give window_ms, every_ms and dt_ms once for all");
    }
  }
  for (const ProbedModel& m : models) {
    const auto start = std::chrono::steady_clock::now();
    ModelOutcome& out = result.models.emplace_back();
    out.label = m.experiment.label;
    if (!probe(m, options, stop, out)) {
      result.stopped = true;
      return result;
    }
    out.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  io::make_directories(options.directory);
  write_protocol(models, result, options.directory,
                 options.threads > 0 ? options.threads : available_threads());
  return result;
}

}  // namespace apical
