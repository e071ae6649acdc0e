#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "headlens/probing/labelled_corpus.h"
#include "headlens/run/session.h"
#include "tests/tokenizers/temporary_directory.h"

namespace headlens {

/// Matches a callable that throws Exception with all of `fragments` in its one-line message.
template <typename Exception, typename... Fragments>
auto refuses_with(const Fragments&... fragments) {
  return ::testing::ThrowsMessage<Exception>(::testing::AllOf(
      ::testing::Not(::testing::HasSubstr("\n")), ::testing::HasSubstr(fragments)...));
}

/// Writes the tiny random model `name` of tests/goldens/parity ("gpt2", "bert") with a tokenizer of
/// letters: byte-level BPE without a special token, or WordPiece with [CLS] and [SEP].
void write_tiny_model(const TemporaryDirectory& folder, const std::string& name);

/// Sentences whose words, between spaces, are labelled with their length ("1", "2", ...).
std::vector<LabelledSentence> length_sentences(const std::vector<std::string>& texts);
ListedCorpus length_corpus(const std::vector<std::string>& texts);

/// Every file of a folder with its bytes.
std::map<std::string, std::string> files_of(const std::filesystem::path& folder);

std::string read_file(const std::filesystem::path& path);

/// All sentences of a corpus.
std::vector<LabelledSentence> read_all(LabelledCorpus& corpus);

/// A label as text: "-" for none.
std::string show(const Label& label);

}  // namespace headlens
