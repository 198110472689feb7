// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tells the user how an ingest goes: as a bar or lines on standard error,
// or as JSON lines on standard output for a program that reads along.

#ifndef FOVEA_CLI_INGEST_CONSOLE_H_
#define FOVEA_CLI_INGEST_CONSOLE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "api/ingest.h"
#include "cli/progress.h"
#include "cli/report_json.h"

namespace fovea::cli {

// The line an opened source is announced with: name, length, size, tracks.
std::string OpenedText(const SourceInfo& info);

// Turns counts into rate, speed and time left.
class IngestMeter {
 public:
  ProgressState State(int64_t now_ns, const std::string& label,
                      const IngestProgress& progress);

 private:
  RateEstimate done_;
  RateEstimate stream_seconds_;
};

class ConsoleObserver : public IngestObserver {
 public:
  // `printer` outlives this.
  ConsoleObserver(ProgressPrinter* printer, std::function<int64_t()> now_ns)
      : printer_(printer), now_ns_(std::move(now_ns)) {}

  void OnOpened(const SourceInfo& info) override;
  void OnProgress(const IngestProgress& progress) override;
  void OnNote(const std::string& note) override;

 private:
  ProgressPrinter* const printer_;
  const std::function<int64_t()> now_ns_;
  IngestMeter meter_;
  std::string label_;
};

// One line per acknowledgement, at once, and per second of progress. Notes
// go to standard error.
class JsonLinesObserver : public IngestObserver {
 public:
  // `write` gets a whole line and returns false when its reader is gone;
  // `on_reader_gone` is then called.
  JsonLinesObserver(std::function<bool(const std::string&)> write,
                    std::function<void()> on_reader_gone,
                    std::function<int64_t()> now_ns)
      : write_(std::move(write)),
        on_reader_gone_(std::move(on_reader_gone)),
        now_ns_(std::move(now_ns)) {}

  void OnOpened(const SourceInfo& info) override;
  void OnAcknowledged(const Acknowledgement& ack) override;
  void OnProgress(const IngestProgress& progress) override;
  void OnNote(const std::string& note) override;

 private:
  void Write(const Json& json);

  const std::function<bool(const std::string&)> write_;
  const std::function<void()> on_reader_gone_;
  const std::function<int64_t()> now_ns_;
  IngestMeter meter_;
  std::string label_;
  std::optional<int64_t> last_ns_;
};

}  // namespace fovea::cli

#endif  // FOVEA_CLI_INGEST_CONSOLE_H_
