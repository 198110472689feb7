// SPDX-License-Identifier: GPL-2.0-or-later
//
// Samples, packets and stills to stored blocks. A block spans about a
// second of stream time, forward or backward, so one of them is little to
// decode and little to lose.

#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

#include "api/imu_coding.h"
#include "api/track_pipe.h"
#include "codec/adts.h"
#include "codec/content_chunker.h"
#include "codec/series_block.h"
#include "codec/series_cutter.h"

namespace fovea {
namespace {

// Packets are grouped where their content says so, so that a recording that
// was cut or put into another container falls into the same groups. At most
// a second, or a chunk of an opaque file.
constexpr size_t kLeastPackets = 8;
constexpr uint64_t kPacketsPerGroup = 32;
constexpr size_t kOpaqueBytes = 16 << 10;

// Whether a packet at `time_ns` still belongs to a block begun at `start_ns`.
bool Belongs(int64_t time_ns, int64_t start_ns) {
  const __int128 span = static_cast<__int128>(time_ns) - start_ns;
  return span > -SeriesCutter::kBlockNs && span < SeriesCutter::kBlockNs;
}

class SeriesPipe : public TrackPipe {
 public:
  SeriesPipe(const Track& track, SeriesCoding coding, StreamWriter* writer)
      : channels_(track.series.channels.size()),
        coding_(std::move(coding)),
        writer_(writer),
        cutter_(channels_) {}

  absl::Status Add(SourceItem item) override {
    const auto& batch = std::get<SeriesBatch>(item.value);
    for (size_t i = 0; i < batch.time_ns.size(); ++i) {
      if (cutter_.IsFull(batch.time_ns[i])) {
        if (absl::Status status = Drain(); !status.ok()) return status;
      }
      cutter_.Add(batch.time_ns[i], batch.values.data() + i * channels_);
      writer_->Delivered(1);
    }
    return absl::OkStatus();
  }

  absl::Status Drain() override {
    const SeriesBatch block = cutter_.Take();
    if (block.time_ns.empty()) return absl::OkStatus();
    auto bytes = EncodeSeriesBlock(block, channels_, coding_);
    if (!bytes.ok()) return bytes.status();
    return writer_->AddBlock(*bytes, block.time_ns);
  }

 private:
  const size_t channels_;
  const SeriesCoding coding_;
  StreamWriter* const writer_;
  SeriesCutter cutter_;
};

class OpaquePipe : public TrackPipe {
 public:
  explicit OpaquePipe(StreamWriter* writer) : writer_(writer) {}

  absl::Status Add(SourceItem item) override {
    auto& packet = std::get<OpaquePacket>(item.value);
    if (!packets_.empty() && !Belongs(packet.time_ns, packets_[0].time_ns)) {
      if (absl::Status status = Drain(); !status.ok()) return status;
    }
    // As the block has it, so that groups end alike with ADTS and without.
    const std::span<const uint8_t> body =
        std::span(packet.data).subspan(AdtsHeaderBytesOf(packet.data));
    bytes_ += body.size();
    const bool ends = EndsGroup(body, kPacketsPerGroup);
    packets_.push_back(std::move(packet));
    writer_->Delivered(1);
    const bool due = ends && packets_.size() >= kLeastPackets;
    return due || bytes_ >= kOpaqueBytes ? Drain() : absl::OkStatus();
  }

  absl::Status Drain() override {
    if (packets_.empty()) return absl::OkStatus();
    auto block = EncodeOpaqueBlock(packets_);
    if (!block.ok()) return block.status();
    std::vector<int64_t> times;
    for (const OpaquePacket& packet : packets_) {
      times.push_back(packet.time_ns);
    }
    packets_.clear();
    bytes_ = 0;
    return writer_->AddBlock(block->bytes, times, block->head_bytes);
  }

 private:
  StreamWriter* const writer_;
  std::vector<OpaquePacket> packets_;
  size_t bytes_ = 0;
};

class StillPipe : public TrackPipe {
 public:
  explicit StillPipe(StreamWriter* writer) : writer_(writer) {}

  absl::Status Add(SourceItem item) override {
    writer_->Delivered(1);
    return writer_->AddStill(std::get<StillImage>(item.value));
  }
  absl::Status Drain() override { return absl::OkStatus(); }

 private:
  StreamWriter* const writer_;
};

// Bounds are for inertial samples; other numbers have no such units.
absl::StatusOr<SeriesCoding> CodingOf(const Track& track,
                                      const IngestOptions& options) {
  ImuCodingOptions coding = options.imu;
  if (track.kind != StreamKind::kImu) coding.bounds.clear();
  return ImuCodingFor(coding, track.series);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TrackPipe>> NewBlockPipe(
    const Track& track, const IngestOptions& options, StreamWriter* writer) {
  if (track.stills) return std::make_unique<StillPipe>(writer);
  if (track.kind == StreamKind::kOpaque) {
    return std::make_unique<OpaquePipe>(writer);
  }
  auto coding = CodingOf(track, options);
  if (!coding.ok()) return coding.status();
  return std::make_unique<SeriesPipe>(track, *std::move(coding), writer);
}

std::string SeriesCodingText(const Track& track, const IngestOptions& options) {
  if (track.kind != StreamKind::kImu) return "";
  const auto coding = CodingOf(track, options);
  if (!coding.ok() || coding->bounds.empty()) return "";
  return ImuCodingText(*coding, track.series);
}

}  // namespace fovea
