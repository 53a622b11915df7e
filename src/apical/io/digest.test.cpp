// SPDX-License-Identifier: Apache-2.0
#include "apical/io/digest.h"

#include <gtest/gtest.h>

#include "apical/io/test_directory.h"

namespace apical::io {
namespace {

// Vectors of RFC 1321, A.5, and FIPS 180-4.
TEST(Digest, PublishedVectorsAreMet) {
  EXPECT_EQ(digest_of(Digest::md5, {}), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(digest_of(Digest::md5, bytes_of("message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(digest_of(Digest::sha256, bytes_of("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Digest, PiecesAndFilesGiveWhatTheWholeGives) {
  const TestDirectory directory;
  const std::string text(3'000'001, 'x');
  write_atomically(directory / "x", std::string_view(text));
  RunningDigest running(Digest::md5);
  running.add(bytes_of(text).first(7));
  running.add(bytes_of(text).subspan(7));
  const std::string whole = digest_of(Digest::md5, bytes_of(text));
  EXPECT_EQ(running.finish(), whole);
  EXPECT_EQ(digest_of_file(Digest::md5, directory / "x"), whole);
  EXPECT_THROW(digest_of_file(Digest::md5, directory / "absent"), FileError);
}

}  // namespace
}  // namespace apical::io
