// SPDX-License-Identifier: Apache-2.0
// What fuzzers share. An answer is a value or an error that a person can act on; anything else that is
// thrown, a broken law, a sanitizer's finding, more than 2 GB or ten seconds is a finding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "apical/core/error.h"
#include "apical/io/test_directory.h"

namespace apical::fuzz {

/// What a fuzzer is handed.
struct Input {
  const std::uint8_t* data;
  std::size_t size;
  std::string_view text() const { return {reinterpret_cast<const char*>(data), size}; }
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span(data, size)); }
  std::span<const std::uint8_t> octets() const { return {data, size}; }
};

/// Whether `read` accepted it.
template <class F>
bool accepted(F&& read) {
  try {
    read();
    return true;
  } catch (const Error&) {
  } catch (
      const nlohmann::json::exception&) {  // the program answers it as a file that is wrong (cli/command.cpp)
  }
  return false;
}

/// Of what must hold whatever the input is.
inline void require(bool law) {
  if (!law) __builtin_trap();
}

/// A directory for this process.
inline const io::TestDirectory& folder() {
  static const io::TestDirectory directory;
  return directory;
}

inline std::filesystem::path file_with(const std::string& name, std::string_view content) {
  const std::filesystem::path path = folder() / name;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  return path;
}

}  // namespace apical::fuzz

/// The one function of a fuzzer: APICAL_FUZZ(input) { … }
#define APICAL_FUZZ(input)                                                            \
  static void fuzz_one(const apical::fuzz::Input& input);                             \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    fuzz_one({data, size});                                                           \
    return 0;                                                                         \
  }                                                                                   \
  static void fuzz_one(const apical::fuzz::Input& input)
