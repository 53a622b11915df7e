// SPDX-License-Identifier: Apache-2.0
#include "apical/models/network_text.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "apical/core/error.h"

namespace apical::models {
namespace {

using layered::Convolution;
using layered::ImageShape;

constexpr const char* kForm = "\"conv CHANNELS HEIGHTxWIDTH [stride S] [pad P] [average W [every S]]\"";

/// A layer as something to connect to: units, and how they are arranged if they are.
struct Shape {
  std::size_t units = 0;
  std::optional<ImageShape> image;
};
std::string text_of(const Shape& s) { return s.image ? to_string(*s.image) : std::to_string(s.units); }

/// Words of one entry, which knows where they stand.
class Words {
 public:
  Words(std::size_t entry, std::string_view text) : entry_(entry), text_(text) { skip_spaces(); }

  bool done() const { return at_ == text_.size(); }
  std::string_view peek() const { return text_.substr(at_, text_.find(' ', at_) - at_); }
  std::string_view next(const char* expected) {
    if (done()) fail(fmt::format("ends where {} should follow", expected));
    const std::string_view word = peek();
    word_at_ = at_;
    at_ += word.size();
    skip_spaces();
    return word;
  }
  std::size_t number(const char* what, std::size_t lowest) {
    const std::string_view word = next(what);
    const auto n = whole(word);
    if (!n || *n < lowest) fail_at_word(fmt::format("'{}' is not {} of {} or more", word, what, lowest));
    return *n;
  }
  /// Two or three whole numbers joined by x.
  std::vector<std::size_t> sizes(const char* what) {
    const std::string_view word = next(what);
    std::vector<std::size_t> out;
    for (std::size_t from = 0; from <= word.size();) {
      const std::size_t to = std::min(word.find('x', from), word.size());
      const auto n = whole(word.substr(from, to - from));
      if (!n || *n == 0) fail_at_word(fmt::format("'{}' is not {}", word, what));
      out.push_back(*n);
      from = to + 1;
    }
    return out;
  }
  [[noreturn]] void fail_at_word(const std::string& message, const std::string& hint = {}) const {
    throw FieldError::about(
        {"layers"},
        fmt::format("layers, entry {} \"{}\", column {}: {}", entry_ + 1, text_, word_at_ + 1, message),
        hint);
  }
  [[noreturn]] void fail(const std::string& message, const std::string& hint = {}) const {
    throw FieldError::about({"layers"},
                            fmt::format("layers, entry {} \"{}\": {}", entry_ + 1, text_, message), hint);
  }

 private:
  static std::optional<std::size_t> whole(std::string_view word) {
    std::size_t n = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), n);
    if (error != std::errc() || end != word.data() + word.size() || n > 100'000'000) return {};
    return n;
  }
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  std::size_t entry_;
  std::string_view text_;
  std::size_t at_ = 0, word_at_ = 0;
};

Convolution read_convolution(Words& words, const Shape& below, const std::string& shapes_below) {
  words.next("conv");
  if (!below.image) {
    words.fail(
        fmt::format("a convolution needs an image below it, but there are {} units without a shape ({})",
                    below.units, shapes_below),
        "write the input as channels x height x width, e.g. \"1x28x28\", and dense layers above all "
        "convolutions");
  }
  Convolution c{.in = *below.image};
  c.channels = words.number("a number of channels", 1);
  const std::vector<std::size_t> kernel = words.sizes("a kernel of height x width like 5x5");
  if (kernel.size() != 2) words.fail_at_word("a kernel has two sizes, height x width, like 5x5");
  c.kernel_height = kernel[0];
  c.kernel_width = kernel[1];
  while (!words.done()) {
    const std::string_view word = words.next("a word");
    if (word == "stride") {
      c.stride = words.number("a stride", 1);
    } else if (word == "pad") {
      c.padding = words.number("a padding", 0);
    } else if (word == "average") {
      c.pool = c.pool_stride = words.number("a window", 1);
      if (words.done() || words.peek() != "every") continue;
      words.next("every");
      c.pool_stride = words.number("a distance", 1);
    } else {
      words.fail_at_word(
          fmt::format("unknown word '{}'", word),
          fmt::format("{}; the form is {}", suggestion(word, {"stride", "pad", "average"}), kForm));
    }
  }
  try {
    c.out();
  } catch (const ConfigError& e) {
    words.fail(fmt::format("{} (below: {})", e.bare_message(), shapes_below), e.hint());
  }
  return c;
}

Shape read_input(std::size_t entry, const std::string& text) {
  Words words(entry, text);
  const std::vector<std::size_t> sizes =
      words.sizes("a number of inputs or an image like 3x32x32 (channels x height x width)");
  if (!words.done()) words.fail("the first entry is the input: a number, or an image like 3x32x32");
  if (sizes.size() == 1) return {sizes[0], {}};
  if (sizes.size() > 3) words.fail_at_word("an image has two or three sizes: channels x height x width");
  const ImageShape image =
      sizes.size() == 2 ? ImageShape{1, sizes[0], sizes[1]} : ImageShape{sizes[0], sizes[1], sizes[2]};
  return {image.units(), image};
}

std::size_t units_of(double n) {
  if (!(n >= 1) || n != std::floor(n) || n > 1e8)
    throw FieldError("layers",
                     fmt::format("holds {}; expected counts of units, whole numbers from 1 to 1e8", n));
  return static_cast<std::size_t>(n);
}

layered::Layer read_layer(std::size_t entry, const std::string& text, const Shape& below,
                          const std::string& shapes_below) {
  Words words(entry, text);
  if (!words.done() && words.peek() == "conv") {
    const Convolution c = read_convolution(words, below, shapes_below);
    return {c.out().units(), {}, c};
  }
  const auto is_digit = [](char d) { return d >= '0' && d <= '9'; };
  if (words.done() || !is_digit(words.peek().front())) {
    words.next("a layer");
    words.fail_at_word("is no layer", fmt::format("a layer is a number of units or {}", kForm));
  }
  const std::size_t units = words.number("a number of units", 1);
  if (!words.done())
    words.fail("nothing can follow a number of units", fmt::format("a convolution is {}", kForm));
  return {units, {}, {}};
}

}  // namespace

layered::NetworkDescription network_of(const Entries& entries, layered::Activation hidden,
                                       layered::Activation output, layered::Loss loss) {
  if (entries.size() < 2)
    throw FieldError("layers",
                     fmt::format("has {} entries; expected at least 2: inputs and outputs", entries.size()));
  layered::NetworkDescription network{.inputs = 0, .layers = {}, .loss = loss};
  Shape below;
  std::string shapes;
  for (std::size_t k = 0; k < entries.size(); ++k) {
    const auto* text = std::get_if<std::string>(&entries[k]);
    if (k == 0) {
      below = text ? read_input(k, *text) : Shape{units_of(std::get<double>(entries[k])), {}};
      network.inputs = below.units;
    } else {
      layered::Layer layer = text ? read_layer(k, *text, below, shapes)
                                  : layered::Layer{units_of(std::get<double>(entries[k])), {}, {}};
      layer.activation = k + 1 == entries.size() ? output : hidden;
      below = {layer.size, {}};
      if (layer.connection) below.image = layer.connection->out();
      network.layers.push_back(std::move(layer));
    }
    shapes += (k == 0 ? "" : ", ") + text_of(below);
  }
  network.validate();
  return network;
}

std::string shapes_text(const layered::NetworkDescription& network) {
  const layered::Connection& first = network.connection(0);
  std::string text = first ? to_string(first->in) : std::to_string(network.inputs);
  for (const layered::Layer& layer : network.layers) {
    text += ", " + (layer.connection ? to_string(layer.connection->out()) : std::to_string(layer.size));
  }
  return text;
}

}  // namespace apical::models
