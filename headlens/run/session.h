#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "headlens/base/progress.h"
#include "headlens/hooks/activation_cache.h"
#include "headlens/hooks/hook_set.h"
#include "headlens/hub/model_locator.h"
#include "headlens/models/block/workspace.h"
#include "headlens/models/model.h"
#include "headlens/models/model_transposes.h"
#include "headlens/models/row_batch.h"
#include "headlens/tokenizers/tokenizer.h"

namespace headlens {

struct SessionOptions {
  Precision precision = Precision::f32;
  ProgressCallback progress = {};
};

/// Which token logits a run computes.
enum class Logits : std::uint8_t {
  none,
  last,  ///< of each sequence's last token: [batch, vocab]
  all,   ///< [batch, pos, vocab], zeros at padding
};

struct RunOptions {
  Logits logits = Logits::all;
  PaddingSide padding = PaddingSide::right;
};

struct RunOutput {
  Tensor logits;        ///< as Logits says; empty for models without a vocabulary head
  Tensor class_logits;  ///< [batch, class] or [batch, pos, class]; empty without a classifier
  ActivationCache cache;
};

/// A model opened for running: one run at a time (runs of several threads wait for one another).
/// Weights load when the first run needs them; memory is kept from run to run.
class Session {
 public:
  /// @param model  a path or a name, as resolve_model() takes it
  static Session open(std::string_view model, const SessionOptions& options = {});
  Session(ResolvedModel identity, const SessionOptions& options);

  const ModelSpec& spec() const { return model_->spec(); }
  Model& model() { return *model_; }
  const Model& model() const { return *model_; }
  /// The same model in bf16 beside this one's own precision; opened when first asked for, then
  /// kept.
  Model& bf16_model();
  /// This session where it is f32; else one of the same model in f32, opened when first asked for,
  /// then kept.
  Session& f32();
  /// The weights transposed, for gradients; made when first asked for, then kept.
  const ModelTransposes& transposes();
  const ResolvedModel& identity() const { return identity_; }
  Precision precision() const { return model_->precision(); }
  /// Loaded when first asked for.
  /// @throws FormatError, UnsupportedError  if the model has no usable tokenizer
  const Tokenizer& tokenizer() const;

  /// Runs sequences, each as if it were alone.
  /// @throws UsageError  for an empty batch, an empty or too long sequence, an id outside the
  ///                     vocabulary
  /// @throws CancelledError  between blocks, if cancellation was requested
  RunOutput run(const std::vector<TokenSequence>& batch, const RunOptions& options = {});

  /// Also keeps the activations of `sites`. Those that follow exactly from others among them take
  /// no memory until they are read (see ActivationCache): asking for all sites of SmolLM2-135M but
  /// `result` stores a third of their bytes.
  RunOutput run_with_cache(const std::vector<TokenSequence>& batch, const std::vector<Site>& sites,
                           const RunOptions& options = {});

  /// Also calls the hooks. Only the blocks that logits or hooks need run, and of the last one
  /// only the rows, unless there are edits. With any edit, every cached site is stored.
  /// @throws UsageError  if a hook runs the session that called it
  RunOutput run_with_hooks(const std::vector<TokenSequence>& batch, const HookSet& hooks,
                           const RunOptions& options = {});

  /// Every site this model has.
  std::vector<Site> sites() const;

 private:
  void check(const std::vector<TokenSequence>& batch) const;

  /// Taken by the thread that runs.
  struct Turn {
    std::mutex mutex;
    std::atomic<std::thread::id> runner;
  };

  ResolvedModel identity_;
  std::unique_ptr<Model> model_, bf16_model_;
  std::unique_ptr<Session> f32_;
  std::unique_ptr<ModelTransposes> transposes_;
  ProgressCallback progress_;
  std::unique_ptr<Turn> turn_ = std::make_unique<Turn>();
  mutable std::unique_ptr<std::mutex> tokenizer_mutex_ = std::make_unique<std::mutex>();
  mutable std::optional<Tokenizer> tokenizer_;
  std::vector<Workspace> workspaces_;
};

}  // namespace headlens
