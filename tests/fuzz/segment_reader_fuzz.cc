// SPDX-License-Identifier: GPL-2.0-or-later
//
// A segment file of any bytes: walked, searched and read. The input is the
// file of segment 1.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "store/journal.h"
#include "store/segment_reader.h"

namespace {

class MemoryFile final : public fovea::RandomFile {
 public:
  explicit MemoryFile(std::span<const uint8_t> bytes)
      : bytes_(bytes.begin(), bytes.end()) {}

  absl::StatusOr<size_t> Read(uint64_t offset,
                              std::span<uint8_t> out) override {
    if (offset >= bytes_.size()) return size_t{0};
    const size_t count =
        std::min(out.size(), bytes_.size() - static_cast<size_t>(offset));
    std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(offset), count,
                out.begin());
    return count;
  }
  absl::StatusOr<uint64_t> Size() override { return bytes_.size(); }

 private:
  std::vector<uint8_t> bytes_;
};

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  fovea::SegmentReader reader(std::make_unique<MemoryFile>(bytes), 1);
  reader.ReadFileHeader().IgnoreError();
  uint64_t covered = 0;
  const fovea::SegmentVisitor visitor = {
      [&](const fovea::RecordHeader& header) {
        Require(header.end() <= size);
        covered += header.end() - header.offset;
        const auto payload = reader.ReadPayload(header);
        if (!payload.ok()) return absl::OkStatus();
        Require(payload->size() == header.length);
        if (header.type != fovea::RecordType::kChunk) {
          fovea::DecodeJournal(*payload).IgnoreError();
        }
        return absl::OkStatus();
      },
      [&](uint64_t begin, uint64_t end, const absl::Status& why) {
        Require(begin < end && !why.ok());
        covered += end - begin;
        return absl::OkStatus();
      }};
  Require(fovea::WalkSegment(reader, 0, size, visitor).ok());
  Require(covered == size);
  return 0;
}
