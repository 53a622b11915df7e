// SPDX-License-Identifier: Apache-2.0
#include "apical/study/represent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "apical/analysis/reference_rdms.h"
#include "apical/core/error.h"
#include "apical/core/random.h"

namespace apical {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
/// Share of tied pairs above which Spearman would favour a model (Nili et al. 2014).
constexpr double kManyTies = 0.01;

using Kind = RepresentedModel::Kind;

struct Reference {
  std::string name;
  std::vector<Rdm> subjects;
};

class Study {
 public:
  Study(const RepresentRequest& request, ThreadPool& pool) : request_(request), pool_(pool) {}

  RepresentResult run() {
    if (request_.runs.empty()) throw UsageError("there is no run to show pictures to");
    whole_ = read_stimulus_set(request_.stimuli);
    kept_.resize(whole_.size());
    std::iota(kept_.begin(), kept_.end(), 0U);
    if (!request_.where.empty()) kept_ = stimuli_where(whole_, request_.where);
    stimuli_ = chosen_stimuli(whole_, kept_);
    result_.stimulus_ids = stimuli_.ids;
    result_.dissimilarity = request_.dissimilarity;
    for (const ReferenceRequest& reference : request_.references) add_reference(reference);
    for (const io::Path& run : request_.runs) add_run(run);
    require_variables();
    for (const std::string& column : request_.labels) add_label(column);
    choose_headline();
    for (const auto& [area, variable] : places()) {
      for (const Reference& reference : references_) {
        for (const RdmMeasure measure : measures_) compare(reference, measure, area, variable);
      }
      compare_networks(area, variable);
    }
    if (references_.empty())
      result_.notes.push_back("no reference: networks are compared with each other only");
    return std::move(result_);
  }

 private:
  void require_variables() const {
    for (const std::string& wanted : request_.variables) {
      if (variables_.contains(wanted)) continue;
      throw UsageError(fmt::format("no area of these networks has a variable '{}'; {}", wanted,
                                   suggestion(wanted, {variables_.begin(), variables_.end()})));
    }
  }

  void add_reference(const ReferenceRequest& wanted) {
    Reference reference{wanted.name, {}};
    for (const Rdm& rdm :
         mean_over_sessions(read_reference_rdms(wanted.file, wanted.array, wanted.axes, whole_.size()))) {
      reference.subjects.push_back(cut_rdm(rdm, kept_));
    }
    if (reference.subjects.size() == 1) {
      result_.notes.push_back(fmt::format(
          "{}: one subject, so there is no noise ceiling, and results carry over to other stimuli alone",
          wanted.name));
    }
    references_.push_back(std::move(reference));
  }

  void add_run(const io::Path& path) {
    RepresentedRun run = represent_run(path, stimuli_, request_.shown, pool_);
    const std::size_t index = result_.runs.size();
    if (std::any_of(result_.runs.begin(), result_.runs.end(),
                    [&](const auto& r) { return r.label == run.label; })) {
      run.label = fmt::format("{} ({})", run.label, path.filename().string());
    }
    if (!run.remark.empty()) result_.notes.push_back(fmt::format("{}: {}", run.label, run.remark));
    if (run.seeds.size() == 1) {
      result_.notes.push_back(
          fmt::format("{}: one seed is one network, and says nothing about its rule", run.label));
    }
    for (const bool trained : {true, false}) {
      std::vector<std::vector<AreaActivity>>& shown = trained ? run.trained : run.untrained;
      for (std::size_t area = 0; area < shown.front().size(); ++area) {
        const AreaActivity& first = shown.front()[area];
        variables_.insert(first.variable);
        if (std::find(request_.variables.begin(), request_.variables.end(), first.variable) ==
            request_.variables.end()) {
          continue;
        }
        RepresentedModel model{trained ? Kind::trained : Kind::untrained,
                               trained ? run.label : "untrained " + run.label,
                               first.area,
                               first.variable,
                               index,
                               first.values.cols(),
                               {},
                               {},
                               {}};
        for (auto& seed : shown) model.patterns.push_back(std::move(seed[area].values));
        finish(model);
        // Rules of one architecture begin with the same weights: kept once.
        std::size_t place = trained ? result_.models.size() : same_as(model);
        if (!trained) untrained_[{index, first.area, first.variable}] = place;
        if (place == result_.models.size()) result_.models.push_back(std::move(model));
      }
    }
    run.trained.clear();
    run.untrained.clear();
    add_pixels(run.input);
    result_.runs.push_back(std::move(run));
  }

  /// The untrained network of this activity, else one past the last.
  std::size_t same_as(const RepresentedModel& model) const {
    const auto found =
        std::find_if(result_.models.begin(), result_.models.end(), [&](const RepresentedModel& other) {
          return other.kind == model.kind && other.area == model.area && other.variable == model.variable &&
                 other.patterns == model.patterns;
        });
    return static_cast<std::size_t>(found - result_.models.begin());
  }

  void finish(RepresentedModel& model) {
    for (std::size_t k = 0; k < model.patterns.size(); ++k) {
      const auto view = std::as_const(model.patterns[k]).view();
      if (const auto stimulus = stimulus_without_direction(view, request_.dissimilarity)) {
        model.undefined = fmt::format("the activity for {} is the same in all units (seed {} of {})",
                                      stimuli_.ids[*stimulus], k + 1, model.patterns.size());
        model.rdms.clear();
        return;
      }
      model.rdms.push_back(rdm_of(view, request_.dissimilarity));
      const Rdm& rdm = model.rdms.back();
      if (std::all_of(rdm.begin(), rdm.end(), [&](double d) { return d == rdm[0]; })) {
        model.undefined = "all stimuli are equally far apart";
        model.rdms.clear();
        return;
      }
    }
  }

  void add_pixels(const NetworkInput& input) {
    RepresentedModel model;
    model.kind = Kind::pixels;
    model.name = "pixels " + text_of(input);
    if (std::any_of(result_.models.begin(), result_.models.end(),
                    [&](const auto& m) { return m.name == model.name; }))
      return;
    model.patterns.push_back(pixels_of(stimuli_, input.size, input.colour));
    model.units = model.patterns.front().cols();
    finish(model);
    result_.models.push_back(std::move(model));
  }

  void add_label(const std::string& column) {
    if (std::count(request_.labels.begin(), request_.labels.end(), column) > 1)
      throw UsageError(fmt::format("label '{}' is asked for twice", column));
    RepresentedModel model;
    model.kind = Kind::label;
    model.name = column;
    model.rdms.push_back(label_rdm(labels_of(stimuli_, column)));
    const Rdm& rdm = model.rdms.front();
    if (std::all_of(rdm.begin(), rdm.end(), [&](double d) { return d == rdm[0]; })) {
      throw DataError(fmt::format("{}: label '{}' does not tell any of the {} stimuli chosen from the others",
                                  request_.stimuli.string(), column, stimuli_.size()));
    }
    result_.models.push_back(std::move(model));
  }

  void choose_headline() {
    measures_ = request_.compare;
    if (measures_.empty()) measures_ = {RdmMeasure::spearman};
    result_.headline = measures_.front();
    for (const RepresentedModel& model : result_.models) {
      if (model.rdms.empty() || tied_share(model.rdms.front()) <= kManyTies) continue;
      if (result_.headline == RdmMeasure::tau_a || result_.headline == RdmMeasure::rho_a) return;
      const bool has_rho =
          std::find(measures_.begin(), measures_.end(), RdmMeasure::rho_a) != measures_.end();
      const bool has_tau =
          std::find(measures_.begin(), measures_.end(), RdmMeasure::tau_a) != measures_.end();
      result_.headline = has_rho && !has_tau ? RdmMeasure::rho_a : RdmMeasure::tau_a;
      if (!has_rho && !has_tau) measures_.push_back(RdmMeasure::tau_a);
      result_.why_headline = fmt::format(
          "{:.0f} % of the pairs of '{}' are tied, and {} favours models that predict ties: judge by {}",
          100 * tied_share(model.rdms.front()), model.name, name_of(measures_.front()),
          name_of(result_.headline));
      return;
    }
  }

  std::vector<std::pair<std::string, std::string>> places() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (const RepresentedModel& model : result_.models) {
      const std::pair place{model.area, model.variable};
      if (!model.area.empty() && std::find(all.begin(), all.end(), place) == all.end()) all.push_back(place);
    }
    return all;
  }

  /// Those of this area, and those that stand beside every area, which have an RDM.
  std::vector<std::size_t> models_at(const std::string& area, const std::string& variable) const {
    std::vector<std::size_t> chosen;
    for (std::size_t m = 0; m < result_.models.size(); ++m) {
      const RepresentedModel& model = result_.models[m];
      const bool here = model.area.empty() || (model.area == area && model.variable == variable);
      if (here && !model.rdms.empty()) chosen.push_back(m);
    }
    return chosen;
  }

  const RdmDraws& draws_for(std::size_t subjects) {
    const auto found =
        std::find_if(draws_.begin(), draws_.end(), [&](const auto& d) { return d.first == subjects; });
    if (found != draws_.end()) return found->second;
    std::vector<Rdm> labels;
    for (const RepresentedModel& model : result_.models) {
      if (model.kind == Kind::label) labels.push_back(model.rdms.front());
    }
    draws_.emplace_back(subjects, draw_stimuli_and_subjects(
                                      request_.seed, request_.resamples, stimuli_.size(), subjects,
                                      [&](std::span<const std::uint32_t> chosen) {
                                        const ChosenPairs pairs = pairs_among(chosen, stimuli_.size());
                                        return std::all_of(labels.begin(), labels.end(), [&](const Rdm& rdm) {
                                          const auto d = pairs.of(rdm);
                                          return std::adjacent_find(d.begin(), d.end(),
                                                                    std::not_equal_to<>()) != d.end();
                                        });
                                      }));
    return draws_.back().second;
  }

  std::vector<std::vector<std::uint32_t>> permutations() const {
    std::vector<std::vector<std::uint32_t>> all;
    for (std::size_t p = 0; p < request_.permutations; ++p) {
      all.push_back(permutation({request_.seed, Stream::bootstrap, 3, p}, stimuli_.size()));
    }
    return all;
  }

  void compare(const Reference& reference, RdmMeasure measure, const std::string& area,
               const std::string& variable) {
    const std::vector<std::size_t> chosen = models_at(area, variable);
    std::vector<SeedRdms> rdms;
    for (const std::size_t m : chosen) rdms.push_back(result_.models[m].rdms);
    RdmInference found = infer_from_draws(rdms, reference.subjects, measure,
                                          draws_for(reference.subjects.size()), pool_, request_.generalise);
    const PermutationTest test = permutation_test(rdms, reference.subjects, measure, permutations(), pool_);
    RepresentTable table{reference.name,
                         area,
                         variable,
                         measure,
                         reference.subjects.size(),
                         found.ceiling,
                         {},
                         std::move(found.pairs),
                         std::move(found.below_ceiling),
                         found.degrees_of_freedom};
    for (std::size_t k = 0; k < chosen.size(); ++k) {
      ModelScore score;
      score.model = chosen[k];
      score.score = found.scores[k];
      score.standard_error = std::sqrt(found.variance[k].combined);
      score.p_zero = found.p_zero[k];
      score.p_permutation = test.p[k];
      score.per_subject.assign(found.per_subject.row(k).begin(), found.per_subject.row(k).end());
      table.scores.push_back(std::move(score));
    }
    for (ModelScore& score : table.scores) mark(score, table, reference);
    result_.tables.push_back(std::move(table));
  }

  static const ModelScore* score_of(const RepresentTable& table, std::size_t model) {
    const auto found = std::find_if(table.scores.begin(), table.scores.end(),
                                    [&](const ModelScore& score) { return score.model == model; });
    return found == table.scores.end() ? nullptr : &*found;
  }
  std::size_t pixels_of_run(std::size_t run) const {
    const std::string name = "pixels " + text_of(result_.runs[run].input);
    const auto found = std::find_if(result_.models.begin(), result_.models.end(),
                                    [&](const RepresentedModel& model) { return model.name == name; });
    return static_cast<std::size_t>(found - result_.models.begin());
  }

  void mark(ModelScore& score, const RepresentTable& table, const Reference& reference) const {
    const RepresentedModel& model = result_.models[score.model];
    score.given_pixels = kNaN;
    if (model.kind != Kind::trained && model.kind != Kind::untrained) return;
    const ModelScore* const pixels = score_of(table, pixels_of_run(model.run));
    if (pixels == nullptr) return;
    score.below_pixels = score.score <= pixels->score;
    const std::vector<Rdm> control{result_.models[pixels->model].rdms.front()};
    double sum = 0;
    for (const Rdm& rdm : model.rdms) {
      for (const Rdm& subject : reference.subjects) sum += partial_spearman(rdm, subject, control);
    }
    score.given_pixels = sum / static_cast<double>(model.rdms.size() * reference.subjects.size());
    if (model.kind != Kind::trained) return;
    const ModelScore* const untrained =
        score_of(table, untrained_.at({model.run, table.area, table.variable}));
    score.below_untrained = untrained != nullptr && score.score <= untrained->score;
  }

  void compare_networks(const std::string& area, const std::string& variable) {
    std::vector<std::size_t> networks = models_at(area, variable);
    std::erase_if(networks, [&](std::size_t m) { return result_.models[m].area.empty(); });
    for (std::size_t i = 0; i < networks.size(); ++i) {
      for (std::size_t j = i + 1; j < networks.size(); ++j) {
        const auto& a = result_.models[networks[i]].patterns;
        const auto& b = result_.models[networks[j]].patterns;
        PatternSimilarity pair{networks[i], networks[j], 0, 0};
        // Networks of the same seeds are paired; of others as many as there are of both.
        const std::size_t seeds = std::min(a.size(), b.size());
        for (std::size_t k = 0; k < seeds; ++k) {
          pair.debiased_cka += debiased_cka(a[k].view(), b[k].view()) / static_cast<double>(seeds);
          pair.procrustes_rad += procrustes(a[k].view(), b[k].view()).angle_rad / static_cast<double>(seeds);
        }
        result_.between.push_back(pair);
      }
    }
  }

  const RepresentRequest& request_;
  ThreadPool& pool_;
  StimulusSet whole_, stimuli_;
  std::vector<std::uint32_t> kept_;
  std::vector<Reference> references_;
  std::vector<RdmMeasure> measures_;
  std::vector<std::pair<std::size_t, RdmDraws>> draws_;
  /// The model of a run's network before learning, by run, area and variable.
  std::map<std::tuple<std::size_t, std::string, std::string>, std::size_t> untrained_;
  std::set<std::string> variables_;  ///< that any area has
  RepresentResult result_;
};

}  // namespace

RepresentResult represent(const RepresentRequest& request, ThreadPool& pool) {
  return Study(request, pool).run();
}

}  // namespace apical
