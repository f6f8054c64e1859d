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

/// One that was found.
pub(super) struct Packed {
    pub(super) member: Member,
    pub(super) kind: &'static str,
    pub(super) evidence: String,
}

/// The innermost one that does so: whoever calls it does so, too.
pub(super) fn find(trace: &Trace, givers: &[Member], params: impl Fn(u8) -> Option<usize>) -> Option<Packed> {
    let found = givers.iter().filter_map(|member| packed(trace, *member, params(member.who)?));
    found.max_by_key(|(calls, _)| *calls).map(|(_, packed)| packed)
}

fn packed(trace: &Trace, member: Member, params: usize) -> Option<(usize, Packed)> {
    let Role::Alloc(size @ (Size::First | Size::Second)) = member.role else { return None };
    let calls: Vec<&Call> = trace.calls.iter().filter(|call| call.who == member.who).collect();
    let fits = |call: &&Call| {
        let end = call.result.checked_add(size.of(call));
        call.result.is_multiple_of(4)
            && trace.lowest <= call.result
            && end.is_some_and(|end| end <= trace.highest)
    };
    if !calls.iter().all(fits) {
        return None;
    }
    let steps: Vec<_> = calls.array_windows().filter_map(|[a, b]| step(a, b, size)).collect();
    let follows = |(step, size): &&(u64, u64)| *step >= *size && step - size <= MOST_BETWEEN;
    let (following, sizes) = (steps.iter().filter(follows).count(), steps.iter().map(|(_, size)| *size));
    let distinct = sizes.collect::<FxHashSet<_>>().len();
    if following < FEWEST_STEPS || following * 10 < calls.len() * 9 || distinct < FEWEST_SIZES {
        return None;
    }
    let tlsf = steps.iter().filter(|(step, size)| *step == tlsf_step(*size)).count();
    let kind = match (size, params) {
        (Size::First, 1) => "malloc",
        (Size::First, _) if tlsf * 10 >= steps.len() * 9 => "__new",
        (Size::First, _) => "__rust_alloc",
        _ => "aligned_alloc",
    };
    let evidence = format!(
        "handed out {} blocks of {distinct} sizes, {following} of them right behind the one before; nothing was seen to take them back",
        calls.len()
    );
    Some((calls.len(), Packed { member, kind, evidence }))
}

/// How far it is from one block to the next, and how much was asked for.
fn step(from: &Call, to: &Call, size: Size) -> Option<(u64, u64)> {
    Some((to.result.checked_sub(from.result).filter(|step| *step > 0)?, size.of(from)))
}

/// How far apart objects of this size are in AssemblyScript: 16 bytes of its own header, 4 of the block's, and the sum a
/// multiple of 16.
fn tlsf_step(size: u64) -> u64 {
    const BLOCK: u64 = 4;
    const OBJECT: u64 = 16;
    size.saturating_add(OBJECT + BLOCK).next_multiple_of(16)
}
