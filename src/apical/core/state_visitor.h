// SPDX-License-Identifier: Apache-2.0
// The door through which state leaves and enters objects behind an interface. A class has one
//   template <class Archive> void visit_state(Archive& a) { a("step", step_); a("u", std::span(u_)); }
// for reading and writing; a StateVisitor is an Archive whose kind is chosen at run time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "apical/core/error.h"

namespace apical {

class StateVisitor {
 public:
  enum class Element { boolean, u8, u32, u64, i64, f32, f64 };

  explicit StateVisitor(bool reading) : kReading(reading) {}
  virtual ~StateVisitor() = default;
  const bool kReading;
  /// Of what ranks share, whether the part of this one is enough; else the whole comes together.
  virtual bool takes_parts() const { return false; }

  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(std::string_view name, T& value) {
    visit(name, element_of<T>(), true, std::as_writable_bytes(std::span(&value, 1)));
  }
  /// Of fixed length: reading another length is an error.
  template <class T>
  void operator()(std::string_view name, std::span<T> values) {
    visit(name, element_of<T>(), false, std::as_writable_bytes(values));
  }
  template <class F>
  void section(std::string_view name, F&& fields) {
    begin(name);
    fields();
    end();
  }

 protected:
  virtual void visit(std::string_view name, Element element, bool scalar, std::span<std::byte> bytes) = 0;
  virtual void begin(std::string_view name) = 0;
  virtual void end() = 0;

 private:
  template <class T>
  static constexpr Element element_of() {
    if constexpr (std::is_same_v<T, bool>)
      return Element::boolean;
    else if constexpr (std::is_same_v<T, float>)
      return Element::f32;
    else if constexpr (std::is_same_v<T, double>)
      return Element::f64;
    else if constexpr (std::is_integral_v<T> && sizeof(T) == 1)
      return Element::u8;
    else if constexpr (std::is_integral_v<T> && sizeof(T) == 4)
      return Element::u32;
    else if constexpr (std::is_signed_v<T>)
      return Element::i64;
    else
      return Element::u64;
  }
};

/// State in memory, to come back to within the same process (after an evaluation that was broken off).
class Snapshot {
 public:
  template <class Object>
  void take(Object& object) {
    bytes_.clear();
    Copier copier(bytes_, false);
    object.visit_state(copier);
  }
  template <class Object>
  void restore(Object& object) {
    Copier copier(bytes_, true);
    object.visit_state(copier);
  }

 private:
  class Copier final : public StateVisitor {
   public:
    Copier(std::vector<std::byte>& bytes, bool reading) : StateVisitor(reading), bytes_(bytes) {}
    bool takes_parts() const override { return true; }

   private:
    void visit(std::string_view, Element, bool, std::span<std::byte> field) override {
      if (kReading) {
        APICAL_CHECK(at_ + field.size() <= bytes_.size());
        std::memcpy(field.data(), bytes_.data() + at_, field.size());
        at_ += field.size();
      } else {
        bytes_.insert(bytes_.end(), field.begin(), field.end());
      }
    }
    void begin(std::string_view) override {}
    void end() override {}
    std::vector<std::byte>& bytes_;
    std::size_t at_ = 0;
  };
  std::vector<std::byte> bytes_;
};

}  // namespace apical
