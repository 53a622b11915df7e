// SPDX-License-Identifier: Apache-2.0
// Any bytes are an archive whose files stay within what was allowed, or are refused.
#include "apical/io/packed_files.h"

#include "support/fuzz.h"

APICAL_FUZZ(input) {
  namespace io = apical::io;
  constexpr io::PackedLimits kLimits{.largest = 1 << 16, .total = 1 << 20, .entries = 100};
  std::size_t bytes = 0, entries = 0;
  apical::fuzz::accepted([&] {
    io::visit_packed_files(apical::fuzz::file_with("x.archive", input.text()), kLimits,
                           {.wants = [](const std::string& name) { return !name.ends_with(".txt"); },
                            .take =
                                [&](const std::string& name, const io::Bytes& content) {
                                  ++entries;
                                  bytes += content.size();
                                  apical::fuzz::require(content.size() <= kLimits.largest);
                                  apical::fuzz::require(!name.empty() && name.front() != '/' &&
                                                        name != ".." && !name.starts_with("../"));
                                },
                            .leave = {}});
  });
  apical::fuzz::require(bytes <= kLimits.total + kLimits.largest && entries <= kLimits.entries);
}
