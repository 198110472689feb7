// SPDX-License-Identifier: GPL-2.0-or-later

#include "sensitivity/model_card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kYolox[] =
    "name: yolox-nano\n"
    "network: yolox_nano.onnx\n"
    "labels: coco.names\n"
    "decoder: yolox\n"
    "threshold: 0.3\n"
    "input: {width: 416, height: 320, color: bgr, fit: letterbox, fill: 114,"
    " trim: 32, layout: nchw, mean: 0, deviation: 1}\n";

constexpr char kImu[] =
    "name: har\n"
    "network: nets/har.pt\n"
    "decoder: imu-classifier\n"
    "scores: probabilities\n"
    "input:\n"
    "  window: 128\n"
    "  rate: 50\n"
    "  channels: [accel.x, accel.y, gyro.z]\n"
    "  layout: nwc\n"
    "  mean: [0, 1, -2.5]\n"
    "  deviation: 4\n";

constexpr char kProgram[] =
    "name: watcher\n"
    "command: [bin/detect.sh, --size, 416, '']\n"
    "labels: names.txt\n"
    "threshold: 0.25\n"
    "timeout: 2.5\n";

ModelCard Good(const std::string& yaml) {
  auto card = ParseModelCard("model.yaml", yaml);
  EXPECT_TRUE(card.ok()) << card.status();
  return card.ok() ? *std::move(card) : ModelCard();
}

// `text` with its one `from` put as `to`.
std::string With(std::string text, const std::string& from,
                 const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string Refusal(const std::string& yaml) {
  const auto card = ParseModelCard("model.yaml", yaml);
  EXPECT_EQ(card.status().code(), absl::StatusCode::kInvalidArgument) << yaml;
  return std::string(card.status().message());
}

TEST(ModelCardTest, PictureCard) {
  const ModelCard card = Good(kYolox);
  EXPECT_EQ(card.name, "yolox-nano");
  EXPECT_EQ(card.network, "yolox_nano.onnx");
  EXPECT_EQ(card.labels, "coco.names");
  EXPECT_EQ(card.decoder, DecoderKind::kYolox);
  EXPECT_EQ(card.threshold, 0.3);
  EXPECT_EQ(card.width, 416);
  EXPECT_EQ(card.height, 320);
  EXPECT_FALSE(card.rgb);
  EXPECT_FALSE(card.grey);
  EXPECT_EQ(card.fit, Fit::kLetterbox);
  EXPECT_EQ(card.fill, 114);
  EXPECT_EQ(card.trim, 32);
  EXPECT_FALSE(card.channels_last);
  EXPECT_EQ(card.window, 0);
}

TEST(ModelCardTest, WhatIsLeftOutHasADefault) {
  const ModelCard card = Good(
      "{name: x, network: x.pt, decoder: classifier,"
      " input: {width: 8192, height: 1}}");
  EXPECT_EQ(card.labels, "");
  EXPECT_FALSE(card.probabilities);
  EXPECT_TRUE(card.rgb);
  EXPECT_FALSE(card.grey);
  EXPECT_EQ(card.fit, Fit::kStretch);
  EXPECT_FALSE(card.channels_last);
  EXPECT_THAT(card.mean, ElementsAre(0, 0, 0));
  EXPECT_THAT(card.deviation, ElementsAre(1, 1, 1));
}

TEST(ModelCardTest, WindowCard) {
  const ModelCard card = Good(kImu);
  EXPECT_EQ(card.decoder, DecoderKind::kImuClassifier);
  EXPECT_EQ(card.window, 128);
  EXPECT_EQ(card.rate_hz, 50);
  EXPECT_THAT(card.channels, ElementsAre("accel.x", "accel.y", "gyro.z"));
  EXPECT_TRUE(card.channels_last);
  EXPECT_TRUE(card.probabilities);
  EXPECT_THAT(card.channel_mean, ElementsAre(0, 1, -2.5));
  EXPECT_THAT(card.channel_deviation, ElementsAre(4, 4, 4));
  EXPECT_EQ(card.width, 0);
}

TEST(ModelCardTest, ProgramCard) {
  const ModelCard card = Good(kProgram);
  EXPECT_EQ(card.decoder, DecoderKind::kProgram);
  EXPECT_THAT(card.command, ElementsAre("bin/detect.sh", "--size", "416", ""));
  EXPECT_EQ(card.network, "");
  EXPECT_EQ(card.labels, "names.txt");
  EXPECT_EQ(card.threshold, 0.25);
  EXPECT_EQ(card.timeout_s, 2.5);
  const ModelCard bare = Good("{name: x, command: [/opt/x]}");
  EXPECT_EQ(bare.threshold, 0.5);
  EXPECT_EQ(bare.timeout_s, 30);
  EXPECT_TRUE(IsDetector(bare.decoder));
}

TEST(ModelCardTest, ProgramOfWindowsCard) {
  const std::string yaml =
      "{name: x, command: [./x], labels: l.txt, timeout: 2,"
      " input: {window: 64, rate: 25, hop: 16, channels: [a.x, b]}}";
  const ModelCard card = Good(yaml);
  EXPECT_EQ(card.decoder, DecoderKind::kWindowProgram);
  EXPECT_TRUE(TakesWindows(card.decoder));
  EXPECT_TRUE(IsProgram(card.decoder));
  EXPECT_FALSE(IsDetector(card.decoder));
  EXPECT_EQ(card.window, 64);
  EXPECT_EQ(card.hop, 16);
  EXPECT_EQ(card.rate_hz, 25);
  EXPECT_EQ(card.timeout_s, 2);
  EXPECT_THAT(card.channels, ElementsAre("a.x", "b"));
  EXPECT_EQ(card.Canonical(),
            Good(With(yaml, "hop: 16", "hop: 8")).Canonical());
  for (const auto& [from, to] :
       {std::pair("window: 64", "window: 65"),
        std::pair("rate: 25", "rate: 26"), std::pair("a.x", "a.y"),
        std::pair("[./x]", "[./y]")}) {
    EXPECT_NE(card.Canonical(), Good(With(yaml, from, to)).Canonical()) << to;
  }
  EXPECT_THAT(Refusal(With(yaml, "hop: 16", "mean: 1")),
              HasSubstr("has no meaning for a program of windows"));
  EXPECT_THAT(Refusal(With(yaml, "timeout: 2", "threshold: 0.5")),
              HasSubstr("has no meaning for a program of windows"));
  EXPECT_THAT(Refusal(With(yaml, "rate: 25, ", "")),
              HasSubstr("'input.rate' is missing"));
  EXPECT_THAT(Refusal(With(yaml, "hop: 16", "hop: 0")),
              HasSubstr("1 to 65536"));
}

TEST(ModelCardTest, ACommandIsLimited) {
  std::string words = "x";
  for (size_t i = 1; i < kMaxCommandWords; ++i) words += ", x";
  EXPECT_EQ(Good("{name: x, command: [" + words + "]}").command.size(),
            kMaxCommandWords);
  EXPECT_THAT(Refusal("{name: x, command: [" + words + ", x]}"),
              HasSubstr("1 to 64 words"));
  const std::string longest(kMaxCommandWordBytes, 'x');
  EXPECT_EQ(Good("{name: x, command: [x, " + longest + "]}").command[1],
            longest);
  EXPECT_THAT(Refusal("{name: x, command: [x, " + longest + "x]}"),
              HasSubstr("at most 1024 bytes"));
}

TEST(ModelCardTest, ColoursAndScales) {
  const std::string grey = With(kYolox, "color: bgr", "color: grey");
  EXPECT_TRUE(Good(grey).grey);
  EXPECT_THAT(Good(With(grey, "mean: 0", "mean: [7]")).mean,
              ElementsAre(7, 7, 7));
  const std::string each = With(kYolox, "deviation: 1", "deviation: [1, 2, 3]");
  EXPECT_THAT(Good(each).deviation, ElementsAre(1, 2, 3));
  EXPECT_TRUE(Good(With(kYolox, "nchw", "nhwc")).channels_last);
  EXPECT_FALSE(Good(With(kImu, "nwc", "ncw")).channels_last);
}

TEST(ModelCardTest, EveryDecoderHasItsName) {
  for (const DecoderKind kind :
       {DecoderKind::kFastestDet, DecoderKind::kYolox, DecoderKind::kSsd,
        DecoderKind::kClassifier, DecoderKind::kSegmentation,
        DecoderKind::kEmbedding}) {
    const std::string yaml = std::string("{name: x, network: y, decoder: ") +
                             DecoderName(kind) +
                             ", input: {width: 1, height: 1}}";
    EXPECT_EQ(Good(yaml).decoder, kind);
  }
  EXPECT_STREQ(DecoderName(DecoderKind::kImuClassifier), "imu-classifier");
}

struct BadCase {
  const char* name;
  const char* card;  // a good card and the one thing changed in it
  const char* from;
  const char* to;
  const char* found;  // part of the message
};

void PrintTo(const BadCase& c, std::ostream* out) { *out << c.name; }

class BadCardTest : public ::testing::TestWithParam<BadCase> {};

TEST_P(BadCardTest, IsRefusedByName) {
  const BadCase& c = GetParam();
  EXPECT_THAT(Refusal(With(c.card, c.from, c.to)),
              AllOf(HasSubstr("model.yaml: "), HasSubstr(c.found)));
}

INSTANTIATE_TEST_SUITE_P(
    Keys, BadCardTest,
    ::testing::Values(
        BadCase{"typo", kYolox, "decoder", "decodr", "'decoder' is missing"},
        BadCase{"unknown", kYolox, "threshold: 0.3", "treshold: 0.3",
                "line 5: key 'treshold' is not known; did you mean "
                "'threshold'?"},
        BadCase{"unknown_inside", kYolox, "fill: 114", "filll: 1",
                "key 'input.filll' is not known; did you mean 'input.fill'?"},
        BadCase{"outside", kImu, "input:\n  window: 128",
                "window: 128\ninput:\n  window: 128",
                "key 'window' is not known; did you mean 'input.window'?"},
        BadCase{"unlike", kImu, "scores", "confidence_level",
                "is not known; known are name, network"},
        BadCase{"no_name", kYolox, "name: yolox-nano\n", "",
                "key 'name' is missing"},
        BadCase{"no_height", kYolox, "height: 320, ", "",
                "key 'input.height' is missing"},
        BadCase{"no_window", kImu, "  window: 128\n", "",
                "key 'input.window' is missing"},
        BadCase{"windows_no_pictures", kImu, "window: 128",
                "window: 128\n  width: 4",
                "'input.width' has no meaning for decoder imu-classifier"},
        BadCase{"pictures_no_windows", kYolox, "width: 416",
                "width: 416, rate: 50",
                "'input.rate' has no meaning for decoder yolox"},
        BadCase{"no_threshold", kImu, "scores: probabilities", "threshold: 0.5",
                "'threshold' has no meaning for decoder imu-classifier"},
        BadCase{"no_scores", kYolox, "threshold: 0.3", "scores: logits",
                "'scores' has no meaning for decoder yolox"},
        BadCase{"program_and_network", kProgram, "name: watcher",
                "name: watcher\nnetwork: x.onnx",
                "key 'command' excludes 'network'"},
        BadCase{"program_decoder", kProgram, "name: watcher",
                "name: watcher\ndecoder: yolox",
                "'decoder' has no meaning for a program; leave it out"},
        BadCase{"program_input", kProgram, "timeout: 2.5", "input: {width: 4}",
                "'input.width' has no meaning for a program"},
        BadCase{"program_layout", kProgram, "timeout: 2.5",
                "input: {layout: nchw}", "'input.layout' has no meaning"},
        BadCase{"program_typo", kProgram, "timeout", "timout",
                "did you mean 'timeout'?"},
        BadCase{"neither", kProgram,
                "command: [bin/detect.sh, --size, 416, '']", "",
                "key 'network' or 'command' is missing"},
        BadCase{"network_timeout", kYolox, "threshold: 0.3", "timeout: 3",
                "'timeout' has no meaning for decoder yolox"},
        BadCase{"fill_stretched", kYolox, "fit: letterbox", "fit: stretch",
                "has no meaning without 'fit: letterbox'"}));

INSTANTIATE_TEST_SUITE_P(
    Values, BadCardTest,
    ::testing::Values(
        BadCase{"decoder", kYolox, "decoder: yolox", "decoder: yolo9",
                "key 'decoder' expected fastestdet, yolox, ssd, classifier, "
                "segmentation, embedding, imu-classifier, found 'yolo9'"},
        BadCase{"name_space", kYolox, "yolox-nano", "yolox nano",
                "found 'yolox nano'"},
        BadCase{"name_slash", kYolox, "yolox-nano", "a/b", "found 'a/b'"},
        BadCase{"name_hidden", kYolox, "yolox-nano", ".a", "found '.a'"},
        BadCase{"name_list", kYolox, "name: yolox-nano", "name: [a]",
                "expected one value, found a list"},
        BadCase{"network_above", kYolox, "yolox_nano.onnx", "../x.onnx",
                "a file beside the card or in a folder there"},
        BadCase{"network_absolute", kYolox, "yolox_nano.onnx", "/etc/passwd",
                "found '/etc/passwd'"},
        BadCase{"network_within", kYolox, "yolox_nano.onnx", "a/../../b",
                "found 'a/../../b'"},
        BadCase{"labels_control", kYolox, "coco.names", "\"a\\tb\"",
                "found 'a\\tb'"},
        BadCase{"threshold_high", kYolox, "threshold: 0.3", "threshold: 1.5",
                "expected a number 0 to 1, found '1.5'"},
        BadCase{"threshold_nan", kYolox, "threshold: 0.3", "threshold: nan",
                "found 'nan'"},
        BadCase{"width_zero", kYolox, "width: 416", "width: 0",
                "expected a whole number 1 to 8192, found '0'"},
        BadCase{"width_wide", kYolox, "width: 416", "width: 8193",
                "found '8193'"},
        BadCase{"width_part", kYolox, "width: 416", "width: 4.5",
                "found '4.5'"},
        BadCase{"height_list", kYolox, "height: 320", "height: [320]",
                "expected one value, found a list"},
        BadCase{"color", kYolox, "bgr", "yuv",
                "expected rgb or bgr or grey, found 'yuv'"},
        BadCase{"fit", kYolox, "letterbox", "crop",
                "expected stretch or letterbox, found 'crop'"},
        BadCase{"fill", kYolox, "fill: 114", "fill: 256",
                "expected a whole number 0 to 255"},
        BadCase{"trim", kYolox, "trim: 32", "trim: -1", "found '-1'"},
        BadCase{"layout", kYolox, "nchw", "ncw",
                "expected nchw or nhwc, found 'ncw'"},
        BadCase{"mean_two", kYolox, "mean: 0", "mean: [0, 1]",
                "expected one number or 3, one per channel, found 2"},
        BadCase{"mean_text", kYolox, "mean: 0", "mean: [0, x, 1]", "found 'x'"},
        BadCase{"deviation_zero", kYolox, "deviation: 1", "deviation: 0",
                "expected a number 1e-06 to 1e+06, found '0'"},
        BadCase{"window", kImu, "window: 128", "window: 65537",
                "found '65537'"},
        BadCase{"rate", kImu, "rate: 50", "rate: 0", "found '0'"},
        BadCase{"channels_none", kImu, "[accel.x, accel.y, gyro.z]", "[]",
                "expected 1 to 64 channels, found 0"},
        BadCase{"channels_space", kImu, "accel.x", "accel x",
                "found 'accel x'"},
        BadCase{"channels_twice", kImu, "accel.x", "accel.y",
                "has 'accel.y' twice"},
        BadCase{"channels_means", kImu, "accel.x, ", "",
                "expected one number or 2, one per channel, found 3"},
        BadCase{"command_text", kProgram, "[bin/detect.sh, --size, 416, '']",
                "detect.sh", "expected a list of 1 to 64 words"},
        BadCase{"command_none", kProgram, "[bin/detect.sh, --size, 416, '']",
                "[]", "expected a list of 1 to 64 words"},
        BadCase{"command_control", kProgram, "416", "\"4\\n16\"",
                "without control characters"},
        BadCase{"command_above", kProgram, "bin/detect.sh", "../detect.sh",
                "found '../detect.sh'"},
        BadCase{"command_empty", kProgram, "bin/detect.sh", "''", "found ''"},
        BadCase{"timeout", kProgram, "2.5", "0",
                "expected a number 0.001 to 3600, found '0'"},
        BadCase{"scores", kImu, "scores: probabilities", "scores: sigmoid",
                "expected logits or probabilities, found 'sigmoid'"}));

INSTANTIATE_TEST_SUITE_P(
    Yaml, BadCardTest,
    ::testing::Values(
        BadCase{"tab", kImu, "  window", "\twindow", "line 6: "},
        BadCase{"unclosed", kYolox, "deviation: 1}", "deviation: 1", "line "},
        BadCase{"anchor", kYolox, "yolox-nano", "&a yolox",
                "line 1: anchors (&) are not supported"},
        BadCase{"tag", kYolox, "yolox-nano", "!!str yolox",
                "line 1: tags (!) are not supported"},
        BadCase{"twice", kYolox, "labels: coco.names", "name: b",
                "line 3: key 'name' comes twice"},
        BadCase{"empty_value", kYolox, "coco.names", "",
                "key 'labels' has no value"},
        BadCase{"map_deep", kYolox, "width: 416", "width: {a: 1}",
                "a map is out of place here"},
        BadCase{"map_listed", kYolox, "coco.names", "[{a: 1}]",
                "a map is out of place here"},
        BadCase{"list_deep", kYolox, "coco.names", "[[a]]",
                "a list is out of place here"},
        BadCase{"list_key", kYolox,
                "labels:", "? [a]\n:", "a list is out of place here"},
        BadCase{"two", kYolox,
                "labels:", "---\nlabels:", "expected one YAML document"}));

TEST(ModelCardTest, NoCardAtAll) {
  EXPECT_THAT(Refusal(""), HasSubstr("line 1: expected 'key: value'"));
  EXPECT_THAT(Refusal("# nothing\n"), HasSubstr("expected 'key: value'"));
  EXPECT_THAT(Refusal("yolox"), HasSubstr("line 1: expected 'key: value'"));
  EXPECT_THAT(Refusal("[a, b]"), HasSubstr("a list is out of place here"));
  EXPECT_THAT(Refusal("a: *b"), HasSubstr("line 1: "));
}

TEST(ModelCardTest, SizeIsLimited) {
  const std::string filler(kMaxCardBytes - sizeof(kYolox), ' ');
  EXPECT_EQ(Good(kYolox + filler + "#").width, 416);
  EXPECT_THAT(Refusal(kYolox + filler + "###"),
              HasSubstr("expected at most 65536 bytes, found 65538"));
}

TEST(ModelCardTest, NestingEnds) {
  for (const char* open : {"[", "{a: ", "- ", "? "}) {
    std::string yaml = "a: ";
    while (yaml.size() + 4 < kMaxCardBytes) yaml += open;
    EXPECT_THAT(Refusal(yaml), HasSubstr("line 1"));
  }
}

TEST(ModelCardTest, MessagesArePrintable) {
  EXPECT_THAT(Refusal("\"a\\x01\\n\": 1\ndecoder: ssd"),
              HasSubstr("'a\\001\\n'"));
  EXPECT_THAT(Refusal(With(kYolox, "decoder: yolox",
                           "decoder: " + std::string(99, 'x'))),
              AllOf(HasSubstr(std::string(40, 'x') + "...'"),
                    Not(HasSubstr(std::string(41, 'x')))));
}

TEST(CanonicalTest, SpellingAndNamesDoNotCount) {
  const std::string text = Good(kYolox).Canonical();
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{
           {"yolox-nano", "other"},
           {"yolox_nano.onnx", "b.onnx"},
           {"coco.names", "b.names"},
           {"threshold: 0.3", "threshold: 3e-1"},
           {"fill: 114, ", ""},
           {"layout: nchw, ", ""},
           {"mean: 0", "mean: [0, 0.0, 0]"}}) {
    EXPECT_EQ(Good(With(kYolox, from, to)).Canonical(), text) << from;
  }
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{
           {"watcher", "other"}, {"timeout: 2.5", "timeout: 9"}}) {
    EXPECT_EQ(Good(With(kProgram, from, to)).Canonical(),
              Good(kProgram).Canonical());
  }
}

TEST(CanonicalTest, EverythingElseCounts) {
  const auto expect_other = [](const char* card, const char* from,
                               const char* to) {
    EXPECT_NE(Good(With(card, from, to)).Canonical(), Good(card).Canonical())
        << from;
  };
  expect_other(kYolox, "decoder: yolox", "decoder: fastestdet");
  expect_other(kYolox, "threshold: 0.3", "threshold: 0.30000000000000004");
  expect_other(kYolox, "width: 416", "width: 415");
  expect_other(kYolox, "height: 320", "height: 321");
  expect_other(kYolox, "bgr", "rgb");
  expect_other(kYolox, "bgr", "grey");
  expect_other(kYolox, "fit: letterbox, fill: 114, trim: 32", "fit: stretch");
  expect_other(kYolox, "fill: 114", "fill: 0");
  expect_other(kYolox, "trim: 32", "trim: 0");
  expect_other(kYolox, "nchw", "nhwc");
  expect_other(kYolox, "mean: 0", "mean: [0, 0, 1]");
  expect_other(kYolox, "deviation: 1", "deviation: [1, 1, 2]");
  expect_other(kImu, "scores: probabilities", "scores: logits");
  expect_other(kProgram, "threshold: 0.25", "threshold: 0.5");
  expect_other(kProgram, "416", "417");
  expect_other(kProgram, "bin/detect.sh", "detect.sh");
  expect_other(kProgram, "--size, 416", "--size 416");
  expect_other(kProgram, ", ''", "");
  expect_other(kImu, "window: 128", "window: 64");
  expect_other(kImu, "rate: 50", "rate: 51");
  expect_other(kImu, "accel.x", "accel.z");
  expect_other(kImu, "accel.x, accel.y", "accel.y, accel.x");
  expect_other(kImu, "nwc", "ncw");
  expect_other(kImu, "mean: [0,", "mean: [1,");
  expect_other(kImu, "deviation: 4", "deviation: 5");
}

std::string LabelRefusal(const std::string& text) {
  const auto labels = ParseLabels("coco.names", text);
  EXPECT_EQ(labels.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(labels.status().message());
}

TEST(LabelFileTest, AClassPerLine) {
  const auto labels =
      ParseLabels("coco.names", "\xef\xbb\xbfperson\r\n\r\ncaf\xc3\xa9\n\n\n");
  ASSERT_TRUE(labels.ok()) << labels.status();
  EXPECT_THAT(*labels, ElementsAre("person", "", "caf\xc3\xa9"));
}

TEST(LabelFileTest, BadLabels) {
  EXPECT_THAT(LabelRefusal(""), HasSubstr("coco.names: expected a label"));
  EXPECT_THAT(LabelRefusal("\n\n"), HasSubstr("expected a label per line"));
  EXPECT_THAT(LabelRefusal("a\nb\tc\n"),
              HasSubstr("line 2: expected printable text, found byte 9 at "
                        "column 2"));
  EXPECT_THAT(LabelRefusal(std::string(257, 'x')),
              HasSubstr("line 1: expected at most 256 bytes, found 257"));
  for (const char* bad :
       {"na\xefve", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82",
        "\xf0\x80\x80\x80", "\x80"}) {
    EXPECT_THAT(LabelRefusal(bad), HasSubstr("expected UTF-8")) << bad;
  }
  for (const char* good :
       {"\xed\x9f\xbf", "\xf4\x8f\xbf\xbf", "\xe0\xa0\x80"}) {
    EXPECT_TRUE(ParseLabels("l", good).ok()) << good;
  }
}

TEST(LabelFileTest, CountIsLimited) {
  std::string text;
  for (size_t i = 0; i < kMaxLabels; ++i) text += "x\n";
  const auto labels = ParseLabels("l", text + "\n\n");
  ASSERT_TRUE(labels.ok()) << labels.status();
  EXPECT_EQ(labels->size(), kMaxLabels);
  EXPECT_THAT(LabelRefusal(text + "\ny"), HasSubstr("at most 65536 labels"));
}

}  // namespace
}  // namespace fovea
