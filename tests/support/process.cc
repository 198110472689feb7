// SPDX-License-Identifier: GPL-2.0-or-later

#include "tests/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace fovea::testing {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  int read = -1;
  int write = -1;
};

// Ends are closed in children of other processes, so that one program's
// input does not stay open in the next.
Pipe MakePipe() {
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("cannot make a pipe");
  }
  return {ends[0], ends[1]};
}

void CloseEnd(int* fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

void SetEnvironment(const ProcessOptions& options) {
  for (const auto& [name, value] : options.environment) {
    if (value.empty()) {
      unsetenv(name.c_str());
    } else {
      setenv(name.c_str(), value.c_str(), 1);
    }
  }
}

// The mask and what waits behind it outlive execv().
void LeavePending(int number) {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, number);
  sigprocmask(SIG_BLOCK, &blocked, nullptr);
  kill(getpid(), number);
}

[[noreturn]] void BecomeProgram(const std::vector<std::string>& command,
                                const ProcessOptions& options, int in, int out,
                                int err) {
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  SetEnvironment(options);
  if (options.pending_signal != 0) LeavePending(options.pending_signal);
  if (!options.folder.empty() && chdir(options.folder.c_str()) != 0) _exit(126);
  std::vector<char*> arguments;
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& command,
                 const ProcessOptions& options)
    : deadline_(Clock::now() + options.timeout),
      keep_input_open_(options.keep_input_open) {
  // A program that ends before it has read its input must not end the test.
  signal(SIGPIPE, SIG_IGN);
  Pipe in = MakePipe(), out = MakePipe(), err = MakePipe();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) {
    signal(SIGPIPE, SIG_DFL);
    BecomeProgram(command, options, in.read, out.write, err.write);
  }
  CloseEnd(&in.read);
  CloseEnd(&out.write);
  CloseEnd(&err.write);
  in_ = in.write;
  out_ = out.read;
  err_ = err.read;
  Send(options.input);
  if (!keep_input_open_) CloseInput();
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  CloseEnd(&in_);
  CloseEnd(&out_);
  CloseEnd(&err_);
}

void Process::Send(const std::string& input) {
  size_t sent = 0;
  while (sent < input.size()) {
    const ssize_t n = write(in_, input.data() + sent, input.size() - sent);
    if (n <= 0) return;
    sent += static_cast<size_t>(n);
  }
}

void Process::CloseInput() { CloseEnd(&in_); }

void Process::Signal(int number) const { kill(pid_, number); }

void Process::Drain(int* fd, std::string* text) {
  std::array<char, 65536> buffer;
  const ssize_t n = read(*fd, buffer.data(), buffer.size());
  if (n > 0) {
    text->append(buffer.data(), static_cast<size_t>(n));
  } else if (n == 0 || errno != EINTR) {
    CloseEnd(fd);
  }
}

bool Process::Gather() {
  if (out_ < 0 && err_ < 0) return false;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline_ - Clock::now());
  std::array<pollfd, 2> wanted = {
      {{out_, POLLIN, 0}, {err_, POLLIN, 0}}};  // negative ones are skipped
  const int ready = poll(wanted.data(), wanted.size(),
                         static_cast<int>(std::max<int64_t>(left.count(), 0)));
  if (ready == 0) {
    result_.timed_out = true;
    kill(pid_, SIGKILL);
    return false;
  }
  if (wanted[0].revents != 0) Drain(&out_, &result_.out);
  if (wanted[1].revents != 0) Drain(&err_, &result_.err);
  return true;
}

bool Process::ReadLine(std::string* line) {
  for (;;) {
    const size_t end = result_.out.find('\n', read_lines_);
    if (end != std::string::npos) {
      *line = result_.out.substr(read_lines_, end - read_lines_);
      read_lines_ = end + 1;
      return true;
    }
    if (out_ < 0 || !Gather()) return false;
  }
}

ProcessResult Process::Finish() {
  while (Gather()) {
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  if (WIFEXITED(status)) result_.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result_.signal = WTERMSIG(status);
  return result_;
}

ProcessResult RunProcess(const std::vector<std::string>& command,
                         const ProcessOptions& options) {
  return Process(command, options).Finish();
}

}  // namespace fovea::testing
