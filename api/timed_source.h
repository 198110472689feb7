// SPDX-License-Identifier: GPL-2.0-or-later
//
// Frames and samples one after another, pulled: what several streams are
// walked through together by.

#ifndef FOVEA_API_TIMED_SOURCE_H_
#define FOVEA_API_TIMED_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace fovea {

// A frame, or a sample with its channels.
struct TimedSample {
  uint64_t index = 0;  // in its stream
  int64_t time_ns = 0;
  std::span<const double> values;  // none of a frame; until the next call
};

class TimedSource {
 public:
  virtual ~TimedSource() = default;

  // The next one, or none at the end and ever after.
  virtual absl::StatusOr<std::optional<TimedSample>> Next() = 0;

 protected:
  TimedSource() = default;
};

// How many samples are held back where times run backward, to put them in
// order: clocks that are set and packets that overtake each other are put
// right, a recording that starts anew is not.
inline constexpr size_t kTimeWindow = 4096;

// Another source in order of time; equal times stay in its order.
class TimeSorted : public TimedSource {
 public:
  // `stream`: its name, for errors. Holds `window` samples and one.
  TimeSorted(std::string stream, std::unique_ptr<TimedSource> source,
             size_t window = kTimeWindow);

  // kFailedPrecondition, naming the sample, where one is earlier than one
  // that came more than a window before it.
  absl::StatusOr<std::optional<TimedSample>> Next() override;

 private:
  struct Held {
    uint64_t index = 0;
    std::vector<double> values;
  };

  absl::Status Fill();

  const std::string stream_;
  const std::unique_ptr<TimedSource> source_;
  const size_t window_;
  std::multimap<int64_t, Held> held_;  // by time
  Held current_;                       // handed out last
  int64_t passed_ns_ = INT64_MIN;      // its time
  bool ended_ = false;
};

}  // namespace fovea

#endif  // FOVEA_API_TIMED_SOURCE_H_
