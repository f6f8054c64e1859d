//! What was run, how, and what was measured.

use super::{Allocator, AllocatorFamily, Frees};
use crate::MeasureSet;
use serde::{Deserialize, Serialize};

/// The head of a recording.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// The module's file name, without its folder.
    pub module_name: String,
    /// The module's path as it was given, for running it again; empty where there was no file.
    pub module_path: String,
    /// The program's arguments, without the program's name.
    pub args: Vec<String>,
    /// The export that was called with its arguments, such as `fib(30)`; `None` for a command.
    pub invoked: Option<String>,
    /// When the recording began, in milliseconds since 1970-01-01 UTC.
    pub created_unix_millis: u64,
    /// What was asked for.
    pub measures: MeasureSet,
    /// How samples were taken.
    pub sampler: SamplerKind,
    /// Samples asked for a second.
    pub rate_hz: u32,
    /// Versions of wasmscope and of the engine, and the machine's kind.
    pub recorded_by: String,
    /// The functions that were taken for allocators.
    pub allocators: Vec<Allocator>,
    /// What could not be measured, one sentence each.
    pub warnings: Vec<String>,
}

/// How the warning ends that tells how many calls are in no count.
pub(crate) const LOST_CALLS: &str = "calls found no room for their path: what they did is not in the counts";

impl Meta {
    /// Are all calls in the counts, where they were counted? Past the budget of call paths they are not.
    pub fn counts_all_calls(&self) -> bool {
        !self.warnings.iter().any(|warning| warning.ends_with(LOST_CALLS))
    }

    /// Are the frees of all blocks seen?
    pub fn frees(&self) -> Frees {
        let is_collected = |allocator: &Allocator| allocator.frees == Frees::Collected;
        if self.allocators.iter().any(is_collected) { Frees::Collected } else { Frees::Seen }
    }

    /// Whose the allocators are, with what told it, each once: "dlmalloc, by name". Those that nothing is known of
    /// stand with their functions' names.
    pub fn allocator_families(&self) -> Vec<String> {
        let mut families: Vec<String> = Vec::new();
        for allocator in &self.allocators {
            let whose = match allocator.family {
                AllocatorFamily::Unknown => &*allocator.name,
                family => family.name(),
            };
            let unseen = if allocator.frees == Frees::Collected { ", not all frees are seen" } else { "" };
            let text = format!("{whose}, {}{unseen}", allocator.known_by.name());
            if !families.contains(&text) {
                families.push(text);
            }
        }
        families
    }
}

/// How samples were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SamplerKind {
    /// No samples.
    #[default]
    None,
    /// A signal's handler read the program counter: true to the instruction.
    Signal,
    /// Samples at the loop heads and function entries that follow each tick.
    Epoch,
}

/// A stage on the way from bytes to a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Reading the module's sections and names.
    Parse,
    /// Putting the probes in.
    Rewrite,
    /// Making machine code.
    Compile,
    /// Making memories, tables and globals, and running the start function.
    Instantiate,
    /// Running the program.
    Run,
    /// Calling an export without measuring it, before [`Phase::Run`].
    #[serde(rename = "warm-up")]
    WarmUp,
}

impl Phase {
    /// One word for people.
    pub const fn name(self) -> &'static str {
        match self {
            Phase::Parse => "parse",
            Phase::Rewrite => "rewrite",
            Phase::Compile => "compile",
            Phase::Instantiate => "instantiate",
            Phase::Run => "run",
            Phase::WarmUp => "warm-up",
        }
    }
}

/// When a phase was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseSpan {
    /// Which one.
    pub phase: Phase,
    /// Nanoseconds since the recording began.
    pub start_nanos: u64,
    /// Nanoseconds since the recording began.
    pub end_nanos: u64,
}
