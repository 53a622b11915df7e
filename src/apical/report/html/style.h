// SPDX-License-Identifier: Apache-2.0
// The look of reports: one style sheet for light, dark, narrow and printed pages, and a few lines of script.
#pragma once

#include <string_view>

namespace apical {

/// Colours after Okabe & Ito (2008), lightened for dark pages; neither contains "<" nor "&".
std::string_view report_css();

/// Hovering or focusing a curve, label, row or arrow dims the others of its figure. The page reads without
/// it.
std::string_view report_script();

}  // namespace apical
