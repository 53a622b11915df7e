// SPDX-License-Identifier: Apache-2.0
#include "apical/io/download.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <array>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>

#include "apical/core/build_info.h"

namespace apical::io {
namespace {

using Handle = std::unique_ptr<CURL, void (*)(CURL*)>;

/// Where bytes go. Exceptions must not cross the C library: they wait here.
struct Sink {
  const Download& download;
  File file;
  std::uint64_t have;
  std::exception_ptr fault = {};
};

extern "C" std::size_t apical_receive(char* data, std::size_t size, std::size_t count, void* to) {
  auto& sink = *static_cast<Sink*>(to);
  try {
    const std::size_t bytes = size * count;
    if (sink.have + bytes > sink.download.at_most) {
      throw DataError(
          fmt::format("{} holds more than the {} bytes expected", sink.download.url, sink.download.at_most));
    }
    sink.file.write_at(std::as_bytes(std::span(data, bytes)), sink.have);
    sink.have += bytes;
    if (sink.download.progress && !sink.download.progress(sink.have)) {
      throw NetworkError(
          fmt::format("{}: stopped after {} bytes, which are kept", sink.download.url, sink.have));
    }
    return bytes;
  } catch (...) {
    sink.fault = std::current_exception();
    return 0;
  }
}

void set_up_library() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

Handle make_request(Sink& sink) {
  Handle request(curl_easy_init(), curl_easy_cleanup);
  if (!request) throw std::bad_alloc();
  CURL* const r = request.get();
  static const std::string agent = std::string("apical/") + build_info().version;
  curl_easy_setopt(r, CURLOPT_URL, sink.download.url.c_str());
  curl_easy_setopt(r, CURLOPT_PROTOCOLS_STR, "http,https,file");
  curl_easy_setopt(r, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(r, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(r, CURLOPT_MAXREDIRS, 10L);
  curl_easy_setopt(r, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(r, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(r, CURLOPT_CONNECTTIMEOUT, 20L);
  curl_easy_setopt(r, CURLOPT_LOW_SPEED_LIMIT, 100L);  // bytes/s, for
  curl_easy_setopt(r, CURLOPT_LOW_SPEED_TIME, 60L);    // s
  curl_easy_setopt(r, CURLOPT_USERAGENT, agent.c_str());
  curl_easy_setopt(r, CURLOPT_WRITEFUNCTION, apical_receive);
  curl_easy_setopt(r, CURLOPT_WRITEDATA, &sink);
  curl_easy_setopt(r, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(sink.have));
  return request;
}

}  // namespace

void continue_download(const Download& download, const Path& partial) {
  set_up_library();
  Sink sink{download, File(partial, FileSystem::Mode::read_write), 0};
  sink.have = sink.file.size();
  for (bool again = true; again;) {
    again = false;
    const Handle request = make_request(sink);
    std::array<char, CURL_ERROR_SIZE> words{};
    curl_easy_setopt(request.get(), CURLOPT_ERRORBUFFER, words.data());
    const std::uint64_t before = sink.have;
    const CURLcode result = curl_easy_perform(request.get());
    if (sink.fault) std::rethrow_exception(sink.fault);
    if (result == CURLE_OK) break;
    long status = 0;
    curl_easy_getinfo(request.get(), CURLINFO_RESPONSE_CODE, &status);
    // The server begins at the front only, or says that there is nothing left: once more from the front.
    if (before > 0 && (result == CURLE_RANGE_ERROR || result == CURLE_BAD_DOWNLOAD_RESUME || status == 416)) {
      sink.file.truncate(0);
      sink.have = 0;
      again = true;
      continue;
    }
    throw NetworkError(fmt::format(
        "{}: {}{}", download.url, words[0] != 0 ? words.data() : curl_easy_strerror(result),
        sink.have > 0 ? fmt::format(" ({} bytes are kept in {})", sink.have, partial.string()) : ""));
  }
  sink.file.sync();
  sink.file.close();
}

}  // namespace apical::io
