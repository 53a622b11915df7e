// SPDX-License-Identifier: Apache-2.0
// The runs below a folder as a table that can be filtered and sorted by whatever is known of a run
// (run/run_row.h). What was read is kept in a file of the folder, so that the next time only those runs are
// read whose files have changed; it can be removed at any time. Where nothing can be written the table is
// made in memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apical/core/threads.h"
#include "apical/io/sqlite.h"
#include "apical/run/run_row.h"

namespace apical {

/// "model.eta > 10": what a key is compared with. Texts are compared as texts, so that dates may be; "~" asks
/// whether a text contains another, whatever the case.
struct RunFilter {
  std::string key, how, value;
  std::optional<double> number = {};  ///< of `value`, if it is one
};
/// UsageError if it is none.
RunFilter parse_filter(const std::string& text);

struct RunsQuery {
  std::vector<RunFilter> where = {};
  std::string sort = {};  ///< a key; empty: by directory. Runs that have no value come last
  bool descending = false;
  std::vector<std::string> columns = {};
  std::size_t at_most = 0;  ///< 0: all
};

struct FoundRun {
  std::string run;                              ///< below the folder, "." for itself
  std::vector<std::optional<RunValue>> values;  ///< of the columns
};

class RunsIndex {
 public:
  static constexpr const char* kFileName = ".apical-runs.sqlite";

  /// DataError if there is no such folder. Nothing is read yet.
  explicit RunsIndex(io::Path folder);

  /// Reads what has changed. `tell` hears how many of how many runs were read. False if it was stopped: what
  /// was read until then is kept.
  bool refresh(ThreadPool& pool, const std::atomic<bool>* stop = nullptr,
               const std::function<void(std::size_t, std::size_t)>& tell = {});

  std::size_t size();
  /// All that any run has, sorted.
  std::vector<std::string> keys();
  /// Keys of experiments that have several values among all runs.
  std::vector<std::string> varied_keys();
  /// UsageError with the nearest name for a key that no run has, or for a number compared with a text.
  std::vector<FoundRun> select(const RunsQuery& query);
  /// In how many runs `key` is a list, which no number can be compared with.
  std::size_t lists_under(const std::string& key);

  /// Why the table is not kept; empty if it is.
  const std::string& note() const { return note_; }
  const io::Path& folder() const { return folder_; }

 private:
  struct Change {
    std::string run, stamp;
  };
  void open();
  void prepare();
  std::vector<Change> changes(ThreadPool& pool);
  void forget(const std::string& run);
  void keep(const Change& change, const RunRow& row);
  std::int64_t key_id(const std::string& name, bool add);
  std::int64_t known_key(const std::string& name);
  void require_comparable(const RunFilter& filter);

  io::Path folder_;
  io::Database database_;
  std::string note_;
};

}  // namespace apical
