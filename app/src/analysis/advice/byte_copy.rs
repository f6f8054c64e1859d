//! Copying byte by byte: a hot loop that loads single bytes and stores them as they are.

use super::code::{HotCode, HotLoop, local, operator};
use super::scattered::is_scattered;
use super::{Advice, AdviceKind, AdviceView, Figure, Gain, GainOf, Place};
use crate::analysis::{Metric, Unit, WatRow};
use crate::units::{exact, nanos, percent};
use rustc_hash::FxHashSet;

/// A loop with less of the time is not worth a word.
const LEAST_SHARE: f64 = 0.05;
/// A loop that does nothing but copy has no more instructions for each byte: two addresses, load and store, two
/// counters that go on, the comparison, and the branch, with the locals that they take.
const MOST_INSTRUCTIONS_A_BYTE: usize = 20;
/// What is saved: `memory.copy` moves at least this many bytes in the time of one.
const TIMES_FASTER: f64 = 8.0;

/// Each hot loop that copies bytes.
pub(super) fn advice(code: &HotCode) -> Vec<Advice> {
    code.loops(LEAST_SHARE).filter_map(|found| of_loop(&found)).collect()
}

fn of_loop(found: &HotLoop<'_>) -> Option<Advice> {
    let copied = copied_bytes(found.rows);
    let instructions = found.rows.iter().filter(|row| row.offset.is_some()).count();
    let calls = found.rows.iter().any(|row| operator(row).starts_with("call"));
    if copied == 0 || calls || is_scattered(found.rows) || instructions > copied * MOST_INSTRUCTIONS_A_BYTE {
        return None;
    }
    let stores = found.rows.iter().filter(|row| operator(row).ends_with(".store8"));
    let moved = stores.filter_map(|row| row.executed).reduce(u64::saturating_add);
    let counted = moved.map_or_else(String::new, |bytes| format!(" It moved {} bytes so.", exact(bytes)));
    let mut figures = vec![
        Figure::new("loop_nanos", Unit::Nanos, found.nanos),
        Figure::new("loop_instructions", Unit::Instructions, instructions as u64),
    ];
    figures.extend(moved.map(|bytes| Figure::new("moved_bytes", Unit::Bytes, bytes)));
    Some(Advice {
        kind: AdviceKind::ByteCopy,
        what: format!("{} copies byte by byte", found.function.name),
        why: format!(
            "A loop of {instructions} instructions in {} stores each byte as it was loaded, and takes {}, {} of the \
             time.{counted}",
            found.name(),
            nanos(found.nanos),
            percent(found.share),
        ),
        figures,
        remedy: "Use memcpy or copy_from_slice, and build with bulk memory (-mbulk-memory), so that it becomes one \
                 memory.copy."
            .to_owned(),
        gain: Gain { share: found.share * (1.0 - 1.0 / TIMES_FASTER), of: GainOf::Time },
        place: Place {
            function: Some(found.function.frame),
            line: found.line(),
            metric: Some(Metric::Time),
            ..Place::view(AdviceView::Instructions)
        },
    })
}

/// How many bytes a loop stores each time round just as they were loaded.
pub(super) fn copied_bytes(rows: &[WatRow]) -> usize {
    let mut loaded: FxHashSet<&str> = FxHashSet::default();
    let mut copied = 0;
    let mut is_byte = false;
    for row in rows {
        if operator(row).ends_with(".store8") {
            copied += usize::from(is_byte);
        }
        if let Some(local) = local(row, &["local.set", "local.tee"]) {
            let _ = if is_byte { loaded.insert(local) } else { loaded.remove(local) };
        }
        is_byte = match operator(row) {
            "local.tee" => is_byte,
            "local.get" => local(row, &["local.get"]).is_some_and(|local| loaded.contains(local)),
            operator => operator.contains(".load8_"),
        };
    }
    copied
}
