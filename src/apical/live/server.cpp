// SPDX-License-Identifier: Apache-2.0
#include "apical/live/server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sys/random.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "apical/analysis/metrics.h"
#include "apical/io/directory.h"
#include "apical/io/file_stamp.h"
#include "apical/io/json.h"
#include "apical/io/run_lock.h"
#include "apical/live/page.h"
#include "apical/live/progress_of.h"
#include "apical/live/run_tail.h"
#include "apical/run/run_row.h"
#include "apical/run/seen_activity.h"
#include "apical/study/run_columns.h"
#include "apical/study/runs_index.h"

namespace apical::live {
namespace {

using Clock = std::chrono::steady_clock;
using httplib::Request;
using httplib::Response;

/// A connection has a thread while it is open. Those that send nothing, or take nothing, are closed after
/// kPatienceS; until then a hundred of them must not keep others waiting.
constexpr std::size_t kThreads = 256;
constexpr time_t kPatienceS = 5;
constexpr std::size_t kMostRequest = 4096;  // bytes of a body
constexpr std::size_t kRowsAtOnce = 5000;

std::string new_token() {
  std::array<unsigned char, 16> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw IoError("the system gives no random numbers for a token");
  std::string out;
  for (const unsigned char b : bytes) out += fmt::format("{:02x}", b);
  return out;
}

/// In the same time wherever they differ.
bool same_text(const std::string& a, const std::string& b) {
  unsigned char different = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    different = static_cast<unsigned char>(different | (a[i] ^ b[i]));
  return different == 0;
}

void answer(Response& response, const nlohmann::json& body, int status = 200) {
  response.status = status;
  response.set_content(io::json_text(body, -1), "application/json");
}

void complain(Response& response, int status, const std::string& what) {
  answer(response, {{"error", what}}, status);
}

/// How a figure is shown, for the page.
nlohmann::json look_of(const std::string& where, const std::string& name) {
  const Metric m = metric_of(name);
  return {{"words", words_at(m, where)},
          {"unit", m.in_percent() ? "%" : m.unit},
          {"times", m.shown_times},
          {"better", m.better == Better::higher  ? "higher"
                     : m.better == Better::lower ? "lower"
                                                 : ""},
          {"headline", is_followed(m, where)},
          {"logarithmic", m.spans_decades}};
}

/// One that listens to several runs.
struct Follower {
  struct Followed {
    std::string name;
    RunTail tail;
    CheckedState checked;
    std::uint64_t next = 0;  ///< rows before are known already
    std::string told = {};   ///< of its state
    std::string seen = "-";  ///< stamp of what its circuit did when it was told
  };
  std::vector<Followed> runs;
  std::map<std::string, bool> looks;  ///< of figures that were described
  Clock::time_point last_sign = Clock::now();
};

}  // namespace

struct Server::Parts {
  io::Path folder;
  ServerOptions options;
  std::string token = new_token();
  int port = 0;
  httplib::Server server;
  std::atomic<bool> stopped{false};
  std::atomic<int> followers{0};
  std::mutex index_mutex;
  RunsIndex index;
  ThreadPool pool{1};  // so that runs keep their processors
  Clock::time_point refreshed{};

  Parts(io::Path path, const ServerOptions& wanted)
      : folder(std::move(path)), options(wanted), index(folder) {}

  /// As of a moment ago: what a hundred pages ask is looked up once.
  RunsIndex& fresh() {
    if (refreshed == Clock::time_point{} || Clock::now() - refreshed > std::chrono::seconds(2)) {
      index.refresh(pool, &stopped);
      refreshed = Clock::now();
    }
    return index;
  }

  bool is_for_us(const Request& request) const {
    const std::string host = request.get_header_value("Host");
    return host == fmt::format("127.0.0.1:{}", port) || host == fmt::format("localhost:{}", port);
  }
  /// Without a length the library would read until its patience ends.
  static bool has_length(const Request& request) {
    return request.method == "GET" || request.method == "HEAD" || request.has_header("Content-Length") ||
           request.has_header("Transfer-Encoding");
  }
  /// Only the page itself asks: others have no token, and do not come from here.
  bool is_allowed(const Request& request) const {
    const std::string origin = request.get_header_value("Origin");
    return is_for_us(request) && same_text(request.get_param_value("token"), token) &&
           (origin.empty() || origin == fmt::format("http://{}", request.get_header_value("Host")));
  }

  /// The directory of a run that is in the table; empty if none is.
  io::Path run_named(const std::string& name) {
    const std::lock_guard lock(index_mutex);
    RunsQuery query;
    for (const FoundRun& found : fresh().select(query)) {
      if (found.run == name) return found.run == "." ? folder : folder / found.run;
    }
    return {};
  }

  void runs(const Request& request, Response& response) {
    const std::lock_guard lock(index_mutex);
    RunsIndex& all = fresh();
    RunsQuery query;
    for (std::size_t i = 0; i < request.get_param_value_count("where"); ++i) {
      const std::string text = request.get_param_value("where", i);
      if (!text.empty()) query.where.push_back(parse_filter(text));
    }
    const std::vector<std::string> keys = all.keys();
    const auto is_key = [&](const std::string& k) { return std::binary_search(keys.begin(), keys.end(), k); };
    query.sort = request.get_param_value("sort");
    query.descending = request.get_param_value("reverse") == "1";
    query.at_most = 500;
    const std::string asked = request.get_param_value("columns");
    if (!asked.empty()) {
      query.columns = columns_named(all, asked);
      std::erase(query.columns, "run");  // heads every row
    }
    nlohmann::json looks;
    for (const char* name : {"state", "label", "task", "created", "seeds"}) {
      if (asked.empty() && is_key(name)) query.columns.emplace_back(name);
    }
    for (const Metric& m : metrics()) {
      for (const std::string& where : m.headline_at) {
        const std::string key = where + "." + m.name;
        if (!is_key(key)) continue;
        looks[key] = look_of(where, m.name);
        if (asked.empty()) query.columns.push_back(key);
      }
    }
    for (const RunFilter& f : query.where) {
      if (asked.empty()) add_once(query.columns, f.key);
    }
    if (asked.empty() && !query.sort.empty()) add_once(query.columns, query.sort);
    if (asked.empty() && is_key("remark")) add_once(query.columns, "remark");  // long texts come last
    for (const std::string& key : query.columns) {
      const std::size_t dot = key.rfind('.');
      if (dot == std::string::npos || looks.contains(key)) continue;
      if (find_metric(key.substr(dot + 1)) != nullptr)
        looks[key] = look_of(key.substr(0, dot), key.substr(dot + 1));
    }
    nlohmann::json out{{"schema", "apical-live-runs/1"},
                       {"folder", folder.string()},
                       {"all", all.size()},
                       {"columns", query.columns},
                       {"looks", looks},
                       {"keys", keys},
                       {"runs", nlohmann::json::array()}};
    for (const FoundRun& found : all.select(query)) {
      nlohmann::json one{{"run", found.run}, {"values", nlohmann::json::array()}};
      for (const auto& value : found.values) {
        if (!value) {
          one["values"].push_back(nullptr);
        } else if (const auto* number = std::get_if<double>(&*value)) {
          one["values"].push_back(io::json_number(*number));
        } else {
          one["values"].push_back(std::get<std::string>(*value));
        }
      }
      out["runs"].push_back(std::move(one));
    }
    answer(response, out);
  }

  /// What has happened to a run since the follower was told; empty if nothing has.
  std::string news_of(Follower& follower, Follower::Followed& run) {
    nlohmann::json out{{"run", run.name}};
    bool any = false;
    try {
      std::string remark;
      const RunState state = run.checked.look(remark);
      if (state == RunState::broken) throw DataError(remark);  // nothing is told of its figures
      const RunTail::News news = run.tail.read(kRowsAtOnce);
      if (news.cut) {
        run.next = 0;
        out["cut"] = any = true;
      }
      for (const RunTail::Row& row : news.rows) {
        if (row.seq < run.next) continue;  // known since before the connection broke
        const Measurement& m = row.measurement;
        out["rows"].push_back({row.seq, m.epoch, m.where, m.metric, m.seed, io::json_number(m.value)});
        if (!follower.looks.contains(m.where + "." + m.metric)) {
          follower.looks[m.where + "." + m.metric] = true;
          out["looks"][m.where + "." + m.metric] = look_of(m.where, m.metric);
        }
        run.next = row.seq + 1;
        any = true;
      }
      const io::Path path = run.name == "." ? folder : folder / run.name;
      const Progress p = progress_of(path);
      nlohmann::json said{{"state", name_of(state)}, {"remark", remark}, {"epochs_done", p.epochs_done}};
      if (p.epochs) said["epochs"] = *p.epochs;
      if (p.seconds_per_epoch) said["seconds_per_epoch"] = *p.seconds_per_epoch;
      if (state == RunState::running && p.seconds_left) said["seconds_left"] = *p.seconds_left;
      out["progress"] = said;
      if (const io::Path now = path / kSeenActivity; io::stamp_of(now) != run.seen) {
        run.seen = io::stamp_of(now);
        out["activity"] = nullptr;
        try {
          if (io::plain_file_exists(now)) out["activity"] = io::read_json(now);
        } catch (const Error&) {  // it is gone, as it should be once a run has finished
        }
        any = true;
      }
      if (said.dump() != run.told) {
        run.told = said.dump();
        any = true;
      }
    } catch (const std::exception& e) {  // of a run that is broken, or is being removed
      out["progress"] = {{"state", name_of(RunState::broken)}, {"remark", e.what()}};
      out["cut"] = true;
      run.next = 0;
      run.tail = RunTail(run.name == "." ? folder : folder / run.name);
      any = run.told != e.what();
      run.told = e.what();
    }
    return any ? io::json_text(out, -1) : "";
  }

  static std::string id_of(const Follower& follower) {
    std::string id;
    for (const auto& run : follower.runs) id += fmt::format("{}{}", id.empty() ? "" : ",", run.next);
    return id;
  }

  /// False ends the connection.
  bool tell(Follower& follower, httplib::DataSink& sink) {
    constexpr auto kSign = std::chrono::seconds(2);  // that we are still here
    const auto look_again = Clock::now() + std::chrono::duration<double>(options.look_every_s);
    std::string text;
    for (auto& run : follower.runs) {
      if (const std::string news = news_of(follower, run); !news.empty())
        text += fmt::format("id: {}\ndata: {}\n", id_of(follower), news.substr(0, news.size() - 1)) + "\n";
    }
    if (text.empty() && Clock::now() - follower.last_sign > kSign) text = "event: here\ndata: \n\n";
    if (!text.empty()) {
      follower.last_sign = Clock::now();
      if (!sink.write(text.data(), text.size())) return false;
    }
    while (Clock::now() < look_again) {
      if (stopped.load()) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
  }

  void follow(const Request& request, Response& response) {
    auto follower = std::make_shared<Follower>();
    const std::string known = request.get_header_value("Last-Event-ID");
    const char* at = known.data();
    const char* const end = at + known.size();
    constexpr std::size_t kMostRuns = 20;
    const std::size_t count = request.get_param_value_count("run");
    if (count == 0 || count > kMostRuns)
      return complain(response, 400, fmt::format("expected run=NAME, 1 to {} times", kMostRuns));
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = request.get_param_value("run", i);
      const io::Path path = run_named(name);
      if (path.empty()) return complain(response, 404, fmt::format("no run '{}' here", name));
      follower->runs.push_back({name, RunTail(path), CheckedState(path)});
      const auto [rest, error] = std::from_chars(at, end, follower->runs.back().next);
      at = error == std::errc{} && rest != end ? rest + 1 : end;
    }
    if (followers.fetch_add(1) >= options.most_followers) {
      followers.fetch_sub(1);
      return complain(response, 503, "too many pages are open");
    }
    response.set_header("Cache-Control", "no-store");
    response.set_chunked_content_provider(
        "text/event-stream",
        [this, follower](std::size_t, httplib::DataSink& sink) { return tell(*follower, sink); },
        [this](bool) { followers.fetch_sub(1); });
  }

  void stop_run(const Request& request, Response& response) {
    const std::string name = request.get_param_value("run");
    const io::Path path = run_named(name);
    if (path.empty()) return complain(response, 404, fmt::format("no run '{}' here", name));
    const auto holder = io::lock_holder(path);
    if (!holder || !io::may_be_alive(*holder)) return complain(response, 409, "no process is running it");
    if (holder->host != io::this_process().host)
      return complain(response, 409,
                      fmt::format("it runs on {}, which cannot be told from here", holder->host));
    if (!io::interrupt(*holder))
      return complain(response, 409,
                      fmt::format("process {} cannot be told: it is not known to be the one that wrote {}",
                                  holder->pid, io::RunLock::kFileName));
    answer(response, {{"asked", holder->pid}});
  }

  void set_up() {
    server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    // The default would share the port with whoever has it already, without a word.
    server.set_socket_options([](socket_t s) {
      const int yes = 1;
      setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    server.set_read_timeout(kPatienceS);
    server.set_write_timeout(kPatienceS);
    server.set_keep_alive_timeout(kPatienceS);
    server.set_payload_max_length(kMostRequest);
    server.set_default_headers(
        {{"X-Content-Type-Options", "nosniff"},
         {"Referrer-Policy", "no-referrer"},
         {"Cache-Control", "no-store"},
         {"Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
          "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}});
    server.set_pre_routing_handler([this](const Request& request, Response& response) {
      if (!has_length(request)) {
        complain(response, 411, "a request with a body says how long it is: Content-Length");
        return httplib::Server::HandlerResponse::Handled;
      }
      if (is_allowed(request)) return httplib::Server::HandlerResponse::Unhandled;
      complain(response, 403, "the address needs its token, as 'apical serve' printed it");
      return httplib::Server::HandlerResponse::Handled;
    });
    server.set_exception_handler([](const Request&, Response& response, std::exception_ptr thrown) {
      try {
        std::rethrow_exception(std::move(thrown));
      } catch (const UsageError& e) {
        complain(response, 400, e.what());
      } catch (const std::exception& e) {
        complain(response, 500, e.what());
      }
    });
    server.Get(
        "/", [this](const Request&, Response& r) { r.set_content(page(token), "text/html; charset=utf-8"); });
    server.Get("/live.js", [](const Request&, Response& r) {
      r.set_content(std::string(page_script()), "text/javascript; charset=utf-8");
    });
    server.Get("/live.css", [](const Request&, Response& r) {
      r.set_content(std::string(page_style()), "text/css; charset=utf-8");
    });
    server.Get("/api/runs", [this](const Request& q, Response& r) { runs(q, r); });
    server.Get("/api/follow", [this](const Request& q, Response& r) { follow(q, r); });
    server.Post("/api/stop", [this](const Request& q, Response& r) { stop_run(q, r); });
  }

  void take_port() {
    if (options.port == 0) {
      port = server.bind_to_any_port("127.0.0.1");
      if (port > 0) return;
      throw IoError("no port of this machine is free");
    }
    port = options.port;
    if (!server.bind_to_port("127.0.0.1", port))
      throw IoError(fmt::format(
          "port {} is taken, or not to be had; choose another with --port, or leave it out", port));
  }
};

Server::Server(io::Path folder, const ServerOptions& options)
    : parts_(std::make_unique<Parts>(std::move(folder), options)) {
  parts_->set_up();
  parts_->take_port();
}

Server::~Server() = default;

int Server::port() const { return parts_->port; }
const std::string& Server::token() const { return parts_->token; }
std::string Server::address() const { return fmt::format("http://127.0.0.1:{}/?token={}", port(), token()); }

void Server::serve() {
  // The library's own stop() must come after its beginning, and only once.
  const std::jthread watcher([this](const std::stop_token& ended) {
    while (!ended.stop_requested()) {
      if (parts_->stopped.load() && parts_->server.is_running()) return parts_->server.stop();
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  if (!parts_->stopped.load()) parts_->server.listen_after_bind();
}

void Server::stop() { parts_->stopped.store(true); }

}  // namespace apical::live
