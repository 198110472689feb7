// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether a source is to end: because it was told so, or because the flag
// lent to it in SourceOptions became true.

#ifndef FOVEA_CODEC_FORMATS_INTERNAL_STOP_WISH_H_
#define FOVEA_CODEC_FORMATS_INTERNAL_STOP_WISH_H_

#include <atomic>

namespace fovea {

// Thread-safe.
class StopWish {
 public:
  // `lent` may be null, else outlives this.
  explicit StopWish(const std::atomic<bool>* lent) : lent_(lent) {}

  void Set() { told_ = true; }
  bool IsSet() const {
    return told_.load() || (lent_ != nullptr && lent_->load());
  }
  const std::atomic<bool>* lent() const { return lent_; }

 private:
  const std::atomic<bool>* const lent_;
  std::atomic<bool> told_ = false;
};

}  // namespace fovea

#endif  // FOVEA_CODEC_FORMATS_INTERNAL_STOP_WISH_H_
