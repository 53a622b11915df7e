// SPDX-License-Identifier: Apache-2.0
// Any bytes are the state of a value of every shape there is, in the memory that they deserve, or are
// refused; what is accepted is written as the same bytes.
#include "apical/io/archive.h"

#include "support/fuzz.h"

namespace {

using namespace apical;

struct Inner {
  double weight = 0;
  std::vector<float> spikes;
  template <class Archive>
  void visit_state(Archive& a) {
    a("weight", weight);
    a.resized("spikes", spikes);
  }
};

struct Everything {
  bool flag = false;
  std::uint32_t count = 0;
  std::string name;
  std::vector<double> fixed = std::vector<double>(3);
  Matrix<float> matrix = Matrix<float>(2, 3), any;
  std::vector<std::string> names;
  std::vector<std::vector<std::int64_t>> lists;
  std::vector<Inner> inner;
  template <class Archive>
  void visit_state(Archive& a) {
    a("flag", flag);
    a("count", count);
    a("name", name);
    a("fixed", fixed);
    a("matrix", matrix);
    a.resized("any", any);
    a.resized("names", names);
    a.resized("lists", lists);
    a.section("more", [&] { a.resized("inner", inner); });
  }
};

void walk(std::span<const std::byte> bytes) {
  fuzz::accepted([&] {
    const io::StateReader reader(bytes, "state");
    for (const io::StateField& f : reader.fields()) {
      fuzz::require(f.payload.size() <= bytes.size());
      if (f.kind == io::FieldKind::section || f.kind == io::FieldKind::list) walk(f.payload);
    }
  });
}

}  // namespace

APICAL_FUZZ(input) {
  walk(input.bytes());
  Everything value;
  if (!fuzz::accepted([&] { io::load_state(input.bytes(), value); })) return;
  const io::Bytes again = io::save_state(value);
  // A flag is any byte but 0.
  fuzz::require(again.size() == input.size);
}
