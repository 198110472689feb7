// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea learn classifier CSV... -o FOLDER: a model of sensor windows from
// recordings with a label in each row.

#include "api/learn_classifier.h"

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/frame_progress.h"
#include "cli/interrupt.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct ClassifierArguments {
  LearnClassifierOptions options;
  std::string name;  // empty: the folder's
  std::string output;
};

Json LearntJson(const ClassifierArguments& arguments,
                const LearntClassifier& learnt) {
  Json document = Document("learn.classifier");
  document["folder"] = arguments.output;
  document["name"] = learnt.card.name;
  document["channels"] = learnt.card.channels;
  document["window"] = learnt.card.window;
  document["rate_hz"] = learnt.card.rate_hz;
  document["recordings"] = learnt.recordings;
  document["recordings_held_out"] = learnt.recordings_held_out;
  document["rows_rejected"] = learnt.rejected;
  document["lessons"] = learnt.lessons;
  document["mixed"] = learnt.mixed;
  document["asked"] = learnt.asked;
  document["asked_untaught"] = learnt.asked_untaught;
  document["right"] = learnt.right;
  document["mixed_held_out"] = learnt.mixed_held_out;
  document["classes"] = Json::array();
  for (const TaughtClass& taught : learnt.classes) {
    document["classes"].push_back({{"label", taught.label},
                                   {"lessons", taught.lessons},
                                   {"asked", taught.asked},
                                   {"right", taught.right}});
  }
  document["notes"] = learnt.notes;
  return document;
}

std::string ShareText(int64_t part, int64_t whole) {
  if (whole == 0) return "-";
  return absl::StrFormat("%.1f %%", 100.0 * static_cast<double>(part) /
                                        static_cast<double>(whole));
}

std::string HeldOutText(const LearntClassifier& learnt) {
  if (learnt.recordings_held_out == 0) {
    return "none: how well it does is not known; see --holdout";
  }
  std::string text =
      absl::StrCat(FormatCount(learnt.recordings_held_out, "recording"), ", ",
                   ShareText(learnt.right, learnt.asked), " of ",
                   FormatCount(learnt.asked, "window"), " told right");
  if (learnt.asked_untaught > 0) {
    absl::StrAppend(&text, ", ", FormatCount(learnt.asked_untaught),
                    " of a class that was not taught");
  }
  return text;
}

std::string LearntText(const ClassifierArguments& arguments,
                       const LearntClassifier& learnt, bool color) {
  FactList facts;
  facts.Add("recordings", FormatCount(learnt.recordings));
  for (const std::string& note : learnt.notes) {
    facts.Add("note", Printable(note));
  }
  if (learnt.rejected > 0) {
    facts.Add("rejected", FormatCount(learnt.rejected, "row"));
  }
  facts.Add("windows",
            absl::StrFormat(
                "%d samples at %.6g Hz of %s", learnt.card.window,
                learnt.card.rate_hz,
                FormatCount(std::ssize(learnt.card.channels), "channel")));
  facts.Add("lessons", FormatCount(learnt.lessons));
  facts.Add("held out", HeldOutText(learnt));
  facts.Add(
      "of no one class",
      absl::StrCat(FormatCount(learnt.mixed + learnt.mixed_held_out, "window"),
                   ", neither taught nor asked"));
  facts.Add("wrote", arguments.output);
  Table table({{"CLASS"},
               {"LESSONS", Align::kRight},
               {"ASKED", Align::kRight},
               {"RIGHT", Align::kRight}});
  for (const TaughtClass& taught : learnt.classes) {
    table.Add({Printable(taught.label), FormatCount(taught.lessons),
               FormatCount(taught.asked),
               ShareText(taught.right, taught.asked)});
  }
  return facts.Render() + "\n" + table.Render(color);
}

absl::StatusOr<int> RunLearnClassifier(const Context& context,
                                       ClassifierArguments arguments) {
  CatchInterrupts();
  const std::filesystem::path folder(arguments.output);
  if (std::filesystem::exists(folder / "model.yaml")) {
    return absl::AlreadyExistsError(absl::StrCat(
        arguments.output, ": holds a model already; name another folder"));
  }
  arguments.options.name = arguments.name;
  if (arguments.name.empty()) {
    arguments.options.name =
        std::filesystem::absolute(folder).lexically_normal().filename();
  }
  FrameProgress reading("learn", context.no_progress, context.color,
                        "recordings");
  FrameProgress learning("learn", context.no_progress, context.color, "epochs");
  const auto learnt = LearnClassifier(
      arguments.options, {reading.callback(), learning.callback()}, StopFlag());
  reading.Clear();
  learning.Clear();
  if (!learnt.ok()) return learnt.status();
  const absl::Status written = WriteClassifier(*learnt, arguments.output);
  if (!written.ok()) return written;
  if (context.json) {
    WriteJson(LearntJson(arguments, *learnt));
  } else {
    WriteResult(LearntText(arguments, *learnt,
                           DescribeTerminal(1, context.color).color));
    WriteMessage("next: fovea profile FILE --model " + arguments.output +
                 " -o FILE.bands");
  }
  return learnt->rejected > 0 ? kExitLoss : kExitOk;
}

void AddTraining(CLI::App* verb, LearnClassifierOptions* options) {
  verb->add_option("--window", options->window, "Samples the network sees")
      ->check(CLI::Range(32, 4096))
      ->type_name("N")
      ->capture_default_str();
  verb->add_option("--rate", options->rate_hz,
                   "Of those samples, Hz (default: the first recording's)")
      ->check(CLI::Range(0.001, 1e6))
      ->type_name("HZ");
  verb->add_option("--hop", options->hop,
                   "Samples from lesson to lesson (default: an eighth of a "
                   "window)")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  verb->add_option("--epochs", options->epochs, "Times all lessons are seen")
      ->check(CLI::Range(1, 10'000))
      ->type_name("N")
      ->capture_default_str();
  verb->add_option("--noise", options->noise,
                   "Added to lessons, in deviations of each channel: answers "
                   "then hang less on what no one needs to keep")
      ->check(CLI::Range(0.0, 10.0))
      ->capture_default_str();
  verb->add_flag("--turn", options->turn,
                 "The sensor may lie one way or the other, as in a pocket: "
                 "turn the axes of lessons at random");
  verb->add_option("--seed", options->seed, "Of weights and order")
      ->capture_default_str();
}

}  // namespace

void AddLearnClassifier(CLI::App* learn, Context* context) {
  auto arguments = std::make_shared<ClassifierArguments>();
  CLI::App* verb = AddVerb(
      learn, context, "classifier",
      "A small network that tells classes of sensor windows, from recordings "
      "with a label in each row; writes a folder for --model",
      StoreNeed::kOptional, [context, arguments] {
        return RunLearnClassifier(*context, *arguments);
      });
  LearnClassifierOptions& options = arguments->options;
  verb->add_option("recordings", options.recordings,
                   "CSV of a sensor, each row with its class")
      ->type_name("FILE")
      ->required();
  verb->add_option("-o,--output", arguments->output,
                   "Folder of the model: model.yaml, network and labels")
      ->type_name("FOLDER")
      ->required();
  verb->add_option("--name", arguments->name,
                   "Of the model (default: the folder's)");
  verb->add_option("--label-column", options.label_column,
                   "Column with the class, by name; a row without text has "
                   "none")
      ->type_name("NAME")
      ->capture_default_str();
  verb->add_option("--holdout", options.held_out,
                   "Recordings with this name, or in a folder of it, do not "
                   "teach: the network is asked about them. Again for more")
      ->allow_extra_args(false)
      ->type_name("NAME");
  AddTraining(verb, &options);
  SourceOptions& source = options.source;
  verb->add_option("--columns", source.csv_columns,
                   "Columns by name, such as t,gx,gy,gz,ax,ay,az,label; - "
                   "skips");
  verb->add_option("--gyro-unit", source.gyro_unit)
      ->check(CLI::IsMember({"rad/s", "deg/s"}));
  verb->add_option("--accel-unit", source.accel_unit)
      ->check(CLI::IsMember({"m/s2", "g"}));
  verb->add_option("--time-unit", source.time_unit)
      ->check(CLI::IsMember({"s", "ms", "us", "ns"}));
}

}  // namespace fovea::cli
