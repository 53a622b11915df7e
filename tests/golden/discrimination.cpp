// SPDX-License-Identifier: Apache-2.0
#include "golden/discrimination.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "apical/discrimination.h"
#include "apical/errors.h"
#include "golden/comparison.h"

namespace apical::golden {
namespace {

using nlohmann::json;

constexpr std::size_t kMany = 4000, kSets = 400;
constexpr double kStandardErrors = 3;

/// Of unit spread around a mean; `draw` tells sets apart.
Matrix<double> seeds_around(double mean, std::size_t seeds, std::uint64_t draw) {
  Matrix<double> z(seeds, 1);
  for (std::size_t i = 0; i < seeds; ++i) z(i, 0) = mean + normal({draw, Stream::injected_noise, 78, i});
  return z;
}

/// Theories at 0, d, 2d …
std::vector<TheoryReadouts> theories_apart(std::size_t count, double d, std::size_t fit, std::size_t held_out,
                                           std::uint64_t draw) {
  std::vector<TheoryReadouts> theories;
  for (std::size_t m = 0; m < count; ++m) {
    const double mean = static_cast<double>(m) * d;
    theories.push_back({"theory " + std::to_string(m), 1, seeds_around(mean, fit, 10 * draw + 2 * m),
                        seeds_around(mean, held_out, 10 * draw + 2 * m + 1)});
  }
  return theories;
}

Separation separate(const std::vector<TheoryReadouts>& theories, double noise_sd, std::size_t draws,
                    TheoryDensity density = TheoryDensity::normal) {
  ThreadPool pool(1);
  DiscriminationOptions options;
  options.experiments = 0;
  options.draws = draws;
  options.density = density;
  const std::vector<std::size_t> only{0};
  return separation_of(theories, only, {.cell_sd = 0, .trial_sd = 0, .animal_sd = noise_sd}, options, pool);
}

void replay_information(const json& expected, Comparison& c) {
  for (const auto& item : expected.at("two_gaussians").items()) {
    const double d = std::stod(item.key());
    const Separation found = separate(theories_apart(2, d, kMany, kMany, 1), 0, 1);
    // Fitting two means and variances costs this much on average.
    const double fitted = 2.0 / kMany;
    c.within("two theories, bits at " + item.key(), found.gain.held_out, item.value().at("eig").get<double>(),
             kStandardErrors * found.gain.held_out_se + fitted);
    const double error = item.value().at("bayes_error").get<double>();
    c.within("two theories, error at " + item.key(), 1 - found.accuracy, error,
             kStandardErrors * std::sqrt(error * (1 - error) / (2.0 * kMany)));
  }
  for (const auto& item : expected.at("three_gaussians_0_d_2d").items()) {
    const Separation found = separate(theories_apart(3, std::stod(item.key()), kMany, kMany, 2), 0, 1);
    c.within("three theories, bits at " + item.key(), found.gain.held_out, item.value().get<double>(),
             kStandardErrors * found.gain.held_out_se);
  }
}

void replay_animals(const json& file, Comparison& c) {
  for (const auto& item : file.at("animals_for_one_sample_alpha_.05_one_sided_power_.9").items()) {
    c.exact("animals of a test at " + item.key(),
            static_cast<double>(animals_for_one_sided_test(std::stod(item.key()), 0.05, 0.9)),
            item.value().get<double>());
  }
  for (const auto& item : file.at("animals_for_bayes_error_below_.05_two_models").items()) {
    c.exact("animals for an error of 5 % at " + item.key(),
            static_cast<double>(animals_for_bayes_error(std::stod(item.key()), 0.05)),
            item.value().get<double>());
  }
}

double standard_error(const std::vector<double>& values) {
  return sample_sd(values) / std::sqrt(static_cast<double>(values.size()));
}

void replay_estimators(const json& file, Comparison& c) {
  for (const auto& item : file.at("identical_theories_kernel_mixture_bits").items()) {
    // "seeds_8_noise_0.3"
    const std::size_t noise_at = item.key().find("_noise_");
    const std::size_t seeds = std::stoul(item.key().substr(6, noise_at - 6));
    const double noise = std::stod(item.key().substr(noise_at + 7));
    std::vector<double> same, held_out;
    for (std::uint64_t set = 0; set < kSets; ++set) {
      const InformationGain gain =
          separate(theories_apart(2, 0, seeds, seeds, 1000 + set), noise, 20, TheoryDensity::kernel).gain;
      same.push_back(gain.same_seeds);
      held_out.push_back(gain.held_out);
    }
    // The file's numbers are themselves means over sets: their error is taken to be no more than ours.
    const double both = std::sqrt(2.0) * kStandardErrors;
    c.within("kernel, same seeds, " + item.key(), mean(same), item.value().at("inner_is_outer").get<double>(),
             both * standard_error(same));
    c.within("kernel, held out, " + item.key(), mean(held_out), item.value().at("held_out").get<double>(),
             both * standard_error(held_out));
  }
  for (const auto& item : file.at("plug_in_normal_held_out_bits").items()) {
    const std::size_t seeds = std::stoul(item.key().substr(6));
    for (const auto& apart : item.value().items()) {
      std::vector<double> bits;
      for (std::uint64_t set = 0; set < kSets; ++set) {
        bits.push_back(
            separate(theories_apart(2, std::stod(apart.key()), seeds, 400, 9000 + set), 0, 1).gain.held_out);
      }
      const double theirs = apart.value().at(1).get<double>() / std::sqrt(static_cast<double>(kSets));
      c.within("plug-in normal, " + item.key() + " at " + apart.key(), mean(bits),
               apart.value().at(0).get<double>(),
               std::sqrt(2.0) * kStandardErrors * std::max(theirs, standard_error(bits)));
    }
  }
}

bool is_discrimination(const json& file) {
  return file.is_object() && file.contains("information_bits") &&
         file.contains("plug_in_normal_held_out_bits");
}

Verdict replay(const json& file) {
  Comparison c(1e-9, 1e-9);
  replay_animals(file, c);
  replay_information(file.at("information_bits"), c);
  replay_estimators(file, c);
  c.note_unknown_keys(
      file,
      {"information_bits", "animals_for_one_sample_alpha_.05_one_sided_power_.9",
       "animals_for_bayes_error_below_.05_two_models", "identical_theories_kernel_mixture_bits",
       "plug_in_normal_held_out_bits", "about", "data_used"},
      "");
  return c.verdict();
}

}  // namespace

void add_discrimination_formats(std::vector<Format>& list) {
  list.push_back(
      {"discriminating-experiments (numbers of telling theories apart)", is_discrimination, replay});
}

}  // namespace apical::golden
