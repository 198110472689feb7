// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/packet_streams.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/recording.h"
#include "codec/video_encoder.h"

namespace fovea::bench::reuse {
namespace {

constexpr size_t kMostFrames = 1000;

struct Recipe {
  const char* clip;  // of AllClips()
  size_t first;      // frame
  int gop;           // 0: the recording's own packets
  double crf;
};

// Cameras differ in what their makers set: GOPs of half a second to several,
// fine and coarse. Own packets begin at frame 0, an I-picture.
constexpr Recipe kRecipes[] = {
    {"vtest", 0, 25, 23},   {"bottle", 0, 30, 28},   {"car", 0, 12, 28},
    {"hero7", 0, 30, 23},   {"ua_a", 0, 50, 28},     {"max", 0, 25, 33},
    {"dashcam", 0, 0, 0},   {"vtest", 220, 50, 33},  {"bottle", 220, 50, 23},
    {"car", 0, 0, 0},       {"ua_a", 0, 0, 0},       {"dashcam", 0, 25, 28},
    {"vtest", 440, 12, 28}, {"bottle", 440, 12, 33}, {"bottle", 660, 25, 28},
    {"max", 0, 0, 0},
};

const ClipName& ClipCalled(const std::string& name) {
  return *std::ranges::find(AllClips(), name, &ClipName::name);
}

// Without B-pictures packets come as the frames do.
absl::StatusOr<std::vector<Packet>> Encode(const Recording& recording,
                                           const Recipe& recipe,
                                           size_t rounds) {
  VideoEncoderOptions options;
  options.camera = recording.camera;
  options.gop_frames = recipe.gop;
  options.crf = recipe.crf;
  auto encoder = NewVideoEncoder(options);
  if (!encoder.ok()) return encoder.status();
  std::vector<EncodedFrame> coded;
  for (size_t i = recipe.first; i < recipe.first + rounds; ++i) {
    absl::Status s = (*encoder)->Encode(recording.frames[i], nullptr, &coded);
    if (!s.ok()) return s;
  }
  if (absl::Status s = (*encoder)->Flush(&coded); !s.ok()) return s;
  std::vector<Packet> packets;
  for (const EncodedFrame& each : coded) {
    packets.push_back(
        {static_cast<int64_t>(each.data.size()),
         each.keyframe ? PictureType::kIntra : PictureType::kPredicted});
  }
  return packets;
}

// B-pictures are decoded after the picture that is shown after them.
std::vector<size_t> DecodingOrder(const std::vector<Packet>& shown) {
  std::vector<size_t> order, waiting;
  for (size_t i = 0; i < shown.size(); ++i) {
    if (shown[i].type == PictureType::kBidirectional) {
      waiting.push_back(i);
      continue;
    }
    order.push_back(i);
    order.insert(order.end(), waiting.begin(), waiting.end());
    waiting.clear();
  }
  order.insert(order.end(), waiting.begin(), waiting.end());
  return order;
}

absl::Status FillOwn(const std::string& path, size_t rounds,
                     PacketStream* stream) {
  const auto shown = ReadPackets(path);
  if (!shown.ok()) return shown.status();
  stream->frames = DecodingOrder(*shown);
  stream->frames.resize(std::min(rounds, stream->frames.size()));
  for (const size_t frame : stream->frames) {
    stream->packets.push_back((*shown)[frame]);
  }
  return absl::OkStatus();
}

// `recordings` keeps what was decoded, by path.
absl::Status FillEncoded(const std::string& path, const Recipe& recipe,
                         size_t rounds,
                         std::map<std::string, Recording>* recordings,
                         PacketStream* stream) {
  if (!recordings->contains(path)) {
    auto recording = LoadRecording(path, kMostFrames);
    if (!recording.ok()) return recording.status();
    recordings->emplace(path, *std::move(recording));
  }
  const Recording& recording = recordings->at(path);
  if (recording.frames.size() < recipe.first + rounds) {
    return absl::DataLossError(path + " is too short");
  }
  auto packets = Encode(recording, recipe, rounds);
  if (!packets.ok()) return packets.status();
  stream->packets = *std::move(packets);
  for (size_t i = 0; i < rounds; ++i) {
    stream->frames.push_back(recipe.first + i);
  }
  return absl::OkStatus();
}

std::string NameOf(const Recipe& recipe) {
  if (recipe.gop == 0) return absl::StrCat(recipe.clip, " as recorded");
  return absl::StrCat(recipe.clip, " from ", recipe.first, ", GOP ", recipe.gop,
                      ", crf ", recipe.crf);
}

}  // namespace

absl::StatusOr<PacketStreams> PacketStreams::Load(
    const std::vector<size_t>& chosen, size_t rounds, const std::string& model,
    const std::string& data, const std::string& traces,
    const std::function<void(const std::string&)>& say) {
  PacketStreams all;
  std::map<std::string, Recording> recordings;
  std::map<std::pair<std::string, size_t>, size_t> stretches;
  for (size_t i = 0; i < std::size(kRecipes); ++i) {
    if (!chosen.empty() && !std::ranges::count(chosen, i)) continue;
    const Recipe& recipe = kRecipes[i];
    const ClipName& clip = ClipCalled(recipe.clip);
    const std::string path = data + "/" + clip.path;
    if (!std::filesystem::exists(path)) return absl::NotFoundError(path);
    const auto [place, is_new] =
        stretches.try_emplace({clip.name, recipe.first}, stretches.size());
    if (is_new) {
      auto trace = LoadTrace(clip, model, data, traces, say);
      if (!trace.ok()) return trace.status();
      all.traces_.push_back(std::make_unique<Trace>(*std::move(trace)));
    }
    PacketStream stream{NameOf(recipe), place->second, {}, {}, nullptr};
    const absl::Status status =
        recipe.gop == 0
            ? FillOwn(path, rounds, &stream)
            : FillEncoded(path, recipe, rounds, &recordings, &stream);
    if (!status.ok()) return status;
    if (stream.size() != rounds) {
      return absl::DataLossError(absl::StrCat(
          stream.name, " has ", stream.size(), " packets of ", rounds));
    }
    say(stream.name);
    all.streams_.push_back(std::move(stream));
  }
  return all;
}

void PacketStreams::SetLoss(Loss loss) {
  truths_.clear();
  for (const auto& trace : traces_) {
    truths_.push_back(std::make_unique<Truth>(*trace, loss));
  }
  for (PacketStream& stream : streams_) {
    stream.truth = truths_[stream.stretch].get();
  }
}

}  // namespace fovea::bench::reuse
