//! A hot loop that does one element after the other, though no local of it holds what the one before left.

use super::byte_copy::copied_bytes;
use super::code::{HotCode, HotLoop, local, operator};
use super::scattered::is_scattered;
use super::{Advice, AdviceKind, AdviceView, Figure, Gain, GainOf, Place};
use crate::analysis::{Metric, Unit, WatRow};
use crate::units::{nanos, percent};
use rustc_hash::FxHashSet;

/// A loop with less of the time is not worth the work.
const LEAST_SHARE: f64 = 0.05;
/// The bytes of a vector.
const VECTOR_BYTES: u64 = 16;

/// Each hot loop that could do several elements at once.
pub(super) fn advice(code: &HotCode) -> Vec<Advice> {
    code.loops(LEAST_SHARE).filter_map(|found| of_loop(&found)).collect()
}

fn of_loop(found: &HotLoop<'_>) -> Option<Advice> {
    let rows = found.rows;
    let is_one_by_one =
        has_chain(rows) || is_scattered(rows) || rows.iter().any(|row| is_scalar(operator(row)));
    if !is_straight(rows) || !computes_elements(rows) || is_one_by_one || copied_bytes(rows) > 0 {
        return None;
    }
    let lanes = VECTOR_BYTES / widest_bytes(rows);
    let instructions = rows.iter().filter(|row| row.offset.is_some()).count() as u64;
    Some(Advice {
        kind: AdviceKind::NoSimd,
        what: format!("The hot loop in {} has no SIMD", found.function.name),
        why: format!(
            "It takes {}, {} of the time, in {}: {instructions} instructions without a call or a branch, none of them \
             on vectors; it loads, computes and stores, and no step needs what the one before left in a local.",
            nanos(found.nanos),
            percent(found.share),
            found.name(),
        ),
        figures: vec![
            Figure::new("loop_nanos", Unit::Nanos, found.nanos),
            Figure::new("loop_instructions", Unit::Instructions, instructions),
        ],
        remedy: format!(
            "Build with -msimd128 (Rust: -C target-feature=+simd128) and let the compiler vectorise, or write it with \
             vectors: {lanes} elements at a time or more.",
        ),
        gain: Gain { share: found.share * (1.0 - 1.0 / lanes as f64), of: GainOf::Time },
        place: Place {
            function: Some(found.function.frame),
            line: found.line(),
            metric: Some(Metric::Time),
            ..Place::view(AdviceView::Instructions)
        },
    })
}

/// Nothing but numbers and memory, up to the branch back.
fn is_straight(rows: &[WatRow]) -> bool {
    let Some((last, rest)) = rows.split_last() else { return false };
    operator(last) == "br_if" && rest.iter().all(|row| is_plain(operator(row)))
}

fn is_plain(operator: &str) -> bool {
    let Some((kind, of)) = operator.split_once('.') else { return operator == "select" };
    match kind {
        "local" => true,
        "global" => of == "get",
        "i32" | "i64" | "f32" | "f64" => !of.starts_with("atomic"),
        _ => false,
    }
}

/// Have vectors no such operator?
fn is_scalar(operator: &str) -> bool {
    const SCALAR: [&str; 8] = ["div_s", "div_u", "rem_s", "rem_u", "clz", "ctz", "rotl", "rotr"];
    operator.split_once('.').is_some_and(|(_, of)| SCALAR.contains(&of))
}

/// Does it store what it computed of what it loaded? What is stored as it was loaded, or is the same each time, is a
/// matter of `memory.copy` and `memory.fill`.
fn computes_elements(rows: &[WatRow]) -> bool {
    let loads = rows.iter().any(|row| operator(row).contains(".load"));
    let stores = rows.windows(2).any(|pair| match pair {
        [value, store] => operator(store).contains(".store") && is_computed(operator(value)),
        _ => false,
    });
    loads && stores
}

fn is_computed(operator: &str) -> bool {
    let is_number = ["i32.", "i64.", "f32.", "f64."].iter().any(|kind| operator.starts_with(kind));
    is_number && !operator.contains(".load") && !operator.ends_with(".const")
}

/// Does a step need what the one before left in a local, other than a counter or an address that goes on evenly?
fn has_chain(rows: &[WatRow]) -> bool {
    let mut written: FxHashSet<&str> = FxHashSet::default();
    let mut carried: FxHashSet<&str> = FxHashSet::default();
    for row in rows {
        carried.extend(local(row, &["local.get"]).filter(|local| !written.contains(local)));
        written.extend(local(row, &["local.set", "local.tee"]));
    }
    rows.iter().enumerate().any(|(at, row)| {
        let local = local(row, &["local.set", "local.tee"]);
        local.is_some_and(|local| carried.contains(local) && !goes_on_evenly(rows, at, local))
    })
}

/// `local.get x`, a constant, `i32.add`, and then the instruction at `at`, which sets x.
fn goes_on_evenly(rows: &[WatRow], at: usize, counter: &str) -> bool {
    let Some([get, step, add]) = at.checked_sub(3).and_then(|from| rows.get(from..at)) else { return false };
    local(get, &["local.get"]) == Some(counter)
        && operator(step).ends_with(".const")
        && matches!(operator(add), "i32.add" | "i64.add" | "i32.sub" | "i64.sub")
}

/// The bytes of the widest numbers that are computed with; those of addresses and counters count too.
fn widest_bytes(rows: &[WatRow]) -> u64 {
    let is_wide = |row: &WatRow| operator(row).starts_with("i64.") || operator(row).starts_with("f64.");
    if rows.iter().any(is_wide) { 8 } else { 4 }
}
