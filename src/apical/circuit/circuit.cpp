// SPDX-License-Identifier: Apache-2.0
#include "apical/circuit/circuit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "apical/circuit/formula_rule.h"
#include "apical/core/field_error.h"
#include "apical/core/stored_name.h"

namespace apical {
namespace {

template <class Items>
std::vector<std::string> names_of(const Items& items) {
  std::vector<std::string> names;
  names.reserve(items.size());
  for (const auto& item : items) names.push_back(item.name);
  return names;
}

bool uses_slope(const WeightDecay& decay) {
  return decay.post == WeightDecay::PostGate::slope || decay.pre == WeightDecay::PreGate::slope;
}

bool needs_compartment(PostFactor::Kind kind) {
  return kind == PostFactor::Kind::voltage_residual || kind == PostFactor::Kind::rate_residual ||
         kind == PostFactor::Kind::compartment || kind == PostFactor::Kind::noise;
}

/// `field` is the key of a population or projection under which what is wrong stands.
void require_finite(double value, const char* field, const std::string& what) {
  if (!std::isfinite(value))
    throw FieldError::about({field}, fmt::format("{} is {}; expected a finite number", what, value));
}

void require_not_negative(double value, const char* field, const std::string& what) {
  require_finite(value, field, what);
  if (value < 0) throw FieldError::about({field}, fmt::format("{} is {}; expected 0 or more", what, value));
}

void validate_population(const Circuit& circuit, const Population& p) {
  const auto where = [&](const char* field) { return fmt::format("{} of population '{}'", field, p.name); };
  require_storable(p.name, "a population", "name");
  const RecordedUnder under = recorded_under(p);
  require_storable(under.area, fmt::format("the area of population '{}'", p.name), "name", {"projections"});
  require_storable(under.name, fmt::format("what follows the area in population '{}'", p.name), "name");
  if (p.size == 0)
    throw FieldError::about({"size"}, fmt::format("{} is 0; expected at least 1", where("size")));
  if (p.kind == Population::Kind::external) return;
  require_not_negative(p.leak, "leak", where("leak"));
  std::set<std::string> seen;
  for (const Compartment& c : p.compartments) {
    require_not_negative(c.conductance, "compartments",
                         fmt::format("conductance of compartment '{}' of '{}'", c.name, p.name));
    require_storable(c.name, fmt::format("a compartment of '{}'", p.name), "compartments");
    constexpr std::string_view kOfPopulations[] = {"rate",  "soma",     "prospective", "lookahead",
                                                   "slope", "mismatch", "noise",       "rate_highpass"};
    if (std::ranges::find(kOfPopulations, c.name) != std::end(kOfPopulations)) {
      throw FieldError::about(
          {"compartments"},
          fmt::format("a compartment of '{}' is named '{}', which is a variable of the population; "
                      "expected another name",
                      p.name, c.name),
          "e.g. basal, apical");
    }
    for (const std::string_view suffix : {"_steps", "_time"}) {
      if (!c.name.ends_with(suffix)) continue;
      throw FieldError::about(
          {"compartments"},
          fmt::format(
              "a compartment of '{}' is named '{}', as are the times of recordings; expected a name that "
              "does not end in {}",
              p.name, c.name, suffix));
    }
    if (!seen.insert(c.name).second) {
      throw FieldError::about({"compartments"},
                              fmt::format("population '{}' has two compartments named '{}'", p.name, c.name));
    }
    const std::string low_pass = fmt::format("low_pass_ms of compartment '{}' of '{}'", c.name, p.name);
    require_not_negative(c.low_pass_ms, "compartments", low_pass);
    if (c.low_pass_ms > 0 && c.low_pass_ms < circuit.dt_ms) {
      throw FieldError::about({"compartments"},
                              fmt::format("{} is {} ms, shorter than the time step of {} ms", low_pass,
                                          c.low_pass_ms, circuit.dt_ms));
    }
  }
  if (!(p.total_conductance() > 0)) {
    throw FieldError::about(
        {"leak", "compartments"},
        fmt::format(
            "population '{}' has neither leak nor conductance: its membrane time constant is infinite",
            p.name));
  }
  if (!p.lookahead && circuit.dt_ms > p.tau_ms()) {
    throw FieldError::about(
        {"dt_ms", "lookahead"},
        fmt::format("dt_ms = {:g} is longer than the membrane time constant of '{}' ({:.3g} "
                    "ms): the Euler step is unstable",
                    circuit.dt_ms, p.name, p.tau_ms()),
        fmt::format("choose dt_ms well below {:.2g}", p.tau_ms()));
  }
  for (const auto& [field, list] : {std::pair{"slopes", &p.slopes}, {"offsets", &p.offsets}}) {
    if (!list->empty() && list->size() != p.size) {
      throw FieldError::about(
          {field},
          fmt::format("population '{}' has {} neurons but {} values in its list of slopes or offsets", p.name,
                      p.size, list->size()));
    }
  }
  require_finite(p.slope, "slope", where("slope"));
  require_finite(p.offset, "offset", where("offset"));
  require_not_negative(p.slope_sd, "slope_sd", where("slope_sd"));
  require_not_negative(p.offset_sd, "offset_sd", where("offset_sd"));
  require_not_negative(p.initial_soma_sd, "initial_soma_sd", where("initial_soma_sd"));
  if (!(p.lookahead_gain > 0) || !std::isfinite(p.lookahead_gain)) {
    throw FieldError::about({"lookahead_gain"}, fmt::format("{} is {}; expected a positive number",
                                                            where("lookahead_gain"), p.lookahead_gain));
  }
  if (p.teacher) {
    const Population& teacher = circuit[*p.teacher];
    if (teacher.kind != Population::Kind::external || teacher.size != p.size) {
      throw FieldError::about(
          {"teacher"},
          fmt::format("the teacher of '{}' must be an external population of {} rates; '{}' has {}", p.name,
                      p.size, teacher.name, teacher.size));
    }
  }
  if (p.noise) {
    p.compartment_index(p.noise->compartment, fmt::format("the noise of population '{}'", p.name), "noise");
    require_not_negative(p.noise->scale, "noise", where("noise scale"));
    if (!(p.noise->tau_ms > 0))
      throw FieldError::about(
          {"noise"}, fmt::format("{} is {}; expected more than 0", where("noise tau_ms"), p.noise->tau_ms));
    if (p.noise->hold_steps < 1)
      throw FieldError::about({"noise"}, fmt::format("{} is {}; expected at least 1",
                                                     where("noise hold_steps"), p.noise->hold_steps));
  }
}

void validate_rule(const Circuit& circuit, const Projection& j) {
  const PlasticityRule& rule = *j.rule;
  const Population& to = circuit[j.to];
  const Population& from = circuit[j.from];
  const auto where = [&](const char* field) {
    return fmt::format("{} of the rule of projection '{}'", field, j.name);
  };
  require_finite(rule.eta, "rule", where("eta"));
  if (rule.formula && rule != rule_of(*rule.formula, j.compartment)) {
    throw FieldError::about({"rule"},
                            fmt::format("{} does not give what else the rule says", where("formula")),
                            "make the rule of its formula with rule_of()");
  }
  if (rule.interpreted) {
    if (!rule.formula)
      throw FieldError::about({"rule"},
                              fmt::format("{} is missing, and the rule is interpreted", where("formula")));
    for (const std::string& compartment : formula::parse(*rule.formula).compartments())
      to.compartment_index(compartment, fmt::format("the rule of projection '{}'", j.name), "rule");
  }
  if (j.view) {
    throw FieldError::about(
        {"rule"},
        fmt::format("projection '{}' shows the transpose of '{}' and cannot have a rule of its own", j.name,
                    circuit[j.view->of].name),
        "put the rule on the viewed projection, or give this one weights of its own");
  }
  if (needs_compartment(rule.post.kind))
    to.compartment_index(rule.post.compartment, fmt::format("the rule of projection '{}'", j.name), "rule");
  if (rule.post.kind == PostFactor::Kind::noise &&
      (!to.noise || to.noise->compartment != rule.post.compartment)) {
    throw FieldError::about({"rule"},
                            fmt::format("{} reads noise in '{}', but population '{}' has none there",
                                        where("post factor"), rule.post.compartment, to.name));
  }
  for (auto [value, field] : {std::pair{rule.post.low_pass_ms, "post.low_pass_ms"},
                              {rule.pre.low_pass_ms, "pre.low_pass_ms"},
                              {rule.pre.high_pass_ms, "pre.high_pass_ms"},
                              {rule.update_low_pass_ms, "update_low_pass_ms"}}) {
    require_not_negative(value, "rule", where(field));
    if (value > 0 && value < circuit.dt_ms) {
      throw FieldError::about({"rule"}, fmt::format("{} is {} ms, shorter than the time step of {} ms",
                                                    where(field), value, circuit.dt_ms));
    }
  }
  if (rule.pre.kind == PreFactor::Kind::high_passed_rate && !(rule.pre.high_pass_ms > 0)) {
    throw FieldError::about(
        {"rule"},
        fmt::format("{} is 0; high_passed_rate needs the filter's time constant", where("pre.high_pass_ms")));
  }
  if (rule.pre.kind == PreFactor::Kind::high_passed_rate && from.kind == Population::Kind::external) {
    throw FieldError::about({"rule"}, fmt::format("{}: '{}' is external and has no high-passed rate",
                                                  where("pre factor"), from.name));
  }
  if (uses_slope(rule.decay) && from.kind == Population::Kind::external) {
    throw FieldError::about({"rule"},
                            fmt::format("{}: '{}' is external and has no slope", where("decay"), from.name));
  }
  if (rule.pre.low_pass_ms > 0 && rule.pre.kind != PreFactor::Kind::transmitted) {
    throw FieldError::about({"rule"},
                            fmt::format("{} filters what the synapse transmitted; pre.kind is {}",
                                        where("pre.low_pass_ms"), name_of(rule.pre.kind)),
                            "use pre.kind = \"transmitted\"");
  }
  if (rule.update_low_pass_ms > 0 && j.topology == Topology::one_to_one) {
    throw FieldError::about({"rule"}, fmt::format("{} is for dense projections; '{}' is one_to_one",
                                                  where("update_low_pass_ms"), j.name));
  }
  if (rule.decay.pre == WeightDecay::PreGate::positive && rule.pre.kind == PreFactor::Kind::none) {
    throw FieldError::about(
        {"rule"},
        fmt::format("{} is positive, but there is no presynaptic factor to be positive", where("decay.pre")));
  }
  const bool half = (rule.post.kind == PostFactor::Kind::none) != (rule.pre.kind == PreFactor::Kind::none);
  if (half)
    throw FieldError::about({"rule"}, fmt::format("{}: a product needs both factors, or none for pure decay",
                                                  where("post and pre")));
}

void validate_derivation(const Circuit& circuit, const Projection& j) {
  const DerivedWeights& d = *j.weights.derivation;
  const Projection& of = circuit[d.of];
  if (of.weights.derivation || (d.times && circuit[*d.times].weights.derivation)) {
    throw FieldError::about(
        {"weights"},
        fmt::format("initial weights of projection '{}' derive from weights that are derived themselves",
                    j.name),
        "derive both from the drawn weights");
  }
  if (j.topology != Topology::dense || of.topology != Topology::dense ||
      (d.times && circuit[*d.times].topology != Topology::dense)) {
    throw FieldError::about(
        {"weights"},
        fmt::format("initial weights of projection '{}' can only be derived between dense projections",
                    j.name));
  }
  if (d.transposed && d.times) {
    throw FieldError::about(
        {"weights"},
        fmt::format(
            "initial weights of projection '{}' are derived from a transpose or from a product, not both",
            j.name));
  }
  std::size_t rows = circuit[of.to].size, cols = circuit[of.from].size;
  if (d.transposed) std::swap(rows, cols);
  if (d.times) {
    const Projection& times = circuit[*d.times];
    if (circuit[times.to].size != cols) {
      throw FieldError::about(
          {"weights"},
          fmt::format("the product of '{}' and '{}' that projection '{}' begins with does not exist: {} "
                      "columns meet {} rows",
                      of.name, times.name, j.name, cols, circuit[times.to].size));
    }
    cols = circuit[times.from].size;
  }
  if (rows != circuit[j.to].size || cols != circuit[j.from].size) {
    throw FieldError::about(
        {"weights"},
        fmt::format("derived initial weights of projection '{}' are {} x {}; expected {} x {} (post x pre)",
                    j.name, rows, cols, circuit[j.to].size, circuit[j.from].size));
  }
}

void validate_law(const InitialWeights& w, const char* field, const std::string& where) {
  for (const double x : {w.low, w.high, w.scale, w.identity})
    require_finite(x, field, fmt::format("a constant of {}", where));
  using Law = InitialWeights::Law;
  if ((w.law == Law::uniform || w.law == Law::uniform_upper) && w.low > w.high) {
    throw FieldError::about(
        {field},
        fmt::format("{} are drawn from {} to {}; expected the lower end first", where, w.low, w.high),
        "exchange low and high");
  }
  if (w.law == Law::normal && w.high < 0) {
    throw FieldError::about(
        {field}, fmt::format("{} are normal with an sd of {} (high); expected 0 or more", where, w.high));
  }
}

void validate_projection(const Circuit& circuit, const Projection& j) {
  const Population& from = circuit[j.from];
  const Population& to = circuit[j.to];
  if (to.kind == Population::Kind::external) {
    throw FieldError::about(
        {"to"}, fmt::format("projection '{}' ends at the external population '{}'", j.name, to.name));
  }
  require_storable(j.name, "a projection", "name");
  to.compartment_index(j.compartment, fmt::format("projection '{}'", j.name));
  if (from.kind == Population::Kind::external && j.transmits != Quantity::rate) {
    throw FieldError::about(
        {"transmits"},
        fmt::format("projection '{}' transmits {} of '{}', but an external population has only a rate",
                    j.name, name_of(j.transmits), from.name));
  }
  if (j.transmits == Quantity::mismatch && !from.teacher) {
    throw FieldError::about(
        {"transmits"}, fmt::format("projection '{}' transmits the mismatch of '{}', which has no teacher",
                                   j.name, from.name));
  }
  if (j.delay_steps < 0)
    throw FieldError::about(
        {"delay_steps"},
        fmt::format("delay_steps of projection '{}' is {}; expected 0 or more", j.name, j.delay_steps));
  if (!(j.density >= 0 && j.density <= 1)) {
    throw FieldError::about(
        {"density"}, fmt::format("density of projection '{}' is {}; expected 0 … 1", j.name, j.density));
  }
  if (j.density < 1 && (j.topology != Topology::dense || j.view)) {
    throw FieldError::about(
        {"density", "topology"},
        fmt::format("density of projection '{}' is {}, but a {} has no synapses to leave out", j.name,
                    j.density, j.view ? "transposed view" : "one_to_one projection"),
        j.view ? "set the density of the viewed projection" : "use topology = \"dense\"");
  }
  if (j.weights.law == InitialWeights::Law::explicit_values && !j.weights.values && !j.view) {
    throw FieldError::about(
        {"weights"},
        fmt::format("weights of projection '{}' are explicit_values, but no values are given", j.name));
  }
  if (j.weights.values) {
    const auto& m = *j.weights.values;
    const bool one_to_one = j.topology == Topology::one_to_one;
    const std::size_t rows = one_to_one ? 1 : to.size,
                      cols = one_to_one ? std::min(from.size, to.size) : from.size;
    if (m.rows() != rows || m.cols() != cols) {
      throw FieldError::about(
          {"weights"}, fmt::format("weights of projection '{}' are {} x {}; expected {} x {} (post x pre)",
                                   j.name, m.rows(), m.cols(), rows, cols));
    }
    for (double w : m.flat()) {
      if (!std::isfinite(w))
        throw FieldError::about({"weights"}, fmt::format("a weight of projection '{}' is {}", j.name, w));
    }
  }
  if (j.weights.values && j.weights.law != InitialWeights::Law::explicit_values) {
    throw FieldError::about({"weights"},
                            fmt::format("weights of projection '{}' have values, but their law is {}", j.name,
                                        name_of(j.weights.law)));
  }
  if ((j.weights.law == InitialWeights::Law::derived) != j.weights.derivation.has_value()) {
    throw FieldError::about(
        {"weights"},
        fmt::format("weights of projection '{}': law = derived and a derivation belong together", j.name));
  }
  if (j.view && j.view->deviation && j.view->deviation->law == InitialWeights::Law::derived) {
    throw FieldError::about(
        {"view"},
        fmt::format("the deviation of projection '{}' cannot be derived from other weights", j.name));
  }
  if (j.weights.derivation) validate_derivation(circuit, j);
  validate_law(j.weights, "weights", fmt::format("initial weights of projection '{}'", j.name));
  if (j.view && j.view->deviation)
    validate_law(*j.view->deviation, "view",
                 fmt::format("deviations in the view of projection '{}'", j.name));
  if (j.view) {
    const Projection& viewed = circuit[j.view->of];
    if (viewed.view || viewed.topology != Topology::dense || j.topology != Topology::dense) {
      throw FieldError::about(
          {"view"},
          fmt::format("projection '{}' can only show the transpose of a dense projection with weights of its "
                      "own; '{}' is not one",
                      j.name, viewed.name));
    }
    if (j.view->deviation && j.view->deviation->law == InitialWeights::Law::derived) {
      throw FieldError::about(
          {"view"},
          fmt::format("the deviation in the view of projection '{}' cannot be derived from other weights",
                      j.name));
    }
    if (j.view->deviation && j.view->deviation->law == InitialWeights::Law::explicit_values) {
      const auto& m = j.view->deviation->values;
      if (!m || m->rows() != to.size || m->cols() != from.size) {
        throw FieldError::about(
            {"view"},
            fmt::format(
                "the deviation in the view of projection '{}' is {} x {}; expected {} x {} (post x pre)",
                j.name, m ? m->rows() : 0, m ? m->cols() : 0, to.size, from.size));
      }
    }
    if (j.effect != Effect::add) {
      throw FieldError::about(
          {"effect", "view"},
          fmt::format("effect of projection '{}' is multiply, but a transposed view can only add", j.name),
          "give the projection weights of its own");
    }
  }
  if (j.rule) validate_rule(circuit, j);
}

}  // namespace

RecordedUnder recorded_under(const Population& p) {
  const std::string area = p.area.empty() ? "external" : p.area;
  return {area, p.name.starts_with(area + ".") ? p.name.substr(area.size() + 1) : p.name};
}

std::size_t Population::compartment_index(std::string_view compartment, std::string_view where,
                                          const char* field) const {
  for (std::size_t i = 0; i < compartments.size(); ++i) {
    if (compartments[i].name == compartment) return i;
  }
  throw FieldError::about({field},
                          fmt::format("unknown compartment '{}'{}{} (population '{}' has {})", compartment,
                                      where.empty() ? "" : " in ", where, name,
                                      compartments.empty() ? "none" : join_names(names_of(compartments))),
                          suggestion(compartment, names_of(compartments)));
}

double Population::total_conductance() const {
  double total = leak;
  for (const Compartment& c : compartments) total += c.conductance;
  return total;
}

PopulationId Circuit::add_population(Population population) {
  for (const Population& p : populations_) {
    if (p.name == population.name)
      throw ConfigError(fmt::format("there are two populations named '{}'", p.name));
  }
  populations_.push_back(std::move(population));
  return {static_cast<std::uint32_t>(populations_.size() - 1)};
}

PopulationId Circuit::add_external(std::string external_name, std::size_t size) {
  Population p;
  p.name = std::move(external_name);
  p.size = size;
  p.kind = Population::Kind::external;
  return add_population(std::move(p));
}

ProjectionId Circuit::connect(PopulationId from, PopulationId to, ConnectOptions o) {
  Projection j{.name = std::move(o.name),
               .from = from,
               .to = to,
               .compartment = std::move(o.compartment),
               .transmits = o.transmits,
               .effect = o.effect,
               .topology = o.topology,
               .pathway = o.pathway,
               .density = o.density,
               .delay_steps = o.delay_steps,
               .weights = std::move(o.weights),
               .view = std::move(o.view),
               .rule = std::move(o.rule)};
  if (j.name.empty()) {
    j.name = fmt::format("{}->{}.{}", (*this)[from].name, (*this)[to].name, j.compartment);
  }
  for (const Projection& other : projections_) {
    if (other.name == j.name)
      throw ConfigError(fmt::format("there are two projections named '{}'", j.name), {},
                        "give one of them a name of its own");
  }
  for (const Projection& other : projections_)
    j.draw_address = std::max(j.draw_address, other.draw_address + 1);
  projections_.push_back(std::move(j));
  return {static_cast<std::uint32_t>(projections_.size() - 1)};
}

void Circuit::remove(ProjectionId id) {
  const Projection removed = projections_.at(id.value);
  for (const Projection& j : projections_) {
    if (j.view && j.view->of == id) {
      throw ConfigError(
          fmt::format("projection '{}' cannot be removed: '{}' shows its transpose", removed.name, j.name),
          {}, fmt::format("remove '{}' first, or give it weights of its own", j.name));
    }
    const auto& derivation = j.weights.derivation;
    if (derivation && (derivation->of == id || derivation->times == id)) {
      throw ConfigError(
          fmt::format("projection '{}' cannot be removed: '{}' begins with weights derived from it",
                      removed.name, j.name),
          {}, fmt::format("remove '{}' first, or give it weights of its own", j.name));
    }
  }
  projections_.erase(projections_.begin() + static_cast<std::ptrdiff_t>(id.value));
  const auto moved = [&](ProjectionId other) {
    return ProjectionId{other.value > id.value ? other.value - 1 : other.value};
  };
  std::optional<ProjectionId> heir;  // of a deviation that several views share
  for (std::uint32_t k = 0; k < projections_.size(); ++k) {
    if (auto& derivation = projections_[k].weights.derivation) {
      derivation->of = moved(derivation->of);
      if (derivation->times) derivation->times = moved(*derivation->times);
    }
    if (!projections_[k].view) continue;
    TransposedView& view = *projections_[k].view;
    view.of = moved(view.of);
    if (!view.shares_deviation_with) continue;
    if (*view.shares_deviation_with != id) {
      view.shares_deviation_with = moved(*view.shares_deviation_with);
    } else if (heir) {
      view.shares_deviation_with = heir;
    } else {
      heir = ProjectionId{k};
      view.shares_deviation_with.reset();
      projections_[k].draw_address = removed.draw_address;
    }
  }
}

PopulationId Circuit::population(std::string_view wanted) const {
  for (std::size_t i = 0; i < populations_.size(); ++i) {
    if (populations_[i].name == wanted) return {static_cast<std::uint32_t>(i)};
  }
  throw ConfigError(fmt::format("unknown population '{}'", wanted), {},
                    suggestion(wanted, names_of(populations_)));
}

ProjectionId Circuit::projection(std::string_view wanted) const {
  for (std::size_t i = 0; i < projections_.size(); ++i) {
    if (projections_[i].name == wanted) return {static_cast<std::uint32_t>(i)};
  }
  throw ConfigError(fmt::format("unknown projection '{}'", wanted), {},
                    suggestion(wanted, names_of(projections_)));
}

void Circuit::validate() const {
  if (!(dt_ms > 0) || !std::isfinite(dt_ms)) {
    throw FieldError("dt_ms", fmt::format("is {}; expected a positive time step in ms", dt_ms),
                     "the papers' circuits use 0.01");
  }
  // Ten nanoseconds: no membrane needs less, and between two steps at which a run can stop lie too many.
  constexpr double kFinestMs = 1e-5;
  if (dt_ms < kFinestMs) {
    throw FieldError("dt_ms", fmt::format("is {:g}; expected at least {:g} ms", dt_ms, kFinestMs),
                     "the papers' circuits use 0.01");
  }
  if (populations_.empty()) throw ConfigError(fmt::format("circuit '{}' has no populations", name));
  std::map<std::pair<std::string, std::string>, std::string> recorded;
  for (const Population& p : populations_) {
    validate_population(*this, p);
    const RecordedUnder under = recorded_under(p);
    const auto [other, is_new] = recorded.try_emplace({under.area, under.name}, p.name);
    if (is_new) continue;
    throw ConfigError(fmt::format("populations '{}' and '{}' would both be recorded as {} of area {}",
                                  other->second, p.name, under.name, under.area),
                      {}, "give one of them another name");
  }
  for (const Projection& j : projections_) validate_projection(*this, j);
}

void Circuit::validate(PopulationId id) const { validate_population(*this, (*this)[id]); }
void Circuit::validate(ProjectionId id) const { validate_projection(*this, (*this)[id]); }

std::size_t Circuit::synapse_count() const {
  std::size_t n = 0;
  for (const Projection& j : projections_) {
    const std::size_t pre = (*this)[j.from].size, post = (*this)[j.to].size;
    if (j.view && !j.view->deviation) continue;
    n += j.topology == Topology::one_to_one ? std::min(pre, post) : pre * post;
  }
  return n;
}

std::size_t Circuit::plastic_synapse_count() const {
  std::size_t n = 0;
  for (const Projection& j : projections_) {
    if (!j.rule) continue;
    const std::size_t pre = (*this)[j.from].size, post = (*this)[j.to].size;
    n += j.topology == Topology::one_to_one ? std::min(pre, post) : pre * post;
  }
  return n;
}

std::size_t Circuit::neuron_count() const {
  std::size_t n = 0;
  for (const Population& p : populations_) n += p.kind == Population::Kind::neurons ? p.size : 0;
  return n;
}

namespace {
std::string rule_text(const Population& to, const Projection& j) {
  const PlasticityRule& r = *j.rule;
  if (r.interpreted) {
    std::string numbers;
    for (const auto& [name, number] : r.formula->numbers) numbers += fmt::format(", {} = {:g}", name, number);
    return fmt::format("dw/dt = {}{} (interpreted)", r.formula->text, numbers);
  }
  std::string post, pre;
  const std::string v = "v_" + r.post.compartment;
  const double tau = to.tau_ms();
  double a = r.post.attenuation.value_or(0);
  if (!r.post.attenuation && needs_compartment(r.post.kind)) {
    a = to.compartments[to.compartment_index(r.post.compartment)].conductance * tau;
  }
  switch (r.post.kind) {
    case PostFactor::Kind::none:
      break;
    case PostFactor::Kind::voltage_residual:
      post = fmt::format("(u_look - {:.4g} {})", a, v);
      break;
    case PostFactor::Kind::rate_residual:
      post = fmt::format("(r - phi({:.4g} {}))", a, v);
      break;
    case PostFactor::Kind::compartment:
      post = v;
      break;
    case PostFactor::Kind::noise:
      post = "noise_" + r.post.compartment;
      break;
    case PostFactor::Kind::rate:
      post = "r";
      break;
  }
  switch (r.pre.kind) {
    case PreFactor::Kind::none:
      break;
    case PreFactor::Kind::transmitted:
    case PreFactor::Kind::transmitted_now:
      pre = std::string(name_of(j.transmits)) + "_pre";
      break;
    case PreFactor::Kind::high_passed_rate:
      pre = "highpass(rate_pre)";
      break;
  }
  std::string text =
      post.empty()
          ? ""
          : fmt::format("{}{} x {}", r.post.gain == 1 ? "" : fmt::format("{:g} ", r.post.gain), post, pre);
  if (r.decay.alpha != 0 && r.decay.toward == WeightDecay::Toward::forget) {
    text += ", forgotten in the next step";
  } else if (r.decay.alpha != 0) {
    text += fmt::format(" - {:g} (w{})", r.decay.alpha,
                        r.decay.toward == WeightDecay::Toward::identity ? " - I" : "");
  }
  return fmt::format("dw/dt = {:g} [{}]", r.eta, text);
}
}  // namespace

std::string describe(const Circuit& circuit) {
  std::string out = fmt::format("circuit '{}', dt = {:g} ms, {} neurons, {} synapses ({} plastic)\n",
                                circuit.name, circuit.dt_ms, circuit.neuron_count(), circuit.synapse_count(),
                                circuit.plastic_synapse_count());
  for (const Population& p : circuit.populations()) {
    if (p.kind == Population::Kind::external) {
      out += fmt::format("  {} [{}] external\n", p.name, p.size);
      continue;
    }
    out += fmt::format("  {} [{}] {}{}, tau = {:.4g} ms, leak {:g}", p.name, p.size, name_of(p.activation),
                       p.lookahead ? " of lookahead" : " of soma", p.tau_ms(), p.leak);
    for (const Compartment& c : p.compartments) out += fmt::format(", {} {:g}", c.name, c.conductance);
    if (p.teacher) out += fmt::format(", teacher '{}'", circuit[*p.teacher].name);
    out += "\n";
  }
  for (const Projection& j : circuit.projections()) {
    out += fmt::format("  {}: {} of {} {} {}.{} ({}, {})", j.name, name_of(j.transmits), circuit[j.from].name,
                       j.effect == Effect::add ? "→" : "⇒ multiplies", circuit[j.to].name, j.compartment,
                       name_of(j.topology), name_of(j.pathway));
    if (j.delay_steps > 0) out += fmt::format(", {} steps later", j.delay_steps);
    if (j.view)
      out += fmt::format(", {:g} x transpose of {}{}", j.view->scale, circuit[j.view->of].name,
                         j.view->deviation ? " + fixed deviation" : "");
    if (j.rule) out += ", " + rule_text(circuit[j.to], j);
    out += "\n";
  }
  return out;
}

}  // namespace apical
