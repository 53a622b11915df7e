// SPDX-License-Identifier: Apache-2.0
// Connections whose weights come from another connection: views show them, followers change with them.
#include <algorithm>

#include "apical/core/error.h"
#include "apical/engine/spike/network.h"

namespace apical::spike {
namespace {

struct Origin {
  std::string of;
  double scale;
  bool transposed, follows;
};

std::optional<Origin> origin_of(const Connection& c) {
  if (c.view) return Origin{c.view->of, c.view->scale, c.view->transposed, false};
  if (c.follow) return Origin{c.follow->of, c.follow->scale, c.follow->transposed, true};
  return {};
}

}  // namespace

template <class T>
Connection Network<T>::wired(std::size_t n) const {
  Connection c = description_.connections[n];
  const std::optional<Origin> origin = origin_of(c);
  if (!origin || !std::holds_alternative<RandomPairs>(c.topology)) return c;
  const std::size_t number = connection_index(description_, origin->of);
  const Connection of = wired(number);  // which may follow a third
  const auto size = [&](const std::string& name) {
    return description_.groups[group_index(description_, name)].size;
  };
  const Synapses<T> other(of, size(of.source), size(of.target), seed_, draw_address(number),
                          {0, static_cast<std::uint32_t>(size(of.target))});
  ListedPairs listed{other.pairs(), {}};
  if (origin->transposed) {
    for (auto& pair : listed.pairs) std::swap(pair.first, pair.second);
  }
  c.topology = std::move(listed);
  return c;
}

template <class T>
void Network<T>::add_mirror(std::size_t n) {
  const std::optional<Origin> origin = origin_of(description_.connections[n]);
  if (!origin) return;
  Mirror mirror{.connection = n,
                .of = connection_index(description_, origin->of),
                .scale = origin->scale,
                .follows = origin->follows,
                .synapse = {},
                .before = {}};
  auto others = pairs(mirror.of);
  if (origin->transposed) {
    for (auto& pair : others) std::swap(pair.first, pair.second);
  }
  std::vector<std::pair<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t>> sorted;
  for (std::size_t i = 0; i < others.size(); ++i)
    sorted.emplace_back(others[i], static_cast<std::uint32_t>(i));
  std::sort(sorted.begin(), sorted.end());  // the order of this connection's own synapses
  for (const auto& [pair, synapse] : sorted) {
    if (owns(links_[n].target, pair.second)) mirror.synapse.push_back(synapse);
  }
  APICAL_CHECK(mirror.synapse.size() == links_[n].synapses.count());
  mirrors_.push_back(std::move(mirror));
  if (!origin->follows) show_views_of(mirrors_.back().of);
}

template <class T>
void Network<T>::show_views_of(std::size_t connection) {
  const bool is_shown = std::any_of(mirrors_.begin(), mirrors_.end(), [&](const Mirror& mirror) {
    return !mirror.follows && mirror.of == connection;
  });
  if (!is_shown) return;
  const std::vector<T> shown = all_weights(connection);
  for (const Mirror& mirror : mirrors_) {
    if (mirror.follows || mirror.of != connection) continue;
    std::vector<T> own(mirror.synapse.size());
    for (std::size_t i = 0; i < own.size(); ++i) {
      const T w = links_[connection].synapses.has_own_weights() ? shown[mirror.synapse[i]] : shown.front();
      own[i] = static_cast<T>(mirror.scale * static_cast<double>(w));
    }
    links_[mirror.connection].synapses.set_weights(own);
  }
}

template <class T>
void Network<T>::set_plasticity(bool on) {
  if (plasticity_ == on) return;
  plasticity_ = on;
  for (Mirror& mirror : mirrors_) {
    if (!mirror.follows) continue;
    std::vector<T> followed = all_weights(mirror.of);
    if (on) {
      mirror.before = std::move(followed);
      continue;
    }
    const auto now = links_[mirror.connection].synapses.weights();
    std::vector<T> own(now.begin(), now.end());
    for (std::size_t i = 0; i < own.size(); ++i) {
      const std::size_t at = mirror.synapse[i];
      own[i] = static_cast<T>(
          static_cast<double>(own[i]) +
          mirror.scale * (static_cast<double>(followed[at]) - static_cast<double>(mirror.before[at])));
    }
    links_[mirror.connection].synapses.set_weights(own);
    mirror.before.clear();
  }
  if (on) return;
  for (const Mirror& mirror : mirrors_) {
    if (!mirror.follows) show_views_of(mirror.of);
  }
}

template <class T>
void Network<T>::set_weights(std::size_t connection, std::span<const double> weights) {
  APICAL_CHECK(!description_.connections.at(connection).view);
  std::vector<T> w(weights.size());
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = static_cast<T>(weights[i]);
  Synapses<T>& synapses = links_.at(connection).synapses;
  if (synapses.has_own_weights()) {
    synapses.take_own(w);
  } else {
    synapses.set_weights(w);
  }
  show_views_of(connection);
}

template <class T>
void Network<T>::set_weights(std::size_t connection, double weight) {
  APICAL_CHECK(!description_.connections.at(connection).view);
  Synapses<T>& synapses = links_.at(connection).synapses;
  synapses.set_weights(std::vector<T>(synapses.weights().size(), static_cast<T>(weight)));
  show_views_of(connection);
}

template Connection Network<float>::wired(std::size_t) const;
template Connection Network<double>::wired(std::size_t) const;
template void Network<float>::add_mirror(std::size_t);
template void Network<double>::add_mirror(std::size_t);
template void Network<float>::show_views_of(std::size_t);
template void Network<double>::show_views_of(std::size_t);
template void Network<float>::set_plasticity(bool);
template void Network<double>::set_plasticity(bool);
template void Network<float>::set_weights(std::size_t, std::span<const double>);
template void Network<double>::set_weights(std::size_t, std::span<const double>);
template void Network<float>::set_weights(std::size_t, double);
template void Network<double>::set_weights(std::size_t, double);

}  // namespace apical::spike
