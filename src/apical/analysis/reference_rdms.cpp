// SPDX-License-Identifier: Apache-2.0
#include "apical/analysis/reference_rdms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apical/core/error.h"
#include "apical/io/npy_reader.h"

namespace apical {
namespace {

const std::vector<std::string> kAxes{"subject", "session", "pair", "stimulus"};

/// Where an axis stands and how far its elements lie apart.
struct Axis {
  std::size_t length = 1, stride = 0;
};

struct Layout {
  Axis subject, session, pair, row, column;
};

Layout layout_of(const io::Array& array, const std::vector<std::string>& axes, const std::string& origin) {
  if (axes.size() != array.shape.size()) {
    throw DataError(fmt::format("{} has {} axes {}, axes names {}", origin, array.shape.size(),
                                io::shape_text(array.shape), join_names(axes)));
  }
  Layout layout;
  std::size_t stride = 1;
  for (std::size_t a = axes.size(); a-- > 0;) {
    const Axis axis{static_cast<std::size_t>(array.shape[a]), stride};
    stride *= axis.length;
    Axis* target = nullptr;
    if (axes[a] == "subject") target = &layout.subject;
    if (axes[a] == "session") target = &layout.session;
    if (axes[a] == "pair") target = &layout.pair;
    if (axes[a] == "stimulus") target = layout.column.stride == 0 ? &layout.column : &layout.row;
    if (target == nullptr) {
      throw DataError(
          fmt::format("{}: there is no axis '{}'; {}", origin, axes[a], suggestion(axes[a], kAxes)));
    }
    if (target->stride != 0) throw DataError(fmt::format("{}: axis {} is named twice", origin, axes[a]));
    *target = axis;
  }
  const bool pairs = layout.pair.stride != 0, square = layout.row.stride != 0;
  if (pairs == square || (layout.column.stride != 0) != square) {
    throw DataError(
        fmt::format("{}: axes are {}; expected pair, or stimulus twice", origin, join_names(axes)));
  }
  return layout;
}

class Reader {
 public:
  Reader(const io::Array& array, const Layout& layout, const std::string& origin)
      : array_(array), layout_(layout), origin_(origin) {}

  Rdm pairs_from(std::size_t offset) const {
    const std::size_t entries = layout_.pair.length;
    const auto stimuli = stimuli_of(entries);
    if (!stimuli) {
      throw DataError(
          fmt::format("{} has {} entries, which is no n(n-1)/2: not the pairs of any number of stimuli",
                      origin_, entries));
    }
    Rdm rdm;
    for (std::size_t i = 0; i < *stimuli; ++i) {
      for (std::size_t j = i + 1; j < *stimuli; ++j) {
        rdm.push_back(finite(offset + layout_.pair.stride * rdm.size(), i, j));
      }
    }
    return rdm;
  }

  Rdm square_from(std::size_t offset) const {
    const std::size_t n = layout_.row.length;
    if (layout_.column.length != n) {
      throw DataError(fmt::format("{} is {} x {}; expected a square", origin_, n, layout_.column.length));
    }
    Rdm rdm;
    for (std::size_t i = 0; i < n; ++i) {
      if (at(offset, i, i) != 0) {
        throw DataError(
            fmt::format("{}: the diagonal is not zero at stimulus {}: {}", origin_, i, at(offset, i, i)));
      }
      for (std::size_t j = i + 1; j < n; ++j) {
        const double above = finite(place(offset, i, j), i, j), below = finite(place(offset, j, i), j, i);
        // Stored in single precision, sums in two orders may differ.
        if (std::abs(above - below) > 1e-6 * std::max(std::abs(above), std::abs(below))) {
          throw DataError(fmt::format("{} is not symmetric, first at stimuli {} and {}: {} and {}", origin_,
                                      i, j, above, below));
        }
        rdm.push_back(above);
      }
    }
    return rdm;
  }

 private:
  std::size_t place(std::size_t offset, std::size_t i, std::size_t j) const {
    return offset + i * layout_.row.stride + j * layout_.column.stride;
  }
  double at(std::size_t offset, std::size_t i, std::size_t j) const {
    return array_.number(place(offset, i, j));
  }
  double finite(std::size_t where, std::size_t i, std::size_t j) const {
    const double value = array_.number(where);
    if (!std::isfinite(value)) {
      throw DataError(
          fmt::format("{}: the entry of stimuli {} and {} is {}; expected a number", origin_, i, j, value));
    }
    return value;
  }

  const io::Array& array_;
  const Layout& layout_;
  const std::string& origin_;
};

}  // namespace

SessionRdms rdms_in(const io::Array& array, const std::vector<std::string>& axes, const std::string& origin) {
  const Layout layout = layout_of(array, axes, origin);
  const Reader reader(array, layout, origin);
  SessionRdms rdms(layout.subject.length);
  for (std::size_t s = 0; s < layout.subject.length; ++s) {
    for (std::size_t t = 0; t < layout.session.length; ++t) {
      const std::size_t offset = s * layout.subject.stride + t * layout.session.stride;
      rdms[s].push_back(layout.pair.stride != 0 ? reader.pairs_from(offset) : reader.square_from(offset));
    }
  }
  return rdms;
}

std::vector<std::string> usual_rdm_axes(std::size_t axes) {
  if (axes == 1) return {"pair"};
  if (axes == 2) return {"subject", "pair"};
  return {"subject", "session", "pair"};
}

SessionRdms read_reference_rdms(const io::Path& path, const std::string& array,
                                const std::vector<std::string>& axes, std::size_t stimuli) {
  const io::Arrays arrays = io::read_npz(path);
  const auto found = arrays.find(array);
  if (found == arrays.end()) {
    throw DataError(fmt::format("{}: there is no array '{}'; {}", path.string(), array,
                                suggestion(array, io::names_of(arrays))));
  }
  const std::string origin = fmt::format("{}: {}", path.string(), array);
  SessionRdms rdms =
      rdms_in(found->second, axes.empty() ? usual_rdm_axes(found->second.shape.size()) : axes, origin);
  if (rdms.empty() || rdms[0].empty()) throw DataError(fmt::format("{} has no RDM", origin));
  const std::size_t found_stimuli = *stimuli_of(rdms[0][0].size());
  if (found_stimuli != stimuli) {
    throw DataError(fmt::format("{} has {} entries = {} stimuli, stimuli.csv has {}", origin,
                                rdms[0][0].size(), found_stimuli, stimuli));
  }
  return rdms;
}

std::vector<Rdm> mean_over_sessions(const SessionRdms& rdms) {
  std::vector<Rdm> means;
  for (const std::vector<Rdm>& sessions : rdms) means.push_back(mean_rdm(sessions));
  return means;
}

Rdm mean_rdm(std::span<const Rdm> rdms) {
  APICAL_CHECK(!rdms.empty());
  Rdm mean(rdms[0].size(), 0.0);
  for (const Rdm& rdm : rdms) {
    for (std::size_t e = 0; e < mean.size(); ++e) mean[e] += rdm[e] / static_cast<double>(rdms.size());
  }
  return mean;
}

}  // namespace apical
