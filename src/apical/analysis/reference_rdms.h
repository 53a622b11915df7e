// SPDX-License-Identifier: Apache-2.0
// RDMs of brains or of other models, from files of somebody else (.npz). Axes are named: `subject` and
// `session` where there are any, then `pair` (the entries above the diagonal, row by row) or `stimulus` twice
// (the square, symmetric with a zero diagonal).
#pragma once

#include <string>
#include <vector>

#include "apical/analysis/rdm.h"
#include "apical/io/array.h"
#include "apical/io/file.h"

namespace apical {

/// subjects x sessions; sessions of a subject are no subjects.
using SessionRdms = std::vector<std::vector<Rdm>>;

/// An array as RDMs. `origin` opens messages. DataError for axes that do not fit, numbers of entries that are
/// no n(n-1)/2, a square that is not symmetric or has a diagonal (the first place), and NaN (the pair).
SessionRdms rdms_in(const io::Array& array, const std::vector<std::string>& axes, const std::string& origin);

/// Axes that go without saying: one axis is `pair`, two are `subject, pair`, three `subject, session, pair`.
std::vector<std::string> usual_rdm_axes(std::size_t axes);

/// From a .npz, of as many stimuli as there are, in their order. `axes` empty: the usual ones.
SessionRdms read_reference_rdms(const io::Path& path, const std::string& array,
                                const std::vector<std::string>& axes, std::size_t stimuli);

/// One RDM for each subject.
std::vector<Rdm> mean_over_sessions(const SessionRdms& rdms);
Rdm mean_rdm(std::span<const Rdm> rdms);

}  // namespace apical
