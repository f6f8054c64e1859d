//! Firefox Profiler's processed profiles: tables that point into each other. Markers are left out.

use super::draft::{Draft, Function, PlaceId};
use super::firefox_json::{
    FrameTable, FuncTable, Lib, Profile, Samples, StackTable, Strings, Tables, Thread,
};
use super::wasm::{is_module, wasm_name};
use super::{Candidate, Format, ImportError, json, most};
use wasmscope_instrument::recording::StackId;

const NANOS_PER_MILLI: f64 = 1e6;
/// Where a profile does not tell how often it took samples: Firefox's own pace.
const USUAL_INTERVAL_MILLIS: f64 = 1.0;

pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Result<(), ImportError> {
    let Profile { meta, libs, shared, threads } = json::parse(bytes, Format::Firefox)?;
    if meta.preprocessed_profile_version.is_none() {
        let what = "Firefox itself wrote it; open it in the Firefox Profiler and save it from there";
        return Err(draft.damaged(what.to_owned()));
    }
    draft.created_unix_millis = meta.start_time as u64;
    let all: Vec<_> = threads.iter().map(|thread| candidate(thread, &shared, &libs)).collect();
    let Some(thread) = most(draft, "thread", &all).and_then(|at| threads.get(at)) else { return Ok(()) };
    let tables = InUse::of(thread, &shared, &libs)
        .ok_or_else(|| draft.damaged(format!("a table of the thread {} is missing", thread.name)))?;
    let stacks = Stacks::read(draft, &tables)?;
    let interval = Some(meta.interval).filter(|millis| *millis > 0.0).unwrap_or(USUAL_INTERVAL_MILLIS);
    add_samples(draft, &thread.samples, &stacks, interval)
}

/// Samples without a stack are those of a thread that slept.
fn candidate(thread: &Thread, shared: &Tables, libs: &[Lib]) -> Candidate {
    let seen = || thread.samples.stack.iter().flatten();
    let tables = InUse::of(thread, shared, libs);
    let in_wasm = tables.map_or(0, |tables| {
        let functions = (0..tables.functions.name.len() as u32).map(|func| tables.is_wasm(func));
        let functions: Vec<bool> = functions.collect();
        let is_in_wasm = |stack: &&u32| {
            let frame = tables.stacks.frame.get(**stack as usize);
            let func = frame.and_then(|frame| tables.frames.func.get(*frame as usize));
            func.and_then(|func| functions.get(*func as usize)).copied().unwrap_or(false)
        };
        seen().filter(is_in_wasm).count()
    });
    Candidate { name: thread.name.clone(), samples: seen().count(), in_wasm }
}

/// The tables of one thread.
struct InUse<'a> {
    stacks: &'a StackTable,
    frames: &'a FrameTable,
    functions: &'a FuncTable,
    strings: &'a Strings,
    thread: &'a Tables,
    shared: &'a Tables,
    libs: &'a [Lib],
}

impl<'a> InUse<'a> {
    fn of(thread: &'a Thread, shared: &'a Tables, libs: &'a [Lib]) -> Option<InUse<'a>> {
        let own = &thread.tables;
        Some(InUse {
            stacks: own.stack_table.as_ref().or(shared.stack_table.as_ref())?,
            frames: own.frame_table.as_ref().or(shared.frame_table.as_ref())?,
            functions: own.func_table.as_ref().or(shared.func_table.as_ref())?,
            strings: own.string_array.as_ref().or(shared.string_array.as_ref())?,
            thread: own,
            shared,
            libs: if libs.is_empty() { &thread.libs } else { libs },
        })
    }

    fn function(&self, func: u32) -> Option<Function<'a>> {
        let (row, FuncTable { name, file_name, source, line_number, .. }) = (func as usize, self.functions);
        let source = || self.source(cell(source, row)?);
        let file = cell(file_name, row).or_else(source).and_then(|file| self.strings.get(file));
        Some(Function {
            name: self.strings.get(*name.get(row)?)?,
            file: file.unwrap_or_default(),
            line: cell(line_number, row).unwrap_or(0),
            is_wasm: self.lib(row).is_some_and(|lib| is_module(&lib.name)),
        })
    }

    fn is_wasm(&self, func: u32) -> bool {
        self.function(func)
            .is_some_and(|function| function.is_wasm || wasm_name(function.name, function.file).is_wasm)
    }

    fn source(&self, row: u32) -> Option<u32> {
        let sources = self.thread.sources.as_ref().or(self.shared.sources.as_ref())?;
        sources.filename.get(row as usize).copied()
    }

    /// The library that a function is in.
    fn lib(&self, func: usize) -> Option<&Lib> {
        let resources = self.thread.resource_table.as_ref().or(self.shared.resource_table.as_ref())?;
        let resource = usize::try_from(cell(&self.functions.resource, func)?).ok()?;
        let lib = usize::try_from(cell(&resources.lib, resource)?).ok()?;
        self.libs.get(lib)
    }
}

fn cell<T: Copy>(column: &[Option<T>], row: usize) -> Option<T> {
    column.get(row).copied().flatten()
}

/// By row of the stack table: the stack, and its innermost place.
struct Stacks(Vec<(StackId, PlaceId)>);

impl Stacks {
    fn read(draft: &mut Draft, tables: &InUse<'_>) -> Result<Stacks, ImportError> {
        let StackTable { prefix, frame } = tables.stacks;
        let mut stacks: Vec<(StackId, PlaceId)> = Vec::with_capacity(frame.len());
        for (row, frame) in frame.iter().enumerate() {
            let outer = match prefix.get(row).copied().flatten() {
                None => None,
                Some(outer) => Some(*stacks.get(outer as usize).ok_or_else(|| {
                    draft.damaged(format!(
                        "stack {row} is called by stack {outer}, which is not in front of it"
                    ))
                })?),
            };
            let added = Stacks::inside(draft, tables, outer, *frame)?;
            let missing =
                || draft.damaged(format!("frame {frame} of stack {row}, or its function, is not there"));
            stacks.push(added.ok_or_else(missing)?);
        }
        Ok(Stacks(stacks))
    }

    fn inside(
        draft: &mut Draft,
        tables: &InUse<'_>,
        outer: Option<(StackId, PlaceId)>,
        frame: u32,
    ) -> Result<Option<(StackId, PlaceId)>, ImportError> {
        let (row, FrameTable { func, inline_depth, line, .. }) = (frame as usize, tables.frames);
        let function = func.get(row).and_then(|func| tables.function(*func));
        let Some(function) = function.map(|function| draft.function(function)) else { return Ok(None) };
        let inlined_at = outer.filter(|_| cell(inline_depth, row).is_some_and(|depth| depth > 0));
        let place =
            draft.place(function, cell(line, row).unwrap_or(0), None, inlined_at.map(|(_, place)| place));
        let parent = match inlined_at {
            Some((stack, _)) => draft.parent(stack),
            None => outer.map(|(stack, _)| stack),
        };
        Ok(Some((draft.stack(parent, place)?, place)))
    }
}

fn add_samples(
    draft: &mut Draft,
    samples: &Samples,
    stacks: &Stacks,
    interval: f64,
) -> Result<(), ImportError> {
    let Samples { stack, time, time_deltas, weight, weight_type } = samples;
    let each = match weight_type.as_deref() {
        Some("tracing-ms") => 1.0,
        _ => interval,
    };
    let mut millis = 0.0;
    let mut last_nanos = 0;
    let first = time.as_ref().and_then(|time| time.first()).copied().unwrap_or(0.0).min(0.0);
    for (row, stack) in stack.iter().enumerate() {
        millis = match (time, time_deltas) {
            (Some(time), _) => time.get(row).map_or(millis, |time| time - first),
            (None, Some(deltas)) => millis + deltas.get(row).unwrap_or(&0.0),
            (None, None) => millis + interval,
        };
        let Some(stack) = stack else { continue };
        let Some((id, _)) = stacks.0.get(*stack as usize) else {
            return Err(draft.damaged(format!("sample {row} is of stack {stack}, which is not there")));
        };
        let weight = weight.as_ref().and_then(|weight| weight.get(row)).unwrap_or(&1.0);
        let nanos = |millis: f64| (millis * NANOS_PER_MILLI).round() as u64;
        last_nanos = nanos(millis).max(last_nanos);
        draft.sample(last_nanos, Some(*id), nanos(weight.max(0.0) * each))?;
    }
    Ok(())
}
