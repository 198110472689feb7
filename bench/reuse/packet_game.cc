// SPDX-License-Identifier: GPL-2.0-or-later
//
// PacketGame (SIGCOMM'23): sizes of packets, before any is decoded, and how
// often the answer was needed lately.

#include "bench/reuse/knobs.h"
#include "bench/reuse/learned_gates.h"
#include "bench/reuse/learning.h"
#include "bench/reuse/packet_net.h"

namespace fovea::bench::reuse {
namespace {

constexpr int kEpochs = 60;

class PacketGameMethod final : public NumberMethod {
 public:
  PacketGameMethod(const Scene& scene, const Task& task)
      : NumberMethod(Linear(0.02, 0.98, 33)), scene_(scene), same_(task) {}

  void Train(const Lessons& lessons) override {
    if (lessons.size() < 2) return;
    for (size_t i = 0; i < lessons.size(); ++i) {
      largest_ = std::max(
          largest_, static_cast<double>(scene_.footage->packets[i].bytes));
    }
    std::vector<float> temporal(1, 0);
    std::vector<bool> needed(1, true);
    TemporalScore score;
    for (size_t i = 1; i < lessons.size(); ++i) {
      temporal.push_back(score.value());
      needed.push_back(!same_.Same(lessons.answers[i], lessons.answers[i - 1]));
      score.Add(needed.back());
    }
    net_ = std::make_unique<GameNet>(&chance_);
    for (int epoch = 0; epoch < kEpochs; ++epoch) {
      for (size_t i = 0; i < lessons.size(); ++i) {
        const size_t frame = 1 + chance_() % (lessons.size() - 1);
        const float said = Needed(frame, temporal[frame]);
        net_->Learn((said - (needed[frame] ? 1.0F : 0.0F)) /
                    static_cast<float>(kBatch));
        if ((i + 1) % kBatch == 0 || i + 1 == lessons.size()) net_->Step();
      }
    }
  }

  std::unique_ptr<Policy> Make(size_t knob) const override {
    return std::make_unique<Gate>(this, value(knob));
  }

 private:
  class Gate final : public HoldPolicy {
   public:
    Gate(const PacketGameMethod* method, double threshold)
        : method_(*method), threshold_(threshold) {}
    void Ran(size_t frame, const Answer& answer) override {
      if (held() != nullptr) {
        score_.Add(!method_.same_.Same(answer, held()));
      }
      HoldPolicy::Ran(frame, answer);
    }

   protected:
    bool MayHold(size_t frame) override {
      if (method_.net_ == nullptr ||
          method_.Needed(frame, score_.value()) > threshold_) {
        return false;
      }
      score_.Add(std::nullopt);
      return true;
    }

   private:
    const PacketGameMethod& method_;
    const double threshold_;
    TemporalScore score_;
  };

  float Needed(size_t frame, float temporal) const {
    return net_->Run(Sizes(frame, true), Sizes(frame, false), temporal);
  }

  // The last sizes of intra packets, or of others, up to the frame's own; of
  // the largest that was seen in training. Missing ones are 0.
  Values Sizes(size_t frame, bool intra) const {
    Values sizes;
    for (size_t i = frame + 1; i-- > 0 && sizes.size() < kPacketWindow;) {
      const Packet& packet = scene_.footage->packets[i];
      if ((packet.type == PictureType::kIntra) != intra) continue;
      sizes.push_back(
          static_cast<float>(static_cast<double>(packet.bytes) / largest_));
    }
    sizes.resize(kPacketWindow, 0);
    return sizes;
  }

  const Scene scene_;
  mutable SameMemo same_;
  Chance chance_{1};
  double largest_ = 1;
  std::unique_ptr<GameNet> net_;
};

}  // namespace

MethodEntry PacketGame() {
  MethodEntry entry{
      "PacketGame",
      "PacketGame (SIGCOMM'23): the published net (3074 weights), window 5, "
      "temporal score with confidence bound; one stream, run where the net "
      "says more than a threshold. Needs no decoding. Trained on whether the "
      "answer changed from frame to frame"};
  entry.trains = true;
  entry.holds = true;
  entry.make = [](const Scene& scene, const Task& task) {
    return std::make_unique<PacketGameMethod>(scene, task);
  };
  return entry;
}

}  // namespace fovea::bench::reuse
