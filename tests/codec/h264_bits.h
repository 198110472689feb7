// SPDX-License-Identifier: GPL-2.0-or-later
//
// H.264 NAL units written bit by bit, so that a test knows what they say.
// Headers only: the slices hold no macroblocks a decoder would accept.

#ifndef FOVEA_TESTS_CODEC_H264_BITS_H_
#define FOVEA_TESTS_CODEC_H264_BITS_H_

#include <cstdint>
#include <vector>

namespace fovea::testing {

class BitString {
 public:
  BitString& Put(uint32_t value, int bits) {
    for (int i = bits - 1; i >= 0; --i) bits_.push_back(value >> i & 1);
    return *this;
  }
  BitString& Ue(uint32_t value) {
    const uint64_t code = uint64_t{value} + 1;
    int bits = 0;
    while (code >> bits > 1) ++bits;
    Put(0, bits);
    return Put(static_cast<uint32_t>(code), bits + 1);
  }
  BitString& Se(int value) {
    return Ue(static_cast<uint32_t>(value > 0 ? 2 * value - 1 : -2 * value));
  }

  // Bytes with a stop bit and emulation prevention.
  std::vector<uint8_t> Escaped(std::vector<uint8_t> front = {}) const {
    std::vector<bool> bits = bits_;
    bits.push_back(true);
    while (bits.size() % 8 != 0) bits.push_back(false);
    int zeros = 0;
    for (size_t i = 0; i < bits.size(); i += 8) {
      int byte = 0;
      for (size_t j = 0; j < 8; ++j) byte = byte << 1 | (bits[i + j] ? 1 : 0);
      if (zeros >= 2 && byte <= 3) {
        front.push_back(3);
        zeros = 0;
      }
      front.push_back(static_cast<uint8_t>(byte));
      zeros = byte == 0 ? zeros + 1 : 0;
    }
    return front;
  }

 private:
  std::vector<bool> bits_;
};

// Baseline profile, 64x64, picture order by decoding order.
inline std::vector<uint8_t> MakeSps(uint32_t id) {
  BitString bits;
  bits.Put(66, 8).Put(0, 8).Put(30, 8).Ue(id).Ue(0).Ue(2).Ue(1).Put(0, 1);
  bits.Ue(3).Ue(3).Put(1, 1).Put(1, 1).Put(0, 1).Put(0, 1);
  return bits.Escaped({0x67});
}

inline std::vector<uint8_t> MakePps(uint32_t id, uint32_t sps_id, int qp) {
  BitString bits;
  bits.Ue(id).Ue(sps_id).Put(0, 2).Ue(0).Ue(0).Ue(0).Put(0, 3).Se(qp - 26);
  bits.Se(0).Se(0).Put(4, 3);
  return bits.Escaped({0x68});
}

inline std::vector<uint8_t> MakeIdr(uint32_t pps_id, int qp_delta,
                                    uint32_t idr_id = 0) {
  BitString bits;
  bits.Ue(0).Ue(7).Ue(pps_id).Put(0, 4).Ue(idr_id).Put(0, 2).Se(qp_delta);
  return bits.Put(0x5a5a, 16).Escaped({0x65});
}

inline std::vector<uint8_t> MakeP(uint32_t pps_id, uint32_t frame_num,
                                  int qp_delta) {
  BitString bits;
  bits.Ue(0).Ue(5).Ue(pps_id).Put(frame_num % 16, 4).Put(0, 3).Se(qp_delta);
  return bits.Put(0xa5a5, 16).Escaped({0x41});
}

inline std::vector<uint8_t> MakeI(uint32_t pps_id, uint32_t frame_num) {
  BitString bits;
  bits.Ue(0).Ue(7).Ue(pps_id).Put(frame_num % 16, 4).Put(0, 1).Se(0);
  return bits.Put(0x3c3c, 16).Escaped({0x41});
}

inline std::vector<uint8_t> AnnexB(
    const std::vector<std::vector<uint8_t>>& nals, size_t zeros = 3) {
  std::vector<uint8_t> out;
  for (const auto& nal : nals) {
    out.insert(out.end(), zeros, 0);
    out.push_back(1);
    out.insert(out.end(), nal.begin(), nal.end());
  }
  return out;
}

inline std::vector<uint8_t> Prefixed(
    const std::vector<std::vector<uint8_t>>& nals, int prefix = 4) {
  std::vector<uint8_t> out;
  for (const auto& nal : nals) {
    for (int shift = prefix * 8 - 8; shift >= 0; shift -= 8) {
      out.push_back(static_cast<uint8_t>(nal.size() >> shift));
    }
    out.insert(out.end(), nal.begin(), nal.end());
  }
  return out;
}

inline std::vector<uint8_t> MakeAvcc(
    const std::vector<std::vector<uint8_t>>& sps,
    const std::vector<std::vector<uint8_t>>& pps, int prefix) {
  std::vector<uint8_t> out = {1,
                              66,
                              0,
                              30,
                              static_cast<uint8_t>(0xfc | (prefix - 1)),
                              static_cast<uint8_t>(0xe0 | sps.size())};
  const auto sets = [&out](const std::vector<std::vector<uint8_t>>& nals) {
    const auto bytes = Prefixed(nals, 2);
    out.insert(out.end(), bytes.begin(), bytes.end());
  };
  sets(sps);
  out.push_back(static_cast<uint8_t>(pps.size()));
  sets(pps);
  return out;
}

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_CODEC_H264_BITS_H_
