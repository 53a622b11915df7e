// SPDX-License-Identifier: Apache-2.0
#include "apical/io/libraries.h"

#include <archive.h>
#include <curl/curl.h>
#include <fmt/format.h>
#include <hdf5.h>
#include <openssl/crypto.h>
#include <png.h>
#include <sqlite3.h>
#include <zlib.h>

namespace apical::io {

std::vector<Library> libraries() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return {
      {"curl", curl_version_info(CURLVERSION_NOW)->version, LIBCURL_VERSION},
      {"fmt", "", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
      {"hdf5", fmt::format("{}.{}.{}", major, minor, release),
       fmt::format("{}.{}.{}", H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE)},
      {"libarchive",
       fmt::format("{}.{}.{}", archive_version_number() / 1000000, archive_version_number() / 1000 % 1000,
                   archive_version_number() % 1000),
       ARCHIVE_VERSION_ONLY_STRING},
      {"libpng", png_get_libpng_ver(nullptr), PNG_LIBPNG_VER_STRING},
      {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING), OPENSSL_VERSION_STR},
      {"sqlite", sqlite3_libversion(), SQLITE_VERSION},
      {"zlib", zlibVersion(), ZLIB_VERSION}};
}

}  // namespace apical::io
