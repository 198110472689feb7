// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/learn_classifier.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "api/stop_flag.h"
#include "api/whole_file.h"
#include "codec/formats/csv_source.h"
#include "nlohmann/json.hpp"
#include "sensitivity/window_classifier.h"
#include "sensitivity/window_cutter.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostClasses = 256;
constexpr int kLeastWindow = 32, kMostWindow = 4096;
constexpr char kNetworkFile[] = "network.onnx", kLabelFile[] = "labels.txt";

absl::Status Named(const std::string& path, const absl::Status& status) {
  const std::string message(status.message());
  if (status.ok() || message.find(path) != message.npos) return status;
  return absl::Status(status.code(), absl::StrCat(path, ": ", message));
}

bool IsCalled(const std::string& recording, const std::string& name) {
  const fs::path path(recording);
  return path.stem() == name ||
         std::find(path.begin(), path.end(), fs::path(name)) != path.end();
}

absl::Status CheckOptions(const LearnClassifierOptions& options) {
  if (options.recordings.empty()) {
    return absl::InvalidArgumentError("learn classifier: no recordings");
  }
  if (options.window < kLeastWindow || options.window > kMostWindow ||
      options.hop < 0 || options.hop > kMostWindow || options.rate_hz < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "learn classifier: windows of ", options.window, " samples every ",
        options.hop, " at ", options.rate_hz, " Hz; expected ", kLeastWindow,
        " to ", kMostWindow, " samples, no longer between them"));
  }
  for (const std::string& name : options.held_out) {
    const bool found = std::ranges::any_of(
        options.recordings,
        [&](const std::string& path) { return IsCalled(path, name); });
    if (found) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("held out '", name, "': no recording is called so; ",
                     "none is in a folder of that name either"));
  }
  return absl::OkStatus();
}

// A window, its class by name.
struct LabelledWindow {
  std::vector<double> values;
  std::string label;
};

// Cuts recordings, all alike, into labelled windows.
class Cutting {
 public:
  Cutting(const LearnClassifierOptions& options, const std::atomic<bool>* stop)
      : options_(options), stop_(stop) {}

  absl::Status Add(const std::string& path, bool held_out) {
    CsvText text{options_.label_column, {}, {}};
    SourceOptions source_options = options_.source;
    source_options.stop = stop_;
    auto source = OpenCsvSource(path, source_options, CsvClock::kDetect, &text);
    if (!source.ok()) return source.status();
    const SourceInfo& info = (*source)->info();
    if (card_.channels.empty()) FillCard(info);
    const int hop = held_out           ? 0
                    : options_.hop > 0 ? options_.hop
                                       : std::max(1, options_.window / 8);
    auto cutter = WindowCutter::Create(card_, info.tracks[0].series, hop);
    if (!cutter.ok()) return Named(path, cutter.status());
    return Named(path, Read(source->get(), text, held_out, &*cutter));
  }

  const ModelCard& card() const { return card_; }
  const std::vector<std::string>& notes() const { return notes_; }
  const std::vector<LabelledWindow>& lessons() const { return lessons_; }
  const std::vector<LabelledWindow>& questions() const { return questions_; }
  int64_t mixed(bool held_out) const { return mixed_[held_out ? 1 : 0]; }
  int64_t rejected() const { return rejected_; }

 private:
  void FillCard(const SourceInfo& info) {
    const SeriesInfo& series = info.tracks[0].series;
    notes_ = info.notes;
    card_.name = options_.name;
    card_.network = kNetworkFile;
    card_.labels = kLabelFile;
    card_.decoder = DecoderKind::kImuClassifier;
    card_.window = options_.window;
    card_.rate_hz = options_.rate_hz > 0 ? options_.rate_hz : series.rate_hz;
    for (const Channel& channel : series.channels) {
      card_.channels.push_back(channel.name);
    }
  }

  absl::Status Read(Source* source, const CsvText& text, bool held_out,
                    WindowCutter* cutter) {
    while (true) {
      auto item = source->Next();
      if (!item.ok()) return item.status();
      if (Stopped(stop_)) return absl::CancelledError("interrupted");
      if (!item->has_value()) return absl::OkStatus();
      if (const auto* bad = std::get_if<Rejected>(&(*item)->value)) {
        rejected_ += bad->samples;
      }
      const auto* batch = std::get_if<SeriesBatch>(&(*item)->value);
      if (batch == nullptr) continue;
      absl::Status added =
          cutter->Add(*batch, [&](const std::vector<double>& values) {
            return Take(values, LabelOf(text, cutter->place()), held_out);
          });
      if (!added.ok()) return added;
    }
  }

  // Of all rows in it; empty where they are of more than one class or none.
  static std::string LabelOf(const CsvText& text, const WindowPlace& place) {
    const uint16_t first = text.rows[place.first_index];
    for (uint64_t i = place.first_index; i <= place.last_index; ++i) {
      if (text.rows[i] != first) return "";
    }
    return text.texts[first];
  }

  absl::Status Take(const std::vector<double>& values, std::string label,
                    bool held_out) {
    if (label.empty()) {
      ++mixed_[held_out ? 1 : 0];
      return absl::OkStatus();
    }
    auto& windows = held_out ? questions_ : lessons_;
    windows.push_back({values, std::move(label)});
    const auto count = std::ssize(lessons_) + std::ssize(questions_);
    if (count <= kMostLessons &&
        count * std::ssize(values) <= kMostLessonValues) {
      return absl::OkStatus();
    }
    return absl::ResourceExhaustedError(
        absl::StrCat("more than ", count - 1,
                     " windows so far; learn from fewer "
                     "recordings, or with a longer --hop"));
  }

  const LearnClassifierOptions& options_;
  const std::atomic<bool>* const stop_;
  ModelCard card_;
  std::vector<std::string> notes_;
  std::vector<LabelledWindow> lessons_, questions_;
  int64_t mixed_[2] = {0, 0};
  int64_t rejected_ = 0;
};

absl::StatusOr<std::vector<TaughtClass>> ClassesOf(const Cutting& cutting) {
  std::set<std::string> labels;
  for (const LabelledWindow& lesson : cutting.lessons()) {
    labels.insert(lesson.label);
  }
  if (labels.size() > kMostClasses) {
    return absl::ResourceExhaustedError(
        absl::StrCat("learn classifier: ", labels.size(), " classes, at most ",
                     kMostClasses, " are told apart"));
  }
  if (labels.size() < 2) {
    return absl::FailedPreconditionError(absl::StrCat(
        "learn classifier: ", cutting.lessons().size(), " windows of one class",
        labels.empty() ? "" : ", all of them '" + *labels.begin() + "'",
        ", two classes are needed (and ", cutting.mixed(false),
        " of several); shorten --window or add recordings"));
  }
  std::vector<TaughtClass> classes;
  for (const std::string& label : labels) {
    classes.push_back({label, 0, 0, 0});
  }
  return classes;
}

// Sorted by label.
TaughtClass* Find(const std::string& label, std::vector<TaughtClass>* classes) {
  const auto found = std::ranges::find(*classes, label, &TaughtClass::label);
  return found == classes->end() ? nullptr : &*found;
}

// The first channels of sensors with three axes.
std::vector<size_t> SensorsIn(const std::vector<std::string>& channels) {
  std::vector<size_t> firsts;
  for (size_t c = 0; c + 2 < channels.size(); ++c) {
    const std::string stem = channels[c].substr(0, channels[c].size() - 1);
    if (channels[c] == stem + "x" && channels[c + 1] == stem + "y" &&
        channels[c + 2] == stem + "z") {
      firsts.push_back(c);
    }
  }
  return firsts;
}

absl::StatusOr<WindowClassifier> Train(const LearnClassifierOptions& options,
                                       const Cutting& cutting,
                                       const LearnProgress& progress,
                                       const std::atomic<bool>* stop,
                                       LearntClassifier* learnt) {
  std::vector<WindowLesson> lessons;
  for (const LabelledWindow& window : cutting.lessons()) {
    TaughtClass* const taught = Find(window.label, &learnt->classes);
    ++taught->lessons;
    lessons.push_back(
        {window.values, static_cast<size_t>(taught - learnt->classes.data())});
  }
  learnt->lessons = std::ssize(lessons);
  WindowTraining training;
  training.channels = cutting.card().channels.size();
  training.window = static_cast<size_t>(options.window);
  training.classes = learnt->classes.size();
  training.epochs = options.epochs;
  training.seed = options.seed;
  training.noise = options.noise;
  if (options.turn) training.turned = SensorsIn(cutting.card().channels);
  if (options.turn && training.turned.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "learn classifier: nothing to turn, no three channels are axes x, y "
        "and z of one sensor; there are ",
        absl::StrJoin(cutting.card().channels, ", ")));
  }
  return WindowClassifier::Train(lessons, training, [&](int epochs) {
    if (progress.epochs) progress.epochs(epochs, options.epochs);
    return !Stopped(stop);
  });
}

void Ask(const WindowClassifier& model, const Cutting& cutting,
         LearntClassifier* learnt) {
  for (const LabelledWindow& window : cutting.questions()) {
    const std::vector<double> scores = model.Scores(window.values);
    const auto told =
        static_cast<size_t>(std::ranges::max_element(scores) - scores.begin());
    ++learnt->asked;
    TaughtClass* const wanted = Find(window.label, &learnt->classes);
    if (wanted == nullptr) {
      ++learnt->asked_untaught;
      continue;
    }
    ++wanted->asked;
    const bool right = &learnt->classes[told] == wanted;
    wanted->right += right ? 1 : 0;
    learnt->right += right ? 1 : 0;
  }
}

std::string LabelText(const LearntClassifier& learnt) {
  std::string text;
  for (const TaughtClass& taught : learnt.classes) {
    absl::StrAppend(&text, taught.label, "\n");
  }
  return text;
}

// JSON's strings and numbers are YAML's.
std::string CardText(const ModelCard& card) {
  const auto list = [](const auto& values) {
    return nlohmann::json(values).dump(
        -1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  return absl::StrCat(
      "name: ", list(card.name), "\nnetwork: ", card.network,
      "\nlabels: ", card.labels, "\ndecoder: ", DecoderName(card.decoder),
      "\ninput:\n  window: ", card.window, "\n  rate: ", list(card.rate_hz),
      "\n  channels: ", list(card.channels),
      "\n  mean: ", list(card.channel_mean),
      "\n  deviation: ", list(card.channel_deviation), "\n");
}

}  // namespace

absl::StatusOr<LearntClassifier> LearnClassifier(
    const LearnClassifierOptions& options, const LearnProgress& progress,
    const std::atomic<bool>* stop) {
  if (absl::Status s = CheckOptions(options); !s.ok()) return s;
  Cutting cutting(options, stop);
  LearntClassifier learnt;
  for (const std::string& path : options.recordings) {
    const bool held_out = std::ranges::any_of(
        options.held_out,
        [&](const std::string& name) { return IsCalled(path, name); });
    if (absl::Status s = cutting.Add(path, held_out); !s.ok()) return s;
    ++learnt.recordings;
    learnt.recordings_held_out += held_out ? 1 : 0;
    if (progress.recordings) {
      progress.recordings(learnt.recordings, std::ssize(options.recordings));
    }
  }
  auto classes = ClassesOf(cutting);
  if (!classes.ok()) return classes.status();
  learnt.classes = *std::move(classes);
  const auto model = Train(options, cutting, progress, stop, &learnt);
  if (!model.ok()) return model.status();
  Ask(*model, cutting, &learnt);
  learnt.card = cutting.card();
  learnt.card.channel_mean = model->mean();
  learnt.card.channel_deviation = model->deviation();
  learnt.network = model->Onnx();
  learnt.mixed = cutting.mixed(false);
  learnt.mixed_held_out = cutting.mixed(true);
  learnt.rejected = cutting.rejected();
  learnt.notes = cutting.notes();
  // What a card cannot say, such as a name with spaces, is told here.
  const auto card = ParseModelCard("model.yaml", CardText(learnt.card));
  if (!card.ok()) return card.status();
  const auto labels = ParseLabels(kLabelFile, LabelText(learnt));
  if (!labels.ok()) return labels.status();
  return learnt;
}

absl::Status WriteClassifier(const LearntClassifier& learnt,
                             const std::string& folder) {
  const std::string card = folder + "/model.yaml";
  std::error_code error;
  if (fs::exists(card, error)) {
    return absl::AlreadyExistsError(
        absl::StrCat(card, ": a model is there already"));
  }
  fs::create_directories(folder, error);
  if (error) {
    return absl::PermissionDeniedError(
        absl::StrCat(folder, ": ", error.message()));
  }
  absl::Status written =
      WriteWholeFile(folder + "/" + kNetworkFile, learnt.network);
  if (written.ok()) {
    written = WriteWholeFile(folder + "/" + kLabelFile, LabelText(learnt));
  }
  // Last: with it the folder is a model.
  if (written.ok()) written = WriteWholeFile(card, CardText(learnt.card));
  return written;
}

}  // namespace fovea
