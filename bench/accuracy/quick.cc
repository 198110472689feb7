// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/quick.h"

#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/accuracy/clip.h"
#include "bench/accuracy/judge.h"
#include "bench/accuracy/policy.h"
#include "bench/accuracy/trial.h"

namespace fovea::bench {
namespace {

constexpr char kPlain[] = "plain/aq1/c-6";  // under the maps
constexpr char kPolicies[] =
    "plain/aq1/c0,plain/aq1/c-6,plain/aq0/c-6,plain/aq0/notree/c-6,proxy,"
    "boxes/fastestdet/+8,boxes/fastestdet+yolox/+12";

absl::Status Failed(const Point& point, const std::string& what) {
  return absl::InternalError(absl::StrCat(point.clip, " ", point.policy,
                                          " crf ", point.crf, " ", point.judge,
                                          ": ", what));
}

absl::Status CheckPoint(const Campaign& campaign, const Point& point) {
  for (const ClipChoice& clip : campaign.clips) {
    if (clip.name != point.clip) continue;
    const auto frames = static_cast<size_t>(clip.frames);
    const auto every = static_cast<size_t>(clip.every);
    if (point.frame_bytes.size() != frames) {
      return Failed(point, absl::StrCat(point.frame_bytes.size(), " of ",
                                        frames, " frames encoded"));
    }
    if (point.agreement.size() != (frames + every - 1) / every) {
      return Failed(point,
                    absl::StrCat(point.agreement.size(), " frames scored"));
    }
  }
  const Agreement sums = Sum(point.agreement);
  if (sums.found + sums.missed == 0) {
    return Failed(point, "no box on the originals");
  }
  if (sums.found == 0) return Failed(point, "no box found again");
  if (sums.distance <= 0) return Failed(point, "a lossy copy changed nothing");
  return absl::OkStatus();
}

// `coarse` is the same curve's point at the next higher crf.
absl::Status CheckStep(const Point& fine, const Point& coarse) {
  if (coarse.bytes() >= fine.bytes()) {
    return Failed(coarse, absl::StrCat(coarse.bytes(), " bytes, but ",
                                       fine.bytes(), " at crf ", fine.crf));
  }
  const double near = Sum(fine.agreement).Soft();
  const double far = Sum(coarse.agreement).Soft();
  if (far <= near) {
    return Failed(coarse, absl::StrCat("soft distance ", far, ", but ", near,
                                       " at crf ", fine.crf));
  }
  return absl::OkStatus();
}

absl::Status CheckPoints(const Campaign& campaign,
                         const std::vector<Point>& points) {
  std::map<std::vector<std::string>, std::map<double, const Point*>> curves;
  for (const Point& point : points) {
    absl::Status status = CheckPoint(campaign, point);
    if (!status.ok()) return status;
    curves[{point.clip, point.policy, point.judge}][point.crf] = &point;
  }
  for (const auto& [key, curve] : curves) {
    const Point* finer = nullptr;
    for (const auto& [crf, point] : curve) {
      if (finer != nullptr) {
        absl::Status status = CheckStep(*finer, *point);
        if (!status.ok()) return status;
      }
      finer = point;
    }
    if (key[1].rfind("plain", 0) == 0) continue;
    for (const auto& [crf, point] : curve) {
      const Point& plain = *curves.at({key[0], kPlain, key[2]}).at(crf);
      if (point->bytes() < plain.bytes()) continue;
      return Failed(*point, absl::StrCat(point->bytes(), " bytes, but ",
                                         plain.bytes(), " without a map"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckJudge(const std::string& name, const std::string& models,
                        const Clip& clip) {
  auto judge = OpenJudge(name, models);
  if (!judge.ok()) return judge.status();
  const BgrImage picture = ToBgr(clip.frames[0], clip.camera.color);
  const auto first = (*judge)->Look(picture);
  if (!first.ok()) return first.status();
  const auto second = (*judge)->Look(picture);
  if (!second.ok()) return second.status();
  const Agreement sums = Compare(*first, *second, (*judge)->info().threshold);
  if (sums.found > 0 && sums.F1() == 1 && sums.Soft() == 0) {
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat(
      "judge ", name, " does not agree with itself on clip ", clip.choice.name,
      ": F1 ", sums.F1(), ", soft ", sums.Soft(), ", ", sums.found, " boxes"));
}

absl::Status CheckRepeat(const Clip& clip, double crf,
                         const std::vector<Point>& points) {
  const auto policy = Policy::Parse("proxy");
  if (!policy.ok()) return policy.status();
  const auto again = EncodedSizes(clip, *policy, crf, {});
  if (!again.ok()) return again.status();
  for (const Point& point : points) {
    if (point.clip == clip.choice.name && point.policy == policy->Text() &&
        point.crf == crf && point.frame_bytes != *again) {
      return Failed(point, "other bytes when encoded again");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Campaign> QuickCampaign(const std::string& data) {
  Campaign campaign;
  campaign.clips = {ChooseClip("tc", data, 24, 4),
                    ChooseClip("dc", data, 16, 4)};
  campaign.judges = {"fastestdet", "yolox"};
  campaign.crfs = {24, 38};
  campaign.measure_noise = false;
  campaign.models = data + "/models";
  auto policies = ParsePolicies(kPolicies, campaign.judges);
  if (!policies.ok()) return policies.status();
  campaign.policies = *std::move(policies);
  return campaign;
}

absl::Status CheckQuick(const Campaign& campaign, const PointFile& file) {
  const auto points = PointsOf(campaign, file);
  if (!points.ok()) return points.status();
  const size_t wanted = campaign.clips.size() * campaign.policies.size() *
                        campaign.crfs.size() * campaign.judges.size();
  if (points->size() != wanted) {
    return absl::InternalError(
        absl::StrCat(points->size(), " of ", wanted, " points are there"));
  }
  absl::Status status = CheckPoints(campaign, *points);
  if (!status.ok()) return status;
  for (const ClipChoice& choice : campaign.clips) {
    const auto clip = LoadClip(choice);
    if (!clip.ok()) return clip.status();
    for (const std::string& judge : campaign.judges) {
      status.Update(CheckJudge(judge, campaign.models, *clip));
    }
    status.Update(CheckRepeat(*clip, campaign.crfs[0], *points));
  }
  return status;
}

}  // namespace fovea::bench
