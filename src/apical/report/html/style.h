// SPDX-License-Identifier: Apache-2.0
// The look of reports: one style sheet for light, dark, narrow and printed pages, and a few lines of script.
#pragma once

#include <string_view>

namespace apical {

/// Colours after Okabe & Ito (2008), lightened for dark pages; neither contains "<" nor "&".
std::string_view report_css();
/// Parts of it: the variables on white paper, which also hold for figures that are saved from a dark page
/// (class "paper"), and how figures look.
std::string_view palette_css();
std::string_view figure_css();

/// The bundle that web/build.mjs makes of web/report and a plotting library. The page reads without it.
std::string_view report_script();

}  // namespace apical
