// SPDX-License-Identifier: Apache-2.0
#include "apical/learning/alignment.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace apical {
namespace {

double dot(std::span<const double> a, std::span<const double> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

/// An update post (x) pre.
struct RankOne {
  std::span<const double> post, pre;
};

/// sum += scale * update where synapses exist (all, if `existing` is empty)
void add_outer(Matrix<double>& sum, double scale, RankOne update, const Matrix<double>& existing) {
  for (std::size_t i = 0; i < update.post.size(); ++i) {
    const double p = scale * update.post[i];
    for (std::size_t k = 0; k < update.pre.size(); ++k)
      sum(i, k) += existing.size() == 0 ? p * update.pre[k] : p * update.pre[k] * existing(i, k);
  }
}

/// The product of two updates over the synapses that exist.
double product(RankOne a, RankOne b, const Matrix<double>& existing) {
  if (existing.size() == 0) return dot(a.post, b.post) * dot(a.pre, b.pre);
  double sum = 0;
  for (std::size_t i = 0; i < a.post.size(); ++i) {
    double row = 0;
    for (std::size_t k = 0; k < a.pre.size(); ++k) row += existing(i, k) * a.pre[k] * b.pre[k];
    sum += a.post[i] * b.post[i] * row;
  }
  return sum;
}

/// The products of a whole update with an exact one where synapses exist; both are added to their sums.
CreditProducts products_of(const Matrix<double>& whole, RankOne exact, double g,
                           const Matrix<double>& existing, Matrix<double>& credit_sum,
                           Matrix<double>& gradient_sum) {
  CreditProducts out;
  const bool one_to_one = whole.rows() != exact.post.size();
  for (std::size_t i = 0; i < exact.post.size(); ++i) {
    for (std::size_t k = 0; k < exact.pre.size(); ++k) {
      if ((one_to_one && i != k) || (existing.size() != 0 && existing(i, k) == 0)) continue;
      const double credit = one_to_one ? whole(0, k) : whole(i, k);
      const double gradient = g * exact.post[i] * exact.pre[k];
      out.ab += credit * gradient;
      out.aa += credit * credit;
      out.bb += gradient * gradient;
      credit_sum(i, k) += credit;
      gradient_sum(i, k) += gradient;
    }
  }
  return out;
}

}  // namespace

double angle_degrees(double ab, double aa, double bb) {
  if (!(aa > 0) || !(bb > 0)) return std::numeric_limits<double>::quiet_NaN();
  return std::acos(std::clamp(ab / std::sqrt(aa) / std::sqrt(bb), -1.0, 1.0)) * 180 / std::numbers::pi;
}

CreditProducts total_of(std::span<const CreditProducts> areas) {
  CreditProducts total;
  for (const CreditProducts& a : areas) {
    total.bb += a.bb;
    if (!(a.aa > 0) || !(a.bb > 0)) continue;
    total.ab += a.ab * std::sqrt(a.bb / a.aa);
    total.aa += a.bb;
  }
  return total;
}

AngleStatistics::AngleStatistics(std::vector<std::string> areas)
    : names_(std::move(areas)), angle_sum_(names_.size() + 1, 0.0), defined_(names_.size() + 1, 0) {
  names_.emplace_back("total");
}

void AngleStatistics::count(std::vector<CreditProducts> areas) {
  ++samples_;
  for (std::size_t a = 0; a < areas.size(); ++a) {
    for (const auto& [quantity, length] : {std::pair{"credit", areas[a].aa}, {"gradient", areas[a].bb}}) {
      if (!std::isfinite(length))
        throw NumericalFault({.population = names_[a], .quantity = quantity, .value = length});
    }
  }
  areas.push_back(total_of(areas));
  for (std::size_t a = 0; a < areas.size(); ++a) {
    const double angle = areas[a].angle();
    if (std::isnan(angle)) continue;
    angle_sum_[a] += angle;
    ++defined_[a];
  }
}

std::vector<AreaAlignment> AngleStatistics::result(std::vector<CreditProducts> batch) const {
  batch.push_back(total_of(batch));
  std::vector<AreaAlignment> out;
  for (std::size_t a = 0; a < batch.size(); ++a) {
    const double mean = defined_[a] > 0 ? angle_sum_[a] / static_cast<double>(defined_[a])
                                        : std::numeric_limits<double>::quiet_NaN();
    out.push_back({names_[a], mean, batch[a].angle(), samples_ - defined_[a]});
  }
  return out;
}

AlignmentMeter::AlignmentMeter(const Circuit& circuit, FeedforwardGradient& gradient)
    : circuit_(circuit), gradient_(gradient) {
  std::vector<std::string> areas;
  credit_sum_.reserve(gradient.learnable().size());  // which would be copied as lists grow
  gradient_sum_.reserve(gradient.learnable().size());
  for (ProjectionId j : gradient.learnable()) {
    const Population& to = circuit[circuit[j].to];
    const auto at = std::find(areas.begin(), areas.end(), to.area);
    area_of_.push_back(static_cast<std::size_t>(at - areas.begin()));
    if (at == areas.end()) areas.push_back(to.area);
    post_.emplace_back(to.size);
    pre_.emplace_back(circuit[circuit[j].from].size);
    const std::size_t pairs = std::min(post_.back().size(), pre_.back().size());
    whole_.push_back(!circuit[j].rule->interpreted ? Matrix<double>()
                     : circuit[j].topology == Topology::one_to_one
                         ? Matrix<double>(1, pairs)
                         : Matrix<double>(post_.back().size(), pre_.back().size()));
    credit_sum_.emplace_back(post_.back().size(), pre_.back().size());
    gradient_sum_.push_back(credit_sum_.back());
  }
  areas_ = areas.size();
  angles_.emplace(std::move(areas));
}

void AlignmentMeter::sample(std::span<const double> input, std::span<const double> target) {
  gradient_.forward(input);
  gradient_.backward(target);
  std::vector<CreditProducts> products(areas_);
  for (std::size_t m = 0; m < post_.size(); ++m) {
    const Projection& j = circuit_[gradient_.learnable()[m]];
    const RankOne credit{post_[m], pre_[m]}, exact{gradient_.delta(j.to), gradient_.rate(j.from)};
    const double g = gradient_.gamma(gradient_.learnable()[m]);
    const Matrix<double>& existing = gradient_.existing(gradient_.learnable()[m]);
    CreditProducts& area = products[area_of_[m]];
    if (whole_[m].size() != 0) {
      const CreditProducts whole =
          products_of(whole_[m], exact, g, existing, credit_sum_[m], gradient_sum_[m]);
      area.ab += whole.ab;
      area.aa += whole.aa;
      area.bb += whole.bb;
      continue;
    }
    area.ab += g * product(credit, exact, existing);
    area.aa += product(credit, credit, existing);
    area.bb += g * g * product(exact, exact, existing);
    add_outer(credit_sum_[m], 1, credit, existing);
    add_outer(gradient_sum_[m], g, exact, existing);
  }
  angles_->count(std::move(products));
}

std::vector<AreaAlignment> AlignmentMeter::result() const {
  std::vector<CreditProducts> batch(areas_);
  for (std::size_t m = 0; m < post_.size(); ++m) {
    CreditProducts& area = batch[area_of_[m]];
    area.ab += dot(credit_sum_[m].flat(), gradient_sum_[m].flat());
    area.aa += dot(credit_sum_[m].flat(), credit_sum_[m].flat());
    area.bb += dot(gradient_sum_[m].flat(), gradient_sum_[m].flat());
  }
  return angles_->result(std::move(batch));
}

}  // namespace apical
