// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/rate/sharing.h"

#include <fmt/format.h>

#include <algorithm>

#include "apical/engine/rate/kernels.h"

namespace apical::rate {
namespace {

/// Matrices from this many elements on are swept in chunks that threads and ranks share. Chunks depend on the
/// circuit alone, so that the order of sums depends on the number of neither.
constexpr std::size_t kParallelElements = 1 << 17;
constexpr std::size_t kChunkTraffic =
    1 << 17;  // elements read and written; smaller: more partial sums to add up

bool shows_in_its_size(const Circuit& c, const Projection& view) {
  const Projection& of = c[view.view->of];
  return c[of.to].size == c[view.from].size && c[of.from].size == c[view.to].size;
}

}  // namespace

bool is_fast(const Projection& j) {
  return j.rule && j.topology == Topology::dense && j.density == 1 && j.rule->decay.alpha == 0 &&
         j.rule->update_low_pass_ms == 0 && j.rule->post.kind != PostFactor::Kind::none;
}

const Projection* fused_view_of(const Circuit& c, ProjectionId id) {
  if (!is_fast(c[id])) return nullptr;
  const auto& all = c.projections();
  const auto first = std::find_if(all.begin(), all.end(), [&](const Projection& j) {
    return j.view && j.view->of == id && j.topology == Topology::dense && shows_in_its_size(c, j);
  });
  return first == all.end() ? nullptr : &*first;
}

Cut cut_of(const Circuit& c, ProjectionId id) {
  const Projection& j = c[id];
  const std::size_t pre = c[j.from].size, post = c[j.to].size;
  Cut cut{.rows = std::min(pre, post)};
  // What an absent input left behind is kept whole (network_products.cpp).
  const bool holds = c[j.from].kind == Population::Kind::external && c[j.from].absent_input_holds;
  if (j.view || j.topology != Topology::dense || holds || pre * post < kParallelElements) return cut;
  // Equal shares of memory traffic.
  const Projection* const view = fused_view_of(c, id);
  const std::size_t passes = (j.rule ? 2 : 1) + (view != nullptr && view->view->deviation ? 1 : 0);
  const std::size_t traffic = cut.rows * round_up_block(std::max(pre, post)) * passes;
  cut.chunks = 2 * std::max<std::size_t>(1, traffic / kChunkTraffic / 2);
  return cut;
}

std::vector<std::size_t> chunks_of_ranks(const Cut& cut, std::size_t ranks) {
  std::vector<std::size_t> out;
  for (std::size_t r = 0; r <= ranks; ++r) out.push_back(cut.chunks * r / ranks);
  return out;
}

std::vector<std::size_t> rows_of_ranks(const Cut& cut, std::size_t ranks) {
  std::vector<std::size_t> out;
  for (const std::size_t chunk : chunks_of_ranks(cut, ranks)) out.push_back(cut.first_row(chunk));
  return out;
}

std::string why_not_shared(const Circuit& c) {
  bool any = false;
  for (std::uint32_t k = 0; k < c.projections().size(); ++k) {
    const Projection& j = c.projections()[k];
    any = any || cut_of(c, {k}).divisible();
    if (j.view && cut_of(c, j.view->of).divisible() && !shows_in_its_size(c, j))
      return fmt::format("projection '{}' shows a part of '{}', which would be divided", j.name,
                         c[j.view->of].name);
  }
  if (any) return "";
  return fmt::format(
      "none of its projections has {} pairs of neurons or more, and smaller ones every rank would have whole",
      kParallelElements);
}

}  // namespace apical::rate
