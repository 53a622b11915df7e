// SPDX-License-Identifier: Apache-2.0
// Every option of an experiment file as a page in Markdown: docs/reference.md.
#pragma once

#include <string>

namespace apical {

/// From the walks over options alone, so that it cannot be out of date.
std::string reference_page();

}  // namespace apical
