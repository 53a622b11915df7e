// SPDX-License-Identifier: Apache-2.0
// Any bytes are a journal, the last line torn or not, or are refused; one that is gone on with from its last
// whole line is a journal with one line more.
#include "apical/io/journal.h"

#include "support/fuzz.h"

APICAL_FUZZ(input) {
  namespace io = apical::io;
  const auto path = apical::fuzz::file_with("events.ndjson", input.text());
  io::Ndjson read;
  if (!apical::fuzz::accepted([&] { read = io::read_ndjson(path); })) return;
  apical::fuzz::require(read.bytes <= input.size && (read.torn || read.bytes == input.size));
  if (!read.lines.empty() && !read.lines.front().contains("seq")) return;
  {
    io::Journal journal(path, {read.bytes, read.lines.size()});
    journal.append(io::JsonLine().add("event", "more"));
    journal.close();
  }
  const io::Ndjson more = io::read_ndjson(path);
  apical::fuzz::require(!more.torn && more.lines.size() == read.lines.size() + 1);
}
