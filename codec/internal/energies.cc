// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/internal/energies.h"

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "codec/internal/log_codes.h"
#include "codec/plane_coder.h"

namespace fovea::internal {

void PutEnergies(std::span<const double> values, int columns, int rows,
                 std::vector<uint8_t>* out) {
  const LogCodes log = ToLogCodes(values);
  std::vector<uint8_t> coded;
  EncodePlane(log.codes, columns, rows, &coded);
  PutVarint(ZigZag(log.base), out);
  PutVarint(coded.size(), out);
  out->insert(out->end(), coded.begin(), coded.end());
}

absl::StatusOr<std::vector<double>> TakeEnergies(int columns, int rows,
                                                 ByteReader* in) {
  const int64_t base = UnZigZag(in->Varint());
  const uint64_t size = in->Varint();
  if (!in->ok() || size > in->remaining()) {
    return absl::DataLossError("plane ends early");
  }
  if (base < kLeastLogBase || base > kMostLogBase) {
    return absl::DataLossError(absl::StrCat("expected a base of ",
                                            kLeastLogBase, " to ", kMostLogBase,
                                            ", found ", base));
  }
  auto codes = DecodePlane(in->Take(static_cast<size_t>(size)), columns, rows);
  if (!codes.ok()) return codes.status();
  return FromLogCodes(static_cast<int>(base), *codes);
}

}  // namespace fovea::internal
