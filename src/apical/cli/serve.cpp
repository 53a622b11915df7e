// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>

#include "apical/cli/command.h"
#include "apical/io/json.h"
#include "apical/live/server.h"
#include "apical/study/run_columns.h"

namespace apical::cli {
namespace {

std::string in_address(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view(",._*-").find(c) != std::string_view::npos;
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

/// What the table shows at first: the page reads it from its address, and writes there what is chosen later.
std::string words_of(const Arguments& arguments) {
  std::string out;
  if (const auto columns = arguments.value("--columns")) out += "&columns=" + in_address(*columns);
  if (const auto key = arguments.value("--sort"))
    out += "&sort=" + in_address(*key) + (sorted_downwards(*key) ? "&reverse=1" : "");
  return out;
}

int serve(Context& context, const Arguments& arguments) {
  const std::string folder = arguments.positionals.empty() ? "runs" : arguments.positionals.front();
  constexpr int kPolite = 10;
  [[maybe_unused]] const int now = nice(kPolite);  // runs come first
  live::ServerOptions options;
  options.port = static_cast<int>(arguments.integer("--port", 0, 1, 65535));
  live::Server server(folder, options);
  const std::string address = server.address() + words_of(arguments);
  if (arguments.has("--json")) {
    context.out << io::json_text({{"schema", "apical-serve/1"},
                                  {"address", address},
                                  {"port", server.port()},
                                  {"token", server.token()},
                                  {"folder", folder}},
                                 -1);
  } else {
    context.out << address << '\n';
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
  c.options = {
      {"--port", "N", "the port (default: any that is free)"},
      {"--columns", "LIST", "of the table, in the words of 'apical runs'; the page can change them"},
      {"--sort", "KEY", "of the table: figures of which more is better downwards, everything else upwards"}};
  c.examples = {"apical serve runs --port 8800",
                "apical serve runs --columns varied,test.accuracy --sort test.accuracy"};
  c.run = serve;
  return c;
}

}  // namespace apical::cli
