//! Trial runs: allocators of modules in which nothing has a name, found by what functions do, and what is said of that.

use crate::pipeline::PipelineError;
use crate::units;
use std::sync::Arc;
use wasmscope_instrument::recording::Outcome;
use wasmscope_instrument::{Guest, Observer, RunOptions, Trial, find_allocators, is_component};

/// Runs `guest` for some seconds at most, again where that told too little, and proposes its allocators.
///
/// # Errors
/// When there is no run, and of a component.
pub fn find(
    guest: &Guest,
    options: &RunOptions,
    observer: Arc<dyn Observer>,
) -> Result<Trial, PipelineError> {
    let module = || guest.name.clone();
    if is_component(&guest.bytes) {
        return Err(PipelineError::Component { module: module() });
    }
    find_allocators(guest, options, observer)
        .map_err(|source| PipelineError::Record { module: module(), source })
}

/// Why nothing is proposed; `None` where something is.
pub fn why_none(trial: &Trial) -> Option<String> {
    let Trial { proposals, candidates, calls, .. } = trial;
    if !proposals.is_empty() {
        return None;
    }
    let looked = units::things(*candidates as u64, "function");
    Some(match (candidates, calls) {
        (0, _) => "no function has an allocator's type and is called by others".to_owned(),
        (_, 0) => format!("{looked} with an allocator's type, none of which was called"),
        _ => {
            let calls = units::things(*calls, "call");
            format!("no function does what an allocator does: looked at {looked} in {calls}")
        }
    })
}

/// How the run ended where the program did not come to its end; `None` where it did, or was not run. `stopped` says
/// that the user ended it.
pub fn ended_early(trial: &Trial, stopped: bool) -> Option<String> {
    let Trial { outcome, calls, candidates, .. } = trial;
    if *candidates == 0 || outcome.is_success() {
        return None;
    }
    Some(match outcome {
        Outcome::Cancelled if !stopped => format!("{} were enough", units::things(*calls, "call")),
        outcome => outcome.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmscope_instrument::Nobody;

    fn trial(candidates: usize, calls: u64, outcome: Outcome) -> Trial {
        Trial { proposals: Vec::new(), candidates, calls, outcome }
    }

    #[test]
    fn what_is_not_there_has_a_reason() {
        for (candidates, calls, reason) in [
            (0, 0, "no function has an allocator's type and is called by others"),
            (1, 0, "1 function with an allocator's type, none of which was called"),
            (3, 2_000, "no function does what an allocator does: looked at 3 functions in 2,000 calls"),
        ] {
            let trial = trial(candidates, calls, Outcome::Exited { code: 0 });
            assert_eq!(why_none(&trial).as_deref(), Some(reason));
        }
    }

    #[test]
    fn only_what_ran_and_broke_off_ended_early() {
        let limit = Outcome::LimitReached { message: "5 s".into() };
        for (candidates, stopped, outcome, told) in [
            (0, false, Outcome::Unknown, None),
            (2, false, Outcome::Exited { code: 0 }, None),
            (2, false, limit, Some("stopped: 5 s")),
            (2, false, Outcome::Cancelled, Some("9 calls were enough")),
            (2, true, Outcome::Cancelled, Some("cancelled")),
        ] {
            assert_eq!(ended_early(&trial(candidates, 9, outcome), stopped).as_deref(), told);
        }
    }

    #[test]
    fn of_a_component_nothing_is_proposed() {
        let bytes = b"\0asm\x0d\0\x01\0".as_slice().into();
        let guest = Guest { bytes, name: "c.wasm".into(), path: String::new() };
        let error = find(&guest, &RunOptions::default(), Arc::new(Nobody)).unwrap_err().to_string();
        assert!(
            error.starts_with("c.wasm: a component; allocators are looked for in core modules"),
            "{error}"
        );
    }
}
