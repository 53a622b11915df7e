// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "apical/io/journal.h"

namespace apical {

/// What a checkpoint of a run holds beside the session's state.
struct RunBooks {
  static constexpr const char* kSection = "books";
  std::uint64_t sequence = 0;
  double wall_seconds = 0;  ///< of all processes that ran it
  io::JournalPosition metrics, events;
  std::string data;  ///< text of their fingerprint
  template <class Archive>
  void visit_state(Archive& a) {
    a("sequence", sequence);
    a("wall_seconds", wall_seconds);
    a("metrics", metrics);
    a("events", events);
    a("data", data);
  }
};

}  // namespace apical
