// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/reuse/packet_oracle.h"

#include <algorithm>

namespace fovea::bench::reuse {
namespace {

struct Plan {
  double value = 0;  // right answers less the price of what was decoded
  double right = 0, decoded = 0;
};

// The best looks at one stream, by what is held before a round; from the last
// round back. A look may go to any packet of the running GOP since then.
class Planner {
 public:
  explicit Planner(const PacketStream& stream)
      : stream_(stream), first_(stream.size() * 2 / 5) {
    begin_.resize(stream.size());
    references_.resize(stream.size() + 1);
    for (size_t i = 0; i < stream.size(); ++i) {
      const auto type = stream.packets[i].type;
      begin_[i] = i > 0 && type != PictureType::kIntra ? begin_[i - 1] : i;
      references_[i + 1] =
          references_[i] + (type != PictureType::kBidirectional ? 1 : 0);
    }
  }

  // Of all rounds judged, the answer before them held.
  Plan Best(double price) const {
    std::vector<Plan> after(stream_.size()), here(stream_.size());
    for (size_t round = stream_.size(); round-- > first_;) {
      for (size_t held = first_ - 1; held < round; ++held) {
        here[held] = Held(after, round, held);
        const size_t from = std::max(held + 1, begin_[round]);
        for (size_t look = from; look <= round; ++look) {
          Plan plan = Held(after, round, look);
          const double cost = Cost(held, look);
          plan.value -= price * cost;
          plan.decoded += cost;
          if (plan.value > here[held].value) here[held] = plan;
        }
      }
      std::swap(after, here);
    }
    return after[first_ - 1];
  }

 private:
  Plan Held(const std::vector<Plan>& after, size_t round, size_t held) const {
    Plan plan = after[held];
    const double right = stream_.Accepts(round, held) ? 1 : 0;
    plan.value += right;
    plan.right += right;
    return plan;
  }
  // References since the last look or the GOP's first picture, and its own.
  double Cost(size_t held, size_t look) const {
    const size_t from = std::max(held + 1, begin_[look]);
    return static_cast<double>(references_[look] - references_[from] + 1);
  }

  const PacketStream& stream_;
  const size_t first_;
  std::vector<size_t> begin_;       // of the GOP, by packet
  std::vector<size_t> references_;  // before a packet
};

}  // namespace

std::vector<double> OracleAgreement(const Streams& streams, double budget) {
  const size_t judged = streams.front().size() - FirstJudged(streams);
  const double most = budget * static_cast<double>(judged);
  std::vector<Planner> planners(streams.begin(), streams.end());
  double low = 0, high = 64;
  std::vector<Plan> plans;
  for (int i = 0; i < 16; ++i) {
    const double price = (low + high) / 2;
    std::vector<Plan> tried;
    double decoded = 0;
    for (const Planner& planner : planners) {
      tried.push_back(planner.Best(price));
      decoded += tried.back().decoded;
    }
    (decoded <= most ? high : low) = price;
    if (decoded <= most) plans = std::move(tried);
  }
  std::vector<double> agreed;
  for (const Plan& plan : plans) {
    agreed.push_back(plan.right / static_cast<double>(judged));
  }
  agreed.resize(streams.size());
  return agreed;
}

}  // namespace fovea::bench::reuse
