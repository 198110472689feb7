// SPDX-License-Identifier: GPL-2.0-or-later
//
// Arbitrary bytes as a print rule, texts that it does not give, and doubles.
// A rule that reads must write any of these, and come back from its bytes.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "codec/byte_stream.h"
#include "codec/print_rule.h"

namespace {

constexpr size_t kFields = 1000;

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fovea::ByteReader in(std::span(data, size));
  const auto rule = fovea::ReadPrintRule(&in);
  if (!rule.ok()) return 0;
  std::vector<uint8_t> again;
  fovea::PutPrintRule(*rule, &again);
  fovea::ByteReader reread(again);
  Require(*fovea::ReadPrintRule(&reread) == *rule);
  const auto exceptions = fovea::ReadTextExceptions(&in, kFields);
  if (exceptions.ok()) {
    again.clear();
    fovea::PutTextExceptions(*exceptions, &again);
    fovea::ByteReader back(again);
    Require(*fovea::ReadTextExceptions(&back, kFields) == *exceptions);
  }
  while (in.remaining() >= 8) {
    std::string text;
    fovea::AppendPrinted(*rule, std::bit_cast<double>(in.U64()), &text);
    Require(!text.empty());
  }
  return 0;
}
