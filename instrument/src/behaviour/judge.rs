//! Which candidates are a heap's allocators.

use super::Proposal;
use super::packing;
use super::replay::{Member, Role, Score, Size, replay, set_of};
use super::trace::{Call, Trace};
use crate::OwnAllocator;
use crate::allocators::AllocatorKind;
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use wasmscope_symbolize::{FuncIndex, ModuleIndex};

/// Fewer calls are no evidence.
const FEWEST_BLOCKS: usize = 16;
const FEWEST_FREES: u64 = 8;
/// Where no more are live at once, each is taken back right away: by something that is called for each new one.
const FEWEST_LIVE: usize = 8;
/// Pairs that others are added to, the best ones first.
const MOST_PAIRS: usize = 8;
/// Of a pair that lacks others, one call in so many may seem wrong.
const PAIR_TOLERANCE: u64 = 4;

/// The candidates that together do what a heap does and nothing else, each as what it is. `is_whole` says whether the
/// program came to its end.
pub(super) fn proposals(
    trace: &Trace,
    is_whole: bool,
    index: &ModuleIndex,
    name_of: impl Fn(FuncIndex) -> String,
) -> Vec<Proposal> {
    let params = |who: u8| {
        let func = trace.candidates.get(usize::from(who))?;
        Some(index.function(*func)?.ty.params.len())
    };
    let proposal = |member: Member, kind: &str, evidence: String| {
        let name = name_of(*trace.candidates.get(usize::from(member.who))?);
        let kind = AllocatorKind::named(kind)?;
        Some(Proposal { allocator: OwnAllocator { name, kind }, evidence })
    };
    let roles = Roles::of(trace, index);
    if let Some((members, score)) = heap(trace, &roles) {
        let done = members.iter().zip(&score.done).filter(|(_, done)| **done > 0);
        let told = done.filter_map(|(member, done)| {
            proposal(*member, kind(member.role, params(member.who)?)?, evidence(member.role, *done, &score))
        });
        return told.collect();
    }
    let packed = packing::find(trace, &roles.givers, params, is_whole);
    packed.and_then(|packed| proposal(packed.member, packed.kind, packed.evidence)).into_iter().collect()
}

/// What each candidate might be, by its type.
struct Roles {
    givers: Vec<Member>,
    takers: Vec<Member>,
}

impl Roles {
    fn of(trace: &Trace, index: &ModuleIndex) -> Roles {
        let (mut givers, mut takers) = (Vec::new(), Vec::new());
        for (func, who) in trace.candidates.iter().zip(0u8..) {
            let Some(function) = index.function(*func) else { continue };
            let roles: &[Role] = match (function.ty.params.len(), function.ty.results.len()) {
                (_, 0) => &[Role::Free],
                (1, _) => &[Role::Alloc(Size::First)],
                (2, _) => &[
                    Role::Alloc(Size::First),
                    Role::Alloc(Size::Second),
                    Role::Alloc(Size::Product),
                    Role::Realloc,
                ],
                (4, _) => &[Role::Realloc],
                _ => &[],
            };
            let members = roles.iter().map(|role| Member { who, role: *role });
            if function.ty.results.is_empty() { takers.extend(members) } else { givers.extend(members) }
        }
        Roles { givers, takers }
    }
}

/// The members of a heap of which nothing is wrong.
fn heap(trace: &Trace, roles: &Roles) -> Option<(Vec<Member>, Score)> {
    let heaps = pairs(trace, roles).into_iter().map(|(pair, score)| extended(trace, roles, pair, score));
    let sound = heaps.filter(|(members, score)| {
        let has_blocks = score.taken >= FEWEST_FREES && score.reused > 0 && score.most_live >= FEWEST_LIVE;
        // Those may be alignments.
        let has_sizes = !score.sizes.values().all(|size| size.is_power_of_two());
        has_blocks
            && has_sizes
            && score.wrong() == 0
            && score.is_tight()
            && !is_used_after(trace, members, score)
    });
    // Whoever sees more blocks; of those that see the same ones, what says that they are larger, whom outer code calls.
    sound.max_by_key(|(members, score)| {
        (score.handed + score.taken, Reverse(members.len()), score.bytes, Reverse(score.depth))
    })
}

/// Is what was taken back given to others again, as if nothing had happened? Then it was not taken back: there are
/// functions that are called once for each object. What ran around the taking is told later, and is none of them.
fn is_used_after(trace: &Trace, members: &[Member], score: &Score) -> bool {
    let set = set_of(members);
    let mut gaps_of: FxHashMap<u64, Vec<(u32, u32)>> = FxHashMap::default();
    for (address, from, until) in &score.gaps {
        gaps_of.entry(*address).or_default().push((*from, *until));
    }
    let around = |at: u32| trace.calls.get(at as usize).map_or(0, |call| call.inside);
    let is_use = |at: u32, call: &Call| {
        let gaps = gaps_of.get(&call.first).map_or(&[][..], Vec::as_slice);
        let gap = gaps.get(gaps.partition_point(|(_, until)| *until < at));
        gap.is_some_and(|(from, until)| {
            *from < at && at < *until && (around(*from) >> call.who & 1 == 0) && call.inside & set == 0
        })
    };
    let others = trace.calls.iter().zip(0u32..).filter(|(call, _)| set >> call.who & 1 == 0);
    let uses = others.filter(|(call, at)| is_use(*at, call)).count();
    uses * 10 > score.gaps.len()
}

/// What hands out and what takes back, as far as they go together.
fn pairs(trace: &Trace, roles: &Roles) -> Vec<(Vec<Member>, Score)> {
    let mut pairs = Vec::new();
    for alloc in roles.givers.iter().filter(|member| matches!(member.role, Role::Alloc(_))) {
        let given: FxHashSet<u64> = results(trace, alloc.who).collect();
        if results(trace, alloc.who).take(FEWEST_BLOCKS).count() < FEWEST_BLOCKS {
            continue;
        }
        let goes_with = |free: &&Member| {
            let (known, all) = firsts(trace, free.who)
                .fold((0, 0), |(known, all), address| (known + u64::from(given.contains(&address)), all + 1));
            known >= FEWEST_FREES && known * 2 >= all
        };
        for free in roles.takers.iter().filter(goes_with) {
            let members = vec![*alloc, *free];
            let score = replay(trace, &members);
            let is_near = score.wrong() * PAIR_TOLERANCE <= score.handed + score.taken;
            if is_near && score.taken >= FEWEST_FREES {
                pairs.push((members, score));
            }
        }
    }
    pairs.sort_by_key(|(_, score)| Reverse((score.taken.saturating_sub(score.wrong()), score.bytes)));
    pairs.truncate(MOST_PAIRS);
    pairs
}

fn results(trace: &Trace, who: u8) -> impl Iterator<Item = u64> {
    trace.calls_of(who).map(|call| call.result).filter(|result| *result != 0)
}

fn firsts(trace: &Trace, who: u8) -> impl Iterator<Item = u64> {
    trace.calls_of(who).map(|call| call.first).filter(|first| *first != 0)
}

/// Adds to a pair, one by one, what makes less of it seem wrong, and what gives blocks other sizes.
fn extended(
    trace: &Trace,
    roles: &Roles,
    mut members: Vec<Member>,
    mut score: Score,
) -> (Vec<Member>, Score) {
    loop {
        let others = roles.givers.iter().chain(&roles.takers);
        let others = others.filter(|other| members.iter().all(|member| member.who != other.who));
        let better = others.filter(|other| may_help(trace, &score, **other)).filter_map(|other| {
            let with: Vec<_> = members.iter().copied().chain([*other]).collect();
            let told = replay(trace, &with);
            let mends = told.wrong() < score.wrong();
            let resizes = told.wrong() == score.wrong() && resizes(trace, &members, *other);
            (mends || resizes).then_some((with, told))
        });
        // Of what mends the same, what more goes through; of the parameters of one, that which is a larger size.
        match better.min_by_key(|(_, told)| (told.wrong(), Reverse((told.handed, told.bytes)))) {
            Some((with, told)) => (members, score) = (with, told),
            None => return (members, score),
        }
    }
}

/// Has a candidate anything to do with what seems wrong, or with the blocks at all? To replay is dear.
fn may_help(trace: &Trace, score: &Score, other: Member) -> bool {
    let gives = || trace.calls_of(other.who).any(|call| score.unknown.contains(&call.result));
    // In place only what is made shorter shows: its room goes to another.
    let resizes = |call: &Call| {
        score.sizes.contains_key(&call.first) && (score.wrong_blocks > 0 || call.result != call.first)
    };
    match other.role {
        Role::Alloc(_) => gives(),
        Role::Realloc => gives() || trace.calls_of(other.who).any(resizes),
        Role::Free => score.wrong_blocks > 0,
    }
}

/// Does a candidate make blocks of `members` longer? Where a block moves, the new one must have come from them, for the
/// size that was asked of the candidate: there are functions enough that are given an address and give it back.
fn resizes(trace: &Trace, members: &[Member], other: Member) -> bool {
    if other.role != Role::Realloc {
        return false;
    }
    let set = set_of(members);
    let (mut inner, mut moved, mut all) = (None, 0, 0);
    for call in &trace.calls {
        if set >> call.who & 1 == 1 && call.inside >> other.who & 1 == 1 {
            let member = members.iter().find(|member| member.who == call.who);
            if let Some(Role::Alloc(size)) = member.map(|member| member.role) {
                inner = Some((call.result, size.of(call)));
            }
        }
        if call.who == other.who && call.first != 0 && call.result != 0 {
            all += 1;
            if call.result != call.first {
                let enough = call.second..=call.second.saturating_mul(2).saturating_add(64);
                if !inner.is_some_and(|(result, size)| result == call.result && enough.contains(&size)) {
                    return false;
                }
                moved += 1;
            }
            inner = None;
        }
    }
    moved > 0 && all >= 2
}

/// The function that does the same with the same parameters.
fn kind(role: Role, params: usize) -> Option<&'static str> {
    Some(match (role, params) {
        (Role::Alloc(Size::First), 1) => "malloc",
        (Role::Alloc(Size::First), 2) => "__rust_alloc",
        (Role::Alloc(Size::Second), 2) => "aligned_alloc",
        (Role::Alloc(Size::Product), 2) => "calloc",
        (Role::Realloc, 2) => "realloc",
        (Role::Realloc, 4) => "__rust_realloc",
        (Role::Free, 1) => "free",
        (Role::Free, 2) => "sized_free",
        (Role::Free, 3) => "__rust_dealloc",
        _ => return None,
    })
}

fn evidence(role: Role, done: u64, score: &Score) -> String {
    match role {
        Role::Alloc(_) => {
            format!("handed out {done} blocks, none of them in the room of another")
        }
        Role::Realloc => format!("gave {done} blocks another size, none of them in the room of another"),
        Role::Free => format!(
            "took back {done} of them and nothing else; {} blocks were handed out where one was taken back",
            score.reused
        ),
    }
}
