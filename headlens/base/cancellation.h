#pragma once

namespace headlens {

/// Asks running work to stop at its next safe point. Safe to call from a signal handler.
void request_cancellation() noexcept;

/// Forgets an earlier request, so that new work may start.
void clear_cancellation() noexcept;

bool cancellation_requested() noexcept;

/// A safe point. Long work calls it between layers, chunks and files.
/// @throws CancelledError  if cancellation was requested
void check_cancellation();

}  // namespace headlens
