// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>

#include "apical/cli/command.h"
#include "apical/io/json.h"
#include "apical/live/server.h"

namespace apical::cli {
namespace {

int serve(Context& context, const Arguments& arguments) {
  const std::string folder = arguments.positionals.empty() ? "runs" : arguments.positionals.front();
  constexpr int kPolite = 10;
  [[maybe_unused]] const int now = nice(kPolite);  // runs come first
  live::ServerOptions options;
  options.port = static_cast<int>(arguments.integer("--port", 0, 1, 65535));
  live::Server server(folder, options);
  if (arguments.has("--json")) {
    context.out << io::json_text({{"schema", "apical-serve/1"},
                                  {"address", server.address()},
                                  {"port", server.port()},
                                  {"token", server.token()},
                                  {"folder", folder}},
                                 -1);
  } else {
    context.out << server.address() << '\n';
  }
  context.out.flush();
  if (!arguments.has("--quiet"))
    context.err << "apical: serving " << folder << " to this machine; Ctrl-C ends it, runs go on"
                << std::endl;
  const std::jthread watcher([&](const std::stop_token& ended) {
    while (!ended.stop_requested()) {
      if (context.stop->load()) return server.stop();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  server.serve();
  return 0;
}

}  // namespace

Command serve_command() {
  Command c;
  c.name = "serve";
  c.summary = "a page on this machine that shows the runs of a folder while they go on";
  c.positionals = {{"DIR", "folder with runs at any depth (default: runs)", 0, 1}};
  c.options = {{"--port", "N", "the port (default: any that is free)"}};
  c.examples = {"apical serve runs --port 8800"};
  c.run = serve;
  return c;
}

}  // namespace apical::cli
