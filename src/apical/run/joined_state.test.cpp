// SPDX-License-Identifier: Apache-2.0
// Whole runs are joined in tests/cli/sweep.test.cpp; here: what does not go together is refused.
#include "apical/run/joined_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "apical/core/error.h"

namespace apical {
namespace {

using testing::HasSubstr;

struct Part {
  std::uint64_t epoch = 3;
  std::vector<double> seconds{};
  std::vector<std::vector<double>> networks{};
  std::vector<double> per_replica{};
};

io::Checkpoint checkpoint_of(const Part& part) {
  io::StateWriter state, clock;
  state("epoch", part.epoch);
  for (std::size_t k = 0; k < part.networks.size(); ++k)
    state("learner/network" + std::to_string(k) + "/w", part.networks[k]);
  state("learner/target", part.per_replica);
  clock("learning", part.seconds.empty() ? 1.0 : part.seconds.front());
  io::Checkpoint c;
  c.sections = {{"trainer", std::move(state).take()}, {"clock", std::move(clock).take()}};
  return c;
}

TEST(JoinedState, IsThatOfAllReplicasInTheirOrder) {
  const std::vector<io::Checkpoint> parts{
      checkpoint_of({.seconds = {2}, .networks = {{1}, {2}}, .per_replica = {10, 20}}),
      checkpoint_of({.seconds = {3}, .networks = {{3}}, .per_replica = {30}})};
  const auto joined = joined_state(parts, {});
  const io::Checkpoint whole =
      checkpoint_of({.seconds = {5}, .networks = {{1}, {2}, {3}}, .per_replica = {10, 20, 30}});
  EXPECT_EQ(joined, whole.sections);
}

TEST(JoinedState, RefusesPartsThatAreNotOfOneRun) {
  const auto refused = [](const std::vector<io::Checkpoint>& parts, const std::string& text) {
    try {
      joined_state(parts, {});
      ADD_FAILURE() << text;
    } catch (const DataError& e) {
      EXPECT_THAT(e.what(), HasSubstr(text));
    }
  };
  refused({checkpoint_of({.epoch = 3}), checkpoint_of({.epoch = 4})}, "'epoch' of section 'trainer' differs");
  io::Checkpoint more = checkpoint_of({});
  more.sections.push_back({"seed-1", {}});
  refused({more, more, checkpoint_of({})}, "not all have section 'seed-1'");
  io::Checkpoint longer;
  io::StateWriter state;
  state("epoch", std::uint64_t{3});
  state("learner/target", std::vector<double>{});
  state("other", 1.0);
  longer.sections = {{"trainer", std::move(state).take()}};
  io::Checkpoint shorter = checkpoint_of({});
  shorter.sections.pop_back();
  refused({shorter, longer}, "'other' of section 'trainer' differs");
}

}  // namespace
}  // namespace apical
