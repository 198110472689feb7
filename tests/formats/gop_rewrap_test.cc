// SPDX-License-Identifier: GPL-2.0-or-later
//
// Real H.264 through every container it may come in: the canonical payload
// must not depend on the container, the originals must come back, and each
// GOP must decode alone to the pixels of the whole.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "codec/canonical_gop.h"
#include "tests/formats/h264_clip.h"
#include "tests/support/ffmpeg_tool.h"
#include "tests/support/test_data.h"

namespace fovea::testing {
namespace {

const char* const kClips[] = {
    "video/intel_car-detection.mp4",     "video/intel_bottle-detection.mp4",
    "video/uadetrac_intersection_a.mp4", "video/uadetrac_intersection_b.mp4",
    "video/towncentre_street_41f.mp4",   "video/dashcam_solidWhiteRight.mp4",
    "camera_imu/gopro_hero7.mp4",        "camera_imu/gopro_max-heromode.mp4",
};

std::vector<uint8_t> Payloads(const CutClip& cut) {
  std::vector<uint8_t> all;
  for (const CanonicalGop& gop : cut.gops) {
    all.insert(all.end(), gop.payload.begin(), gop.payload.end());
  }
  return all;
}

// Fovea's promise about one file: every access unit comes back.
void ExpectOriginalsComeBack(const Clip& clip, const CutClip& cut,
                             const std::string& what) {
  size_t next = 0;
  for (const CanonicalGop& gop : cut.gops) {
    const auto units =
        RestoreOriginal(gop.payload, gop.trim, cut.shelf.Lookup());
    ASSERT_TRUE(units.ok()) << what << ": " << units.status();
    for (const auto& unit : *units) {
      ASSERT_LT(next, clip.units.size()) << what;
      ASSERT_EQ(unit, clip.units[next].data) << what << " unit " << next;
      ++next;
    }
  }
  EXPECT_EQ(next, clip.units.size()) << what;
}

struct DecodedFrame {
  std::string digest;
  int64_t pts = 0;
};

// Decodes a GOP by itself, its leading pictures left out.
std::map<int64_t, std::string> DecodeAlone(const CanonicalGop& gop,
                                           const ParameterSetShelf& shelf) {
  std::map<int64_t, std::string> shown;
  const auto units = ToAnnexB(gop.payload, gop.trim, shelf.Lookup());
  if (!units.ok() || units->size() != gop.pictures.size()) {
    ADD_FAILURE() << units.status() << ", " << gop.pictures.size()
                  << " pictures";
    return shown;
  }
  auto decoder = NewDecoder();
  std::vector<Frame> frames;
  for (size_t i = 0; i < units->size(); ++i) {
    if (gop.pictures[i].leading) continue;
    const auto status =
        decoder->Decode((*units)[i], gop.pictures[i].pts, &frames);
    EXPECT_TRUE(status.ok()) << status;
  }
  const auto status = decoder->Flush(&frames);
  EXPECT_TRUE(status.ok()) << status;
  for (const Frame& frame : frames) shown[frame.pts] = Hex(DigestOf(frame));
  return shown;
}

// Frames of the whole clip by presentation order, GOP by GOP.
void ExpectEachGopDecodesAlone(const std::string& path) {
  const std::vector<std::string> expected = FfmpegFrameDigests(path);
  const CutClip cut = Cut(ReadClip(path));
  std::vector<int64_t> all_pts;
  std::map<int64_t, std::string> shown;
  size_t leading = 0;
  for (const CanonicalGop& gop : cut.gops) {
    for (const GopPicture& picture : gop.pictures) {
      all_pts.push_back(picture.pts);
      if (picture.leading) ++leading;
    }
    shown.merge(DecodeAlone(gop, cut.shelf));
  }
  EXPECT_EQ(shown.size() + leading, all_pts.size());
  std::sort(all_pts.begin(), all_pts.end());
  ASSERT_EQ(all_pts.size(), expected.size()) << path;
  for (size_t i = 0; i < all_pts.size(); ++i) {
    const auto frame = shown.find(all_pts[i]);
    if (frame == shown.end()) continue;  // a leading picture
    EXPECT_EQ(frame->second, expected[i]) << path << " frame " << i;
  }
}

class GopRewrapTest : public ::testing::TestWithParam<const char*> {};

TEST_P(GopRewrapTest, ContainersShareOnePayload) {
  FOVEA_NEED_TEST_DATA(source, GetParam());
  FOVEA_NEED_FFMPEG();
  const TempDir folder;
  const Clip original = ReadClip(source);
  const CutClip reference = Cut(original);
  ExpectOriginalsComeBack(original, reference, source);
  const std::vector<uint8_t> payload = Payloads(reference);
  const std::pair<const char*, const char*> kWraps[] = {
      {"fast.mp4", "-movflags +faststart"},
      {"fragmented.mp4", "-movflags +frag_keyframe+empty_moov"},
      {"plain.mkv", ""},
      {"plain.ts", ""},
      {"bare.h264", ""},
  };
  for (const auto& [name, flags] : kWraps) {
    const std::string path = folder.File(name);
    Ffmpeg("-i '" + source + "' -map 0:v:0 -c copy " + flags + " '" + path +
           "'");
    const Clip clip = ReadClip(path);
    const CutClip cut = Cut(clip);
    ExpectOriginalsComeBack(clip, cut, name);
    EXPECT_EQ(cut.gops.size(), reference.gops.size()) << name;
    EXPECT_TRUE(Payloads(cut) == payload) << name;
    size_t trim = 0;
    for (const CanonicalGop& gop : cut.gops) trim += gop.trim.size();
    RecordProperty(std::string("trim_bytes_per_frame_") + name,
                   std::to_string(static_cast<double>(trim) /
                                  static_cast<double>(clip.units.size())));
    // A few bytes per picture, whatever the container.
    EXPECT_LT(trim, clip.units.size() * 8 + cut.gops.size() * 800) << name;
  }
}

TEST_P(GopRewrapTest, EachGopDecodesAlone) {
  FOVEA_NEED_TEST_DATA(source, GetParam());
  FOVEA_NEED_FFMPEG();
  ExpectEachGopDecodesAlone(source);
}

INSTANTIATE_TEST_SUITE_P(RealClips, GopRewrapTest, ::testing::ValuesIn(kClips),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) {
                             if (!std::isalnum(static_cast<unsigned char>(c))) {
                               c = '_';
                             }
                           }
                           return name;
                         });

// Streams other encoders' options make, from one real clip.
class GopEncodingTest : public ::testing::TestWithParam<const char*> {};

TEST_P(GopEncodingTest, CutsRestoresAndDecodesAlone) {
  FOVEA_NEED_TEST_DATA(source, "video/uadetrac_intersection_a.mp4");
  FOVEA_NEED_FFMPEG();
  const TempDir folder;
  const std::string mp4 = folder.File("encoded.mp4");
  const std::string ts = folder.File("encoded.ts");
  Ffmpeg("-i '" + source + "' -an -vf scale=320:180 -frames:v 120 " +
         std::string(GetParam()) + " '" + mp4 + "'");
  Ffmpeg("-i '" + mp4 + "' -c copy '" + ts + "'");
  const Clip boxed = ReadClip(mp4);
  const Clip streamed = ReadClip(ts);
  const CutClip boxed_cut = Cut(boxed);
  const CutClip streamed_cut = Cut(streamed);
  ExpectOriginalsComeBack(boxed, boxed_cut, "mp4");
  ExpectOriginalsComeBack(streamed, streamed_cut, "ts");
  EXPECT_GT(boxed_cut.gops.size(), 1U);
  EXPECT_TRUE(Payloads(boxed_cut) == Payloads(streamed_cut));
  ExpectEachGopDecodesAlone(mp4);
}

INSTANTIATE_TEST_SUITE_P(
    Options, GopEncodingTest,
    ::testing::Values(
        "-c:v libx264 -x264-params "
        "open-gop=1:bframes=3:b-pyramid=normal:keyint=30",
        "-c:v libx264 -x264-params bframes=5:b-pyramid=strict:keyint=25",
        "-c:v libx264 -profile:v baseline -x264-params slices=4:keyint=20",
        "-c:v libx264 -flags +ildct+ilme -x264-params "
        "tff=1:keyint=24:bframes=2",
        "-c:v libx264 -x264-params "
        "nal-hrd=cbr:force-cfr=1:vbv-maxrate=2000:vbv-bufsize=2000:"
        "bitrate=2000:keyint=30",
        "-c:v libx264 -x264-params "
        "aud=1:pic-struct=1:weightp=2:keyint=30:open-gop=1"));

TEST(GopOpenTest, LeadingPicturesAreMarked) {
  FOVEA_NEED_TEST_DATA(source, "video/uadetrac_intersection_a.mp4");
  FOVEA_NEED_FFMPEG();
  const TempDir folder;
  const std::string mp4 = folder.File("open.mp4");
  Ffmpeg("-i '" + source +
         "' -an -vf scale=320:180 -frames:v 120 -c:v libx264 -x264-params "
         "open-gop=1:bframes=3:b-adapt=0:keyint=30:scenecut=0 '" +
         mp4 + "'");
  const CutClip cut = Cut(ReadClip(mp4));
  ASSERT_GE(cut.gops.size(), 3U);
  EXPECT_FALSE(cut.gops.front().open);
  for (size_t i = 1; i < cut.gops.size(); ++i) {
    const CanonicalGop& gop = cut.gops[i];
    EXPECT_TRUE(gop.open) << i;
    EXPECT_EQ(gop.pictures[0].type, PictureType::kI);
    EXPECT_FALSE(gop.pictures[0].leading);
    EXPECT_TRUE(gop.pictures[1].leading) << i;
    EXPECT_EQ(gop.pictures[1].type, PictureType::kB);
  }
}

TEST(GopQpTest, SliceQpIsThatOfAConstantQpEncode) {
  FOVEA_NEED_TEST_DATA(source, "video/uadetrac_intersection_a.mp4");
  FOVEA_NEED_FFMPEG();
  const TempDir folder;
  const std::string mp4 = folder.File("qp.mp4");
  for (const std::string options :
       {"-profile:v baseline", "-profile:v main -bf 2",
        "-profile:v high -bf 3 -weightb 1 -flags +ildct+ilme"}) {
    Ffmpeg("-i '" + source +
           "' -an -frames:v 20 -c:v libx264 -qp 31 "
           "-x264-params ipratio=1:pbratio=1:weightp=2 " +
           options + " '" + mp4 + "'");
    const CutClip cut = Cut(ReadClip(mp4));
    ASSERT_FALSE(cut.gops.empty());
    for (const GopPicture& picture : cut.gops[0].pictures) {
      EXPECT_EQ(picture.qp, 31) << options << " pts " << picture.pts;
    }
  }
}

}  // namespace
}  // namespace fovea::testing
