#include <fmt/core.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>
#include <new>
#include <system_error>

#include "cli/command.h"
#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
#include "headlens/results/utf8.h"
#include "headlens/run/version.h"

namespace headlens::cli {
namespace {

enum ExitCode : int {
  kInternal = 1,
  kUsage = 2,
  kBadInput = 3,
  kUnsupported = 4,
  kResource = 5,
  kCancelled = 130,
  kNobodyReads = 141,  ///< as a shell sees a program that SIGPIPE ended
};

void on_interrupt(int) { request_cancellation(); }

/// Messages quote what users and files say; whatever that is, they stay one line.
std::string one_line(std::string_view message) {
  std::string line;
  for (const char c : replace_invalid_utf8(message)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      line += "\\n";
    } else if (byte < ' ' || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  return line;
}

int fail(ExitCode code, std::string_view message) {
  end_progress();
  remove_empty_made_folders();
  fmt::print(stderr, "headlens: {}\n", one_line(message));
  return code;
}

int fail_to_print(int error) {
  if (error == EPIPE) return kNobodyReads;
  return fail(kResource,
              fmt::format("standard output cannot be written: {}", std::strerror(error)));
}

std::string explain(const CLI::ParseError& error, const CLI::App& program, int argc,
                    const char* const* argv) {
  const bool has_command = !program.get_subcommands().empty();
  if (has_command) {
    return fmt::format("{}; see headlens {} --help", error.what(),
                       program.get_subcommands().front()->get_name());
  }
  std::string commands;
  for (const CLI::App* command : program.get_subcommands({})) {
    commands += (commands.empty() ? "" : ", ") + command->get_name();
  }
  return argc > 1 ? fmt::format("unknown command '{}': the commands are {}", argv[1], commands)
                  : fmt::format("which command? {}; see headlens --help", commands);
}

int run(int argc, const char* const* argv) {
  set_command_line(argc, argv);
  CLI::App program("headlens: look inside transformers", "headlens");
  program.set_version_flag("--version", std::string(kVersion));
  program.require_subcommand(1);
  program.set_help_all_flag("--help-all", "Help of every command");
  add_run_command(program);
  add_attention_command(program);
  add_lens_command(program);
  add_report_command(program);
  add_ablate_command(program);
  add_patch_command(program);
  add_path_patch_command(program);
  add_attribute_patch_command(program);
  add_circuit_command(program);
  add_prune_command(program);
  add_steer_command(program);
  add_harvest_command(program);
  add_amnesic_command(program);
  add_head_gap_command(program);
  add_probe_command(program);
  add_probe_apply_command(program);
  add_structural_probe_command(program);
  add_mdl_probe_command(program);
  add_models_command(program);
  add_pull_command(program);
  try {
    program.parse(argc, argv);
    end_progress();
    return std::fflush(stdout) == 0 ? 0 : fail_to_print(errno);
  } catch (const CLI::Success& request) {
    return program.exit(request);
  } catch (const CLI::ParseError& error) {
    return fail(kUsage, explain(error, program, argc, argv));
  } catch (const UsageError& error) {
    return fail(kUsage, error.what());
  } catch (const FormatError& error) {
    return fail(kBadInput, error.what());
  } catch (const ShapeError& error) {
    return fail(kBadInput, error.what());
  } catch (const UnsupportedError& error) {
    return fail(kUnsupported, error.what());
  } catch (const ResourceError& error) {
    return fail(kResource, error.what());
  } catch (const CancelledError& error) {
    return fail(kCancelled, error.what());
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0) return fail_to_print(error.code().value());
    return fail(kResource, error.what());
  } catch (const std::bad_alloc&) {
    return fail(kResource, "out of memory");
  } catch (const std::exception& error) {
    return fail(kInternal, std::string("internal error: ") + error.what());
  }
}

}  // namespace
}  // namespace headlens::cli

int main(int argc, char** argv) {
  struct sigaction interrupt {};
  interrupt.sa_handler = headlens::cli::on_interrupt;
  interrupt.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &interrupt, nullptr);
  sigaction(SIGTERM, &interrupt, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  return headlens::cli::run(argc, argv);
}
