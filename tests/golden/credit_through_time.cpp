// SPDX-License-Identifier: Apache-2.0
#include "golden/credit_through_time.h"

#include <nlohmann/json.hpp>
#include <string>

namespace apical::golden {

void add_credit_through_time_formats(std::vector<Format>& list) {
  const auto add = [&](const std::string& kind, Verdict (*replay)(const nlohmann::json&)) {
    list.push_back({"credit-through-time-golden/1 (" + kind + ")",
                    [kind](const nlohmann::json& file) {
                      return file.is_object() && file.value("schema", "") == "credit-through-time-golden/1" &&
                             file.value("kind", "") == kind;
                    },
                    replay});
  };
  add("rnn", &replay_recurrent);
  add("reward", &replay_reward);
  add("spiking", &replay_spiking_recurrent);
  add("task", &replay_temporal_tasks);
  add("circuit", &replay_circuit_through_time);
  add("closed_loop", &replay_closed_loop);
}

}  // namespace apical::golden
