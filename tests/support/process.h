// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs another program and sees what it printed and how it ended.

#ifndef FOVEA_TESTS_SUPPORT_PROCESS_H_
#define FOVEA_TESTS_SUPPORT_PROCESS_H_

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace fovea::testing {

struct ProcessOptions {
  // Added to the environment; an empty value removes the variable.
  std::vector<std::pair<std::string, std::string>> environment;
  std::string input;             // sent to standard input, which is then closed
  bool keep_input_open = false;  // ... or stays open until the process ends
  std::string folder;            // where it runs; empty: here
  int pending_signal = 0;        // waits, blocked, until the program lets it in
  std::chrono::seconds timeout{120};  // then it is killed
};

struct ProcessResult {
  int exit_code = -1;  // -1: ended by a signal
  int signal = 0;
  bool timed_out = false;
  std::string out;
  std::string err;
};

// A program that runs while the test goes on. The end of this object kills
// it if it still does.
class Process {
 public:
  // `command` is the program's path and its arguments. Throws
  // std::runtime_error when no process can be made; a program that cannot
  // be run exits with 127.
  Process(const std::vector<std::string>& command,
          const ProcessOptions& options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  void Send(const std::string& input);
  void CloseInput();
  void Signal(int number) const;

  // The next line of standard output without its newline; false at its end
  // or at the time-out.
  bool ReadLine(std::string* line);

  // Reads both outputs to their ends and waits.
  ProcessResult Finish();

 private:
  // Waits for output and stores it. False once both have ended or the
  // time-out has killed the process.
  bool Gather();
  void Drain(int* fd, std::string* text);

  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::chrono::steady_clock::time_point deadline_;
  size_t read_lines_ = 0;  // bytes of result_.out given out by ReadLine()
  bool keep_input_open_;
  ProcessResult result_;
};

ProcessResult RunProcess(const std::vector<std::string>& command,
                         const ProcessOptions& options = {});

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_SUPPORT_PROCESS_H_
