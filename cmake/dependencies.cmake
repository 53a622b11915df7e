# SPDX-License-Identifier: Apache-2.0
# Every library Apical uses, from Debian 12 packages (tools/packages.sh). Headers are SYSTEM so that
# their warnings are not ours.
find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(CLI11 REQUIRED)
find_package(ZLIB REQUIRED)
# Data sets: pictures, archives, fetching, published checksums (docs/decisions/0005).
find_package(libjpeg-turbo REQUIRED)
find_package(PNG REQUIRED)
find_path(STB_INCLUDE_DIR stb/stb_image.h REQUIRED)
find_library(STB_LIBRARY stb REQUIRED)
find_package(LibArchive REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
# The table of runs.
find_package(SQLite3 REQUIRED)
# Found by hand: FindHDF5 needs a C compiler and drags in what libhdf5 itself was linked with.
find_path(HDF5_INCLUDE_DIR hdf5.h PATH_SUFFIXES hdf5/serial REQUIRED)
find_library(HDF5_LIBRARY NAMES hdf5_serial hdf5 REQUIRED)
find_package(BLAS REQUIRED)
# Optional: without it there is no plugin for --mpi.
find_package(MPI QUIET COMPONENTS CXX)
find_path(HWY_INCLUDE_DIR hwy/highway.h REQUIRED)
find_library(HWY_LIBRARY hwy REQUIRED)
find_path(RANDOM123_INCLUDE_DIR Random123/philox.h REQUIRED)
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)

add_library(apical_dependencies INTERFACE)
target_include_directories(apical_dependencies SYSTEM INTERFACE
  ${HWY_INCLUDE_DIR} ${RANDOM123_INCLUDE_DIR} ${XXHASH_INCLUDE_DIR} ${HDF5_INCLUDE_DIR} ${STB_INCLUDE_DIR})
target_compile_definitions(apical_dependencies INTERFACE H5_USE_110_API)
target_link_libraries(apical_dependencies INTERFACE
  Threads::Threads fmt::fmt nlohmann_json::nlohmann_json tomlplusplus::tomlplusplus ZLIB::ZLIB
  libjpeg-turbo::jpeg PNG::PNG ${STB_LIBRARY} LibArchive::LibArchive CURL::libcurl OpenSSL::Crypto SQLite::SQLite3
  ${HDF5_LIBRARY} ${BLAS_LIBRARIES} ${HWY_LIBRARY} ${XXHASH_LIBRARY})

# Pages on this machine (apical serve). Whoever includes its header needs the definitions that the library was
# compiled with.
find_path(HTTPLIB_INCLUDE_DIR httplib.h REQUIRED)
find_library(HTTPLIB_LIBRARY cpp-httplib REQUIRED)
set(httplib_definitions CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_BROTLI_SUPPORT)
