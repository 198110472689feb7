// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of H.264 syntax (ITU-T H.264, 08/2021) that storage needs: NAL
// unit borders, parameter sets and slice headers as far as the slice QP,
// recovery points, and the avcC box (ISO/IEC 14496-15, 5.3.3). No pixels.
// Bytes are untrusted; nothing here reads past what it is given.

#ifndef FOVEA_CODEC_H264_SYNTAX_H_
#define FOVEA_CODEC_H264_SYNTAX_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "codec/limits.h"
#include "codec/sample.h"

namespace fovea {

// Clause 7.4.1, table 7-1.
enum NalType : uint8_t {
  kNalSlice = 1,
  kNalPartitionC = 4,
  kNalIdrSlice = 5,
  kNalSei = 6,
  kNalSps = 7,
  kNalPps = 8,
  kNalDelimiter = 9,
  kNalSpsExtension = 13,
  kNalSubsetSps = 15,
  kNalAuxiliarySlice = 19,
  kNalSliceExtension = 20,
  kNalDepthSlice = 21,
};

// Zero for an empty unit.
NalType NalTypeOf(std::span<const uint8_t> nal);

// Coded slice data of any layer: what a canonical payload holds.
bool IsSliceData(NalType type);
// Slices of the base layer, whose headers ParseSliceHeader reads.
bool IsBaseSlice(NalType type);
bool IsParameterSet(NalType type);

// One NAL unit inside an access unit, with all that surrounds it.
struct NalPiece {
  size_t offset = 0;  // of the unit itself
  size_t size = 0;    // without trailing zero bytes
  // Annex B: zero bytes before the start code's 01, two or more.
  // Length prefixes: zero bytes at the unit's end, counted by the prefix.
  size_t zeros = 0;
  // Length prefixes: bytes after the unit that a start code inside the
  // prefixed range cuts off. `zeros` is 0 then.
  size_t tail = 0;
};

struct SplitUnit {
  size_t leading = 0;  // Annex B: bytes before the first start code
  std::vector<NalPiece> pieces;
  size_t tail_zeros = 0;  // Annex B: zero bytes after the last unit
};

// Every byte of `unit` is in exactly one piece, its framing, or the bytes
// before and after. kDataLoss when a length prefix overruns the unit;
// kResourceExhausted beyond limits.max_nal_units.
absl::StatusOr<SplitUnit> SplitAccessUnit(std::span<const uint8_t> unit,
                                          NalFraming framing,
                                          const CodecLimits& limits);

// Bits of a NAL unit's payload, emulation prevention removed on the way.
// Past the end every read gives 0 and ok() stays false.
class RbspReader {
 public:
  explicit RbspReader(std::span<const uint8_t> bytes);

  bool ok() const { return !failed_; }
  uint32_t Bits(int count);  // 0..32
  bool Flag() { return Bits(1) != 0; }
  uint32_t Ue();  // Exp-Golomb
  int32_t Se();
  void Skip(int64_t count);

 private:
  int Bit();

  const uint8_t* next_;
  size_t remaining_;
  uint8_t current_ = 0;
  int bits_left_ = 0;
  int zeros_ = 0;
  bool failed_ = false;
};

struct Sps {
  uint32_t id = 0;
  uint32_t chroma_format = 1;
  bool separate_planes = false;
  uint32_t frame_num_bits = 4;
  uint32_t poc_type = 0;
  uint32_t poc_bits = 4;
  bool delta_pic_order_always_zero = false;
  bool frame_mbs_only = true;
  uint32_t mb_width = 0;
  uint32_t map_height = 0;  // in macroblocks of a frame or of a field
};

struct Pps {
  uint32_t id = 0;
  uint32_t sps_id = 0;
  bool cabac = false;
  bool pic_order_present = false;
  uint32_t ref_count[2] = {1, 1};
  bool weighted_pred = false;
  uint32_t weighted_bipred = 0;
  int32_t init_qp = 26;
  bool redundant_pic_count_present = false;
};

// `nal` with its header byte. kDataLoss when it ends early or a value is
// outside what the standard allows.
absl::StatusOr<Sps> ParseSps(std::span<const uint8_t> nal);
absl::StatusOr<Pps> ParsePps(std::span<const uint8_t> nal);

// The id a parameter set is known by; empty when it does not parse. An SPS
// extension has the id of the SPS it extends.
std::optional<uint32_t> ParameterSetId(std::span<const uint8_t> nal);

// Parsed sets by id, as slices look them up.
struct ParameterSets {
  std::map<uint32_t, Sps> sps;
  std::map<uint32_t, Pps> pps;
};

enum class SliceKind : uint8_t { kP = 0, kB = 1, kI = 2, kSp = 3, kSi = 4 };

struct SliceHeader {
  uint32_t first_mb = 0;
  SliceKind kind = SliceKind::kI;
  uint32_t pps_id = 0;
  std::optional<int> qp;  // empty when the parameter sets are unknown
};

// kDataLoss when even the slice kind does not parse.
absl::StatusOr<SliceHeader> ParseSliceHeader(std::span<const uint8_t> nal,
                                             const ParameterSets& sets);

// recovery_frame_cnt of the first recovery point message of a SEI unit:
// how many frames after this one decoding is exact. Empty without one.
std::optional<uint32_t> FindRecoveryPoint(std::span<const uint8_t> sei);

// Parameter sets as a container hands them over, spans into its bytes.
struct CodecConfig {
  NalFraming framing = kAnnexB;  // of the units it belongs to
  std::vector<std::span<const uint8_t>> parameter_sets;
};

// An avcC box (first byte 1) or Annex B; empty gives none. kDataLoss with
// the offset when it does not parse.
absl::StatusOr<CodecConfig> ParseCodecConfig(std::span<const uint8_t> config,
                                             const CodecLimits& limits);

}  // namespace fovea

#endif  // FOVEA_CODEC_H264_SYNTAX_H_
