// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every include of every room against the table of who may include whom,
// and every third-party header against the place it is confined to.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/build_paths.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A folder and the folders it may include besides itself. Folders below a
// room that are not named here follow the room.
struct Room {
  std::string_view folder;
  std::vector<std::string_view> may_include;
};

const std::vector<Room>& Rooms() {
  static const std::vector<Room> rooms = {
      {"codec", {"codec/imu", "codec/imu/core"}},
      {"codec/decode", {"codec"}},
      {"codec/formats", {"codec"}},
      {"codec/imu", {"codec/imu/core"}},
      {"codec/imu/core", {}},
      {"sensitivity", {"codec"}},
      {"sensitivity/onnx", {"codec"}},
      {"sensitivity/torch", {"sensitivity", "sensitivity/onnx"}},
      {"filter", {"codec"}},
      {"store", {}},
      {"index", {"store"}},
      {"api",
       {"codec", "codec/decode", "codec/formats", "sensitivity", "filter",
        "store", "index"}},
      {"cli", {"api"}},
  };
  return rooms;
}

// Headers that begin with `header` may be included by files whose path
// begins with one of `places` (and ends with `ending`).
struct Confined {
  std::string_view header;
  struct Place {
    std::string_view path;
    std::string_view ending = "";
  };
  std::vector<Place> places;
};

const std::vector<Confined>& ThirdParty() {
  static const std::vector<Confined::Place> ffmpeg = {
      {"codec/decode/"},
      {"codec/formats/internal/"},
      {"codec/formats/", "_source.cc"},
      {"codec/formats/video_writer.cc"}};
  static const std::vector<Confined> table = {
      {"x264.h", {{"codec/internal/x264_encoder.cc"}}},
      {"rocksdb/", {{"store/internal/rocks.cc"}, {"store/internal/rocks_"}}},
      {"openssl/", {{"store/"}}},
      {"zstd.h",
       {{"store/internal/"}, {"codec/formats/internal/zstd_pack.cc"}}},
      {"lz4.h", {{"codec/internal/"}, {"codec/imu/internal/"}}},
      {"lz4frame.h", {{"codec/formats/internal/lz4_unpack.cc"}}},
      {"hwy/", {{"codec/internal/"}, {"filter/internal/"}}},
      {"libav", ffmpeg},
      {"libsw", ffmpeg},
      {"png.h", {{"codec/formats/internal/"}}},
      {"jpeglib.h", {{"codec/formats/internal/"}}},
      {"yaml-cpp/",
       {{"codec/formats/"},
        {"sensitivity/internal/flat_yaml.cc"},
        {"api/retention_policy.cc"}}},
      {"nlohmann/",
       {{"api/"},
        {"cli/"},
        {"codec/formats/internal/coco_reader.cc"},
        {"codec/formats/internal/series_json.cc"}}},
      {"expat.h", {{"codec/formats/internal/cvat_reader.cc"}}},
      {"CLI/", {{"cli/"}}},
      {"onnx/", {{"sensitivity/onnx/onnx_reader.cc"}}},
      {"google/protobuf", {{"sensitivity/onnx/onnx_reader.cc"}}},
      {"torch/", {{"sensitivity/torch/"}}},
      {"ATen/", {{"sensitivity/torch/"}}},
      {"c10/", {{"sensitivity/torch/"}}},
      // Benches are no room: theirs is not looked at here.
      {"opencv2/", {{"api/opencv/homography_plugin.cc"}}},
  };
  return table;
}

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() &&
         text.substr(text.size() - end.size()) == end;
}

// The room a path lies in: the longest one that holds it.
const Room* RoomOf(std::string_view path) {
  const Room* best = nullptr;
  for (const Room& room : Rooms()) {
    const bool inside = StartsWith(path, room.folder) &&
                        path.substr(room.folder.size(), 1) == "/";
    if (inside && (!best || best->folder.size() < room.folder.size())) {
      best = &room;
    }
  }
  return best;
}

std::string RoomVerdict(const Room& from, std::string_view header) {
  if (StartsWith(header, "tests/") || StartsWith(header, "bench/")) {
    return "no room may include tests or benches";
  }
  const Room* to = RoomOf(header);
  if (to == nullptr || to == &from) return "";
  const std::string names =
      std::string(from.folder) + " may not include " + std::string(to->folder);
  const auto& allowed = from.may_include;
  if (std::find(allowed.begin(), allowed.end(), to->folder) == allowed.end()) {
    return names;
  }
  if (header.find("/internal/") != std::string_view::npos) {
    return names + "'s internals";
  }
  return "";
}

std::string ThirdPartyVerdict(std::string_view file, std::string_view header) {
  for (const Confined& rule : ThirdParty()) {
    if (!StartsWith(header, rule.header)) continue;
    const bool placed = std::any_of(
        rule.places.begin(), rule.places.end(), [&](const auto& place) {
          return StartsWith(file, place.path) && EndsWith(file, place.ending);
        });
    if (!placed) {
      return std::string(header) + " is confined to " +
             std::string(rule.places[0].path);
    }
  }
  return "";
}

// What is wrong with `file` including `header`; "" when nothing is.
std::string Verdict(std::string_view file, std::string_view header) {
  const Room* from = RoomOf(file);
  if (from == nullptr) return std::string(file) + " lies in no room";
  const std::string verdict = RoomVerdict(*from, header);
  return verdict.empty() ? ThirdPartyVerdict(file, header) : verdict;
}

// The header an include line names.
std::optional<std::string> HeaderOf(std::string_view line) {
  const auto skip = [&] {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  };
  skip();
  if (!StartsWith(line, "#")) return std::nullopt;
  line.remove_prefix(1);
  skip();
  if (!StartsWith(line, "include")) return std::nullopt;
  line.remove_prefix(7);
  skip();
  if (!StartsWith(line, "<") && !StartsWith(line, "\"")) return std::nullopt;
  const char close = line[0] == '<' ? '>' : '"';
  const size_t end = line.find(close, 1);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(line.substr(1, end - 1));
}

// Every offence in a source text, as "file:line: what".
std::vector<std::string> Offences(const std::string& file, std::istream& text) {
  std::vector<std::string> offences;
  std::string line;
  for (int number = 1; std::getline(text, line); ++number) {
    const std::optional<std::string> header = HeaderOf(line);
    if (!header.has_value()) continue;
    const std::string verdict = Verdict(file, *header);
    if (verdict.empty()) continue;
    offences.push_back(file + ":" + std::to_string(number) + ": " + verdict);
  }
  return offences;
}

TEST(IncludesTest, EveryRoomKeepsToTheTable) {
  const std::filesystem::path root = testing::SourceDir();
  size_t files = 0;
  std::vector<std::string> offences;
  for (const Room& room : Rooms()) {
    if (room.folder.find('/') != std::string_view::npos) continue;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(root / room.folder)) {
      const std::filesystem::path& path = entry.path();
      if (path.extension() != ".h" && path.extension() != ".cc") continue;
      std::ifstream text(path);
      const auto found = Offences(path.lexically_relative(root).string(), text);
      offences.insert(offences.end(), found.begin(), found.end());
      ++files;
    }
  }
  EXPECT_GT(files, 20U);
  for (const std::string& offence : offences) ADD_FAILURE() << offence;
}

TEST(IncludesRuleTest, RoomsIncludeOnlyWhatTheTableSays) {
  const struct {
    const char* file;
    const char* header;
    bool allowed;
  } cases[] = {
      {"codec/grid.cc", "codec/grid.h", true},
      {"codec/grid.cc", "codec/internal/motion.h", true},
      {"codec/internal/a.cc", "codec/grid.h", true},
      {"codec/grid.cc", "codec/decode/video_decoder.h", false},
      {"codec/grid.cc", "codec/formats/source.h", false},
      {"codec/grid.cc", "store/rows.h", false},
      {"codec/decode/a.cc", "codec/sample.h", true},
      {"codec/decode/a.cc", "codec/internal/a.h", false},
      {"codec/decode/a.cc", "codec/formats/limits.h", false},
      {"codec/formats/a.cc", "codec/sample.h", true},
      {"codec/formats/internal/a.cc", "codec/formats/limits.h", true},
      {"codec/formats/a.cc", "codec/decode/a.h", false},
      {"sensitivity/proxy.cc", "codec/grid.h", true},
      {"sensitivity/proxy.cc", "codec/decode/a.h", false},
      {"sensitivity/proxy.cc", "filter/fingerprint.h", false},
      {"sensitivity/network.cc", "sensitivity/internal/plugin.h", true},
      {"sensitivity/network.cc", "sensitivity/onnx/onnx_graph.h", false},
      {"sensitivity/network.cc", "sensitivity/torch/operator.h", false},
      {"sensitivity/onnx/a.cc", "codec/byte_stream.h", true},
      {"sensitivity/onnx/a.cc", "sensitivity/network.h", false},
      {"sensitivity/onnx/a.cc", "sensitivity/torch/operator.h", false},
      {"sensitivity/torch/a.cc", "sensitivity/network.h", true},
      {"sensitivity/torch/a.cc", "sensitivity/onnx/plan.h", true},
      {"sensitivity/torch/a.cc", "sensitivity/internal/plugin.h", false},
      {"filter/gate.cc", "codec/grid.h", true},
      {"filter/gate.cc", "store/rows.h", false},
      {"store/rows.cc", "store/internal/zstd.h", true},
      {"store/rows.cc", "codec/sample.h", false},
      {"store/rows.cc", "index/frame_index.h", false},
      {"index/a.cc", "store/rows.h", true},
      {"index/a.cc", "store/internal/catalogue.h", false},
      {"index/a.cc", "codec/sample.h", false},
      {"api/a.cc", "codec/formats/source.h", true},
      {"api/a.cc", "index/frame_index.h", true},
      {"api/a.cc", "store/internal/zstd.h", false},
      {"api/a.cc", "cli/verbs/ls.h", false},
      {"cli/verbs/ls.cc", "cli/exit_codes.h", true},
      {"cli/verbs/ls.cc", "api/store.h", true},
      {"cli/verbs/ls.cc", "store/chunk_store.h", false},
      {"api/a.cc", "tests/support/test_data.h", false},
      {"api/a.cc", "bench/clock.h", false},
      {"api/a.cc", "absl/status/status.h", true},
      {"store/a.cc", "stored/other.h", true},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Verdict(c.file, c.header).empty(), c.allowed)
        << c.file << " includes " << c.header << ": "
        << Verdict(c.file, c.header);
  }
}

TEST(IncludesRuleTest, ThirdPartyHeadersStayInTheirPlaces) {
  const struct {
    const char* header;
    const char* inside;
    const char* outside;
  } cases[] = {
      {"x264.h", "codec/internal/x264_encoder.cc", "codec/x264_encoder.cc"},
      {"rocksdb/db.h", "store/internal/rocks.cc", "store/chunk_store.cc"},
      {"openssl/evp.h", "store/chunk_id.cc", "api/store.cc"},
      {"zstd.h", "store/internal/zstd.cc", "store/rows.cc"},
      {"zstd.h", "codec/formats/internal/zstd_pack.cc",
       "codec/formats/internal/mcap_file.cc"},
      {"lz4.h", "codec/internal/lz4.cc", "codec/series_block.cc"},
      {"lz4frame.h", "codec/formats/internal/lz4_unpack.cc",
       "codec/formats/mcap_source.cc"},
      {"hwy/highway.h", "codec/internal/grid_kernels.cc", "codec/grid.cc"},
      {"hwy/highway.h", "filter/internal/hash_scan.cc", "filter/features.cc"},
      {"libavcodec/avcodec.h", "codec/decode/a.cc", "codec/grid.cc"},
      {"libavformat/avformat.h", "codec/formats/video_source.cc",
       "codec/formats/image_reader.cc"},
      {"libswscale/swscale.h", "codec/formats/internal/a.cc", "api/store.cc"},
      {"libavutil/opt.h", "codec/formats/video_writer.cc",
       "codec/formats/source.h"},
      {"png.h", "codec/formats/internal/png.cc", "codec/formats/a.cc"},
      {"jpeglib.h", "codec/formats/internal/jpeg.cc", "codec/internal/a.cc"},
      {"yaml-cpp/yaml.h", "codec/formats/euroc_source.cc", "api/store.cc"},
      {"nlohmann/json.hpp", "cli/verbs/ls.cc", "store/chunk_store.cc"},
      {"nlohmann/json.hpp", "codec/formats/internal/coco_reader.cc",
       "codec/formats/annotations.cc"},
      {"expat.h", "codec/formats/internal/cvat_reader.cc",
       "codec/formats/internal/coco_reader.cc"},
      {"CLI/CLI.hpp", "cli/main.cc", "api/store.cc"},
      {"onnx/onnx_pb.h", "sensitivity/onnx/onnx_reader.cc",
       "sensitivity/onnx/plan.cc"},
      {"google/protobuf/arena.h", "sensitivity/onnx/onnx_reader.cc",
       "sensitivity/torch/plugin.cc"},
      {"torch/script.h", "sensitivity/torch/script_network.cc",
       "sensitivity/network.cc"},
      {"ATen/ATen.h", "sensitivity/torch/operator.h", "api/store.cc"},
      {"opencv2/calib3d.hpp", "api/opencv/homography_plugin.cc",
       "api/homography.cc"},
      {"c10/core/Allocator.h", "sensitivity/torch/memory_limit.cc",
       "sensitivity/onnx/onnx_reader.cc"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Verdict(c.inside, c.header), "");
    EXPECT_THAT(Verdict(c.outside, c.header), HasSubstr("is confined to"));
  }
}

TEST(IncludesRuleTest, IncludeLinesAreRecognised) {
  EXPECT_EQ(HeaderOf("#include <zstd.h>"), "zstd.h");
  EXPECT_EQ(HeaderOf("  #  include \"a/b.h\"  // why"), "a/b.h");
  EXPECT_EQ(HeaderOf("#include<x>"), "x");
  EXPECT_EQ(HeaderOf("// #include <zstd.h>"), std::nullopt);
  EXPECT_EQ(HeaderOf("#include \"unclosed"), std::nullopt);
  EXPECT_EQ(HeaderOf("#define INCLUDE <a>"), std::nullopt);
  EXPECT_EQ(HeaderOf(""), std::nullopt);
}

TEST(IncludesRuleTest, OffencesNameFileAndLine) {
  std::istringstream bad("// x\n#include \"codec/sample.h\"\n");
  EXPECT_THAT(
      Offences("store/a.cc", bad),
      ::testing::ElementsAre("store/a.cc:2: store may not include codec"));
  std::istringstream good("#include \"store/rows.h\"\n");
  EXPECT_THAT(Offences("store/a.cc", good), IsEmpty());
}

}  // namespace
}  // namespace fovea
