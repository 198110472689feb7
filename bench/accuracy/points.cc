// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/points.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace fovea::bench {
namespace {

using nlohmann::json;

json ToJson(const Point& point) {
  json agreement = json::array();
  for (const Agreement& frame : point.agreement) {
    agreement.push_back(
        {frame.found, frame.extra, frame.missed, frame.distance, frame.weight});
  }
  const Agreement sums = Sum(point.agreement);
  return {{"settings", json::parse(point.settings)},
          {"clip", point.clip},
          {"policy", point.policy},
          {"judge", point.judge},
          {"crf", point.crf},
          {"frames_per_second", point.frames_per_second},
          {"every", point.every},
          {"bytes", point.bytes()},
          {"f1", sums.F1()},
          {"soft", sums.Soft()},
          {"cpu_s_per_stream_hour", point.cpu_seconds_per_stream_hour()},
          {"map_ms", point.cost.map_ms},
          {"encode_ms", point.cost.encode_ms},
          {"decode_ms", point.cost.decode_ms},
          {"judge_ms", point.cost.judge_ms},
          {"frame_bytes", point.frame_bytes},
          {"agreement", std::move(agreement)}};
}

// Throws where a field is absent or of another type.
Point FromJson(const json& line) {
  Point point;
  point.settings = line.at("settings").dump();
  point.clip = line.at("clip");
  point.policy = line.at("policy");
  point.judge = line.at("judge");
  point.crf = line.at("crf");
  point.frames_per_second = line.at("frames_per_second");
  point.every = line.at("every");
  point.frame_bytes = line.at("frame_bytes").get<std::vector<int>>();
  for (const json& frame : line.at("agreement")) {
    point.agreement.push_back(
        {frame.at(0), frame.at(1), frame.at(2), frame.at(3), frame.at(4)});
  }
  point.cost = {line.at("map_ms"), line.at("encode_ms"), line.at("decode_ms"),
                line.at("judge_ms")};
  return point;
}

}  // namespace

double Point::bytes() const {
  return std::accumulate(frame_bytes.begin(), frame_bytes.end(), 0.0);
}

double Point::cpu_seconds_per_stream_hour() const {
  return (cost.map_ms + cost.encode_ms) * 1e-3 * frames_per_second * 3600;
}

absl::StatusOr<std::unique_ptr<PointFile>> PointFile::Open(
    const std::string& folder, Mode mode) {
  std::unique_ptr<PointFile> file(new PointFile(folder + "/points.jsonl"));
  if (mode == Mode::kRead) {
    const auto whole = file->Read();
    if (!whole.ok()) return whole.status();
    return file;
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::InvalidArgumentError("cannot make the folder " + folder +
                                      ": " + error.message());
  }
  if (absl::Status status = file->Claim(); !status.ok()) return status;
  const auto whole = file->Read();
  if (!whole.ok()) return whole.status();
  std::filesystem::resize_file(file->path_, *whole, error);
  if (!error) return file;
  return absl::InternalError("cannot write " + file->path_ + ": " +
                             error.message());
}

PointFile::~PointFile() {
  if (claim_ >= 0) close(claim_);
}

absl::Status PointFile::Claim() {
  claim_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (claim_ < 0) return absl::InternalError("cannot write " + path_);
  if (flock(claim_, LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(path_ +
                                       " is being written by another run");
}

absl::StatusOr<uint64_t> PointFile::Read() {
  std::ifstream file(path_, std::ios::binary);
  std::stringstream text;
  if (file) text << file.rdbuf();
  std::string line;
  uint64_t whole = 0;
  absl::MutexLock lock(&mutex_);
  for (int number = 1; std::getline(text, line); ++number) {
    if (text.eof()) break;  // no newline: cut off while being written
    try {
      Point point = FromJson(json::parse(line));
      points_[point.settings] = std::move(point);
    } catch (const json::exception& error) {
      return absl::DataLossError(absl::StrCat(
          path_, " line ", number, " is no measurement: ", error.what()));
    }
    whole += line.size() + 1;
  }
  return whole;
}

bool PointFile::Has(const std::string& settings) const {
  absl::MutexLock lock(&mutex_);
  return points_.count(settings) > 0;
}

Point PointFile::Get(const std::string& settings) const {
  absl::MutexLock lock(&mutex_);
  const auto found = points_.find(settings);
  return found == points_.end() ? Point() : found->second;
}

absl::Status PointFile::Add(const Point& point) {
  absl::MutexLock lock(&mutex_);
  if (claim_ < 0) {
    return absl::FailedPreconditionError(path_ + " was opened to read");
  }
  std::ofstream file(path_, std::ios::binary | std::ios::app);
  file << ToJson(point).dump() + "\n" << std::flush;
  if (!file) return absl::InternalError("cannot write " + path_);
  points_[point.settings] = point;
  return absl::OkStatus();
}

}  // namespace fovea::bench
