// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "apical/engine/spike/poisson.kernels.cpp"
#include <hwy/foreach_target.h>
// After foreach_target.h, so that each pass sees its own target.
#include "apical/core/random.h"
#include "apical/engine/spike/poisson.h"

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace apical::spike::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// 64 counters of Philox4x32-10 (Salmon et al. 2011). Words 0 and 1 of counter c land at 2c, words 2 and 3 at
// 128 + 2c.
#if HWY_TARGET == HWY_SCALAR
void philox64(std::uint64_t seed, std::uint32_t object, std::uint64_t first_index, std::uint32_t* words) {
  for (std::size_t c = 0; c < 64; ++c) {
    const auto w = random_words({seed, Stream::background_input, object, first_index + c});
    words[2 * c] = w[0];
    words[2 * c + 1] = w[1];
    words[128 + 2 * c] = w[2];
    words[128 + 2 * c + 1] = w[3];
  }
}
#else
// One counter per 64-bit lane: MulEven reads the low halves only, so what stands in the high halves never
// matters.
HWY_INLINE void philox64(std::uint64_t seed, std::uint32_t object, std::uint64_t first_index,
                         std::uint32_t* HWY_RESTRICT words) {
  const hn::ScalableTag<std::uint64_t> d64;
  const hn::RepartitionToNarrow<decltype(d64)> d32;
  const auto m0 = hn::BitCast(d32, hn::Set(d64, 0xD2511F53ULL)),
             m1 = hn::BitCast(d32, hn::Set(d64, 0xCD9E8D57ULL));
  const auto low = hn::Set(d64, 0xFFFFFFFFULL), lane_numbers = hn::Iota(d64, 0);
  for (std::size_t lane = 0; lane < 64; lane += hn::Lanes(d64)) {
    auto c0 = hn::Add(lane_numbers, hn::Set(d64, first_index + lane));
    auto c1 = hn::ShiftRight<32>(c0);
    auto c2 = hn::Set(d64, static_cast<std::uint64_t>(object));
    auto c3 = hn::Set(d64, static_cast<std::uint64_t>(Stream::background_input));
    std::uint32_t k0 = static_cast<std::uint32_t>(seed), k1 = static_cast<std::uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round) {
      const auto p0 = hn::MulEven(hn::BitCast(d32, c0), m0), p1 = hn::MulEven(hn::BitCast(d32, c2), m1);
      c0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), c1), hn::Set(d64, static_cast<std::uint64_t>(k0)));
      c1 = p1;
      c2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), c3), hn::Set(d64, static_cast<std::uint64_t>(k1)));
      c3 = p0;
      k0 += 0x9E3779B9U;
      k1 += 0xBB67AE85U;
    }
    const auto first = hn::Or(hn::And(c0, low), hn::ShiftLeft<32>(c1));
    const auto second = hn::Or(hn::And(c2, low), hn::ShiftLeft<32>(c3));
    hn::Store(hn::BitCast(d32, first), d32, words + 2 * lane);
    hn::Store(hn::BitCast(d32, second), d32, words + 128 + 2 * lane);
  }
}
#endif

// log2 of a positive normal number: exponent and log2(1+t), 1+t in [sqrt(1/2), sqrt(2)), by a polynomial
// through Chebyshev nodes; relative error below 3e-7, also near 1, where short gaps are decided.
template <class D, class V>
HWY_INLINE V log2_positive(D d, V x) {
  const hn::RebindToSigned<D> di;
  const auto root_half = hn::Set(di, 0x3F3504F3);
  const auto from_root = hn::Sub(hn::BitCast(di, x), root_half);
  const auto exponent = hn::ConvertTo(d, hn::ShiftRight<23>(from_root));
  const auto mantissa = hn::BitCast(d, hn::Add(hn::And(from_root, hn::Set(di, 0x7FFFFF)), root_half));
  const auto t = hn::Sub(mantissa, hn::Set(d, 1.0F));
  auto p = hn::Set(d, -0.14275973436F);
  for (const float c : {0.23265257882F, -0.24927182207F, 0.28728888237F, -0.36022518246F, 0.48091670800F,
                        -0.72135293136F, 1.44269499489F}) {
    p = hn::MulAdd(p, t, hn::Set(d, c));
  }
  return hn::MulAdd(p, t, exponent);
}

void FillGaps(std::uint64_t seed, std::uint32_t object, std::uint64_t batch, float inverse_log,
              std::int32_t* HWY_RESTRICT gaps) {
  HWY_ALIGN std::uint32_t words[kGapBatch];
  philox64(seed, object, 64 * batch, words);
  const hn::ScalableTag<float> d;
  const hn::RebindToSigned<decltype(d)> di;
  const hn::RebindToUnsigned<decltype(d)> du;
  const auto scale = hn::Set(d, 0x1p-31F), half = hn::Set(d, 0.5F), longest = hn::Set(d, 1e9F);
  const auto inverse_log2 = hn::Set(d, inverse_log * 0.69314718056F);
  for (std::size_t i = 0; i < kGapBatch; i += hn::Lanes(d)) {
    const auto bits = hn::BitCast(di, hn::ShiftRight<1>(hn::Load(du, words + i)));
    const auto u = hn::Mul(hn::Max(hn::ConvertTo(d, bits), half), scale);
    const auto failures = hn::Min(hn::Mul(log2_positive(d, u), inverse_log2), longest);
    hn::StoreU(hn::Add(hn::ConvertTo(di, failures), hn::Set(di, 1)), di, gaps + i);
  }
}

}  // namespace apical::spike::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace apical::spike {
HWY_EXPORT(FillGaps);

void fill_gaps(std::uint64_t seed, std::uint32_t object, std::uint64_t batch, float inverse_log,
               std::int32_t* gaps) noexcept {
  HWY_DYNAMIC_DISPATCH(FillGaps)(seed, object, batch, inverse_log, gaps);
}
}  // namespace apical::spike
#endif
