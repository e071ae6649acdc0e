#include <algorithm>
#include <cctype>

#include "cli/command.h"
#include "headlens/base/atomic_file.h"
#include "headlens/run/provenance.h"

namespace headlens::cli {
namespace {

std::string typed_command_line;
std::vector<std::filesystem::path> made_folders;

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("-_./:=,@%+").find(c) != std::string_view::npos;
}

std::string quoted(std::string_view word) {
  if (!word.empty() && std::ranges::all_of(word, is_plain)) return std::string(word);
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

}  // namespace

void set_command_line(int argc, const char* const* argv) {
  typed_command_line = "headlens";
  for (int i = 1; i < argc; ++i) typed_command_line += " " + quoted(argv[i]);
}

const std::string& command_line() { return typed_command_line; }

void remove_empty_made_folders() {
  std::error_code not_empty;
  for (; !made_folders.empty(); made_folders.pop_back()) {
    std::filesystem::remove(made_folders.back(), not_empty);
  }
}

void CommonOptions::add_to(CLI::App& command, Required prompt_required) {
  command.add_option("prompt", prompt, "The text to run")
      ->required(prompt_required == Required::yes);
  add_model_to(command);
}

void CommonOptions::add_model_to(CLI::App& command) {
  command.add_option("-m,--model", model, "A path or a name; see headlens models")
      ->capture_default_str();
  command.add_option("--precision", precision, "What products read; sums are always f32")
      ->check(CLI::IsMember({"f32", "bf16"}))
      ->capture_default_str();
  command.add_flag("--no-special-tokens", no_special_tokens,
                   "Do not add the tokenizer's own BOS, CLS or SEP");
  command.add_flag("--json", json, "Print the result as JSON on standard output");
  command.add_option("-o,--out", out, "Folder that the result's files are written to");
}

void add_picture_format(CLI::App& command, std::string& format) {
  command.add_option("--format", format, "Of pictures")
      ->check(CLI::IsMember({"png", "svg", "pdf"}))
      ->capture_default_str();
}

Session CommonOptions::open() const {
  if (has_out()) made_folders = make_writable_folder(out);
  return Session::open(model, {.precision = precision == "bf16" ? Precision::bf16 : Precision::f32,
                               .progress = terminal_progress()});
}

Prompt CommonOptions::tokenize(const Session& session, std::string_view text) const {
  return make_prompt(session, text, no_special_tokens ? SpecialTokens::none : SpecialTokens::add);
}

void CommonOptions::complete(Provenance& provenance, Session& session, const Prompt& tokens) const {
  provenance.command_line = command_line();
  const bool has_logits = session.spec().output != OutputKind::hidden_states;
  if (session.precision() != Precision::f32 && has_logits && !provenance.sweep_deviation) {
    provenance.precision_deviation = measure_deviation(session, tokens.sequence);
  }
}

}  // namespace headlens::cli
