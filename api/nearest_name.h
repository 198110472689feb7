// SPDX-License-Identifier: GPL-2.0-or-later
//
// Suggestions for mistyped words, for callers that see api only.

#ifndef FOVEA_API_NEAREST_NAME_H_
#define FOVEA_API_NEAREST_NAME_H_

#include "codec/nearest_name.h"  // IWYU pragma: export

#endif  // FOVEA_API_NEAREST_NAME_H_
