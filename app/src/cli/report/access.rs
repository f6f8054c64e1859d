//! Reads and writes of the first memory.

use super::super::table::{Align, Table};
use super::Limit;
use crate::analysis::{AccessedPage, Accesses};
use crate::profile::Profile;
use crate::units;
use serde::Serialize;
use std::cmp::Reverse;
use wasmscope_instrument::Measure;

#[derive(Serialize)]
pub(super) struct AccessJson {
    reads: u64,
    writes: u64,
    accessed_lines: u64,
    pages: Vec<PageJson>,
    lines: Vec<LineJson>,
}

#[derive(Serialize)]
struct PageJson {
    address: u64,
    reads: u64,
    writes: u64,
    lines: u32,
}

#[derive(Serialize)]
struct LineJson {
    address: u64,
    reads: u64,
    writes: u64,
}

pub(super) fn json(profile: &Profile, accesses: &Accesses) -> AccessJson {
    let page = |page: &AccessedPage| {
        let AccessedPage { address, reads, writes, lines } = *page;
        PageJson { address, reads, writes, lines }
    };
    let line = |(line, reads, writes)| LineJson { address: u64::from(line) * 64, reads, writes };
    AccessJson {
        reads: accesses.reads,
        writes: accesses.writes,
        accessed_lines: accesses.lines,
        pages: accesses.pages.iter().map(page).collect(),
        lines: profile.recording().accesses.iter().map(line).collect(),
    }
}

pub(super) fn text(profile: &Profile, accesses: &Accesses, limit: Limit) -> String {
    if !profile.recording().meta.measures.has(Measure::Access) {
        return "accesses were not measured: record with --measure access\n".to_owned();
    }
    if profile.symbols().module().memories().is_empty() {
        return "the module has no memory\n".to_owned();
    }
    let head = format!(
        "memory 0: {} and {} of {} ({} of {})\n",
        units::things(accesses.reads, "read"),
        units::things(accesses.writes, "write"),
        units::things(accesses.lines, "line"),
        units::bytes(accesses.lines * 64),
        units::things(accesses.pages.len() as u64, "page"),
    );
    let mut pages: Vec<_> = accesses.pages.iter().collect();
    pages.sort_by_key(|page| Reverse(page.reads.saturating_add(page.writes)));
    let right = |name| (name, Align::Right);
    let mut table = Table::new(&[right("page at"), right("reads"), right("writes"), right("lines of 64 B")]);
    for page in pages.iter().take(limit.rows) {
        table.row([
            format!("{:#x}", page.address),
            units::count(page.reads),
            units::count(page.writes),
            page.lines.to_string(),
        ]);
    }
    if pages.is_empty() { head } else { format!("{head}\n{}{}", table.text(), limit.rest(pages.len())) }
}
