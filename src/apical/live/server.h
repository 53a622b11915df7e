// SPDX-License-Identifier: Apache-2.0
// A folder of runs over HTTP: a table of them, what they measure as they go on, and a way to stop one with a
// checkpoint. Only this machine can reach it, and only whoever has the token is answered.
//   GET  /?token=T                            the page
//   GET  /api/runs?where=C&columns=L&sort=K&reverse=1   the table (study/runs_index.h, study/run_columns.h);
//                                             where= may be repeated
//   GET  /api/follow?run=A&run=B              events: rows of metrics.ndjson as they come, by seq
//   POST /api/stop?run=A                      as Ctrl-C would
// A run is named as in the table; other files cannot be reached.
#pragma once

#include <memory>
#include <string>

#include "apical/core/threads.h"
#include "apical/io/file.h"

namespace apical::live {

struct ServerOptions {
  int port = 0;               ///< 0: any that is free
  int most_followers = 64;    ///< connections that are told news; more are refused with 503
  double look_every_s = 0.5;  ///< for news
};

class Server {
 public:
  /// Takes the port and draws a token. IoError if it is taken, DataError if there is no such folder.
  Server(io::Path folder, const ServerOptions& options = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;
  const std::string& token() const;
  /// With token.
  std::string address() const;
  /// Answers until stop().
  void serve();
  /// From any thread, also before serve(), which then returns within a moment.
  void stop();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace apical::live
