// SPDX-License-Identifier: Apache-2.0
// What a browser gets, without any file but these three.
#pragma once

#include <string>
#include <string_view>

namespace apical::live {

std::string page(const std::string& token);
std::string_view page_script();
std::string_view page_style();

}  // namespace apical::live
