// SPDX-License-Identifier: GPL-2.0-or-later
//
// Streams, tracks and counts in words.

#ifndef FOVEA_CLI_STREAM_TEXT_H_
#define FOVEA_CLI_STREAM_TEXT_H_

#include <cstdint>
#include <string>

#include "api/probe.h"
#include "api/store.h"
#include "api/stream_description.h"

namespace fovea::cli {

int64_t RejectedSamples(const StreamCounts& counts);

// samples in = stored + dropped + rejected.
bool Conserved(const StreamCounts& counts);

// "in 8,160 = stored 8,158 + dropped 0 + rejected 2".
std::string ConservationText(const StreamCounts& counts);

// "29.97 fps", "" when unknown or varying.
std::string FrameRateText(Rational rate);

// "848x480 29.97 fps full range", "6 channels 198.3 Hz", "aac".
std::string StreamWhat(const StreamDescription& description);
std::string TrackWhat(const Track& track);

// What one sample of such a stream is called: "frames", "samples",
// "packets".
const char* SampleNoun(StreamKind kind);

}  // namespace fovea::cli

#endif  // FOVEA_CLI_STREAM_TEXT_H_
