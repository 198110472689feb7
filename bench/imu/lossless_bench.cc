// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lossless inertial blocks on real recordings, against FLAC -8 and shuffled
// zstd -3 on the same whole numbers in the same blocks: ratios to 16-bit
// values for blocks of one second, ten seconds and whole recordings, by a
// profile learned elsewhere and without, and rates of one core, coders taking
// turns. Every block is decoded and compared; a difference ends the run.
//
//   lossless_bench [--data FOLDER] [--rounds N] [--seconds S]

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/imu/recordings.h"
#include "bench/imu/rivals.h"
#include "codec/imu/core/fovea_imu.h"
#include "codec/imu/imu_block.h"
#include "codec/imu/profile_trainer.h"

namespace fovea::bench {
namespace {

constexpr double kBytesPerValue = 2;
constexpr double kWhole = 1e9;  // seconds of a block: the recording

struct Settings {
  std::string data;
  int rounds = 5;
  double seconds = 0;  // 0: one, ten, whole
};

// Processor time of this thread: other work on the machine does not count.
double Now() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

using Blocks = std::vector<std::span<const int32_t>>;

Blocks Cut(const ImuRecording& recording, double seconds) {
  const double rows =
      std::min(std::max(1.0, std::round(seconds * recording.rate_hz)),
               static_cast<double>(kMaxImuRows));
  const size_t size = static_cast<size_t>(rows) * recording.channels;
  Blocks blocks;
  for (const Counts& part : recording.parts) {
    const std::span<const int32_t> all(part);
    for (size_t at = 0; at < all.size(); at += size) {
      blocks.push_back(all.subspan(at, std::min(size, all.size() - at)));
    }
  }
  return blocks;
}

struct Result {
  double ratio = 0;
  std::vector<double> encode_mbs;  // one per round
  std::vector<double> decode_mbs;
};

// One of our levels with or without a profile.
struct Contender {
  const char* name;
  ImuLevel level;
  bool by_profile;
};
constexpr Contender kContenders[] = {
    {"fast", ImuLevel::kFast, false},
    {"normal", ImuLevel::kNormal, false},
    {"normal+profile", ImuLevel::kNormal, true},
    {"max", ImuLevel::kMax, false},
    {"max+profile", ImuLevel::kMax, true},
};

double RawBytes(const Blocks& blocks) {
  size_t values = 0;
  for (const auto& block : blocks) values += block.size();
  return kBytesPerValue * static_cast<double>(values);
}

// A coder that writes where it is told: levels fast and normal through the C
// interface, as on a device, max through the one for hosts.
class Engine {
 public:
  static absl::StatusOr<Engine> Create(size_t channels, ImuLevel level,
                                       std::span<const uint8_t> profile) {
    auto host = ImuBlockCoder::Create(channels, profile);
    if (!host.ok()) return host.status();
    Engine engine(level, *std::move(host));
    const int count = static_cast<int>(channels);
    const int c_level =
        level == ImuLevel::kFast ? FOVEA_IMU_FAST : FOVEA_IMU_NORMAL;
    engine.memory_.resize(fovea_imu_state_bytes(count, c_level) / 8);
    engine.device_ = fovea_imu_open(engine.memory_.data(),
                                    engine.memory_.size() * 8, count, c_level);
    if (!profile.empty()) {
      fovea_imu_use_profile(engine.device_, profile.data(), profile.size());
    }
    return engine;
  }

  // The block's size, or what lies below 1.
  long Encode(std::span<const int32_t> values, std::span<uint8_t> out) {
    if (level_ != ImuLevel::kMax) {
      return fovea_imu_encode(device_, values.data(),
                              values.size() / host_.channels(), out.data(),
                              out.size());
    }
    const auto block = host_.Encode(values, level_);
    if (!block.ok()) return -1;
    std::copy(block->begin(), block->end(), out.begin());
    return static_cast<long>(block->size());
  }

  bool Decode(std::span<const uint8_t> block, std::span<int32_t> values) {
    if (level_ != ImuLevel::kMax) {
      const size_t rows = values.size() / host_.channels();
      return fovea_imu_decode(device_, block.data(), block.size(),
                              values.data(), rows) == static_cast<long>(rows);
    }
    const auto decoded = host_.Decode(block);
    if (!decoded.ok() || decoded->size() != values.size()) return false;
    std::copy(decoded->begin(), decoded->end(), values.begin());
    return true;
  }

 private:
  Engine(ImuLevel level, ImuBlockCoder host)
      : level_(level), host_(std::move(host)) {}

  ImuLevel level_;
  ImuBlockCoder host_;
  std::vector<uint64_t> memory_;
  fovea_imu* device_ = nullptr;
};

// Memory that a run writes to, touched before it is timed.
struct Arena {
  explicit Arena(const Blocks& blocks, size_t channels) {
    size_t bound = 0;
    size_t values = 0;
    for (const auto& block : blocks) {
      bound += fovea_imu_block_bound(static_cast<int>(channels),
                                     block.size() / channels);
      values += block.size();
    }
    coded.resize(bound);
    decoded.resize(values);
    sizes.resize(blocks.size());
  }

  std::vector<uint8_t> coded;  // blocks one after another
  std::vector<size_t> sizes;
  std::vector<int32_t> decoded;
};

absl::Status RunRound(Engine* engine, const Blocks& blocks, Arena* arena,
                      Result* result) {
  const double start = Now();
  size_t coded = 0;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const long size =
        engine->Encode(blocks[i], std::span(arena->coded).subspan(coded));
    if (size <= 0) return absl::InternalError("a block was not encoded");
    arena->sizes[i] = static_cast<size_t>(size);
    coded += arena->sizes[i];
  }
  const double middle = Now();
  size_t from = 0;
  size_t to = 0;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const auto block = std::span(arena->coded).subspan(from, arena->sizes[i]);
    if (!engine->Decode(
            block, std::span(arena->decoded).subspan(to, blocks[i].size()))) {
      return absl::DataLossError("a block was not decoded");
    }
    from += arena->sizes[i];
    to += blocks[i].size();
  }
  const double end = Now();
  to = 0;
  for (const auto& block : blocks) {
    if (!std::equal(block.begin(), block.end(),
                    arena->decoded.begin() + static_cast<long>(to))) {
      return absl::DataLossError("a block came back different");
    }
    to += block.size();
  }
  const double raw = RawBytes(blocks);
  result->ratio = raw / static_cast<double>(coded);
  result->encode_mbs.push_back(raw / (middle - start) / 1e6);
  result->decode_mbs.push_back(raw / (end - middle) / 1e6);
  return absl::OkStatus();
}

// Ratios of one trial: rivals by their names, ours by theirs.
using Ratios = std::map<std::string, double>;

struct Row {
  std::string name;
  std::string device;
  Ratios ratios;
  std::map<std::string, std::pair<double, double>> speeds;
};

Ratios RivalRatios(const Blocks& blocks, size_t channels) {
  double flac = 0;
  double zstd = 0;
  ShuffledZstd shuffled;
  for (const auto& block : blocks) {
    const long bytes = FlacBytes(block, channels);
    flac = bytes < 0 ? NAN : flac + static_cast<double>(bytes);
    zstd += static_cast<double>(shuffled.Encode(block, channels).size());
  }
  const double raw = RawBytes(blocks);
  return {{"flac -8", raw / flac}, {"shuffled zstd -3", raw / zstd}};
}

absl::StatusOr<Row> RunTrial(const ImuTrial& trial, double seconds,
                             int rounds) {
  const size_t channels = trial.judged.channels;
  std::vector<uint8_t> profile;
  if (!trial.learned_from.empty()) {
    auto trained = TrainImuProfile(trial.learned_from, channels);
    if (!trained.ok()) return trained.status();
    profile = *std::move(trained);
  }
  const Blocks blocks = Cut(trial.judged, seconds);
  Row row = {
      trial.judged.name, trial.device, RivalRatios(blocks, channels), {}};
  std::map<std::string, Result> results;
  Arena arena(blocks, channels);
  for (int round = 0; round < rounds; ++round) {
    for (const Contender& contender : kContenders) {
      // A second is too short for max, and max too slow to be asked often.
      if (contender.level == ImuLevel::kMax && (seconds < 2 || round > 0)) {
        continue;
      }
      if (contender.by_profile && profile.empty()) continue;
      auto engine = Engine::Create(channels, contender.level,
                                   contender.by_profile
                                       ? std::span<const uint8_t>(profile)
                                       : std::span<const uint8_t>());
      if (!engine.ok()) return engine.status();
      const absl::Status status =
          RunRound(&*engine, blocks, &arena, &results[contender.name]);
      if (!status.ok()) return status;
    }
  }
  for (const auto& [name, result] : results) {
    row.ratios[name] = result.ratio;
    row.speeds[name] = {Median(result.encode_mbs), Median(result.decode_mbs)};
  }
  if (profile.empty()) return row;
  const double raw = RawBytes(blocks);
  row.ratios["normal+profile, its bytes"] =
      raw / (raw / row.ratios["normal+profile"] +
             static_cast<double>(profile.size()));
  return row;
}

void Print(const Row& row, bool rounded) {
  std::printf("\n%s%s\n", row.name.c_str(),
              rounded ? " (rounded to a plausible step)" : "");
  const double flac = row.ratios.at("flac -8");
  for (const auto& [name, ratio] : row.ratios) {
    std::printf("  %-28s %7.4f   x%.4f", name.c_str(), ratio, ratio / flac);
    const auto speed = row.speeds.find(name);
    if (speed != row.speeds.end()) {
      std::printf("   %6.1f / %6.1f MB/s", speed->second.first,
                  speed->second.second);
    }
    std::printf("\n");
  }
}

// Geometric means over devices of `name` against `rival`; a device's trials
// count as one, and those without `name` do not.
double MeanGain(const std::vector<Row>& rows, const std::string& name,
                const std::string& rival) {
  std::map<std::string, std::pair<double, int>> devices;
  for (const Row& row : rows) {
    if (row.ratios.find(name) == row.ratios.end()) continue;
    auto& [sum, count] = devices[row.device];
    sum += std::log(row.ratios.at(name) / row.ratios.at(rival));
    ++count;
  }
  double sum = 0;
  for (const auto& [device, mean] : devices) sum += mean.first / mean.second;
  return std::exp(sum / static_cast<double>(devices.size()));
}

void PrintMeans(const std::vector<Row>& rows, double seconds) {
  std::printf("\ngeometric means over devices, against flac -8 and zstd:\n");
  for (const Contender& contender : kContenders) {
    if (contender.level == ImuLevel::kMax && seconds < 2) continue;
    std::vector<double> encode;
    std::vector<double> decode;
    for (const Row& row : rows) {
      const auto speed = row.speeds.find(contender.name);
      if (speed == row.speeds.end()) continue;
      encode.push_back(speed->second.first);
      decode.push_back(speed->second.second);
    }
    std::printf("  %-28s x%.4f  x%.4f  median %6.1f / %6.1f MB/s\n",
                contender.name, MeanGain(rows, contender.name, "flac -8"),
                MeanGain(rows, contender.name, "shuffled zstd -3"),
                Median(encode), Median(decode));
  }
  std::printf("  %-28s x%.4f\n", "normal+profile, its bytes",
              MeanGain(rows, "normal+profile, its bytes", "flac -8"));
}

absl::Status Run(const Settings& settings) {
  std::vector<std::string> absent;
  const auto trials = LoadImuTrials(settings.data, &absent);
  if (!trials.ok()) return trials.status();
  for (const std::string& name : absent) {
    std::printf("absent, left out: %s\n", name.c_str());
  }
  if (trials->empty()) return absl::NotFoundError("no recording at all");
  const std::vector<double> lengths =
      settings.seconds > 0 ? std::vector<double>{settings.seconds}
                           : std::vector<double>{1, 10, kWhole};
  for (const double seconds : lengths) {
    if (seconds == kWhole) {
      std::printf("\n== whole recordings, at most %zu rows a block ==\n",
                  kMaxImuRows);
    } else {
      std::printf("\n== blocks of %g s ==\n", seconds);
    }
    std::vector<Row> rows;
    for (const ImuTrial& trial : *trials) {
      auto row = RunTrial(trial, seconds, settings.rounds);
      if (!row.ok()) return row.status();
      Print(*row, trial.judged.rounded);
      rows.push_back(*std::move(row));
    }
    PrintMeans(rows, seconds);
  }
  return absl::OkStatus();
}

bool Parse(int argc, char** argv, Settings* settings) {
  const char* data = std::getenv("FOVEA_TEST_DATA");
  settings->data = data != nullptr ? data : FOVEA_DEFAULT_TEST_DATA;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--data") == 0) {
      settings->data = argv[i + 1];
    } else if (std::strcmp(argv[i], "--rounds") == 0) {
      settings->rounds = std::max(1, std::atoi(argv[i + 1]));
    } else if (std::strcmp(argv[i], "--seconds") == 0) {
      settings->seconds = std::atof(argv[i + 1]);
    } else {
      return false;
    }
  }
  return argc % 2 == 1;
}

}  // namespace
}  // namespace fovea::bench

int main(int argc, char** argv) {
  fovea::bench::Settings settings;
  if (!fovea::bench::Parse(argc, argv, &settings)) {
    std::fprintf(stderr,
                 "usage: %s [--data FOLDER] [--rounds N] [--seconds S]\n",
                 argv[0]);
    return 2;
  }
  const absl::Status status = fovea::bench::Run(settings);
  if (status.ok()) return 0;
  std::fprintf(stderr, "lossless_bench: %s\n", status.ToString().c_str());
  return 1;
}
