// SPDX-License-Identifier: GPL-2.0-or-later
//
// A GOP in the one form that does not depend on its container: the VCL NAL
// units (slices) alone, in decoding order, each behind a 32-bit big-endian
// length. The same footage in MP4, MKV or MPEG-TS gives the same bytes, so
// its SHA-256 finds it again. Everything else (SEI, delimiters, start-code
// lengths, parameter-set places) goes to a trim record that puts the
// source's bytes back exactly. codec/FORMAT.md draws both.

#ifndef FOVEA_CODEC_CANONICAL_GOP_H_
#define FOVEA_CODEC_CANONICAL_GOP_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/sample.h"

namespace fovea {

enum class PictureType : uint8_t { kUnknown = 0, kI = 1, kP = 2, kB = 3 };

// One coded picture of a canonical GOP, in decoding order.
struct GopPicture {
  uint32_t offset = 0;  // into the payload
  uint32_t size = 0;
  int64_t pts = 0;
  int64_t dts = 0;
  int64_t time_ns = 0;
  int64_t duration_ns = 0;
  PictureType type = PictureType::kUnknown;
  uint8_t qp = 0;        // slice QP of the first slice, 0 when unknown
  bool leading = false;  // shown before the GOP's first picture and needs
                         // the GOP before it to decode
};

// A 20-byte name of a parameter set: the front of its SHA-256. Filled by
// the caller of ParameterSetNamer, which keeps codec free of OpenSSL. Two
// different sets must never get one name.
using ParameterSetName = std::array<uint8_t, 20>;
using ParameterSetNamer =
    std::function<ParameterSetName(std::span<const uint8_t>)>;
using ParameterSetLookup = std::function<absl::StatusOr<std::vector<uint8_t>>(
    const ParameterSetName&)>;

struct CanonicalGop {
  std::vector<uint8_t> payload;      // what is hashed, stored and shared
  std::vector<GopPicture> pictures;  // decoding order
  std::vector<uint8_t> trim;         // puts the source's bytes back

  // Parameter sets in force when the GOP starts, and any it brings itself:
  // each NAL unit once, without framing.
  struct ParameterSet {
    ParameterSetName name;
    std::vector<uint8_t> nal;
  };
  std::vector<ParameterSet> parameter_sets;

  bool open = false;  // starts at a recovery point that is not an IDR
};

// Cuts access units into canonical GOPs. Not thread-safe; one per stream.
class GopAssembler {
 public:
  // `codec_config`: the container's avcC box or Annex B parameter sets;
  // may be empty. kDataLoss when it does not parse.
  static absl::StatusOr<std::unique_ptr<GopAssembler>> Create(
      NalFraming framing, std::span<const uint8_t> codec_config,
      ParameterSetNamer namer);
  ~GopAssembler();

  // Adds one access unit. Returns the GOP before it when `unit` starts a
  // new one (an IDR, or a recovery point with a keyframe flag).
  // kDataLoss: framing broken, or no slice inside; the unit is not taken
  // and the GOP under way is kept. kFailedPrecondition: slices before any
  // recovery point; kResourceExhausted: GOP beyond the limits. After a GOP
  // went beyond the limits, or a keyframe was refused, every unit up to
  // the next start is refused with that code.
  absl::StatusOr<std::optional<CanonicalGop>> Add(const AccessUnit& unit);

  // The GOP under way, if any.
  absl::StatusOr<std::optional<CanonicalGop>> Finish();

 private:
  class State;
  explicit GopAssembler(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The access units exactly as the source held them, in decoding order.
// kDataLoss when payload and trim do not belong together.
absl::StatusOr<std::vector<std::vector<uint8_t>>> RestoreOriginal(
    std::span<const uint8_t> payload, std::span<const uint8_t> trim,
    const ParameterSetLookup& lookup);

// Access units as playable Annex B: four-byte start codes, the GOP's
// parameter sets before the first picture, no SEI but a recovery point
// before an open GOP's first slice. One entry per picture.
absl::StatusOr<std::vector<std::vector<uint8_t>>> ToAnnexB(
    std::span<const uint8_t> payload, std::span<const uint8_t> trim,
    const ParameterSetLookup& lookup);

}  // namespace fovea

#endif  // FOVEA_CODEC_CANONICAL_GOP_H_
