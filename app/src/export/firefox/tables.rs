//! What all threads refer to by number: columns of equal length.

use super::super::known_name;
use super::super::lazy::Same;
use super::super::numbers::Numbers;
use super::samples::stack;
use crate::analysis::{NodeId, Stacks};
use crate::profile::{FrameId, FrameInfo, FrameKind, LineId, Profile};
use serde::Serialize;
use std::borrow::Cow;

/// What frames of a kind are coloured by.
#[derive(Serialize)]
pub(super) struct Category {
    name: &'static str,
    color: &'static str,
    subcategories: [&'static str; 1],
}

/// The module's own functions.
pub(super) const GUEST: u32 = 0;
const INLINED: u32 = 1;
/// Imports.
pub(super) const HOST: u32 = 2;
const ENGINE: u32 = 3;

impl Category {
    const fn new(name: &'static str, color: &'static str) -> Category {
        Category { name, color, subcategories: ["Other"] }
    }

    /// In the order of their numbers. One has to be grey.
    pub(super) const ALL: [Category; 4] = [
        Category::new("Guest", "orange"),
        Category::new("Inlined", "yellow"),
        Category::new("Host", "blue"),
        Category::new("Engine", "grey"),
    ];
}

/// The module.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Library<'a> {
    arch: &'static str,
    name: &'a str,
    path: &'a str,
    debug_name: &'a str,
    debug_path: &'a str,
    breakpad_id: &'static str,
    code_id: Option<&'static str>,
}

impl Library<'_> {
    pub(super) fn of(profile: &Profile) -> Library<'_> {
        let name = &*profile.recording().meta.module_name;
        let (path, debug_name, debug_path) = (name, name, name);
        Library { arch: "wasm32", name, path, debug_name, debug_path, breakpad_id: "", code_id: None }
    }
}

/// A function at a line, inlined so many levels deep.
type Frame = (FrameId, LineId, u32);

/// The tables as they grow.
pub(super) struct Tables<'a> {
    profile: &'a Profile,
    texts: Numbers<Cow<'a, str>>,
    files: Numbers<&'a str>,
    functions: Numbers<FrameId>,
    frames: Numbers<Frame>,
    stacks: StackTable,
}

impl<'a> Tables<'a> {
    /// Those that `stacks` need.
    pub(super) fn of(profile: &'a Profile, stacks: &Stacks) -> Self {
        let (texts, files, functions, frames, stack_table) = Default::default();
        let mut tables = Tables { profile, texts, files, functions, frames, stacks: stack_table };
        let mut depths = vec![0];
        for node in stacks.nodes() {
            let (caller, frame) = (stacks.parent(node), stacks.frame(node));
            let is_inlined = profile.frames().get(frame).kind == FrameKind::Inlined && caller != NodeId::ROOT;
            let depth = if is_inlined { depths[caller.index()] + 1 } else { 0 };
            depths.push(depth);
            tables.functions.of(frame);
            let frame = tables.frames.of((frame, stacks.line(node), depth));
            tables.stacks.frame.push(frame);
            tables.stacks.prefix.push((caller != NodeId::ROOT).then(|| stack(caller)));
        }
        tables.stacks.length = tables.stacks.frame.len();
        tables
    }

    /// The number of a text.
    pub(super) fn text(&mut self, text: impl Into<Cow<'a, str>>) -> u32 {
        self.texts.of(text.into())
    }

    /// All of them.
    pub(super) fn shared(mut self) -> Shared<'a> {
        let frame_table = self.frame_table();
        let func_table = self.func_table();
        let module = self.text(&*self.profile.recording().meta.module_name);
        let files: Vec<&'a str> = self.files.values().to_vec();
        let sources = Sources {
            length: files.len(),
            id: Same((), files.len()),
            filename: files.iter().map(|file| self.text(*file)).collect(),
            start_line: Same(1, files.len()),
            start_column: Same(1, files.len()),
            source_map_url: Same((), files.len()),
        };
        Shared {
            stack_table: self.stacks,
            frame_table,
            func_table,
            resource_table: ResourceTable {
                length: 1,
                lib: [0],
                name: [module],
                host: [()],
                r#type: [LIBRARY],
            },
            native_symbols: NativeSymbols::default(),
            sources,
            string_array: self.texts.into_values(),
        }
    }

    fn frame_table(&self) -> FrameTable {
        let frames = self.frames.values();
        FrameTable {
            length: frames.len(),
            address: Same(-1, frames.len()),
            inline_depth: frames.iter().map(|(.., depth)| *depth).collect(),
            category: frames.iter().map(|(frame, ..)| self.category(*frame)).collect(),
            subcategory: Same(0, frames.len()),
            func: frames.iter().map(|(frame, ..)| self.functions.known(frame)).collect(),
            native_symbol: Same((), frames.len()),
            inner_window_id: Same((), frames.len()),
            line: frames.iter().map(|(frame, line, _)| self.line(*frame, *line)).collect(),
            column: Same((), frames.len()),
        }
    }

    fn func_table(&mut self) -> FuncTable {
        let frames: Vec<FrameId> = self.functions.values().to_vec();
        let infos: Vec<_> = frames.iter().map(|frame| self.profile.frames().get(*frame)).collect();
        let resource = |info: &&FrameInfo| match info.kind {
            FrameKind::Wasm(_) | FrameKind::Inlined => 0,
            FrameKind::Host(_) | FrameKind::Engine | FrameKind::Root => -1,
        };
        FuncTable {
            length: frames.len(),
            name: frames.iter().map(|frame| self.text(known_name(self.profile, *frame))).collect(),
            is_js: Same(false, frames.len()),
            relevant_for_js: Same(false, frames.len()),
            resource: infos.iter().map(resource).collect(),
            source: infos.iter().map(|info| Some(self.files.of(info.file.as_deref()?))).collect(),
            line_number: infos.iter().map(|info| info.line).collect(),
            column_number: Same((), frames.len()),
        }
    }

    fn category(&self, frame: FrameId) -> u32 {
        match self.profile.frames().get(frame).kind {
            FrameKind::Wasm(_) => GUEST,
            FrameKind::Inlined => INLINED,
            FrameKind::Host(_) => HOST,
            FrameKind::Engine | FrameKind::Root => ENGINE,
        }
    }

    /// A line belongs to the file of its function: one in another file, as of a macro, can't be told.
    fn line(&self, frame: FrameId, line: LineId) -> Option<u32> {
        let place = self.profile.lines().get(line)?;
        let file = self.profile.frames().get(frame).file.as_deref();
        (file == Some(&*place.file)).then_some(place.line)
    }
}

/// Of a resource that is a library.
const LIBRARY: u32 = 1;

/// The tables as they are written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shared<'a> {
    stack_table: StackTable,
    frame_table: FrameTable,
    func_table: FuncTable,
    resource_table: ResourceTable,
    native_symbols: NativeSymbols,
    sources: Sources,
    string_array: Vec<Cow<'a, str>>,
}

#[derive(Default, Serialize)]
struct StackTable {
    length: usize,
    frame: Vec<u32>,
    prefix: Vec<Option<u32>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FrameTable {
    length: usize,
    address: Same<i32>,
    inline_depth: Vec<u32>,
    category: Vec<u32>,
    subcategory: Same<u32>,
    func: Vec<u32>,
    native_symbol: Same<()>,
    #[serde(rename = "innerWindowID")]
    inner_window_id: Same<()>,
    line: Vec<Option<u32>>,
    column: Same<()>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FuncTable {
    length: usize,
    name: Vec<u32>,
    #[serde(rename = "isJS")]
    is_js: Same<bool>,
    #[serde(rename = "relevantForJS")]
    relevant_for_js: Same<bool>,
    /// -1 for what is not of the module.
    resource: Vec<i32>,
    source: Vec<Option<u32>>,
    line_number: Vec<Option<u32>>,
    column_number: Same<()>,
}

#[derive(Serialize)]
struct ResourceTable {
    length: usize,
    lib: [u32; 1],
    name: [u32; 1],
    host: [(); 1],
    r#type: [u32; 1],
}

/// No addresses are told, so that there is none.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct NativeSymbols {
    length: usize,
    lib_index: [u32; 0],
    address: [u32; 0],
    name: [u32; 0],
    function_size: [u32; 0],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sources {
    length: usize,
    id: Same<()>,
    filename: Vec<u32>,
    start_line: Same<u32>,
    start_column: Same<u32>,
    #[serde(rename = "sourceMapURL")]
    source_map_url: Same<()>,
}
