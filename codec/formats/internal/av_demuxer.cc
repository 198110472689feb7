// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/av_demuxer.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

extern "C" {
#include <libavdevice/version_major.h>
#include <libavutil/dict.h>
}

namespace fovea::av {
namespace {

// Enough to see every stream of a live feed without holding it back; files
// may be analysed for longer, their packets are there already.
constexpr int64_t kLiveAnalyzeMicros = 1'000'000;

// Where nothing can be read twice, some demuxers (MPEG-TS) keep as many
// bytes as may be probed for as long as they are open. libavformat's default.
constexpr int64_t kUnseekableProbeBytes = 5'000'000;

constexpr size_t kMaxReadAhead = 256;  // packets

// Text art, lists of other files and synthetic inputs: libavformat opens
// them, but none is a recording.
bool IsForeignFormat(const std::string& format) {
  static constexpr std::array<const char*, 12> kForeign = {
      "tty", "bin",  "xbin",   "idf",    "adf",   "hls",
      "sdp", "dash", "concat", "image2", "lavfi", "ffmetadata"};
  for (const char* name : kForeign) {
    if (format == name) return true;
  }
  return absl::EndsWith(format, "_pipe");
}

// libavdevice drags in some eighty libraries (sound servers, display
// servers) that every start of the program would have to load: it is opened
// only when a camera of this machine is asked for.
absl::StatusOr<const AVInputFormat*> CameraFormat() {
  const std::string library =
      absl::StrCat("libavdevice.so.", LIBAVDEVICE_VERSION_MAJOR);
  void* handle = dlopen(library.c_str(), RTLD_NOW);  // stays for good
  void* found =
      handle != nullptr ? dlsym(handle, "avdevice_register_all") : nullptr;
  if (found == nullptr) {
    return absl::UnavailableError(
        absl::StrCat(library,
                     " is missing, so cameras of this machine cannot be read; "
                     "install libavdevice59"));
  }
  reinterpret_cast<void (*)()>(found)();
  return av_find_input_format("v4l2");
}

struct Options {
  AVDictionary* entries = nullptr;
  ~Options() { av_dict_free(&entries); }
  void Set(const char* key, const char* value) {
    av_dict_set(&entries, key, value, 0);
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Demuxer>> Demuxer::Open(
    const std::string& name, std::unique_ptr<Input> input,
    const FormatLimits& limits, bool analyze) {
  std::unique_ptr<Demuxer> demuxer(new Demuxer(name));
  if (auto ready = demuxer->Prepare(limits); !ready.ok()) return ready;
  demuxer->input_ = std::move(input);
  if (!demuxer->input_->seekable()) demuxer->ProbeLittle();
  demuxer->file_->pb = demuxer->input_->context();
  // Nothing but this input is read, whatever the file refers to.
  demuxer->file_->io_open = [](AVFormatContext*, AVIOContext**, const char*,
                               int, AVDictionary**) { return AVERROR(EPERM); };
  Options options;
  auto started =
      demuxer->Start(name.c_str(), nullptr, &options.entries, limits, analyze);
  if (!started.ok()) return started;
  return demuxer;
}

absl::StatusOr<std::unique_ptr<Demuxer>> Demuxer::OpenUrl(
    const std::string& location, const std::string& name,
    const FormatLimits& limits, std::function<bool(int64_t)> interrupted) {
  std::unique_ptr<Demuxer> demuxer(new Demuxer(name));
  if (auto ready = demuxer->Prepare(limits); !ready.ok()) return ready;
  demuxer->interrupted_ = std::move(interrupted);
  demuxer->file_->interrupt_callback = {&Demuxer::AskInterrupted,
                                        demuxer.get()};
  demuxer->file_->max_analyze_duration = kLiveAnalyzeMicros;
  demuxer->ProbeLittle();
  const AVInputFormat* format = nullptr;
  if (absl::StartsWith(location, "/dev/")) {
    absl::StatusOr<const AVInputFormat*> camera = CameraFormat();
    if (!camera.ok()) return camera.status();
    format = *camera;
  }
  Options options;
  options.Set("rtsp_transport", "tcp");
  options.Set("protocol_whitelist",
              "tcp,udp,rtp,srtp,tls,http,https,httpproxy,rtmp,rtmps,rtmpt,srt,"
              "crypto,data");
  if (format != nullptr) av_dict_free(&options.entries);
  auto started =
      demuxer->Start(location.c_str(), format, &options.entries, limits, true);
  if (!started.ok()) return started;
  return demuxer;
}

absl::Status Demuxer::Prepare(const FormatLimits& limits) {
  SilenceLog();
  file_.reset(avformat_alloc_context());
  if (file_ == nullptr) return absl::ResourceExhaustedError("no memory");
  file_->probesize = limits.max_probe_bytes;
  file_->max_streams = limits.max_tracks;
  return absl::OkStatus();
}

void Demuxer::ProbeLittle() {
  file_->probesize = std::min(file_->probesize, kUnseekableProbeBytes);
}

absl::Status Demuxer::Start(const char* location, const AVInputFormat* format,
                            AVDictionary** options, const FormatLimits& limits,
                            bool analyze) {
  AVFormatContext* opening = file_.release();  // freed by libav on failure
  opening_ = opening;
  int result = avformat_open_input(&opening, location, format, options);
  file_.reset(opening);
  opening_ = nullptr;
  if (result < 0) return ErrorStatus(result, name_);
  if (input_ != nullptr && IsForeignFormat(container())) {
    return absl::InvalidArgumentError(absl::StrCat(
        name_, ": holds '", container(), "', not a video recording"));
  }
  if (analyze) result = avformat_find_stream_info(file_.get(), nullptr);
  if (result < 0 && file_->nb_streams == 0) return ErrorStatus(result, name_);
  if (file_->nb_streams > static_cast<unsigned>(limits.max_tracks)) {
    return absl::ResourceExhaustedError(
        absl::StrCat(name_, ": has ", file_->nb_streams,
                     " tracks, the limit is ", limits.max_tracks));
  }
  return absl::OkStatus();
}

int Demuxer::AskInterrupted(void* self) {
  const auto* demuxer = static_cast<const Demuxer*>(self);
  const AVFormatContext* file =
      demuxer->opening_ != nullptr ? demuxer->opening_ : demuxer->file_.get();
  const bool has_position = file != nullptr && file->pb != nullptr;
  return demuxer->interrupted_(has_position ? file->pb->pos : 0) ? 1 : 0;
}

std::string Demuxer::container() const { return file_->iformat->name; }

absl::StatusOr<PacketPtr> Demuxer::Read() {
  if (ahead_.empty()) return ReadOn();
  PacketPtr packet = std::move(ahead_.front());
  ahead_.pop_front();
  return packet;
}

void Demuxer::MendStart() {
  if (container() != "rtsp") return;
  std::set<int> untimed;
  while (ahead_.size() < kMaxReadAhead) {
    auto packet = ReadOn();
    // Told again by the next Read().
    if (!packet.ok() || *packet == nullptr) return;
    ahead_.push_back(*std::move(packet));
    const AVPacket& last = *ahead_.back();
    if (last.pts == AV_NOPTS_VALUE) {
      untimed.insert(last.stream_index);
    } else if (untimed.erase(last.stream_index) != 0) {
      MendBefore(last);
    }
    if (untimed.empty()) return;
  }
}

void Demuxer::MendBefore(const AVPacket& timed) {
  AVStream& stream = *file_->streams[timed.stream_index];
  int64_t pts = timed.pts;
  for (auto packet = ahead_.rbegin(); packet != ahead_.rend(); ++packet) {
    AVPacket& before = **packet;
    if (before.stream_index != timed.stream_index) continue;
    if (before.pts != AV_NOPTS_VALUE) continue;
    pts -= std::max<int64_t>(before.duration, 1);
    before.pts = before.dts = pts;
  }
  stream.start_time = stream.start_time == AV_NOPTS_VALUE
                          ? pts
                          : std::min(stream.start_time, pts);
}

absl::StatusOr<PacketPtr> Demuxer::ReadOn() {
  PacketPtr packet(av_packet_alloc());
  if (packet == nullptr) return absl::ResourceExhaustedError("no memory");
  const int result = av_read_frame(file_.get(), packet.get());
  if (result == AVERROR_EOF) return PacketPtr();
  if (result < 0) return ErrorStatus(result, name_);
  return packet;
}

std::string WithoutCredentials(const std::string& url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const size_t host = scheme + 3;
  const size_t path = url.find_first_of("/?#", host);
  const size_t at = url.rfind('@', path);
  std::string shown = url;
  const bool has_user = at != std::string::npos && at >= host;
  if (has_user) shown.erase(host, at + 1 - host);
  const size_t query = shown.find('?');
  if (query != std::string::npos) shown.replace(query + 1, shown.npos, "...");
  return shown;
}

}  // namespace fovea::av
