#include <fmt/core.h>

#include <csignal>
#include <exception>
#include <new>

#include "cli/command.h"
#include "headlens/base/cancellation.h"
#include "headlens/base/errors.h"
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
};

void on_interrupt(int) { request_cancellation(); }

int fail(ExitCode code, std::string_view message) {
  end_progress();
  fmt::print(stderr, "headlens: {}\n", message);
  return code;
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
  add_models_command(program);
  add_pull_command(program);
  try {
    program.parse(argc, argv);
    end_progress();
    if (std::fflush(stdout) != 0) return fail(kResource, "standard output cannot be written");
    return 0;
  } catch (const CLI::Success& request) {
    return program.exit(request);
  } catch (const CLI::ParseError& error) {
    return fail(kUsage, std::string(error.what()) + "; see headlens --help");
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
  return headlens::cli::run(argc, argv);
}
