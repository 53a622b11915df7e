// SPDX-License-Identifier: Apache-2.0
#include "apical/sweep/task_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "apical/core/build_info.h"
#include "apical/io/checkpoint.h"
#include "apical/io/claimed_file.h"
#include "apical/io/directory.h"
#include "apical/io/json.h"
#include "apical/run/final_state.h"
#include "apical/run/provenance.h"
#include "apical/sweep/run_files.h"

namespace apical::sweep {
namespace {

/// Attempts by what their files are called: "claim" → 1, 2, 3.
std::map<std::string, std::set<std::size_t>, std::less<>> numbers_in(const std::vector<std::string>& names) {
  std::map<std::string, std::set<std::size_t>, std::less<>> out;
  for (const std::string& name : names) {
    const std::size_t point = name.find('.');
    if (point == std::string::npos) continue;
    std::size_t attempt = 0;
    const char* const end = name.data() + name.size();
    const auto [read, error] = std::from_chars(name.data() + point + 1, end, attempt);
    if (error == std::errc{} && read == end) out[name.substr(0, point)].insert(attempt);
  }
  return out;
}

/// A file that may be of no use: torn by a machine that crashed, or cut by hand.
nlohmann::json read_or_null(const io::Path& file) {
  try {
    return io::read_json(file);
  } catch (const Error&) {
    return {};
  }
}

ClaimRecord claim_record(const io::Path& file, std::size_t attempt) {
  ClaimRecord c;
  c.attempt = attempt;
  c.heard_s = io::modified_s(file).value_or(0);
  const nlohmann::json j = read_or_null(file);
  if (!j.is_object()) {
    c.who.host = "unknown";
    return c;
  }
  c.who.host = j.value("host", "unknown");
  c.who.pid = j.value("pid", std::int64_t{0});
  c.who.process_start = j.value("process_start", std::uint64_t{0});
  c.who.since = j.value("since", "");
  c.who.job = j.value("job", "");
  c.who.attempt = j.value("job_attempt", std::uint64_t{0});
  c.version = j.value("version", "");
  c.revision = j.value("revision", "");
  c.clock_ahead_s = j.value("clock_ahead_s", 0.0);
  return c;
}

FailureRecord failure_record(const io::Path& file, std::size_t attempt) {
  const nlohmann::json j = read_or_null(file);
  if (!j.is_object()) return {attempt, 0, false, "it failed, and did not say why"};
  return {attempt, j.value("exit_code", 0), j.value("lasting", false), j.value("what", "")};
}

std::optional<DoneRecord> done_record(const io::Path& file) {
  const nlohmann::json j = read_or_null(file);
  if (!j.is_object()) return {};
  try {
    DoneRecord d;
    d.attempt = j.at("attempt");
    d.host = j.at("host");
    d.version = j.at("version");
    d.revision = j.at("revision");
    d.wall_seconds = io::number_of(j.at("wall_seconds"), "wall_seconds");
    d.digest = j.at("digest");
    for (const nlohmann::json& f : j.at("files")) d.files.push_back(seal_from(f));
    return d;
  } catch (const std::exception&) {
    return {};
  }
}

std::string wrong_sizes(const io::Path& run, const DoneRecord& done) {
  for (const Seal& f : done.files) {
    const io::Path file = run / f.file;
    if (!io::file_exists(file)) return fmt::format("{} is missing", file.string());
    const std::uint64_t size = io::file_size(file);
    if (size != f.bytes) return fmt::format("{} has {} bytes of {}", file.string(), size, f.bytes);
  }
  return "";
}

}  // namespace

io::Path TaskFolder::numbered(const char* what, std::size_t attempt) const {
  return path_ / fmt::format("{}.{}", what, attempt);
}
io::Path TaskFolder::run(std::size_t attempt) const { return numbered("run", attempt); }
io::Path TaskFolder::claim_file(std::size_t attempt) const { return numbered("claim", attempt); }

TaskView TaskFolder::look(double now_s, double lease_s, std::size_t most_attempts, const Claim& known) const {
  const std::vector<std::string> names = io::list_directory(path_);
  auto numbers = numbers_in(names);
  TaskView view;
  for (const std::size_t k : numbers["claim"]) view.claims.push_back(claim_record(claim_file(k), k));
  const std::size_t forgiven = numbers["retry"].empty() ? 0 : *numbers["retry"].rbegin();
  for (const std::size_t k : numbers["failed"]) {
    if (k > forgiven) view.failures.push_back(failure_record(numbered("failed", k), k));
  }
  for (const std::size_t k : numbers["differs"]) {
    if (k <= forgiven) continue;
    const nlohmann::json j = read_or_null(numbered("differs", k));
    view.differing.push_back(j.is_object() ? j.value("what", "") : "another attempt came to other bits");
  }
  if (std::find(names.begin(), names.end(), "done") != names.end()) {
    view.done = done_record(path_ / "done");
    view.damage = view.done ? wrong_sizes(run(view.done->attempt), *view.done)
                            : fmt::format("{} cannot be read", (path_ / "done").string());
    view.state = view.damage.empty() ? TaskState::done : TaskState::damaged;
    return view;
  }
  const bool lasting = std::any_of(view.failures.begin(), view.failures.end(),
                                   [](const FailureRecord& f) { return f.lasting; });
  const std::size_t k = view.attempts();
  if (lasting || view.failures.size() >= most_attempts) {
    view.state = TaskState::failed;
  } else if (k == 0 || k <= forgiven || numbers["released"].contains(k) || numbers["failed"].contains(k)) {
    view.state = TaskState::open;
  } else {
    const bool lost =
        now_s - view.claims.back().heard_s > lease_s || io::has_ended(view.claims.back().who, known);
    view.state = lost ? TaskState::lost : TaskState::running;
  }
  return view;
}

std::optional<std::size_t> TaskFolder::claim(const TaskView& seen, const Claim& known,
                                             double clock_ahead_s) const {
  if (seen.state != TaskState::open && seen.state != TaskState::lost) return {};
  const std::size_t attempt = seen.attempts() + 1;
  const io::LockHolder me = io::this_process(known);
  const nlohmann::json j{{"host", me.host},
                         {"pid", me.pid},
                         {"process_start", me.process_start},
                         {"since", me.since},
                         {"job", me.job},
                         {"job_attempt", me.attempt},
                         {"version", build_info().version},
                         {"revision", build_info().revision},
                         {"clock_ahead_s", clock_ahead_s},
                         {"reached", reached()}};
  if (!io::add_file(claim_file(attempt), io::json_text(j))) return {};
  return attempt;
}

void TaskFolder::take_over(const TaskView& seen, std::size_t attempt) const {
  const auto names = numbers_in(io::list_directory(path_));
  const auto has = [&](const char* what, std::size_t k) {
    const auto at = names.find(what);
    return at != names.end() && at->second.contains(k);
  };
  const auto set_aside = names.find("spoiled");
  const std::size_t spoiled = set_aside == names.end() ? 0 : *set_aside->second.rbegin();
  for (std::size_t k = attempt - 1; k >= 1; --k) {
    if (spoiled >= k) return;  // nor anything before it
    if (!has("run", k) || !io::file_exists(run(k) / "experiment.toml")) continue;
    const auto claim = std::find_if(seen.claims.begin(), seen.claims.end(),
                                    [&](const ClaimRecord& c) { return c.attempt == k; });
    const bool ended = has("released", k) || has("failed", k) ||
                       (claim != seen.claims.end() && !io::may_be_alive(claim->who));
    if (ended) {
      io::rename_file(run(k), run(attempt));
      return;
    }
    // It may still write there. Checkpoints first: journals then reach at least as far.
    const io::Path from = run(k), to = run(attempt);
    std::vector<io::Path> files = files_of_run(from);
    std::stable_partition(files.begin(), files.end(),
                          [](const io::Path& f) { return f.parent_path().filename() == "checkpoints"; });
    for (const io::Path& file : files) {
      try {
        copy_run_file(from, file, to);
      } catch (const io::FileError&) {
        if (io::file_exists(file)) throw;  // else replaced by a newer one meanwhile
      }
    }
    return;
  }
}

void TaskFolder::release(std::size_t attempt) const {
  io::add_file(numbered("released", attempt), io::json_text({{"utc", utc_now()}}));
}

void TaskFolder::fail(const FailureRecord& f) const {
  io::add_file(numbered("failed", f.attempt), io::json_text({{"exit_code", f.exit_code},
                                                             {"lasting", f.lasting},
                                                             {"what", f.what},
                                                             {"host", io::this_process().host},
                                                             {"utc", utc_now()}}));
}

std::uint64_t TaskFolder::reached() const {
  std::uint64_t most = 0;
  const auto names = numbers_in(io::list_directory(path_));
  const auto runs = names.find("run");
  if (runs == names.end()) return 0;
  for (const std::size_t k : runs->second) {
    const std::vector<std::uint64_t> written = io::list_checkpoints(run(k) / "checkpoints");
    if (!written.empty()) most = std::max(most, written.back() + 1);
  }
  return most;
}

bool TaskFolder::fail_killed(const TaskView& seen) const {
  if (seen.state != TaskState::lost) return false;
  const ClaimRecord& last = seen.claims.back();
  const nlohmann::json claim = read_or_null(claim_file(last.attempt));
  if (!claim.is_object() || !claim.contains("reached")) return false;  // of a worker that does not say it
  if (io::may_be_alive(last.who)) return false;
  // What it may have said at its end, after it was looked at, is there by now: it is dead.
  auto now = numbers_in(io::list_directory(path_));
  const bool spoke = now["released"].contains(last.attempt) || now["failed"].contains(last.attempt) ||
                     now["claim"].contains(last.attempt + 1) || io::file_exists(path_ / "done");
  if (spoke || reached() > claim.at("reached").get<std::uint64_t>()) return false;
  fail({last.attempt, static_cast<int>(ExitCode::io), false,
        fmt::format("its worker, process {} on {}, was killed and had come no further (out of memory?)",
                    last.who.pid, last.who.host)});
  return true;
}

std::string TaskFolder::finish(std::size_t attempt) const {
  const io::Path from = run(attempt);
  const std::string digest = digest_of_run(from);
  nlohmann::json j{{"attempt", attempt},
                   {"host", io::this_process().host},
                   {"version", build_info().version},
                   {"revision", build_info().revision},
                   {"wall_seconds", io::read_json(from / "summary.json").at("wall_seconds")},
                   {"digest", digest},
                   {"utc", utc_now()},
                   {"files", nlohmann::json::array()}};
  for (const io::Path& file : files_of_run(from))
    j["files"].push_back(json_of(seal_of(from, file.lexically_relative(from).string())));
  if (io::add_file(path_ / "done", io::json_text(j))) return "";
  const std::optional<DoneRecord> first = done_record(path_ / "done");
  if (!first || first->digest == digest) return "";
  std::string what = fmt::format("attempt {} on {} came to other bits than attempt {} on {}: {} and {}",
                                 attempt, io::this_process().host, first->attempt, first->host,
                                 run(attempt).string(), run(first->attempt).string());
  io::add_file(numbered("differs", attempt), io::json_text({{"what", what}}));
  return what;
}

void TaskFolder::require_whole(const DoneRecord& done) const {
  const io::Path from = run(done.attempt);
  if (const std::string wrong = wrong_sizes(from, done); !wrong.empty()) throw DataError(wrong);
  for (const Seal& f : done.files) {
    if (io::hash_file(from / f.file) == f.xxh3) continue;
    throw DataError(
        fmt::format("{} has other bytes than the worker finished it with", (from / f.file).string()));
  }
}

bool TaskFolder::retry(const TaskView& seen) const {
  const bool disputed = seen.state == TaskState::done && !seen.differing.empty();
  if (seen.state != TaskState::failed && seen.state != TaskState::damaged && !disputed) return false;
  const std::size_t attempt = std::max(seen.attempts(), seen.done ? seen.done->attempt : 0);
  // Of two results that differ neither is gone on from.
  const std::size_t spoiled = seen.done && !disputed ? seen.done->attempt : attempt;
  if (seen.state != TaskState::failed) io::rename_file(path_ / "done", numbered("spoiled", spoiled));
  io::add_file(numbered("retry", attempt), io::json_text({{"utc", utc_now()}}));
  return true;
}

}  // namespace apical::sweep
