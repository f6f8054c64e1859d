//! Calls as marks in time: the third call of `frame` rather than 1.234 s.

use super::{FRAME_BUDGET_NANOS, Timeline, TimelineRow, timeline};
use crate::profile::Profile;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmscope_instrument::recording::{CallSpan, Direction};

/// Calls of functions that share a name, after the warm-up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedCalls {
    /// The name, without the module of an import; empty where there are no calls.
    pub name: Arc<str>,
    /// Those of which each is known, in the order in which they began.
    pub calls: Vec<CallSpan>,
    /// How many there were besides.
    pub summed_calls: u64,
}

/// The calls of the export or import `name`, which may be `module.name` for an import.
pub fn calls_named(profile: &Profile, name: &str) -> NamedCalls {
    let is_named = |row: &TimelineRow| {
        let module = row.module.as_deref();
        *row.name == *name
            || module.is_some_and(|module| name.strip_prefix(module) == Some(&format!(".{}", row.name)))
    };
    grouped(timeline(profile, FRAME_BUDGET_NANOS), |row| is_named(row).then_some(()))
        .remove(&())
        .unwrap_or_default()
}

/// The calls of each export of which more than one is known.
pub fn repeated_exports(profile: &Profile) -> Vec<NamedCalls> {
    let is_repeated = |row: &TimelineRow| row.direction == Direction::HostToGuest && row.spans > 1;
    grouped(timeline(profile, FRAME_BUDGET_NANOS), |row| is_repeated(row).then_some(row.func))
        .into_values()
        .collect()
}

/// The calls of functions by `group`, without those that have none.
fn grouped<G: Copy + Ord>(
    timeline: Timeline,
    group: impl Fn(&TimelineRow) -> Option<G>,
) -> BTreeMap<G, NamedCalls> {
    let (mut groups, mut of_function) = (BTreeMap::<G, NamedCalls>::new(), FxHashMap::default());
    for row in timeline.rows {
        let Some(group) = group(&row) else { continue };
        of_function.insert((row.direction, row.func), group);
        let calls = groups.entry(group).or_default();
        calls.summed_calls = calls.summed_calls.saturating_add(row.summed_calls);
        calls.name = row.name;
    }
    for span in timeline.spans {
        let group = of_function.get(&(span.direction, span.func));
        if let Some(calls) = group.and_then(|group| groups.get_mut(group)) {
            calls.calls.push(span);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::ProfileBuilder;
    use wasmscope_instrument::recording::{Phase, PhaseSpan};
    use wasmscope_symbolize::FuncIndex;

    /// `frame` is called at 100, 200, 300 and 400, of which the warm-up ends at 150; `init` at 250.
    #[test]
    fn calls_of_the_warm_up_are_no_marks() {
        let call = |start_nanos, func| CallSpan {
            start_nanos,
            duration_nanos: 50,
            direction: Direction::HostToGuest,
            func: FuncIndex(func),
            depth: 0,
        };
        let phase = |phase, start_nanos, end_nanos| PhaseSpan { phase, start_nanos, end_nanos };
        let profile = ProfileBuilder::new()
            .export_calls("frame", 4, 200)
            .export_calls("init", 1, 50)
            .edit(|recording| {
                recording.spans = vec![call(300, 0), call(100, 0), call(250, 1), call(400, 0), call(200, 0)];
                recording.phases = vec![phase(Phase::WarmUp, 0, 150), phase(Phase::Run, 150, 500)];
            })
            .build();
        let starts = |calls: &NamedCalls| calls.calls.iter().map(|call| call.start_nanos).collect::<Vec<_>>();
        let repeated = repeated_exports(&profile);
        assert_eq!(repeated.len(), 1, "one call alone is no repetition");
        assert_eq!((&*repeated[0].name, starts(&repeated[0])), ("frame", vec![200, 300, 400]));
        assert_eq!(calls_named(&profile, "frame"), repeated[0], "what the command line counts");
        assert_eq!(starts(&calls_named(&profile, "init")), [250]);
        assert_eq!(calls_named(&profile, "none"), NamedCalls::default());
    }
}
