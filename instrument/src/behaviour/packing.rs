//! Allocators of which nobody is seen to take anything back: what they hand out lies one behind the other, as far apart
//! as the sizes say that were asked for.

use super::replay::{Member, Role, Size};
use super::trace::{Call, Trace};
use rustc_hash::FxHashSet;

/// Fewer steps from one block to the next are no evidence.
const FEWEST_STEPS: usize = 64;
/// What may lie between two blocks: headers, and what aligns them.
const MOST_BETWEEN: u64 = 48;
/// Sizes that are all the same may be a coincidence.
const FEWEST_SIZES: usize = 4;

/// AssemblyScript's, with two parameters, and a collector that takes back what it gives.
const NEW: &str = "__new";

/// One that was found.
pub(super) struct Packed {
    pub(super) member: Member,
    pub(super) kind: &'static str,
    pub(super) evidence: String,
}

/// AssemblyScript's `__new` before what it calls; else the innermost one, since whoever calls it does so, too.
pub(super) fn find(
    trace: &Trace,
    givers: &[Member],
    params: impl Fn(u8) -> Option<usize>,
    is_whole: bool,
) -> Option<Packed> {
    let found = givers.iter().filter_map(|member| packed(trace, *member, params(member.who)?, is_whole));
    found.max_by_key(|(calls, packed)| (packed.kind == NEW, *calls)).map(|(_, packed)| packed)
}

fn packed(trace: &Trace, member: Member, params: usize, is_whole: bool) -> Option<(usize, Packed)> {
    if member.role != Role::Alloc(Size::First) {
        return None;
    }
    let calls: Vec<&Call> = trace.calls_of(member.who).collect();
    let fits = |call: &&Call| {
        let end = call.result.checked_add(call.first);
        call.result.is_multiple_of(4)
            && trace.lowest <= call.result
            && end.is_some_and(|end| end <= trace.highest)
    };
    // Up to where the first room is handed out again.
    let steps = calls.array_windows().map_while(|[from, to]| step(from, to));
    let steps: Vec<(u64, u64)> = steps.collect();
    let is_all = is_whole && steps.len() + 1 == calls.len();
    let follows = |(step, size): &&(u64, u64)| *step >= *size && step - size <= MOST_BETWEEN;
    let following = steps.iter().filter(follows).count();
    let distinct = steps.iter().map(|(_, size)| *size).collect::<FxHashSet<_>>().len();
    let is_packed =
        following >= FEWEST_STEPS && following * 10 >= steps.len() * 9 && distinct >= FEWEST_SIZES;
    let tlsf = steps.iter().filter(|(step, size)| *step == tlsf_step(*size)).count();
    let kind = match params {
        2 if tlsf * 10 >= steps.len() * 9 => NEW,
        // Its frees are taken for seen: there must be none.
        1 if is_all => "malloc",
        _ => return None,
    };
    let evidence = format!(
        "handed out {} blocks, the first {following} of {distinct} sizes each right behind the one before; nothing was \
         seen to take them back",
        calls.len()
    );
    let found = is_packed && calls.iter().all(fits);
    found.then_some((calls.len(), Packed { member, kind, evidence }))
}

/// How far it is from one block to the next, and how much was asked for.
fn step(from: &Call, to: &Call) -> Option<(u64, u64)> {
    Some((to.result.checked_sub(from.result).filter(|step| *step > 0)?, from.first))
}

/// How far apart objects of this size are in AssemblyScript: 16 bytes of its own header, 4 of the block's, and the sum
/// a multiple of 16.
fn tlsf_step(size: u64) -> u64 {
    const BLOCK: u64 = 4;
    const OBJECT: u64 = 16;
    size.saturating_add(OBJECT + BLOCK).next_multiple_of(16)
}
