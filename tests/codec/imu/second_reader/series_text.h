// SPDX-License-Identifier: GPL-2.0-or-later
//
// Written from codec/FORMAT.md alone: texts of series blocks.

#ifndef FOVEA_TESTS_CODEC_IMU_SECOND_READER_SERIES_TEXT_H_
#define FOVEA_TESTS_CODEC_IMU_SECOND_READER_SERIES_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/codec/imu/second_reader/bytes.h"

namespace fovea::second_reader {

struct SeriesText {
  uint64_t written = 0;                 // channels whose text is known
  std::map<size_t, std::string> texts;  // of values that no rule gives

  static SeriesText Read(Bytes bytes, size_t channels) {
    SeriesText text;
    text.written = ~uint64_t{0} >> (64 - channels);
    if (bytes.empty()) return text;
    ByteCursor section(bytes);
    text.written = section.Varint();
    if (section.empty()) return text;
    std::vector<std::string> texts(section.Varint());
    for (std::string& letters : texts) {
      const Bytes told = section.Take(section.Varint());
      letters.assign(told.begin(), told.end());
    }
    size_t at = 0;
    for (uint64_t left = section.Varint(); left > 0; --left) {
      at += section.Varint();
      text.texts[at] = texts.at(section.Varint());
    }
    if (!section.empty()) Fail("bytes behind texts");
    return text;
  }
};

}  // namespace fovea::second_reader

#endif  // FOVEA_TESTS_CODEC_IMU_SECOND_READER_SERIES_TEXT_H_
