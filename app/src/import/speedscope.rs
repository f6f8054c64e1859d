//! speedscope's own files: samples, or events of functions that are entered and left.

use super::draft::{Draft, Function, PlaceId};
use super::shapes::{Few, Lists};
use super::wasm::wasm_name;
use super::{Candidate, Format, ImportError, NO_UNIT, json, most};
use crate::units;
use serde::Deserialize;
use wasmscope_instrument::recording::{Quantity, StackId};

#[derive(Deserialize)]
struct File {
    shared: Shared,
    profiles: Few<Profile>,
}

#[derive(Deserialize)]
struct Shared {
    frames: Vec<Frame>,
}

#[derive(Deserialize)]
struct Frame {
    name: String,
    #[serde(default)]
    file: Option<String>,
    #[serde(default)]
    line: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    #[serde(default)]
    name: String,
    #[serde(default)]
    unit: Unit,
    #[serde(default)]
    start_value: f64,
    #[serde(default)]
    end_value: f64,
    /// By sample: rows of the frames, the outermost first.
    #[serde(default)]
    samples: Lists,
    #[serde(default)]
    weights: Vec<f64>,
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Unit {
    #[default]
    None,
    Nanoseconds,
    Microseconds,
    Milliseconds,
    Seconds,
    Bytes,
}

#[derive(Clone, Copy, Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: EventKind,
    frame: usize,
    at: f64,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
enum EventKind {
    #[serde(rename = "O")]
    Open,
    #[serde(rename = "C")]
    Close,
}

impl Unit {
    /// What one of it is in nanoseconds; 1 where it is no time.
    fn nanos(self) -> f64 {
        match self {
            Unit::None | Unit::Bytes | Unit::Nanoseconds => 1.0,
            Unit::Microseconds => 1e3,
            Unit::Milliseconds => 1e6,
            Unit::Seconds => 1e9,
        }
    }
}

pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Result<(), ImportError> {
    let File { shared: Shared { frames }, profiles: Few(profiles) } = json::parse(bytes, Format::Speedscope)?;
    let file = |frame: &Frame| frame.file.clone().unwrap_or_default();
    let is_wasm: Vec<bool> =
        frames.iter().map(|frame| wasm_name(&frame.name, &file(frame)).is_wasm).collect();
    let places: Vec<PlaceId> = frames.iter().map(|frame| place(draft, frame)).collect::<Result<_, _>>()?;
    let (bytes, times): (Vec<_>, Vec<_>) = profiles.iter().partition(|profile| profile.unit == Unit::Bytes);
    for profiles in [times, bytes] {
        let all: Vec<_> = profiles.iter().map(|profile| candidate(profile, &is_wasm)).collect();
        let Some(profile) = most(draft, "profile", &all).and_then(|at| profiles.get(at)) else { continue };
        let mut reader = Reader { draft, places: &places, profile, nanos: 0.0 };
        if profile.events.is_empty() {
            reader.samples()?
        } else {
            reader.events()?
        }
        if profile.unit == Unit::None {
            draft.warn(NO_UNIT.to_owned());
        }
    }
    Ok(())
}

/// `is_wasm`: by frame.
fn candidate(profile: &Profile, is_wasm: &[bool]) -> Candidate {
    let Profile { name, samples, events, .. } = profile;
    let is_in_wasm = |frame: usize| is_wasm.get(frame).copied().unwrap_or(false);
    let sampled = samples.iter().filter_map(|sample| sample.last()).map(|frame| *frame as usize);
    let entered = events.iter().map(|event| event.frame);
    let in_wasm = sampled.chain(entered).filter(|frame| is_in_wasm(*frame)).count();
    Candidate { name: name.clone(), samples: samples.len() + events.len(), in_wasm }
}

fn place(draft: &mut Draft, frame: &Frame) -> Result<PlaceId, ImportError> {
    let Frame { name, file, line } = frame;
    let file = file.as_deref().unwrap_or_default();
    let function = draft.function(Function { name, file, ..Function::default() })?;
    Ok(draft.place(function, line.unwrap_or(0.0) as u32, None, None))
}

struct Reader<'a> {
    draft: &'a mut Draft,
    places: &'a [PlaceId],
    profile: &'a Profile,
    /// How much time is over.
    nanos: f64,
}

impl Reader<'_> {
    fn samples(&mut self) -> Result<(), ImportError> {
        let Profile { name, samples, weights, .. } = self.profile;
        if samples.len() != weights.len() {
            let (samples, weights) = (samples.len(), weights.len());
            let what = format!("the profile {name} has {samples} samples and {weights} weights");
            return Err(self.draft.damaged(what));
        }
        for (number, (sample, weight)) in samples.iter().zip(weights).enumerate() {
            let mut stack = None;
            for frame in sample {
                stack = Some(self.inside(stack, *frame as usize, || format!("sample {number}"))?);
            }
            self.add(stack, *weight)?;
        }
        Ok(())
    }

    fn events(&mut self) -> Result<(), ImportError> {
        let mut open: Vec<(usize, StackId)> = Vec::new();
        let mut last = self.profile.start_value;
        for (number, Event { kind, frame, at }) in self.profile.events.iter().copied().enumerate() {
            let innermost = open.last().map(|(_, stack)| *stack);
            if at < last {
                return Err(self
                    .draft
                    .damaged(format!("event {number} comes before the one in front of it")));
            }
            if at > last {
                self.add(innermost, at - last)?;
                last = at;
            }
            if kind == EventKind::Open {
                open.push((frame, self.inside(innermost, frame, || format!("event {number}"))?));
            } else if open.pop().is_none_or(|(opened, _)| opened != frame) {
                let what = format!("event {number} leaves frame {frame}, which is not the innermost");
                return Err(self.draft.damaged(what));
            }
        }
        if let Some((_, innermost)) = open.last() {
            // The recording was over before they were.
            let Profile { name, end_value, .. } = self.profile;
            let functions = units::counted(open.len(), "function");
            let ends = "the profile's end is taken for theirs";
            self.draft.warn(format!("the profile {name} does not tell when {functions} returned; {ends}"));
            if *end_value > last {
                self.add(Some(*innermost), end_value - last)?;
            }
        }
        Ok(())
    }

    fn inside(
        &mut self,
        outer: Option<StackId>,
        frame: usize,
        whose: impl FnOnce() -> String,
    ) -> Result<StackId, ImportError> {
        match self.places.get(frame) {
            Some(place) => self.draft.stack(outer, *place),
            None => Err(self.draft.damaged(format!("{} names frame {frame}, which is not there", whose()))),
        }
    }

    fn add(&mut self, stack: Option<StackId>, weight: f64) -> Result<(), ImportError> {
        if self.profile.unit == Unit::Bytes {
            return self.draft.sum(Quantity::AllocatedBytes, stack, weight.round() as u64);
        }
        // The whole is what is rounded, so that errors don't add up.
        let before = self.nanos;
        self.nanos += weight.max(0.0) * self.profile.unit.nanos();
        let (time, before) = (self.nanos.round() as u64, before.round() as u64);
        self.draft.sample(time, stack, time - before)
    }
}
