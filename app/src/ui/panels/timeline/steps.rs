//! From event to event: the calls of the chosen function, or else each `memory.grow`.

use super::super::PanelCtx;
use super::TimelineState;
use crate::analysis::{CallDurations, GrowthView};
use crate::ui::views::TimelineView;
use crate::units;
use std::ops::Range;
use std::sync::Arc;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the event before.
    Back,
    /// To the next one.
    On,
}

/// What there is to step through.
pub enum Steps {
    /// Calls that take so long, if that is chosen.
    Calls(Arc<CallDurations>, Option<Range<u64>>),
    /// Growths of memories.
    Growths(Arc<GrowthView>),
}

impl Steps {
    /// What there is to step through.
    pub fn of(view: &TimelineView, state: &TimelineState) -> Steps {
        match &view.calls {
            Some(calls) => Steps::Calls(Arc::clone(calls), state.bar.clone()),
            None => Steps::Growths(Arc::clone(&view.growth)),
        }
    }

    /// What an event is called.
    pub fn noun(&self) -> &'static str {
        match self {
            Steps::Calls(..) => "call",
            Steps::Growths(_) => "growth",
        }
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        match self {
            Steps::Calls(calls, _) => calls.calls.is_empty(),
            Steps::Growths(growth) => growth.events.is_empty(),
        }
    }

    /// Steps to the event before or behind the last one.
    pub fn go(&self, ctx: &PanelCtx<'_>, state: &mut TimelineState, way: Way) {
        if let Some(nanos) = self.next(state.event, way) {
            state.show_event(ctx, nanos);
        }
    }

    fn next(&self, event: Option<u64>, way: Way) -> Option<u64> {
        let is_next = |at: &u64| match (way, event) {
            (Way::On, Some(event)) => *at > event,
            (Way::Back, Some(event)) => *at < event,
            (_, None) => true,
        };
        match way {
            Way::On => self.moments().find(is_next),
            Way::Back => self.moments().rfind(is_next),
        }
    }

    fn moments(&self) -> Box<dyn DoubleEndedIterator<Item = u64> + '_> {
        match self {
            Steps::Calls(calls, bar) => {
                let is_marked = |nanos: u64| bar.as_ref().is_none_or(|bar| bar.contains(&nanos));
                let marked = calls.calls.iter().filter(move |call| is_marked(call.duration_nanos));
                Box::new(marked.map(|call| call.start_nanos))
            }
            Steps::Growths(growth) => Box::new(growth.events.iter().map(|row| row.event.time_nanos)),
        }
    }

    /// The event that was stepped to, in words; `None` where there is none.
    pub fn text(&self, state: &TimelineState) -> Option<String> {
        let event = state.event?;
        match self {
            Steps::Calls(calls, _) => {
                let at = calls.calls.partition_point(|call| call.start_nanos < event);
                let call = calls.calls.get(at).filter(|call| call.start_nanos == event)?;
                let (number, of) = (units::exact(at as u64 + 1), units::exact(calls.calls.len() as u64));
                let (start, took) = (units::nanos(call.start_nanos), units::nanos(call.duration_nanos));
                Some(format!("call {number} of {of} at {start}, {took}"))
            }
            Steps::Growths(growth) => {
                let at = growth.events.partition_point(|row| row.event.time_nanos < event);
                let row = growth.events.get(at).filter(|row| row.event.time_nanos == event)?;
                let (number, of) = (units::exact(at as u64 + 1), units::exact(growth.events.len() as u64));
                let pages = units::things(row.event.asked_pages, "page");
                let refused = if row.event.granted { "" } else { ", refused" };
                Some(format!("growth {number} of {of} at {}, {pages}{refused}", units::nanos(event)))
            }
        }
    }
}
