// SPDX-License-Identifier: GPL-2.0-or-later
//
// Network feeds and cameras: any URL libavformat opens, /dev/videoN.

#ifndef FOVEA_CODEC_FORMATS_LIVE_SOURCE_H_
#define FOVEA_CODEC_FORMATS_LIVE_SOURCE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "codec/formats/source.h"

namespace fovea {

// Connects, and fails when that does not work. Later losses of the feed are
// Gap items of the main camera; stream time starts at zero and goes on over
// a gap by the monotonic clock, and pts with it. What was received before a
// gap is delivered before it. Pictures before the first key picture of a
// connection are Rejected. When max_reconnects is used up the source ends
// after a Rejected remark; a camera that comes back with another picture
// size ends it with kFailedPrecondition. The name shown has no credentials.
absl::StatusOr<std::unique_ptr<Source>> OpenLiveSource(
    const std::string& location, const SourceOptions& options);

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_LIVE_SOURCE_H_
