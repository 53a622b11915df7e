// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/spike/synapses.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "apical/core/error.h"
#include "apical/core/random.h"

namespace apical::spike {
namespace {

// Targets of one source by geometric gaps: independent Bernoulli trials at a cost proportional to the
// synapses.
std::vector<std::uint32_t> random_row(const RandomPairs& t, std::uint64_t seed, std::uint32_t number,
                                      std::uint32_t source, std::size_t targets, bool same_group) {
  std::vector<std::uint32_t> row;
  if (t.probability <= 0) return row;
  const double inverse_log = t.probability < 1 ? 1 / std::log1p(-t.probability) : 0;
  std::uint64_t draw = 0;
  for (double at = -1;;) {
    const double u =
        1 - uniform({seed, Stream::connectivity, number, static_cast<std::uint64_t>(source) << 32 | draw++});
    at += 1 + (t.probability < 1 ? std::floor(std::log(u) * inverse_log) : 0);
    if (at >= static_cast<double>(targets)) return row;
    const auto target = static_cast<std::uint32_t>(at);
    if (!same_group || t.autapses || target != source) row.push_back(target);
  }
}

}  // namespace

template <class T>
Synapses<T>::Synapses(const Connection& connection, std::size_t sources, std::size_t targets,
                      std::uint64_t seed, std::uint32_t number, std::vector<std::uint32_t> boundaries)
    : sources_(sources),
      targets_(targets),
      parts_(boundaries.size() - 1),
      plastic_(connection.rule.has_value()),
      boundaries_(std::move(boundaries)) {
  std::vector<std::vector<std::uint32_t>> rows(sources);
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> listed;
  if (const auto* random = std::get_if<RandomPairs>(&connection.topology)) {
    for (std::uint32_t s = 0; s < sources; ++s) {
      rows[s] = random_row(*random, seed, number, s, targets, connection.source == connection.target);
      keep_own(rows[s]);
    }
  } else if (std::holds_alternative<AllToAll>(connection.topology)) {
    for (auto& row : rows) {
      row.resize(targets);
      std::iota(row.begin(), row.end(), 0U);
      keep_own(row);
    }
  } else if (std::holds_alternative<OneToOne>(connection.topology)) {
    for (std::uint32_t s = 0; s < sources; ++s) {
      rows[s] = {s};
      keep_own(rows[s]);
    }
  } else {
    const auto& list = std::get<ListedPairs>(connection.topology);
    for (std::size_t i = 0; i < list.pairs.size(); ++i) {
      rows[list.pairs[i].first].push_back(list.pairs[i].second);
      if (!list.weights.empty()) listed[list.pairs[i]] = list.weights[i];
    }
    for (auto& row : rows) {
      std::sort(row.begin(), row.end());
      keep_own(row);
    }
  }
  for (const auto& row : rows) count_ += row.size();
  if (count_ > std::numeric_limits<std::uint32_t>::max()) {
    throw ConfigError(fmt::format("connection '{}' has {} synapses; one connection can hold 4294967295",
                                  connection.name, count_));
  }
  if (sources <= 65536 && targets <= 65536) {
    build(rows, tables_.template emplace<Tables<std::uint16_t>>());
  } else {
    build(rows, tables_.template emplace<Tables<std::uint32_t>>());
  }
  const bool mirrors = connection.view || connection.follow;  // which set weights one by one
  own_weights_ = plastic_ || mirrors || !listed.empty() || connection.weight_sd > 0;
  weights_.assign(own_weights_ ? count_ : 1, static_cast<T>(connection.weight));
  for (std::uint32_t s = 0; connection.weight_sd > 0 && s < sources; ++s) {
    for (std::size_t i = 0; i < rows[s].size(); ++i) {
      const double w = connection.weight + connection.weight_sd * normal({seed, Stream::initial_weight,
                                                                          number, first_among_all_[s] + i});
      weights_[first(s) + i] =
          static_cast<T>(plastic_ ? std::clamp(w, connection.rule->w_min, connection.rule->w_max) : w);
    }
  }
  if (count_ == all_) first_among_all_ = {};
  if (!listed.empty()) {
    std::size_t synapse = 0;
    for (std::uint32_t s = 0; s < sources; ++s) {
      for (const std::uint32_t t : rows[s]) weights_[synapse++] = static_cast<T>(listed.at({s, t}));
    }
  }
}

/// Leaves of the next source's targets, which ascend, those that are here.
template <class T>
void Synapses<T>::keep_own(std::vector<std::uint32_t>& row) {
  const auto begin = std::lower_bound(row.begin(), row.end(), boundaries_.front()),
             end = std::lower_bound(begin, row.end(), boundaries_.back());
  first_among_all_.push_back(all_ + static_cast<std::uint64_t>(begin - row.begin()));
  all_ += row.size();
  if (static_cast<std::size_t>(end - begin) == row.size()) return;
  row = std::vector<std::uint32_t>(begin, end);  // not larger than it need be
}

template <class T>
template <class Index>
void Synapses<T>::build(const std::vector<std::vector<std::uint32_t>>& rows, Tables<Index>& tables) {
  tables.targets.reserve(count_);
  row_start_.reserve(sources_ * parts_ + 1);
  row_start_.push_back(0);
  for (const auto& row : rows) {
    std::size_t next = 0;
    for (std::size_t part = 0; part < parts_; ++part) {
      while (next < row.size() && row[next] < boundaries_[part + 1])
        tables.targets.push_back(static_cast<Index>(row[next++]));
      row_start_.push_back(static_cast<std::uint32_t>(tables.targets.size()));
    }
  }
  if (!plastic_) return;
  column_start_.assign(targets_ + 1, 0);
  for (const Index t : tables.targets) ++column_start_[static_cast<std::size_t>(t) + 1];
  std::partial_sum(column_start_.begin(), column_start_.end(), column_start_.begin());
  incoming_synapse_.resize(count_);
  tables.incoming_source.resize(count_);
  std::vector<std::uint32_t> next(column_start_.begin(), column_start_.end() - 1);
  std::uint32_t synapse = 0;
  for (std::size_t s = 0; s < rows.size(); ++s) {
    for (const std::uint32_t t : rows[s]) {
      incoming_synapse_[next[t]] = synapse++;
      tables.incoming_source[next[t]++] = static_cast<Index>(s);
    }
  }
}

template <class T>
std::size_t Synapses<T>::bytes() const {
  const std::size_t tables = std::visit(
      [](const auto& t) { return (t.targets.size() + t.incoming_source.size()) * sizeof(t.targets[0]); },
      tables_);
  return tables + weights_.size() * sizeof(T) +
         (row_start_.size() + column_start_.size() + incoming_synapse_.size()) * sizeof(std::uint32_t) +
         first_among_all_.size() * sizeof(std::uint64_t);
}

template <class T>
std::size_t Synapses<T>::out_degree(std::uint32_t source) const {
  return row_start_[(static_cast<std::size_t>(source) + 1) * parts_] -
         row_start_[static_cast<std::size_t>(source) * parts_];
}

template <class T>
void Synapses<T>::prefetch(std::size_t part, std::uint32_t source) const noexcept {
  const auto [first, last] = row(part, source);
  const auto lines = [](const void* begin, const void* end) {
    for (auto* at = static_cast<const char*>(begin); at < static_cast<const char*>(end); at += kAlignment)
      __builtin_prefetch(at);
  };
  if (const auto* small = std::get_if<Tables<std::uint16_t>>(&tables_)) {
    lines(small->targets.data() + first, small->targets.data() + last);
  } else {
    const auto& targets = std::get<Tables<std::uint32_t>>(tables_).targets;
    lines(targets.data() + first, targets.data() + last);
  }
  if (own_weights_) lines(weights_.data() + first, weights_.data() + last);
}

template <class T>
std::size_t Synapses<T>::deliver(std::size_t part, std::uint32_t source, T factor, T* conductance) const {
  const auto [first, last] = row(part, source);
  const std::size_t begin = first, end = last;  // clang 14: a structured binding cannot be captured
  std::visit(
      [&](const auto& tables) {
        const auto* const targets = tables.targets.data();
        if (!own_weights_) {
          const T amount = weights_[0] * factor;
          for (std::size_t j = begin; j < end; ++j) conductance[targets[j]] += amount;
        } else {
          const T* const w = weights_.data();
          for (std::size_t j = begin; j < end; ++j) conductance[targets[j]] += w[j] * factor;
        }
      },
      tables_);
  return end - begin;
}

template <class T>
void Synapses<T>::add_per_target(std::size_t part, std::uint32_t source, T factor, const T* per_target,
                                 Bounds<T> bounds) {
  const auto [first, last] = row(part, source);
  const std::size_t begin = first, end = last;
  std::visit(
      [&](const auto& tables) {
        for (std::size_t j = begin; j < end; ++j) {
          weights_[j] =
              std::clamp(weights_[j] + factor * per_target[tables.targets[j]], bounds.low, bounds.high);
        }
      },
      tables_);
}

template <class T>
void Synapses<T>::add_per_source(std::uint32_t target, T factor, const T* per_source, Bounds<T> bounds) {
  const std::size_t begin = column_start_[target], end = column_start_[target + 1];
  std::visit(
      [&](const auto& tables) {
        for (std::size_t j = begin; j < end; ++j) {
          T& w = weights_[incoming_synapse_[j]];
          w = std::clamp(w + factor * per_source[tables.incoming_source[j]], bounds.low, bounds.high);
        }
      },
      tables_);
}

template <class T>
void Synapses<T>::set_weights(std::span<const T> weights) {
  APICAL_CHECK(weights.size() == weights_.size());
  std::copy(weights.begin(), weights.end(), weights_.begin());
}

template <class T>
void Synapses<T>::take_own(std::span<const T> all) {
  APICAL_CHECK(own_weights_ && all.size() == all_);
  for (std::uint32_t s = 0; s < sources_; ++s) {
    const auto from = all.begin() + static_cast<std::ptrdiff_t>(first_among_all(s));
    std::copy_n(from, out_degree(s), weights_.begin() + static_cast<std::ptrdiff_t>(first(s)));
  }
}

template <class T>
std::vector<std::pair<std::uint32_t, std::uint32_t>> Synapses<T>::pairs() const {
  std::vector<std::pair<std::uint32_t, std::uint32_t>> out;
  out.reserve(count_);
  std::visit(
      [&](const auto& tables) {
        for (std::uint32_t s = 0; s < sources_; ++s) {
          const std::size_t begin = row_start_[static_cast<std::size_t>(s) * parts_];
          const std::size_t end = row_start_[(static_cast<std::size_t>(s) + 1) * parts_];
          for (std::size_t j = begin; j < end; ++j)
            out.emplace_back(s, static_cast<std::uint32_t>(tables.targets[j]));
        }
      },
      tables_);
  return out;
}

template class Synapses<float>;
template class Synapses<double>;

}  // namespace apical::spike
