// SPDX-License-Identifier: Apache-2.0
#include "support/paths.h"

namespace apical::test {

const char* const kSourceDir = APICAL_SOURCE_DIR;
const char* const kTestData = APICAL_TEST_DATA;
const char* const kBinary = APICAL_BINARY;

}  // namespace apical::test
