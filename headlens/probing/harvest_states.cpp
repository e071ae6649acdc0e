#include "headlens/probing/harvest_states.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/base/team.h"
#include "headlens/formats/line_reader.h"
#include "headlens/models/taps.h"
#include "headlens/tensor/aligned_buffer.h"

namespace headlens {
namespace {

/// Of one run: so many rows that the threads end together.
constexpr std::int64_t kBatchTokens = 4096;
/// Of one run's states at all sites.
constexpr std::int64_t kBatchBytes = std::int64_t{3} << 26;

/// One text of the window.
struct Sequence {
  const HarvestSentence* sentence;
  std::int64_t part;
  std::int64_t first_row;  ///< of its sentence in the window
  std::int64_t length;     ///< tokens
};

std::vector<Sequence> sequences_by_length(const HarvestWindow& window) {
  std::vector<Sequence> sequences;
  std::int64_t row = 0;
  for (const HarvestSentence& sentence : window.sentences) {
    for (std::int64_t part = 0; part < std::ssize(sentence.parts); ++part) {
      sequences.push_back({&sentence, part, row, std::ssize(sentence.parts[part].ids)});
    }
    row += std::ssize(sentence.rows);
  }
  std::ranges::stable_sort(sequences, std::greater{}, &Sequence::length);
  return sequences;
}

TokenSequence tokens_of(const Sequence& sequence, const ModelSpec& spec) {
  const Encoding& encoding = sequence.sentence->parts[sequence.part];
  TokenSequence tokens{.ids = encoding.ids};
  if (spec.type_rows > 0) tokens.type_ids = encoding.type_ids;
  return tokens;
}

std::int64_t token_count(std::span<const Sequence> sequences) {
  std::int64_t count = 0;
  for (const Sequence& sequence : sequences) count += sequence.length;
  return count;
}

/// The tokens that a row pools; of sentences all that the tokenizer did not add.
TokenRange tokens_to_pool(const HarvestRow& row, const Encoding& encoding) {
  if (row.span) return row.tokens;
  const auto first = std::ranges::find(encoding.special, 0);
  const auto after = std::find(encoding.special.rbegin(), encoding.special.rend(), 0).base();
  return {first - encoding.special.begin(), after - encoding.special.begin()};
}

class WindowRun {
 public:
  WindowRun(Session& session, const HarvestWindow& window, const std::vector<Site>& sites,
            const HarvestChoices& choices)
      : session_(session), sites_(sites), choices_(choices) {
    for (const Site site : sites) {
      widths_.push_back(site_width(session.spec(), site));
      token_bytes_ += widths_.back() * static_cast<std::int64_t>(sizeof(float));
      states_.emplace_back(Shape{window.rows, choices.parts * widths_.back()});
    }
    buffers_.resize(sites.size());
  }

  /// Of a run, unless one sequence has more.
  std::int64_t most_tokens() const { return std::min(kBatchTokens, kBatchBytes / token_bytes_); }

  /// As many as a run takes, at least one.
  std::size_t batch_size(std::span<const Sequence> sequences) const {
    std::int64_t tokens = 0;
    for (std::size_t i = 0; i < sequences.size(); ++i) {
      tokens += sequences[i].length;
      if (tokens > most_tokens() && i > 0) return i;
    }
    return sequences.size();
  }

  void run(std::span<const Sequence> sequences) {
    const bool is_of_one_token =
        choices_.pooling != Pooling::mean && choices_.pooling != Pooling::max;
    is_of_one_token ? run_in_place(sequences) : run_and_pool(sequences);
  }

  std::vector<Tensor> take_states() { return std::move(states_); }

 private:
  void run_hooked(std::span<const Sequence> sequences, const HookSet& hooks) {
    std::vector<TokenSequence> batch;
    for (const Sequence& sequence : sequences) {
      batch.push_back(tokens_of(sequence, session_.spec()));
    }
    session_.run_with_hooks(batch, hooks, {.logits = Logits::none});
  }

  /// Calls body(the sequence's first token in the batch, the tokens to pool, where their state
  /// goes).
  void for_each_row(std::span<const Sequence> sequences, const auto& body) const {
    std::int64_t first_token = 0;
    for (const Sequence& sequence : sequences) {
      for (std::int64_t r = 0; r < std::ssize(sequence.sentence->rows); ++r) {
        const Encoding& encoding = sequence.sentence->parts[sequence.part];
        body(first_token, tokens_to_pool(sequence.sentence->rows[r], encoding),
             (sequence.first_row + r) * choices_.parts + sequence.part);
      }
      first_token += sequence.length;
    }
  }

  /// The run itself writes each token's state where it belongs.
  void run_in_place(std::span<const Sequence> sequences) {
    std::vector<std::int64_t> place_of_token(token_count(sequences), -1);
    std::vector<std::pair<std::int64_t, std::int64_t>> copies;
    for_each_row(sequences, [&](std::int64_t first, TokenRange tokens, std::int64_t place) {
      std::int64_t& taken = place_of_token[first + *only_pooled_token(tokens, choices_.pooling)];
      if (taken < 0) {
        taken = place;
      } else {
        copies.emplace_back(taken, place);
      }
    });
    HookSet hooks;
    for (std::size_t s = 0; s < sites_.size(); ++s) {
      hooks.cache_rows_into(sites_[s], states_[s].data(), place_of_token);
    }
    run_hooked(sequences, hooks);
    for (std::size_t s = 0; s < sites_.size(); ++s) {
      for (const auto& [from, to] : copies) {
        std::copy_n(states_[s].data() + from * widths_[s], widths_[s],
                    states_[s].data() + to * widths_[s]);
      }
    }
  }

  void run_and_pool(std::span<const Sequence> sequences) {
    const std::int64_t tokens = token_count(sequences);
    HookSet hooks;
    for (std::size_t s = 0; s < sites_.size(); ++s) {
      // As large as any batch's, so that the next window finds memory of the same size.
      buffers_[s].reserve(std::max(tokens, most_tokens()) * widths_[s]);
      hooks.cache_rows_into(sites_[s], buffers_[s].data());
    }
    run_hooked(sequences, hooks);
    parallel_for(std::ssize(sites_), [&](std::ptrdiff_t s) {
      const std::int64_t width = widths_[s];
      for_each_row(sequences, [&](std::int64_t first, TokenRange range, std::int64_t place) {
        pool(buffers_[s].data() + first * width, width, range, choices_.pooling,
             states_[s].data() + place * width);
      });
    });
  }

  Session& session_;
  const std::vector<Site>& sites_;
  const HarvestChoices& choices_;
  std::vector<std::int64_t> widths_;
  std::int64_t token_bytes_ = 0;
  std::vector<Tensor> states_;  ///< [row, part * width] a site
  std::vector<AlignedBuffer<float>> buffers_;
};

bool is_finite(std::span<const float> values) {
  return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

void refuse_infinite(const std::vector<Tensor>& states, const HarvestWindow& window,
                     const std::vector<Site>& sites, const CorpusInfo& corpus) {
  std::vector<std::uint8_t> finite(sites.size());
  parallel_for(std::ssize(sites),
               [&](std::ptrdiff_t s) { finite[s] = is_finite(states[s].values()) ? 1 : 0; });
  const auto bad = std::ranges::find(finite, 0);
  if (bad == finite.end()) return;
  const std::size_t s = static_cast<std::size_t>(bad - finite.begin());
  const auto width = static_cast<std::size_t>(states[s].size(1));
  std::size_t row = 0;
  for (const HarvestSentence& sentence : window.sentences) {
    const std::size_t count = sentence.rows.size();
    if (!is_finite(states[s].values().subspan(row * width, count * width))) {
      throw FormatError(place_of(corpus.data, sentence.source.line),
                        "the model's state at " + to_string(sites[s]) +
                            " is not finite; are its weights damaged?");
    }
    row += count;
  }
}

}  // namespace

std::int64_t site_width(const ModelSpec& spec, Site site) {
  if (!has_site(site, spec)) throw UsageError("the model has no site " + to_string(site));
  if (site.kind == SiteKind::attn_scores || site.kind == SiteKind::pattern) {
    throw UsageError(to_string(site) + " belongs to pairs of tokens; it cannot be harvested");
  }
  const RowBatch one_token({{.ids = {0}}}, PaddingSide::right);
  return element_count(site_shape(site, spec, one_token));
}

std::vector<Tensor> harvest_states(Session& session, const HarvestWindow& window,
                                   const std::vector<Site>& sites, const HarvestChoices& choices,
                                   const CorpusInfo& corpus, const ProgressCallback& progress) {
  const std::vector<Sequence> sequences = sequences_by_length(window);
  WindowRun run(session, window, sites, choices);
  std::span<const Sequence> rest = sequences;
  std::uint64_t done = 0;
  while (!rest.empty()) {
    check_cancellation();
    const std::size_t count = run.batch_size(rest);
    run.run(rest.first(count));
    done += static_cast<std::uint64_t>(token_count(rest.first(count)));
    rest = rest.subspan(count);
    if (progress) {
      progress({"harvesting", done, static_cast<std::uint64_t>(window.tokens), "tokens"});
    }
  }
  std::vector<Tensor> states = run.take_states();
  refuse_infinite(states, window, sites, corpus);
  return states;
}

}  // namespace headlens
