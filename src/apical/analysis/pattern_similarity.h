// SPDX-License-Identifier: Apache-2.0
// How alike the activity of two networks (or areas) is for the same stimuli, without RDMs. X and Y are
// stimuli x units, of any widths; K = XX', L = YY'. None of these changes if units are rotated, shifted or
// all scaled by one factor.
#pragma once

#include "apical/core/matrix.h"

namespace apical {

/// ‖Y'X‖² / (‖X'X‖ ‖Y'Y‖), columns centred (linear CKA; Kornblith et al., ICML 2019). Biased towards 1 when
/// there are more units than stimuli. DataError if either is constant over stimuli.
double cka(MatrixView<const double> x, MatrixView<const double> y);

/// The same with H of Song et al. (JMLR 13, 2012), which is 0 on average for unrelated activity:
/// H(K,L) = [tr KL + ΣK ΣL/((n-1)(n-2)) - 2/(n-2) 1'KL1] / (n(n-3)), diagonals of K and L set to 0; four or
/// more stimuli. NaN if H(K,K) or H(L,L) is not above 0.
double debiased_cka(MatrixView<const double> x, MatrixView<const double> y);

/// How far two sets of patterns stay apart under the best rotation (Williams et al., NeurIPS 2021). Columns
/// centred, of Frobenius norm 1; `similarity` s is the nuclear norm of X'Y.
struct Procrustes {
  double similarity = 0;  ///< s, from 0 to 1
  double angle_rad = 0;   ///< arccos s
  double distance = 0;    ///< √(2 - 2s)
};
Procrustes procrustes(MatrixView<const double> x, MatrixView<const double> y);

}  // namespace apical
