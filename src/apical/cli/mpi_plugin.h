// SPDX-License-Identifier: Apache-2.0
// What the program asks of the plugin that has MPI in it, as plain functions: it may have been built by
// another compiler.
#pragma once

#include <cstddef>

extern "C" {

struct ApicalMpi {
  int rank, size;
  // Collective; 0, or what went wrong as MPI counts it.
  int (*all_gather)(const void* own, std::size_t bytes, void* all, int patiently);
  int (*broadcast)(void* bytes, std::size_t count);
  /// For an error that all of these gave.
  void (*describe)(int error, char* text, std::size_t room);
  /// Ends every rank, this one too.
  void (*abandon)(int code);
  /// The last call, of all ranks.
  void (*leave)();
};

/// Joins the other ranks. Null if MPI cannot be begun.
using ApicalMpiJoin = const ApicalMpi* (*)(int version);
}

namespace apical::cli {

inline constexpr int kMpiPluginVersion = 1;
inline constexpr const char* kMpiJoin = "apical_mpi_join";

}  // namespace apical::cli
