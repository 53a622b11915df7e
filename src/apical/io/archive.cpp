// SPDX-License-Identifier: Apache-2.0
// A field: kind u8, element u8, name length u16, rows u64, columns u64 (0 unless a matrix), payload length
// u64, name, payload. The payload of a section or list is fields.
#include "apical/io/archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace apical::io {

namespace {
constexpr std::size_t kFieldHeader = 4 + 3 * 8;

constexpr std::array<std::string_view, 12> kElementNames{"nothing", "bool",   "int8",  "uint8",
                                                         "int16",   "uint16", "int32", "uint32",
                                                         "int64",   "uint64", "float", "double"};
constexpr std::array<std::uint8_t, 12> kElementSizes{0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8};

void store(Bytes& bytes, std::size_t at, std::uint64_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

template <class T>
T load(std::span<const std::byte> bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::string describe(FieldKind kind, Element element) {
  switch (kind) {
    case FieldKind::scalar:
      return fmt::format("a {}", name_of(element));
    case FieldKind::vector:
      return fmt::format("a vector of {}", name_of(element));
    case FieldKind::matrix:
      return fmt::format("a matrix of {}", name_of(element));
    case FieldKind::string:
      return "a string";
    case FieldKind::section:
      return "a section";
    case FieldKind::list:
      return "a list";
  }
  return "nothing known";
}
}  // namespace

std::string_view name_of(Element element) { return kElementNames.at(static_cast<std::size_t>(element)); }
std::size_t size_of(Element element) { return kElementSizes.at(static_cast<std::size_t>(element)); }

void StateWriter::put(std::string_view name, FieldKind kind, Element element,
                      std::array<std::uint64_t, 2> shape, std::span<const std::byte> payload) {
  APICAL_CHECK(!name.empty() && name.size() <= std::numeric_limits<std::uint16_t>::max());
  // Two fields of one name: the second would be read for the first.
  APICAL_CHECK(open_.back().names.emplace(name).second);
  size_ += kFieldHeader + name.size() + payload.size();
  if (mode_ == Mode::measure) return;
  const std::size_t at = bytes_.size();
  bytes_.resize(at + kFieldHeader);
  bytes_[at] = static_cast<std::byte>(kind);
  bytes_[at + 1] = static_cast<std::byte>(element);
  const auto name_length = static_cast<std::uint16_t>(name.size());
  std::memcpy(bytes_.data() + at + 2, &name_length, sizeof name_length);
  store(bytes_, at + 4, shape[0]);
  store(bytes_, at + 12, shape[1]);
  store(bytes_, at + 20, payload.size());
  const auto name_bytes = bytes_of(name);
  bytes_.insert(bytes_.end(), name_bytes.begin(), name_bytes.end());
  bytes_.insert(bytes_.end(), payload.begin(), payload.end());
}

void StateWriter::begin(std::string_view name, FieldKind kind) {
  const std::size_t at = bytes_.size();
  put(name, kind, Element::none, {}, {});
  open_.push_back({at + 20, {}});
}

void StateWriter::end() {
  const std::size_t length_at = open_.back().length_at;
  open_.pop_back();
  if (mode_ == Mode::measure) return;
  const std::size_t name_length = load<std::uint16_t>(bytes_, length_at - 18);
  store(bytes_, length_at, bytes_.size() - (length_at + 8 + name_length));
}

Bytes StateWriter::take() && {
  APICAL_CHECK(open_.size() == 1);
  return std::move(bytes_);
}

StateReader::StateReader(std::span<const std::byte> bytes, std::string origin) : origin_(std::move(origin)) {
  open_.push_back({"", {}, 0});
  open_.back().fields = parse(bytes);
}

std::string StateReader::path(std::string_view name) const {
  std::string out;
  for (const Open& open : open_) {
    if (!open.name.empty()) out += (out.empty() ? "" : ".") + open.name;
  }
  if (!name.empty()) out += (out.empty() ? "" : ".") + std::string(name);
  return out.empty() ? origin_ : fmt::format("{}: field '{}'", origin_, out);
}

std::vector<StateReader::Field> StateReader::parse(std::span<const std::byte> bytes) const {
  std::vector<Field> fields;
  std::size_t at = 0;
  const auto damaged = [&](const char* what) {
    return DataError(fmt::format("{}: {} after {} fields, at byte {} of {}", path(""), what, fields.size(),
                                 at, bytes.size()));
  };
  while (at < bytes.size()) {
    if (bytes.size() - at < kFieldHeader) throw damaged("a field is cut short");
    Field field{};
    const auto kind = load<std::uint8_t>(bytes, at), element = load<std::uint8_t>(bytes, at + 1);
    if (kind < 1 || kind > 6 || element >= kElementNames.size())
      throw damaged("there is a field of unknown type");
    field.kind = static_cast<FieldKind>(kind);
    field.element = static_cast<Element>(element);
    field.shape = {load<std::uint64_t>(bytes, at + 4), load<std::uint64_t>(bytes, at + 12)};
    const std::size_t name_length = load<std::uint16_t>(bytes, at + 2);
    const auto length = load<std::uint64_t>(bytes, at + 20);
    const std::size_t rest = bytes.size() - at - kFieldHeader;
    if (name_length > rest || length > rest - name_length) throw damaged("a field is cut short");
    const std::byte* name = bytes.data() + at + kFieldHeader;
    field.name = {reinterpret_cast<const char*>(name), name_length};
    field.payload = bytes.subspan(at + kFieldHeader + name_length, length);
    const std::size_t unit = size_of(field.element);
    const bool whole = unit == 0 || length % unit == 0;
    const std::uint64_t count = unit == 0 ? 0 : length / unit;
    const auto [rows, cols] = field.shape;
    const bool shaped = field.kind != FieldKind::matrix ||
                        (rows == 0 || cols == 0 ? count == 0 : count / rows == cols && count % rows == 0);
    const bool one = field.kind != FieldKind::scalar || count == 1;
    const bool nests = field.kind == FieldKind::section || field.kind == FieldKind::list;
    if (!whole || !shaped || !one || nests != (field.element == Element::none))
      throw damaged("a field's length does not fit its type");
    fields.push_back(field);
    at += kFieldHeader + name_length + length;
  }
  return fields;
}

StateReader::Field StateReader::take(std::string_view name, FieldKind kind, Element element) {
  Open& open = open_.back();
  // Fields are asked for in the order they were written, unless the class was rearranged since.
  std::size_t found = open.next;
  if (found >= open.fields.size() || open.fields[found].name != name || open.fields[found].read) {
    found = 0;
    while (found < open.fields.size() && (open.fields[found].name != name || open.fields[found].read))
      ++found;
  }
  if (found == open.fields.size()) {
    std::vector<std::string> unread;
    for (const Field& field : open.fields) {
      if (!field.read) unread.emplace_back(field.name);
    }
    throw DataError(
        fmt::format("{}: expected {}, found none of that name ({})", path(name), describe(kind, element),
                    unread.empty() ? "all fields there have been read" : suggestion(name, unread)));
  }
  Field& field = open.fields[found];
  if (field.kind != kind || field.element != element) {
    throw DataError(fmt::format("{}: expected {}, found {}", path(name), describe(kind, element),
                                describe(field.kind, field.element)));
  }
  field.read = true;
  open.next = found + 1;
  return field;
}

std::vector<StateField> StateReader::fields() const {
  std::vector<StateField> out;
  out.reserve(open_.back().fields.size());
  for (const Field& f : open_.back().fields) out.push_back({f.name, f.kind, f.element, f.shape, f.payload});
  return out;
}

void StateReader::enter(std::string_view name, FieldKind kind) {
  const Field field = take(name, kind, Element::none);
  open_.push_back({std::string(name), {}, 0});
  open_.back().fields = parse(field.payload);
}

void StateReader::leave() {
  for (const Field& field : open_.back().fields) {
    if (!field.read) {
      throw DataError(fmt::format("{}: found {} that this program does not know", path(field.name),
                                  describe(field.kind, field.element)));
    }
  }
  open_.pop_back();
}

void StateReader::finish() {
  APICAL_CHECK(open_.size() == 1);
  leave();
}

void StateReader::require_length(std::string_view name, std::uint64_t expected, std::uint64_t found) const {
  if (expected == found) return;
  throw DataError(fmt::format("{}: expected length {}, found {}", path(name), expected, found));
}

void StateReader::require_shape(std::string_view name, std::array<std::uint64_t, 2> expected,
                                std::array<std::uint64_t, 2> found) const {
  if (expected == found) return;
  throw DataError(fmt::format("{}: expected shape {} x {}, found {} x {}", path(name), expected[0],
                              expected[1], found[0], found[1]));
}

}  // namespace apical::io
