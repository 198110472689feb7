// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pairs rows with columns so that what the pairs are worth together is the
// most there is.

#ifndef FOVEA_API_ASSIGNMENT_H_
#define FOVEA_API_ASSIGNMENT_H_

#include <cstddef>
#include <span>
#include <vector>

namespace fovea {

inline constexpr size_t kNotAssigned = static_cast<size_t>(-1);

// `worth` is row-major, rows x columns; a pair worth 0 or less is never
// made. Returns the column of each row, or kNotAssigned. The same worths
// give the same pairs. By shortest augmenting paths (Jonker and Volgenant,
// 1987): rows^2 x (rows + columns) steps at worst.
std::vector<size_t> Assign(std::span<const float> worth, size_t rows,
                           size_t columns);

}  // namespace fovea

#endif  // FOVEA_API_ASSIGNMENT_H_
