// SPDX-License-Identifier: Apache-2.0
// MD5 (RFC 1321) and SHA-256 (FIPS 180-4), the checksums that publishers of data sets give. For our own files
// see hash.h.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "apical/io/file.h"

struct evp_md_ctx_st;

namespace apical::io {

enum class Digest { md5, sha256 };

/// Over pieces.
class RunningDigest {
 public:
  explicit RunningDigest(Digest kind);
  void add(std::span<const std::byte> bytes);
  /// Lower-case hexadecimal digits; nothing may be added afterwards.
  std::string finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* state) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> state_;
};

std::string digest_of(Digest kind, std::span<const std::byte> bytes);
/// Of a file's bytes, read in pieces. FileError if it cannot be read.
std::string digest_of_file(Digest kind, const Path& path);

}  // namespace apical::io
