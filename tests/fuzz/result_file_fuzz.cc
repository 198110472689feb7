// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a file of results, and as the one result of a file whose
// checksums are right. Reading ends, and what is read comes back the same when
// it is written and read again.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>

#include "api/result_file_format.h"
#include "store/crc32c.h"
#include "store/row_codec.h"

namespace {

fovea::ResultFileReader::Read ReadFrom(std::span<const uint8_t> bytes) {
  return
      [left = bytes](std::span<uint8_t> to) mutable -> absl::StatusOr<size_t> {
        const size_t count = std::min(left.size(), to.size());
        std::copy_n(left.begin(), count, to.begin());
        left = left.subspan(count);
        return count;
      };
}

std::span<const uint8_t> BytesOf(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void CheckAgain(const fovea::ResultFileHead& head,
                const fovea::ResultRecord& record) {
  fovea::ResultFileHead one = head;
  one.records = 1;
  const auto bytes = fovea::EncodeResultFileHead(one);
  if (!bytes.ok()) std::abort();
  const std::string file = *bytes + fovea::EncodeResultRecord(record);
  auto reader = fovea::ResultFileReader::Open("again", ReadFrom(BytesOf(file)));
  if (!reader.ok() || reader->at_end()) std::abort();
  const auto again = reader->Next();
  if (!again.ok() || !(*again == record) || !reader->at_end()) std::abort();
}

void ReadAll(std::span<const uint8_t> bytes) {
  auto reader = fovea::ResultFileReader::Open("file", ReadFrom(bytes));
  if (!reader.ok()) return;
  while (!reader->at_end()) {
    const auto record = reader->Next();
    if (record.ok()) CheckAgain(reader->head(), *record);
  }
}

std::string FileOf(std::span<const uint8_t> payload) {
  const auto crc = [](std::span<const uint8_t> bytes) {
    return static_cast<uint32_t>(fovea::ComputeCrc32c(bytes));
  };
  fovea::ResultFileHead head;
  head.records = 1;
  head.names = {"yard"};
  fovea::RowWriter record;
  record.U32(static_cast<uint32_t>(payload.size()));
  record.U32(crc(payload));
  record.U32(crc(BytesOf(record.bytes())));
  record.Bytes(payload);
  return *fovea::EncodeResultFileHead(head) + record.bytes();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ReadAll({data, size});
  ReadAll(BytesOf(FileOf({data, size})));
  return 0;
}
