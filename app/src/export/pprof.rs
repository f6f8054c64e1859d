//! Profiles for pprof and what else reads its files: `profile.proto` of the pprof project, compressed by gzip.

use super::known_name;
use super::numbers::Numbers;
use super::proto::Message;
use crate::analysis::{CallTreeQuery, MergeBy, Metric, NodeId, Stacks, Unit, stacks};
use crate::profile::{FrameId, FrameKind, LineId, Profile};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::io::Write;
use wasmscope_symbolize::SymbolFileNames;

/// The number of the one mapping, the module. Host and engine are in none.
const MODULE: u64 = 1;

/// All metrics that can be told of the same time, as values of the same samples; `query`'s is the one to be shown first.
pub(super) fn pprof(profile: &Profile, query: &CallTreeQuery) -> Vec<u8> {
    let created = profile.recording().meta.created_unix_millis;
    written(profile, query, &stacks(profile, query, MergeBy::Line), created)
}

/// The file that [`Format::Pprof`](super::Format::Pprof) is, of a run that began at `created_unix_millis`, with
/// `query`'s metric alone or with all.
pub fn pprof_at(
    profile: &Profile,
    query: &CallTreeQuery,
    created_unix_millis: u64,
    in_one_metric: bool,
) -> Vec<u8> {
    let stacks = stacks(profile, query, MergeBy::Line);
    let stacks = if in_one_metric { stacks.in_one_metric() } else { stacks };
    written(profile, query, &stacks, created_unix_millis)
}

fn written(profile: &Profile, query: &CallTreeQuery, stacks: &Stacks, created_unix_millis: u64) -> Vec<u8> {
    let mut file = File::of(profile);
    file.metrics(stacks);
    file.samples(stacks);
    file.mapping();
    file.locations();
    file.functions();
    file.run(query, stacks, created_unix_millis);
    file.finish()
}

/// Why nothing fails here.
const TAKES_ALL: &str = "a vector takes all bytes";

/// A function at a line, and the number of the location that it is inlined into, if it is.
type Place = (Option<u32>, FrameId, LineId);

/// The message `Profile` as it grows, packed field by field, and what is referred to in it by number.
struct File<'a> {
    profile: &'a Profile,
    gzip: GzEncoder<Vec<u8>>,
    texts: Numbers<Cow<'a, str>>,
    /// By the file of the code in them, since a line has none of its own.
    functions: Numbers<(FrameId, Option<&'a str>)>,
    places: Numbers<Place>,
}

impl<'a> File<'a> {
    fn of(profile: &'a Profile) -> Self {
        let gzip = GzEncoder::new(Vec::new(), Compression::default());
        let (functions, places) = Default::default();
        let mut texts = Numbers::default();
        texts.of(Cow::Borrowed(""));
        File { profile, gzip, texts, functions, places }
    }

    /// Writes what `write` puts into a message.
    fn put(&mut self, write: impl FnOnce(&mut Message)) {
        let mut fields = Message::default();
        write(&mut fields);
        self.gzip.write_all(fields.encoded()).expect(TAKES_ALL);
    }

    fn text(&mut self, text: impl Into<Cow<'a, str>>) -> u64 {
        u64::from(self.texts.of(text.into()))
    }

    fn value_type(&mut self, metric: Metric) -> Message {
        let mut message = Message::default();
        message.number(1, self.text(name(metric)));
        message.number(2, self.text(unit(metric)));
        message
    }

    /// `sample_type`.
    fn metrics(&mut self, stacks: &Stacks) {
        for (metric, _) in stacks.weights() {
            let value_type = self.value_type(*metric);
            self.put(|file| file.message(1, &value_type));
        }
    }

    /// `sample`: one for each call path that weighs anything.
    fn samples(&mut self, stacks: &Stacks) {
        let mut locations = vec![0];
        for node in stacks.nodes() {
            let place = place(self.profile, stacks, node, &locations);
            locations.push(self.places.of(place));
            let weights = stacks.weights().iter().map(|(_, weights)| weights[node.index()]);
            if weights.clone().all(|weight| weight == 0) {
                continue;
            }
            let mut sample = Message::default();
            let called = self.called_through(stacks, &locations, node);
            sample.numbers(1, called.map(|node| u64::from(locations[node.index()]) + 1));
            sample.numbers(2, weights.map(|weight| weight.min(i64::MAX as u64)));
            self.put(|file| file.message(2, &sample));
        }
    }

    /// The innermost node of each location that `node` is in, its own first: a location tells of all that is inlined
    /// into its function.
    fn called_through(
        &self,
        stacks: &Stacks,
        locations: &[u32],
        node: NodeId,
    ) -> impl Iterator<Item = NodeId> {
        let is_inlined = |node: &NodeId| self.places.values()[locations[node.index()] as usize].0.is_some();
        let caller = move |node: &NodeId| {
            let outermost = stacks.up(*node).find(|node| !is_inlined(node))?;
            Some(stacks.parent(outermost)).filter(|caller| *caller != NodeId::ROOT)
        };
        std::iter::successors(Some(node), caller)
    }

    /// `mapping`: the module.
    fn mapping(&mut self) {
        let recording = self.profile.recording();
        let mut mapping = Message::default();
        mapping.number(1, MODULE);
        mapping.number(3, recording.module.len() as u64);
        mapping.number(5, self.text(&*recording.meta.module_name));
        if let Some(build_id) = build_id(self.profile) {
            mapping.number(6, self.text(build_id));
        }
        // Functions, files, lines and inlined frames are known: nobody needs to look for them.
        (7..=10).for_each(|field| mapping.number(field, 1));
        self.put(|file| file.message(3, &mapping));
    }

    /// `location`: its lines tell of what is inlined first.
    fn locations(&mut self) {
        for number in 0..self.places.values().len() {
            let mut location = Message::default();
            location.number(1, number as u64 + 1);
            let mut next = Some(number as u32);
            let mut outermost = FrameId::ROOT;
            let mut lines = Vec::new();
            while let Some((outer, frame, line)) =
                next.and_then(|at| self.places.values().get(at as usize)).copied()
            {
                lines.push(self.line(frame, line));
                (next, outermost) = (outer, frame);
            }
            let kind = self.profile.frames().get(outermost).kind;
            location.number(2, if matches!(kind, FrameKind::Wasm(_)) { MODULE } else { 0 });
            lines.iter().for_each(|line| location.message(4, line));
            self.put(|file| file.message(4, &location));
        }
    }

    fn line(&mut self, frame: FrameId, line: LineId) -> Message {
        let place = self.profile.lines().get(line);
        let file = place.map(|place| &*place.file).or(self.profile.frames().get(frame).file.as_deref());
        let mut message = Message::default();
        message.number(1, u64::from(self.functions.of((frame, file))) + 1);
        message.number(2, place.map_or(0, |place| u64::from(place.line)));
        message
    }

    /// `function`.
    fn functions(&mut self) {
        for number in 0..self.functions.values().len() {
            let (frame, file) = self.functions.values()[number];
            let info = self.profile.frames().get(frame);
            let mut function = Message::default();
            function.number(1, number as u64 + 1);
            function.number(2, self.text(known_name(self.profile, frame)));
            function.number(3, self.raw_name(info.kind));
            function.number(4, self.text(file.unwrap_or("")));
            let declared = info.line.filter(|_| info.file.as_deref() == file);
            function.number(5, u64::from(declared.unwrap_or(0)));
            self.put(|file| file.message(5, &function));
        }
    }

    /// The name as the module has it. Where none is told that differs from the other one, pprof takes that for a name
    /// to be demangled, and `<T>::f` for `::f`.
    fn raw_name(&mut self, kind: FrameKind) -> u64 {
        let FrameKind::Wasm(func) = kind else { return 0 };
        let name = self.profile.symbols().name(func);
        if name.raw == name.name.full { 0 } else { self.text(&*name.raw) }
    }

    /// When and how long it was, and what is shown first.
    fn run(&mut self, query: &CallTreeQuery, stacks: &Stacks, created_unix_millis: u64) {
        let meta = &self.profile.recording().meta;
        let all = 0..self.profile.duration_nanos();
        let time = query.time.clone().unwrap_or(all.clone());
        let begun = created_unix_millis.saturating_mul(1_000_000).saturating_add(time.start);
        let nanos = time.end.min(all.end).saturating_sub(time.start);
        let first = stacks.weights().first().map_or(query.metric, |(metric, _)| *metric);
        // What is counted rather than sampled is told one by one. Some servers break where no period is told.
        let (of, period) = match meta.rate_hz {
            0 => (first, 1),
            rate => (Metric::Time, 1_000_000_000 / u64::from(rate)),
        };
        let period_type = self.value_type(of);
        let (comment, first) = (self.text(&*meta.recorded_by), self.text(name(first)));
        self.put(|file| {
            file.number(9, begun.min(i64::MAX as u64));
            file.number(10, nanos.min(i64::MAX as u64));
            file.message(11, &period_type);
            file.number(12, period);
            file.numbers(13, [comment].into_iter());
            file.number(14, first);
        });
    }

    /// The file, with `string_table`.
    fn finish(mut self) -> Vec<u8> {
        for text in std::mem::take(&mut self.texts).values() {
            self.put(|file| file.bytes(6, text.as_bytes()));
        }
        self.gzip.finish().expect(TAKES_ALL)
    }
}

/// The place of `node`, whose callers have the numbers `locations`.
fn place(profile: &Profile, stacks: &Stacks, node: NodeId, locations: &[u32]) -> Place {
    let (caller, frame) = (stacks.parent(node), stacks.frame(node));
    let is_inlined = profile.frames().get(frame).kind == FrameKind::Inlined && caller != NodeId::ROOT;
    let outer = locations.get(caller.index()).copied().filter(|_| is_inlined);
    (outer, frame, stacks.line(node))
}

/// Spelt as pprof's own are, such as `alloc_space`: servers make parts of queries of it, where a hyphen is a minus.
fn name(metric: Metric) -> String {
    metric.name().replace('-', "_")
}

const fn unit(metric: Metric) -> &'static str {
    match metric.unit() {
        Unit::Nanos => "nanoseconds",
        Unit::Bytes => "bytes",
        Unit::Pages | Unit::Calls | Unit::Blocks | Unit::Instructions => "count",
    }
}

/// What the module says of its build, or else a hash of it, in hexadecimal; `None` where the module isn't known.
pub fn build_id(profile: &Profile) -> Option<String> {
    let module = &profile.recording().module;
    if module.is_empty() {
        return None;
    }
    let own = SymbolFileNames::of(module, profile.symbols().module()).build_id;
    let bytes = own.unwrap_or_else(|| Sha256::digest(module).as_slice()[..20].into());
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
