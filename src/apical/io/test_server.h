// SPDX-License-Identifier: Apache-2.0
// For tests: a web server on this machine that can begin in the middle, can refuse to, and can break off.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "apical/io/file.h"

namespace apical::io {

/// Serves files of a directory for a number of requests, then ends; the ranges asked for are in its log.
class TestServer {
 public:
  struct Habits {
    int requests = 1;
    int break_off_after = -1;  ///< bytes of the first answer; -1: never
    bool ranges = true;
    int pause_ms = 0;  ///< after every 64 kB
  };
  TestServer(const Path& directory, const Habits& habits) : log_(directory / "requests.log") {
    const Path script = directory / "server.py";
    write_atomically(script, std::string_view(kScript));
    const std::string command = "/usr/bin/python3 '" + script.string() + "' '" + directory.string() + "' " +
                                std::to_string(habits.requests) + " " +
                                std::to_string(habits.break_off_after) + " " + (habits.ranges ? "1" : "0") +
                                " " + std::to_string(habits.pause_ms);
    pipe_ = ::popen(command.c_str(), "r");
    if (pipe_ == nullptr || std::fscanf(pipe_, "%d", &port_) != 1)
      ADD_FAILURE() << "the server did not start: " << command;
  }
  ~TestServer() { finish(); }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  std::string url(const std::string& file = {}) const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/" + file;
  }
  /// Waits for the last request; one line each: the range, or "whole".
  std::string requests() {
    finish();
    return read_text(log_);
  }

 private:
  void finish() {
    if (pipe_ != nullptr) ::pclose(pipe_);
    pipe_ = nullptr;
  }
  static constexpr const char* kScript = R"(
import http.server, os, sys, time
directory, requests, break_off, ranges = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "1"
pause = int(sys.argv[5]) / 1000
log = open(os.path.join(directory, "requests.log"), "w")
class Handler(http.server.BaseHTTPRequestHandler):
    served = 0
    def log_message(self, *arguments): pass
    def do_GET(self):
        wanted = self.headers.get("Range")
        log.write((wanted or "whole") + "\n"); log.flush()
        try: content = open(os.path.join(directory, os.path.basename(self.path)), "rb").read()
        except OSError: return self.send_error(404)
        first = int(wanted[6:].rstrip("-").split("-")[0]) if wanted and ranges else 0
        if first >= len(content): return self.send_error(416)
        self.send_response(206 if first else 200)
        if first: self.send_header("Content-Range", "bytes %d-%d/%d" % (first, len(content) - 1, len(content)))
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        Handler.served += 1
        end = first + break_off if break_off >= 0 and Handler.served == 1 else len(content)
        if not pause: return self.wfile.write(content[first:end])
        for at in range(first, end, 1 << 16):
            try: self.wfile.write(content[at:min(at + (1 << 16), end)])
            except OSError: return
            time.sleep(pause)
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
server.timeout = 20
print(server.server_address[1], flush=True)
for _ in range(requests): server.handle_request()
)";
  Path log_;
  std::FILE* pipe_ = nullptr;
  int port_ = 0;
};

}  // namespace apical::io
