//! What Chrome's panel Performance saves: of its events those that hold pieces of CPU profiles.

use super::chrome::{Node, add_samples, stacks};
use super::draft::Draft;
use super::{Candidate, Format, ImportError, json};
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

#[derive(Deserialize)]
struct Trace {
    #[serde(rename = "traceEvents", default)]
    events: Chunks,
}

/// The pieces, by process and profile.
#[derive(Default)]
struct Chunks(BTreeMap<(i64, String), Profile>);

#[derive(Default)]
struct Profile {
    nodes: Vec<Node>,
    samples: Vec<i64>,
    deltas: Vec<f64>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    name: String,
    #[serde(default)]
    pid: Option<i64>,
    #[serde(default)]
    id: Option<serde_json::Value>,
    #[serde(default)]
    args: Option<Args>,
}

/// Events of other kinds have whatever they like here.
#[derive(Deserialize)]
#[serde(untagged)]
enum Args {
    Chunk { data: Data },
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    cpu_profile: Piece,
    #[serde(default)]
    time_deltas: Vec<f64>,
}

#[derive(Deserialize)]
struct Piece {
    #[serde(default)]
    nodes: Vec<Node>,
    #[serde(default)]
    samples: Vec<i64>,
}

pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Result<(), ImportError> {
    let is_list = bytes.trim_ascii_start().starts_with(b"[");
    let Chunks(profiles) = if is_list {
        json::parse(bytes, Format::ChromeTrace)?
    } else {
        json::parse::<Trace>(bytes, Format::ChromeTrace)?.events
    };
    let all: Vec<_> = profiles.iter().map(candidate).collect();
    let Some(chosen) = super::most(draft, "profile", &all) else { return Ok(()) };
    let Some(Profile { nodes, samples, deltas }) = profiles.into_values().nth(chosen) else { return Ok(()) };
    let stacks = stacks(draft, &nodes)?;
    add_samples(draft, &stacks, &samples, &deltas)
}

fn candidate(((pid, id), profile): (&(i64, String), &Profile)) -> Candidate {
    let Profile { nodes, samples, .. } = profile;
    let wasm: FxHashSet<i64> = nodes.iter().filter(|node| node.is_wasm()).map(|node| node.id).collect();
    let in_wasm = samples.iter().filter(|node| wasm.contains(node)).count();
    Candidate { name: format!("{id} of process {pid}"), samples: samples.len(), in_wasm }
}

impl Chunks {
    fn add(&mut self, event: Event) {
        let Event { name, pid, id, args: Some(Args::Chunk { data }) } = event else { return };
        if name != "ProfileChunk" {
            return;
        }
        let id = id.map_or(String::new(), |id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        let Data { cpu_profile: Piece { nodes, samples }, time_deltas } = data;
        let profile = self.0.entry((pid.unwrap_or(0), id)).or_default();
        profile.nodes.extend(nodes);
        profile.samples.extend(samples);
        profile.deltas.extend(time_deltas);
    }
}

impl<'de> Deserialize<'de> for Chunks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Chunks, D::Error> {
        deserializer.deserialize_seq(ChunksVisitor)
    }
}

struct ChunksVisitor;

/// Keeps of millions of events those few that matter.
impl<'de> Visitor<'de> for ChunksVisitor {
    type Value = Chunks;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Chunks, A::Error> {
        let mut chunks = Chunks::default();
        while let Some(event) = seq.next_element()? {
            chunks.add(event);
        }
        Ok(chunks)
    }
}
