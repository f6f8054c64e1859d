//! Firefox Profiler's processed profiles: tables that point into each other. Markers are left out.

use super::draft::{Draft, Function, FunctionId, PlaceId};
use super::firefox_json::{
    FrameTable, FuncTable, Head, Lib, Meta, Profile, ResourceTable, Samples, Sources, StackTable, Strings,
    Tables, Thread,
};
use super::wasm::{is_module, wasm_name};
use super::{Candidate, Format, ImportError, json, most};
use rustc_hash::FxHashMap;
use wasmscope_instrument::recording::{Quantity, StackId};

const NANOS_PER_MILLI: f64 = 1e6;
/// Where a profile does not tell how often it took samples: Firefox's own pace.
const USUAL_INTERVAL_MILLIS: f64 = 1.0;
/// The newest version that is known.
const KNOWN_VERSION: u32 = 70;
/// What the profiler writes with tables in binary begins with this.
const JSON_SLABS_MAGIC: &[u8] = b"\xdc\xdfJSLB\x01\0";

/// Is it a profile with binary tables?
pub(super) fn is_json_slabs(bytes: &[u8]) -> bool {
    bytes.starts_with(JSON_SLABS_MAGIC)
}

pub(super) fn read(bytes: &[u8], draft: &mut Draft) -> Result<(), ImportError> {
    if is_json_slabs(bytes) {
        return Err(ImportError::JsonSlabs);
    }
    read_tables(bytes, draft).map_err(|error| {
        let head = json::parse::<Head>(bytes, Format::Firefox).ok();
        let version = head.and_then(|head| head.meta.preprocessed_profile_version);
        match version.filter(|version| *version > KNOWN_VERSION) {
            Some(version) => ImportError::TooNew { format: Format::Firefox, version, known: KNOWN_VERSION },
            None => error,
        }
    })
}

fn read_tables(bytes: &[u8], draft: &mut Draft) -> Result<(), ImportError> {
    let Profile { meta, libs, shared, threads } = json::parse(bytes, Format::Firefox)?;
    let Some(version) = meta.preprocessed_profile_version else {
        let what = "Firefox itself wrote it; open it in the Firefox Profiler and save it from there";
        return Err(draft.damaged(what.to_owned()));
    };
    if version > KNOWN_VERSION {
        draft.warn(format!(
            "it is of version {version}, and {KNOWN_VERSION} is the newest that is known: parts may be missing"
        ));
    }
    let mut known = FxHashMap::default();
    let all = threads.0.iter().map(|thread| candidate(thread, &shared, &libs, &mut known));
    let all: Vec<_> = all.collect();
    let Some(thread) = most(draft, "thread", &all).and_then(|at| threads.0.get(at)) else { return Ok(()) };
    let tables = InUse::of(thread, &shared, &libs)
        .ok_or_else(|| draft.damaged(format!("a table of the thread {} is missing", thread.name)))?;
    let stacks = Stacks::read(draft, &tables)?;
    add_samples(draft, &thread.samples, &stacks, &meta)
}

/// Samples without a stack are those of a thread that slept. `known` has which of the shared frames are WebAssembly.
fn candidate(thread: &Thread, shared: &Tables, libs: &[Lib], known: &mut FxHashMap<u32, bool>) -> Candidate {
    let seen = || thread.samples.stack.iter().flatten();
    let mut own = FxHashMap::default();
    let in_wasm = InUse::of(thread, shared, libs).map_or(0, |tables| {
        let known = if tables.are_shared { known } else { &mut own };
        let mut is_in_wasm = |stack: &&u32| {
            let frame = tables.stacks.frame.get(**stack as usize);
            frame.is_some_and(|frame| *known.entry(*frame).or_insert_with(|| tables.is_wasm(*frame)))
        };
        seen().filter(&mut is_in_wasm).count()
    });
    Candidate { name: thread.name.clone(), samples: seen().count(), in_wasm }
}

/// The tables of one thread.
struct InUse<'a> {
    stacks: &'a StackTable,
    frames: &'a FrameTable,
    functions: &'a FuncTable,
    strings: &'a Strings,
    resources: Option<&'a ResourceTable>,
    sources: Option<&'a Sources>,
    libs: &'a [Lib],
    /// None of them is this thread's alone.
    are_shared: bool,
}

impl<'a> InUse<'a> {
    fn of(own: &'a Thread, shared: &'a Tables, libs: &'a [Lib]) -> Option<InUse<'a>> {
        let has_own = own.frame_table.is_some()
            || own.func_table.is_some()
            || own.string_array.is_some()
            || own.resource_table.is_some()
            || own.sources.is_some();
        Some(InUse {
            stacks: own.stack_table.as_ref().or(shared.stack_table.as_ref())?,
            frames: own.frame_table.as_ref().or(shared.frame_table.as_ref())?,
            functions: own.func_table.as_ref().or(shared.func_table.as_ref())?,
            strings: own.string_array.as_ref().or(shared.string_array.as_ref())?,
            resources: own.resource_table.as_ref().or(shared.resource_table.as_ref()),
            sources: own.sources.as_ref().or(shared.sources.as_ref()),
            libs: if libs.is_empty() { &own.libs } else { libs },
            are_shared: !has_own && !libs.is_empty(),
        })
    }

    /// The function that a frame is in.
    fn function(&self, frame: u32) -> Option<Function<'a>> {
        let FuncTable { name, file_name, source, line_number, .. } = self.functions;
        let row = *self.frames.func.get(frame as usize)? as usize;
        let source = || self.sources?.filename.get(cell(source, row)? as usize).copied();
        let file = cell(file_name, row).or_else(source).and_then(|file| self.strings.get(file));
        let (file, line) = (file.unwrap_or_default(), cell(line_number, row));
        Some(Function {
            name: self.strings.get(*name.get(row)?)?,
            file,
            line: line.unwrap_or(0),
            is_wasm: self.lib(frame as usize, row).is_some_and(|lib| is_module(&lib.name)),
            // Of modules Firefox tells bytes as if they were lines.
            module_offset: line.filter(|_| is_module(file)),
        })
    }

    fn is_wasm(&self, frame: u32) -> bool {
        self.function(frame)
            .is_some_and(|function| function.is_wasm || wasm_name(function.name, function.file).is_wasm)
    }

    /// The library that a frame is in. Older versions know that of its function.
    fn lib(&self, frame: usize, func: usize) -> Option<&'a Lib> {
        let lib = match &self.frames.lib {
            Some(lib) => cell(lib, frame)?,
            None => {
                let resource = usize::try_from(cell(&self.functions.resource, func)?).ok()?;
                cell(&self.resources?.lib, resource)?
            }
        };
        self.libs.get(usize::try_from(lib).ok()?)
    }
}

fn cell<T: Copy>(column: &[Option<T>], row: usize) -> Option<T> {
    column.get(row).copied().flatten()
}

/// By row of the stack table: the stack, and its innermost place.
struct Stacks(Vec<(StackId, PlaceId)>);

impl Stacks {
    fn read(draft: &mut Draft, tables: &InUse<'_>) -> Result<Stacks, ImportError> {
        if !tables.stacks.is_whole() {
            return Err(draft.damaged("its stacks do not tell what calls them".to_owned()));
        }
        let mut functions: FxHashMap<u32, FunctionId> = FxHashMap::default();
        let mut stacks: Vec<(StackId, PlaceId)> = Vec::with_capacity(tables.stacks.frame.len());
        for (row, frame) in tables.stacks.frame.iter().enumerate() {
            let outer = match tables.stacks.outer(row) {
                None => None,
                Some(outer) => {
                    let found = usize::try_from(outer).ok().and_then(|outer| stacks.get(outer));
                    Some(*found.ok_or_else(|| {
                        let what =
                            format!("stack {row} is called by stack {outer}, which is not in front of it");
                        draft.damaged(what)
                    })?)
                }
            };
            let function = match functions.get(frame) {
                Some(known) => *known,
                None => {
                    let missing = || format!("frame {frame} of stack {row}, or its function, is not there");
                    let function = tables.function(*frame).ok_or_else(|| draft.damaged(missing()))?;
                    let function = draft.function(function)?;
                    functions.insert(*frame, function);
                    function
                }
            };
            let FrameTable { inline_depth, line, .. } = tables.frames;
            let row = *frame as usize;
            let is_inlined = cell(inline_depth, row).is_some_and(|depth| depth > 0);
            stacks.push(draft.inside(outer, function, cell(line, row).unwrap_or(0), is_inlined)?);
        }
        Ok(Stacks(stacks))
    }
}

/// What a sample's weight is.
enum Weight {
    /// So many milliseconds for each.
    Millis(f64),
    Bytes,
}

fn weight_of(draft: &mut Draft, samples: &Samples, interval: f64) -> Weight {
    match samples.weight_type.as_deref() {
        None | Some("samples") => Weight::Millis(interval),
        Some("tracing-ms") => Weight::Millis(1.0),
        Some("bytes") => Weight::Bytes,
        Some(other) => {
            draft.warn(format!("its weights are no time but `{other}`: each is shown as a sample"));
            Weight::Millis(interval)
        }
    }
}

fn add_samples(
    draft: &mut Draft,
    samples: &Samples,
    stacks: &Stacks,
    meta: &Meta,
) -> Result<(), ImportError> {
    let interval = Some(meta.interval).filter(|millis| *millis > 0.0).unwrap_or(USUAL_INTERVAL_MILLIS);
    let each = weight_of(draft, samples, interval);
    let times = times(samples, interval);
    // Before the profiler began the program ran unseen.
    let first = times.first().copied().unwrap_or(0.0);
    let start = meta.profiling_start_time.filter(|start| *start <= first).unwrap_or(first - interval);
    draft.created_unix_millis = (meta.start_time + start) as u64;
    let nanos = |millis: f64| (millis * NANOS_PER_MILLI).round() as u64;
    let mut last_nanos = 0;
    for (row, (stack, millis)) in samples.stack.iter().zip(times).enumerate() {
        let Some(stack) = stack else { continue };
        let Some((id, _)) = stacks.0.get(*stack as usize) else {
            return Err(draft.damaged(format!("sample {row} is of stack {stack}, which is not there")));
        };
        let weight = samples.weight.as_ref().and_then(|weight| weight.get(row)).unwrap_or(&1.0).max(0.0);
        last_nanos = nanos(millis - start).max(last_nanos);
        match each {
            Weight::Millis(each) => draft.sample(last_nanos, Some(*id), nanos(weight * each))?,
            Weight::Bytes => draft.sum(Quantity::AllocatedBytes, Some(*id), weight.round() as u64)?,
        }
    }
    Ok(())
}

/// Of each sample, in milliseconds since the program began.
fn times(samples: &Samples, interval: f64) -> Vec<f64> {
    let Samples { stack, time, time_deltas, .. } = samples;
    let mut millis = 0.0;
    let mut next = |row: usize| {
        millis = match (time, time_deltas) {
            (Some(time), _) => time.get(row).copied().unwrap_or(millis),
            (None, Some(deltas)) => millis + deltas.get(row).unwrap_or(&0.0),
            (None, None) => millis + interval,
        };
        millis
    };
    (0..stack.len()).map(&mut next).collect()
}
