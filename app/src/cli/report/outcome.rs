//! How a run ended, in JSON.

use serde::Serialize;
use wasmscope_instrument::recording::Outcome;

/// An outcome in JSON: fields that don't apply are null.
#[derive(Serialize)]
pub(super) struct OutcomeJson {
    kind: &'static str,
    success: bool,
    message: String,
    exit_code: Option<i32>,
    values: Option<Vec<String>>,
    /// Innermost first.
    trap_functions: Option<Vec<u32>>,
}

pub(super) fn json(outcome: &Outcome) -> OutcomeJson {
    let (mut exit_code, mut values, mut trap_functions) = (None, None, None);
    let kind = match outcome {
        Outcome::Unknown => "unknown",
        Outcome::Exited { code } => {
            exit_code = Some(*code);
            "exited"
        }
        Outcome::Returned { values: returned } => {
            values = Some(returned.clone());
            "returned"
        }
        Outcome::Trapped { frames, .. } => {
            trap_functions = Some(frames.iter().map(|frame| frame.func.0).collect());
            "trapped"
        }
        Outcome::LimitReached { .. } => "limit",
        Outcome::Cancelled => "cancelled",
    };
    let (success, message) = (outcome.is_success(), outcome.to_string());
    OutcomeJson { kind, success, message, exit_code, values, trap_functions }
}
