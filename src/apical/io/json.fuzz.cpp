// SPDX-License-Identifier: Apache-2.0
// Any bytes are JSON that reads back as itself once written, or are refused.
#include "apical/io/json.h"

#include "support/fuzz.h"

APICAL_FUZZ(input) {
  nlohmann::json value;
  if (!apical::fuzz::accepted([&] { value = apical::io::parse_json(input.text(), "x.json"); })) return;
  apical::fuzz::require(apical::io::parse_json(apical::io::json_text(value), "again.json") == value);
}
