// SPDX-License-Identifier: GPL-2.0-or-later
//
// Video in MCAP files: what is written decodes as its source does.

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/decode/video_decoder.h"
#include "codec/formats/mcap_writer.h"
#include "codec/h264_syntax.h"
#include "tests/formats/h264_clip.h"
#include "tests/formats/mcap_fixture.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

bool HasSps(const std::vector<uint8_t>& annex_b) {
  const auto split = SplitAccessUnit(annex_b, kAnnexB, {});
  EXPECT_TRUE(split.ok()) << split.status();
  bool found = false;
  for (const NalPiece& piece : split->pieces) {
    found = found || NalTypeOf(std::span(annex_b).subspan(
                         piece.offset, piece.size)) == kNalSps;
  }
  return found;
}

class McapVideoTest : public McapWriterTest {
 protected:
  // A real clip coded again with so many B pictures in a row.
  Clip ClipOf(const std::string& path, int b_pictures) {
    const std::string clip = dir_.File("clip.mp4");
    Ffmpeg("-i '" + path + "' -an -frames:v 40 -c:v libx264 -g 15 -bf " +
           std::to_string(b_pictures) + " '" + clip + "'");
    Clip read = ReadClip(clip);
    for (AccessUnit& unit : read.units) {
      unit.time_ns = ToNanoseconds(unit.pts, read.camera.time_base);
    }
    return read;
  }
};

TEST_F(McapVideoTest, EveryPictureDecodesAsFromTheSource) {
  FOVEA_NEED_FFMPEG();
  FOVEA_NEED_TEST_DATA(path, "video/towncentre_street_41f.mp4");
  const Clip clip = ClipOf(path, 0);
  McapWriter& writer = Open();
  const auto channel =
      writer.AddVideoChannel("/camera", {clip.framing, clip.config, "optical"});
  ASSERT_TRUE(channel.ok()) << channel.status();
  for (const AccessUnit& unit : clip.units) {
    const absl::Status written = writer.WriteVideo(*channel, unit);
    ASSERT_TRUE(written.ok()) << written;
  }
  const ReadMcapFile file = Close();
  ASSERT_EQ(file.schemas.at(1).name, "foxglove.CompressedVideo");
  ASSERT_EQ(file.messages.size(), clip.units.size());
  ProtobufSchema schema(file.schemas.at(1));
  auto decoder = NewDecoder();
  std::vector<Frame> frames;
  std::vector<uint8_t> stream;
  for (size_t i = 0; i < clip.units.size(); ++i) {
    const ReadMessage& message = file.messages[i];
    EXPECT_EQ(message.log_time, static_cast<uint64_t>(clip.units[i].time_ns));
    EXPECT_EQ(schema.Text(message.data, "format"), "h264");
    EXPECT_EQ(schema.Text(message.data, "frame_id"), "optical");
    const std::string data = schema.Text(message.data, "data");
    const std::vector<uint8_t> unit(data.begin(), data.end());
    EXPECT_EQ(HasSps(unit), clip.units[i].keyframe);
    ASSERT_TRUE(decoder->Decode(unit, clip.units[i].pts, &frames).ok());
    stream.insert(stream.end(), unit.begin(), unit.end());
  }
  ASSERT_TRUE(decoder->Flush(&frames).ok());
  EXPECT_EQ(frames.size(), clip.units.size());
  WriteFileBytes(dir_.File("out.h264"), stream);
  EXPECT_EQ(FfmpegFrameDigests(dir_.File("out.h264")),
            FfmpegFrameDigests(dir_.File("clip.mp4")));
}

TEST_F(McapVideoTest, AnnexBUnitsComeBackByteByByte) {
  FOVEA_NEED_FFMPEG();
  FOVEA_NEED_TEST_DATA(path, "video/towncentre_street_41f.mp4");
  const Clip clip = ClipOf(path, 0);
  McapWriter& writer = Open();
  const auto first =
      writer.AddVideoChannel("/1", {clip.framing, clip.config, ""});
  ASSERT_TRUE(first.ok());
  for (const AccessUnit& unit : clip.units) {
    ASSERT_TRUE(writer.WriteVideo(*first, unit).ok());
  }
  const ReadMcapFile file = Close();
  ProtobufSchema schema(file.schemas.at(1));
  // What was written is such units: again, they do not change.
  McapWriter& again = Open();
  const auto second = again.AddVideoChannel("/1", McapVideo());
  ASSERT_TRUE(second.ok());
  for (size_t i = 0; i < clip.units.size(); ++i) {
    AccessUnit unit = clip.units[i];
    const std::string data = schema.Text(file.messages[i].data, "data");
    unit.data.assign(data.begin(), data.end());
    ASSERT_TRUE(again.WriteVideo(*second, unit).ok());
  }
  EXPECT_EQ(DataOf(Close().messages), DataOf(file.messages));
}

TEST_F(McapVideoTest, RefusesWhatViewersCannotShow) {
  FOVEA_NEED_FFMPEG();
  FOVEA_NEED_TEST_DATA(path, "video/towncentre_street_41f.mp4");
  const Clip clip = ClipOf(path, 2);
  McapWriter& writer = Open();
  const auto video =
      writer.AddVideoChannel("/1", {clip.framing, clip.config, ""});
  ASSERT_TRUE(video.ok());
  ExpectFault(writer.WriteVideo(*video, clip.units[1]),
              "the first picture is no keyframe");
  absl::Status status;
  for (const AccessUnit& unit : clip.units) {
    if (status.ok()) status = writer.WriteVideo(*video, unit);
  }
  ExpectFault(status, "CompressedVideo cannot hold B pictures");
  const auto bare = writer.AddVideoChannel("/2", {clip.framing, {}, ""});
  ASSERT_TRUE(bare.ok());
  ExpectFault(writer.WriteVideo(*bare, clip.units[0]), "no parameter sets");
  AccessUnit broken = clip.units[0];
  broken.data.resize(broken.data.size() / 2);
  const auto third =
      writer.AddVideoChannel("/3", {clip.framing, clip.config, ""});
  ExpectFault(writer.WriteVideo(*third, broken), "access unit at pts",
              absl::StatusCode::kDataLoss);
  ExpectFault(writer.AddVideoChannel("/4", {4, {1, 2, 3}, ""}).status(), "",
              absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace fovea::testing
