//! From what the engine says to how the run ended.

use super::Limits;
use super::compiled::Places;
use super::stop::StopReason;
use crate::probes::LiveCall;
use crate::recording::{Outcome, TrapFrame};
use crate::sample::{CompiledFunction, CompiledPlace};
use wasmtime::{Error, FrameInfo, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

/// The innermost frames of a trap that are recorded.
const MAX_TRAP_FRAMES: usize = 4_096;

/// How a run ended that gave `result`. A stop that was asked for explains whatever error it caused.
pub fn outcome(
    result: Result<Vec<String>, Error>,
    is_command: bool,
    stop: Option<StopReason>,
    limits: &Limits,
    places: &Places,
) -> Outcome {
    match (result, stop) {
        (Ok(_), _) if is_command => Outcome::Exited { code: 0 },
        (Ok(values), _) => Outcome::Returned { values },
        (Err(error), _) if is_out_of_fuel(&error) => Outcome::LimitReached { message: fuel_limit(limits) },
        (Err(error), _) if ended_by_itself(&error) => failure(&error, places),
        (Err(_), Some(reason)) => stopped(reason, limits),
        (Err(error), None) => failure(&error, places),
    }
}

/// How a run ended whose guest does not stop, and a sentence about that.
pub fn abandoned(reason: StopReason, limits: &Limits) -> (Outcome, Vec<String>) {
    let note = "the program could not be interrupted and was left behind: what it did last is missing";
    (stopped(reason, limits), vec![note.to_owned()])
}

fn stopped(reason: StopReason, limits: &Limits) -> Outcome {
    match reason {
        StopReason::TimeLimit => Outcome::LimitReached { message: time_limit(limits) },
        StopReason::OutputLimit => Outcome::LimitReached { message: output_limit(limits) },
        StopReason::Cancelled | StopReason::WriteFailed => Outcome::Cancelled,
    }
}

fn is_out_of_fuel(error: &Error) -> bool {
    error.downcast_ref::<Trap>() == Some(&Trap::OutOfFuel)
}

/// Did the guest end in a way that no stop of ours can look like? It may have been faster than the stop.
fn ended_by_itself(error: &Error) -> bool {
    let trap = error.downcast_ref::<Trap>();
    let is_tripwire = trap == Some(&Trap::UnreachableCodeReached);
    error.is::<I32Exit>() || (trap.is_some() && !is_tripwire)
}

/// The calls that went on when the run ended with `result`, outermost first.
pub fn live_calls(result: &Result<Vec<String>, Error>, places: &Places) -> Vec<LiveCall> {
    let frames = result.as_ref().err().into_iter().flat_map(|error| frames(error, places));
    // What ended at its function's first byte ended in our code there, before it was counted as entered.
    let is_entered = |call: &LiveCall| {
        let body = places.index.function(call.func).and_then(|function| function.body.as_ref());
        body.is_none_or(|body| body.start != call.at)
    };
    let live = frames.filter_map(|frame| Some(LiveCall { func: frame.func, at: frame.offset? }));
    let mut live: Vec<_> = live.filter(is_entered).collect();
    live.reverse();
    live
}

fn time_limit(limits: &Limits) -> String {
    let seconds = limits.time.unwrap_or_default().as_secs_f64();
    format!("the time limit of {seconds} s was reached")
}

fn output_limit(limits: &Limits) -> String {
    format!("the program wrote more than the {} bytes that it may", limits.output_bytes.unwrap_or_default())
}

fn fuel_limit(limits: &Limits) -> String {
    format!("the fuel of {} instructions was used up", limits.fuel.unwrap_or_default())
}

fn failure(error: &Error, places: &Places) -> Outcome {
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Outcome::Exited { code: exit.0 };
    }
    let frames = frames(error, places).take(MAX_TRAP_FRAMES).collect();
    Outcome::Trapped { message: message(error), frames }
}

fn message(error: &Error) -> String {
    match error.downcast_ref::<Trap>() {
        Some(trap) => trap.to_string().trim_start_matches("wasm trap: ").to_owned(),
        None => error.root_cause().to_string(),
    }
}

/// Innermost first.
fn frames(error: &Error, places: &Places) -> impl Iterator<Item = TrapFrame> {
    let trace = error.downcast_ref::<WasmBacktrace>();
    let frames = trace.into_iter().flat_map(WasmBacktrace::frames).filter(|frame| places.has(frame));
    frames.filter_map(|frame| trap_frame(frame, places))
}

/// Frames of functions that we added are no frames of the guest's.
fn trap_frame(frame: &FrameInfo, places: &Places) -> Option<TrapFrame> {
    let func = places.function(CompiledFunction::of_frame(frame))?;
    Some(TrapFrame { func, offset: CompiledPlace::of_frame(frame).and_then(|place| places.original(place)) })
}
