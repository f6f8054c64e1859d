//! What two readers make of the events of a track, by the rules in their sources.

use super::trace::Event;
use std::collections::{BTreeMap, VecDeque};

/// What is seen of a track.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Seen {
    /// By frames, outermost first: for how long it was them, in nanoseconds.
    pub(super) own_nanos: BTreeMap<String, u64>,
    /// What began or ended and was not taken, or not as what it was.
    pub(super) refused: usize,
    /// What never ended.
    pub(super) left_open: usize,
}

impl Seen {
    pub(super) fn all_nanos(&self) -> u64 {
        self.own_nanos.values().sum()
    }
}

/// Events by the function `eventListToProfile` in speedscope's `trace-event.ts`: begins and ends wait in two rows.
pub(super) fn speedscope(events: &[Event]) -> Seen {
    let first = events.iter().map(|event| event.ts).fold(f64::MAX, f64::min);
    let rows = |phase: char| {
        let mut row: Vec<_> = events.iter().filter(|event| event.ph == phase).collect();
        row.sort_by(|a, b| (a.ts - first).total_cmp(&(b.ts - first)));
        row.into_iter().map(|event| (event, event.ts - first)).collect::<VecDeque<_>>()
    };
    let (mut begins, mut ends) = (rows('B'), rows('E'));
    let key = |event: &Event| format!("{} {:?}", event.name, event.args);
    let (mut open, mut last, mut micros): (Vec<&Event>, _, _) = (Vec::new(), 0.0, BTreeMap::new());
    let mut seen = Seen::default();
    let mut go_on = |open: &[&Event], at: f64| {
        let path: Vec<_> = open.iter().map(|event| &*event.name).collect();
        *micros.entry(path.join(";")).or_insert(0.0) += at - last;
        last = at;
    };
    loop {
        let takes_begin = match (begins.front(), ends.front()) {
            (None, None) => break,
            (begin, None) => begin.is_some(),
            (None, _) => false,
            (Some((begin, begun)), Some((end, ended))) => {
                begun < ended || begun == ended && key(begin) == key(end)
            }
        };
        if takes_begin {
            let (begin, at) = begins.pop_front().unwrap();
            go_on(&open, at);
            open.push(begin);
            continue;
        }
        if let Some(top) = open.last() {
            let at = ends[0].1;
            let now = || (1..ends.len()).take_while(|next| ends[*next].1 <= at);
            let same_key = now().find(|next| key(ends[*next].0) == key(top));
            let found = same_key.or_else(|| now().find(|next| ends[*next].0.name == top.name));
            if let Some(found) = found {
                ends.swap(0, found);
            }
        }
        let (end, at) = ends.pop_front().unwrap();
        match open.last().filter(|top| top.name == end.name) {
            Some(_) => {
                go_on(&open, at);
                open.pop();
            }
            None => seen.refused += 1,
        }
    }
    seen.left_open = open.len();
    let nanos = micros.into_iter().map(|(path, micros)| (path, (micros * 1e3).round() as u64));
    seen.own_nanos = nanos.filter(|(path, nanos)| !path.is_empty() && *nanos > 0).collect();
    seen
}

/// Events by Perfetto's `CoerceToTs` and `SliceTracker`: in the order of time, at most so many deep.
pub(super) fn perfetto(events: &[Event]) -> Seen {
    const MAX_DEPTH: usize = 512;
    let mut events: Vec<_> = events.iter().map(|event| (nanos(event.ts), event)).collect();
    events.sort_by_key(|(nanos, _)| *nanos);
    let (mut open, mut last, mut seen): (Vec<&str>, _, _) = (Vec::new(), 0, Seen::default());
    for (nanos, event) in events {
        if !open.is_empty() && nanos > last {
            *seen.own_nanos.entry(open.join(";")).or_insert(0) += nanos - last;
        }
        last = nanos;
        let found = open.iter().rposition(|name| *name == event.name);
        match event.ph {
            'B' if open.len() < MAX_DEPTH => open.push(&event.name),
            // A moment is put beside what is open.
            'i' => {}
            'E' if found.is_some() && found == open.len().checked_sub(1) => drop(open.pop()),
            _ => seen.refused += 1,
        }
    }
    seen.left_open = open.len();
    seen
}

/// As `CoerceToTs` has it.
pub(super) fn nanos(micros: f64) -> u64 {
    if micros == micros.trunc() { micros as u64 * 1_000 } else { (micros * 1e3).round() as u64 }
}
