// SPDX-License-Identifier: Apache-2.0
// A course told in sentences.
#include <fmt/format.h>

#include <algorithm>

#include "apical/circuit/course.h"

namespace apical {
namespace {

using namespace course;

std::string phase_words(const Phase& p) {
  std::vector<std::string> what;
  for (const Injection& i : p.injections) {
    std::string current =
        i.amplitude_A != 0 ? fmt::format("a sine of {:g} pA and {:.4g} s", i.amplitude_A * 1e12, i.period_s)
                           : fmt::format("{:+g} pA", i.constant_A * 1e12);
    what.push_back(
        fmt::format("{} into {}", current,
                    i.into == CellPart::soma ? "somata of " + i.population : "dendrites of " + i.population));
  }
  for (const WeightChange& w : p.weights)
    what.push_back(fmt::format("weight {:g} of {}", w.weight, w.projection));
  for (const Replay& r : p.replays)
    what.push_back(fmt::format("spikes of {} in {}", r.spikes_file, r.population));
  if (p.plastic) what.emplace_back("plasticity");
  if (p.taught) what.emplace_back("a teaching current, frozen, into each dendrite that is taught");
  return fmt::format("{:g} s ({}){}{}", p.duration_s, p.name, what.empty() ? "" : " with ",
                     what.empty() ? "" : join_names(what));
}

std::string shown_words(const Course& c, const Stage& s) {
  const std::size_t n = c.presentations(s);
  switch (s.shows) {
    case Shows::nothing:
      return "";
    case Shows::stimuli:
      return fmt::format("for each of {} stimuli in their order ", n);
    case Shows::training_samples:
      return fmt::format("for each of {} training samples of {}{} ", n, c.samples->task,
                         s.shuffled ? " in an order of each epoch's own" : "");
    case Shows::test_samples:
      return fmt::format("for each of {} test samples of {} ", n, c.samples->task);
  }
  return "";
}

}  // namespace

std::string in_words(const Course& c) {
  if (c.protocol) return c.protocol->description;
  std::string out;
  for (const Stage& s : c.stages) {
    std::vector<std::string> phases;
    for (const Phase& p : s.phases) phases.push_back(phase_words(p));
    const bool each = s.when == When::epoch;
    out += fmt::format("Stage {}{}: {}{}{}. ", s.name,
                       each                    ? fmt::format(", in each of {} epochs", c.epochs)
                       : s.when == When::after ? ", after training"
                                               : "",
                       shown_words(c, s), fmt::join(phases, ", then "),
                       s.decay ? "; learning rates fall linearly to 0 over all epochs" : "");
  }
  return out + "Nothing is reset in between.";
}

}  // namespace apical
