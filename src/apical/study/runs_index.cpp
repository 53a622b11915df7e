// SPDX-License-Identifier: Apache-2.0
#include "apical/study/runs_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <system_error>

#include "apical/analysis/metrics.h"
#include "apical/core/error.h"
#include "apical/io/directory.h"

namespace apical {
namespace {

namespace fs = std::filesystem;

/// Rises when rows or tables come to mean something else.
constexpr int kFormat = 2;
constexpr int kDeepest = 8;          // folders below one another
constexpr std::size_t kBatch = 256;  // runs that are read before they are kept
constexpr std::array<std::string_view, 7> kHow{">=", "<=", "!=", "==", ">", "<", "="};
constexpr std::string_view kOperators = "><=!~";

/// Whether a link leads to where one is on the way down from `root`, or to what is found there anyway.
bool leads_back(const io::Path& link, const io::Path& root) {
  std::error_code unreadable;
  const io::Path to = fs::canonical(link, unreadable), from = fs::canonical(root, unreadable);
  if (unreadable) return true;
  const auto begins_with = [](const io::Path& path, const io::Path& start) {
    return std::mismatch(start.begin(), start.end(), path.begin(), path.end()).first == start.end();
  };
  return begins_with(from, to) || begins_with(to, from);
}

/// Folders that cannot be read have no runs to show.
void find_runs(const io::Path& root, const io::Path& folder, const io::Path& relative, int depth,
               std::vector<std::string>& out) {
  try {
    if (is_run(folder)) {
      out.push_back(relative.empty() ? "." : relative.string());
      return;
    }
  } catch (const IoError&) {
    return;
  }
  if (depth == kDeepest) return;
  std::error_code unreadable;
  std::vector<io::Path> below;
  for (fs::directory_iterator at(folder, unreadable), end; !unreadable && at != end;
       at.increment(unreadable)) {
    std::error_code gone;
    if (!at->is_directory(gone) || at->path().filename().string().starts_with('.')) continue;
    if (!at->is_symlink(gone) || !leads_back(at->path(), root)) below.push_back(at->path().filename());
  }
  for (const io::Path& name : below) find_runs(root, folder / name, relative / name, depth + 1, out);
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

std::string unquoted(std::string text) {
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

std::optional<double> number_in(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

/// What a fact of table `f` has to fulfil; its parameters follow in the order of bind_filter().
std::string condition(const RunFilter& filter, const std::string& f) {
  const std::string how = filter.how == "==" ? "=" : filter.how;
  if (how == "~") return fmt::format("instr(lower({}.text), lower(?)) > 0", f);
  if (!filter.number) return fmt::format("{0}.text {1} ?", f, how);
  if (how == "=") return fmt::format("({0}.number = ? OR {0}.text = ?)", f);
  if (how == "!=") return fmt::format("({0}.number != ? OR ({0}.number IS NULL AND {0}.text != ?))", f);
  return fmt::format("{0}.number {1} ?", f, how);
}

void bind_filter(io::Statement& statement, int& at, const RunFilter& filter) {
  const bool of_either = filter.how == "=" || filter.how == "==" || filter.how == "!=";
  const bool as_number = filter.number && filter.how != "~";
  if (as_number) statement.bind(at++, *filter.number);
  if (!as_number || of_either) statement.bind(at++, filter.value);
}

/// That no run has it yet does not make a name wrong: states, remarks, and what the catalogue knows.
bool some_run_may_have(const std::string& name) {
  constexpr std::array<std::string_view, 15> kFacts{"run",
                                                    "state",
                                                    "remark",
                                                    "label",
                                                    "title",
                                                    "model",
                                                    "task",
                                                    "created",
                                                    "version",
                                                    "revision",
                                                    "numerics",
                                                    "seeds",
                                                    "wall_seconds",
                                                    "seconds_per_epoch",
                                                    "samples_to_95_percent"};
  if (std::find(kFacts.begin(), kFacts.end(), name) != kFacts.end()) return true;
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return false;
  std::string_view metric = std::string_view(name).substr(dot + 1);
  for (const std::string_view end : {".low95", ".high95"}) {
    if (metric.ends_with(end)) metric.remove_suffix(end.size());
  }
  const std::string_view where = std::string_view(name).substr(0, dot);
  return std::any_of(metrics().begin(), metrics().end(), [&](const Metric& m) {
    if (m.name != metric) return false;
    return m.in == MeasuredIn::area ? where == "total"
                                    : where == "train" || where == "validation" || where == "test";
  });
}

/// Of no fact at all.
constexpr std::int64_t kNoKey = 0;

}  // namespace

RunFilter parse_filter(const std::string& text) {
  const auto complain = [&] {
    throw UsageError(
        fmt::format("'{}' is no condition; expected KEY, one of > >= < <= = != ~, and a value, such as "
                    "'test.accuracy > 0.9' or 'model.name ~ burst'",
                    text));
  };
  const std::size_t at = text.find_first_of(kOperators);
  if (at == std::string::npos) complain();
  RunFilter filter{trimmed(std::string_view(text).substr(0, at)), "~", {}};
  std::string_view rest = std::string_view(text).substr(at);
  if (rest[0] == '~') {
    rest.remove_prefix(1);
  } else {
    const auto* const how =
        std::find_if(kHow.begin(), kHow.end(), [&](auto h) { return rest.starts_with(h); });
    if (how == kHow.end()) complain();
    filter.how = *how;
    rest.remove_prefix(how->size());
  }
  const std::string value = trimmed(rest);
  filter.value = unquoted(value);
  // "=>" is no operator; a text that begins so is put in quotes.
  if (filter.key.empty() || filter.value.empty() || kOperators.find(value[0]) != std::string_view::npos)
    complain();
  filter.number = number_in(filter.value);
  if (filter.number && !std::isfinite(*filter.number))
    throw UsageError(fmt::format("'{}': nothing can be compared with {}", text, filter.value));
  return filter;
}

RunsIndex::RunsIndex(io::Path folder)
    : folder_(std::move(folder)), database_("", io::Database::Mode::in_memory) {
  if (!io::directory_exists(folder_))
    throw DataError(
        fmt::format("{}: there is no such folder; expected one that holds runs", folder_.string()));
  open();
}

void RunsIndex::prepare() {
  io::Statement version(database_, "PRAGMA user_version");
  version.step();
  const bool known = version.integer(0) == kFormat;
  version.reset();
  if (known) return;
  database_.run(fmt::format(
      "BEGIN IMMEDIATE; DROP TABLE IF EXISTS facts; DROP TABLE IF EXISTS runs; DROP TABLE IF EXISTS keys;"
      "CREATE TABLE keys(id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL);"
      "CREATE TABLE runs(id INTEGER PRIMARY KEY, run TEXT UNIQUE NOT NULL, stamp TEXT NOT NULL);"
      "CREATE TABLE facts(key INTEGER, run INTEGER, number REAL, text TEXT, PRIMARY KEY(key, run)) WITHOUT "
      "ROWID;"
      "PRAGMA user_version = {}; COMMIT",
      kFormat));
}

void RunsIndex::open() {
  const io::Path file = folder_ / kFileName;
  if (is_run(folder_)) {  // a run keeps what it wrote, and nothing else
    prepare();
    return;
  }
  try {
    database_ = io::Database(file);
    database_.run("PRAGMA synchronous = NORMAL; PRAGMA journal_mode = DELETE; BEGIN IMMEDIATE; COMMIT");
    prepare();
    return;
  } catch (const io::DamagedDatabase&) {
    database_ = io::Database("", io::Database::Mode::in_memory);  // closes the file
    io::try_remove_file(file);
    try {
      database_ = io::Database(file);
      prepare();
      return;
    } catch (const IoError& e) {
      note_ = e.what();
    }
  } catch (const IoError& e) {
    note_ = e.what();
  }
  database_ = io::Database("", io::Database::Mode::in_memory);
  try {
    io::Database kept(file, io::Database::Mode::read_only);
    database_.copy_from(kept);
  } catch (const IoError&) {  // there is none, or it cannot be read: all is read anew
    database_ = io::Database("", io::Database::Mode::in_memory);
  }
  prepare();
}

std::vector<RunsIndex::Change> RunsIndex::changes(ThreadPool& pool) {
  std::vector<std::string> runs;
  find_runs(folder_, folder_, {}, 0, runs);
  std::vector<std::string> stamps(runs.size());
  const std::size_t parts = std::min<std::size_t>(runs.size(), pool.size());
  pool.run(parts, [&](std::size_t part) {
    for (std::size_t i = part; i < runs.size(); i += parts) {
      try {
        stamps[i] = stamp_of_run(folder_ / runs[i]);
      } catch (const IoError& e) {  // its row will say that it is broken
        stamps[i] = e.what();
      }
    }
  });
  std::map<std::string, std::string> known;
  io::Statement all(database_, "SELECT run, stamp FROM runs");
  while (all.step()) known.emplace(*all.text(0), *all.text(1));
  std::vector<Change> out;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto at = known.find(runs[i]);
    if (at == known.end() || at->second != stamps[i]) out.push_back({runs[i], stamps[i]});
    if (at != known.end()) known.erase(at);
  }
  for (const auto& [run, stamp] : known) out.push_back({run, ""});  // it is gone
  return out;
}

bool RunsIndex::refresh(ThreadPool& pool, const std::atomic<bool>* stop,
                        const std::function<void(std::size_t, std::size_t)>& tell) {
  const std::vector<Change> all = changes(pool);
  for (std::size_t begin = 0; begin < all.size(); begin += kBatch) {
    if (stop != nullptr && stop->load()) return false;
    const std::size_t count = std::min(kBatch, all.size() - begin);
    std::vector<RunRow> rows(count);
    pool.run(count, [&](std::size_t i) {
      const Change& change = all[begin + i];
      if (!change.stamp.empty()) rows[i] = row_of(folder_ / change.run);
    });
    database_.run("BEGIN IMMEDIATE");
    for (std::size_t i = 0; i < count; ++i) {
      const Change& change = all[begin + i];
      forget(change.run);
      if (!change.stamp.empty()) keep(change, rows[i]);
    }
    database_.run("COMMIT");
    if (tell) tell(begin + count, all.size());
  }
  return true;
}

void RunsIndex::forget(const std::string& run) {
  io::Statement facts(
      database_,
      "DELETE FROM facts WHERE run = (SELECT id FROM runs WHERE run = ?) AND key IN (SELECT id FROM keys)");
  facts.bind(1, run).step();
  io::Statement self(database_, "DELETE FROM runs WHERE run = ?");
  self.bind(1, run).step();
}

std::int64_t RunsIndex::key_id(const std::string& name, bool add) {
  io::Statement find(database_, "SELECT id FROM keys WHERE name = ?");
  if (find.bind(1, name).step()) return find.integer(0);
  if (!add) return 0;
  io::Statement insert(database_, "INSERT INTO keys(name) VALUES (?)");
  insert.bind(1, name).step();
  find.reset();
  find.bind(1, name).step();
  return find.integer(0);
}

void RunsIndex::keep(const Change& change, const RunRow& row) {
  io::Statement self(database_, "INSERT INTO runs(run, stamp) VALUES (?, ?)");
  self.bind(1, change.run).bind(2, change.stamp).step();
  io::Statement find(database_, "SELECT id FROM runs WHERE run = ?");
  find.bind(1, change.run).step();
  const std::int64_t id = find.integer(0);
  io::Statement fact(database_, "INSERT INTO facts(key, run, number, text) VALUES (?, ?, ?, ?)");
  const auto add = [&](const std::string& key, const RunValue& value) {
    fact.bind(1, key_id(key, true)).bind(2, id);
    if (const auto* number = std::get_if<double>(&value)) {
      fact.bind(3, *number).bind_null(4).step();
    } else {
      fact.bind_null(3).bind(4, std::get<std::string>(value)).step();
    }
  };
  add("run", change.run == "." ? fs::weakly_canonical(folder_).filename().string() : change.run);
  for (const auto& [key, value] : row.values) add(key, value);
}

std::size_t RunsIndex::size() {
  io::Statement count(database_, "SELECT count(*) FROM runs");
  count.step();
  return static_cast<std::size_t>(count.integer(0));
}

std::vector<std::string> RunsIndex::keys() {
  std::vector<std::string> out;
  io::Statement all(
      database_,
      "SELECT name FROM keys WHERE EXISTS (SELECT 1 FROM facts WHERE key = keys.id) ORDER BY name");
  while (all.step()) out.push_back(*all.text(0));
  return out;
}

std::vector<std::string> RunsIndex::varied_keys() {
  std::vector<std::string> out;
  for (const std::string& key : keys()) {
    const auto is_of = [&](std::string_view table) { return key.starts_with(table); };
    // Of an experiment, but for what only names it; lists are one thing.
    if (!is_of("model.") && !is_of("task.") && !is_of("training.") && !is_of("projection.") &&
        !is_of("population.") && !is_of("reward.") && !is_of("value."))
      continue;
    io::Statement several(
        database_, "SELECT count(*) FROM (SELECT DISTINCT number, text FROM facts WHERE key = ? LIMIT 2)");
    several.bind(1, key_id(key, false)).step();
    const bool of_list = !out.empty() && key.starts_with(out.back() + ".");
    if (several.integer(0) > 1 && !of_list) out.push_back(key);
  }
  return out;
}

std::int64_t RunsIndex::known_key(const std::string& name) {
  if (const std::int64_t id = key_id(name, false); id != 0) return id;
  if (some_run_may_have(name)) return kNoKey;
  const std::string hint = nearest_name(name, keys());
  throw UsageError(fmt::format("no run in {} has '{}'\n  {}", folder_.string(), name,
                               hint.empty() ? "'apical runs DIR --keys' lists what they have"
                                            : fmt::format("did you mean '{}'?", hint)));
}

std::vector<FoundRun> RunsIndex::select(const RunsQuery& query) {
  std::vector<std::int64_t> columns;
  columns.reserve(query.columns.size());
  for (const std::string& c : query.columns) columns.push_back(known_key(c));
  for (const RunFilter& filter : query.where) require_comparable(filter);
  std::string sql = "SELECT r.id, r.run FROM runs r";
  for (std::size_t i = 0; i < query.where.size(); ++i) {
    const std::string f = fmt::format("f{}", i);
    sql += fmt::format(" JOIN facts {0} ON {0}.key = {1} AND {0}.run = r.id AND {2}", f,
                       known_key(query.where[i].key), condition(query.where[i], f));
  }
  if (query.sort.empty()) {
    sql += " ORDER BY r.run";
  } else {
    const char* const order = query.descending ? "DESC" : "ASC";
    sql += fmt::format(
        " LEFT JOIN facts s ON s.key = {0} AND s.run = r.id"
        " ORDER BY s.run IS NULL, s.number IS NULL, s.number {1}, s.text {1}, r.run",
        known_key(query.sort), order);
  }
  if (query.at_most > 0) sql += fmt::format(" LIMIT {}", query.at_most);
  io::Statement found(database_, sql);
  int at = 1;
  for (const RunFilter& filter : query.where) bind_filter(found, at, filter);
  io::Statement fact(database_, "SELECT number, text FROM facts WHERE key = ? AND run = ?");
  std::vector<FoundRun> out;
  while (found.step()) {
    FoundRun one{*found.text(1), {}};
    for (const std::int64_t key : columns) {
      one.values.emplace_back();
      if (!fact.bind(1, key).bind(2, found.integer(0)).step()) continue;
      if (const auto number = fact.number(0)) {
        one.values.back() = *number;
      } else {
        one.values.back() = fact.text(1).value_or("");
      }
      fact.reset();
    }
    out.push_back(std::move(one));
  }
  return out;
}

void RunsIndex::require_comparable(const RunFilter& filter) {
  if (filter.number || filter.how == "~") return;
  io::Statement texts(database_, "SELECT count(*), count(text) FROM facts WHERE key = ?");
  texts.bind(1, known_key(filter.key)).step();
  if (texts.integer(0) == 0 || texts.integer(1) > 0) return;
  throw UsageError(fmt::format("'{}' is a number in all runs; '{}', which it is compared with, is none",
                               filter.key, filter.value));
}

std::size_t RunsIndex::lists_under(const std::string& key) {
  io::Statement count(database_, "SELECT count(*) FROM facts WHERE key = ? AND text LIKE '[%'");
  count.bind(1, known_key(key)).step();
  return static_cast<std::size_t>(count.integer(0));
}

}  // namespace apical
