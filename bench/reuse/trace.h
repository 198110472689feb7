// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a model says about every frame of a recording: the truth that gates
// and caches are replayed against. Asked once and kept in a file.

#ifndef FOVEA_BENCH_REUSE_TRACE_H_
#define FOVEA_BENCH_REUSE_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/reuse/answer.h"
#include "bench/reuse/footage.h"
#include "sensitivity/model.h"

namespace fovea::bench::reuse {

struct TracedFrame {
  int64_t time_ns = 0;
  int64_t infer_ns = 0;  // what the model took, on the clock
  Answer answer;         // all boxes from kLowestScore on; never null
};

struct Trace {
  std::string clip, model;
  float threshold = 0;  // of the card: boxes count from it on
  std::vector<std::string> labels;
  std::vector<TracedFrame> frames;

  size_t size() const { return frames.size(); }
  const Boxes& boxes(size_t frame) const { return *frames[frame].answer; }
  // Half the looks took longer.
  double median_infer_us() const;
};

// The model of a card of bench/accuracy, its network below `data`; what is
// installed for it lies below `folder`.
absl::StatusOr<std::unique_ptr<Model>> OpenTracedModel(
    const std::string& name, const std::string& data,
    const std::string& folder);

// The trace in the file at `path`; where there is none what `make` gives,
// written there.
absl::StatusOr<Trace> KeptTrace(
    const std::string& path,
    const std::function<absl::StatusOr<Trace>()>& make);

// What the names of a model's traces of a recording below `data` begin with.
// kNotFound: no such recording.
absl::StatusOr<std::string> TraceStem(const ClipName& clip, const Model& model,
                                      const std::string& data,
                                      const std::string& folder);

// The trace of `clip` by the model of a card, read from a file below `folder`
// or made and written there. The file's name holds the model's digest and the
// recording's name and size, so an outdated one is not found. The frames are
// decoded only where the model has to be asked. `say` gets progress.
absl::StatusOr<Trace> LoadTrace(
    const ClipName& clip, const std::string& model, const std::string& data,
    const std::string& folder,
    const std::function<void(const std::string&)>& say);

// The file's text and back. kDataLoss: it is not such a text.
std::string TraceText(const Trace& trace);
absl::StatusOr<Trace> ParseTrace(const std::string& text);

}  // namespace fovea::bench::reuse

#endif  // FOVEA_BENCH_REUSE_TRACE_H_
