// SPDX-License-Identifier: Apache-2.0
#include "apical/engine/layered/product_count.h"

namespace apical::layered {
namespace {
thread_local ProductCount* current = nullptr;
}

CountingProducts::CountingProducts(ProductCount& count) noexcept : before_(current) { current = &count; }
CountingProducts::~CountingProducts() { current = before_; }
ProductCount* current_product_count() noexcept { return current; }

}  // namespace apical::layered
