// SPDX-License-Identifier: GPL-2.0-or-later
//
// Filter, cache and auditor of one model over one stream: says of each input
// whether the model has to be run, and what to answer where it has not.

#ifndef FOVEA_FILTER_INFERENCE_REUSE_H_
#define FOVEA_FILTER_INFERENCE_REUSE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "codec/grid.h"
#include "codec/model_id.h"
#include "codec/sample.h"
#include "filter/answer_history.h"
#include "filter/auditor.h"
#include "filter/decision.h"
#include "filter/gate.h"
#include "filter/gate_cost.h"
#include "filter/result_cache.h"
#include "filter/reuse_predictor.h"

namespace fovea {

// What the model said.
struct ModelAnswer {
  AnswerTraits traits;
  std::string answer;   // as it is stored
  int64_t cost_ns = 0;  // what it took
};

struct InferenceReuseOptions {
  AuditOptions audit;  // the target, and the seed of the coin
  // No answer is given later than this after the last run, or after the first
  // input or Reset() where none was run since: how late a new object is seen
  // at most. Longer: more is saved.
  int64_t blind_ns = 2'000'000'000;
  // Results of earlier runs, shared between streams; null: none are looked
  // up. Outlives this. Looked up only where the gate weighs what is found
  // (Gate::WeighsCached()); filled in any case.
  ResultCache* cache = nullptr;
  // How far cached inputs may be to be looked at, as FeatureDistance() tells.
  float cache_distance = 8;
  // Nobody can run the model: stored answers only, of a risk that has been
  // certified. Where none has, of max_error at most, or of no risk at all where
  // risks are no probabilities (Gate::GivesProbabilities()). Else it is a gap.
  bool offline = false;
  ReusePredictor predictor;  // of the grid's gate
  // What the model says where it sees nothing: a gate whose usual answer this
  // is can give it before any run. Absent: from the first such run on.
  std::optional<ModelAnswer> nothing;
  // Of two answers, whether the second is not as good as the first, the
  // declared loss. Null: where their votes differ.
  std::function<bool(std::string_view said, std::string_view given)> differs;
  // Moves what is held along with the picture, of which each next grid tells.
  // Null: answers stay as they are.
  std::function<void(const Grid& grid, std::string* answer)> carry;
  // To weigh what deciding costs against what it saves; null: not done.
  std::function<int64_t()> monotonic_ns;
  // As Auditor::Save() left it, to go on with; empty: from the beginning.
  std::vector<uint8_t> audit_state;
  // Instead of `audit` and `audit_state`: an auditor that several share, the
  // regions of one frame, whose answers one bound speaks of. Their inputs come
  // by rising index and region over all of them. Outlives this.
  Auditor* auditor = nullptr;
};

struct ReuseInput {
  uint64_t stream = 0, index = 0;
  uint32_t region = 0;
  InputKind kind = InputKind::kFrame;
  int64_t time_ns = 0;
  const Grid* grid = nullptr;    // measured against the input before it
  const Frame* frame = nullptr;  // for gates that look at pixels
  Fingerprint fingerprint;
  Features features;
  // Wanted where ReusePredictor::needs_thumbnail(); empty: done without.
  Thumbnail thumbnail;
  // What these have cost whoever asks; counted to what deciding costs.
  int64_t spent_ns = 0;
};

// What is to be done about an input.
struct ReuseVerdict {
  bool run = true;      // the model, then Ran() or Failed()
  std::string answer;   // where it is not run and there is one
  AnswerTraits traits;  // of that answer
  Decision decision;    // final where it is not run
};

// Decide() is called of each input in the order of time; where it says so the
// model is run and Ran() or Failed() follows before the next. Deterministic but
// for what monotonic_ns tells. Not thread-safe.
class InferenceReuse {
 public:
  // Null: the gate on the shared grid, with options.predictor. Errors of
  // Auditor::Create() and Load(); kInvalidArgument: blind_ns below 0. An
  // audit_state belongs to one gate: thresholds are in its unit.
  static absl::StatusOr<std::unique_ptr<InferenceReuse>> Create(
      const ModelDigest& model, InferenceReuseOptions options,
      std::unique_ptr<Gate> gate = nullptr);

  ReuseVerdict Decide(const ReuseInput& input);

  struct Learnt {
    Decision decision;                // final
    std::optional<AuditAlarm> alarm;  // followed already; to be told
    absl::Status stored;              // by the cache; the rest holds anyway
  };
  // The model was run on the input decided about last.
  Learnt Ran(const ModelAnswer& answer);

  // It was to be run and failed: nothing is held, time without a run goes on.
  Learnt Failed();

  // A gap, or a scene that has nothing to do with the one before.
  void Reset();
  // Nor is the usual answer given until a run says so: an alarm elsewhere.
  void Forget();

  // The gate is passed over for a while: it costs more than it saves.
  bool too_dear() const { return cost_.too_dear(); }
  const Auditor& auditor() const { return auditor_; }

  // Time spent on deciding and on runs, means over the latest; 0: not known.
  double decide_ns() const { return cost_.decide_ns(); }
  double run_ns() const { return cost_.run_ns(); }

 private:
  // A run whose answer may be given; in the order of the history.
  struct Kept {
    InputKey key;
    std::string answer;
    AnswerTraits traits;
  };
  // What could be answered.
  struct Candidate {
    DecisionKind kind = DecisionKind::kHold;
    DecisionCause cause = DecisionCause::kGate;
    InputKey key;
    std::string answer;
    AnswerTraits traits;
    double risk = 1;
    float distance = 0;
  };

  InferenceReuse(const ModelDigest& model, InferenceReuseOptions options,
                 std::optional<Auditor> own_auditor,
                 std::unique_ptr<Gate> gate);

  ReuseVerdict Weigh(const ReuseInput& input);
  std::optional<DecisionCause> MustRun(const ReuseInput& input) const;
  GateDecision AskGate(const CachedInput* cached);
  std::optional<Candidate> Propose(const GateDecision& gate);
  std::optional<Candidate> Held(const GateDecision& gate) const;
  std::optional<Candidate> Found();
  ReuseVerdict Run(const ReuseInput& input, DecisionCause cause);
  ReuseVerdict Audit(const ReuseInput& input);
  ReuseVerdict Give(const Candidate& candidate);
  ReuseVerdict GiveOffline(const Candidate& candidate);
  void Remember(const ModelAnswer& answer);
  void RememberUsual(const ModelAnswer& answer);
  absl::Status Keep(const ModelAnswer& answer);
  absl::Status Follow(const std::optional<AuditAlarm>& alarm);
  void ForgetHeld();
  void WeighCost(int64_t decide_ns, bool given);

  const ModelDigest model_;
  const InferenceReuseOptions options_;
  std::optional<Auditor> own_auditor_;
  Auditor& auditor_;  // its own, or the one that is shared
  const std::unique_ptr<Gate> gate_;
  AnswerHistory history_;
  std::deque<Kept> kept_;              // latest first, as in the history
  std::optional<ModelAnswer> usual_;   // of the skip head, as last said
  std::optional<InputKey> usual_run_;  // by which run; none: by none yet

  // The input decided about last.
  ReuseInput input_;
  std::optional<Candidate> candidate_;
  std::optional<Verdict> verdict_;
  bool gate_asked_ = false;
  Decision decision_;

  std::optional<int64_t> last_time_ns_;
  std::optional<int64_t> blind_since_ns_;  // of the last run, see blind_ns
  GateCost cost_;
};

}  // namespace fovea

#endif  // FOVEA_FILTER_INFERENCE_REUSE_H_
