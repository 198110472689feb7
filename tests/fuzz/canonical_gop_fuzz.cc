// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as access units: what the assembler takes must come back byte
// for byte. First byte: framing (low two bits) and keyframe flags. A byte
// pair ff xx with xx > f0 ends an access unit.

#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "codec/canonical_gop.h"

namespace {

using Bytes = std::vector<uint8_t>;

fovea::ParameterSetName NameOf(std::span<const uint8_t> nal) {
  fovea::ParameterSetName name = {};
  uint64_t hash = 14695981039346656037U;
  for (uint8_t& byte : name) {
    for (const uint8_t value : nal) hash = (hash ^ value) * 1099511628211U;
    byte = static_cast<uint8_t>(hash >> 32);
  }
  return name;
}

std::vector<Bytes> CutUnits(const uint8_t* data, size_t size) {
  std::vector<Bytes> units(1);
  for (size_t i = 0; i < size; ++i) {
    if (data[i] == 0xff && i + 1 < size && data[i + 1] > 0xf0) {
      units.emplace_back();
      ++i;
    } else {
      units.back().push_back(data[i]);
    }
  }
  return units;
}

// Compares GOPs with the units that went into them.
class Checker {
 public:
  void Took(const Bytes& unit) { taken_.push_back(unit); }

  void Check(const std::optional<fovea::CanonicalGop>& gop) {
    if (!gop) return;
    for (const auto& set : gop->parameter_sets) sets_[set.name] = set.nal;
    const auto lookup =
        [this](const fovea::ParameterSetName& name) -> absl::StatusOr<Bytes> {
      return sets_.at(name);
    };
    const auto back = fovea::RestoreOriginal(gop->payload, gop->trim, lookup);
    if (!back.ok()) std::abort();
    for (const Bytes& unit : *back) {
      if (next_ >= taken_.size() || unit != taken_[next_++]) std::abort();
    }
    const auto playable = fovea::ToAnnexB(gop->payload, gop->trim, lookup);
    if (!playable.ok() || playable->size() != back->size()) std::abort();
  }

  void CheckEnd() const {
    if (next_ != taken_.size()) std::abort();
  }

 private:
  std::map<fovea::ParameterSetName, Bytes> sets_;
  std::vector<Bytes> taken_;
  size_t next_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr fovea::NalFraming kFramings[] = {0, 1, 2, 4};
  auto assembler =
      fovea::GopAssembler::Create(kFramings[data[0] & 3], {}, NameOf);
  if (!assembler.ok()) std::abort();
  Checker checker;
  int64_t pts = 0;
  for (const Bytes& bytes : CutUnits(data + 1, size - 1)) {
    fovea::AccessUnit unit;
    unit.data = bytes;
    unit.pts = unit.dts = pts++;
    unit.keyframe = (data[0] >> 2 >> (pts % 6) & 1) != 0;
    const auto gop = (*assembler)->Add(unit);
    if (!gop.ok()) {
      if (absl::IsInternal(gop.status())) std::abort();
      continue;
    }
    checker.Took(bytes);
    checker.Check(*gop);
  }
  const auto last = (*assembler)->Finish();
  if (!last.ok()) std::abort();
  checker.Check(*last);
  checker.CheckEnd();
  return 0;
}
