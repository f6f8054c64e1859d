//! Counts and times the calls that cross between guest and host, on the guest's thread.

use super::span_log::SpanLog;
use crate::clock::RecordingClock;
use crate::probes::{BytesRule, NodeAddress};
use crate::recording::{
    CallSlice, CallSpan, ContextId, Crossing, CrossingTable, Direction, RunTime, SiteCrossings,
};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use wasmscope_symbolize::{CodeOffset, FuncIndex};

/// The sums are handed on no more often than this.
const MIN_WAIT_NANOS: u64 = 200_000_000;
/// What is waited for each call site: to copy, sort and write one takes some hundred nanoseconds.
const SITE_WAIT_NANOS: u64 = 50_000;
/// With so many call sites the sums are handed on when as much time has passed as before: as all of them are written
/// each time, a long run would write little else.
const MANY_SITES: u64 = 1 << 20;

/// Call sites that are told apart by their call paths, in some 20 MB. Of those beyond only the place is kept.
const MAX_SITES: usize = 1 << 18;

/// A calling context of one of the instances that have probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceNode {
    /// The number of the instance.
    pub instance: usize,
    /// The context there.
    pub node: NodeAddress,
}

/// The place in the guest from which a call crosses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CrossingSite {
    pub import: FuncIndex,
    pub context: Option<InstanceNode>,
    pub offset: Option<CodeOffset>,
}

/// Who is called across.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee {
    /// The guest calls an import.
    Import(CrossingSite),
    /// The host calls the guest; an export, if it is known which.
    Guest(Option<FuncIndex>),
    /// The host calls a function of a component: core functions, this one among them, and what the canonical ABI does
    /// around them.
    Lifted(FuncIndex),
    /// The engine, or nobody knows whom.
    Other,
    /// Ourselves: the guest hands over what its probes recorded.
    Recorder,
}

impl Callee {
    fn key(self) -> Option<(Direction, FuncIndex)> {
        match self {
            Callee::Import(site) => Some((Direction::GuestToHost, site.import)),
            Callee::Guest(func) => Some((Direction::HostToGuest, func?)),
            Callee::Lifted(func) => Some((Direction::HostToGuest, func)),
            Callee::Other | Callee::Recorder => None,
        }
    }
}

/// Bytes that crossed with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bytes {
    In(u64),
    Out(u64),
}

/// Bytes of a call that came back, with an error or without: the host does not see its result. The guest counts the
/// calls without one; if the count has changed at the next crossing, the bytes are true.
#[derive(Clone, Copy, Debug)]
pub struct Unsure {
    pub bytes: Bytes,
    /// The guest's count when the call came back.
    pub answers: u32,
}

/// A call that has not come back yet.
struct Open {
    callee: Callee,
    /// How to learn, when it comes back, how many bytes crossed: a rule and the argument that it needs.
    bytes: Option<(BytesRule, u64)>,
    start_nanos: u64,
    /// Time in calls that crossed back meanwhile.
    nested_nanos: u64,
    /// Of a lifted function, the own time of its core functions.
    core_nanos: u64,
}

/// The sums so far.
#[derive(Default)]
pub struct BoundaryLog {
    open: Vec<Open>,
    unsure: Option<(CrossingSite, Unsure)>,
    functions: BTreeMap<(Direction, FuncIndex), Crossing>,
    sites: FxHashMap<CrossingSite, SiteTotals>,
    deepest: usize,
    time: RunTime,
    spans: SpanLog,
    /// How long the call of an export took that came back last.
    last_export_nanos: u64,
    /// Calls whose paths were left out.
    pub pathless_calls: u64,
    /// When the sums were last handed on.
    given_nanos: u64,
}

/// The sums of one call site.
#[derive(Clone, Copy, Default)]
pub struct SiteTotals {
    calls: u64,
    total_nanos: u64,
    bytes: Option<u64>,
}

impl BoundaryLog {
    /// The crossing that was entered last and has not come back, and how to learn its bytes.
    pub fn current(&self) -> Option<(Callee, Option<(BytesRule, u64)>)> {
        self.open.last().map(|open| (open.callee, open.bytes))
    }

    /// How long the call of an export took that came back last, in nanoseconds.
    pub fn last_export_nanos(&self) -> u64 {
        self.last_export_nanos
    }

    /// Does a call go on that the guest or the engine has its part in?
    pub fn is_inside(&self) -> bool {
        self.open.iter().any(|open| !matches!(open.callee, Callee::Lifted(_)))
    }

    /// The run begins: what was before, as in the start function, is not its time.
    pub fn begin_run(&mut self) {
        self.time = RunTime::default();
    }

    /// Where the time of the run went.
    pub fn time(&self) -> RunTime {
        self.time
    }

    /// Time outside of the guest so far, in nanoseconds.
    pub fn crossed_nanos(&self) -> u64 {
        self.time.import_nanos + self.time.engine_nanos
    }

    /// The recorder itself took so long, inside of the call that goes on.
    pub fn exclude(&mut self, nanos: u64) {
        self.time.recorder_nanos += nanos;
        if let Some(open) = self.open.last_mut() {
            open.nested_nanos += nanos;
        }
    }

    /// A call crosses. Gives the time.
    pub fn enter(&mut self, callee: Callee, bytes: Option<(BytesRule, u64)>, clock: &RecordingClock) -> u64 {
        let start_nanos = clock.now();
        self.open.push(Open { callee, bytes, start_nanos, nested_nanos: 0, core_nanos: 0 });
        self.deepest = self.deepest.max(self.open.len());
        start_nanos
    }

    /// The call that crossed last comes back. Gives the time.
    pub fn leave(&mut self, bytes: Option<Unsure>, clock: &RecordingClock) -> u64 {
        let end_nanos = clock.now();
        if let Some(open) = self.open.pop() {
            self.count(open, bytes, end_nanos);
        }
        end_nanos
    }

    /// The guest has had the answer of the call that came back last; `answers` is its count now.
    pub fn settle(&mut self, answers: u32) {
        let Some((site, unsure)) = self.unsure.take() else { return };
        let Some(sums) = self.functions.get_mut(&(Direction::GuestToHost, site.import)) else { return };
        let (of_function, n) = match unsure.bytes {
            Bytes::In(n) => (&mut sums.bytes_in, n),
            Bytes::Out(n) => (&mut sums.bytes_out, n),
        };
        let crossed = if unsure.answers == answers { 0 } else { n };
        *of_function.get_or_insert(0) += crossed;
        *self.sites.entry(site).or_default().bytes.get_or_insert(0) += crossed;
    }

    fn count(&mut self, open: Open, bytes: Option<Unsure>, end_nanos: u64) {
        let Open { callee, start_nanos, nested_nanos, core_nanos, .. } = open;
        let total = end_nanos.saturating_sub(start_nanos);
        let own_nanos = total.saturating_sub(nested_nanos);
        match (self.open.last_mut(), callee) {
            // What a core function does is the lifted one's doing.
            (Some(outer @ Open { callee: Callee::Lifted(_), .. }), Callee::Guest(None)) => {
                outer.nested_nanos += nested_nanos;
                outer.core_nanos += own_nanos;
            }
            (Some(outer), _) => outer.nested_nanos += total,
            (None, _) => {}
        }
        self.credit(callee, own_nanos.saturating_sub(core_nanos));
        let Some(key) = callee.key() else {
            return;
        };
        self.spans.add(CallSpan {
            start_nanos,
            duration_nanos: total,
            direction: key.0,
            func: key.1,
            depth: self.open.len() as u32,
        });
        let sums = self.functions.entry(key).or_insert_with(|| Crossing::none(key.0, key.1, start_nanos));
        sums.calls += 1;
        sums.total_nanos += total;
        sums.self_nanos += own_nanos;
        sums.last_nanos = end_nanos;
        sums.durations.add(total);
        if key.0 == Direction::HostToGuest {
            self.last_export_nanos = total;
        }
        if let Callee::Import(site) = callee {
            let site = self.known_site(site);
            self.sites.entry(site).or_default().add(total);
            self.unsure = bytes.map(|bytes| (site, bytes));
        }
    }

    fn credit(&mut self, callee: Callee, own_nanos: u64) {
        let RunTime { guest_nanos, import_nanos, engine_nanos, recorder_nanos, crossings, .. } =
            &mut self.time;
        let side = match callee {
            Callee::Guest(_) => guest_nanos,
            Callee::Import(_) => import_nanos,
            Callee::Other | Callee::Lifted(_) => engine_nanos,
            Callee::Recorder => recorder_nanos,
        };
        *side += own_nanos;
        *crossings += u64::from(!matches!(callee, Callee::Guest(_) | Callee::Lifted(_)));
    }

    /// `site`, or where there is no room for it only its place.
    fn known_site(&mut self, site: CrossingSite) -> CrossingSite {
        if self.sites.len() < MAX_SITES || self.sites.contains_key(&site) {
            return site;
        }
        self.pathless_calls += 1;
        CrossingSite { context: None, ..site }
    }

    /// The calls that never came back, because the guest ended in them, come back now.
    pub fn leave_all(&mut self, clock: &RecordingClock) {
        while !self.open.is_empty() {
            self.leave(None, clock);
        }
        self.spans.end_slice();
    }

    /// Takes the single calls that came back since it was last asked.
    pub fn take_spans(&mut self) -> (Vec<CallSpan>, Vec<CallSlice>) {
        self.spans.take()
    }

    /// The sums so far, unless they were given lately. The more call sites there are, the more it costs to hand them
    /// on, and the longer they wait: at most a hundredth of the time goes into it.
    pub fn sums_if_due(&mut self, now_nanos: u64) -> Option<BoundarySums> {
        let sites = self.sites.len() as u64;
        let long_nanos = (now_nanos / MANY_SITES).saturating_mul(sites);
        let wait_nanos = MIN_WAIT_NANOS.max(sites * SITE_WAIT_NANOS).max(long_nanos);
        let due = now_nanos.saturating_sub(self.given_nanos) >= wait_nanos;
        due.then(|| {
            self.given_nanos = now_nanos;
            self.sums()
        })
    }

    /// The sums so far.
    pub fn sums(&self) -> BoundarySums {
        BoundarySums {
            functions: self.functions.values().cloned().collect(),
            sites: self.sites.iter().map(|(site, totals)| (*site, *totals)).collect(),
            reentry_depth: (self.deepest / 2) as u32,
        }
    }
}

/// The sums at one moment, with contexts as the guest knows them.
pub struct BoundarySums {
    functions: Vec<Crossing>,
    sites: Vec<(CrossingSite, SiteTotals)>,
    reentry_depth: u32,
}

impl BoundarySums {
    /// The recording's table. `context_id` tells the recording's row of a context.
    pub fn table(self, context_id: impl Fn(InstanceNode) -> Option<ContextId>) -> CrossingTable {
        let Self { functions, sites, reentry_depth } = self;
        let mut sites: Vec<_> = sites.iter().map(|(site, totals)| totals.row(*site, &context_id)).collect();
        sites.sort_by_key(|row| (row.import, row.context, row.site));
        CrossingTable { functions, sites, reentry_depth }
    }
}

impl SiteTotals {
    fn add(&mut self, nanos: u64) {
        self.calls += 1;
        self.total_nanos += nanos;
    }

    fn row(
        self,
        site: CrossingSite,
        context_id: impl Fn(InstanceNode) -> Option<ContextId>,
    ) -> SiteCrossings {
        let SiteTotals { calls, total_nanos, bytes } = self;
        let CrossingSite { import, context, offset } = site;
        SiteCrossings {
            import,
            context: context.and_then(context_id),
            site: offset,
            calls,
            total_nanos,
            bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(import: u32) -> CrossingSite {
        CrossingSite { import: FuncIndex(import), context: None, offset: Some(CodeOffset(9)) }
    }

    #[test]
    fn what_core_functions_do_is_the_lifted_ones() {
        let (mut log, clock) = (BoundaryLog::default(), RecordingClock::begin());
        log.enter(Callee::Lifted(FuncIndex(5)), None, &clock);
        for _ in 0..2 {
            log.enter(Callee::Guest(None), None, &clock);
            log.enter(Callee::Import(site(1)), None, &clock);
            log.leave(None, &clock);
            log.leave(None, &clock);
        }
        log.leave(None, &clock);
        let time = log.time();
        let lifted = log.functions[&(Direction::HostToGuest, FuncIndex(5))].clone();
        assert_eq!(lifted.calls, 1);
        assert_eq!(lifted.total_nanos, time.guest_nanos + time.import_nanos + time.engine_nanos);
        assert_eq!(lifted.self_nanos, time.guest_nanos + time.engine_nanos);
    }

    #[test]
    fn nested_crossings_share_their_time() {
        let (mut log, clock) = (BoundaryLog::default(), RecordingClock::begin());
        log.enter(Callee::Guest(Some(FuncIndex(5))), None, &clock);
        for call in 0..3 {
            log.enter(Callee::Import(site(1)), None, &clock);
            log.leave(Some(Unsure { bytes: Bytes::Out(7), answers: call }), &clock);
            log.settle(call + 1);
        }
        log.enter(Callee::Import(site(2)), None, &clock);
        log.leave_all(&clock);
        let table = log.sums().table(|_| None);
        let calls: Vec<_> = table.functions.iter().map(|f| (f.func.0, f.calls, f.bytes_out)).collect();
        assert_eq!(calls, [(1, 3, Some(21)), (2, 1, None), (5, 1, None)]);
        let export = &table.functions[2];
        let imports: u64 = table.functions[..2].iter().map(|f| f.total_nanos).sum();
        assert_eq!(export.total_nanos - export.self_nanos, imports);
        assert_eq!(table.sites.len(), 2);
        assert_eq!(table.sites[0].bytes, Some(21));
    }

    #[test]
    fn calls_from_very_many_paths_take_bounded_room() {
        let (mut log, clock) = (BoundaryLog::default(), RecordingClock::begin());
        for context in 0..MAX_SITES as u32 + 10 {
            let site = CrossingSite {
                context: Some(InstanceNode { instance: 0, node: NodeAddress(context) }),
                ..site(context % 2)
            };
            log.enter(Callee::Import(site), None, &clock);
            log.leave(None, &clock);
        }
        let table = log.sums().table(|context| Some(ContextId(context.node.0)));
        assert_eq!((table.sites.len(), log.pathless_calls), (MAX_SITES + 2, 10));
        let pathless = table.sites.iter().filter(|site| site.context.is_none());
        assert_eq!(pathless.map(|site| site.calls).collect::<Vec<_>>(), [5, 5]);
        assert_eq!(table.functions.iter().map(|sums| sums.calls).sum::<u64>(), MAX_SITES as u64 + 10);
    }

    #[test]
    fn the_sums_of_many_sites_are_handed_on_ever_less_often() {
        let clock = RecordingClock::begin();
        let hand_on = |sites: u32| {
            let mut log = BoundaryLog::default();
            (0..sites).for_each(|import| {
                log.enter(Callee::Import(site(import)), None, &clock);
                log.leave(None, &clock);
            });
            // An hour.
            let turns = (0..3_600).filter(|second| log.sums_if_due(second * 1_000_000_000).is_some());
            turns.count()
        };
        assert_eq!(hand_on(1), 3_599);
        assert!((20..80).contains(&hand_on(100_000)), "{}", hand_on(100_000));
    }

    #[test]
    fn bytes_of_a_call_that_failed_did_not_cross() {
        let (mut log, clock) = (BoundaryLog::default(), RecordingClock::begin());
        for (answers, after) in [(0, 0), (0, 1), (1, 1)] {
            log.enter(Callee::Import(site(1)), None, &clock);
            log.leave(Some(Unsure { bytes: Bytes::In(100), answers }), &clock);
            log.settle(after);
        }
        let table = log.sums().table(|_| None);
        assert_eq!((table.functions[0].calls, table.functions[0].bytes_in), (3, Some(100)));
        assert_eq!(table.sites[0].bytes, Some(100));
    }
}
