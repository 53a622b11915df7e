// SPDX-License-Identifier: Apache-2.0
// libapical_mpi.so: the only file with MPI in it, loaded by cli/mpi.cpp.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <thread>

#include "apical/cli/mpi_plugin.h"

namespace {

using apical::cli::kMpiPluginVersion;

/// Looks now and then whether all have come, and sleeps meanwhile, longer the longer it takes.
int wait_patiently(MPI_Request& request) {
  constexpr std::chrono::microseconds kLongest{5000};
  std::chrono::microseconds pause{20};
  for (;;) {
    int done = 0;
    if (const int error = MPI_Test(&request, &done, MPI_STATUS_IGNORE); error != MPI_SUCCESS || done != 0)
      return error;
    std::this_thread::sleep_for(pause);
    pause = std::min(2 * pause, kLongest);
  }
}

int all_gather(const void* own, std::size_t bytes, void* all, int patiently) {
  if (bytes > INT_MAX) return MPI_ERR_COUNT;
  const int count = static_cast<int>(bytes);
  if (patiently == 0) return MPI_Allgather(own, count, MPI_BYTE, all, count, MPI_BYTE, MPI_COMM_WORLD);
  MPI_Request request{};
  if (const int error = MPI_Iallgather(own, count, MPI_BYTE, all, count, MPI_BYTE, MPI_COMM_WORLD, &request);
      error != MPI_SUCCESS)
    return error;
  return wait_patiently(request);
}

int broadcast(void* bytes, std::size_t count) {
  if (count > INT_MAX) return MPI_ERR_COUNT;
  return MPI_Bcast(bytes, static_cast<int>(count), MPI_BYTE, 0, MPI_COMM_WORLD);
}

void describe(int error, char* text, std::size_t room) {
  std::array<char, MPI_MAX_ERROR_STRING> said{};
  int length = 0;
  MPI_Error_string(error, said.data(), &length);
  const auto n = std::min(room - 1, static_cast<std::size_t>(length));
  std::copy_n(said.begin(), n, text);
  text[n] = '\0';
}

void abandon(int code) { MPI_Abort(MPI_COMM_WORLD, code); }
void leave() { MPI_Finalize(); }

ApicalMpi joined{};

}  // namespace

extern "C" const ApicalMpi* apical_mpi_join(int version) {
  if (version != kMpiPluginVersion) return nullptr;
  int provided = 0;  // calls come from one thread at a time, not always the same
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS) return nullptr;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_rank(MPI_COMM_WORLD, &joined.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &joined.size);
  joined.all_gather = all_gather;
  joined.broadcast = broadcast;
  joined.describe = describe;
  joined.abandon = abandon;
  joined.leave = leave;
  return &joined;
}
