// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/wrapping.h"

#include <cstdio>
#include <filesystem>
#include <utility>

#include "bench/child.h"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

using testing::ReadFileBytes;
using testing::WriteFileBytes;

constexpr char kEncodedSeconds[] = "8";
constexpr uint8_t kFillerData = 12;  // nal_unit_type

// "ffmpeg -i CLIP, video and audio copied, ARGUMENTS FILE".
bool Rewrap(const std::string& clip, std::vector<std::string> arguments,
            const std::string& file) {
  std::vector<std::string> command = {"-i",   clip,   "-map", "0:v:0",
                                      "-map", "0:a?", "-c",   "copy"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.push_back(file);
  return RunFfmpeg(command);
}

bool Encode(const std::string& clip, const std::string& x264,
            const std::string& file) {
  return RunFfmpeg({"-i",    clip,       "-t",      kEncodedSeconds, "-map",
                    "0:v:0", "-map",     "0:a?",    "-c:a",          "copy",
                    "-c:v",  "libx264",  "-preset", "veryfast",      "-crf",
                    "26",    "-pix_fmt", "yuv420p", "-x264-params",  x264,
                    file});
}

bool IsSlice(uint8_t nal_header) {
  const int type = nal_header & 31;
  return type >= 1 && type <= 5;
}

// Byte stream with a filler data unit behind every slice.
std::vector<uint8_t> WithFiller(const std::vector<uint8_t>& stream) {
  const std::vector<uint8_t> filler = {0,    0,    0,    1,    kFillerData,
                                       0xff, 0xff, 0xff, 0xff, 0x80};
  std::vector<uint8_t> out;
  bool in_slice = false;
  for (size_t i = 0; i < stream.size(); ++i) {
    const bool starts = i + 3 < stream.size() && stream[i] == 0 &&
                        stream[i + 1] == 0 && stream[i + 2] == 1;
    if (starts) {
      // The zero byte of a long start code belongs to the next unit.
      const bool long_code = !out.empty() && out.back() == 0;
      if (long_code) out.pop_back();
      if (in_slice) out.insert(out.end(), filler.begin(), filler.end());
      if (long_code) out.push_back(0);
      in_slice = IsSlice(stream[i + 3]);
    }
    out.push_back(stream[i]);
  }
  if (in_slice) out.insert(out.end(), filler.begin(), filler.end());
  return out;
}

// Cut at keyframes into up to three parts.
bool CutAtKeyframes(const std::string& clip, const std::string& folder,
                    std::vector<Wrapping>* made) {
  const std::string seconds =
      RunChild({"/usr/bin/ffprobe", "-v", "error", "-show_entries",
                "format=duration", "-of", "csv=p=0", clip})
          .output;
  const std::string third = std::to_string(std::atof(seconds.c_str()) / 3);
  if (!Rewrap(clip,
              {"-map", "-0:a", "-f", "segment", "-segment_time", third,
               "-reset_timestamps", "1"},
              folder + "/part%d.mp4")) {
    return false;
  }
  std::vector<std::string> parts;
  while (true) {
    const std::string part =
        folder + "/part" + std::to_string(parts.size()) + ".mp4";
    if (!std::filesystem::exists(part)) break;
    parts.push_back(part);
  }
  if (parts.size() < 2) return true;  // no keyframe to cut at
  made->push_back({"end cut off at a keyframe", parts.front()});
  if (parts.size() > 2) {
    made->push_back({"both ends cut off at keyframes", parts[1]});
  }
  made->push_back({"start cut off at a keyframe", parts.back()});
  return true;
}

}  // namespace

bool RunFfmpeg(std::vector<std::string> arguments) {
  std::vector<std::string> command = {"/usr/bin/ffmpeg", "-v", "error", "-y"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  if (RunChild(command).exit_code == 0) return true;
  std::fprintf(stderr, "ffmpeg cannot make %s\n", arguments.back().c_str());
  return false;
}

std::vector<Wrapping> WrapVideo(const std::string& clip,
                                const std::string& folder, bool quick,
                                bool* complete) {
  const struct {
    const char* what;
    const char* file;
    std::vector<std::string> arguments;
    bool in_quick = false;
    Expected expected = Expected::kAll;
  } kRows[] = {
      {"MP4, index first", "fast.mp4", {"-movflags", "+faststart"}},
      {"MP4, fragmented",
       "frag.mp4",
       {"-movflags", "frag_keyframe+empty_moov"},
       true},
      {"MKV", "clip.mkv", {}, true},
      {"MPEG-TS", "clip.ts", {}, true},
      {"raw Annex B", "raw.h264", {"-map", "-0:a"}, true},
      {"audio removed", "mute.mp4", {"-map", "-0:a"}},
      {"delimiters put in", "aud.mp4", {"-bsf:v", "h264_metadata=aud=insert"}},
      {"another SEI",
       "sei.mp4",
       {"-bsf:v",
        "h264_metadata=sei_user_data=6a1d0f3c-5b7e-4e1f-9a2b-"
        "0c4d8e7f6a5b+uploaded again"}},
      {"end cut off within a GOP",
       "cut.mp4",
       {"-t", "1.7"},
       false,
       Expected::kUncut},
      {"re-encode",
       "again.mp4",
       {"-c:v", "libx264", "-preset", "ultrafast", "-crf", "30"},
       true,
       Expected::kNothing},
  };
  std::vector<Wrapping> made;
  for (const auto& row : kRows) {
    if (quick && !row.in_quick) continue;
    const std::string file = folder + "/" + row.file;
    if (Rewrap(clip, row.arguments, file)) {
      made.push_back({row.what, file, row.expected});
    } else {
      *complete = false;
    }
  }
  const std::string raw = folder + "/raw.h264";
  if (std::filesystem::exists(raw)) {
    WriteFileBytes(folder + "/filler.h264", WithFiller(ReadFileBytes(raw)));
    made.push_back({"filler put in, raw", folder + "/filler.h264"});
  }
  if (!CutAtKeyframes(clip, folder, &made)) *complete = false;
  return made;
}

std::vector<Wrapping> EditBytes(const std::string& path,
                                const std::string& folder) {
  const std::vector<uint8_t> bytes = ReadFileBytes(path);
  const auto at = [&bytes](size_t part, size_t of) {
    return static_cast<std::ptrdiff_t>(bytes.size() * part / of);
  };
  std::vector<uint8_t> longer = bytes;
  longer.insert(longer.begin() + at(1, 3), 100, 0x5a);
  std::vector<uint8_t> shorter = bytes;
  shorter.erase(shorter.begin() + at(2, 3),
                shorter.begin() + at(2, 3) + at(1, 1000));
  const std::vector<uint8_t> tail(bytes.begin() + at(1, 2), bytes.end());
  WriteFileBytes(folder + "/longer", longer);
  WriteFileBytes(folder + "/shorter", shorter);
  WriteFileBytes(folder + "/tail", tail);
  return {{"100 bytes put in", folder + "/longer", Expected::kUnedited},
          {"a thousandth cut out", folder + "/shorter", Expected::kUnedited},
          {"second half alone", folder + "/tail", Expected::kUnedited}};
}

bool EncodeOpenGop(const std::string& clip, const std::string& file) {
  return Encode(clip, "open-gop=1:keyint=16:min-keyint=16:scenecut=0:bframes=3",
                file);
}

bool EncodePyramid(const std::string& clip, const std::string& file) {
  return Encode(clip, "keyint=24:bframes=7:b-adapt=0:b-pyramid=normal", file);
}

std::vector<uint8_t> VideoBytes(const std::string& path,
                                const std::string& folder) {
  std::vector<std::string> command;
  // An edit list hides packets that are there.
  if (path.ends_with(".mp4")) command = {"-ignore_editlist", "1"};
  const std::string packets = folder + "/packets";
  command.insert(command.end(), {"-i", path, "-map", "0:v:0", "-c", "copy",
                                 "-f", "data", packets});
  return RunFfmpeg(command) ? ReadFileBytes(packets) : std::vector<uint8_t>();
}

}  // namespace fovea::bench
