// SPDX-License-Identifier: Apache-2.0
// Inside io: a file driver for HDF5 that goes through our file layer, so that HDF5 meets the same injected
// faults as everything else, and so that no failed write is lost: HDF5 1.10 returns success from H5Dwrite and
// H5Fclose after writes that failed with ENOSPC.
#pragma once

#include <cstdint>
#include <exception>

namespace apical::io::hdf5 {

/// The first fault of one file. Outlives the file in HDF5.
struct FaultSlot {
  std::exception_ptr fault;
};

/// A new file access property list (hid_t) for our driver, recording into `slot`; the caller closes it.
/// Negative on failure.
std::int64_t driver_access(FaultSlot* slot);

}  // namespace apical::io::hdf5
