// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the store recognises of footage that comes again, wrapped otherwise:
//
//   known     share of the payload bytes that were stored already
//   grew      what the store grew by: payload, and the journal of its rows
//   original  whether `export --original` (of --opaque: `export`) gives back
//             every byte of that upload
//
// Each row is an upload into a copy of a store that holds the clip and
// nothing else. Clips are ten recordings found through FOVEA_TEST_DATA, else
// a generated scene: some as they came, which is closed GOPs, some coded with
// open GOPs, some with B pyramids; those named all three ways. --quick: two
// short ones, few rows.
//
// Usage: reupload_bench [--quick] [CLIP...]

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/child.h"
#include "bench/wrapping.h"
#include "nlohmann/json.hpp"
#include "tests/support/test_data.h"

namespace fovea::bench {
namespace {

using nlohmann::json;
using testing::ReadFileBytes;
using testing::TempDir;
using testing::TestData;

const std::string kFovea = FOVEA_BINARY;
constexpr double kGoal = 99;           // % known
constexpr double kLeastAudio = 50e3;   // silence lies in rows, not in chunks
constexpr double kMostEdited = 512e3;  // bytes: some chunks around the edit

bool failed = false;

// One line of the table, over all clips.
struct Row {
  int uploads = 0;
  double bytes = 0;
  double known = 0;
  double worst = 100;
  double grew = 0;
  int inexact = 0;
};
std::map<std::string, Row> rows;

json Fovea(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), kFovea);
  arguments.push_back("--json");
  const ChildCost run = RunChild(arguments);
  if (run.exit_code != 0 && run.exit_code != 3) {  // 3: a track was left out
    std::fprintf(stderr, "%s failed\n",
                 absl::StrCat(arguments[1], " ", arguments[2]).c_str());
    std::exit(1);
  }
  return json::parse(run.output, nullptr, false);
}

json Ingest(const std::string& file, const std::string& store,
            const std::string& name, const std::string& how) {
  return Fovea({"ingest", file, "--store", store, "--name", name, how,
                "--progress", "none"})
      .at("sources")
      .at(0)
      .at("streams");
}

double StoreBytes(const std::string& store) {
  const json usage = Fovea({"du", "--store", store}).at("usage");
  return usage.at("live_chunk_bytes").get<double>() +
         usage.at("journal_bytes").get<double>();
}

// Whether the upload `name` comes out as it went in.
bool ComesBack(const std::string& file, const std::string& store,
               const std::string& name, bool opaque, const TempDir& dir) {
  const bool prefixed =
      !opaque && (absl::EndsWith(file, ".mp4") || absl::EndsWith(file, ".mkv"));
  const std::string out = dir.File(prefixed ? "back.mp4" : "back.h264");
  std::vector<std::string> command = {"export", name, "--store",
                                      store,    "-o", out};
  if (!opaque) command.emplace_back("--original");
  Fovea(command);
  if (opaque) return ReadFileBytes(out) == ReadFileBytes(file);
  const std::vector<uint8_t> sent = VideoBytes(file, dir.path());
  return !sent.empty() &&
         sent == (prefixed ? VideoBytes(out, dir.path()) : ReadFileBytes(out));
}

bool IsMet(Expected expected, double bytes, double known) {
  switch (expected) {
    case Expected::kAll:
      return known >= bytes * kGoal / 100;
    case Expected::kUncut:
      return true;
    case Expected::kUnedited:
      return bytes - known <= kMostEdited;
    case Expected::kNothing:
      return known == 0;
  }
  return false;
}

void Print(const std::string& what, Expected expected, double bytes,
           double known, double grew, const char* original) {
  const double share = bytes > 0 ? 100 * known / bytes : 0;
  const bool met = bytes > 0 && IsMet(expected, bytes, known);
  std::printf("  %-34s %9.0f B %7.2f %% known %9.0f B grew  %-8s %s\n",
              what.c_str(), bytes, share, grew, original, met ? "" : "MISSED");
  std::fflush(stdout);
  if (!met) failed = true;
  Row& row = rows[what];
  row.uploads += 1;
  row.bytes += bytes;
  row.known += known;
  row.worst = std::min(row.worst, share);
  row.grew += grew;
  if (std::strcmp(original, "differs") == 0) row.inexact += 1;
}

// Uploads `again` into a copy of `base`.
void Upload(const Wrapping& again, const std::string& base, bool opaque) {
  TempDir dir;
  const std::string store = dir.File("store");
  std::filesystem::copy(base, store, std::filesystem::copy_options::recursive);
  const double before = StoreBytes(store);
  const json streams =
      Ingest(again.file, store, "again", opaque ? "--opaque" : "--copy");
  const double grew = StoreBytes(store) - before;
  for (const json& stream : streams) {
    const std::string name = stream.at("name");
    const bool first = name == "again";
    const bool audio = name == "again.audio" &&
                       again.expected == Expected::kAll &&
                       stream.value("bytes", 0.0) >= kLeastAudio;
    if (!first && !audio) continue;
    const bool exact =
        !first || ComesBack(again.file, store, name, opaque, dir);
    if (!exact) failed = true;
    Print(absl::StrCat(opaque ? "opaque: " : "", again.what,
                       first ? "" : ", its audio"),
          again.expected, stream.value("bytes", 0.0),
          stream.value("bytes_known", 0.0), first ? grew : 0,
          !first  ? ""
          : exact ? "exact"
                  : "differs");
  }
}

void BenchVideo(const std::string& title, const std::string& clip, bool quick) {
  TempDir dir;
  const std::string base = dir.File("base");
  json first;
  for (const json& stream : Ingest(clip, base, "first", "--copy")) {
    if (stream.at("name") == "first") first = stream;
  }
  std::printf("%s: %.0f B of video in %d GOPs\n", title.c_str(),
              first.value("bytes", 0.0), first.value("chunks", 0));
  Upload({"the same file", clip}, base, false);
  bool complete = true;
  for (const Wrapping& again : WrapVideo(clip, dir.path(), quick, &complete)) {
    Upload(again, base, false);
  }
  if (!complete) failed = true;
}

void BenchOpaque(const std::string& title, const std::string& file) {
  TempDir dir;
  const std::string base = dir.File("base");
  const json first = Ingest(file, base, "first", "--opaque").at(0);
  std::printf("%s, opaque: %.0f B in %d chunks\n", title.c_str(),
              first.value("bytes", 0.0), first.value("chunks", 0));
  Upload({"the same file", file}, base, true);
  for (const Wrapping& again : EditBytes(file, dir.path())) {
    Upload(again, base, true);
  }
}

std::string NameOf(const std::string& clip) {
  return std::filesystem::path(clip).filename().string();
}

enum class Form { kAsItCame, kOpenGops, kPyramid };

struct Clip {
  std::string path;
  Form form;
};

void BenchClip(const Clip& clip, bool quick) {
  TempDir dir;
  const std::string name = NameOf(clip.path);
  const std::string coded = dir.File("coded.mp4");
  switch (clip.form) {
    case Form::kAsItCame:
      return BenchVideo(name, clip.path, quick);
    case Form::kOpenGops:
      if (!EncodeOpenGop(clip.path, coded)) break;
      return BenchVideo(name + ", open GOPs", coded, quick);
    case Form::kPyramid:
      if (!EncodePyramid(clip.path, coded)) break;
      return BenchVideo(name + ", B pyramid", coded, quick);
  }
  failed = true;
}

// All clips in one file, as an archive would hold them.
std::string Archive(const std::vector<Clip>& clips, const TempDir& dir) {
  std::vector<uint8_t> all;
  std::set<std::string> paths;
  for (const Clip& clip : clips) {
    if (!paths.insert(clip.path).second) continue;
    const std::vector<uint8_t> bytes = ReadFileBytes(clip.path);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  testing::WriteFileBytes(dir.File("archive"), all);
  return dir.File("archive");
}

void PrintRows() {
  std::printf("\n%-36s %7s %9s %9s %10s %s\n", "over all clips", "uploads",
              "known %", "worst %", "grew %", "originals");
  for (const auto& [what, row] : rows) {
    std::printf("%-36s %7d %9.2f %9.2f %10.2f %s\n", what.c_str(), row.uploads,
                100 * row.known / row.bytes, row.worst,
                100 * row.grew / row.bytes,
                row.inexact == 0 ? "exact" : "DIFFER");
  }
}

const std::vector<Clip> kQuick = {
    {"video/towncentre_street_41f.mp4", Form::kOpenGops},
    {"video/towncentre_street_41f.mp4", Form::kPyramid},
};
const std::vector<Clip> kFull = {
    {"video/dashcam_solidWhiteRight.mp4", Form::kAsItCame},
    {"video/intel_bottle-detection.mp4", Form::kAsItCame},
    {"video/intel_car-detection.mp4", Form::kAsItCame},
    {"camera_imu/gopro_hero7.mp4", Form::kAsItCame},
    {"video/opencv_vtest.avi", Form::kOpenGops},
    {"video/towncentre_street_41f.mp4", Form::kOpenGops},
    {"video/uadetrac_intersection_a.mp4", Form::kOpenGops},
    {"video/uadetrac_intersection_b.mp4", Form::kPyramid},
    {"camera_imu/gopro_max-heromode.mp4", Form::kPyramid},
    {"overlap/pose2sim_single/cam01.mp4", Form::kPyramid},
};

std::vector<Clip> FindClips(const std::vector<Clip>& names,
                            const TempDir& dir) {
  std::vector<Clip> clips;
  for (const Clip& clip : names) {
    const std::string path = TestData(clip.path);
    if (!path.empty()) clips.push_back({path, clip.form});
  }
  if (!clips.empty()) return clips;
  Fovea({"sample", dir.path(), "--size", "640x360", "--seconds", "4"});
  const std::string scene = dir.File("camera.mp4");
  return {{scene, Form::kOpenGops}, {scene, Form::kPyramid}};
}

int Main(int argc, char** argv) {
  bool quick = false;
  std::vector<Clip> clips;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--quick") == 0) {
      quick = true;
      continue;
    }
    for (const Form form : {Form::kAsItCame, Form::kOpenGops, Form::kPyramid}) {
      clips.push_back({argv[i], form});
    }
  }
  TempDir dir;
  if (clips.empty()) clips = FindClips(quick ? kQuick : kFull, dir);
  for (const Clip& clip : clips) BenchClip(clip, quick);
  BenchOpaque("all in one file", Archive(clips, dir));
  PrintRows();
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) { return fovea::bench::Main(argc, argv); }
