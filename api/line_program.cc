// SPDX-License-Identifier: GPL-2.0-or-later

#include "api/line_program.h"

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
#include <cstring>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

extern char** environ;

namespace fovea {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kQuoted = 80;  // bytes of a bad line an error shows

int MillisecondsUntil(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - Clock::now());
  return static_cast<int>(std::clamp<int64_t>(left.count(), 0, 1 << 30));
}

// Waits for `what` (POLLIN, POLLOUT) on `fd`.
absl::Status Wait(int fd, short what, Clock::time_point deadline) {
  pollfd waiting{fd, what, 0};
  while (true) {
    const int ready = poll(&waiting, 1, MillisecondsUntil(deadline));
    if (ready > 0) return absl::OkStatus();
    if (ready == 0)
      return absl::DeadlineExceededError("gave no answer in time");
    if (errno != EINTR) return absl::InternalError(std::strerror(errno));
  }
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

std::string LineProgram::Quoted(std::string_view bytes) {
  const std::string shown(bytes.substr(0, kQuoted));
  return absl::StrCat("'", absl::CHexEscape(shown), "'");
}

LineProgram::Deadline LineProgram::After(int64_t ns) {
  return Clock::now() + std::chrono::nanoseconds(ns);
}

LineProgram::~LineProgram() {
  if (to_ >= 0) close(to_);
  if (from_ >= 0) close(from_);
  if (pid_ <= 0) return;
  kill(-pid_, SIGKILL);  // its group: whatever it started, too
  waitpid(pid_, nullptr, 0);
}

absl::StatusOr<std::unique_ptr<LineProgram>> LineProgram::Start(
    const std::vector<std::string>& command) {
  std::unique_ptr<LineProgram> program(new LineProgram);
  if (absl::Status s = program->Spawn(command); !s.ok()) return s;
  return program;
}

absl::Status LineProgram::Spawn(const std::vector<std::string>& command) {
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
  const int error = posix_spawnp(&pid_, arguments[0], &actions, &attributes,
                                 arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) {
    pid_ = -1;
    return absl::NotFoundError(absl::StrCat(
        "cannot be started: ", std::generic_category().message(error)));
  }
  to_ = in.TakeOurs();
  from_ = out.TakeOurs();
  fcntl(to_, F_SETFL, O_NONBLOCK);
  fcntl(from_, F_SETFL, O_NONBLOCK);
  return absl::OkStatus();
}

absl::Status LineProgram::CheckQuiet() {
  pollfd waiting{from_, POLLIN, 0};
  if (buffered_.empty() && poll(&waiting, 1, 0) > 0) {
    char chunk[kMaxLine];
    const ssize_t got = read(from_, chunk, sizeof(chunk));
    if (got == 0) return absl::DataLossError("ended before it was asked");
    if (got > 0) buffered_.assign(chunk, static_cast<size_t>(got));
  }
  if (buffered_.empty()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("wrote before it was asked: ", Quoted(buffered_)));
}

absl::Status LineProgram::Send(std::string_view text, Deadline deadline) {
  for (size_t sent = 0; sent < text.size();) {
    if (absl::Status s = Wait(to_, POLLOUT, deadline); !s.ok()) return s;
    const ssize_t wrote =
        send(to_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (wrote > 0) {
      sent += static_cast<size_t>(wrote);
    } else if (errno != EAGAIN && errno != EINTR) {
      return absl::DataLossError("ended before it was asked");
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> LineProgram::ReadLine(Deadline deadline) {
  while (true) {
    const size_t end = buffered_.find('\n');
    if (end != std::string::npos) {
      std::string line = buffered_.substr(0, end);
      buffered_.erase(0, end + 1);
      if (!line.empty() && line.back() == '\r') line.pop_back();
      return line;
    }
    if (buffered_.size() > kMaxLine) {
      return absl::DataLossError(absl::StrCat("wrote a line of over ", kMaxLine,
                                              " bytes: ", Quoted(buffered_)));
    }
    if (absl::Status s = Wait(from_, POLLIN, deadline); !s.ok()) return s;
    char chunk[kMaxLine];
    const ssize_t got = read(from_, chunk, sizeof(chunk));
    if (got > 0) {
      buffered_.append(chunk, static_cast<size_t>(got));
    } else if (got == 0) {
      return absl::DataLossError("ended without an answer");
    }
  }
}

}  // namespace fovea
