// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes of inertial rows in series blocks against what else would hold them:
// values as float columns in general coders, times, the text that they came
// as, and a robot's log of the same samples. Every block is decoded and
// compared bit for bit, every text letter for letter; a difference ends the
// run.
//
//   rows_bench [--data FOLDER]

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "bench/imu/byte_rivals.h"
#include "bench/imu/series_recordings.h"
#include "codec/formats/csv_parser.h"
#include "codec/print_rule.h"
#include "codec/sample_clock.h"
#include "codec/series_block.h"

namespace fovea::bench {
namespace {

namespace fs = std::filesystem;

// Shorter tracks say nothing about rows.
constexpr size_t kLeastRows = 500;

constexpr std::array<double, 3> kLengths = {1, 10, kWholeSeconds};

// Ratios of pco at level 8 to float32 over whole recordings (the gait one and
// a PX4 flight) and, for EuRoC, to float64: there is no package of it, so
// these were measured once, elsewhere, on other excerpts of EuRoC and PX4.
struct Quoted {
  const char* file;
  double ratio;
};
constexpr std::array<Quoted, 3> kPco = {{{"euroc_v1_01_excerpt", 3.02},
                                         {"gait_long_walk.csv", 1.64},
                                         {"px4_cubeorange_small.ulg", 1.49}}};

bool IsEuroc(const SeriesRecording& recording) {
  return absl::StartsWith(recording.name, "euroc");
}

// Bytes of all blocks, and of their times alone.
struct Coded {
  double all = 0;
  double times = 0;
  size_t blocks = 0;
};

absl::StatusOr<Coded> Code(const SeriesBatch& rows, size_t channels,
                           double seconds, const SeriesCoding& coding) {
  Coded coded;
  for (const SeriesBatch& block : CutSeries(rows, channels, seconds)) {
    Bytes times;
    EncodeSampleTimes(block.time_ns, &times);
    const auto bytes = EncodeSeriesBlock(block, channels, coding);
    if (!bytes.ok()) return bytes.status();
    const auto back = DecodeSeriesBlock(*bytes, coding.profile);
    if (!back.ok()) return back.status();
    if (back->batch.time_ns != block.time_ns ||
        !SameBits(back->batch.values, block.values)) {
      return absl::DataLossError("a block came back different");
    }
    coded.all += static_cast<double>(bytes->size());
    coded.times += static_cast<double>(times.size());
    ++coded.blocks;
  }
  return coded;
}

// Values column after column as doubles, or as the floats nearest to them.
Bytes Columns(const SeriesBatch& rows, size_t channels, bool as_doubles) {
  Bytes bytes;
  const auto put = [&bytes](auto value) {
    uint8_t raw[sizeof(value)];
    std::memcpy(raw, &value, sizeof(value));
    bytes.insert(bytes.end(), raw, raw + sizeof(value));
  };
  for (size_t c = 0; c < channels; ++c) {
    for (size_t i = c; i < rows.values.size(); i += channels) {
      if (as_doubles) {
        put(rows.values[i]);
      } else {
        put(static_cast<float>(rows.values[i]));
      }
    }
  }
  return bytes;
}

// A general coder of columns, behind what shuffle.
struct Rival {
  const char* name;
  size_t (*size)(const Bytes& bytes, size_t width);
};
constexpr std::array<Rival, 7> kRivals = {{
    {"lz4", [](const Bytes& b, size_t) { return Lz4Bytes(b); }},
    {"zstd -3", [](const Bytes& b, size_t) { return ZstdBytes(b, 3); }},
    {"zstd -19", [](const Bytes& b, size_t) { return ZstdBytes(b, 19); }},
    {"byte planes, zstd -3",
     [](const Bytes& b, size_t w) { return ZstdBytes(BytePlanes(b, w), 3); }},
    {"byte planes, zstd -19",
     [](const Bytes& b, size_t w) { return ZstdBytes(BytePlanes(b, w), 19); }},
    {"bitshuffle, lz4",
     [](const Bytes& b, size_t w) { return Lz4Bytes(BitPlanes(b, w)); }},
    {"bitshuffle, zstd -3",
     [](const Bytes& b, size_t w) { return ZstdBytes(BitPlanes(b, w), 3); }},
}};

// In the same blocks as ours.
void PrintRivals(const SeriesRecording& recording, bool as_doubles) {
  const size_t channels = recording.channels();
  const size_t width = as_doubles ? 8 : 4;
  const auto raw = static_cast<double>(recording.rows.values.size() * width);
  for (const Rival& rival : kRivals) {
    std::printf("  %-24s 1 s, 10 s, whole", rival.name);
    for (const double seconds : kLengths) {
      double size = 0;
      for (const SeriesBatch& block :
           CutSeries(recording.rows, channels, seconds)) {
        size += static_cast<double>(
            rival.size(Columns(block, channels, as_doubles), width));
      }
      std::printf("   %7.3f", raw / size);
    }
    std::printf("\n");
  }
}

absl::Status PrintFloats(const SeriesRecording& recording) {
  const size_t channels = recording.channels();
  const bool doubles = IsEuroc(recording);
  const size_t width = doubles ? 8 : 4;
  const double raw = static_cast<double>(recording.rows.values.size() * width);
  std::printf("\n%s, %zu x %zu as float%zu\n", recording.name.c_str(),
              recording.rows.time_ns.size(), channels, width * 8);
  SeriesCoding coding;
  for (const ImuLevel level : {ImuLevel::kNormal, ImuLevel::kMax}) {
    coding.level = level;
    for (const double seconds : kLengths) {
      if (level == ImuLevel::kMax && seconds < 2) continue;
      const auto coded = Code(recording.rows, channels, seconds, coding);
      if (!coded.ok()) return coded.status();
      std::printf("  ours %-6s %5.0f s, %4zu blocks   %7.3f\n",
                  level == ImuLevel::kMax ? "max" : "normal",
                  std::min(seconds, 99999.0), coded->blocks,
                  raw / (coded->all - coded->times));
    }
  }
  PrintRivals(recording, doubles);
  for (const Quoted& quoted : kPco) {
    if (!absl::StartsWith(recording.name, quoted.file)) continue;
    std::printf("  %-24s whole   %7.3f (quoted)\n", "pco -8", quoted.ratio);
  }
  return absl::OkStatus();
}

// Lines of a table of text that are no comments.
absl::StatusOr<std::vector<std::string>> ReadLines(const std::string& path) {
  auto reader = LineReader::Open(path, 1 << 16);
  if (!reader.ok()) return reader.status();
  std::vector<std::string> lines;
  std::string line;
  while ((*reader)->Next(&line)) {
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

// The file of text that a recording came from, or none.
std::string TextOf(const SeriesRecording& recording) {
  if (absl::EndsWith(recording.path, ".csv")) return recording.path;
  const std::string euroc = recording.path + "/mav0/imu0/data.csv";
  return fs::exists(euroc) ? euroc : "";
}

// Columns of numbers: each by a rule and what that does not explain.
absl::Status PrintText(const SeriesRecording& recording) {
  const std::string path = TextOf(recording);
  if (path.empty()) return absl::OkStatus();
  const auto lines = ReadLines(path);
  if (!lines.ok()) return lines.status();
  std::vector<std::vector<std::string_view>> texts;
  for (const std::string& line : *lines) {
    const auto fields = SplitFields(line, ',');
    if (!ParseNumber(fields[0])) continue;
    texts.resize(fields.size());
    for (size_t i = 0; i < std::min(fields.size(), texts.size()); ++i) {
      texts[i].push_back(fields[i]);
    }
  }
  double letters = 0;
  size_t fields = 0;
  size_t odd = 0;
  Bytes bytes;
  for (const auto& column : texts) {
    std::vector<double> values;
    for (const std::string_view text : column) {
      const auto value = ParseNumber(text);
      if (!value) break;
      values.push_back(*value);
      letters += static_cast<double>(text.size()) + 1;
    }
    if (values.size() != column.size()) continue;  // labels
    const PrintRule rule = FitPrintRule(column, values);
    const TextExceptions exceptions = FindTextExceptions(rule, column, values);
    PutPrintRule(rule, &bytes);
    PutTextExceptions(exceptions, &bytes);
    fields += column.size();
    odd += exceptions.fields.size();
  }
  std::printf(
      "  %-44s %8zu fields, %5zu not by their rule, %6zu bytes for "
      "rules and those; text %.2f B/field\n",
      recording.name.c_str(), fields, odd, bytes.size(),
      letters / static_cast<double>(fields));
  return absl::OkStatus();
}

// A message as robots' logs hold it: header and CDR of an Imu with its three
// covariances, whose frame is "imu_link".
void PutMessage(int64_t time_ns, std::span<const double> row, uint32_t number,
                Bytes* out) {
  const auto put = [out](auto value) {
    uint8_t raw[sizeof(value)];
    std::memcpy(raw, &value, sizeof(value));
    out->insert(out->end(), raw, raw + sizeof(value));
  };
  constexpr uint64_t kMessageBytes = 346;  // behind opcode and length
  put(uint8_t{5});
  put(kMessageBytes);
  put(uint16_t{1});
  put(number);
  put(time_ns);
  put(time_ns);
  put(uint32_t{0x100});  // little-endian CDR
  put(static_cast<int32_t>(time_ns / 1'000'000'000));
  put(static_cast<int32_t>(time_ns % 1'000'000'000));
  constexpr std::string_view kFrame("imu_link\0\0\0\0", 12);
  put(uint32_t{9});
  out->insert(out->end(), kFrame.begin(), kFrame.end());
  const auto covariance = [&put](double diagonal) {
    for (int i = 0; i < 9; ++i) put(i % 4 == 0 ? diagonal : 0.0);
  };
  for (const double orientation : {0.0, 0.0, 0.0, 1.0}) put(orientation);
  covariance(-1);
  for (size_t i = 0; i < 3; ++i) put(row[i]);
  covariance(1e-6);
  for (size_t i = 3; i < 6; ++i) put(row[i]);
  covariance(1e-4);
}

absl::Status PrintLog(const SeriesRecording& recording) {
  constexpr size_t kChunkBytes = 768 << 10;
  constexpr double kIndexBytes = 16;
  const auto count = static_cast<double>(recording.rows.time_ns.size());
  Bytes chunk;
  double stored = 0;
  double messages = 0;
  const auto flush = [&chunk, &stored, &messages] {
    messages += static_cast<double>(chunk.size());
    stored += static_cast<double>(ZstdBytes(chunk, 3));
    chunk.clear();
  };
  for (size_t i = 0; i < recording.rows.time_ns.size(); ++i) {
    PutMessage(recording.rows.time_ns[i],
               std::span(recording.rows.values).subspan(i * 6, 6),
               static_cast<uint32_t>(i), &chunk);
    if (chunk.size() >= kChunkBytes) flush();
  }
  if (!chunk.empty()) flush();
  const auto ours =
      Code(recording.rows, recording.channels(), 1, SeriesCoding());
  if (!ours.ok()) return ours.status();
  const double chunks = stored / count;
  const double row = ours->all / count;
  std::printf(
      "  %-44s %5.1f B/row in messages, zstd -3 chunks %6.2f, with "
      "message index %6.2f; ours in 1 s blocks %6.2f: x%.1f, x%.1f\n",
      recording.name.c_str(), messages / count, chunks, chunks + kIndexBytes,
      row, chunks / row, (chunks + kIndexBytes) / row);
  return absl::OkStatus();
}

absl::Status PrintTimes(const std::vector<SeriesRecording>& recordings) {
  for (const double seconds : kLengths) {
    double sum = 0;
    double most = 0;
    std::printf("\n== bytes a time, blocks of %s ==\n",
                seconds == kWholeSeconds ? "65536 rows"
                                         : absl::StrCat(seconds, " s").c_str());
    for (const SeriesRecording& recording : recordings) {
      double bytes = 0;
      for (const SeriesBatch& block :
           CutSeries(recording.rows, recording.channels(), seconds)) {
        Bytes times;
        EncodeSampleTimes(block.time_ns, &times);
        bytes += static_cast<double>(times.size());
      }
      const double each =
          bytes / static_cast<double>(recording.rows.time_ns.size());
      sum += each;
      most = std::max(most, each);
      std::printf("  %-44s %6.3f\n", recording.name.c_str(), each);
    }
    std::printf("  %-44s %6.3f, most %.3f\n", "mean",
                sum / static_cast<double>(recordings.size()), most);
  }
  return absl::OkStatus();
}

absl::Status Run(const std::string& data) {
  std::vector<SeriesRecording> recordings;
  for (const std::string& file : SeriesFiles(data)) {
    const auto loaded = LoadSeries(file);
    if (!loaded.ok()) return loaded.status();
    for (const SeriesRecording& recording : *loaded) {
      if (recording.kind == StreamKind::kImu && recording.channels() == 6 &&
          recording.rows.time_ns.size() >= kLeastRows) {
        recordings.push_back(recording);
      }
    }
  }
  if (recordings.empty()) return absl::NotFoundError("no recording at all");
  absl::Status status = PrintTimes(recordings);
  std::printf("\n== values, times apart: ratios ==\n");
  for (size_t i = 0; i < recordings.size() && status.ok(); ++i) {
    status = PrintFloats(recordings[i]);
  }
  std::printf("\n== text ==\n");
  for (size_t i = 0; i < recordings.size() && status.ok(); ++i) {
    status = PrintText(recordings[i]);
  }
  std::printf("\n== a robot's log ==\n");
  for (size_t i = 0; i < recordings.size() && status.ok(); ++i) {
    status = PrintLog(recordings[i]);
  }
  return status;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) {
  const char* folder = std::getenv("FOVEA_TEST_DATA");
  std::string data = folder != nullptr ? folder : FOVEA_DEFAULT_TEST_DATA;
  if (argc == 3 && std::strcmp(argv[1], "--data") == 0) {
    data = argv[2];
  } else if (argc != 1) {
    std::fprintf(stderr, "usage: %s [--data FOLDER]\n", argv[0]);
    return 2;
  }
  const absl::Status status = fovea::bench::Run(data);
  if (status.ok()) return 0;
  std::fprintf(stderr, "rows_bench: %s\n", status.ToString().c_str());
  return 1;
}
