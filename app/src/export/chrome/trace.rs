//! The text of a trace. What begins or ends is written in a form of its own, which is made once for each name: there are
//! tens of millions of such events in a long recording.

use super::super::in_time::{Edge, Step};
use super::super::{json_into, json_text};
use super::{PID, Track};
use serde::Serialize;

/// A trace as it grows.
pub(super) struct Trace(Vec<u8>);

/// What has a name on a track: its events up to their time.
pub(super) struct Named<'a> {
    name: &'a str,
    begins: String,
    ends: String,
    happens: String,
}

impl<'a> Named<'a> {
    /// `kind` is a word to tell it from others by.
    pub(super) fn new(track: Track, name: &'a str, kind: &str) -> Named<'a> {
        let (tid, word, kind) = (track as u32, json_text(&name), json_text(&kind));
        let event = |phase: &str| format!(r#"{{"name":{word},{phase},"pid":{PID},"tid":{tid},"ts":"#);
        Named {
            name,
            begins: event(&format!(r#""cat":{kind},"ph":"B""#)),
            // Some readers ask for the name also where it ends.
            ends: event(r#""ph":"E""#),
            happens: event(&format!(r#""cat":{kind},"ph":"i","s":"t""#)),
        }
    }
}

impl Trace {
    pub(super) fn new() -> Trace {
        Trace(br#"{"displayTimeUnit":"ns","traceEvents":["#.to_vec())
    }

    /// The file.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"]}\n");
        self.0
    }

    /// An event of any kind.
    pub(super) fn event(&mut self, event: &impl Serialize) {
        self.next();
        json_into(&mut self.0, event);
    }

    /// Something that takes no time.
    pub(super) fn moment(&mut self, named: &Named<'_>, nanos: u64) {
        self.timed(&named.happens, nanos);
        self.0.push(b'}');
    }

    /// What begins or ends.
    ///
    /// speedscope takes what begins before what ends at the same moment where both look the same, and gets lost if other
    /// frames lie between them. An argument that says nothing makes the end look different.
    pub(super) fn step(&mut self, step: Step<&Named<'_>>) {
        let Step { nanos, of, edge } = step;
        match edge {
            Edge::Begins => self.timed(&of.begins, nanos),
            Edge::Ends { then } => {
                self.timed(&of.ends, nanos);
                if then.is_some_and(|then| then.name == of.name) {
                    self.0.extend_from_slice(br#","args":{}"#);
                }
            }
        }
        self.0.push(b'}');
    }

    fn next(&mut self) {
        if self.0.last() != Some(&b'[') {
            self.0.push(b',');
        }
    }

    /// Microseconds to the nanosecond: what happens at the same moment has the same digits, so that readers, whatever
    /// they make of fractions, take both for the same.
    fn timed(&mut self, begun: &str, nanos: u64) {
        self.next();
        self.0.extend_from_slice(begun.as_bytes());
        json_into(&mut self.0, &(nanos / 1_000));
        let digit = |value: u64| b'0' + (value % 10) as u8;
        self.0.extend_from_slice(&[b'.', digit(nanos / 100), digit(nanos / 10), digit(nanos)]);
    }
}
