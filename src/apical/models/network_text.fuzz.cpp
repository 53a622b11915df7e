// SPDX-License-Identifier: Apache-2.0
// Whatever stands in `layers`, one entry a line, it is a network of layers with units, or refused.
#include "apical/models/network_text.h"

#include <charconv>

#include "support/fuzz.h"

APICAL_FUZZ(input) {
  using namespace apical;
  Entries entries;
  std::string_view rest = input.text();
  while (!rest.empty() && entries.size() < 32) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    double number = 0;
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    // In a file it would be a number.
    if (error == std::errc() && stop == line.data() + line.size())
      entries.emplace_back(number);
    else
      entries.emplace_back(std::string(line));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  fuzz::accepted([&] {
    const auto network = models::network_of(entries, layered::Activation::relu, layered::Activation::softmax,
                                            layered::Loss::ce);
    fuzz::require(network.inputs > 0 && network.depth() > 0);
    for (const auto& layer : network.layers) fuzz::require(layer.size > 0);
    fuzz::require(!models::shapes_text(network).empty());
  });
}
