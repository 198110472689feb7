// SPDX-License-Identifier: GPL-2.0-or-later
//
// Samples, packets and stills to stored blocks. A block spans about a
// second of stream time, forward or backward, so one of them is little to
// decode and little to lose.

#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/coding_tables.h"
#include "api/device_profiles.h"
#include "api/imu_coding.h"
#include "api/track_pipe.h"
#include "codec/adts.h"
#include "codec/content_chunker.h"
#include "codec/series_block.h"
#include "codec/series_cutter.h"
#include "codec/series_metadata.h"

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

// How a series is coded, and what its blocks name.
struct SeriesPlan {
  SeriesCoding coding;  // its profile is the one below
  std::shared_ptr<const DeviceProfile> profile;
  std::string device;             // to keep the profile for; "" for none
  std::vector<uint8_t> metadata;  // its bytes
  std::shared_ptr<WindowCoding> windows;  // null: not for a model
  std::optional<ClockMap> clock;
};

// A clock's points are about times that are no farther from them.
constexpr int64_t kClockSlackNs = 60'000'000'000;

class SeriesPipe : public TrackPipe {
 public:
  SeriesPipe(const Track& track, SeriesPlan plan, StreamWriter* writer)
      : channels_(track.series.channels.size()),
        plan_(std::move(plan)),
        writer_(writer),
        cutter_(plan_.windows != nullptr
                    ? SeriesCutter::OfRows(channels_, plan_.windows->rows())
                    : SeriesCutter(channels_)) {}

  absl::Status Add(SourceItem item) override {
    const auto& batch = std::get<SeriesBatch>(item.value);
    for (size_t i = 0; i < batch.time_ns.size(); ++i) {
      if (cutter_.IsFull(batch.time_ns[i])) {
        if (absl::Status status = Drain(); !status.ok()) return status;
      }
      cutter_.Add(batch, i);
      writer_->Delivered(1);
    }
    return absl::OkStatus();
  }

  absl::Status Drain() override {
    const SeriesBatch block = cutter_.Take();
    if (block.time_ns.empty()) return absl::OkStatus();
    const auto bytes = Encode(block);
    if (!bytes.ok()) return bytes.status();
    if (absl::Status s = PutNamed(NamesOfSeriesBlock(*bytes)); !s.ok())
      return s;
    if (absl::Status s = PutClock(block.time_ns.front()); !s.ok()) return s;
    return writer_->AddBlock(*bytes, block.time_ns);
  }

 private:
  absl::StatusOr<std::vector<uint8_t>> Encode(const SeriesBatch& block) {
    return plan_.windows != nullptr
               ? plan_.windows->Encode(block, plan_.coding)
               : EncodeSeriesBlock(block, channels_, plan_.coding);
  }

  // With the first block; not of times that were moved behind the stream's
  // end, of which it tells nothing.
  absl::Status PutClock(int64_t time_ns) {
    if (!plan_.clock || std::exchange(clock_put_, true)) {
      return absl::OkStatus();
    }
    const auto& points = plan_.clock->points();
    const bool moved = time_ns > points.back().device_ns + kClockSlackNs ||
                       time_ns < points.front().device_ns - kClockSlackNs;
    return moved ? absl::OkStatus() : writer_->KeepClock(*plan_.clock);
  }

  // What a block is the first to name goes with it.
  absl::Status PutNamed(const SeriesBlockNames& names) {
    if (names.plan != 0 && !std::exchange(plan_put_, true)) {
      absl::Status status =
          writer_->NameTable(CodingTableKind::kWindowPlan, names.plan,
                             plan_.windows->plan_bytes());
      if (!status.ok()) return status;
    }
    if (names.metadata != 0 && !std::exchange(metadata_put_, true)) {
      absl::Status status = writer_->NameTable(CodingTableKind::kSeriesMetadata,
                                               names.metadata, plan_.metadata);
      if (!status.ok()) return status;
    }
    if (names.profile == 0 || std::exchange(profile_put_, true)) {
      return absl::OkStatus();
    }
    const std::vector<uint8_t>& bytes = plan_.profile->bytes;
    absl::Status status = writer_->NameTable(CodingTableKind::kSeriesProfile,
                                             names.profile, bytes);
    if (!status.ok() || plan_.device.empty()) return status;
    return writer_->KeepForDevice(CodingTableKind::kSeriesProfile, plan_.device,
                                  bytes);
  }

  const size_t channels_;
  const SeriesPlan plan_;
  StreamWriter* const writer_;
  SeriesCutter cutter_;
  bool metadata_put_ = false;
  bool profile_put_ = false;
  bool plan_put_ = false;
  bool clock_put_ = false;
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
  coding.bounds = track.kind == StreamKind::kImu
                      ? ImuBoundsOf(options.imu.bounds, track.series)
                      : std::vector<ImuBound>();
  return ImuCodingFor(coding, track.series);
}

// The one that was given, or else that the store knows.
absl::Status AddProfile(const Track& track, const ImuCodingOptions& options,
                        StoreReader* store, SeriesPlan* plan) {
  const auto given = ChooseProfile(options.profiles, track.series);
  if (!given.ok()) return given.status();
  if (*given != nullptr) {
    plan->profile = std::make_shared<DeviceProfile>(**given);
    plan->device = MetadataOf(track.series).device;
  } else if (options.known_profiles && store != nullptr) {
    auto known = KnownProfile(store, track.series);
    if (!known.ok()) return known.status();
    plan->profile = *std::move(known);
  }
  if (plan->profile != nullptr) plan->coding.profile = &plan->profile->profile;
  return absl::OkStatus();
}

absl::StatusOr<SeriesPlan> PlanOf(const Track& track,
                                  const IngestOptions& options,
                                  StoreReader* store) {
  SeriesPlan plan;
  plan.clock = track.clock;
  auto coding = CodingOf(track, options);
  if (!coding.ok()) return coding.status();
  plan.coding = *std::move(coding);
  auto metadata = EncodeSeriesMetadata(MetadataOf(track.series));
  if (!metadata.ok()) return metadata.status();
  plan.metadata = *std::move(metadata);
  plan.coding.metadata = SeriesMetadataId(plan.metadata);
  if (track.kind != StreamKind::kImu) return plan;
  if (options.imu.windows.chosen()) {
    auto windows = WindowCoding::Create(options.imu.windows, track.series);
    if (!windows.ok()) return windows.status();
    plan.windows = *std::move(windows);
  }
  const absl::Status status = AddProfile(track, options.imu, store, &plan);
  if (!status.ok()) return status;
  return plan;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TrackPipe>> NewBlockPipe(
    const Track& track, const IngestOptions& options, StreamWriter* writer) {
  if (track.stills) return std::make_unique<StillPipe>(writer);
  if (track.kind == StreamKind::kOpaque) {
    return std::make_unique<OpaquePipe>(writer);
  }
  auto plan = PlanOf(track, options, writer->store());
  if (!plan.ok()) {
    return absl::Status(
        plan.status().code(),
        absl::StrCat(writer->name(), ": ", plan.status().message()));
  }
  return std::make_unique<SeriesPipe>(track, *std::move(plan), writer);
}

std::string SeriesCodingText(const Track& track, const IngestOptions& options) {
  if (track.kind != StreamKind::kImu) return "";
  const auto coding = CodingOf(track, options);
  const WindowCodingOptions& windows = options.imu.windows;
  if (!coding.ok() || (coding->bounds.empty() && !windows.chosen())) return "";
  return ImuCodingText(*coding, windows, track.series);
}

}  // namespace fovea
