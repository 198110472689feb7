// SPDX-License-Identifier: GPL-2.0-or-later
//
// SIGINT and SIGTERM as a wish to stop, for verbs that close cleanly: they
// call CatchInterrupts() first and lend StopFlag() to what takes long. A
// second signal ends the process at once; the store survives that too.

#ifndef FOVEA_CLI_INTERRUPT_H_
#define FOVEA_CLI_INTERRUPT_H_

#include <atomic>

namespace fovea::cli {

// From now on signals set the wish. A reader of standard output that goes
// away no longer kills the process either: the write fails instead.
void CatchInterrupts();

// Becomes true, and stays so, at the first signal or RequestStop().
const std::atomic<bool>* StopFlag();
void RequestStop();

// The first signal caught, or 0.
int CaughtSignal();

}  // namespace fovea::cli

#endif  // FOVEA_CLI_INTERRUPT_H_
