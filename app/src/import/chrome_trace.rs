//! What Chrome's panel Performance saves: of its events those that hold pieces of CPU profiles.

use super::chrome::{Node, Stacks, add_samples};
use super::draft::Draft;
use super::shapes::{Kind, Loose};
use super::{Candidate, Format, ImportError, json};
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
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
    lines: Vec<u32>,
}

/// What it is called comes behind its arguments, which may be anything in events of other kinds.
#[derive(Deserialize)]
struct Event {
    #[serde(default)]
    name: Loose<String>,
    #[serde(default)]
    pid: Loose<f64>,
    #[serde(default)]
    id: Loose<String>,
    #[serde(default)]
    args: Loose<Args>,
}

/// The name of an event, or of a profile.
impl Kind for String {
    fn of_text(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn of_number(number: f64) -> Option<String> {
        Some(number.to_string())
    }
}

#[derive(Deserialize)]
struct Args {
    #[serde(default)]
    data: Loose<Data>,
}

impl Kind for Args {
    fn of_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Args>, A::Error> {
        Args::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }
}

/// The last piece of a profile tells its end alone.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    #[serde(default)]
    cpu_profile: Option<Loose<Piece>>,
    #[serde(default)]
    time_deltas: Option<Loose<Vec<f64>>>,
    /// By sample, from 1; 0 where they are not known.
    #[serde(default)]
    lines: Option<Loose<Vec<f64>>>,
}

impl Kind for Data {
    fn of_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Data>, A::Error> {
        Data::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }
}

#[derive(Default, Deserialize)]
struct Piece {
    #[serde(default)]
    nodes: Vec<Node>,
    #[serde(default)]
    samples: Vec<i64>,
}

impl Kind for Piece {
    fn of_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Piece>, A::Error> {
        Piece::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }
}

pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Result<(), ImportError> {
    let is_list = bytes.trim_ascii_start().starts_with(b"[");
    let Chunks(profiles) = if is_list {
        json::parse(bytes, Format::ChromeTrace)?
    } else {
        json::parse::<Trace>(bytes, Format::ChromeTrace)?.events
    };
    if profiles.is_empty() {
        return Err(ImportError::NoCpuProfile);
    }
    let all: Vec<_> = profiles.iter().map(candidate).collect();
    let Some(chosen) = super::most(draft, "profile", &all) else { return Ok(()) };
    let Some(profile) = profiles.into_values().nth(chosen) else { return Ok(()) };
    let Profile { nodes, samples, deltas, lines } = profile;
    let stacks = Stacks::of(draft, &nodes)?;
    add_samples(draft, &stacks, &samples, &deltas, &lines)
}

fn candidate(((pid, id), profile): (&(i64, String), &Profile)) -> Candidate {
    let Profile { nodes, samples, .. } = profile;
    let wasm: FxHashSet<i64> = nodes.iter().filter(|node| node.is_wasm()).map(|node| node.id).collect();
    let in_wasm = samples.iter().filter(|node| wasm.contains(node)).count();
    Candidate { name: format!("{id} of process {pid}"), samples: samples.len(), in_wasm }
}

impl Chunks {
    /// What is wrong with a piece goes into the error.
    fn add(&mut self, event: Event) -> Result<(), String> {
        if event.name.0.as_deref() != Some("ProfileChunk") {
            return Ok(());
        }
        let data = event.args.0.and_then(|args| args.data.0).ok_or("it has no data")?;
        let Data { cpu_profile, time_deltas, lines } = data;
        let piece = cpu_profile.map_or(Some(Piece::default()), |piece| piece.0);
        let Piece { nodes, samples } = piece.ok_or("its cpuProfile is none")?;
        let numbers = |column: Option<Loose<Vec<f64>>>| column.map_or(Some(Vec::new()), |column| column.0);
        let deltas = numbers(time_deltas).ok_or("its timeDeltas are no numbers")?;
        let mut lines = numbers(lines).ok_or("its lines are no numbers")?;
        if lines.is_empty() {
            lines.resize(samples.len(), 0.0);
        }
        if samples.len() != deltas.len() || samples.len() != lines.len() {
            let (samples, deltas, lines) = (samples.len(), deltas.len(), lines.len());
            return Err(format!("it has {samples} samples, {deltas} times and {lines} lines"));
        }
        let key = (event.pid.0.unwrap_or(0.0) as i64, event.id.0.unwrap_or_default());
        let profile = self.0.entry(key).or_default();
        profile.nodes.extend(nodes);
        profile.samples.extend(samples);
        profile.deltas.extend(deltas);
        profile.lines.extend(lines.into_iter().map(|line| line as u32));
        Ok(())
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
        for number in 0_u64.. {
            let Some(event) = seq.next_element()? else { break };
            chunks.add(event).map_err(|what| A::Error::custom(format!("event {number}: {what}")))?;
        }
        Ok(chunks)
    }
}
