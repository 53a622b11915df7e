// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/shared_parts.h"

#include <fmt/format.h>

namespace apical::layered {
namespace {

// What a number costs that travels, in multiply-adds: half of what makes it worth sharing, so that a product
// that just is neither gains nor loses with two ranks.
constexpr double kTravel = kWorthOfNumber / 2;
// Two ranks that are no faster than this are a waste of one.
constexpr double kHardlyFaster = 0.9;

/// f(multiply-adds, numbers that come of them) for the products that a batch takes in a layer: its output,
/// the credit of what is below, the change of its weights. Rules differ; these are what most have.
template <class F>
void for_products(const NetworkDescription& net, double samples, F&& f) {
  for (std::size_t l = 0; l < net.depth(); ++l) {
    const Connection& c = net.connection(l);
    const auto weights = static_cast<double>(net.weights(l)),
               uses = c ? static_cast<double>(c->out().pixels()) : 1;
    const double multiply_adds = samples * weights * uses;
    f(multiply_adds, samples * static_cast<double>(net.layers[l].size));
    if (l > 0) f(multiply_adds, samples * static_cast<double>(net.fan_in(l)));
    f(multiply_adds, weights);
  }
}

}  // namespace

double time_of_two_ranks(const NetworkDescription& net, std::size_t batch) {
  double alone = 0, shared = 0;
  for_products(net, static_cast<double>(batch), [&](double multiply_adds, double numbers) {
    alone += multiply_adds;
    shared +=
        is_worth_sharing(multiply_adds, numbers) ? multiply_adds / 2 + kTravel * numbers : multiply_adds;
  });
  return alone > 0 ? shared / alone : 1;
}

std::string why_not_shared(const NetworkDescription& net, std::size_t batch) {
  const double time = time_of_two_ranks(net, batch);
  if (time == 1)
    return "its products are too small: none makes 2 million multiply-adds, 128 of them for each number";
  if (time < kHardlyFaster) return "";
  return fmt::format(
      "too few of its products are large enough: two ranks would take {:.0f} % of the time of one at best",
      100 * time);
}

}  // namespace apical::layered
