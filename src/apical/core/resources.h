// SPDX-License-Identifier: Apache-2.0
// What the library may use of the machine: threads, and where data sets lie. Whoever uses the library hands
// it in. No room but cli/ asks the process for anything of the kind, so that two users within one process do
// not meddle with one another.
#pragma once

#include <filesystem>
#include <limits>
#include <memory>
#include <string>

#include "apical/core/claim.h"
#include "apical/core/threads.h"

namespace apical {

class Ranks;
/// Environments that a program has in memory (tasks/foreign_world.h).
struct HandedWorlds;
/// Samples that a program has in memory (tasks/array_data.h).
struct HandedArrays;
namespace layered {
/// Credit rules that a program has in memory (rules/handed_rule.h).
struct HandedRules;
}  // namespace layered

/// That may be taken.
struct Memory {
  double bytes = std::numeric_limits<double>::infinity();
  std::string of = "available";  ///< of whom: "free on this machine"
};

struct Resources {
  ThreadPool& pool;                 ///< does one job at a time; must outlive whatever was made with it
  std::filesystem::path data = {};  ///< folder of data sets; empty: none is known
  Claim claim = {};                 ///< to runs that dead processes hold
  Memory memory = {};               ///< what needs more is refused before anything is made
  std::shared_ptr<const HandedWorlds> worlds = {};         ///< for task 'environment', by name; null: none
  std::shared_ptr<const HandedArrays> arrays = {};         ///< for task 'arrays', by name; null: none
  std::shared_ptr<const layered::HandedRules> rules = {};  ///< for model 'layered-rule', by name; null: none
  Ranks* ranks = nullptr;  ///< that train one model together; null: this process alone
};

}  // namespace apical
