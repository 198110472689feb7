// SPDX-License-Identifier: GPL-2.0-or-later
//
// Model-free sensitivity: a guess from texture and motion, used until a
// gradient model speaks. It is labelled as a proxy wherever it is stored.

#ifndef FOVEA_SENSITIVITY_PROXY_H_
#define FOVEA_SENSITIVITY_PROXY_H_

#include <vector>

#include "codec/grid.h"

namespace fovea {

inline constexpr char kProxyModelName[] = "proxy:texture-motion/1";

// Most QP offset the proxy may ask for. It is a guess, so it may take
// little: 6 QP steps halve the precision, 18 would ruin what it misjudges.
inline constexpr int kProxyMaxOffset = 6;

// One relative sensitivity per macroblock of `grid`, row-major, > 0.
// Moving and textured blocks score high (detectors fire on object edges),
// flat and still ones low. Source: the shares measured in the oracle note.
std::vector<double> ProxySensitivity(const Grid& grid);

}  // namespace fovea

#endif  // FOVEA_SENSITIVITY_PROXY_H_
