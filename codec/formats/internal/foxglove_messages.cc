// SPDX-License-Identifier: GPL-2.0-or-later

#include "codec/formats/internal/foxglove_messages.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "codec/formats/internal/markup_text.h"
#include "codec/formats/internal/protobuf_message.h"

namespace fovea::codec_internal {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

// Of google.protobuf.FieldDescriptorProto.
enum Type {
  kDouble = 1,
  kInt64 = 3,
  kInt32 = 5,
  kString = 9,
  kMessage = 11,
  kBytes = 12,
  kEnum = 14
};

struct Field {
  const char* name;
  uint32_t number;
  Type type;
  const char* of = "";  // type name of messages and enumerations
  bool repeated = false;
};

constexpr char kTimestamp[] = ".google.protobuf.Timestamp";
constexpr char kPoint[] = ".foxglove.Point2";
constexpr char kColor[] = ".foxglove.Color";
constexpr char kPair[] = ".foxglove.KeyValuePair";

constexpr uint32_t kLineLoop = 2;  // of PointsAnnotation.Type
constexpr double kThickness = 2;   // pixels
constexpr double kFontSize = 14;

ProtobufMessage Definition(const char* name, const std::vector<Field>& fields) {
  constexpr uint64_t kOptional = 1, kRepeated = 3;
  ProtobufMessage message;
  message.Text(1, name);
  for (const Field& field : fields) {
    message.Message(2, ProtobufMessage()
                           .Text(1, field.name)
                           .Whole(3, field.number)
                           .Whole(4, field.repeated ? kRepeated : kOptional)
                           .Whole(5, field.type)
                           .Text(6, field.of));
  }
  return message;
}

ProtobufMessage PointsDefinition() {
  ProtobufMessage message =
      Definition("PointsAnnotation",
                 {{"timestamp", 1, kMessage, kTimestamp},
                  {"type", 2, kEnum, ".foxglove.PointsAnnotation.Type"},
                  {"points", 3, kMessage, kPoint, true},
                  {"outline_color", 4, kMessage, kColor},
                  {"outline_colors", 5, kMessage, kColor, true},
                  {"fill_color", 6, kMessage, kColor},
                  {"thickness", 7, kDouble},
                  {"metadata", 8, kMessage, kPair, true}});
  ProtobufMessage type;
  type.Text(1, "Type");
  uint64_t number = 0;
  for (const char* name :
       {"UNKNOWN", "POINTS", "LINE_LOOP", "LINE_STRIP", "LINE_LIST"}) {
    type.Message(2, ProtobufMessage().Text(1, name).Whole(2, number++));
  }
  return std::move(message.Message(4, type));
}

ProtobufMessage FileOf(const char* name, const char* package) {
  return std::move(ProtobufMessage().Text(1, name).Text(2, package));
}

// The set of a file and of the one that it needs.
std::string SetWith(ProtobufMessage file) {
  constexpr char kTimestampFile[] = "google/protobuf/timestamp.proto";
  ProtobufMessage timestamp = FileOf(kTimestampFile, "google.protobuf");
  timestamp.Message(4, Definition("Timestamp", {{"seconds", 1, kInt64},
                                                {"nanos", 2, kInt32}}));
  timestamp.Text(12, "proto3");
  file.Text(3, kTimestampFile).Text(12, "proto3");
  return ProtobufMessage().Message(1, timestamp).Message(1, file).bytes();
}

ProtobufMessage Timestamp(uint64_t time_ns) {
  return std::move(ProtobufMessage()
                       .Whole(1, time_ns / kSecond)
                       .Whole(2, time_ns % kSecond));
}

ProtobufMessage Point(double x, double y) {
  return std::move(ProtobufMessage().Double(1, x).Double(2, y));
}

ProtobufMessage Color(double red, double green, double blue, double alpha) {
  return std::move(
      ProtobufMessage().Double(1, red).Double(2, green).Double(3, blue).Double(
          4, alpha));
}

// A bright colour whose hue depends on the label alone (FNV-1a).
ProtobufMessage ColorOf(std::string_view label) {
  uint32_t hash = 2166136261U;
  for (const char c : label) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 16777619U;
  }
  const double hue = hash % 360 / 60.0;
  const auto channel = [hue](double shift) {
    const double distance = std::fabs(std::fmod(hue + shift, 6.0) - 3);
    return std::clamp(distance - 1, 0.0, 1.0);
  };
  return Color(channel(0), channel(4), channel(2), 1);
}

ProtobufMessage Pair(std::string_view key, std::string_view value) {
  return std::move(ProtobufMessage().Text(1, key).Text(2, value));
}

ProtobufMessage Outline(const ProtobufMessage& time, const AnnotatedBox& box) {
  const Box& edges = box.box;
  ProtobufMessage outline;
  outline.Message(1, time)
      .Whole(2, kLineLoop)
      .Message(3, Point(edges.left, edges.top))
      .Message(3, Point(edges.right, edges.top))
      .Message(3, Point(edges.right, edges.bottom))
      .Message(3, Point(edges.left, edges.bottom))
      .Message(4, ColorOf(box.label))
      .Double(7, kThickness)
      .Message(8, Pair("label", box.label))
      .Message(8, Pair("score", NumberText(box.score)));
  if (box.track) outline.Message(8, Pair("track", absl::StrCat(*box.track)));
  for (const auto& [name, value] : box.attributes) {
    outline.Message(8, Pair("attr." + name, value));
  }
  return outline;
}

ProtobufMessage Caption(const ProtobufMessage& time, const AnnotatedBox& box) {
  std::string text = box.label;
  if (box.score != 1) {
    absl::StrAppend(&text, text.empty() ? "" : " ",
                    NumberText(std::round(box.score * 100) / 100));
  }
  if (box.track) absl::StrAppend(&text, " #", *box.track);
  return std::move(ProtobufMessage()
                       .Message(1, time)
                       .Message(2, Point(box.box.left, box.box.top))
                       .Text(3, text)
                       .Double(4, kFontSize)
                       .Message(5, Color(0, 0, 0, 1))
                       .Message(6, ColorOf(box.label)));
}

}  // namespace

std::string CompressedVideoSchema() {
  ProtobufMessage file = FileOf("foxglove/CompressedVideo.proto", "foxglove");
  file.Message(
      4, Definition("CompressedVideo", {{"timestamp", 1, kMessage, kTimestamp},
                                        {"frame_id", 2, kString},
                                        {"data", 3, kBytes},
                                        {"format", 4, kString}}));
  return SetWith(std::move(file));
}

std::string ImageAnnotationsSchema() {
  ProtobufMessage file = FileOf("foxglove/ImageAnnotations.proto", "foxglove");
  file.Message(4, Definition("Point2", {{"x", 1, kDouble}, {"y", 2, kDouble}}))
      .Message(4, Definition("Color", {{"r", 1, kDouble},
                                       {"g", 2, kDouble},
                                       {"b", 3, kDouble},
                                       {"a", 4, kDouble}}))
      .Message(4, Definition("KeyValuePair",
                             {{"key", 1, kString}, {"value", 2, kString}}))
      .Message(4, Definition("CircleAnnotation",
                             {{"timestamp", 1, kMessage, kTimestamp},
                              {"position", 2, kMessage, kPoint},
                              {"diameter", 3, kDouble},
                              {"thickness", 4, kDouble},
                              {"fill_color", 5, kMessage, kColor},
                              {"outline_color", 6, kMessage, kColor}}))
      .Message(4, PointsDefinition())
      .Message(4, Definition("TextAnnotation",
                             {{"timestamp", 1, kMessage, kTimestamp},
                              {"position", 2, kMessage, kPoint},
                              {"text", 3, kString},
                              {"font_size", 4, kDouble},
                              {"text_color", 5, kMessage, kColor},
                              {"background_color", 6, kMessage, kColor}}))
      .Message(
          4, Definition(
                 "ImageAnnotations",
                 {{"circles", 1, kMessage, ".foxglove.CircleAnnotation", true},
                  {"points", 2, kMessage, ".foxglove.PointsAnnotation", true},
                  {"texts", 3, kMessage, ".foxglove.TextAnnotation", true}}));
  return SetWith(std::move(file));
}

std::string CompressedVideoMessage(uint64_t time_ns, std::string_view frame_id,
                                   std::string_view annex_b) {
  return ProtobufMessage()
      .Message(1, Timestamp(time_ns))
      .Text(2, frame_id)
      .Text(3, annex_b)
      .Text(4, "h264")
      .bytes();
}

std::string ImageAnnotationsMessage(uint64_t time_ns,
                                    std::span<const AnnotatedBox> boxes) {
  const ProtobufMessage time = Timestamp(time_ns);
  ProtobufMessage message;
  for (const AnnotatedBox& box : boxes) message.Message(2, Outline(time, box));
  for (const AnnotatedBox& box : boxes) {
    message.Message(3, Caption(time, box));
  }
  return message.bytes();
}

}  // namespace fovea::codec_internal
