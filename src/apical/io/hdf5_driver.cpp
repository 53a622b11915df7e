// SPDX-License-Identifier: Apache-2.0
#include "apical/io/hdf5_driver.h"

#include <hdf5.h>

#include <algorithm>
#include <memory>

#include "apical/io/file.h"

#if !H5_VERSION_GE(1, 10, 0) || H5_VERSION_GE(1, 13, 0)
#error "the driver table below is that of HDF5 1.10 and 1.12"
#endif

namespace apical::io::hdf5 {

namespace {

struct Access {
  FaultSlot* slot;
};

/// HDF5 knows its files by this struct, which must begin with H5FD_t.
struct DriverFile {
  H5FD_t base;
  io::File file;
  FaultSlot* slot;
  bool writes;
  haddr_t end_allocated = 0, end_of_file = 0;
};

DriverFile& of(H5FD_t* file) { return *reinterpret_cast<DriverFile*>(file); }
const DriverFile& of(const H5FD_t* file) { return *reinterpret_cast<const DriverFile*>(file); }

/// No exception may pass through HDF5: the first is kept for the wrapper, which rethrows it.
template <class F>
void kept(FaultSlot* slot, F&& action) {
  try {
    action();
  } catch (...) {
    if (!slot->fault) slot->fault = std::current_exception();
  }
}

H5FD_t* open_file(const char* name, unsigned flags, hid_t fapl, haddr_t) {
  FaultSlot* const slot = static_cast<const Access*>(H5Pget_driver_info(fapl))->slot;
  DriverFile* out = nullptr;
  kept(slot, [&] {
    const bool create = (flags & H5F_ACC_CREAT) != 0;
    io::File file(name, create ? FileSystem::Mode::create_new : FileSystem::Mode::read);
    const haddr_t size = file.size();
    out = new DriverFile{{}, std::move(file), slot, create, 0, size};
  });
  return reinterpret_cast<H5FD_t*>(out);
}

herr_t close_file(H5FD_t* handle) {
  const std::unique_ptr<DriverFile> owned(&of(handle));
  // Synced through the descriptor that wrote: another one need not be told of the writer's errors.
  kept(owned->slot, [&] {
    if (owned->writes) owned->file.sync();
    owned->file.close();
  });
  return 0;
}

herr_t query(const H5FD_t*, unsigned long* flags) {
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t end_allocated(const H5FD_t* file, H5FD_mem_t) { return of(file).end_allocated; }
herr_t set_end_allocated(H5FD_t* file, H5FD_mem_t, haddr_t end) {
  of(file).end_allocated = end;
  return 0;
}
haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t) { return of(file).end_of_file; }

// Reads and writes report success to HDF5 even when they failed. The wrapper throws our own record of the
// fault after the call; and HDF5, believing, releases the file without leaking (as it does on a failed read)
// or trying again at exit.
herr_t read(H5FD_t* handle, H5FD_mem_t, hid_t, haddr_t at, std::size_t size, void* buffer) {
  DriverFile& f = of(handle);
  const std::span<std::byte> into(static_cast<std::byte*>(buffer), size);
  std::size_t n = 0;
  kept(f.slot, [&] { n = f.file.read_at(into, at); });
  std::fill(into.begin() + static_cast<std::ptrdiff_t>(n), into.end(),
            std::byte{0});  // allocated, not yet written
  return 0;
}

herr_t write(H5FD_t* handle, H5FD_mem_t, hid_t, haddr_t at, std::size_t size, const void* buffer) {
  DriverFile& f = of(handle);
  kept(f.slot, [&] { f.file.write_at({static_cast<const std::byte*>(buffer), size}, at); });
  f.end_of_file = std::max<haddr_t>(f.end_of_file, at + size);
  return 0;
}

herr_t truncate(H5FD_t* handle, hid_t, hbool_t) {
  DriverFile& f = of(handle);
  if (!f.writes || f.end_allocated == f.end_of_file) return 0;
  kept(f.slot, [&] { f.file.truncate(f.end_allocated); });
  f.end_of_file = f.end_allocated;
  return 0;
}

hid_t driver() {
  static const hid_t id = [] {
    static const H5FD_mem_t free_lists[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
    static H5FD_class_t table{};
    table.name = "apical";
    table.maxaddr = static_cast<haddr_t>(INT64_MAX);
    table.fc_degree = H5F_CLOSE_STRONG;
    table.fapl_size = sizeof(Access);
    table.open = open_file;
    table.close = close_file;
    table.query = query;
    table.get_eoa = end_allocated;
    table.set_eoa = set_end_allocated;
    table.get_eof = end_of_file;
    table.read = read;
    table.write = write;
    table.truncate = truncate;
    std::copy(std::begin(free_lists), std::end(free_lists), table.fl_map);
    return H5FDregister(&table);
  }();
  return id;
}

}  // namespace

std::int64_t driver_access(FaultSlot* slot) {
  const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  const Access info{slot};
  if (access >= 0 &&
      (H5Pset_driver(access, driver(), &info) < 0 || H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0)) {
    H5Pclose(access);
    return -1;
  }
  return access;
}

}  // namespace apical::io::hdf5
