// SPDX-License-Identifier: Apache-2.0
#include "apical/core/matrix.h"

#include <sys/mman.h>

namespace apical {
namespace {
constexpr std::size_t kHugePage = std::size_t{1} << 21;

bool in_huge_pages(std::size_t bytes) { return bytes >= kHugePage / 2; }
}  // namespace

void* allocate_aligned(std::size_t bytes) {
  if (!in_huge_pages(bytes)) return ::operator new (bytes, std::align_val_t{kAlignment});
  const std::size_t whole = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  void* p = ::operator new (whole, std::align_val_t{kHugePage});
  // Advice: where it is refused, ordinary pages do.
  (void)madvise(p, whole, MADV_HUGEPAGE);
  return p;
}

void deallocate_aligned(void* p, std::size_t bytes) noexcept {
  ::operator delete (p, std::align_val_t{in_huge_pages(bytes) ? kHugePage : kAlignment});
}

}  // namespace apical
