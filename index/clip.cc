// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/clip.h"

#include <tuple>

namespace fovea {

bool ComesBefore(QueryOrder order, const Clip& a, const Clip& b) {
  if (order == QueryOrder::kScore && a.score != b.score) {
    return a.score > b.score;
  }
  if (order == QueryOrder::kLatest && a.span.begin_ns != b.span.begin_ns) {
    return a.span.begin_ns > b.span.begin_ns;
  }
  return std::tie(a.span.begin_ns, a.stream) <
         std::tie(b.span.begin_ns, b.stream);
}

}  // namespace fovea
