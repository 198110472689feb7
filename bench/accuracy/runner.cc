// SPDX-License-Identifier: GPL-2.0-or-later

#include "bench/accuracy/runner.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "bench/accuracy/map_maker.h"
#include "bench/accuracy/trial.h"
#include "nlohmann/json.hpp"

namespace fovea::bench {
namespace {

using nlohmann::json;
using JudgeSet = std::map<std::string, std::unique_ptr<Judge>>;

// Raise it when encoder, decoder, maps or measures change their results.
constexpr int kVersion = 1;

constexpr char kEncoder[] = "x264 medium, psy off, keyint 60, 1 thread";

absl::Status OpenInto(const std::string& name, const std::string& models,
                      JudgeSet* judges) {
  if (judges->count(name) > 0) return absl::OkStatus();
  auto judge = OpenJudge(name, models);
  if (!judge.ok()) return judge.status();
  judges->emplace(name, *std::move(judge));
  return absl::OkStatus();
}

// Judges that score and judges whose boxes make maps.
absl::Status OpenAll(const Campaign& campaign, JudgeSet* judges) {
  std::set<std::string> names(campaign.judges.begin(), campaign.judges.end());
  for (const Policy& policy : campaign.policies) {
    for (const std::string& name : BoxJudges(policy)) names.insert(name);
  }
  for (const std::string& name : names) {
    absl::Status status = OpenInto(name, campaign.models, judges);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// One trial with what of it is missing.
struct Task {
  const Policy* policy = nullptr;
  double crf = 0;
  std::vector<std::string> judges;
  std::vector<std::string> settings;  // of each judge's point
  std::string sensitivity;            // digests of the policy's files
};

std::string SettingsOf(const ClipChoice& clip, const std::string& digest,
                       const Task& task, const std::string& judge,
                       const JudgeSet& judges) {
  std::vector<JudgeInfo> box_judges;
  for (const std::string& name : BoxJudges(*task.policy)) {
    box_judges.push_back(judges.at(name)->info());
  }
  return fovea::bench::SettingsOf(clip, digest, *task.policy, task.crf,
                                  box_judges, task.sensitivity,
                                  judges.at(judge)->info());
}

// Calls `visit` with each trial of `clip`, all its judges in it.
absl::Status ForEachTrial(const Campaign& campaign, const ClipChoice& clip,
                          const std::string& digest, const JudgeSet& judges,
                          const std::function<void(const Task&)>& visit) {
  for (const Policy& policy : campaign.policies) {
    std::string sensitivity;
    for (const std::string& path : SensitivityPaths(policy, clip)) {
      const auto of_file = FileDigest(path);
      if (!of_file.ok()) return of_file.status();
      sensitivity += (sensitivity.empty() ? "" : "+") + *of_file;
    }
    for (const double crf : RatesOf(campaign, policy)) {
      Task task{&policy, crf, campaign.judges, {}, sensitivity};
      for (const std::string& judge : task.judges) {
        task.settings.push_back(SettingsOf(clip, digest, task, judge, judges));
      }
      visit(task);
    }
  }
  return absl::OkStatus();
}

Task Missing(const Task& task, const PointFile& file) {
  Task missing{task.policy, task.crf, {}, {}, task.sensitivity};
  for (size_t i = 0; i < task.judges.size(); ++i) {
    if (file.Has(task.settings[i])) continue;
    missing.judges.push_back(task.judges[i]);
    missing.settings.push_back(task.settings[i]);
  }
  return missing;
}

// What each judge says about the originals, on the frames that are needed.
absl::StatusOr<AnswersByJudge> JudgeOriginals(const Clip& clip,
                                              const std::vector<Task>& tasks,
                                              const JudgeSet& judges) {
  std::map<std::string, bool> every_frame;  // by judge
  for (const Task& task : tasks) {
    for (const std::string& name : task.judges) every_frame[name];
    for (const std::string& name : BoxJudges(*task.policy)) {
      every_frame[name] = true;
    }
  }
  AnswersByJudge answers;
  for (const auto& [name, all] : every_frame) {
    Answers& of_judge = answers[name];
    of_judge.judge = judges.at(name)->info();
    of_judge.frames.resize(clip.frames.size());
    const int step = all ? 1 : clip.choice.every;
    for (size_t i = 0; i < clip.frames.size(); i += static_cast<size_t>(step)) {
      auto answer =
          judges.at(name)->Look(ToBgr(clip.frames[i], clip.camera.color));
      if (!answer.ok()) return answer.status();
      of_judge.frames[i] = *std::move(answer);
    }
  }
  return answers;
}

// Counts trials and guesses the time left from their frames.
class Progress {
 public:
  Progress(size_t trials, double work,
           const std::function<void(const std::string&)>& say)
      : trials_(trials), work_(work), say_(say) {}

  void Finished(const Task& task, const Clip& clip, const Point& point) {
    absl::MutexLock lock(&mutex_);
    ++done_;
    work_done_ += static_cast<double>(clip.frames.size());
    const std::chrono::duration<double> spent =
        std::chrono::steady_clock::now() - start_;
    const double left = spent.count() / work_done_ * (work_ - work_done_);
    const Agreement sums = Sum(point.agreement);
    say_(absl::StrFormat(
        "[%d/%d] %s %s crf %g: %.0f bytes, %s F1 %.3f soft %.3f; %d min left",
        done_, trials_, clip.choice.name, task.policy->Text(), task.crf,
        point.bytes(), point.judge, sums.F1(), sums.Soft(),
        static_cast<int>(std::lround(left / 60))));
  }

 private:
  const size_t trials_;
  const double work_;
  const std::function<void(const std::string&)>& say_;
  const std::chrono::steady_clock::time_point start_ =
      std::chrono::steady_clock::now();
  absl::Mutex mutex_;
  size_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  double work_done_ ABSL_GUARDED_BY(mutex_) = 0;
};

// Hands the trials of one clip to threads.
class ClipRun {
 public:
  ClipRun(const Campaign& campaign, const Clip& clip,
          const AnswersByJudge& answers, const std::vector<Task>& tasks,
          PointFile* file, Progress* progress)
      : campaign_(campaign),
        clip_(clip),
        answers_(answers),
        tasks_(tasks),
        file_(file),
        progress_(progress) {}

  absl::Status Run() {
    std::vector<std::thread> threads;
    for (int i = 1; i < campaign_.jobs; ++i) {
      threads.emplace_back([this] { Work(); });
    }
    Work();
    for (std::thread& thread : threads) thread.join();
    absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  // The next trial; null when none is left or one has failed.
  const Task* Take() {
    absl::MutexLock lock(&mutex_);
    if (!status_.ok() || next_ == tasks_.size()) return nullptr;
    return &tasks_[next_++];
  }

  void Work() {
    JudgeSet judges;  // of this thread
    while (const Task* task = Take()) {
      absl::Status status = RunTask(*task, &judges);
      absl::MutexLock lock(&mutex_);
      status_.Update(status);
    }
  }

  absl::Status RunTask(const Task& task, JudgeSet* judges) {
    std::vector<Judge*> seats;
    for (const std::string& name : task.judges) {
      absl::Status status = OpenInto(name, campaign_.models, judges);
      if (!status.ok()) return status;
      seats.push_back(judges->at(name).get());
    }
    auto points = RunTrial(clip_, *task.policy, task.crf, answers_, seats);
    if (!points.ok()) return points.status();
    for (size_t i = 0; i < points->size(); ++i) {
      (*points)[i].settings = task.settings[i];
      absl::Status status = file_->Add((*points)[i]);
      if (!status.ok()) return status;
    }
    progress_->Finished(task, clip_, points->front());
    return absl::OkStatus();
  }

  const Campaign& campaign_;
  const Clip& clip_;
  const AnswersByJudge& answers_;
  const std::vector<Task>& tasks_;
  PointFile* const file_;
  Progress* const progress_;
  absl::Mutex mutex_;
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::vector<double> RatesOf(const Campaign& campaign, const Policy& policy) {
  std::vector<double> rates = campaign.crfs;
  if (campaign.measure_noise && policy.Text() == kDefaultPlain) {
    for (const double crf : campaign.crfs) rates.push_back(crf + 1);
  }
  std::sort(rates.begin(), rates.end());
  rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
  return rates;
}

std::string SettingsOf(const ClipChoice& clip, const std::string& clip_digest,
                       const Policy& policy, double crf,
                       const std::vector<JudgeInfo>& box_judges,
                       const std::string& sensitivity, const JudgeInfo& judge) {
  json boxes = json::object();
  for (const JudgeInfo& info : box_judges) boxes[info.name] = info.digest;
  json settings{{"version", kVersion},
                {"encoder", kEncoder},
                {"clip", clip_digest},
                {"frames", clip.frames},
                {"every", clip.every},
                {"policy", policy.Text()},
                {"crf", crf},
                {"box_judges", boxes},
                {"judge", judge.digest},
                {"threshold", judge.threshold}};
  if (!sensitivity.empty()) settings["sensitivity"] = sensitivity;
  return settings.dump();
}

absl::Status RunCampaign(const Campaign& campaign, PointFile* file,
                         const std::function<void(const std::string&)>& say) {
  JudgeSet judges;
  absl::Status status = OpenAll(campaign, &judges);
  if (!status.ok()) return status;
  std::map<std::string, std::vector<Task>> tasks;  // by clip
  size_t trials = 0;
  double work = 0;
  for (const ClipChoice& choice : campaign.clips) {
    auto digest = FileDigest(choice.path);
    if (!digest.ok()) return digest.status();
    status =
        ForEachTrial(campaign, choice, *digest, judges, [&](const Task& task) {
          Task missing = Missing(task, *file);
          if (missing.judges.empty()) return;
          ++trials;
          work += choice.frames;
          tasks[choice.name].push_back(std::move(missing));
        });
    if (!status.ok()) return status;
  }
  Progress progress(trials, work, say);
  for (const ClipChoice& choice : campaign.clips) {
    const std::vector<Task>& of_clip = tasks[choice.name];
    if (of_clip.empty()) continue;
    auto clip = LoadClip(choice);
    if (!clip.ok()) return clip.status();
    auto answers = JudgeOriginals(*clip, of_clip, judges);
    if (!answers.ok()) return answers.status();
    status = ClipRun(campaign, *clip, *answers, of_clip, file, &progress).Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Point>> PointsOf(const Campaign& campaign,
                                            const PointFile& file) {
  JudgeSet judges;
  absl::Status status = OpenAll(campaign, &judges);
  if (!status.ok()) return status;
  std::vector<Point> points;
  for (const ClipChoice& choice : campaign.clips) {
    auto digest = FileDigest(choice.path);
    if (!digest.ok()) return digest.status();
    status =
        ForEachTrial(campaign, choice, *digest, judges, [&](const Task& task) {
          for (const std::string& settings : task.settings) {
            Point point = file.Get(settings);
            if (!point.settings.empty()) points.push_back(std::move(point));
          }
        });
    if (!status.ok()) return status;
  }
  return points;
}

}  // namespace fovea::bench
