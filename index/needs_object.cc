// SPDX-License-Identifier: GPL-2.0-or-later

#include "index/needs_object.h"

#include <algorithm>
#include <variant>

#include "index/evaluate.h"

namespace fovea {
namespace {

struct NeedsObjectPart {
  bool operator()(const CountCondition& c) const {
    return !Satisfies(0, c.comparison, c.count);
  }
  bool operator()(const SensorCondition&) const { return false; }
  bool operator()(const Conjunction& c) const {
    return std::ranges::any_of(c.parts, NeedsObject);
  }
  bool operator()(const Disjunction& c) const {
    return std::ranges::all_of(c.parts, NeedsObject);
  }
  bool operator()(const Negation&) const { return false; }
  bool operator()(const Lasting& c) const { return NeedsObject(c.part[0]); }
  bool operator()(const Sequence& c) const {
    return std::ranges::any_of(c.parts, NeedsObject);
  }
  bool operator()(const Elsewhere&) const { return false; }
};

}  // namespace

bool NeedsObject(const Condition& condition) {
  return std::visit(NeedsObjectPart(), condition.what);
}

}  // namespace fovea
