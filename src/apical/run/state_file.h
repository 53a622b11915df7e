// SPDX-License-Identifier: Apache-2.0
// State that leaves through a StateVisitor, as the bytes of a checkpoint section.
#pragma once

#include <string>

#include "apical/core/state_visitor.h"
#include "apical/io/archive.h"

namespace apical {

namespace detail {

template <class Archive>
class ArchiveVisitor final : public StateVisitor {
 public:
  explicit ArchiveVisitor(Archive& archive) : StateVisitor(Archive::kReading), archive_(archive) {}

 private:
  void visit(std::string_view name, Element element, bool scalar, std::span<std::byte> bytes) override;
  void begin(std::string_view name) override {
    lengths_.push_back(prefix_.size());
    prefix_ += std::string(name) + "/";
  }
  void end() override {
    prefix_.resize(lengths_.back());
    lengths_.pop_back();
  }

  template <class T>
  void pass(std::string_view name, bool scalar, std::span<std::byte> bytes) {
    T* values = reinterpret_cast<T*>(bytes.data());
    if (scalar) {
      archive_(prefix_ + std::string(name), *values);
      return;
    }
    if constexpr (!std::is_same_v<T, bool>)
      archive_(prefix_ + std::string(name), std::span<T>(values, bytes.size() / sizeof(T)));
  }

  Archive& archive_;
  std::string prefix_;  ///< sections become parts of the name: an archive's sections nest by callbacks
  std::vector<std::size_t> lengths_;
};

template <class Archive>
void ArchiveVisitor<Archive>::visit(std::string_view name, Element element, bool scalar,
                                    std::span<std::byte> bytes) {
  switch (element) {
    case Element::boolean:
      return pass<bool>(name, scalar, bytes);
    case Element::u8:
      return pass<std::uint8_t>(name, scalar, bytes);
    case Element::u32:
      return pass<std::uint32_t>(name, scalar, bytes);
    case Element::u64:
      return pass<std::uint64_t>(name, scalar, bytes);
    case Element::i64:
      return pass<std::int64_t>(name, scalar, bytes);
    case Element::f32:
      return pass<float>(name, scalar, bytes);
    case Element::f64:
      return pass<double>(name, scalar, bytes);
  }
}

}  // namespace detail

template <class Object>
io::Bytes state_bytes(Object& object) {
  return io::written_state([&](io::StateWriter& writer) {
    detail::ArchiveVisitor<io::StateWriter> visitor(writer);
    object.visit_state(visitor);
  });
}

/// The same, visited once: where ranks share the object every visit brings it together. `expected`: about so
/// many bytes.
template <class Object>
io::Bytes state_bytes_at_once(Object& object, std::size_t expected) {
  io::StateWriter writer;
  writer.reserve(expected);
  detail::ArchiveVisitor<io::StateWriter> visitor(writer);
  object.visit_state(visitor);
  return std::move(writer).take();
}

template <class Object>
void restore_state(Object& object, std::span<const std::byte> bytes, std::string origin) {
  io::StateReader reader(bytes, std::move(origin));
  detail::ArchiveVisitor<io::StateReader> visitor(reader);
  object.visit_state(visitor);
  reader.finish();
}

}  // namespace apical
