// SPDX-License-Identifier: Apache-2.0
// One function per class both writes and reads its state, so that the two cannot drift apart
// (the shape is that of GROMACS' checkpoint data). A class takes part by
//
//   template <class Archive> void visit_state(Archive& a) { a("u", u_); a("rate", rate_); }
//
// as a member or as a free function visit_state(a, value) beside it. Fields have names, types and lengths; a
// missing, mistyped, surplus or wrongly sized one is a DataError with its path. Little-endian.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "apical/core/matrix.h"
#include "apical/io/file.h"

namespace apical::io {

static_assert(std::endian::native == std::endian::little,
              "Apical writes the memory of a little-endian machine");

/// Types of elements. Values are part of the format: append, never renumber.
enum class Element : std::uint8_t { none = 0, boolean, i8, u8, i16, u16, i32, u32, i64, u64, f32, f64 };
std::string_view name_of(Element element);
std::size_t size_of(Element element);

/// What a field is. Values are part of the format.
enum class FieldKind : std::uint8_t { scalar = 1, vector, matrix, string, section, list };

template <class T>
constexpr Element element_of() {
  if constexpr (std::is_const_v<T>)
    return element_of<std::remove_const_t<T>>();
  else if constexpr (std::is_enum_v<T>)
    return element_of<std::underlying_type_t<T>>();
  else if constexpr (std::is_same_v<T, bool>)
    return Element::boolean;
  else if constexpr (std::is_same_v<T, float>)
    return Element::f32;
  else if constexpr (std::is_same_v<T, double>)
    return Element::f64;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 1)
    return std::is_signed_v<T> ? Element::i8 : Element::u8;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 2)
    return std::is_signed_v<T> ? Element::i16 : Element::u16;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 4)
    return std::is_signed_v<T> ? Element::i32 : Element::u32;
  else if constexpr (std::is_integral_v<T> && sizeof(T) == 8)
    return std::is_signed_v<T> ? Element::i64 : Element::u64;
  else
    return Element::none;
}
template <class T>
concept Scalar = element_of<T>()
!= Element::none;
/// What std::vector stores contiguously: vector<bool> is not.
template <class T>
concept PlainElement = Scalar<T> && element_of<T>()
!= Element::boolean;

namespace detail {
template <class Archive, class T>
void visit(Archive& archive, T& value) {
  if constexpr (requires { value.visit_state(archive); })
    value.visit_state(archive);
  else
    visit_state(archive, value);
}
}  // namespace detail

/// A field as it lies in an archive, for who puts states together without knowing their classes.
struct StateField {
  std::string_view name;
  FieldKind kind;
  Element element;
  std::array<std::uint64_t, 2> shape;  ///< of a matrix
  std::span<const std::byte> payload;
};

class StateWriter {
 public:
  static constexpr bool kReading = false;
  /// Whether it keeps what is written, or only its length: a buffer that grows takes up to three times what
  /// ends up in it, and states are large.
  enum class Mode { keep, measure };

  explicit StateWriter(Mode mode = Mode::keep) : mode_(mode) {}
  std::size_t size() const { return size_; }
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }

  void field(const StateField& f) { put(f.name, f.kind, f.element, f.shape, f.payload); }

  template <Scalar T>
  void operator()(std::string_view name, const T& value) {
    put(name, FieldKind::scalar, element_of<T>(), {}, std::as_bytes(std::span(&value, 1)));
  }
  void operator()(std::string_view name, const std::string& value) {
    put(name, FieldKind::string, Element::u8, {}, bytes_of(value));
  }
  template <PlainElement T>
  void operator()(std::string_view name, std::span<T> values) {
    put(name, FieldKind::vector, element_of<T>(), {}, std::as_bytes(values));
  }
  template <PlainElement T, class A>
  void operator()(std::string_view name, const std::vector<T, A>& values) {
    (*this)(name, std::span<const T>(values));
  }
  template <PlainElement T, std::size_t N>
  void operator()(std::string_view name, const std::array<T, N>& values) {
    (*this)(name, std::span<const T>(values));
  }
  template <PlainElement T>
  void operator()(std::string_view name, const Matrix<T>& m) {
    put(name, FieldKind::matrix, element_of<T>(), {m.rows(), m.cols()}, std::as_bytes(m.flat()));
  }
  /// A list of visitable things, of strings or of vectors.
  template <class T, class A>
  requires(!Scalar<T>) void operator()(std::string_view name, const std::vector<T, A>& list) {
    begin(name, FieldKind::list);
    for (std::size_t i = 0; i < list.size(); ++i) (*this)(std::to_string(i), list[i]);
    end();
  }
  /// A nested visitable thing.
  template <class T>
  requires std::is_class_v<T>
  void operator()(std::string_view name, const T& value) {
    begin(name, FieldKind::section);
    detail::visit(
        *this, const_cast<T&>(value));  // visit_state is one function for both ways; writing changes nothing
    end();
  }
  /// Writes as the plain form; reading adopts the stored length.
  template <class T>
  void resized(std::string_view name, const T& value) {
    (*this)(name, value);
  }
  template <class F>
  requires std::is_invocable_v<F>
  void section(std::string_view name, F&& fields) {
    begin(name, FieldKind::section);
    fields();
    end();
  }

  Bytes take() &&;

 private:
  void put(std::string_view name, FieldKind kind, Element element, std::array<std::uint64_t, 2> shape,
           std::span<const std::byte> payload);
  void begin(std::string_view name, FieldKind kind);
  void end();
  struct Open {
    std::size_t length_at;
    std::set<std::string, std::less<>> names;
  };
  Mode mode_;
  std::size_t size_ = 0;
  Bytes bytes_;
  std::vector<Open> open_{Open{0, {}}};
};

/// What `write` writes when it is given a StateWriter, twice: to know its length, and to keep it.
template <class Write>
Bytes written_state(Write&& write) {
  StateWriter measure(StateWriter::Mode::measure);
  write(measure);
  StateWriter writer;
  writer.reserve(measure.size());
  write(writer);
  return std::move(writer).take();
}

class StateReader {
 public:
  static constexpr bool kReading = true;
  /// `origin` opens every message, e.g. "checkpoint-12.apc, section 'learner'". `bytes` must outlive the
  /// reader.
  StateReader(std::span<const std::byte> bytes, std::string origin);

  template <Scalar T>
  void operator()(std::string_view name, T& value) {
    const Field field = take(name, FieldKind::scalar, element_of<T>());
    if constexpr (std::is_same_v<T, bool>)
      value = field.payload.front() != std::byte{0};
    else
      std::memcpy(&value, field.payload.data(), sizeof value);
  }
  void operator()(std::string_view name, std::string& value) {
    const Field field = take(name, FieldKind::string, Element::u8);
    value.assign(reinterpret_cast<const char*>(field.payload.data()), field.payload.size());
  }
  template <PlainElement T>
  void operator()(std::string_view name, std::span<T> values) {
    const Field field = take(name, FieldKind::vector, element_of<T>());
    require_length(name, values.size(), field.payload.size() / sizeof(T));
    copy(field, values.data());
  }
  /// The length must be that of `values`: buffers are sized by the circuit, and another length is another
  /// circuit.
  template <PlainElement T, class A>
  void operator()(std::string_view name, std::vector<T, A>& values) {
    (*this)(name, std::span<T>(values));
  }
  template <PlainElement T, std::size_t N>
  void operator()(std::string_view name, std::array<T, N>& values) {
    (*this)(name, std::span<T>(values));
  }
  template <PlainElement T>
  void operator()(std::string_view name, Matrix<T>& m) {
    const Field field = take(name, FieldKind::matrix, element_of<T>());
    require_shape(name, {m.rows(), m.cols()}, field.shape);
    copy(field, m.flat().data());
  }
  template <class T, class A>
  requires(!Scalar<T>) void operator()(std::string_view name, std::vector<T, A>& list) {
    enter(name, FieldKind::list);
    require_length("", list.size(), open_.back().fields.size());
    read_list(list, [&](std::string_view item, T& value) { (*this)(item, value); });
  }
  template <class T>
  requires std::is_class_v<T>
  void operator()(std::string_view name, T& value) {
    enter(name, FieldKind::section);
    detail::visit(*this, value);
    leave();
  }
  /// For what has no fixed length: spikes in flight, partial sums.
  template <PlainElement T, class A>
  void resized(std::string_view name, std::vector<T, A>& values) {
    const Field field = take(name, FieldKind::vector, element_of<T>());
    values.resize(field.payload.size() / sizeof(T));
    copy(field, values.data());
  }
  template <PlainElement T>
  void resized(std::string_view name, Matrix<T>& m) {
    const Field field = take(name, FieldKind::matrix, element_of<T>());
    m = Matrix<T>(field.shape[0], field.shape[1]);
    copy(field, m.flat().data());
  }
  template <class T, class A>
  requires(!Scalar<T>) void resized(std::string_view name, std::vector<T, A>& list) {
    enter(name, FieldKind::list);
    list.resize(open_.back().fields.size());
    read_list(list, [&](std::string_view item, T& value) {
      if constexpr (requires { resized(item, value); })
        resized(item, value);
      else
        (*this)(item, value);
    });
  }
  template <class F>
  requires std::is_invocable_v<F>
  void section(std::string_view name, F&& fields) {
    enter(name, FieldKind::section);
    fields();
    leave();
  }
  /// All that is there, in its order.
  std::vector<StateField> fields() const;
  /// Every field must have been read: a leftover one means state that this program would drop.
  void finish();

 private:
  struct Field {
    std::string_view name;
    FieldKind kind;
    Element element;
    std::array<std::uint64_t, 2> shape;
    std::span<const std::byte> payload;
    bool read = false;
  };
  struct Open {
    std::string name;
    std::vector<Field> fields;
    std::size_t next = 0;
  };
  std::vector<Field> parse(std::span<const std::byte> bytes) const;
  Field take(std::string_view name, FieldKind kind, Element element);
  void enter(std::string_view name, FieldKind kind);
  void leave();
  std::string path(std::string_view name) const;
  void require_length(std::string_view name, std::uint64_t expected, std::uint64_t found) const;
  void require_shape(std::string_view name, std::array<std::uint64_t, 2> expected,
                     std::array<std::uint64_t, 2> found) const;
  static void copy(const Field& field, void* to) {
    if (!field.payload.empty()) std::memcpy(to, field.payload.data(), field.payload.size());
  }
  template <class List, class F>
  void read_list(List& list, F&& read) {
    for (std::size_t i = 0; i < list.size(); ++i) read(std::to_string(i), list[i]);
    leave();
  }
  std::string origin_;
  std::vector<Open> open_;
};

/// The state of a visitable value as bytes, and back into a value that was built the same way.
template <class T>
Bytes save_state(const T& value) {
  return written_state([&](StateWriter& writer) { detail::visit(writer, const_cast<T&>(value)); });
}
template <class T>
void load_state(std::span<const std::byte> bytes, T& value, std::string origin = "state") {
  StateReader reader(bytes, std::move(origin));
  detail::visit(reader, value);
  reader.finish();
}

}  // namespace apical::io
