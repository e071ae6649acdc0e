//! Why a call failed.

/// The number is the status that C sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    Format = 1,
    Usage = 2,
    Internal = 3,
}

pub type Outcome<T> = Result<T, (Failure, String)>;

pub fn bad_format(problem: impl ToString) -> (Failure, String) {
    (Failure::Format, problem.to_string())
}

pub fn bad_usage(problem: impl ToString) -> (Failure, String) {
    (Failure::Usage, problem.to_string())
}
