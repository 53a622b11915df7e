// SPDX-License-Identifier: Apache-2.0
#include "apical/io/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/figures.h"

namespace apical::io {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

enum class Phase : std::uint8_t { training = 1, evaluation = 2 };

struct Trace {
  AlignedBuffer<float> values;
  double decay = 0;
  bool operator==(const Trace&) const = default;
  template <class Archive>
  void visit_state(Archive& a) {
    a("values", values);
    a("decay", decay);
  }
};

struct Everything {
  bool flag = false;
  std::int64_t step = 0;
  std::uint64_t counter = 0;
  std::int32_t small = 0;
  float f = 0;
  double d = 0;
  Phase phase = Phase::training;
  std::string name;
  std::vector<double> fixed;
  std::array<std::uint32_t, 4> words{};
  AlignedBuffer<float> aligned;
  Matrix<float> weights;
  std::vector<std::int32_t> spikes;
  std::vector<Trace> traces;
  std::vector<std::string> names;
  std::vector<std::vector<float>> delays;
  double nested = 0;
  bool operator==(const Everything&) const = default;
};

template <class Archive>
void visit_state(Archive& a, Everything& e) {
  a("flag", e.flag);
  a("step", e.step);
  a("counter", e.counter);
  a("small", e.small);
  a("f", e.f);
  a("d", e.d);
  a("phase", e.phase);
  a("name", e.name);
  a("fixed", e.fixed);
  a("words", e.words);
  a("aligned", e.aligned);
  a("weights", e.weights);
  a.resized("spikes", e.spikes);
  a("traces", e.traces);
  a.resized("names", e.names);
  a.resized("delays", e.delays);
  a.section("inner", [&] { a.section("innermost", [&] { a("nested", e.nested); }); });
}

Everything filled() {
  Everything e;
  e.flag = true;
  e.step = std::numeric_limits<std::int64_t>::min();
  e.counter = std::numeric_limits<std::uint64_t>::max();
  e.small = -7;
  e.f = -0.0f;
  e.d = std::numeric_limits<double>::denorm_min();
  e.phase = Phase::evaluation;
  e.name = std::string("v1\0pyr \xc3\xa9", 9);
  e.fixed = {1, 2, 3};
  e.words = {1, 2, 3, 4};
  e.aligned = {0.1f, 0.2f};
  e.weights = Matrix<float>(2, 3, 0.5f);
  e.weights(1, 2) = -1;
  e.spikes = {4, 5, 6};
  e.traces = {{{1, 2}, 0.5}, {{3}, 0.25}};
  e.names = {"a", "", "c"};
  e.delays = {{1}, {}, {2, 3}};
  e.nested = 3.25;
  return e;
}

Everything sized() {
  Everything e;
  e.fixed.resize(3);
  e.aligned.resize(2);
  e.weights = Matrix<float>(2, 3);
  e.traces = {{AlignedBuffer<float>(2), 0}, {AlignedBuffer<float>(1), 0}};
  return e;
}

template <class F>
Bytes written(F&& fields) {
  StateWriter a;
  fields(a);
  return std::move(a).take();
}

TEST(Archive, WhatIsSavedIsLoadedBitForBit) {
  const Bytes bytes = save_state(filled());
  Everything back = sized();
  load_state(bytes, back);
  EXPECT_EQ(back, filled());
  EXPECT_TRUE(std::signbit(back.f));
  EXPECT_EQ(save_state(back), bytes);
}

TEST(Archive, ABufferIsMadeOnceInItsFullLength) {
  const std::vector<double> large(10'000, 1.5);
  const Bytes state = save_state(filled());
  EXPECT_EQ(state.capacity(), state.size());
  StateWriter measure(StateWriter::Mode::measure), keep;
  measure("large", large);
  keep("large", large);
  EXPECT_EQ(measure.size(), std::move(keep).take().size());
}

TEST(Archive, NaNsKeepTheirPayload) {
  const auto odd = std::bit_cast<double>(std::uint64_t{0x7ff800000000beef});
  double back = 0;
  const Bytes bytes = written([&](auto& a) { a("x", odd); });
  StateReader reader(bytes, "state");
  reader("x", back);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(back), 0x7ff800000000beefu);
}

TEST(Archive, AMissingFieldIsNamedWithItsPath) {
  const Bytes bytes = written([](auto& a) { a.section("v1", [&] { a("rate", 1.0); }); });
  StateReader reader(bytes, "state");
  double x = 0;
  EXPECT_THAT(
      [&] { reader.section("v1", [&] { reader("rates", x); }); },
      ThrowsMessage<DataError>(
          "state: field 'v1.rates': expected a double, found none of that name (did you mean 'rate'?)"));
}

TEST(Archive, AMistypedFieldSaysBothTypes) {
  const Bytes bytes = written([](auto& a) { a("u", std::vector<float>{1}); });
  std::vector<double> u(1);
  StateReader reader(bytes, "state");
  EXPECT_THAT(
      [&] { reader("u", u); },
      ThrowsMessage<DataError>("state: field 'u': expected a vector of double, found a vector of float"));
}

TEST(Archive, AWrongLengthSaysBothLengths) {
  const Bytes bytes = written([](auto& a) {
    a("u", std::vector<float>{1, 2});
    a("w", Matrix<float>(2, 3));
    a("list", std::vector<Trace>(2));
  });
  std::vector<float> u(3);
  Matrix<float> w(3, 2);
  std::vector<Trace> list(3);
  StateReader reader(bytes, "state");
  EXPECT_THAT([&] { reader("u", u); },
              ThrowsMessage<DataError>("state: field 'u': expected length 3, found 2"));
  EXPECT_THAT([&] { reader("w", w); },
              ThrowsMessage<DataError>("state: field 'w': expected shape 3 x 2, found 2 x 3"));
  EXPECT_THAT([&] { reader("list", list); },
              ThrowsMessage<DataError>("state: field 'list': expected length 3, found 2"));
}

TEST(Archive, AFieldNobodyReadsIsAnError) {
  const Bytes bytes = written([](auto& a) {
    a("traces", std::vector<Trace>(1));
    a("extra", 1.0);
  });
  struct Fewer {
    std::vector<Trace> traces{1};
    void visit_state(StateReader& a) { a("traces", traces); }
  } fewer;
  EXPECT_THAT(
      [&] { load_state(bytes, fewer); },
      ThrowsMessage<DataError>("state: field 'extra': found a double that this program does not know"));
}

TEST(Archive, FieldsMayBeReadInAnotherOrder) {
  const Bytes bytes = written([](auto& a) {
    a("x", 1);
    a("y", 2);
    a("z", 3);
  });
  int x = 0, y = 0, z = 0;
  StateReader reader(bytes, "state");
  reader("z", z);
  reader("x", x);
  reader("y", y);
  reader.finish();
  EXPECT_EQ(x * 100 + y * 10 + z, 123);
}

TEST(Archive, TwoFieldsOfOneNameAreADefect) {
  StateWriter a;
  a("x", 1);
  EXPECT_THROW(a("x", 2), std::logic_error);
}

TEST(Archive, TruncationAtEveryByteIsRecognised) {
  const Bytes bytes = save_state(filled());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    Everything back = sized();
    EXPECT_THROW(load_state(std::span(bytes).first(n), back), DataError) << n;
  }
  test::figure("D6", "cuts of a state", bytes.size());
}

TEST(Archive, NoBitFlipCrashesTheReader) {
  const Bytes original = save_state(filled());
  int refused = 0;
  for (std::size_t i = 0; i < original.size() * 8; ++i) {
    Bytes bytes = original;
    bytes[i / 8] ^= static_cast<std::byte>(1 << (i % 8));
    Everything back = sized();
    try {
      load_state(bytes, back);
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000)
      << "flips in names, types and lengths; those in values are the checkpoint's to find";
}

}  // namespace
}  // namespace apical::io
