// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/inspect.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/camera_input.h"
#include "api/frame_list.h"
#include "api/heat_map.h"
#include "api/unit_inspector.h"

namespace fovea {
namespace {

bool Stopped(const std::atomic<bool>* stop) {
  return stop != nullptr && stop->load();
}

absl::StatusOr<Inspection> Checked(const InspectOptions& options,
                                   Inspection inspection) {
  if (inspection.frames.empty()) {
    return absl::InvalidArgumentError(inspection.name + ": holds no picture");
  }
  if (!options.picture || inspection.picture || inspection.stopped) {
    return inspection;
  }
  const auto decoded = std::count_if(
      inspection.frames.begin(), inspection.frames.end(),
      [](const InspectedFrame& frame) { return frame.index >= 0; });
  return absl::NotFoundError(absl::StrCat(inspection.name, ": has no frame ",
                                          *options.picture, "; it holds 0 to ",
                                          decoded - 1));
}

absl::StatusOr<CameraInput> OpenH264(const std::string& path) {
  SourceOptions options;
  options.copy = true;
  auto input = OpenCamera(path, options);
  if (!absl::IsInvalidArgument(input.status())) return input;
  const auto decoded = OpenCamera(path, SourceOptions());
  if (!decoded.ok()) return decoded.status();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": is ", decoded->info().codec,
                   ", and only H.264 can be inspected; 'fovea encode' makes "
                   "it"));
}

absl::Status ReadFileUnits(CameraInput* input, UnitInspector* inspector,
                           const InspectProgress& progress,
                           const std::atomic<bool>* stop,
                           Inspection* inspection) {
  for (int64_t done = 0;;) {
    inspection->stopped = Stopped(stop);
    if (inspection->stopped) return absl::OkStatus();
    auto item = input->source->Next();
    if (!item.ok()) {
      ++inspection->damaged;
      inspection->damage.emplace_back(item.status().message());
      return absl::OkStatus();
    }
    if (!item->has_value()) return absl::OkStatus();
    if ((*item)->track != input->track) continue;
    if (const auto* rejected = std::get_if<Rejected>(&(*item)->value)) {
      inspection->damaged += rejected->samples;
      inspection->damage.push_back(rejected->reason);
    } else if (const auto* unit = std::get_if<AccessUnit>(&(*item)->value)) {
      inspector->Add(*unit);
      if (progress) progress(++done, input->info().expected_samples);
    }
  }
}

std::string Shown(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", value);
  return text;
}

// Of pictures that did not decode, too: numbers of decoded ones are not those
// of the stream where some did not, or were removed.
absl::Status AddNoted(Store* store, const std::string& stream,
                      Inspection* inspection) {
  std::map<std::pair<int64_t, int64_t>, InspectedFrame*> frames;
  for (InspectedFrame& frame : inspection->frames) {
    frames[{frame.pts, frame.time_ns}] = &frame;
  }
  return ListFrames(store, stream, {}, [&](const ListedFrame& listed) {
    const auto frame = frames.find({listed.entry.pts, listed.entry.time_ns});
    if (frame != frames.end()) frame->second->noted = listed.entry;
    return true;
  });
}

}  // namespace

absl::StatusOr<Inspection> InspectFile(const std::string& path,
                                       const InspectOptions& options,
                                       const InspectProgress& progress,
                                       const std::atomic<bool>* stop) {
  auto input = OpenH264(path);
  if (!input.ok()) return input.status();
  const Track& track = input->info();
  Inspection inspection;
  inspection.name = path;
  inspection.container = input->source->info().container;
  inspection.camera = track.camera;
  inspection.notes = input->notes;
  auto inspector = UnitInspector::Create(track.framing, track.codec_config,
                                         options, &inspection);
  if (!inspector.ok()) return inspector.status();
  if (absl::Status s =
          ReadFileUnits(&*input, inspector->get(), progress, stop, &inspection);
      !s.ok()) {
    return s;
  }
  (*inspector)->Finish();
  return Checked(options, std::move(inspection));
}

absl::StatusOr<Inspection> InspectStream(Store* store,
                                         const std::string& stream,
                                         const InspectOptions& options,
                                         const InspectProgress& progress,
                                         const std::atomic<bool>* stop) {
  const auto summary = store->Describe(stream);
  if (!summary.ok()) return summary.status();
  const StreamDescription& description = summary->description;
  Inspection inspection;
  inspection.name = summary->name;
  inspection.container = "store";
  inspection.camera = description.camera;
  const bool copied = description.copied;
  auto inspector = UnitInspector::Create(
      copied ? description.framing : kAnnexB,
      copied ? std::span<const uint8_t>(description.codec_config)
             : std::span<const uint8_t>(),
      options, &inspection);
  if (!inspector.ok()) return inspector.status();
  int64_t done = 0;
  const auto total = static_cast<int64_t>(summary->end_index);
  const absl::Status read =
      store->ReadUnits(stream, TimeRange(), [&](const AccessUnit& unit) {
        (*inspector)->Add(unit);
        if (progress) progress(++done, total);
        inspection.stopped = Stopped(stop);
        return !inspection.stopped;
      });
  if (!read.ok()) return read;
  (*inspector)->Finish();
  if (auto s = AddNoted(store, stream, &inspection); !s.ok()) return s;
  return Checked(options, std::move(inspection));
}

absl::StatusOr<std::vector<uint8_t>> DrawQps(const Inspection& inspection) {
  if (!inspection.picture || inspection.picture->qps.qp.empty()) {
    return absl::FailedPreconditionError(
        inspection.name + ": no QPs were read back for a picture");
  }
  const InspectedPicture& picture = *inspection.picture;
  const auto& qp = picture.qps.qp;
  const auto [least, most] = std::minmax_element(qp.begin(), qp.end());
  double mean = 0;
  for (const int8_t value : qp) mean += value;
  mean /= static_cast<double>(qp.size());
  HeatMap map;
  map.title = absl::StrCat(
      "QP read back: mean ", Shown(mean), ", ", static_cast<int>(*least),
      " to ", static_cast<int>(*most), ". Bright: fine, dark: coarse");
  map.scale = "QP";
  map.width = picture.frame.width;
  map.height = picture.frame.height;
  map.columns = picture.qps.columns;
  map.rows = picture.qps.rows;
  map.values.assign(qp.begin(), qp.end());
  // Whole numbers at the marks, and a scale even of a flat map.
  map.hot = *least;
  map.cold = *least + std::max(4, (*most - *least + 3) / 4 * 4);
  return DrawHeatMap(map, &picture.frame, inspection.camera.color);
}

}  // namespace fovea
