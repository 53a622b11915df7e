// SPDX-License-Identifier: Apache-2.0
// The path of a library which, named by LD_PRELOAD, makes a program's C library hostile (hostile_libc.cpp).
#pragma once

namespace apical::test {

extern const char* const kHostileLibc;

}  // namespace apical::test
