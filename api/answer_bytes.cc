// SPDX-License-Identifier: GPL-2.0-or-later
//
//   version    1 byte, 1
//   boxes      4 bytes, little-endian, as all numbers
//   classes    4 bytes
//   per box    label 4 bytes; score, left, top, right, bottom 4 bytes each,
//              IEEE 754
//   per class  probability 4 bytes

#include "api/answer_bytes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "sensitivity/detection.h"

namespace fovea {
namespace {

constexpr char kVersion = 1;
constexpr size_t kWord = 4;
constexpr size_t kHead = 1 + 2 * kWord;
constexpr size_t kBox = 6 * kWord;

void Append(uint32_t word, std::string* bytes) {
  for (int shift = 0; shift < 32; shift += 8) {
    bytes->push_back(static_cast<char>(word >> shift & 0xFF));
  }
}

void Append(float value, std::string* bytes) {
  Append(std::bit_cast<uint32_t>(value), bytes);
}

uint32_t Word(std::string_view bytes, size_t at) {
  uint32_t word = 0;
  for (size_t i = 0; i < kWord; ++i) {
    word |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[at + i]))
            << (8 * i);
  }
  return word;
}

float Number(std::string_view bytes, size_t at) {
  return std::bit_cast<float>(Word(bytes, at));
}

absl::Status Damage(const std::string& what) {
  return absl::DataLossError(absl::StrCat("answer: ", what));
}

std::array<float, 5> NumbersOf(const Detection& box) {
  return {box.score, box.left, box.top, box.right, box.bottom};
}

bool AreFinite(std::span<const float> numbers) {
  return std::ranges::all_of(numbers, [](float n) { return std::isfinite(n); });
}

// What is wrong with an answer, if anything.
std::string OffenceOf(std::span<const Detection> boxes,
                      std::span<const float> scores) {
  for (size_t i = 0; i < boxes.size(); ++i) {
    if (!AreFinite(NumbersOf(boxes[i]))) {
      return absl::StrCat("box ", i, " is not of finite numbers");
    }
  }
  return AreFinite(scores) ? "" : "not all probabilities are finite";
}

std::string TooMany(size_t boxes, size_t classes) {
  if (boxes <= kMaxCandidates && classes <= kMostClasses) return "";
  return absl::StrCat(boxes, " boxes and ", classes, " classes, ",
                      kMaxCandidates, " and ", kMostClasses, " are the most");
}

absl::Status CheckKept(std::span<const Detection> boxes,
                       std::span<const float> scores) {
  std::string offence = TooMany(boxes.size(), scores.size());
  if (offence.empty()) offence = OffenceOf(boxes, scores);
  if (offence.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("answer: ", offence));
}

Detection BoxAt(std::string_view bytes, size_t at) {
  Detection box;
  box.label = static_cast<int>(Word(bytes, at));
  box.score = Number(bytes, at + kWord);
  box.left = Number(bytes, at + 2 * kWord);
  box.top = Number(bytes, at + 3 * kWord);
  box.right = Number(bytes, at + 4 * kWord);
  box.bottom = Number(bytes, at + 5 * kWord);
  return box;
}

}  // namespace

absl::StatusOr<std::string> EncodeAnswer(const Answer& answer,
                                         const ModelCard& card) {
  const bool detector = IsDetector(card.decoder);
  if (!detector && card.decoder != DecoderKind::kClassifier &&
      !TakesWindows(card.decoder)) {
    return absl::UnimplementedError(
        "only boxes and classes are kept to be given again");
  }
  const std::span<const float> scores =
      detector ? std::span<const float>() : answer.scores;
  if (absl::Status s = CheckKept(answer.detections, scores); !s.ok()) return s;
  std::string bytes(1, kVersion);
  Append(static_cast<uint32_t>(answer.detections.size()), &bytes);
  Append(static_cast<uint32_t>(scores.size()), &bytes);
  for (const Detection& box : answer.detections) {
    Append(static_cast<uint32_t>(box.label), &bytes);
    for (const float value : NumbersOf(box)) Append(value, &bytes);
  }
  for (const float score : scores) Append(score, &bytes);
  return bytes;
}

absl::StatusOr<Answer> DecodeAnswer(std::string_view bytes) {
  if (bytes.size() < kHead) {
    return Damage(absl::StrCat(bytes.size(), " bytes, ", kHead,
                               " or more were expected"));
  }
  if (bytes[0] != kVersion) {
    return Damage(absl::StrCat("version ",
                               static_cast<int>(static_cast<uint8_t>(bytes[0])),
                               ", 1 was expected"));
  }
  const size_t boxes = Word(bytes, 1), classes = Word(bytes, 1 + kWord);
  if (std::string offence = TooMany(boxes, classes); !offence.empty()) {
    return Damage(offence);
  }
  if (bytes.size() != kHead + boxes * kBox + classes * kWord) {
    return Damage(absl::StrCat(bytes.size(), " bytes do not hold ", boxes,
                               " boxes and ", classes, " classes"));
  }
  Answer answer;
  size_t at = kHead;
  for (size_t i = 0; i < boxes; ++i, at += kBox) {
    answer.detections.push_back(BoxAt(bytes, at));
  }
  for (size_t i = 0; i < classes; ++i, at += kWord) {
    answer.scores.push_back(Number(bytes, at));
  }
  const std::string offence = OffenceOf(answer.detections, answer.scores);
  if (!offence.empty()) return Damage(offence);
  return answer;
}

}  // namespace fovea
