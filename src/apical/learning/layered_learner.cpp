// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/layered_learner.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/core/field_error.h"
#include "apical/learning/distribution.h"
#include "apical/learning/layered_alignment.h"
#include "apical/learning/layered_state.h"
#include "apical/learning/layered_teaching.h"

namespace apical {
namespace {

/// Cross-entropies compare distributions, or probabilities; other targets have no such loss.
void check_targets(const Dataset& d, layered::Loss loss) {
  if (loss == layered::Loss::mse || d.train.classes > 0) return;
  for (std::size_t n = 0; n < d.train.size(); ++n) {
    const auto y = d.train.targets.row(n);
    if (loss == layered::Loss::bce ? are_probabilities(y) : is_distribution(y)) continue;
    throw ConfigError(
        fmt::format("loss '{}' compares {}, which the targets of task '{}' are not", layered::loss_name(loss),
                    loss == layered::Loss::ce ? "distributions over the outputs" : "probabilities", d.name),
        {}, "choose loss = \"mse\" with linear, tanh or logistic outputs");
  }
}

}  // namespace

namespace {

/// Of a forward pass.
double multiply_adds_per_batch(const models::LayeredNetwork& model) {
  double sum = 0;
  for (std::size_t l = 0; l < model.network.depth(); ++l) {
    const layered::Connection& c = model.network.connection(l);
    sum += static_cast<double>(model.network.weights(l)) * (c ? static_cast<double>(c->out().pixels()) : 1);
  }
  return sum * static_cast<double>(model.batch);
}

/// A batch that takes less than some 0.1 ms is not shared between threads: waiting for them would cost more,
/// and on a busy machine a hundred times more.
constexpr double kWorthSharing = 5e6;

/// Numbers of pixels may be the same and their places not.
void check_picture(const Dataset& data, const layered::NetworkDescription& net) {
  const layered::Connection& first = net.connection(0);
  const std::optional<ImageShape> shown = data.train.inputs.picture();
  if (!first || !shown) return;
  const layered::ImageShape is{shown->channels, shown->rows, shown->cols};
  if (is == first->in) return;
  throw ConfigError(
      fmt::format("pictures of task '{}' are {} (channels x rows x columns), but the network takes {}",
                  data.name, layered::to_string(is), layered::to_string(first->in)),
      {}, fmt::format("the first entry of layers must be \"{}\"", layered::to_string(is)));
}

}  // namespace

template <class Real>
LayeredLearner<Real>::LayeredLearner(models::LayeredNetwork description,
                                     std::vector<std::shared_ptr<const Dataset>> data,
                                     std::vector<std::uint64_t> seeds, ThreadPool& pool, Ranks* ranks)
    : description_(std::move(description)),
      data_(std::move(data)),
      seeds_(std::move(seeds)),
      pool_(pool),
      ranks_(ranks),
      across_replicas_(ranks == nullptr && (seeds_.size() >= pool.size() ||
                                            multiply_adds_per_batch(description_) < kWorthSharing)) {
  APICAL_CHECK(data_.size() == seeds_.size());
  if (description_.batch == 0) throw ConfigError("batch is 0; expected at least one sample per update");
  const layered::NetworkDescription& net = description_.network;
  for (const auto& d : data_) {
    if (d->episodes) {
      throw ConfigError(fmt::format("task '{}' has no targets but answers actions with reward", d->name), {},
                        "learn it with [reward]");
    }
    if (d->is_sequence()) {
      throw ConfigError(
          fmt::format("task '{}' changes within a sample; layered networks know no time", d->name));
    }
    if (d->closed_loop) {
      throw ConfigError(
          fmt::format("task '{}' steers a plant step by step; layered networks know no time", d->name));
    }
    if (d->inputs() != net.inputs || d->outputs() != net.outputs()) {
      throw FieldError::about(
          {"layers"},
          fmt::format("task '{}' has {} inputs and {} outputs, but the network has {} and {}", d->name,
                      d->inputs(), d->outputs(), net.inputs, net.outputs()),
          fmt::format("the first entry of layers must be {} and the last {}", d->inputs(), d->outputs()));
    }
    check_picture(*d, net);
    check_targets(*d, net.loss);
    if (d == data_.front() && data_.back() == data_.front()) break;  // one set for all seeds
  }
  for (std::uint64_t seed : seeds_) {
    Replica& replica = replicas_.emplace_back();
    replica.model = std::make_unique<layered::LayeredModel<Real>>(
        layered::make_network<Real>(net, description_.init, seed, description_.gains,
                                    description_.output_bias),
        layered::make_rule<Real>(description_.rule, net, seed), description_.settings, workers());
  }
}

/// Both ways give the same bits: a product is cut by its shape, not by threads.
template <class Real>
template <class F>
void LayeredLearner<Real>::for_each_replica(F&& f) {
  if (across_replicas_) return pool_.run(replicas_.size(), std::function<void(std::size_t)>(f));
  for (std::size_t r = 0; r < replicas_.size(); ++r) f(r);
}

template <class Real>
void LayeredLearner<Real>::gather(Replica& replica, const Split& split, std::span<const std::uint32_t> order,
                                  std::size_t first, std::size_t n, const Showing* showing) {
  const auto X = replica.X.resize(n, description_.network.inputs);
  const auto Y = replica.Y.resize(n, description_.network.outputs());
  for (std::size_t i = 0; i < n; ++i) {
    if (showing == nullptr) {
      split.read_input(order[first + i], X.row(i));
    } else {
      split.read_shown(order[first + i], *showing, X.row(i));
    }
    split.read_target(order[first + i], Y.row(i));
  }
}

template <class Real>
Showing LayeredLearner<Real>::showing(std::size_t r) const {
  const std::size_t per_epoch = (data_[r]->train.size() + description_.batch - 1) / description_.batch;
  return {seeds_[r], replicas_[r].model->batches() / per_epoch};
}

template <class Real>
void LayeredLearner<Real>::announce(SplitName split, const Order& next) {
  for (std::size_t r = 0; r < replicas_.size(); ++r) {
    const Split& from = split_of(*data_[r], split);
    const bool drawn = split == SplitName::train && from.augmentation.any();
    from.inputs.announce(next[r], drawn ? &from.augmentation : nullptr, drawn ? showing(r) : Showing{});
  }
}

template <class Real>
void LayeredLearner<Real>::learn(const Order& order, bool) {
  for_each_replica([&](std::size_t r) {
    Replica& replica = replicas_[r];
    for (std::size_t at = 0; at < order[r].size(); at += description_.batch) {
      const Showing now = showing(r);
      gather(replica, data_[r]->train, order[r], at, std::min(description_.batch, order[r].size() - at),
             &now);
      try {
        replica.model->learn_batch(replica.X.view(), replica.Y.view());
      } catch (const NumericalFault& fault) {
        locate_fault(*replica.model, fault, seeds_[r]);
      }
      if (!taps_.empty()) tell_taps(r);
    }
  });
}

template <class Real>
void LayeredLearner<Real>::evaluate(SplitName split, const Order& order, bool, std::span<Score> scores) {
  for_each_replica([&](std::size_t r) {
    Replica& replica = replicas_[r];
    const Dataset& d = *data_[r];
    const Split& from = split_of(d, split);
    for (std::size_t at = 0; at < order[r].size(); at += description_.batch) {
      const std::size_t n = std::min(description_.batch, order[r].size() - at);
      gather(replica, from, order[r], at, n);
      const MatrixView<Real> out = replica.out.resize(n, description_.network.outputs());
      replica.model->predict(replica.X.view(), out);
      check_outputs<Real>(*replica.model, out, seeds_[r]);
      Score& s = scores[r];
      for (std::size_t i = 0; i < n; ++i) {
        add_squared_error(s.loss_sum, std::span<const Real>(out.row(i)),
                          [&](std::size_t k) { return replica.Y.view()(i, k); });
        s.loss_count += 1;
        s.count_answer(d, std::span<const Real>(out.row(i)), from, order[r][at + i]);
      }
      check_figure(*replica.model, "loss", s.loss_sum, seeds_[r]);
    }
  });
}

template <class Real>
Matrix<double> LayeredLearner<Real>::respond(SplitName split, std::size_t r,
                                             std::span<const std::uint32_t> samples) {
  Replica& replica = replicas_[r];
  Matrix<double> answers(samples.size(), description_.network.outputs());
  for (std::size_t at = 0; at < samples.size(); at += description_.batch) {
    const std::size_t n = std::min(description_.batch, samples.size() - at);
    gather(replica, split_of(*data_[r], split), samples, at, n);
    const MatrixView<Real> out = replica.out.resize(n, answers.cols());
    replica.model->predict(replica.X.view(), out);
    check_outputs<Real>(*replica.model, out, seeds_[r]);
    for (std::size_t i = 0; i < n; ++i)
      std::copy(out.row(i).begin(), out.row(i).end(), answers.row(at + i).begin());
  }
  return answers;
}

template <class Real>
std::vector<std::vector<AreaAlignment>> LayeredLearner<Real>::align(const Order& order) {
  // Rules advance their noise when asked for credit: the state is put back afterwards.
  Snapshot before;
  before.take(*this);
  std::vector<std::vector<AreaAlignment>> result(replicas_.size());
  for_each_replica([&](std::size_t r) { result[r] = align(r, order[r]); });
  before.restore(*this);
  return result;
}

template <class Real>
std::vector<AreaAlignment> LayeredLearner<Real>::align(std::size_t r, std::span<const std::uint32_t> order) {
  Replica& replica = replicas_[r];
  layered::CreditRule<Real>& rule = replica.model->rule();
  const layered::Resting<Real> resting(rule);
  const layered::Network<Real>& network = replica.model->network();
  auto part = layered::Credit<Real>::zeros(network.description);
  auto assigned = part, gradient = part;
  LayeredAlignment alignment(part.dW);
  TeachingMeter<Real> teaching(network);
  for (std::size_t k = 0; k < order.size(); ++k) {
    gather(replica, data_[r]->train, order, k, 1);
    const layered::Batch<Real> sample{replica.X.view(), replica.Y.view()};
    credit_and_gradient(rule, network, sample, part, assigned, gradient);
    telling_of(seeds_[r], replica.model->batches(), [&] { alignment.sample(assigned.dW, gradient.dW); });
    teaching.batch(rule, sample);
  }
  std::vector<AreaAlignment> areas = alignment.result();
  const auto figures = teaching.result(rule);
  for (std::size_t l = 0; l < figures.size(); ++l) areas[l].figures = figures[l];
  return areas;
}

template <class Real>
std::vector<Parameter> LayeredLearner<Real>::parameters() const {
  return parameters_of(*replicas_.front().model);
}

template <class Real>
std::vector<double> LayeredLearner<Real>::parameter(std::size_t index, std::size_t replica) const {
  return read_parameter(*replicas_[replica].model, index);
}

template <class Real>
void LayeredLearner<Real>::set_parameters(const std::vector<ParameterValues>& of_replicas) {
  for (std::size_t r = 0; r < replicas_.size(); ++r)
    apical::set_parameters(*replicas_[r].model, of_replicas.at(r));
}

template <class Real>
bool LayeredLearner<Real>::can_do_without(std::string_view name) const {
  return names_feedback(name);
}

template <class Real>
void LayeredLearner<Real>::scale_learning(double factor) {
  for (Replica& r : replicas_) r.model->set_rate_factor(factor);
}

template <class Real>
void LayeredLearner<Real>::check() const {
  for (std::size_t r = 0; r < replicas_.size(); ++r) check_finite(*replicas_[r].model, seeds_[r]);
}

template <class Real>
std::size_t LayeredLearner<Real>::bytes() const {
  StateSize size;
  for (const Replica& r : replicas_) r.model->visit_state(size);
  return size.bytes;
}

template <class Real>
void LayeredLearner<Real>::visit_state(StateVisitor& a) {
  for (std::size_t r = 0; r < replicas_.size(); ++r) {
    a.section("replica." + std::to_string(r), [&] { replicas_[r].model->visit_state(a); });
  }
}

template class LayeredLearner<float>;
template class LayeredLearner<double>;

}  // namespace apical
