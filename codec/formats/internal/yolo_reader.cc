// SPDX-License-Identifier: GPL-2.0-or-later
//
// A folder with a text file per picture, a line per object:
//
//   class cx cy width height [score]    fractions of the picture
//   class x y x y x y ...               an outline
//
// The classes' names are in a file of one name a line, or under `names` in
// a data.yaml.

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "codec/formats/csv_parser.h"
#include "codec/formats/internal/annotation_builder.h"
#include "codec/text_lines.h"

namespace fovea::codec_internal {
namespace {

namespace fs = std::filesystem;

constexpr int kLevels = 4;       // of folders with labels
constexpr int kLevelsAbove = 2;  // that may have the names
constexpr double kSlack = 0.01;  // of a fraction that was rounded
// Six decimals of 16,384 pixels are coarser; a float's error is finer.
constexpr double kGrain = 65536;
constexpr size_t kMaxLineBytes = 65536;

// Texts that tools put beside the labels.
bool IsNoLabelFile(const std::string& name) {
  static constexpr std::string_view kNames[] = {
      "classes.txt", "train.txt", "val.txt", "valid.txt", "test.txt"};
  std::string lower;
  for (const char c : name) {
    lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  return lower.rfind("readme", 0) == 0 ||
         std::find(std::begin(kNames), std::end(kNames), lower) !=
             std::end(kNames);
}

struct Classes {
  std::vector<std::string> names;
  bool keypoints = false;  // more than five numbers are these, no outline
};

class YoloReader {
 public:
  YoloReader(const std::string& path, AnnotationBuilder* builder)
      : path_(path), builder_(builder) {}

  absl::Status Read() {
    const AnnotationOptions& options = builder_->options();
    if (options.width <= 0 || options.height <= 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          path_, ": YOLO's boxes are fractions of the picture; give its size"));
    }
    absl::Status s = FindNames();
    if (s.ok()) s = ListFiles();
    for (const std::string& file : files_) {
      if (s.ok()) s = ReadFile(file);
    }
    return s;
  }

 private:
  absl::Status FindNames() {
    if (!builder_->options().names_file.empty()) {
      return ReadNames(builder_->options().names_file);
    }
    fs::path folder = path_;
    for (int level = 0; level <= kLevelsAbove; ++level, folder /= "..") {
      for (const char* name : {"obj.names", "classes.txt", "data.yaml"}) {
        std::error_code ignored;
        if (fs::is_regular_file(folder / name, ignored)) {
          return ReadNames((folder / name).string());
        }
      }
    }
    return absl::InvalidArgumentError(absl::StrCat(
        path_,
        ": expected the classes' names in obj.names, classes.txt or "
        "data.yaml here or above, found none; give their file"));
  }

  absl::Status ReadNames(const std::string& file) {
    const std::string suffix = fs::path(file).extension().string();
    return suffix == ".yaml" || suffix == ".yml" ? ReadYamlNames(file)
                                                 : ReadPlainNames(file);
  }

  absl::Status AddName(const std::string& place, std::string_view text) {
    const auto name = builder_->Label(text);
    if (!name.ok()) return At(place, name.status());
    if (classes_.names.size() >= builder_->limits().max_annotation_classes) {
      return absl::ResourceExhaustedError(
          absl::StrCat(place, ": more than ",
                       builder_->limits().max_annotation_classes, " classes"));
    }
    classes_.names.push_back(*name);
    return absl::OkStatus();
  }

  absl::Status ReadPlainNames(const std::string& file) {
    auto lines = LineReader::Open(file, kMaxLineBytes);
    if (!lines.ok()) return lines.status();
    std::string line;
    while ((*lines)->Next(&line)) {
      absl::Status s =
          AddName(absl::StrCat(file, ": line ", (*lines)->line_number()), line);
      if (!s.ok()) return s;
    }
    return (*lines)->status();
  }

  absl::Status ReadYamlNames(const std::string& file) {
    std::error_code ignored;
    const auto size = fs::file_size(file, ignored);
    if (size > builder_->limits().max_annotation_token_bytes) {
      return absl::ResourceExhaustedError(absl::StrCat(
          file, ": larger than ", builder_->limits().max_annotation_token_bytes,
          " bytes"));
    }
    std::ifstream in(file, std::ios::binary);
    if (!in) return absl::NotFoundError(absl::StrCat(file, ": cannot open"));
    const std::string text{std::istreambuf_iterator<char>(in),
                           std::istreambuf_iterator<char>()};
    try {
      return TakeYaml(file, YAML::Load(text));
    } catch (const YAML::Exception& error) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": line ", error.mark.line + 1, ": ", error.msg));
    }
  }

  absl::Status TakeYaml(const std::string& file, const YAML::Node& root) {
    const YAML::Node names = root.IsMap() ? root["names"] : YAML::Node();
    if (!names || (!names.IsSequence() && !names.IsMap())) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": expected a list or map 'names'"));
    }
    classes_.keypoints = static_cast<bool>(root["kpt_shape"]);
    size_t next = 0;
    for (const auto& item : names) {
      const YAML::Node& name = names.IsMap() ? item.second : item;
      const bool in_order =
          names.IsSequence() || item.first.as<size_t>() == next;
      if (!in_order || !name.IsScalar()) {
        return absl::InvalidArgumentError(
            absl::StrCat(file, ": names: expected a name for class ", next,
                         " there, classes in rising order from 0"));
      }
      absl::Status s =
          AddName(absl::StrCat(file, ": names: class ", next), name.Scalar());
      if (!s.ok()) return s;
      ++next;
    }
    return absl::OkStatus();
  }

  absl::Status ListFiles() {
    std::error_code error;
    fs::recursive_directory_iterator entry(path_, error);
    int64_t bytes = 0;
    for (; !error && entry != fs::recursive_directory_iterator();
         entry.increment(error)) {
      if (entry.depth() + 1 >= kLevels) entry.disable_recursion_pending();
      if (entry->path().extension() != ".txt") continue;
      if (!entry->is_regular_file(error)) continue;
      if (IsNoLabelFile(entry->path().filename().string())) {
        builder_->PassOver("text file without labels");
        continue;
      }
      bytes += static_cast<int64_t>(entry->file_size(error));
      files_.push_back(entry->path().string());
      if (bytes > builder_->limits().max_annotation_bytes ||
          files_.size() > builder_->limits().max_annotated_frames) {
        return absl::ResourceExhaustedError(absl::StrCat(
            path_, ": label files of more than ",
            builder_->limits().max_annotation_bytes, " bytes, or more than ",
            builder_->limits().max_annotated_frames, " of them"));
      }
    }
    if (error) return absl::ErrnoToStatus(error.value(), path_);
    if (files_.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          path_, ": expected a text file of labels per picture, found none"));
    }
    std::sort(files_.begin(), files_.end());
    return absl::OkStatus();
  }

  absl::Status ReadFile(const std::string& file) {
    const auto frame =
        builder_->Frame(std::nullopt, fs::path(file).stem().string());
    if (!frame.ok()) return At(file, frame.status());
    auto lines = LineReader::Open(file, kMaxLineBytes);
    if (!lines.ok()) return lines.status();
    std::string line;
    while ((*lines)->Next(&line)) {
      absl::Status s = (*lines)->overlong().empty()
                           ? TakeLine(*frame, Words(line))
                           : absl::ResourceExhaustedError((*lines)->overlong());
      if (!s.ok()) {
        return At(absl::StrCat(file, ": line ", (*lines)->line_number()), s);
      }
    }
    return (*lines)->status();
  }

  absl::Status TakeLine(size_t frame,
                        const std::vector<std::string_view>& words) {
    if (words.empty()) return absl::OkStatus();
    const auto number = WholeNumber(words[0]);
    if (!number || *number < 0 ||
        static_cast<uint64_t>(*number) >= classes_.names.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected a class of 0 to ",
                       static_cast<int64_t>(classes_.names.size()) - 1,
                       ", as many as there are names, found '",
                       std::string(words[0].substr(0, 40)), "'"));
    }
    std::vector<double> values;
    for (size_t i = 1; i < words.size(); ++i) {
      const auto value = FiniteNumber(words[i]);
      if (!value) {
        return absl::InvalidArgumentError(
            absl::StrCat("expected a number, found '",
                         std::string(words[i].substr(0, 40)), "'"));
      }
      values.push_back(*value);
    }
    AnnotatedBox box;
    box.label = classes_.names[static_cast<size_t>(*number)];
    return TakeShape(frame, values, std::move(box));
  }

  absl::Status TakeShape(size_t frame, const std::vector<double>& values,
                         AnnotatedBox box) {
    const bool more = values.size() > 5;
    if (values.size() < 4 ||
        (more && !classes_.keypoints && values.size() % 2 != 0)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "expected 'class cx cy width height [score]' or an outline, found ",
          values.size() + 1, " words"));
    }
    const bool outline = more && !classes_.keypoints;
    const size_t fractions = outline ? values.size() : 4;
    for (size_t i = 0; i < fractions; ++i) {
      if (values[i] >= -kSlack && values[i] <= 1 + kSlack) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "expected fractions of the picture, 0 to 1, found ", values[i]));
    }
    if (outline) {
      builder_->MadeBox("polygon");
      return Add(frame, EdgesOfOutline(values), std::move(box));
    }
    if (more) builder_->PassOver("keypoints");
    if (values.size() == 5) box.score = static_cast<float>(values[4]);
    const double x = values[0], y = values[1];
    const double half_width = values[2] / 2, half_height = values[3] / 2;
    return Add(
        frame,
        {x - half_width, y - half_height, x + half_width, y + half_height},
        std::move(box));
  }

  static Edges EdgesOfOutline(const std::vector<double>& values) {
    Bounds bounds;
    for (size_t i = 0; i + 1 < values.size(); i += 2) {
      bounds.Add(values[i], values[i + 1]);
    }
    return bounds.edges();
  }

  absl::Status Add(size_t frame, const Edges& fractions, AnnotatedBox box) {
    const auto pixels = [](double fraction, int size) {
      return std::round(fraction * size * kGrain) / kGrain;
    };
    const int width = builder_->options().width;
    const int height = builder_->options().height;
    return builder_->AddBox(
        frame,
        {pixels(fractions.left, width), pixels(fractions.top, height),
         pixels(fractions.right, width), pixels(fractions.bottom, height)},
        std::move(box));
  }

  const std::string& path_;
  AnnotationBuilder* const builder_;
  Classes classes_;
  std::vector<std::string> files_;
};

}  // namespace

absl::Status ReadYolo(const std::string& path, AnnotationBuilder* builder) {
  return YoloReader(path, builder).Read();
}

}  // namespace fovea::codec_internal
