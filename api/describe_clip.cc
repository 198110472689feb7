// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/describe_clip.h"

#include "absl/strings/str_cat.h"
#include "api/shown_frames.h"

namespace fovea {

absl::StatusOr<QueryClip> DescribeClip(const Clip& clip,
                                       const StoreFacts& facts,
                                       StoreReader* store) {
  const StreamFacts* stream = facts.Find(clip.stream);
  if (stream == nullptr) {
    return absl::InternalError(
        absl::StrCat("stream ", clip.stream, " is not among the facts"));
  }
  QueryClip described;
  described.stream_id = clip.stream;
  described.stream = stream->name;
  described.from_ns = clip.span.begin_ns;
  described.to_ns = clip.span.end_ns;
  described.score = static_cast<double>(clip.score) / UINT16_MAX;
  if (stream->description.kind != StreamKind::kCamera) return described;
  const ShownFrames frames(store, clip.stream, &stream->description,
                           stream->order);
  const auto shown = frames.Find(clip.span.begin_ns, clip.span.end_ns);
  if (!shown.ok() && !absl::IsNotFound(shown.status())) return shown.status();
  if (shown.ok()) described.frames = {shown->first, shown->last};
  return described;
}

}  // namespace fovea
