//! How a run ended.

use super::super::table::clean;
use super::paths::file_name;
use crate::export::FunctionJson;
use crate::profile::Profile;
use crate::units::exact;
use serde::Serialize;
use std::fmt::Write;
use wasmscope_instrument::recording::{Outcome, TrapFrame};
use wasmscope_symbolize::Group;

/// An outcome in JSON: fields that don't apply are null.
#[derive(Serialize)]
pub(super) struct OutcomeJson {
    kind: &'static str,
    success: bool,
    message: String,
    exit_code: Option<i32>,
    values: Option<Vec<String>>,
    /// Innermost first, each with the place that it was at.
    trap_path: Option<Vec<FunctionJson>>,
}

pub(super) fn json(profile: &Profile) -> OutcomeJson {
    let outcome = &profile.recording().outcome;
    let (mut exit_code, mut values, mut trap_path) = (None, None, None);
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
            trap_path = Some(frames.iter().flat_map(|frame| functions_at(profile, frame)).collect());
            "trapped"
        }
        Outcome::LimitReached { .. } => "limit",
        Outcome::Cancelled => "cancelled",
        Outcome::NotRun => "not-run",
    };
    let (success, message) = (outcome.is_success(), outcome.to_string());
    OutcomeJson { kind, success, message, exit_code, values, trap_path }
}

/// The outcome and how long the run was, and where a trap was, a line each.
pub(super) fn text(profile: &Profile, ran: &str) -> String {
    let outcome = &profile.recording().outcome;
    if let Some(foreign) = profile.foreign() {
        return format!("imported from {}, {ran} long\n", clean(&foreign.origin));
    }
    let mut text = format!("{}, ran {ran}\n", clean(&outcome.to_string()));
    let Outcome::Trapped { frames, .. } = outcome else { return text };
    let (inner, rest) = frames.split_at(frames.len().min(TRAP_FRAMES));
    // The outermost ones tell where it began; between them a recursion repeats itself.
    let (left_out, outer) = rest.split_at(rest.len().saturating_sub(OUTERMOST_FRAMES));
    for frame in inner {
        write_functions(&mut text, &functions_at(profile, frame));
    }
    if !left_out.is_empty() {
        let _ = writeln!(text, "  ... {} more (all of them with --json)", exact(left_out.len() as u64));
    }
    for frame in outer {
        write_functions(&mut text, &functions_at(profile, frame));
    }
    text
}

/// Frames of a trap that are shown, at the inner and at the outer end.
const TRAP_FRAMES: usize = 20;
const OUTERMOST_FRAMES: usize = 5;

fn write_functions(text: &mut String, functions: &[FunctionJson]) {
    for function in functions {
        // Writing to a string can't fail.
        let _ = match (&function.file, function.line) {
            (Some(file), Some(line)) => {
                writeln!(text, "  in {} ({}:{line})", clean(&function.name), clean(file_name(file)))
            }
            _ => writeln!(text, "  in {}", clean(&function.name)),
        };
    }
}

/// The function of a frame, with what was inlined into it, innermost first.
fn functions_at(profile: &Profile, frame: &TrapFrame) -> Vec<FunctionJson> {
    let symbols = profile.symbols();
    let frames = frame.offset.map(|offset| symbols.frames(offset)).unwrap_or_default();
    if frames.is_empty() {
        return vec![FunctionJson {
            index: Some(frame.func.0),
            kind: "wasm",
            name: symbols.name(frame.func).name.full.to_string(),
            group: symbols.group(frame.func).as_ref().map(Group::to_string),
            file: None,
            line: None,
        }];
    }
    let functions = frames.iter().map(|inner| FunctionJson {
        index: (!inner.inlined).then_some(frame.func.0),
        kind: if inner.inlined { "inlined" } else { "wasm" },
        name: inner.name.full.to_string(),
        group: inner.group_or_file().as_ref().map(Group::to_string),
        file: inner.location.as_ref().map(|place| place.file.to_string()),
        line: inner.location.as_ref().map(|place| place.line),
    });
    functions.collect()
}
