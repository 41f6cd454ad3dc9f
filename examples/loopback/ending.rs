//! How an example ends: well, or with a sentence that says why not.

use std::error::Error;
use std::process::ExitCode;

/// An error with its causes, outermost first.
pub fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {cause}"))
}

/// The exit code of `main`; tells what went wrong on the way.
pub fn of(outcome: Result<(), Box<dyn Error>>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}
