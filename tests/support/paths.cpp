// SPDX-License-Identifier: Apache-2.0
#include "support/paths.h"

#include "support/hostile_libc.h"

namespace apical::test {

const char* const kSourceDir = APICAL_SOURCE_DIR;
const char* const kTestData = APICAL_TEST_DATA;
const char* const kBinary = APICAL_BINARY;
const char* const kHostileLibc = APICAL_HOSTILE_LIBC;

}  // namespace apical::test
