// SPDX-License-Identifier: GPL-2.0-or-later

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/bitstream_file.h"
#include "codec/h264_syntax.h"

namespace fovea {
namespace {

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

void AppendStartCoded(std::span<const uint8_t> nal, std::vector<uint8_t>* out) {
  out->insert(out->end(), {0, 0, 0, 1});
  out->insert(out->end(), nal.begin(), nal.end());
}

class AnnexBFile : public BitstreamFile {
 public:
  AnnexBFile(std::string path, NalFraming framing, std::vector<uint8_t> sets,
             std::unique_ptr<std::FILE, FileCloser> file)
      : path_(std::move(path)),
        framing_(framing),
        sets_(std::move(sets)),
        file_(std::move(file)) {}

  absl::Status Add(const AccessUnit& unit) override {
    if (framing_ == kAnnexB) return Write(unit.data);
    const std::span<const uint8_t> bytes(unit.data);
    const auto split = SplitAccessUnit(bytes, framing_, {});
    if (!split.ok()) return split.status();
    // Before each keyframe, so that a cut file still plays.
    std::vector<uint8_t> out;
    if (unit.keyframe) out = sets_;
    for (const NalPiece& piece : split->pieces) {
      if (piece.size > 0) {
        AppendStartCoded(bytes.subspan(piece.offset, piece.size), &out);
      }
    }
    return Write(out);
  }

  absl::Status Finish() override {
    return std::fflush(file_.get()) == 0 ? absl::OkStatus() : Failed();
  }

 private:
  absl::Status Write(std::span<const uint8_t> bytes) {
    const size_t done = std::fwrite(bytes.data(), 1, bytes.size(), file_.get());
    return done == bytes.size() ? absl::OkStatus() : Failed();
  }
  absl::Status Failed() const {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path_));
  }

  const std::string path_;
  const NalFraming framing_;
  const std::vector<uint8_t> sets_;
  const std::unique_ptr<std::FILE, FileCloser> file_;
};

}  // namespace

std::vector<uint8_t> ParameterSetsOf(std::span<const uint8_t> annex_b) {
  std::vector<uint8_t> sets;
  const auto split = SplitAccessUnit(annex_b, kAnnexB, {});
  if (!split.ok()) return sets;
  for (const NalPiece& piece : split->pieces) {
    const auto nal = annex_b.subspan(piece.offset, piece.size);
    if (IsParameterSet(NalTypeOf(nal))) AppendStartCoded(nal, &sets);
  }
  return sets;
}

absl::StatusOr<std::unique_ptr<BitstreamFile>> NewAnnexBFile(
    const std::string& path, const VideoWriterOptions& options) {
  const auto config = ParseCodecConfig(options.codec_config, {});
  if (!config.ok()) return config.status();
  std::vector<uint8_t> sets;
  for (const auto nal : config->parameter_sets) AppendStartCoded(nal, &sets);
  std::unique_ptr<std::FILE, FileCloser> file(std::fopen(path.c_str(), "wb"));
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
  }
  return std::unique_ptr<BitstreamFile>(std::make_unique<AnnexBFile>(
      path, options.framing, std::move(sets), std::move(file)));
}

}  // namespace fovea
