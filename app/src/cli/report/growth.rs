//! The growth of linear memories.

use super::super::table::{Align, Table};
use super::Limit;
use super::paths::path_text;
use crate::analysis::{GrowthRow, GrowthView, MemoryGrowth};
use crate::export::{FunctionJson, path_json};
use crate::profile::Profile;
use crate::units;
use serde::Serialize;
use wasmscope_symbolize::MemoryIndex;

#[derive(Serialize)]
pub(super) struct GrowthJson {
    duration_nanos: u64,
    memories: Vec<MemoryJson>,
    events: Vec<EventJson>,
}

#[derive(Serialize)]
struct MemoryJson {
    index: u32,
    name: Option<String>,
    page_bytes: u64,
    initial_bytes: u64,
    maximum_bytes: Option<u64>,
    final_bytes: u64,
    granted: u64,
    refused: u64,
}

#[derive(Serialize)]
struct EventJson {
    time_nanos: u64,
    memory: u32,
    before_bytes: u64,
    asked_bytes: u64,
    after_bytes: u64,
    granted: bool,
    /// The function with the `memory.grow` first.
    path: Vec<FunctionJson>,
}

pub(super) fn json(profile: &Profile, view: &GrowthView) -> GrowthJson {
    GrowthJson {
        duration_nanos: view.duration_nanos,
        memories: view.memories.iter().map(memory_json).collect(),
        events: view.events.iter().map(|row| event_json(profile, view, row)).collect(),
    }
}

fn memory_json(memory: &MemoryGrowth) -> MemoryJson {
    let bytes = |pages: u64| pages.saturating_mul(memory.page_bytes);
    MemoryJson {
        index: memory.memory.0,
        name: memory.name.as_deref().map(str::to_owned),
        page_bytes: memory.page_bytes,
        initial_bytes: bytes(memory.initial_pages),
        maximum_bytes: memory.maximum_pages.map(bytes),
        final_bytes: bytes(memory.final_pages),
        granted: memory.granted,
        refused: memory.refused,
    }
}

fn event_json(profile: &Profile, view: &GrowthView, row: &GrowthRow) -> EventJson {
    let bytes = |pages: u64| pages.saturating_mul(page_bytes(view, row.event.memory));
    EventJson {
        time_nanos: row.event.time_nanos,
        memory: row.event.memory.0,
        before_bytes: bytes(row.event.before_pages),
        asked_bytes: bytes(row.event.asked_pages),
        after_bytes: bytes(row.event.after_pages()),
        granted: row.event.granted,
        path: path_json(profile, row.path),
    }
}

pub(super) fn text(profile: &Profile, view: &GrowthView, limit: Limit) -> String {
    let mut text: String = view.memories.iter().map(memory_text).collect();
    if view.events.is_empty() {
        return text + "No growth of a memory was recorded.\n";
    }
    let columns = [
        ("at", Align::Right),
        ("before", Align::Right),
        ("asked", Align::Right),
        ("result", Align::Left),
        ("by", Align::Left),
    ];
    let mut table = Table::new(&columns);
    for row in view.events.iter().take(limit.rows) {
        let bytes = |pages: u64| units::bytes(pages.saturating_mul(page_bytes(view, row.event.memory)));
        table.row([
            units::nanos(row.event.time_nanos),
            bytes(row.event.before_pages),
            bytes(row.event.asked_pages),
            if row.event.granted { "granted" } else { "refused" }.to_owned(),
            path_text(profile, row.path),
        ]);
    }
    text.push('\n');
    text + &table.text() + &limit.rest(view.events.len())
}

fn memory_text(memory: &MemoryGrowth) -> String {
    let bytes = |pages: u64| units::bytes(pages.saturating_mul(memory.page_bytes));
    let maximum =
        memory.maximum_pages.map_or("no limit".to_owned(), |pages| format!("at most {}", bytes(pages)));
    format!(
        "{}: {} at the start, {} at the end, {maximum}; grew {}, refused {}\n",
        memory.memory,
        bytes(memory.initial_pages),
        bytes(memory.final_pages),
        units::things(memory.granted, "time"),
        units::things(memory.refused, "time"),
    )
}

fn page_bytes(view: &GrowthView, memory: MemoryIndex) -> u64 {
    const USUAL_PAGE_BYTES: u64 = 65_536;
    let found = view.memories.iter().find(|row| row.memory == memory);
    found.map_or(USUAL_PAGE_BYTES, |row| row.page_bytes)
}
