// SPDX-License-Identifier: Apache-2.0
#include "apical/io/digest.h"

#include <openssl/evp.h>

#include <array>

namespace apical::io {

RunningDigest::RunningDigest(Digest kind) : state_(EVP_MD_CTX_new()) {
  if (!state_ ||
      EVP_DigestInit_ex(state_.get(), kind == Digest::md5 ? EVP_md5() : EVP_sha256(), nullptr) != 1) {
    throw IoError(std::string("the cryptographic library of this system refuses ") +
                  (kind == Digest::md5 ? "MD5" : "SHA-256"));
  }
}

void RunningDigest::add(std::span<const std::byte> bytes) {
  APICAL_CHECK(EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size()) == 1);
}

std::string RunningDigest::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  APICAL_CHECK(EVP_DigestFinal_ex(state_.get(), digest.data(), &size) == 1);
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15];
  }
  return text;
}

void RunningDigest::Free::operator()(evp_md_ctx_st* state) const noexcept { EVP_MD_CTX_free(state); }

std::string digest_of(Digest kind, std::span<const std::byte> bytes) {
  RunningDigest running(kind);
  running.add(bytes);
  return running.finish();
}

std::string digest_of_file(Digest kind, const Path& path) {
  const File file(path, FileSystem::Mode::read);
  RunningDigest running(kind);
  Bytes block(std::size_t{1} << 20);
  for (std::uint64_t at = 0;;) {
    const std::size_t got = file.read_at(block, at);
    if (got == 0) return running.finish();
    running.add(std::span(block).first(got));
    at += got;
  }
}

}  // namespace apical::io
