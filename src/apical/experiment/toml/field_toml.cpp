// SPDX-License-Identifier: Apache-2.0
#include "apical/experiment/toml/field_toml.h"

#include <fmt/format.h>

#include <algorithm>

namespace apical {
namespace {

Matrix<double> to_matrix(const std::vector<std::vector<double>>& rows) {
  Matrix<double> m(rows.size(), rows.empty() ? 0 : rows.front().size());
  for (std::size_t i = 0; i < m.rows(); ++i) std::copy(rows[i].begin(), rows[i].end(), m.row(i).begin());
  return m;
}

struct Reader {
  TomlReader& t;
  const Field& f;

  void operator()(bool& v) const { v = t.boolean(f.name, v); }
  void operator()(double& v) const { v = t.number(f.name, v); }
  void operator()(std::string& v) const {
    if (missing(v)) {
      v = t.text(f.name);
    } else if (!f.optional || !v.empty() || t.has(f.name)) {
      v = t.text(f.name, v);
    }
  }
  void operator()(std::vector<double>& v) const {
    if (left_out(v)) return;
    v = missing(v) ? t.numbers(f.name) : t.numbers(f.name, v);
    refuse_empty(v);
  }
  void operator()(std::vector<std::string>& v) const {
    if (left_out(v)) return;
    v = missing(v) ? t.texts(f.name) : t.texts(f.name, v);
    refuse_empty(v);
  }
  void operator()(Entries& v) const {
    v = missing(v) ? t.numbers_and_texts(f.name) : t.numbers_and_texts(f.name, v);
  }
  void operator()(Matrix<double>& v) const {
    if (t.kind(f.name) != TomlKind::absent) v = to_matrix(t.number_rows(f.name, f.areas));
  }
  template <class List>
  bool missing(const List& list) const {
    return f.required && list.empty();
  }
  template <class List>
  bool left_out(const List& list) const {
    return f.optional && list.empty() && !t.has(f.name);
  }
  template <class List>
  void refuse_empty(const List& list) const {
    if (f.optional && list.empty()) throw FieldError(f.name.c_str(), "is empty; leave it out", f.meaning);
  }
};

}  // namespace

void TomlFields::visit(const Field& f, FieldValue& value) { std::visit(Reader{table_, f}, value); }

void TomlFields::without(std::string_view name, const std::string& why) {
  if (!table_.has(name)) return;
  throw ConfigError(fmt::format("'{}' does not go with {}", table_.path(name), why), table_.place(name),
                    "leave it out");
}

}  // namespace apical
