// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as what an auditor kept, the frame around them made right, since
// nobody guesses a check. What loads works on, and goes to bytes and back to
// the same again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "codec/byte_stream.h"
#include "filter/auditor.h"

namespace {

constexpr size_t kHead = 1 + 8;  // version and mark of the options

fovea::Verdict Step(fovea::Auditor* auditor, uint64_t at) {
  const fovea::Verdict verdict = auditor->Decide(
      at, {fovea::DecisionKind::kReuse, fovea::DecisionCause::kCache,
           static_cast<double>(at % 7)});
  auditor->Learn(verdict, at % 5 == 0);
  return verdict;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fovea::AuditOptions options;
  std::vector<uint8_t> bytes = fovea::Auditor::Create(options)->Save();
  bytes.resize(kHead);
  bytes.insert(bytes.end(), data, data + size);
  fovea::PutU64(fovea::internal::AuditStateCheck(bytes), &bytes);
  auto auditor = fovea::Auditor::Load(options, bytes);
  if (!auditor.ok()) return 0;
  auto again = fovea::Auditor::Load(options, auditor->Save());
  if (!again.ok()) std::abort();
  for (uint64_t at = 1'000'000; at < 1'000'500; ++at) {
    if (Step(&*auditor, at).give != Step(&*again, at).give) std::abort();
  }
  if (auditor->Save() != again->Save()) std::abort();
  auditor->Report();
  return 0;
}
