// SPDX-License-Identifier: GPL-2.0-or-later
//
// This program's malloc, which can be told to fail and counts what is in
// use. It serves operator new and the C libraries alike.

#ifndef FOVEA_TESTS_MEMORY_FAILING_MALLOC_H_
#define FOVEA_TESTS_MEMORY_FAILING_MALLOC_H_

#include <cstdint>

namespace fovea::testing {

enum class Failing { kOnce, kFromThenOn };

// From now on the allocation number `index`, counted from 0, fails.
void FailAllocation(int64_t index, Failing failing);

// Whose the first allocation was that failed.
enum class Failed { kNone, kOperatorNew, kMalloc };

// Ends that and tells what failed.
Failed StopFailing();

// Allocations not yet freed, in the whole process.
int64_t LiveAllocations();

// Bytes of all allocations so far, freed or not.
int64_t BytesAskedFor();

}  // namespace fovea::testing

#endif  // FOVEA_TESTS_MEMORY_FAILING_MALLOC_H_
