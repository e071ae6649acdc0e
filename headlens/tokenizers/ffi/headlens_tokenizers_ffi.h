#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// C ABI of the Rust crate in this folder. Functions that return a HeadlensTokenizersStatus fill
/// `out` on success and `error` (one line of UTF-8) otherwise, never both. Handles may be shared by
/// threads; every function but the three that free takes them read-only.

typedef enum {
  HEADLENS_TOKENIZERS_OK = 0,
  HEADLENS_TOKENIZERS_BAD_FORMAT = 1,
  HEADLENS_TOKENIZERS_BAD_USAGE = 2,
  HEADLENS_TOKENIZERS_INTERNAL = 3,
} HeadlensTokenizersStatus;

typedef struct HeadlensTokenizersEngine HeadlensTokenizersEngine;

/// Freed by headlens_tokenizers_free_bytes.
typedef struct HeadlensTokenizersBytes {
  uint8_t* data;
  size_t length;
} HeadlensTokenizersBytes;

/// Arrays of `length` entries; offsets in Unicode code points. Freed by
/// headlens_tokenizers_free_encoding.
typedef struct {
  const int32_t* ids;
  const int64_t* begins;
  const int64_t* ends;
  const uint8_t* special;
  const int32_t* type_ids;
  size_t length;
  void* owner;
} HeadlensTokenizersEncoding;

/// Bytes that the caller owns for the time of the call; not necessarily terminated.
typedef struct {
  const uint8_t* data;
  size_t length;
} HeadlensTokenizersText;

typedef enum {
  HEADLENS_TOKENIZERS_BPE = 0,
  HEADLENS_TOKENIZERS_WORDPIECE = 1,
} HeadlensTokenizersModelKind;

/// A vocabulary in memory.
typedef struct {
  int32_t kind;
  const HeadlensTokenizersText* pieces;
  const int32_t* ids;  ///< null: piece i has id i
  size_t piece_count;
  const HeadlensTokenizersText* merges;  ///< left and right parts in turn, best merge first
  size_t merge_count;                    ///< pairs
  HeadlensTokenizersText unknown;        ///< no bytes: none
  bool byte_fallback;
  bool fuse_unknown;
  bool ignore_merges;
} HeadlensTokenizersModel;

/// @param components  JSON in the spelling of tokenizer.json, or no bytes: normalizer,
///                    pre_tokenizer, post_processor and decoder replace what is there (null removes
///                    it), added_tokens are added, absent_tokens too if they are not yet, and amend
///                    lists steps by type whose named fields replace those of the step of that
///                    type, if there is one
int32_t headlens_tokenizers_from_json(HeadlensTokenizersText json,
                                      HeadlensTokenizersText components,
                                      HeadlensTokenizersEngine** out,
                                      HeadlensTokenizersBytes* error);
int32_t headlens_tokenizers_from_model(const HeadlensTokenizersModel* model,
                                       HeadlensTokenizersText components,
                                       HeadlensTokenizersEngine** out,
                                       HeadlensTokenizersBytes* error);
void headlens_tokenizers_free(HeadlensTokenizersEngine* engine);
void headlens_tokenizers_free_bytes(HeadlensTokenizersBytes bytes);
void headlens_tokenizers_free_encoding(HeadlensTokenizersEncoding encoding);

int32_t headlens_tokenizers_encode(const HeadlensTokenizersEngine* engine,
                                   HeadlensTokenizersText text, bool add_special_tokens,
                                   HeadlensTokenizersEncoding* out, HeadlensTokenizersBytes* error);
int32_t headlens_tokenizers_decode(const HeadlensTokenizersEngine* engine, const int32_t* ids,
                                   size_t count, bool skip_special_tokens,
                                   HeadlensTokenizersBytes* out, HeadlensTokenizersBytes* error);
int32_t headlens_tokenizers_decode_token(const HeadlensTokenizersEngine* engine, int32_t id,
                                         HeadlensTokenizersBytes* out,
                                         HeadlensTokenizersBytes* error);
bool headlens_tokenizers_contains(const HeadlensTokenizersEngine* engine, int32_t id);
int32_t headlens_tokenizers_piece(const HeadlensTokenizersEngine* engine, int32_t id,
                                  HeadlensTokenizersBytes* out, HeadlensTokenizersBytes* error);
/// Gives -1 for a piece that is not in the vocabulary.
int32_t headlens_tokenizers_id_of(const HeadlensTokenizersEngine* engine,
                                  HeadlensTokenizersText piece, int32_t* out,
                                  HeadlensTokenizersBytes* error);
bool headlens_tokenizers_is_special(const HeadlensTokenizersEngine* engine, int32_t id);
size_t headlens_tokenizers_vocabulary_size(const HeadlensTokenizersEngine* engine);

#ifdef __cplusplus
}
#endif
