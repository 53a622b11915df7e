// SPDX-License-Identifier: Apache-2.0
// Counts what the matrix products of a rule amount to in a network of synapses, by watching them being
// computed.
#pragma once

namespace apical::layered {

struct ProductCount {
  double transmitted = 0;  ///< a presynaptic value passing one weight, forward or feedback
  double correlated = 0;   ///< one pre- and one postsynaptic value meeting at a synapse
};

/// While it lives, products called from this thread are added to `count`.
class CountingProducts {
 public:
  explicit CountingProducts(ProductCount& count) noexcept;
  ~CountingProducts();
  CountingProducts(const CountingProducts&) = delete;
  CountingProducts& operator=(const CountingProducts&) = delete;

 private:
  ProductCount* before_;
};

/// Where this thread counts, or null.
ProductCount* current_product_count() noexcept;

}  // namespace apical::layered
