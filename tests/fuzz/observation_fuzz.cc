// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as key and value of a sem row. What decodes keeps to the limits,
// goes to a row and back to the same again, and can be cut anywhere.

#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "index/observation_cut.h"
#include "index/observation_pack.h"

namespace {

using fovea::Observation;

void CheckCut(const Observation& o) {
  const uint64_t middle = o.first_index + (o.last_index - o.first_index) / 2;
  const fovea::IndexSpan span = {middle, middle + 1, o.start_ns, o.end_ns};
  for (const auto& part : fovea::WithoutSpans(o, {&span, 1})) {
    if (!fovea::CheckObservation(part).ok()) std::abort();
  }
}

void CheckSummary(std::string_view key, std::string_view value,
                  const std::vector<Observation>& all) {
  const auto summary = fovea::SummarisePack(key, value);
  if (!summary.ok() || summary->observations != all.size() ||
      summary->model != all[0].model) {
    std::abort();
  }
  for (const Observation& o : all) {
    if (o.end_ns >= summary->until_ns && o.end_ns < INT64_MAX) std::abort();
  }
}

void CheckAgain(const std::vector<Observation>& all) {
  std::vector<const Observation*> pointers;
  for (const Observation& o : all) pointers.push_back(&o);
  const auto body = fovea::EncodePack(pointers);
  if (!body.has_value()) return;  // runs may be more when cut elsewhere
  const auto again = fovea::ObservationPack::Decode(
      fovea::KeyOf(all[0]), fovea::EncodeObservationRow({1, *body}));
  if (!again.ok()) std::abort();
  const auto back = again->All();
  if (!back.ok() || *back != all) std::abort();
}

}  // namespace

// A key is taken up to its length, which the first byte tells.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty() || data[0] > size - 1) return 0;
  const std::string_view key = bytes.substr(1, data[0]);
  const std::string_view value = bytes.substr(1 + data[0]);
  const auto pack = fovea::ObservationPack::Decode(key, value);
  if (!pack.ok()) return 0;
  const auto all = pack->All();
  if (!all.ok()) return 0;
  CheckSummary(key, value, *all);
  for (const Observation& o : *all) {
    if (!fovea::CheckObservation(o).ok()) std::abort();
    if (o.last_index < UINT64_MAX) CheckCut(o);
  }
  CheckAgain(*all);
  return 0;
}
