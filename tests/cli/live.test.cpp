// SPDX-License-Identifier: Apache-2.0
// Runs that are looked at while they go on: `apical watch` and `apical serve`, the latter as its worst
// clients see it.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "apical/cli/command.h"
#include "apical/cli/display_text.h"
#include "apical/io/json.h"
#include "apical/io/run_lock.h"
#include "apical/live/run_tail.h"
#include "apical/live/server.h"
#include "apical/run/metrics_file.h"
#include "support/child_process.h"
#include "support/command_line.h"
#include "support/run_files.h"
#include "support/small_experiments.h"

namespace apical::test {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Clock = std::chrono::steady_clock;

/// A connection that says what it is told to.
class Client {
 public:
  explicit Client(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{60, 0};  // on a machine that is busy with other things
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~Client() { ::close(socket_); }
  Client(Client&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  Client& operator=(Client&&) = delete;
  void say(const std::string& text) const {
    EXPECT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  /// Until `enough` says so of all that has come, or the server ends it.
  template <class Enough>
  std::string hear(Enough&& enough) const {
    std::string all;
    std::array<char, 65536> block{};
    while (!enough(all)) {
      const ssize_t n = ::recv(socket_, block.data(), block.size(), 0);
      if (n <= 0) break;
      all.append(block.data(), static_cast<std::size_t>(n));
    }
    return all;
  }

 private:
  int socket_;
};

class Live : public CommandLine {
 protected:
  void make(const std::string& name) const {
    const Answer a = apical_says({"run", file(small_network()), "--quiet", "--out", run(name)});
    ASSERT_EQ(a.code, 0) << a.err;
  }
  std::string folder() const { return out("runs"); }
  /// Also before a run has made it.
  std::string folder_that_exists() const {
    std::filesystem::create_directories(folder());
    return folder();
  }
  std::string run(const std::string& name) const { return (io::Path(folder()) / name).string(); }
};

/// Answers in a thread of its own.
class Served {
 public:
  explicit Served(const std::string& folder, const live::ServerOptions& options = {})
      : server(folder, options), thread_([this] { server.serve(); }) {}
  ~Served() { server.stop(); }
  std::string request(const std::string& method, const std::string& path,
                      const std::string& headers = {}) const {
    return fmt(method, path, "127.0.0.1:" + std::to_string(server.port()), headers);
  }
  static std::string fmt(const std::string& method, const std::string& path, const std::string& host,
                         const std::string& headers) {
    return method + " " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + headers +
           (method == "POST" ? "Content-Length: 0\r\n" : "") + "\r\n";
  }
  std::string with_token(const std::string& path) const {
    return path + (path.find('?') == std::string::npos ? "?" : "&") + "token=" + server.token();
  }
  std::string answer(const std::string& text) const {
    const Client client(server.port());
    client.say(text);
    return client.hear([](const std::string&) { return false; });
  }
  std::string get(const std::string& path) const { return answer(request("GET", with_token(path))); }
  static nlohmann::json body(const std::string& answer) {
    return nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  }

  live::Server server;

 private:
  std::jthread thread_;
};

/// The rows in a stream of events, each once and in order.
std::vector<std::pair<std::uint64_t, double>> rows_in(const std::string& stream) {
  std::vector<std::pair<std::uint64_t, double>> out;
  for (std::size_t at = 0; (at = stream.find("\ndata: {", at)) != std::string::npos; ++at) {
    const std::string line = stream.substr(at + 7, stream.find('\n', at + 1) - at - 7);
    for (const nlohmann::json& row : nlohmann::json::parse(line).value("rows", nlohmann::json::array()))
      out.emplace_back(row.at(0), io::number_of(row.at(5), "value"));
  }
  return out;
}

TEST_F(Live, ATailReadsEachWholeLineOnceAndNoticesThatOnesWereCutOff) {
  std::filesystem::create_directories(run("a"));
  const std::string path = run("a") + "/metrics.ndjson";
  live::RunTail tail{run("a")};
  EXPECT_TRUE(tail.read().rows.empty());
  const auto line = [](int seq, double value) {
    return "{\"seq\":" + std::to_string(seq) +
           ",\"epoch\":1,\"where\":\"test\",\"metric\":\"loss\",\"seed\":1,\"value\":" +
           std::to_string(value) + "}\n";
  };
  std::ofstream(path) << line(0, 0.5) << line(1, 0.25).substr(0, 20);
  EXPECT_EQ(tail.read().rows.size(), 1U);
  std::ofstream(path) << line(0, 0.5) << line(1, 0.25);
  const auto news = tail.read();
  ASSERT_EQ(news.rows.size(), 1U);
  EXPECT_EQ(news.rows[0].seq, 1U);
  EXPECT_EQ(news.rows[0].measurement.value, 0.25);
  EXPECT_FALSE(news.cut);
  std::ofstream(path) << line(0, 0.5);  // resumed from a checkpoint before the second
  EXPECT_TRUE(tail.read().cut);
  std::ofstream(path) << "no line\n";
  EXPECT_THROW(tail.read(), DataError);
}

TEST_F(Live, OnlyWhoHasTheTokenAndComesFromHereIsAnswered) {
  make("a");
  const Served served(folder());
  const std::string path = served.with_token("/api/runs");
  EXPECT_THAT(served.get("/api/runs"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(served.answer(served.request("GET", "/api/runs")), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(served.answer(served.request("GET", "/?token=0123")), StartsWith("HTTP/1.1 403"));
  // A name of somebody else that leads here, and a page of somebody else that asks.
  EXPECT_THAT(served.answer(Served::fmt("GET", path, "evil.example:80", "")), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(served.answer(served.request("POST", served.with_token("/api/stop?run=a"),
                                           "Origin: http://evil.example\r\n")),
              StartsWith("HTTP/1.1 403"));
  const std::string page = served.get("/");
  EXPECT_THAT(page, AllOf(HasSubstr("Content-Security-Policy"), HasSubstr("<main>"),
                          Not(HasSubstr("http://")), Not(HasSubstr("https://"))));
  EXPECT_NE(served.server.token(), Served(folder()).server.token());
}

TEST_F(Live, TheTableSaysWhatTheRunsSayAndBrokenOnesEndNothing) {
  make("a");
  make("b");
  io::write_atomically(io::Path(run("b/manifest.json")), std::string_view("{"));
  const Served served(folder());
  const nlohmann::json all = Served::body(served.get("/api/runs?sort=test.accuracy"));
  ASSERT_EQ(all.at("runs").size(), 2U);
  const auto column = [&](const std::string& name) {
    const auto& columns = all.at("columns");
    return static_cast<std::size_t>(std::find(columns.begin(), columns.end(), name) - columns.begin());
  };
  for (const nlohmann::json& one : all.at("runs")) {
    const std::string name = one.at("run");
    EXPECT_EQ(one.at("values").at(column("state")), name == "a" ? "finished" : "broken");
    if (name != "a") continue;
    double expected = -1;
    const nlohmann::json summary = io::read_json(run("a/summary.json"));
    for (const nlohmann::json& m : summary.at("measures")) {
      if (m.at("where") == "test" && m.at("metric") == "accuracy") expected = m.at("mean");
    }
    EXPECT_EQ(one.at("values").at(column("test.accuracy")).get<double>(), expected);
  }
  EXPECT_EQ(Served::body(served.get("/api/runs?where=state%20%3D%20broken")).at("runs").size(), 1U);
  // In the words of 'apical runs', in the order in which they are said; nothing else beside them.
  const nlohmann::json asked = Served::body(
      served.get("/api/runs?columns=training.epochs,%20model.l*rs.2,run,state&sort=training.epochs"));
  EXPECT_EQ(asked.at("columns"), (nlohmann::json{"training.epochs", "model.layers.2", "state"}));
  EXPECT_THAT(served.get("/api/runs?columns=training.epoch"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("did you mean 'training.epochs'?")));
  EXPECT_THAT(served.get("/api/runs?columns=a,,b"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(served.get("/api/runs?where=nonsense"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("no condition")));
  EXPECT_THAT(served.get("/api/follow?run=../../etc"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(served.get("/api/follow"), StartsWith("HTTP/1.1 400"));
  // A broken one is told as such to who follows it.
  const Client client(served.server.port());
  client.say(served.request("GET", served.with_token("/api/follow?run=b")));
  EXPECT_THAT(client.hear([](const std::string& s) { return s.find("progress") != std::string::npos; }),
              HasSubstr("HTTP/1.1 200"));
}

TEST_F(Live, WhoFollowsARunIsToldEveryValueOnceAlsoAfterAGap) {
  make("a");
  const auto expected = read_measurements_in_order(run("a"));
  ASSERT_GT(expected.size(), 8U);
  const std::string whole = io::read_text(run("a/metrics.ndjson"));
  // As if it were in the middle: half of the lines, and a torn one.
  std::size_t half = 0;
  for (std::size_t i = 0; i < expected.size() / 2; ++i) half = whole.find('\n', half) + 1;
  std::ofstream(run("a/metrics.ndjson"), std::ios::trunc) << whole.substr(0, half + 10);
  io::remove_file(io::Path(run("a/summary.json")));  // a finished run whose files were cut says nothing
  const Served served(folder(), {.look_every_s = 0.05});
  const std::string follow = served.with_token("/api/follow?run=a");
  std::vector<std::pair<std::uint64_t, double>> heard;
  std::string id;
  {
    const Client client(served.server.port());
    client.say(served.request("GET", follow));
    const std::string stream =
        client.hear([&](const std::string& s) { return rows_in(s).size() >= expected.size() / 2; });
    heard = rows_in(stream);
    const std::size_t at = stream.rfind("id: ");
    id = stream.substr(at + 4, stream.find('\n', at) - at - 4);
  }
  std::ofstream(run("a/metrics.ndjson"), std::ios::trunc) << whole;
  const Client client(served.server.port());
  client.say(served.request("GET", follow, "Last-Event-ID: " + id + "\r\n"));
  const std::size_t missing = expected.size() - heard.size();
  for (const auto& row :
       rows_in(client.hear([&](const std::string& s) { return rows_in(s).size() >= missing; })))
    heard.push_back(row);
  ASSERT_EQ(heard.size(), expected.size());
  for (std::size_t i = 0; i < heard.size(); ++i) {
    EXPECT_EQ(heard[i].first, i);
    EXPECT_EQ(heard[i].second, expected[i].value);
  }
}

TEST_F(Live, AHundredStalledClientsAndMalformedRequestsKeepNobodyWaiting) {
  make("a");
  const Served served(folder(), {.most_followers = 20});
  const int port = served.server.port();
  std::vector<Client> stalled;
  for (int i = 0; i < 100; ++i) {
    stalled.emplace_back(port);
    if (i % 2 == 0) stalled.back().say("GET /api/runs HTTP/1.1\r\nHost: ");  // and no more
  }
  for (const std::string& text :
       {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"), std::string(100'000, 'x') + "\r\n\r\n",
        std::string("POST /api/stop HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"),
        std::string("GET /%00%ff%zz?token=%%% HTTP/1.1\r\nHost: \r\n\r\n"), std::string("\0\1\2\xff\r\n", 6),
        served.request("BREW", served.with_token("/")),
        served.request("GET", served.with_token("/api/follow?run=%F0%28%8C"))}) {
    const Client client(port);
    ::testing::Test::RecordProperty("request", text.substr(0, 20));
    client.say(text);
    stalled.emplace_back(port);
  }
  // Those who listen and never take anything.
  std::vector<Client> deaf;
  for (int i = 0; i < 20; ++i) {
    deaf.emplace_back(port);
    deaf.back().say(served.request("GET", served.with_token("/api/follow?run=a")));
  }
  const auto refused = [&] { return served.get("/api/follow?run=a"); };
  const auto until = Clock::now() + std::chrono::seconds(10);
  std::string more;
  do {
    const Client client(port);
    client.say(served.request("GET", served.with_token("/api/follow?run=a")));
    more = client.hear([](const std::string& s) { return s.find("\r\n") != std::string::npos; });
  } while (!more.starts_with("HTTP/1.1 503") && Clock::now() < until);
  EXPECT_THAT(more, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(refused(), HasSubstr("too many"));
  const auto began = Clock::now();
  EXPECT_THAT(served.get("/api/runs"), StartsWith("HTTP/1.1 200"));
  constexpr auto kSoon = std::chrono::seconds(3);  // on a busy machine; those who stall are waited for 5 s
  EXPECT_LT(Clock::now() - began, kSoon);
}

TEST_F(Live, WhoDoesNotSayHowLongARequestIsIsToldSoAtOnce) {
  make("a");
  const Served served(folder());
  const auto began = Clock::now();
  EXPECT_THAT(served.answer("POST " + served.with_token("/api/stop?run=a") + " HTTP/1.1\r\nHost: 127.0.0.1:" +
                            std::to_string(served.server.port()) + "\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 411"), HasSubstr("Content-Length")));
  constexpr auto kSoon = std::chrono::seconds(3);  // the library would wait for 5 s
  EXPECT_LT(Clock::now() - began, kSoon);
}

TEST_F(Live, NothingIsToldOfAFinishedRunWhoseFilesWereCut) {
  make("a");
  const std::string whole = io::read_text(run("a/metrics.ndjson"));
  const Served served(folder(), {.look_every_s = 0.05});
  const Client client(served.server.port());
  client.say(served.request("GET", served.with_token("/api/follow?run=a")));
  std::string stream = client.hear([](const std::string& s) { return !rows_in(s).empty(); });
  EXPECT_THAT(stream, HasSubstr("finished"));
  std::ofstream(run("a/metrics.ndjson"), std::ios::trunc) << whole.substr(0, whole.find('\n') + 1);
  // Who has seen its figures is told that they are void, and why.
  stream = client.hear([](const std::string& s) { return s.find("broken") != std::string::npos; });
  EXPECT_THAT(stream, AllOf(HasSubstr("\"cut\":true"), HasSubstr("cut short")));
  const Answer table = apical_says({"runs", folder(), "--csv", "--columns", "state,remark,test.accuracy"});
  EXPECT_THAT(table.out, AllOf(HasSubstr("broken"), HasSubstr("cut short"), Not(HasSubstr("finished"))));
  const Answer watched = apical_says({"watch", run("a")});
  EXPECT_THAT(watched.out,
              AllOf(HasSubstr("broken"), HasSubstr("cut short"), Not(HasSubstr("test accuracy"))));
  EXPECT_NE(apical_says({"verify", run("a")}).code, 0);
}

TEST_F(Live, APortThatIsTakenIsAnError) {
  make("a");
  const Served served(folder());
  EXPECT_THROW(live::Server(folder(), {.port = served.server.port()}), IoError);
  const Answer a = apical_says({"serve", folder(), "--port", std::to_string(served.server.port())});
  EXPECT_EQ(a.code, 5);
  EXPECT_THAT(a.err, HasSubstr("is taken"));
  EXPECT_EQ(apical_says({"serve", out("nowhere")}).code, 3);
  // Asked to end, it ends.
  const Answer ended = apical_says({"serve", folder()}, true);
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.out, StartsWith("http://127.0.0.1:"));
}

TEST_F(Live, ARunIsStoppedWithACheckpointAndGoesOnLater) {
  const std::string text = with(small_network(), "epochs = 2", "epochs = 1000000");
  const ChildProcess child({"run", file(text), "--quiet", "--out", run("long")});
  const Served served(folder_that_exists());
  const auto running = [&] {
    return Served::body(served.get("/api/runs?where=state%20%3D%20running")).at("runs");
  };
  // A disk that others write to takes its time before the first files of a run are there.
  const auto until = Clock::now() + std::chrono::minutes(2);
  while (running().empty() && Clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const nlohmann::json all = running();
  EXPECT_EQ(all.size(), 1U) << Served::body(served.get("/api/runs")).dump();
  if (all.empty()) child.kill();
  EXPECT_THAT(served.answer(served.request("POST", served.with_token("/api/stop?run=long"))),
              StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(child.wait(), 75);
  EXPECT_TRUE(can_be_resumed(run("long")));
  EXPECT_THAT(served.answer(served.request("POST", served.with_token("/api/stop?run=long"))),
              AllOf(StartsWith("HTTP/1.1 409"), HasSubstr("no process")));
}

TEST_F(Live, ALockFileThatIsMadeUpStopsNothing) {
  make("a");
  const Served served(folder());
  const auto asked = [&](const std::string& pid, const std::string& start) {
    io::write_atomically(io::Path(run("a/run.lock")), "host " + io::this_process().host + "\npid " + pid +
                                                          "\nprocess_start " + start + "\nsince 2026\n");
    return served.answer(served.request("POST", served.with_token("/api/stop?run=a")));
  };
  // To kill(), these are every process, those of this group, and this one: the test would not go on.
  for (const std::string& pid : {std::string("-1"), std::string("0"), std::to_string(::getpid())})
    EXPECT_THAT(asked(pid, "0"), AnyOf(StartsWith("HTTP/1.1 409"), StartsWith("HTTP/1.1 500"))) << pid;
  EXPECT_THAT(asked(std::to_string(::getpid()), "1"), StartsWith("HTTP/1.1 409"));
}

TEST_F(Live, WatchSaysHowFarRunsAreAndWhatTheyHaveMeasured) {
  make("a");
  make("b");
  io::write_atomically(io::Path(run("b/metrics.ndjson")), std::string_view("{}\n"));
  io::remove_file(io::Path(run("b/summary.json")));
  const Answer a = apical_says({"watch", run("a"), run("b")});
  EXPECT_EQ(a.code, 0) << a.err;
  EXPECT_THAT(a.out,
              AllOf(HasSubstr("finished, epoch 2 of 2"), HasSubstr("test accuracy"), HasSubstr("broken")));
  const nlohmann::json j = nlohmann::json::parse(apical_says({"watch", run("a"), "--json"}).out);
  EXPECT_EQ(j.at("runs").at(0).at("epochs_done"), 2);
  EXPECT_EQ(apical_says({"watch", out("nothing")}).code, 3);
}

TEST_F(Live, WatchAveragesOnlyWhereEverySeedThatWasMeasuredIs) {
  make("a");
  io::remove_file(io::Path(run("a/summary.json")));
  int seq = 0;
  const auto line = [&](int epoch, int seed, const std::string& value) {
    return "{\"seq\":" + std::to_string(seq++) + ",\"epoch\":" + std::to_string(epoch) +
           ",\"where\":\"validation\",\"metric\":\"accuracy\",\"seed\":" + std::to_string(seed) +
           ",\"value\":" + value + "}\n";
  };
  const auto figure = [&] {
    const nlohmann::json all = nlohmann::json::parse(apical_says({"watch", run("a"), "--json"}).out);
    return all.at("runs").at(0).at("figures").at(0);
  };
  std::ofstream(run("a/metrics.ndjson")) << line(1, 1, "0.5") << line(1, 2, "0.7") << line(2, 1, "0.9");
  EXPECT_EQ(figure().at("last"), 0.6) << "of both, not of the one that is further";
  EXPECT_EQ(figure().at("seeds"), 1);
  EXPECT_EQ(figure().at("of_seeds"), 2);
  EXPECT_THAT(apical_says({"watch", run("a"), "--once"}).out,
              AllOf(HasSubstr(" 60 "), HasSubstr("1 of 2 seeds")));
  seq = 0;
  std::ofstream(run("a/metrics.ndjson")) << line(1, 1, "0.5") << line(1, 2, "\"NaN\"");
  EXPECT_FALSE(figure().at("last").is_number());
  EXPECT_EQ(figure().at("seeds"), 1);
}

/// On a terminal of 80 columns and 20 rows.
Answer watched_on_terminal(const std::vector<std::string>& arguments) {
  std::ostringstream out, err;
  const std::atomic<bool> stop{false};
  cli::Context context{
      .out = out, .err = err, .stop = &stop, .out_columns = [] { return 80; }, .out_rows = [] { return 20; }};
  const int code = cli::run(arguments, context);
  return {code, out.str(), err.str()};
}

TEST_F(Live, WhatIsWatchedFitsTheWindowSoThatItCanBeDrawnOver) {
  make("a");
  const std::string deep = "b-" + std::string(60, 'x') + "/the-last-part";
  std::filesystem::create_directories(run(deep).substr(0, run(deep).rfind('/')));
  std::filesystem::copy(run("a"), run(deep), std::filesystem::copy_options::recursive);
  const Answer one = watched_on_terminal({"watch", run(deep)});
  EXPECT_EQ(one.code, 0) << one.err;
  std::istringstream lines(one.out);
  for (std::string line; std::getline(lines, line);) EXPECT_LT(cli::display_width(line), 80U) << line;
  EXPECT_THAT(one.out,
              AllOf(HasSubstr("the-last-part): finished, epoch 2 of 2"), Not(HasSubstr("more lines"))));
  std::vector<std::string> words{"watch", run("a"), run(deep)};
  for (int i = 0; i < 10; ++i) words.push_back(run("a"));
  const Answer many = watched_on_terminal(words);
  EXPECT_LT(std::count(many.out.begin(), many.out.end(), '\n'), 20) << many.out;
  EXPECT_THAT(many.out, HasSubstr("more lines"));
  words.emplace_back("--once");
  EXPECT_THAT(watched_on_terminal(words).out, Not(HasSubstr("more lines"))) << "nothing is drawn over";
}

}  // namespace
}  // namespace apical::test
