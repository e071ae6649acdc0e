#include "headlens/run/session.h"

#include <algorithm>

#include "headlens/base/errors.h"
#include "headlens/formats/gguf.h"
#include "headlens/models/derived_sites.h"
#include "headlens/models/taps.h"
#include "headlens/run/executor.h"
#include "headlens/tokenizers/gguf_vocabulary.h"
#include "headlens/tokenizers/hf_directory.h"

namespace headlens {
namespace {

/// Says which thread runs while it does.
class RunnerMark {
 public:
  explicit RunnerMark(std::atomic<std::thread::id>& runner) : runner_(runner) {
    runner_ = std::this_thread::get_id();
  }
  ~RunnerMark() { runner_ = std::thread::id(); }
  RunnerMark(const RunnerMark&) = delete;
  RunnerMark& operator=(const RunnerMark&) = delete;

 private:
  std::atomic<std::thread::id>& runner_;
};

}  // namespace

Session Session::open(std::string_view model, const SessionOptions& options) {
  return Session(resolve_model(model), options);
}

Session::Session(ResolvedModel identity, const SessionOptions& options)
    : identity_(std::move(identity)),
      model_(Model::open(identity_.path, options.precision, identity_.random_seed)),
      progress_(options.progress) {}

Model& Session::bf16_model() {
  const std::scoped_lock lock(turn_->mutex);
  if (!bf16_model_) {
    bf16_model_ = Model::open(identity_.path, Precision::bf16, identity_.random_seed);
  }
  return *bf16_model_;
}

Session& Session::f32() {
  if (precision() == Precision::f32) return *this;
  const std::scoped_lock lock(turn_->mutex);
  if (!f32_) {
    const SessionOptions options{.precision = Precision::f32, .progress = progress_};
    f32_ = std::make_unique<Session>(identity_, options);
  }
  return *f32_;
}

const ModelTransposes& Session::transposes() {
  const std::scoped_lock lock(turn_->mutex);
  if (!transposes_) {
    model_->load_blocks(spec().n_layers(), progress_);
    model_->load_head(progress_);
    transposes_ = std::make_unique<ModelTransposes>(*model_);
  }
  return *transposes_;
}

const Tokenizer& Session::tokenizer() const {
  const std::scoped_lock lock(*tokenizer_mutex_);
  if (!tokenizer_) {
    tokenizer_ = identity_.kind == ModelKind::gguf_file
                     ? tokenizer_from_gguf(gguf_vocabulary(read_gguf(identity_.path)))
                     : tokenizer_from_hf_directory(identity_.path);
  }
  return *tokenizer_;
}

void Session::check(const std::vector<TokenSequence>& batch) const {
  if (batch.empty()) throw UsageError("nothing to run: the batch has no sequence");
  for (const TokenSequence& sequence : batch) {
    const auto length = static_cast<std::int64_t>(sequence.ids.size());
    if (length == 0) throw UsageError("the prompt is empty: it has no token");
    if (length > spec().n_context) {
      throw UsageError("the prompt has " + std::to_string(length) + " tokens, but " +
                       identity_.name + " takes at most " + std::to_string(spec().n_context));
    }
    for (const std::int32_t id : sequence.ids) {
      if (id < 0 || id >= spec().vocab_size) {
        throw UsageError("token id " + std::to_string(id) + " is not in the vocabulary of " +
                         std::to_string(spec().vocab_size));
      }
    }
    if (!sequence.type_ids.empty() && sequence.type_ids.size() != sequence.ids.size()) {
      throw ShapeError("type_ids", std::to_string(length) + " entries",
                       std::to_string(sequence.type_ids.size()));
    }
    for (const std::int32_t type : sequence.type_ids) {
      if (type < 0 || type >= std::max<std::int64_t>(1, spec().type_rows)) {
        throw UsageError("token type " + std::to_string(type) + " does not exist in this model");
      }
    }
  }
}

RunOutput Session::run(const std::vector<TokenSequence>& batch, const RunOptions& options) {
  return run_with_hooks(batch, {}, options);
}

RunOutput Session::run_with_cache(const std::vector<TokenSequence>& batch,
                                  const std::vector<Site>& sites, const RunOptions& options) {
  HookSet hooks;
  hooks.cache(sites);
  return run_with_hooks(batch, hooks, options);
}

RunOutput Session::run_with_hooks(const std::vector<TokenSequence>& sequences, const HookSet& hooks,
                                  const RunOptions& options) {
  check(sequences);
  if (turn_->runner == std::this_thread::get_id()) {
    throw UsageError("a hook cannot run the session that called it; open another one");
  }
  const std::scoped_lock lock(turn_->mutex);
  const RunnerMark mark(turn_->runner);
  const RowBatch batch(sequences, options.padding);
  RunOutput output;
  const DerivedSites derived(hooks, spec());
  const HookSet stored = derived.stored_hooks(hooks);
  const Taps taps(stored, spec(), batch, &output.cache);
  Executor executor(*model_, batch, taps, workspaces_, progress_);
  executor.run(options.logits, output.logits, output.class_logits);
  derived.add_to(output.cache, *model_, batch);
  return output;
}

std::vector<Site> Session::sites() const {
  std::vector<Site> sites;
  for (const Site site : all_sites(spec().n_layers())) {
    if (has_site(site, spec())) sites.push_back(site);
  }
  return sites;
}

}  // namespace headlens
