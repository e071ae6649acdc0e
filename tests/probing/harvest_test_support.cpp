#include "tests/probing/harvest_test_support.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "headlens/formats/split_fields.h"
#include "headlens/probing/word_spans.h"

namespace headlens {
namespace {

using nlohmann::json;

json special(int id, const char* text) {
  return {{"id", id},        {"content", text},     {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

/// Ids in order of the pieces.
json vocabulary(const std::vector<std::string>& pieces) {
  json ids = json::object();
  for (const std::string& piece : pieces) ids.emplace(piece, ids.size());
  return ids;
}

json byte_level() {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", false},
          {"trim_offsets", true},
          {"use_regex", true}};
}

json gpt2_tokenizer() {
  std::vector<std::string> pieces = {"<|endoftext|>", "\u0120"};
  for (char c = 'a'; c <= 'z'; ++c) pieces.emplace_back(1, c);
  for (const char* piece : {".", "th", "the", "\u0120the", "ca", "\u0120c"}) {
    pieces.emplace_back(piece);
  }
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", {special(0, "<|endoftext|>")}},
          {"normalizer", nullptr},
          {"pre_tokenizer", byte_level()},
          {"post_processor", nullptr},
          {"decoder", byte_level()},
          {"model",
           {{"type", "BPE"},
            {"dropout", nullptr},
            {"unk_token", nullptr},
            {"continuing_subword_prefix", ""},
            {"end_of_word_suffix", ""},
            {"fuse_unk", false},
            {"byte_fallback", false},
            {"vocab", vocabulary(pieces)},
            {"merges", {"t h", "th e", "\u0120 the", "c a", "\u0120 c"}}}}};
}

json bert_tokenizer() {
  std::vector<std::string> pieces = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "."};
  for (char c = 'a'; c <= 'z'; ++c) pieces.emplace_back(1, c);
  for (char c = 'a'; c <= 'z'; ++c) pieces.push_back(std::string("##") + c);
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", {special(0, "[PAD]"), special(2, "[CLS]"), special(3, "[SEP]")}},
          {"normalizer", nullptr},
          {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
          {"post_processor",
           {{"type", "BertProcessing"}, {"sep", {"[SEP]", 3}}, {"cls", {"[CLS]", 2}}}},
          {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
          {"model",
           {{"type", "WordPiece"},
            {"unk_token", "[UNK]"},
            {"continuing_subword_prefix", "##"},
            {"max_input_chars_per_word", 100},
            {"vocab", vocabulary(pieces)}}}};
}

}  // namespace

void write_tiny_model(const TemporaryDirectory& folder, const std::string& name) {
  const auto model = std::filesystem::path(HEADLENS_TEST_DATA) / "goldens" / "parity" / name;
  folder.copy(model / "config.json");
  folder.copy(model / "model.safetensors");
  folder.write("tokenizer.json", (name == "gpt2" ? gpt2_tokenizer() : bert_tokenizer()).dump());
}

std::vector<LabelledSentence> length_sentences(const std::vector<std::string>& texts) {
  std::vector<LabelledSentence> sentences;
  for (std::int64_t line = 1; const std::string& text : texts) {
    const auto fields = split_blanks(text);
    const std::vector<std::string> words(fields.begin(), fields.end());
    LabelledSentence sentence{.line = line, .text = text};
    for (const CharSpan span : place_words(text, words, "test")) {
      sentence.words.push_back(
          {.span = span, .labels = {std::to_string(span.end - span.begin)}, .line = line});
    }
    sentences.push_back(std::move(sentence));
    ++line;
  }
  return sentences;
}

ListedCorpus length_corpus(const std::vector<std::string>& texts) {
  return {{.task = "length", .data = "lengths.txt", .sha256 = "0", .columns = {"length"}},
          length_sentences(texts)};
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::map<std::string, std::string> files_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  return files;
}

std::vector<LabelledSentence> read_all(LabelledCorpus& corpus) {
  std::vector<LabelledSentence> sentences;
  while (auto sentence = corpus.next()) sentences.push_back(std::move(*sentence));
  return sentences;
}

std::string show(const Label& label) {
  if (const auto* name = std::get_if<std::string>(&label)) return *name;
  if (const auto* value = std::get_if<double>(&label)) return fmt::format("{}", *value);
  return "-";
}

}  // namespace headlens
