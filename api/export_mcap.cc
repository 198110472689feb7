// SPDX-License-Identifier: GPL-2.0-or-later
//
// A camera with what was observed in it and what was recorded beside it, as
// one MCAP file: a GOP at a time, so that messages come nearly by time.

#include "api/export_mcap.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "api/gop_reader.h"
#include "api/shown_frames.h"
#include "api/stop_flag.h"
#include "api/store.h"
#include "api/store_facts.h"
#include "codec/formats/mcap_writer.h"
#include "index/observation_reader.h"

namespace fovea {
namespace {

constexpr float kEighths = 8;
constexpr float kMostBoxScore = 255;

// The box that holds at `time_ns`, or null.
const ObservedBox* BoxAt(const Observation& observation, int64_t time_ns) {
  if (time_ns < observation.start_ns || time_ns > observation.end_ns) {
    return nullptr;
  }
  const auto after = std::ranges::upper_bound(observation.boxes, time_ns, {},
                                              &ObservedBox::time_ns);
  return after == observation.boxes.begin() ? nullptr : &*std::prev(after);
}

AnnotatedBox ToAnnotated(const Observation& observation,
                         const ObservedBox& box) {
  AnnotatedBox annotated;
  annotated.box = {static_cast<float>(box.left) / kEighths,
                   static_cast<float>(box.top) / kEighths,
                   static_cast<float>(box.right) / kEighths,
                   static_cast<float>(box.bottom) / kEighths};
  annotated.label = observation.label;
  annotated.score = static_cast<float>(box.score) / kMostBoxScore;
  annotated.track = observation.track;
  for (const Observation::Attribute& attribute : observation.attributes) {
    annotated.attributes.emplace_back(attribute.name, attribute.value);
  }
  std::ranges::sort(annotated.attributes);
  return annotated;
}

class McapExport {
 public:
  McapExport(Store* store, StoreReader* chunks, const StreamFacts& camera,
             McapWriter* writer)
      : store_(store),
        chunks_(chunks),
        camera_(camera),
        reader_(chunks, &camera.description),
        writer_(writer) {}

  absl::Status AddChannels(const StoreFacts& facts) {
    McapVideo video;
    video.frame_id = camera_.name;
    auto added = writer_->AddVideoChannel("/" + camera_.name, video);
    if (!added.ok()) return added.status();
    video_ = *added;
    added = writer_->AddBoxesChannel("/" + camera_.name + "/boxes");
    if (!added.ok()) return added.status();
    boxes_ = *added;
    for (const StreamId id : camera_.sensors) {
      const StreamFacts& sensor = *facts.Find(id);
      added = AddSensor(sensor);
      if (!added.ok()) return added.status();
      sensors_.push_back({sensor.name, *added});
    }
    return absl::OkStatus();
  }

  // `from_ns` is where the samples of the GOP before ended.
  absl::Status AddGop(const GopRef& gop, int64_t from_ns, int64_t to_ns,
                      ExportReport* report) {
    const auto units = reader_.Units(gop, /*original=*/false);
    if (!units.ok()) return units.status();
    for (const AccessUnit& unit : *units) {
      if (absl::Status s = writer_->WriteVideo(video_, unit); !s.ok()) {
        return s;
      }
      ++report->samples;
    }
    if (absl::Status s = AddBoxes(gop); !s.ok()) return s;
    for (const Sensor& sensor : sensors_) {
      absl::Status written;
      const absl::Status read = store_->ReadSeries(
          sensor.name, {from_ns, to_ns}, [&](const SeriesBatch& batch) {
            written = writer_->WriteSamples(sensor.channel, batch);
            return written.ok();
          });
      if (!written.ok()) return written;
      if (!read.ok()) return read;
    }
    return absl::OkStatus();
  }

 private:
  struct Sensor {
    std::string name;
    McapChannel channel;
  };

  // As an Imu message where it is one, which viewers plot by themselves.
  absl::StatusOr<McapChannel> AddSensor(const StreamFacts& sensor) {
    const std::string topic = "/" + sensor.name;
    const SeriesInfo& series = sensor.description.series;
    if (sensor.description.kind == StreamKind::kImu) {
      auto added = writer_->AddImuChannel(topic, series, camera_.name);
      if (!absl::IsInvalidArgument(added.status())) return added;
    }
    return writer_->AddSeriesChannel(topic, series);
  }

  absl::Status AddBoxes(const GopRef& gop) {
    const auto table = FrameIndex(chunks_).Table(gop);
    if (!table.ok()) return table.status();
    const std::vector<FrameTime> times = ShownTimes(gop, *table);
    std::vector<Observation> seen;
    const absl::Status visited = VisitObservations(
        chunks_,
        {gop.stream, "", times.front().time_ns, times.back().time_ns + 1},
        [&](const Observation& observation) {
          seen.push_back(observation);
          return true;
        });
    if (!visited.ok()) return visited;
    for (const FrameTime& frame : times) {
      std::vector<AnnotatedBox> boxes;
      for (const Observation& observation : seen) {
        const ObservedBox* box = BoxAt(observation, frame.time_ns);
        if (box != nullptr) boxes.push_back(ToAnnotated(observation, *box));
      }
      // One message without boxes takes away those before.
      if (boxes.empty() && !boxes_shown_) continue;
      boxes_shown_ = !boxes.empty();
      if (auto s = writer_->WriteBoxes(boxes_, frame.time_ns, boxes); !s.ok()) {
        return s;
      }
    }
    return absl::OkStatus();
  }

  Store* const store_;
  StoreReader* const chunks_;
  const StreamFacts& camera_;
  const GopReader reader_;
  McapWriter* const writer_;
  McapChannel video_, boxes_;
  std::vector<Sensor> sensors_;
  bool boxes_shown_ = false;
};

}  // namespace

absl::StatusOr<ExportReport> ExportMcap(Store* store,
                                        const StreamSummary& stream,
                                        TimeRange range,
                                        const std::string& path,
                                        const std::atomic<bool>* stop) {
  const auto facts = StoreFacts::Load(store->chunks());
  if (!facts.ok()) return facts.status();
  const StreamFacts* camera = (*facts)->Find(stream.id);
  if (camera == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("stream '", stream.name, "' has gone"));
  }
  const auto gops =
      FrameIndex(store->chunks())
          .Gops(stream.id, range.from_ns, range.to_ns, camera->order);
  if (!gops.ok()) return gops.status();
  if (gops->empty()) {
    return absl::NotFoundError(
        absl::StrCat("stream '", stream.name, "' holds nothing in that time"));
  }
  auto writer = McapWriter::Create(path, {});
  if (!writer.ok()) return writer.status();
  McapExport mcap(store, store->chunks(), *camera, writer->get());
  if (absl::Status s = mcap.AddChannels(**facts); !s.ok()) return s;
  ExportReport report;
  report.covered = {gops->front().row.start_ns, gops->front().row.start_ns};
  for (const GopRef& gop : *gops) {
    if (Stopped(stop)) {
      return absl::CancelledError(
          absl::StrCat("'", path, "': interrupted; nothing was written"));
    }
    const int64_t from_ns = report.covered.to_ns;
    const int64_t end_ns = gop.row.start_ns + gop.row.duration_ns;
    report.covered.to_ns = std::max(from_ns, end_ns);
    if (auto s = mcap.AddGop(gop, from_ns, report.covered.to_ns, &report);
        !s.ok()) {
      return s;
    }
  }
  if (absl::Status s = (*writer)->Close(); !s.ok()) return s;
  std::error_code ignored;
  report.bytes = std::filesystem::file_size(path, ignored);
  return report;
}

}  // namespace fovea
