// SPDX-License-Identifier: GPL-2.0-or-later
//
// fovea frames STREAM: exact frames as picture files, STREAM@INDEX.png, or a
// list of what is known of each without decoding it.

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/frame_export.h"
#include "api/store.h"
#include "api/time_text.h"
#include "cli/frame_report.h"
#include "cli/interrupt.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/verb.h"

namespace fovea::cli {
namespace {

struct FramesArguments {
  std::string stream;
  std::optional<int64_t> at_ns;
  std::optional<uint64_t> index;
  std::optional<int64_t> every_ns;
  bool list = false;
  RangeArguments range;
  std::string folder;
  std::string format;
  FrameImageOptions image;
};

struct WrittenFrame {
  uint64_t index = 0;
  int64_t time_ns = 0;
  std::string path;
};

FrameSelection SelectionOf(const FramesArguments& arguments) {
  FrameSelection selection;
  selection.at_ns = arguments.at_ns;
  selection.index = arguments.index;
  selection.every_ns = arguments.every_ns;
  selection.range = arguments.range.range();
  return selection;
}

absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat(folder, ": cannot make the folder (", error.message(),
                   "); choose another with -o"));
}

absl::StatusOr<std::vector<WrittenFrame>> WriteFrames(
    Store* store, const FramesArguments& arguments) {
  const auto stream = store->Describe(arguments.stream);
  if (!stream.ok()) return stream.status();
  if (absl::Status s = MakeFolder(arguments.folder); !s.ok()) return s;
  std::vector<WrittenFrame> written;
  absl::Status failed;
  const auto write = [&](const ReadFrame& frame) {
    const std::string stem =
        absl::StrCat(arguments.folder, "/", stream->name, "@", frame.index);
    const auto path =
        WriteFrameImage(frame, stream->description, arguments.image, stem);
    if (!path.ok()) {
      failed = path.status();
      return false;
    }
    const bool still = !frame.still.file.empty();
    written.push_back({frame.index,
                       still ? frame.still.time_ns : frame.frame.time_ns,
                       *path});
    return !StopFlag()->load();
  };
  if (absl::Status s =
          store->ReadFrames(arguments.stream, SelectionOf(arguments), write)
              .status();
      !s.ok()) {
    return s;
  }
  if (!failed.ok()) return failed;
  return written;
}

void Report(const Context& context, const std::string& stream,
            const std::vector<WrittenFrame>& frames) {
  if (!context.json) {
    for (const WrittenFrame& frame : frames) {
      WriteResult(frame.path + "\n");
    }
    WriteMessage(
        absl::StrCat(FormatCount(static_cast<int64_t>(frames.size()), "frame"),
                     " of ", stream));
    return;
  }
  Json document = Document("frames");
  document["stream"] = stream;
  document["frames"] = Json::array();
  for (const WrittenFrame& frame : frames) {
    document["frames"].push_back({{"index", frame.index},
                                  {"time_ns", NanosecondsJson(frame.time_ns)},
                                  {"path", frame.path}});
  }
  WriteJson(document);
}

absl::StatusOr<int> RunList(const Context& context, Store* store,
                            const FramesArguments& arguments) {
  std::vector<ListedFrame> frames;
  const absl::Status listed =
      ListFrames(store, arguments.stream, arguments.range.range(),
                 [&frames](const ListedFrame& frame) {
                   frames.push_back(frame);
                   return !StopFlag()->load();
                 });
  if (!listed.ok()) return listed;
  if (!context.json) {
    WriteResult(
        ListedFrameTable(frames, DescribeTerminal(1, context.color).color));
  } else {
    Json document = Document("frames");
    document["stream"] = arguments.stream;
    document["frames"] = Json::array();
    for (const ListedFrame& frame : frames) {
      document["frames"].push_back(ListedFrameJson(frame));
    }
    WriteJson(document);
  }
  return CaughtSignal() != 0 ? 128 + CaughtSignal() : kExitOk;
}

absl::StatusOr<int> RunFrames(const Context& context,
                              const FramesArguments& arguments) {
  CatchInterrupts();
  auto store = OpenStore(context, StoreMode::kRead);
  if (!store.ok()) return store.status();
  if (arguments.list) return RunList(context, store->get(), arguments);
  const auto frames = WriteFrames(store->get(), arguments);
  if (!frames.ok()) return frames.status();
  Report(context, arguments.stream, *frames);
  return CaughtSignal() != 0 ? 128 + CaughtSignal() : kExitOk;
}

void SettleArguments(FramesArguments* arguments) {
  const int chosen = (arguments->at_ns ? 1 : 0) + (arguments->index ? 1 : 0) +
                     (arguments->every_ns ? 1 : 0) + (arguments->list ? 1 : 0);
  if (chosen != 1) {
    throw CLI::ValidationError(
        "frames", "expected exactly one of --at, --index, --every and --list");
  }
  if (arguments->list != arguments->folder.empty()) {
    throw CLI::ValidationError(
        "frames", "-o DIR is needed for pictures, and --list writes none");
  }
  if (arguments->every_ns && *arguments->every_ns == 0) {
    throw CLI::ValidationError("--every", "must be longer than nothing");
  }
  if (arguments->format == "png") {
    arguments->image.format = FrameImageFormat::kPng;
  } else if (arguments->format == "jpeg") {
    arguments->image.format = FrameImageFormat::kJpeg;
  }
}

}  // namespace

void AddFrames(CLI::App* app, Context* context) {
  auto arguments = std::make_shared<FramesArguments>();
  CLI::App* verb = AddVerb(
      app, context, "frames",
      "Write exact frames of a stream as pictures, or list what is "
      "known of them",
      StoreNeed::kRequired,
      [context, arguments] { return RunFrames(*context, *arguments); },
      [arguments] { SettleArguments(arguments.get()); });
  verb->add_option("stream", arguments->stream, "Name of a camera stream")
      ->type_name("STREAM")
      ->required();
  AddTimeOption(verb, "--at", &arguments->at_ns, "The frame shown then");
  verb->add_option("--index", arguments->index, "The frame of that number");
  AddDurationOption(verb, "--every", &arguments->every_ns, "One per step");
  verb->add_flag("--list", arguments->list,
                 "List type, size, QP, what moves and fingerprint of frames; "
                 "nothing is decoded");
  AddRangeOptions(verb, &arguments->range);
  verb->add_option("-o,--output", arguments->folder,
                   "Folder for the pictures; made if missing")
      ->type_name("DIR");
  verb->add_option("--format", arguments->format,
                   "png or jpeg (default: stills as they came, else png)")
      ->check(CLI::IsMember({"png", "jpeg"}));
  verb->add_option("--quality", arguments->image.jpeg_quality, "Of JPEG")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
}

}  // namespace fovea::cli
