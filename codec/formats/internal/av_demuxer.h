// SPDX-License-Identifier: GPL-2.0-or-later
//
// An opened container: libavformat's view of a file, a pipe or a URL, with
// its streams described as tracks and its packets in order.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_AV_DEMUXER_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_AV_DEMUXER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/formats/internal/av_handles.h"
#include "codec/formats/internal/av_input.h"
#include "codec/formats/source.h"

namespace fovea::av {

// Not thread-safe.
class Demuxer {
 public:
  // `name` is for messages and for telling formats apart by suffix. An
  // error names the reason only, for the caller to explain. Without
  // `analyze` the streams are as the header has them (a second pass).
  static absl::StatusOr<std::unique_ptr<Demuxer>> Open(
      const std::string& name, std::unique_ptr<Input> input,
      const FormatLimits& limits, bool analyze = true);

  // A URL or device libavformat opens itself; `name` is the location
  // without credentials. `interrupted` is asked often during any blocking
  // call, with the bytes read so far where known, and ends it when true.
  static absl::StatusOr<std::unique_ptr<Demuxer>> OpenUrl(
      const std::string& location, const std::string& name,
      const FormatLimits& limits, std::function<bool(int64_t)> interrupted);

  AVFormatContext& file() { return *file_; }
  Input* input() { return input_.get(); }
  std::string container() const;

  // The next packet; null at the end of the stream. An error is the end
  // too; what came before it stays good.
  absl::StatusOr<PacketPtr> Read();

  // RTSP tells no time for the first packet of a stream. Reads ahead until
  // one of each has a time, and gives the packet before it the time one
  // duration earlier. Before the first Read().
  void MendStart();

 private:
  explicit Demuxer(std::string name) : name_(std::move(name)) {}
  absl::Status Prepare(const FormatLimits& limits);
  void ProbeLittle();
  absl::StatusOr<PacketPtr> ReadOn();
  void MendBefore(const AVPacket& timed);
  absl::Status Start(const char* location, const AVInputFormat* format,
                     AVDictionary** options, const FormatLimits& limits,
                     bool analyze);

  std::string name_;
  std::unique_ptr<Input> input_;
  static int AskInterrupted(void* self);

  std::function<bool(int64_t)> interrupted_;
  const AVFormatContext* opening_ = nullptr;  // until file_ has it
  FormatPtr file_;
  std::deque<PacketPtr> ahead_;  // read by MendStart()
};

// "rtsp://user:pass@host/x?token=1" -> "rtsp://host/x?...".
std::string WithoutCredentials(const std::string& url);

}  // namespace fovea::av

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_AV_DEMUXER_H_
