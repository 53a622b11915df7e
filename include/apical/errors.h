// SPDX-License-Identifier: Apache-2.0
// What the library throws: Error and below it ConfigError for what was asked for, DataError for files that
// are wrong, IoError for a file system that refuses, NumericalFault for values that are not finite any more.
// The message says what was found, where, what was expected and the nearest valid name.
#pragma once

#include "apical/core/error.h"
