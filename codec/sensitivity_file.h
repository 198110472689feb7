// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sensitivities of a recording as a file, made once and read by many
// encodes: per macroblock, and optionally per colour plane and per DCT
// frequency. codec/FORMAT.md draws it.

#ifndef FOVEA_CODEC_SENSITIVITY_FILE_H_
#define FOVEA_CODEC_SENSITIVITY_FILE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/limits.h"
#include "codec/model_id.h"

namespace fovea {

// What holds for a whole file.
struct SensitivityInfo {
  int width = 0;  // true size of the picture in pixels
  int height = 0;
  // 1: all planes together, per luma sample. 3: Y', Cb and Cr, each per
  // sample of its own.
  int planes = 1;
  SensitivityUnit unit = SensitivityUnit::kLossSquaredPerGreySquared;
  bool frequencies = false;  // frames have energies
  // Cb and Cr have a sample per pixel (4:4:4), else one per four (4:2:0).
  bool full_chroma = false;
  std::vector<ModelId> models;  // whose losses are summed; may be none

  int columns() const;
  int rows() const;
};

struct SensitivityFrame {
  // Presentation index; holds until the next frame's.
  int64_t index = 0;
  // info.planes planes of columns x rows values >= 0, row-major. A value is
  // kept within a sixteenth octave (4.4 %); exact zeros stay exact; what is
  // 31 octaves below its plane's largest is raised to that.
  std::array<std::vector<double>, 3> plane;
  // Energy per plane and 8x8 DCT frequency, row-major, in the same way.
  using Frequencies = std::array<std::array<double, 64>, 3>;
  std::optional<Frequencies> frequency;
};

// One value per macroblock, weighted as error energy is: chroma planes of
// 4:2:0 have a quarter of the samples each.
std::vector<double> PerMacroblock(const SensitivityInfo& info,
                                  const SensitivityFrame& frame);

// Appends a file to byte vectors, which may be emptied between calls.
class SensitivityWriter {
 public:
  // Appends the header. kInvalidArgument for an `info` beyond the limits.
  static absl::StatusOr<std::unique_ptr<SensitivityWriter>> Create(
      const SensitivityInfo& info, std::vector<uint8_t>* out);

  // Appends `frame`. kInvalidArgument: index not above the last one, wrong
  // counts, a value that is NaN, infinite or negative; nothing is appended
  // then.
  absl::Status Add(const SensitivityFrame& frame, std::vector<uint8_t>* out);

  // Appends the end mark, without which a reader says that frames are
  // missing.
  void Finish(std::vector<uint8_t>* out) const;

 private:
  explicit SensitivityWriter(const SensitivityInfo& info) : info_(info) {}

  const SensitivityInfo info_;
  int64_t last_index_ = -1;
  uint64_t frames_ = 0;
};

// Reads frame by frame from a file in memory, which outlives the reader.
class SensitivityReader {
 public:
  // `name` begins every error. kDataLoss names the offset, what was expected
  // there and what was found.
  static absl::StatusOr<std::unique_ptr<SensitivityReader>> Open(
      const std::string& name, std::span<const uint8_t> bytes,
      const CodecLimits& limits);

  const SensitivityInfo& info() const { return info_; }

  // The next frame; nullopt at the end. After an error, the error again.
  absl::StatusOr<std::optional<SensitivityFrame>> Next();

 private:
  SensitivityReader(const std::string& name, std::span<const uint8_t> bytes)
      : name_(name), bytes_(bytes) {}

  absl::Status ReadHeader(const CodecLimits& limits);
  absl::StatusOr<std::optional<SensitivityFrame>> ReadRecord();
  absl::Status Fail(size_t at, const std::string& what);

  const std::string name_;
  const std::span<const uint8_t> bytes_;
  SensitivityInfo info_;
  int64_t max_index_ = 0;
  size_t next_ = 0;  // offset of the next record
  int64_t last_index_ = -1;
  uint64_t frames_ = 0;
  bool ended_ = false;
  absl::Status status_;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_SENSITIVITY_FILE_H_
