// SPDX-License-Identifier: Apache-2.0
#include "golden/credit_through_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "apical/errors.h"
#include "support/paths.h"

namespace apical::golden {
namespace {

const std::filesystem::path kFolder = std::string(test::kTestData) + "/golden/credit-through-time";

nlohmann::json read(const std::string& name) {
  std::ifstream in(kFolder / name);
  return nlohmann::json::parse(in);
}

nlohmann::json* last_number(nlohmann::json& value) {
  nlohmann::json* number = &value;
  while (number->is_structured()) number = number->is_object() ? &number->begin().value() : &number->back();
  return number;
}

TEST(CreditThroughTimeGolden, EveryFileIsReproduced) {
  const auto files = files_below(kFolder);
  EXPECT_GE(files.size(), 18U);
  for (const auto& file : files) {
    const Verdict v = replay_file(file);
    EXPECT_TRUE(v.passed) << file << ": " << v.worst_deviation << " at " << v.worst_quantity;
    EXPECT_EQ(v.note, "") << file;
  }
}

struct Wrong {
  std::string file;
  Verdict (*replay)(const nlohmann::json&);
  std::vector<std::string> keys;
};

TEST(CreditThroughTimeGolden, AWrongNumberAnywhereInTheExpectationIsSeen) {
  const std::vector<Wrong> all{
      {"rnn_rate_leak_tanh_3-5-2.json",
       &replay_recurrent,
       {"state", "y", "error", "loss", "gradient_th", "gradient_V", "gradient_c", "gradient_of_initial_state",
        "truncated", "rules", "gradient_by_step_of_use", "gradient_by_step_of_loss"}},
      {"rnn_uoro_kf_2-3-2.json", &replay_recurrent, {"uoro", "kf_rtrl"}},
      {"rnn_rflo_online_2-3-2.json", &replay_recurrent, {"steps"}},
      {"reward_miconi_2-6.json",
       &replay_reward,
       {"x", "r", "x_bar", "eligibility", "eligibility_node_perturbation", "error", "dJ",
        "dJ_without_mean_factor", "mean_error_after", "exact_gradient"}},
      {"eprop_alif_4-5-2.json",
       &replay_spiking_recurrent,
       {"z", "v", "a", "psi", "y", "refractory", "loss", "error", "eprop", "surrogate_gradient",
        "surrogate_gradient_reset_cut", "angle_deg_symmetric", "angle_deg_random", "adaptive"}},
      {"circuit_views_3-4-2.json",
       &replay_circuit_through_time,
       {"rate", "soma", "prospective", "loss_per_step", "loss", "gradient", "gradient_views_frozen",
        "gradient_of_initial_state", "gradient_by_step_of_use", "gradient_by_step_of_loss",
        "adjoint_of_stimulus"}},
      {"circuit_leaky_rnn_3-5-2.json",
       &replay_circuit_through_time,
       {"truncated", "eprop_symmetric", "eprop_random"}},
      {"circuit_low_pass_3-4-2.json", &replay_circuit_through_time, {"low_passed"}},
      {"circuit_error_neurons_3-4-2.json", &replay_circuit_through_time, {"slope"}},
      {"closed_loop_cart_pole_4-5-1.json",
       &replay_closed_loop,
       {"states", "forces", "loss", "gradient", "adjoint_of_start", "hidden_rate", "imitation_loss",
        "imitation_gradient"}},
  };
  for (const Wrong& w : all) {
    const nlohmann::json file = read(w.file);
    for (const std::string& key : w.keys) {
      nlohmann::json wrong = file;
      nlohmann::json* number = last_number(wrong.at("expected").at(key));
      *number = number->get<double>() + 0.01;
      EXPECT_FALSE(w.replay(wrong).passed) << w.file << ": " << key;
    }
  }
}

TEST(CreditThroughTimeGolden, AWrongNumberInWhatTasksMakeOfTheirDrawsIsSeen) {
  const nlohmann::json file = read("task_generators.json");
  for (const char* place :
       {"/mackey_glass/0/values/3", "/sum_of_sines/0/values/5", "/evidence_accumulation/0/segments/0/1",
        "/copy/0/target_class/12", "/store_recall/0/inputs/2/0", "/sequential_image/0/permuted/3",
        "/shd/0/nonzero/0/2"}) {
    nlohmann::json wrong = file;
    nlohmann::json& number = wrong.at("expected").at(nlohmann::json::json_pointer(place));
    number = number.get<double>() + 1;
    EXPECT_FALSE(replay_temporal_tasks(wrong).passed) << place;
  }
}

TEST(CreditThroughTimeGolden, AKeyOfACircuitThatIsNotKnownIsADataError) {
  nlohmann::json file = read("circuit_views_3-4-2.json");
  file.at("config").at("population").at(1)["colour"] = "red";
  EXPECT_THROW(replay_circuit_through_time(file), DataError);
}

}  // namespace
}  // namespace apical::golden
