//! The questions about the module's file.

use crate::analysis::{
    ModuleSize, ModuleSizeQuery, RunEvidence, SizeId, SizeKind, StartPhase, module_size, start_up,
};
use crate::compressed::{CompressedSize, compressed_ranges};
use crate::profile::{FrameId, FrameKind, Profile};
use crate::ui::worker::Query;
use rustc_hash::FxHashMap;
use std::ops::Range;
use wasmscope_symbolize::FuncIndex;

/// What the file is made of.
#[derive(Clone, PartialEq)]
pub struct SizeQuery(pub ModuleSizeQuery);

/// The parts of the file, and lists of them that would take too long to make in each frame.
pub struct SizeView {
    /// The parts.
    pub size: ModuleSize,
    /// The sections, in the order of the file.
    pub sections: Vec<SizeId>,
    /// The functions that were not run, or not seen to.
    pub idle_functions: Vec<SizeId>,
    /// How many bytes these are.
    pub idle_function_bytes: u64,
    /// How many functions there are.
    pub functions: u64,
    /// The data segments with lines that were never read.
    pub idle_segments: Vec<SizeId>,
    /// How many bytes these lines are.
    pub idle_segment_bytes: u64,
    /// What was done before the program ran.
    pub start_up: Vec<StartPhase>,
    frames: FxHashMap<FuncIndex, FrameId>,
    functions_by_index: FxHashMap<FuncIndex, SizeId>,
}

impl SizeView {
    /// The function as the other panels know it; `None` where nothing was recorded of it.
    pub fn frame(&self, id: SizeId) -> Option<FrameId> {
        match self.size.get(id).kind {
            SizeKind::Function(function) => self.frames.get(&function).copied(),
            _ => None,
        }
    }

    /// The part that a function of the other panels is; `None` for what has no code of its own.
    pub fn part(&self, profile: &Profile, frame: FrameId) -> Option<SizeId> {
        match profile.frames().get(frame).kind {
            FrameKind::Wasm(function) => self.functions_by_index.get(&function).copied(),
            _ => None,
        }
    }

    /// Does the recording tell which functions ran?
    pub fn tells_runs(&self) -> bool {
        self.size.run != RunEvidence::Nothing
    }
}

impl Query for SizeQuery {
    type View = SizeView;

    fn compute(&self, profile: &Profile) -> SizeView {
        let size = module_size(profile, &self.0);
        let idle = |ids: &[SizeId]| ids.iter().map(|id| size.get(*id).idle_bytes).sum();
        let (idle_functions, idle_segments) = (size.idle_functions(), size.idle_segments());
        let frames = profile.frames().iter().filter_map(|(id, info)| match info.kind {
            FrameKind::Wasm(function) => Some((function, id)),
            _ => None,
        });
        let by_index = size.iter().filter_map(|(id, node)| match node.kind {
            SizeKind::Function(function) => Some((function, id)),
            _ => None,
        });
        SizeView {
            sections: size.sections(),
            idle_function_bytes: idle(&idle_functions),
            idle_segment_bytes: idle(&idle_segments),
            functions: size.function_counts().0,
            start_up: start_up(profile),
            frames: frames.collect(),
            functions_by_index: by_index.collect(),
            idle_functions,
            idle_segments,
            size,
        }
    }
}

/// How large stretches of the file, put together, are once they are compressed.
#[derive(Clone, PartialEq)]
pub struct CompressedQuery(pub Vec<Range<u64>>);

impl Query for CompressedQuery {
    type View = CompressedSize;

    fn compute(&self, profile: &Profile) -> CompressedSize {
        compressed_ranges(&profile.recording().module, &self.0)
    }
}
