//! The heap in numbers: over time, by size, by lifetime, and who holds pages and copies blocks.

use super::super::super::table::{Align, Table};
use super::super::Limit;
use super::super::paths::path_text;
use super::AmountJson;
use super::verdict::{PinJson, pin_json};
use crate::analysis::{
    HeapAt, HeapHabits, HeapNumbers, HistogramBar, Pin, ReallocSite, Slack, heap_habits, heap_numbers,
    live_sizes, pins, slack,
};
use crate::export::{FunctionJson, path_json};
use crate::profile::Profile;
use crate::units;
use serde::Serialize;

/// Every so many of the moments has a row in a text.
const SHOWN_MOMENT: usize = 20;
/// So many rows have the short tables.
const SHOWN_ROWS: usize = 5;

/// All figures at a moment, and those of the run.
pub(super) struct Figures {
    numbers: Vec<HeapNumbers>,
    habits: HeapHabits,
    live_sizes: Vec<HistogramBar>,
    slack: Slack,
    pins: Vec<Pin>,
}

impl Figures {
    pub(super) fn of(profile: &Profile, heap: &HeapAt) -> Figures {
        Figures {
            numbers: heap_numbers(profile, heap.memory),
            habits: heap_habits(profile, heap.memory),
            live_sizes: live_sizes(heap),
            slack: slack(heap),
            pins: pins(heap, profile.address_space(heap.memory).page_bytes()),
        }
    }
}

#[derive(Serialize)]
pub(super) struct FiguresJson {
    over_time: Vec<NumbersJson>,
    live_sizes: Vec<BarJson>,
    allocated_sizes: Vec<BarJson>,
    lifetimes_millis: Vec<BarJson>,
    never_freed: AmountJson,
    slack: SlackJson,
    pins: Vec<PinJson>,
    reallocs: Vec<ReallocJson>,
}

#[derive(Serialize)]
struct NumbersJson {
    at_nanos: u64,
    live_blocks: u64,
    live_bytes: u64,
    memory_bytes: u64,
    free_bytes: u64,
    free_runs: u64,
    largest_free_bytes: u64,
    overhead_bytes: u64,
    fragmentation: f64,
    dispersion: f64,
    pages: u64,
    empty_pages: u64,
    sparse_pages: u64,
}

#[derive(Serialize)]
struct BarJson {
    up_to: u64,
    blocks: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct SlackJson {
    known_blocks: u64,
    asked_bytes: u64,
    slack_bytes: u64,
}

#[derive(Serialize)]
struct ReallocJson {
    reallocs: u64,
    moved: u64,
    copied_bytes: u64,
    longest_chain: u64,
    /// The allocator function first, then who asked.
    path: Vec<FunctionJson>,
}

pub(super) fn json(profile: &Profile, figures: &Figures) -> FiguresJson {
    let Figures { numbers, habits, live_sizes, slack, pins } = figures;
    let Slack { known_blocks, asked_bytes, slack_bytes } = *slack;
    FiguresJson {
        over_time: numbers.iter().map(numbers_json).collect(),
        live_sizes: bars_json(live_sizes),
        allocated_sizes: bars_json(&habits.allocated_sizes),
        lifetimes_millis: bars_json(&habits.lifetimes),
        never_freed: habits.never_freed.into(),
        slack: SlackJson { known_blocks, asked_bytes, slack_bytes },
        pins: pins.iter().map(|pin| pin_json(profile, pin)).collect(),
        reallocs: habits.reallocs.iter().map(|site| realloc_json(profile, site)).collect(),
    }
}

fn numbers_json(numbers: &HeapNumbers) -> NumbersJson {
    let HeapNumbers { at_nanos, live_blocks, live_bytes, memory_bytes, free_bytes, free_runs, .. } = *numbers;
    let HeapNumbers { largest_free_bytes, overhead_bytes, fragmentation, dispersion, .. } = *numbers;
    let HeapNumbers { pages, empty_pages, sparse_pages, .. } = *numbers;
    NumbersJson {
        at_nanos,
        live_blocks,
        live_bytes,
        memory_bytes,
        free_bytes,
        free_runs,
        largest_free_bytes,
        overhead_bytes,
        fragmentation,
        dispersion,
        pages,
        empty_pages,
        sparse_pages,
    }
}

fn bars_json(bars: &[HistogramBar]) -> Vec<BarJson> {
    let bar =
        |bar: &HistogramBar| BarJson { up_to: bar.up_to, blocks: bar.amount.blocks, bytes: bar.amount.bytes };
    bars.iter().map(bar).collect()
}

fn realloc_json(profile: &Profile, site: &ReallocSite) -> ReallocJson {
    let ReallocSite { path, reallocs, moved, copied_bytes, longest_chain } = *site;
    ReallocJson { reallocs, moved, copied_bytes, longest_chain, path: path_json(profile, path) }
}

pub(super) fn text(profile: &Profile, figures: &Figures, limit: Limit) -> String {
    let Figures { numbers, habits, live_sizes, slack, pins } = figures;
    let slack = (slack.known_blocks > 0).then(|| slack_text(slack));
    let rows = if limit.rows == usize::MAX { limit } else { Limit { rows: SHOWN_ROWS } };
    [
        slack.unwrap_or_default(),
        numbers_text(numbers),
        sizes_text(live_sizes, &habits.allocated_sizes),
        lifetimes_text(habits),
        pins_text(profile, pins, rows),
        reallocs_text(profile, &habits.reallocs, rows),
    ]
    .concat()
}

fn slack_text(slack: &Slack) -> String {
    format!(
        "headers and rounding: {} beside {} in {} of known distance ({})\n",
        units::bytes(slack.slack_bytes),
        units::bytes(slack.asked_bytes),
        units::things(slack.known_blocks, "block"),
        units::percent(units::share(slack.slack_bytes, slack.asked_bytes.saturating_add(slack.slack_bytes))),
    )
}

fn right<'a>(titles: &[&'a str]) -> Vec<(&'a str, Align)> {
    titles.iter().map(|title| (*title, Align::Right)).collect()
}

fn numbers_text(numbers: &[HeapNumbers]) -> String {
    let titles =
        ["at", "live", "free", "largest free", "fragmentation", "dispersion", "memory", "empty", "sparse"];
    let mut table = Table::new(&right(&titles));
    for numbers in numbers.iter().skip(SHOWN_MOMENT - 1).step_by(SHOWN_MOMENT) {
        table.row([
            units::nanos(numbers.at_nanos),
            units::bytes(numbers.live_bytes),
            units::bytes(numbers.free_bytes),
            units::bytes(numbers.largest_free_bytes),
            units::percent(numbers.fragmentation),
            units::percent(numbers.dispersion),
            units::bytes(numbers.memory_bytes),
            units::things(numbers.empty_pages, "page"),
            units::things(numbers.sparse_pages, "page"),
        ]);
    }
    titled("over time", &table)
}

fn titled(title: &str, table: &Table) -> String {
    if table.is_empty() { String::new() } else { format!("\n{title}:\n{}", table.text()) }
}

fn sizes_text(live: &[HistogramBar], allocated: &[HistogramBar]) -> String {
    let mut table =
        Table::new(&right(&["less than", "live blocks", "live", "allocated blocks", "allocated"]));
    for bar in allocated {
        let now =
            live.iter().find(|live| live.up_to == bar.up_to).map_or(Default::default(), |bar| bar.amount);
        table.row([
            units::bytes(bar.up_to.saturating_add(1)),
            units::exact(now.blocks),
            units::bytes(now.bytes),
            units::exact(bar.amount.blocks),
            units::bytes(bar.amount.bytes),
        ]);
    }
    titled("by size", &table)
}

fn lifetimes_text(habits: &HeapHabits) -> String {
    let mut table = Table::new(&right(&["lived for less than", "blocks", "bytes"]));
    for bar in &habits.lifetimes {
        let HistogramBar { up_to, amount } = *bar;
        let end = units::nanos(up_to.saturating_add(1).saturating_mul(1_000_000));
        table.row([end, units::exact(amount.blocks), units::bytes(amount.bytes)]);
    }
    let never = habits.never_freed;
    if never.blocks > 0 {
        table.row(["never freed".to_owned(), units::exact(never.blocks), units::bytes(never.bytes)]);
    }
    titled("by lifetime", &table)
}

fn pins_text(profile: &Profile, pins: &[Pin], limit: Limit) -> String {
    let columns =
        [right(&["pages", "one block alone", "bytes"]), vec![("allocated by", Align::Left)]].concat();
    let mut table = Table::new(&columns);
    for pin in pins.iter().take(limit.rows) {
        let (pages, single) = (units::exact(pin.pages), units::exact(pin.single_pages));
        table.row([pages, single, units::bytes(pin.bytes), path_text(profile, pin.path)]);
    }
    titled("pages that few bytes keep from being empty", &table) + &limit.rest(pins.len())
}

fn reallocs_text(profile: &Profile, sites: &[ReallocSite], limit: Limit) -> String {
    let titles = right(&["resized", "moved", "copied", "longest chain"]);
    let mut table = Table::new(&[titles, vec![("by", Align::Left)]].concat());
    for site in sites.iter().take(limit.rows) {
        table.row([
            units::exact(site.reallocs),
            units::exact(site.moved),
            units::bytes(site.copied_bytes),
            units::exact(site.longest_chain),
            path_text(profile, site.path),
        ]);
    }
    titled("resized blocks", &table) + &limit.rest(sites.len())
}
