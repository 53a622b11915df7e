// SPDX-License-Identifier: Apache-2.0
// A network that several ranks share. Each integrates its own blocks; of all others it hears which neurons
// spiked, and works out by itself what follows from that alone (events and bursts, estimates of rates,
// traces, short-term plasticity), so that nothing else has to travel.
//
// When ranks meet: a spike of step k acts at the earliest in the delivery of step k + delay, so that spikes
// of delay + 1 steps travel together. While weights change it is every step: a change in step k takes the
// presynaptic events of that very step.
#include <algorithm>
#include <bit>
#include <cstring>

#include "apical/core/error.h"
#include "apical/engine/spike/network.h"

namespace apical::spike {
namespace {

/// Spikes of a block in one step; the neurons follow, counted from the block's first.
struct Record {
  std::uint32_t block;
  std::uint16_t step;  ///< low bits
  std::uint16_t count;
};
constexpr Step kStepMask = 0xffff;
static_assert(kLongestDelay + 64 < kStepMask, "steps that travel together differ in their low bits");
static_assert(kBlock < 0x10000);

// As many weights as travel at a time.
constexpr std::size_t kWeightsAtOnce = std::size_t{1} << 20;

template <class V>
void append(std::vector<std::byte>& bytes, const V* values, std::size_t count) {
  const auto* const from = reinterpret_cast<const std::byte*>(values);
  bytes.insert(bytes.end(), from, from + count * sizeof(V));
}

template <class V>
V take(std::span<const std::byte>& bytes) {
  V value;
  APICAL_CHECK(bytes.size() >= sizeof value);
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes = bytes.subspan(sizeof value);
  return value;
}

/// State as it lies in memory, to travel between like processes.
struct Packer {
  std::vector<std::byte>& bytes;
  [[maybe_unused]] static constexpr bool kReading = false;
  template <class V>
  requires std::is_arithmetic_v<V>
  void operator()(const std::string&, V& value) { append(bytes, &value, 1); }
};
struct Unpacker {
  std::span<const std::byte>& bytes;
  [[maybe_unused]] static constexpr bool kReading = true;
  template <class V>
  requires std::is_arithmetic_v<V>
  void operator()(const std::string&, V& value) { value = take<V>(bytes); }
};

}  // namespace

template <class T>
bool Network<T>::owns(std::size_t group, std::uint32_t neuron) const {
  return groups_.at(group).blocks.at(neuron / kBlock).owned;
}

template <class T>
bool Network<T>::meets(Step from, Step k, Step end) const {
  const Step together = plasticity_ && learns_ ? 1 : patience_;
  // Traces are brought back to size in steps that begin a period; faults are asked for at the end of a check.
  return k + 1 - from >= together || k + 1 == end || ((k + 1) & (shortest_period_ - 1)) == 0 || ends_check(k);
}

template <class T>
void Network<T>::note_sent(const Block& block, Step k) {
  const std::vector<std::uint32_t>& neurons = block.ring[slot(k)][0];
  std::vector<std::byte>& to = sent_[block.part];
  const Record record{block.number, static_cast<std::uint16_t>(k & kStepMask),
                      static_cast<std::uint16_t>(neurons.size())};
  append(to, &record, 1);
  for (const std::uint32_t neuron : neurons) {
    const auto at = static_cast<std::uint16_t>(neuron - block.first);
    append(to, &at, 1);
  }
}

template <class T>
void Network<T>::meet(Step k) {
  const std::uint64_t flags = faulty_before(k) ? 1 : 0;
  message_.clear();
  append(message_, &flags, 1);
  for (std::vector<std::byte>& some : sent_) {
    message_.insert(message_.end(), some.begin(), some.end());
    some.clear();
  }
  received_ = sharing_.ranks->exchange(message_);
  for (std::span<const std::byte> message : received_)
    faults_->anywhere = take<std::uint64_t>(message) != 0 || faults_->anywhere;
}

template <class T>
void Network<T>::follow_others(std::size_t part, Step from, Step k, Step end) {
  const Step ahead = deaf_until(k, end), heard = heard_ahead_[part];
  heard_ahead_[part] = ahead;
  const auto steps_of = [&](const Block& block) {
    return block.deaf ? std::pair{heard, ahead} : std::pair{from, k + 1};
  };
  for (Block* block : followed_[part]) {
    const auto [first, last] = steps_of(*block);
    for (Step s = first; s < last; ++s) {
      for (auto& list : block->ring[slot(s)]) list.clear();
    }
  }
  for (std::size_t r = 0; r < received_.size(); ++r) {
    if (r == rank()) continue;
    std::span<const std::byte> message = received_[r].subspan(sizeof(std::uint64_t));
    while (!message.empty()) {
      const auto record = take<Record>(message);
      const std::span<const std::byte> neurons = message.first(record.count * sizeof(std::uint16_t));
      message = message.subspan(neurons.size());
      Block& block = *blocks_.at(record.block);
      if (block.part != part) continue;
      const Step first = steps_of(block).first;
      const Step s = first + ((record.step - first) & kStepMask);
      std::vector<std::uint32_t>& to = block.ring[slot(s)][0];
      for (std::size_t i = 0; i < record.count; ++i) {
        std::uint16_t at = 0;
        std::memcpy(&at, neurons.data() + i * sizeof at, sizeof at);
        to.push_back(block.first + at);
      }
    }
  }
  for (Block* block : followed_[part]) {
    const auto [first, last] = steps_of(*block);
    Group& group = groups_[block->group];
    for (Step s = first; s < last; ++s) {
      if (!block->ring[slot(s)][0].empty() || block->detectors.size() > 1) label(group, *block, s);
      activity_[slot(s) * activity_stride_ + block->activity] = kinds_in(block->ring[slot(s)]);
    }
  }
  for (std::size_t l = 0; l < links_.size(); ++l) {
    if (links_[l].short_term.empty()) continue;
    for (const Block& block : groups_[links_[l].source].blocks) {
      if (block.part != part || block.here) continue;
      const auto [first, last] = steps_of(block);
      for (Step s = first; s < last; ++s) use_resources(links_[l], l, block, s);
    }
  }
}

template <class T>
void Network<T>::each_weight(std::size_t connection, const std::function<void(std::span<const T>)>& f) const {
  const Link& link = links_.at(connection);
  const Synapses<T>& synapses = link.synapses;
  if (!shared() || !synapses.has_own_weights()) return f(synapses.weights());
  const std::size_t targets = description_.groups[link.target].size;
  const std::size_t at_once = std::max<std::size_t>(1, kWeightsAtOnce / targets);
  std::vector<std::byte> own;
  std::vector<T> merged;
  for (std::size_t first = 0; first < synapses.sources(); first += at_once) {
    const std::size_t last = std::min(first + at_once, synapses.sources());
    own.clear();
    std::size_t count = 0;
    for (std::size_t s = first; s < last; ++s) {
      const auto degree = static_cast<std::uint32_t>(synapses.out_degree(static_cast<std::uint32_t>(s)));
      append(own, &degree, 1);
      count += degree;
    }
    append(own, synapses.weights().data() + synapses.first(static_cast<std::uint32_t>(first)), count);
    const auto received = sharing_.ranks->exchange(own);
    std::vector<std::span<const std::byte>> degrees, weights;
    for (const std::span<const std::byte> one : received) {
      degrees.push_back(one.first((last - first) * sizeof(std::uint32_t)));
      weights.push_back(one.subspan(degrees.back().size()));
    }
    merged.clear();
    for (std::size_t s = first; s < last; ++s) {
      for (std::size_t r = 0; r < received.size(); ++r) {  // who own rising targets
        for (auto n = take<std::uint32_t>(degrees[r]); n > 0; --n) merged.push_back(take<T>(weights[r]));
      }
    }
    f(merged);
  }
}

template <class T>
std::vector<T> Network<T>::all_weights(std::size_t connection) const {
  std::vector<T> all;
  each_weight(connection, [&](std::span<const T> some) { all.insert(all.end(), some.begin(), some.end()); });
  return all;
}

template <class T>
void Network<T>::collect_units() {
  if (!shared()) return;
  for (Group& group : groups_) {
    for (Block& block : group.blocks) {
      if (group.relay) continue;
      std::vector<std::byte> own;
      if (block.owned) {
        for (Membrane<T>& m : group.membrane)
          m.each_block_state(block.index, [&](auto span) { append(own, span.data(), span.size()); });
        Packer packer{own};
        for (Feed& feed : block.feeds) feed.walk.visit_state(packer, "");
        for (PoissonWalk& walk : block.source) walk.visit_state(packer, "");
        for (Membrane<T>& m : group.membrane) {
          const std::vector<std::uint32_t> pending = m.pending(block.index);
          append(own, pending.data(), pending.size());
        }
      }
      std::span<const std::byte> from = sharing_.ranks->exchange(own)[block.rank];
      if (block.owned || !sharing_.ranks->leads()) continue;
      for (Membrane<T>& m : group.membrane)
        m.each_block_state(block.index, [&](auto span) {
          std::memcpy(span.data(), from.data(), span.size_bytes());
          from = from.subspan(span.size_bytes());
        });
      Unpacker unpacker{from};
      for (Feed& feed : block.feeds) feed.walk.visit_state(unpacker, "");
      for (PoissonWalk& walk : block.source) walk.visit_state(unpacker, "");
      for (Membrane<T>& m : group.membrane) {
        std::vector<std::uint32_t> pending(from.size() / sizeof(std::uint32_t));
        std::memcpy(pending.data(), from.data(), from.size());
        m.set_pending(block.index, pending);
      }
    }
  }
}

template bool Network<float>::owns(std::size_t, std::uint32_t) const;
template bool Network<float>::meets(Step, Step, Step) const;
template void Network<float>::note_sent(const Block&, Step);
template void Network<float>::meet(Step);
template void Network<float>::follow_others(std::size_t, Step, Step, Step);
template void Network<float>::each_weight(std::size_t,
                                          const std::function<void(std::span<const float>)>&) const;
template std::vector<float> Network<float>::all_weights(std::size_t) const;
template void Network<float>::collect_units();
template bool Network<double>::owns(std::size_t, std::uint32_t) const;
template bool Network<double>::meets(Step, Step, Step) const;
template void Network<double>::note_sent(const Block&, Step);
template void Network<double>::meet(Step);
template void Network<double>::follow_others(std::size_t, Step, Step, Step);
template void Network<double>::each_weight(std::size_t,
                                           const std::function<void(std::span<const double>)>&) const;
template std::vector<double> Network<double>::all_weights(std::size_t) const;
template void Network<double>::collect_units();

}  // namespace apical::spike
