// SPDX-License-Identifier: Apache-2.0
#include "golden/representation.h"
#include "golden/representation_case.h"

namespace apical::golden {
namespace {

class InferenceComparison {
 public:
  InferenceComparison(Comparison& c, std::string name, double allowed)
      : c_(c), name_(std::move(name)), allowed_(allowed) {}

  void number(const std::string& what, double found, const json& expected, double factor = 1) {
    const std::string name = name_ + what;
    if (allowed_ > 0) {
      c_.within(name, found, expected.get<double>(), factor * allowed_);
    } else {
      c_.close(name, found, expected.get<double>());
    }
  }
  template <class Found>
  void numbers(const std::string& what, const Found& found, const json& expected, double factor = 1) {
    c_.exact(name_ + what + ": length", static_cast<double>(found.size()),
             static_cast<double>(expected.size()));
    for (std::size_t i = 0; i < std::min<std::size_t>(found.size(), expected.size()); ++i) {
      number(what + "[" + std::to_string(i) + "]", found[i], expected[i], factor);
    }
  }
  void matrix(const std::string& what, const Matrix<double>& found, const json& expected) {
    c_.exact(name_ + what + ": rows", static_cast<double>(found.rows()),
             static_cast<double>(expected.size()));
    for (std::size_t r = 0; r < std::min<std::size_t>(found.rows(), expected.size()); ++r) {
      numbers(what + "[" + std::to_string(r) + "]", found.row(r), expected[r]);
    }
  }

 private:
  Comparison& c_;
  std::string name_;
  double allowed_;
};

template <class Value>
std::vector<double> of_pairs(const std::vector<RdmContrast>& pairs, Value value) {
  std::vector<double> values;
  for (const RdmContrast& pair : pairs) values.push_back(value(pair));
  return values;
}

}  // namespace

void compare_inference(Comparison& c, const std::string& name, const RdmInference& found,
                       const json& expected, double allowed) {
  InferenceComparison with(c, name + ".", allowed);
  with.numbers("scores", found.scores, expected.at("scores"));
  with.matrix("per_subject", found.per_subject, expected.at("per_subject"));
  if (!found.ceiling) throw DataError(name + ": one subject has no ceiling");
  with.number("ceiling_lower", found.ceiling->lower, expected.at("ceiling_lower"));
  with.number("ceiling_upper", found.ceiling->upper, expected.at("ceiling_upper"));
  c.exact(name + ".dof", static_cast<double>(found.degrees_of_freedom), expected.at("dof").get<double>());
  with.matrix("draws.both", found.both, expected.at("draws").at("both"));
  with.matrix("draws.subjects", found.subjects, expected.at("draws").at("subjects"));
  with.matrix("draws.stimuli", found.stimuli, expected.at("draws").at("stimuli"));
  c.exact(name + ".variance: length", static_cast<double>(found.variance.size()),
          static_cast<double>(expected.at("variance").size()));
  for (std::size_t k = 0; k < found.variance.size(); ++k) {
    const json& variance = expected.at("variance").at(k);
    with.number("variance.both", found.variance[k].both, variance.at("both"));
    with.number("variance.subjects", found.variance[k].subjects, variance.at("subjects"));
    with.number("variance.stimuli", found.variance[k].stimuli, variance.at("stimuli"));
    with.number("variance.combined", found.variance[k].combined, variance.at("combined"));
  }
  with.numbers("p_zero", found.p_zero, expected.at("p_zero"), 10);
  json order = json::array();
  for (const RdmContrast& pair : found.pairs) order.push_back({pair.a, pair.b});
  c.exact(name + ".pairs", order, expected.at("pairs"));
  with.numbers("difference", of_pairs(found.pairs, [](auto& p) { return p.difference; }),
               expected.at("difference"));
  with.numbers("t", of_pairs(found.pairs, [](auto& p) { return p.t; }), expected.at("t"), 10);
  with.numbers("p", of_pairs(found.pairs, [](auto& p) { return p.p; }), expected.at("p"), 10);
  with.numbers("q", of_pairs(found.pairs, [](auto& p) { return p.q; }), expected.at("q_benjamini_hochberg"),
               10);
  c.close_all(name + ".p_max", of_pairs(found.pairs, [](auto& p) { return p.p_max; }),
              expected.at("p_max_statistic"));
  for (std::size_t k = 0; k < found.below_ceiling.size(); ++k) {
    const json& below = expected.at("below_lower_ceiling").at(k);
    with.number("below.difference", found.below_ceiling[k].difference, below.at("difference"));
    const json& variance = below.at("variance");
    with.number("below.variance", found.below_ceiling[k].variance.combined,
                variance.is_object() ? variance.at("combined") : variance);
    with.number("below.p", found.below_ceiling[k].p, below.at("p"), 10);
  }
  c.note_unknown_keys(
      expected,
      {"scores", "per_subject", "ceiling_lower", "ceiling_upper", "dof", "draws", "variance", "p_zero",
       "pairs", "difference", "t", "p", "q_benjamini_hochberg", "p_max_statistic", "below_lower_ceiling"},
      name + ".");
}

void replay_rdm_inference(const json& file, Comparison& c) {
  const json& inputs = file.at("inputs");
  const json& expected = file.at("expected");
  const auto subjects = inputs.at("subjects").get<std::vector<Rdm>>();
  std::vector<SeedRdms> models;
  for (const json& model : inputs.at("models")) models.push_back({model.get<Rdm>()});
  ThreadPool pool(1);
  const RdmDraws draws{draws_of(inputs.at("stimulus_draws")), draws_of(inputs.at("subject_draws"))};
  for (const auto& one : expected.at("ceiling").items()) {
    const NoiseCeiling ceiling = noise_ceiling(subjects, by_name<RdmMeasure>(one.key()));
    c.close("ceiling.lower " + one.key(), ceiling.lower, one.value().at("lower").get<double>());
    c.close("ceiling.upper " + one.key(), ceiling.upper, one.value().at("upper").get<double>());
  }
  for (const auto& one : expected.at("pooled").items()) {
    c.close_all("pooled " + one.key(), pooled_rdm(subjects, by_name<RdmMeasure>(one.key())), one.value());
  }
  for (const auto& one : expected.at("inference").items()) {
    compare_inference(c, "inference " + one.key(),
                      infer_from_draws(models, subjects, by_name<RdmMeasure>(one.key()), draws, pool),
                      one.value(), 0);
  }
  for (const auto& item : expected.items()) {
    const std::string prefix = "permutation_";
    if (item.key().rfind(prefix, 0) != 0) continue;
    const PermutationTest test =
        permutation_test(models, subjects, by_name<RdmMeasure>(item.key().substr(prefix.size())),
                         draws_of(inputs.at("permutations")), pool);
    close_all_of(c, item.key() + ".null", test.null, item.value().at("null"));
    c.close_all(item.key() + ".p", test.p, item.value().at("p"));
    c.close_all(item.key() + ".p_max", test.p_max, item.value().at("p_max_over_models"));
  }
  c.note_unknown_keys(expected, {"ceiling", "pooled", "inference", "permutation_spearman"}, "expected.");
}

}  // namespace apical::golden
