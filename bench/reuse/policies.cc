// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one list of methods: whoever adds one adds a line here.

#include <utility>
#include <vector>

#include "bench/reuse/background_gates.h"
#include "bench/reuse/caches.h"
#include "bench/reuse/glimpse.h"
#include "bench/reuse/learned_gates.h"
#include "bench/reuse/ours.h"
#include "bench/reuse/plain_gates.h"
#include "bench/reuse/policy.h"
#include "bench/reuse/reducto.h"

namespace fovea::bench::reuse {

const std::vector<MethodEntry>& AllMethods() {
  static const auto* methods = [] {
    auto* all = new std::vector<MethodEntry>{
        RunAll(),      EveryK(),         PixelThreshold(), GridThreshold(),
        NoScope(),     NoScopeBlocks(),  NoScopeEarlier(), Frigate(),
        Background(),  Reducto(),        Glimpse(),        StaticCache(),
        FoggyCache(),  Potluck(),        VCache(),         FilterForward(),
        SmartFilter(), InfiSkip(),       InfiReuse(),      PacketGame(),
        Ours(),        OursGateChosen(),
    };
    for (MethodEntry& taught : OursTaught()) all->push_back(std::move(taught));
    return all;
  }();
  return *methods;
}

}  // namespace fovea::bench::reuse
