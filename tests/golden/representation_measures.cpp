// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "golden/representation.h"
#include "golden/representation_case.h"

namespace apical::golden {
namespace {

/// RDMs of a `measures` file by the names that its comparisons use: "x correlation", "labels", …
class NamedRdms {
 public:
  NamedRdms(const json& inputs) {
    for (const auto& input : inputs.items()) {
      const json& value = input.value();
      if (input.key() == "labels") {
        rdms_["labels"] = label_rdm(label_texts(value));
      } else if (input.key() != "repeats" && input.key() != "precision") {
        patterns_[input.key()] = read_matrix<double>(value);
      }
    }
    if (!inputs.contains("repeats")) return;
    const auto repeats = read_matrices<double>(inputs.at("repeats"));
    rdms_["crossnobis identity"] = crossnobis_rdm(repeats);
    rdms_["crossnobis diagonal"] = crossnobis_rdm(repeats, diagonal_precision(repeats));
    if (inputs.contains("precision")) {
      rdms_["crossnobis precision"] = crossnobis_rdm(repeats, read_matrix<double>(inputs.at("precision")));
    }
  }

  const Matrix<double>& patterns(const std::string& name) const {
    const auto found = patterns_.find(name);
    if (found == patterns_.end()) throw DataError("inputs has no activity '" + name + "'");
    return found->second;
  }

  const Rdm& operator()(const std::string& name) {
    if (!rdms_.contains(name)) {
      const std::size_t space = name.rfind(' ');
      if (space == std::string::npos) throw DataError("there is no RDM '" + name + "'");
      rdms_[name] =
          rdm_of(patterns(name.substr(0, space)).view(), by_name<Dissimilarity>(name.substr(space + 1)));
    }
    return rdms_.at(name);
  }

 private:
  std::map<std::string, Matrix<double>> patterns_;
  std::map<std::string, Rdm> rdms_;
};

void compare_measures(Comparison& c, const std::string& name, const Rdm& a, const Rdm& b,
                      const json& expected) {
  for (const auto& measure : expected.items()) {
    c.close(name + " " + measure.key(), compare_rdms(a, b, by_name<RdmMeasure>(measure.key())),
            measure.value().get<double>());
  }
}

void compare_plane(Comparison& c, const std::string& name, const Rdm& rdm, const json& expected) {
  const ScaledPlane plane = classical_scaling(rdm);
  c.close_all(name + ".eigenvalues", plane.eigenvalues, expected.at("eigenvalues"));
  c.close(name + ".fraction", plane.share, expected.at("fraction_in_the_plane").get<double>());
  std::vector<double> distances;
  for (std::size_t i = 0; i < plane.points.rows(); ++i) {
    for (std::size_t j = i + 1; j < plane.points.rows(); ++j) {
      distances.push_back(
          std::hypot(plane.points(i, 0) - plane.points(j, 0), plane.points(i, 1) - plane.points(j, 1)));
    }
  }
  c.close_all(name + ".distances", distances, expected.at("distances_in_the_plane"));
}

void compare_procrustes(Comparison& c, const Procrustes& found, const json& expected) {
  c.close("procrustes.similarity", found.similarity, expected.at("similarity").get<double>());
  c.close("procrustes.angle_rad", found.angle_rad, expected.at("angle_rad").get<double>());
  c.close("procrustes.distance", found.distance, expected.at("distance").get<double>());
}

}  // namespace

void replay_rdm_measures(const json& file, Comparison& c) {
  const json& inputs = file.at("inputs");
  const json& expected = file.at("expected");
  NamedRdms rdms(inputs);
  for (const auto& item : expected.items()) {
    const std::string& key = item.key();
    const json& value = item.value();
    if (key == "rdm") {
      for (const auto& input : value.items()) {
        for (const auto& kind : input.value().items()) {
          const std::string name = input.key() + " " + kind.key();
          c.close_all("rdm " + name, rdms(name), kind.value());
        }
      }
    } else if (key == "rdm_labels") {
      c.close_all(key, rdms("labels"), value);
    } else if (key == "crossnobis") {
      for (const auto& kind : value.items())
        c.close_all("crossnobis " + kind.key(), rdms("crossnobis " + kind.key()), kind.value());
    } else if (key == "midranks") {
      for (const auto& name : value.items())
        c.close_all("midranks " + name.key(), midranks(rdms(name.key())), name.value());
    } else if (key == "compare") {
      for (const auto& pair : value.items()) {
        const auto names = split(pair.key(), ", ");
        compare_measures(c, pair.key(), rdms(names.at(0)), rdms(names.at(1)), pair.value());
      }
    } else if (key == "partial-spearman") {
      for (const auto& one : value.items()) {
        const auto sides = split(one.key(), " | ");
        const auto names = split(sides.at(0), ", ");
        std::vector<Rdm> controls;
        for (const std::string& control : split(sides.at(1), ", ")) controls.push_back(rdms(control));
        c.close("partial " + one.key(), partial_spearman(rdms(names.at(0)), rdms(names.at(1)), controls),
                one.value().get<double>());
      }
    } else if (key == "cka" || key == "cka_debiased") {
      const MatrixView<const double> x = rdms.patterns("x").view(), y = rdms.patterns("y").view();
      c.close(key, key == "cka" ? cka(x, y) : debiased_cka(x, y), value.get<double>());
    } else if (key == "procrustes") {
      compare_procrustes(c, procrustes(rdms.patterns("x").view(), rdms.patterns("y").view()), value);
    } else if (key.rfind("mds_of_", 0) == 0) {
      // "mds_of_x_correlation"
      std::string name = key.substr(7);
      std::replace(name.begin(), name.end(), '_', ' ');
      compare_plane(c, key, rdms(name), value);
    } else {
      c.note_unknown_keys({{key, 0}}, {}, "expected.");
    }
  }
}

void replay_rdm_ties(const json& file, Comparison& c) {
  const json& expected = file.at("expected");
  const Rdm rdm = rdm_of(read_matrix<double>(file.at("inputs").at("x")).view(), Dissimilarity::correlation);
  const auto ordinal = file.at("inputs").at("ordinal").get<std::vector<double>>();
  c.close_all("rdm", rdm, expected.at("rdm"));
  const RankGroups groups = rank_groups(rdm);
  c.exact("groups", json(groups.of), expected.at("groups"));
  c.close_all("midranks", midranks(rdm), expected.at("midranks"));
  compare_measures(c, "with ordinal", rdm, ordinal, expected.at("compare_with_ordinal"));
  compare_measures(c, "with itself", rdm, rdm, expected.at("compare_with_itself"));
  // How many doubles there are for these values is a fact about the other program.
  c.note_unknown_keys(expected,
                      {"rdm", "groups", "midranks", "compare_with_ordinal", "compare_with_itself",
                       "distinct_doubles_in_numpy"},
                      "expected.");
}

}  // namespace apical::golden
