// SPDX-License-Identifier: Apache-2.0
// Where the sources, the tests' data and the program are. In one file, so that a test is compiled to the same
// object wherever the checkout lies.
#pragma once

namespace apical::test {

extern const char* const kSourceDir;
extern const char* const kTestData;
extern const char* const kBinary;

}  // namespace apical::test
