// SPDX-License-Identifier: Apache-2.0
// Processes that compute one thing together, each a part of it: ranks, numbered from 0. All of them execute
// the same steps and meet in exchanges; between two exchanges none knows of the others. How bytes travel is a
// Transport's affair: MPI (cli/mpi.plugin.cpp), or threads of one process in tests (core/test_ranks.h).
//
// No sum is ever left to a transport: the order in which a library adds depends on the number of ranks and on
// the length of a message. Who needs a sum exchanges what is added, and adds in an order of its own.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "apical/core/error.h"

namespace apical {

/// Moves bytes between ranks. Calls are collective: all ranks make the same ones in the same order.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual std::size_t rank() const = 0;
  virtual std::size_t size() const = 0;
  /// Everybody's bytes, equally many, in order of ranks. `patiently`: others may come much later, so that
  /// waiting should cost little.
  virtual void all_gather(std::span<const std::byte> own, std::span<std::byte> all, bool patiently) = 0;
  /// What rank 0 has, for everybody.
  virtual void broadcast(std::span<std::byte> bytes) = 0;
};

/// Another rank could not go on.
class RankFailed : public Error {
 public:
  RankFailed(std::size_t rank, ExitCode code, const std::string& what);
  std::size_t rank() const noexcept { return rank_; }

 private:
  std::size_t rank_;
};

/// Numbers of some rank are at fault, as all have heard: whoever was between two exchanges is so still.
class RaisedFault : public NumericalFault {
 public:
  using NumericalFault::NumericalFault;
};

/// Where numbers are at fault, to travel between like processes.
std::vector<std::byte> bytes_of(const NumericalFault::Where& where);
NumericalFault::Where where_of(std::span<const std::byte> bytes);

class Ranks {
 public:
  using Bytes = std::vector<std::byte>;
  enum class Wait { busily, patiently };

  /// `stop`: whether this process was asked to stop; null: nobody asks. Both must outlive this.
  explicit Ranks(Transport& transport, const std::atomic<bool>* stop = nullptr);
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  std::size_t rank() const { return transport_.rank(); }
  std::size_t size() const { return transport_.size(); }
  bool leads() const { return rank() == 0; }

  /// Everybody's message, in order of ranks; they may differ in length and be empty. Valid until the next
  /// exchange. RankFailed if another rank said fail() instead.
  std::span<const std::span<const std::byte>> exchange(std::span<const std::byte> own,
                                                       Wait wait = Wait::busily);
  /// From rank 0 to all others, which listen.
  void tell(std::span<const std::byte> bytes, Wait wait = Wait::busily);
  Bytes listen(Wait wait = Wait::busily);
  /// Rank 0's value, on every rank: of what each reads on a clock of its own, and all have to act on alike.
  template <class V>
  requires std::is_trivially_copyable_v<V> V of_rank_0(V value) {
    const std::span<V> own(&value, 1);
    if (leads()) {
      tell(std::as_bytes(own));
      return value;
    }
    const Bytes said = listen();
    APICAL_CHECK(said.size() == sizeof value);
    std::copy(said.begin(), said.end(), std::as_writable_bytes(own).begin());
    return value;
  }
  /// Numbers of this rank are at fault. Instead of the exchange that the others are in or come to: they, and
  /// this one, throw RaisedFault, that of the lowest rank if several say something. Ranks do not part.
  [[noreturn]] void throw_on_all(const NumericalFault& fault, Wait wait = Wait::busily);
  /// Instead of the exchange that the others are in or come to: they throw what is said here.
  void fail(const std::exception& error, Wait wait = Wait::busily) noexcept;

  /// Whether any rank had been asked to stop at the last exchange: the same everywhere until the next one.
  const std::atomic<bool>& stop() const { return agreed_stop_; }

  /// Whether one has failed: there is nobody to exchange anything with.
  bool parted() const { return failed_.load(); }
  /// How many exchanges there were.
  std::uint64_t exchanges() const { return exchanges_.load(); }
  /// For how long this rank has been waiting for others; 0 if it is not. From any thread.
  double waiting_s() const;
  /// What all exchanges took until now, waiting and travel.
  double exchanging_s() const;

 private:
  enum class Kind : std::uint32_t { message = 0x61706d31, told, failure, fault };
  std::span<const std::span<const std::byte>> round(Kind kind, std::span<const std::byte> own, Wait wait);
  void gather(std::size_t frame, Wait wait);
  void broadcast(std::span<std::byte> bytes);
  template <class F>
  void timed(F&& exchange);

  Transport& transport_;
  const std::atomic<bool>* own_stop_;
  std::atomic<bool> agreed_stop_{false}, failed_{false};
  std::atomic<std::uint64_t> exchanges_{0};
  std::atomic<std::int64_t> waiting_since_ns_{0}, exchanging_ns_{0};
  std::size_t capacity_;  ///< of a message that travels in one round, everywhere the same
  Bytes frame_, frames_;
  std::vector<std::span<const std::byte>> messages_;
};

}  // namespace apical
