// SPDX-License-Identifier: GPL-2.0-or-later
//
// A signal handler can reach nothing but statics; these two are the only
// ones of the program.

#include "cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

namespace fovea::cli {
namespace {

std::atomic<bool> stop_wanted{false};
std::atomic<int> first_signal{0};
static_assert(std::atomic<int>::is_always_lock_free,
              "handlers may only use lock-free atomics");

void OnSignal(int number) {
  int none = 0;
  if (!first_signal.compare_exchange_strong(none, number)) {
    _exit(128 + number);
  }
  stop_wanted = true;
}

}  // namespace

void CatchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  signal(SIGPIPE, SIG_IGN);
  // A parent may have left them blocked.
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGTERM);
  sigprocmask(SIG_UNBLOCK, &wanted, nullptr);
}

const std::atomic<bool>* StopFlag() { return &stop_wanted; }

void RequestStop() { stop_wanted = true; }

int CaughtSignal() { return first_signal; }

}  // namespace fovea::cli
