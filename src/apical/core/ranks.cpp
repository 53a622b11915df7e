// SPDX-License-Identifier: Apache-2.0
#include "apical/core/ranks.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>

namespace apical {
namespace {

/// Stands before every message.
struct Header {
  std::uint32_t kind, stop;
  std::uint64_t bytes;
};

// A message that is longer takes a second round. What is usual is let grow, so that it takes one; what is
// large takes so long that the first round is nothing.
constexpr std::size_t kSmallest = 1024 - sizeof(Header), kLargestKept = std::size_t{1} << 16;
constexpr std::size_t kPiece = std::size_t{1} << 28;  // of a broadcast; counts of MPI have 31 bits

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// The numbers of where a fault is; two texts follow, of these lengths.
struct FaultNumbers {
  std::uint64_t population, quantity, unit, seed;
  std::int64_t step;
  double time_ms, value;
};

}  // namespace

std::vector<std::byte> bytes_of(const NumericalFault::Where& w) {
  const FaultNumbers numbers{
      w.population.size(), w.quantity.size(), w.unit, w.seed, w.step, w.time_ms, w.value};
  std::vector<std::byte> bytes(sizeof numbers);
  std::memcpy(bytes.data(), &numbers, sizeof numbers);
  for (const std::string* text : {&w.population, &w.quantity}) {
    const auto* const from = reinterpret_cast<const std::byte*>(text->data());
    bytes.insert(bytes.end(), from, from + text->size());
  }
  return bytes;
}

NumericalFault::Where where_of(std::span<const std::byte> bytes) {
  FaultNumbers n{};
  APICAL_CHECK(bytes.size() >= sizeof n);
  std::memcpy(&n, bytes.data(), sizeof n);
  const std::string_view texts(reinterpret_cast<const char*>(bytes.data()) + sizeof n,
                               bytes.size() - sizeof n);
  APICAL_CHECK(texts.size() == n.population + n.quantity);
  return {.population = std::string(texts.substr(0, n.population)),
          .quantity = std::string(texts.substr(n.population)),
          .unit = n.unit,
          .seed = n.seed,
          .step = n.step,
          .time_ms = n.time_ms,
          .value = n.value};
}

RankFailed::RankFailed(std::size_t rank, ExitCode code, const std::string& what)
    : Error(code, "rank " + std::to_string(rank) + ": " + what), rank_(rank) {}

Ranks::Ranks(Transport& transport, const std::atomic<bool>* stop)
    : transport_(transport), own_stop_(stop), capacity_(kSmallest), messages_(transport.size()) {}

double Ranks::waiting_s() const {
  const std::int64_t since = waiting_since_ns_.load();
  return since == 0 ? 0 : static_cast<double>(now_ns() - since) * 1e-9;
}

double Ranks::exchanging_s() const { return static_cast<double>(exchanging_ns_.load()) * 1e-9; }

template <class F>
void Ranks::timed(F&& exchange) {
  const std::int64_t began = now_ns();
  waiting_since_ns_.store(began);
  exchange();
  waiting_since_ns_.store(0);
  exchanging_ns_ += now_ns() - began;
}

void Ranks::gather(std::size_t frame, Wait wait) {
  frames_.resize(frame * size());
  timed([&] { transport_.all_gather(std::span(frame_).first(frame), frames_, wait == Wait::patiently); });
}

std::span<const std::span<const std::byte>> Ranks::round(Kind kind, std::span<const std::byte> own,
                                                         Wait wait) {
  // Whoever has heard of a failure has left: nobody would come.
  if (failed_.load() && kind != Kind::failure) throw Error(ExitCode::io, "the ranks have parted");
  const bool asked = own_stop_ != nullptr && own_stop_->load();
  const Header header{static_cast<std::uint32_t>(kind), asked ? 1U : 0U, own.size()};
  frame_.resize(sizeof header + std::max(capacity_, own.size()));
  std::memcpy(frame_.data(), &header, sizeof header);
  std::copy(own.begin(), own.end(), frame_.begin() + sizeof header);
  gather(sizeof header + capacity_, wait);
  ++exchanges_;
  std::vector<Header> headers(size());
  std::size_t longest = 0;
  bool stop = agreed_stop_.load();
  for (std::size_t r = 0; r < size(); ++r) {
    const std::byte* const at = frames_.data() + r * (sizeof header + capacity_);
    std::memcpy(&headers[r], at, sizeof header);
    stop = stop || headers[r].stop != 0;
    if (r == rank() || headers[r].kind != static_cast<std::uint32_t>(Kind::failure)) continue;
    failed_ = true;
    int code = 0;
    std::memcpy(&code, at + sizeof header, sizeof code);
    throw RankFailed(
        r, static_cast<ExitCode>(code),
        {reinterpret_cast<const char*>(at + sizeof header + sizeof code), headers[r].bytes - sizeof code});
  }
  if (kind == Kind::failure) return {};
  const auto at_fault = std::find_if(headers.begin(), headers.end(), [](const Header& h) {
    return h.kind == static_cast<std::uint32_t>(Kind::fault);
  });
  for (const Header& h : headers) {
    // Else ranks do not execute the same steps; where one is at fault the others may be anywhere.
    APICAL_CHECK(h.kind == header.kind || at_fault != headers.end());
    longest = std::max<std::size_t>(longest, h.bytes);
  }
  agreed_stop_.store(stop);
  std::size_t stride = sizeof header + capacity_;
  if (longest > capacity_) {
    stride = sizeof header + (longest + 7) / 8 * 8;
    frame_.resize(stride);
    gather(stride, Wait::busily);
    if (longest <= kLargestKept) capacity_ = std::bit_ceil(longest);
  }
  for (std::size_t r = 0; r < size(); ++r)
    messages_[r] = std::span(frames_).subspan(r * stride + sizeof header, headers[r].bytes);
  if (at_fault != headers.end())
    throw RaisedFault(where_of(messages_[static_cast<std::size_t>(at_fault - headers.begin())]));
  return messages_;
}

std::span<const std::span<const std::byte>> Ranks::exchange(std::span<const std::byte> own, Wait wait) {
  return round(Kind::message, own, wait);
}

void Ranks::throw_on_all(const NumericalFault& fault, Wait wait) {
  round(Kind::fault, bytes_of(fault.where()), wait);
  throw RaisedFault(fault.where());  // not reached: the round has thrown it
}

void Ranks::broadcast(std::span<std::byte> bytes) {
  timed([&] {
    for (std::size_t at = 0; at < bytes.size(); at += kPiece)
      transport_.broadcast(bytes.subspan(at, std::min(kPiece, bytes.size() - at)));
  });
}

// The length goes first; what is short goes with it.
void Ranks::tell(std::span<const std::byte> bytes, Wait wait) {
  APICAL_CHECK(leads());
  const std::uint64_t length = bytes.size();
  const bool is_short = length <= kSmallest - sizeof length;
  Bytes message(sizeof length);
  std::memcpy(message.data(), &length, sizeof length);
  if (is_short) message.insert(message.end(), bytes.begin(), bytes.end());
  round(Kind::told, message, wait);
  // A transport takes from rank 0 and changes nothing there.
  if (!is_short) broadcast({const_cast<std::byte*>(bytes.data()), bytes.size()});
}

Ranks::Bytes Ranks::listen(Wait wait) {
  APICAL_CHECK(!leads());
  const std::span<const std::byte> said = round(Kind::told, {}, wait)[0];
  std::uint64_t length = 0;
  APICAL_CHECK(said.size() >= sizeof length);
  std::memcpy(&length, said.data(), sizeof length);
  if (said.size() == sizeof length + length) return {said.begin() + sizeof length, said.end()};
  Bytes bytes(length);
  broadcast(bytes);
  return bytes;
}

void Ranks::fail(const std::exception& error, Wait wait) noexcept {
  if (failed_.exchange(true)) return;  // the others know of a failure
  try {
    const auto* const known = dynamic_cast<const Error*>(&error);
    constexpr int kDefect = 70;  // of sysexits: a defect of ours
    const int code = known != nullptr ? static_cast<int>(known->exit_code()) : kDefect;
    const std::string_view text(error.what());
    const std::size_t length = std::min(text.size(), kSmallest - sizeof code);
    Bytes message(sizeof code + length);
    std::memcpy(message.data(), &code, sizeof code);
    std::memcpy(message.data() + sizeof code, text.data(), length);
    round(Kind::failure, message, wait);
  } catch (...) {
    // Others failed as well, in another way, or cannot be reached: there is nothing more to say.
    waiting_since_ns_.store(0);
  }
}

}  // namespace apical
