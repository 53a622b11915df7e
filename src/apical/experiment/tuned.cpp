// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/tuned.h"

#include <fmt/format.h>

#include "apical/core/error.h"
#include "apical/experiment/toml/field_toml.h"

namespace apical {

bool Tuned::same_effort(const Tuned& o) const {
  return trials == o.trials && rounds == o.rounds && epochs == o.epochs && seeds.size() == o.seeds.size();
}

std::string Tuned::effort() const { return fmt::format("{} {}", trials, trials == 1 ? "trial" : "trials"); }

std::string Tuned::in_words() const {
  std::string text =
      fmt::format("{} with {} {}", effort(), seeds.size(), seeds.size() == 1 ? "seed" : "seeds");
  for (std::size_t r = 0; r < rounds.size() && r < epochs.size(); ++r)
    text += fmt::format("{} {} of {} epochs",
                        r == 0                   ? ":"
                        : r + 1 == rounds.size() ? " and"
                                                 : ",",
                        rounds[r], epochs[r]);
  text += fmt::format(", judged by {} {} ({:.4g} at the end); never by the test.", where, metric, score);
  if (!chosen.empty()) text += fmt::format(" Chosen: {}.", fmt::join(chosen, ", "));
  if (!space.empty()) text += fmt::format(" Searched: {}.", fmt::join(space, "; "));
  return text;
}

void fields(FieldVisitor& v, Tuned& o) {
  v({"trials", "", "settings that were tried", at_least(0)}, o.trials);
  v({"rounds", "", "trials of each round of halving", at_least(0)}, o.rounds);
  v({"epochs", "epochs", "for which trials of each round learned", at_least(0)}, o.epochs);
  v({"seeds", "", "on which they were judged, and which no result is of", within(0, kLargestWhole)}, o.seeds);
  v({"metric", "", "by which they were judged"}, o.metric);
  v({"where", "", "and where it was measured: never in the test"}, o.where);
  v({"score", "", "of the settings that were chosen, mean over seeds"}, o.score);
  v({"draw_seed", "", "of the settings that were tried", within(0, kLargestWhole)}, o.draw_seed);
  v({"space", "", "what was searched, in words"}, o.space);
  v({"chosen", "", "what was chosen, in words"}, o.chosen);
}

std::optional<Tuned> read_tuned(TomlReader& root) {
  root.read_elsewhere("tune");
  if (!root.has("tuned")) return {};
  TomlReader t = root.table("tuned");
  Tuned out;
  read_fields(t, out);
  t.finish();
  return out;
}

}  // namespace apical
