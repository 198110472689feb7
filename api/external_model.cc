// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/external_model.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "api/whole_file.h"
#include "codec/formats/image_writer.h"

extern char** environ;

namespace fovea {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kMaxLine = 1024;
constexpr size_t kMaxBoxes = 4096;
constexpr size_t kQuoted = 80;  // bytes of a bad line an error shows

int MillisecondsUntil(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - Clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 1 << 30));
}

std::string Quoted(const std::string& bytes) {
  return absl::StrCat("'", absl::CHexEscape(bytes.substr(0, kQuoted)), "'");
}

absl::StatusOr<Detection> ParseBox(const std::string& line) {
  const std::vector<std::string> fields = absl::StrSplit(line, ',');
  std::array<float, 5> numbers{};
  Detection box;
  bool good = fields.size() == 6;
  for (size_t i = 0; good && i < numbers.size(); ++i) {
    good =
        absl::SimpleAtof(fields[i], &numbers[i]) && std::isfinite(numbers[i]);
  }
  good = good && absl::SimpleAtoi(fields[5], &box.label) && box.label >= 0 &&
         numbers[0] <= numbers[2] && numbers[1] <= numbers[3] &&
         numbers[4] >= 0 && numbers[4] <= 1;
  if (!good) {
    return absl::DataLossError(absl::StrCat(
        "wrote ", Quoted(line), "; expected 'left,top,right,bottom,score,",
        "label' or an empty line"));
  }
  box.left = numbers[0];
  box.top = numbers[1];
  box.right = numbers[2];
  box.bottom = numbers[3];
  box.score = numbers[4];
  return box;
}

// Sockets rather than pipes: writing to a program that has ended is then an
// error and no signal.
class SocketPair {
 public:
  bool Open() {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()) ==
           0;
  }
  ~SocketPair() {
    for (int& end : ends_) {
      if (end >= 0) close(end);
    }
  }
  int theirs() const { return ends_[0]; }
  int TakeOurs() { return std::exchange(ends_[1], -1); }

 private:
  std::array<int, 2> ends_ = {-1, -1};
};

}  // namespace

struct ExternalModel::Program {
  pid_t pid = -1;
  int to = -1;    // its standard input
  int from = -1;  // and output
  std::string buffered;

  ~Program() {
    if (to >= 0) close(to);
    if (from >= 0) close(from);
    if (pid <= 0) return;
    kill(-pid, SIGKILL);  // its group: whatever it started, too
    waitpid(pid, nullptr, 0);
  }

  absl::Status Start(const std::vector<std::string>& command) {
    SocketPair in, out;
    if (!in.Open() || !out.Open()) {
      return absl::ResourceExhaustedError("no socket can be made");
    }
    std::vector<char*> arguments;
    for (const std::string& word : command) {
      arguments.push_back(const_cast<char*>(word.c_str()));
    }
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, in.theirs(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out.theirs(), STDOUT_FILENO);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    const int error = posix_spawnp(&pid, arguments[0], &actions, &attributes,
                                   arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error != 0) {
      pid = -1;
      return absl::NotFoundError(absl::StrCat(
          "cannot be started: ", std::generic_category().message(error)));
    }
    to = in.TakeOurs();
    from = out.TakeOurs();
    fcntl(to, F_SETFL, O_NONBLOCK);
    fcntl(from, F_SETFL, O_NONBLOCK);
    return absl::OkStatus();
  }

  // Waits for `what` (POLLIN, POLLOUT) on `fd`.
  static absl::Status Wait(int fd, short what, Clock::time_point deadline) {
    pollfd waiting{fd, what, 0};
    while (true) {
      const int ready = poll(&waiting, 1, MillisecondsUntil(deadline));
      if (ready > 0) return absl::OkStatus();
      if (ready == 0)
        return absl::DeadlineExceededError("gave no answer in time");
      if (errno != EINTR) return absl::InternalError(std::strerror(errno));
    }
  }

  // That it has said nothing since its last answer: what it says unasked
  // would be taken for the next one.
  absl::Status CheckQuiet() {
    pollfd waiting{from, POLLIN, 0};
    if (buffered.empty() && poll(&waiting, 1, 0) > 0) {
      char chunk[kMaxLine];
      const ssize_t got = read(from, chunk, sizeof(chunk));
      if (got == 0) return absl::DataLossError("ended before it was asked");
      if (got > 0) buffered.assign(chunk, static_cast<size_t>(got));
    }
    if (buffered.empty()) return absl::OkStatus();
    return absl::DataLossError(
        absl::StrCat("wrote before it was asked: ", Quoted(buffered)));
  }

  absl::Status Send(const std::string& line, Clock::time_point deadline) {
    for (size_t sent = 0; sent < line.size();) {
      if (absl::Status s = Wait(to, POLLOUT, deadline); !s.ok()) return s;
      const ssize_t wrote =
          send(to, line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
      if (wrote > 0) {
        sent += static_cast<size_t>(wrote);
      } else if (errno != EAGAIN && errno != EINTR) {
        return absl::DataLossError("ended before it was asked");
      }
    }
    return absl::OkStatus();
  }

  // A line without its end.
  absl::StatusOr<std::string> ReadLine(Clock::time_point deadline) {
    while (true) {
      const size_t end = buffered.find('\n');
      if (end != std::string::npos) {
        std::string line = buffered.substr(0, end);
        buffered.erase(0, end + 1);
        if (!line.empty() && line.back() == '\r') line.pop_back();
        return line;
      }
      if (buffered.size() > kMaxLine) {
        return absl::DataLossError(absl::StrCat(
            "wrote a line of over ", kMaxLine, " bytes: ", Quoted(buffered)));
      }
      if (absl::Status s = Wait(from, POLLIN, deadline); !s.ok()) return s;
      char chunk[kMaxLine];
      const ssize_t got = read(from, chunk, sizeof(chunk));
      if (got > 0) {
        buffered.append(chunk, static_cast<size_t>(got));
      } else if (got == 0) {
        return absl::DataLossError("ended without an answer");
      }
    }
  }
};

ExternalModel::ExternalModel(ModelDescription description,
                             const ExternalModelOptions& options,
                             std::string folder)
    : description_(std::move(description)),
      options_(options),
      folder_(std::move(folder)) {}

ExternalModel::~ExternalModel() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

absl::StatusOr<std::unique_ptr<ExternalModel>> ExternalModel::Start(
    ModelDescription description, const ExternalModelOptions& options) {
  if (options.command.empty() || options.command[0].empty()) {
    return absl::InvalidArgumentError("external model: no command");
  }
  std::error_code error;
  std::string folder =
      (std::filesystem::temp_directory_path(error) / "fovea-XXXXXX").string();
  if (error || mkdtemp(folder.data()) == nullptr) {
    return absl::PermissionDeniedError(absl::StrCat(
        "external model: no folder for pictures can be made at ", folder));
  }
  std::unique_ptr<ExternalModel> model(
      new ExternalModel(std::move(description), options, std::move(folder)));
  if (absl::Status s = model->Restart(); !s.ok()) return s;
  return model;
}

absl::Status ExternalModel::Restart() {
  if (program_ != nullptr) return absl::OkStatus();
  auto program = std::make_unique<Program>();
  status_ = Named(program->Start(options_.command));
  if (status_.ok()) program_ = std::move(program);
  return status_;
}

absl::StatusOr<Answer> ExternalModel::Ask(const Frame& frame,
                                          const ColorInfo& color,
                                          int64_t longest_ns) {
  if (!status_.ok()) return status_;
  auto answer = AskOnce(frame, color, longest_ns);
  if (answer.ok()) return answer;
  status_ = Named(answer.status());
  program_.reset();
  return status_;
}

absl::Status ExternalModel::Named(const absl::Status& status) const {
  if (status.ok()) return status;
  return absl::Status(
      status.code(),
      absl::StrCat("model ", description_.id.name, ": program ",
                   options_.command[0], ": ", std::string(status.message())));
}

absl::StatusOr<Answer> ExternalModel::AskOnce(const Frame& frame,
                                              const ColorInfo& color,
                                              int64_t longest_ns) {
  if (absl::Status s = program_->CheckQuiet(); !s.ok()) return s;
  const auto png = EncodePng(frame, color);
  if (!png.ok()) return png.status();
  const std::string path = folder_ + "/picture.png";
  if (absl::Status s = WriteWholeFile(path, *png); !s.ok()) return s;
  const Clock::time_point deadline =
      Clock::now() +
      std::chrono::nanoseconds(std::min(options_.timeout_ns, longest_ns));
  if (absl::Status s = program_->Send(path + "\n", deadline); !s.ok()) {
    return s;
  }
  Answer answer;
  while (true) {
    const auto line = program_->ReadLine(deadline);
    if (!line.ok()) return line.status();
    if (line->empty()) break;
    const auto box = ParseBox(*line);
    if (!box.ok()) return box.status();
    if (answer.detections.size() == kMaxBoxes) {
      return absl::DataLossError(
          absl::StrCat("told more than ", kMaxBoxes, " boxes"));
    }
    answer.detections.push_back(*box);
  }
  std::stable_sort(
      answer.detections.begin(), answer.detections.end(),
      [](const Detection& a, const Detection& b) { return a.score > b.score; });
  return answer;
}

}  // namespace fovea
