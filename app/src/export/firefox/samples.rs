//! The samples of a thread: columns of equal length.

use super::super::lazy::Lazy;
use super::{interval_ms, millis};
use crate::analysis::{CallTreeQuery, Metric, NodeId, StackSample, Stacks, Unit};
use crate::profile::Profile;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// What weighs in a metric. Time has its samples, in order. What is known of other metrics is merged by stack and stands
/// where the time begins.
pub(super) struct Samples<'a> {
    pub(super) profile: &'a Profile,
    pub(super) query: &'a CallTreeQuery,
    pub(super) stacks: &'a Stacks,
    pub(super) metric: Metric,
    pub(super) weights: &'a [u64],
}

/// No stack where nothing ran.
struct Row {
    stack: Option<u32>,
    time_ms: f64,
    weight: Weight,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Weight {
    Millis(f64),
    Count(u64),
}

impl Serialize for Samples<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut columns = serializer.serialize_struct("Samples", 5)?;
        columns.serialize_field("length", &self.rows().count())?;
        columns.serialize_field("weightType", self.weight_type())?;
        columns.serialize_field("stack", &Lazy(|| self.rows().map(|row| row.stack)))?;
        columns.serialize_field("time", &Lazy(|| self.rows().map(|row| row.time_ms)))?;
        columns.serialize_field("weight", &Lazy(|| self.rows().map(|row| row.weight)))?;
        columns.end()
    }
}

impl Samples<'_> {
    fn weight_type(&self) -> &'static str {
        match self.metric.unit() {
            Unit::Nanos => "tracing-ms",
            Unit::Bytes => "bytes",
            Unit::Pages | Unit::Calls | Unit::Blocks | Unit::Instructions => "samples",
        }
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Row> + '_> {
        match self.metric {
            Metric::Time => Box::new(self.in_time()),
            _ => Box::new(self.merged()),
        }
    }

    fn in_time(&self) -> impl Iterator<Item = Row> {
        let pause_nanos = (interval_ms(self.profile) * 1e6) as u64;
        let mut last_nanos = None;
        self.stacks.samples(self.profile, self.query.time.clone()).flat_map(move |sample| {
            let StackSample { start_nanos, end_nanos, node } = sample;
            let before =
                last_nanos.replace(end_nanos).filter(|last| start_nanos.saturating_sub(*last) >= pause_nanos);
            // Readers draw a sample as far as the next one.
            let pause =
                before.map(|nanos| Row { stack: None, time_ms: millis(nanos), weight: Weight::Millis(0.0) });
            let weight = Weight::Millis(millis(end_nanos.saturating_sub(start_nanos)));
            let row = Row { stack: Some(stack(node)), time_ms: millis(start_nanos), weight };
            pause.into_iter().chain([row])
        })
    }

    fn merged(&self) -> impl Iterator<Item = Row> {
        let begin_ms = millis(self.query.time.as_ref().map_or(0, |time| time.start));
        let weight = |node: NodeId| self.weights.get(node.index()).copied().filter(|weight| *weight > 0);
        self.stacks.nodes().filter_map(move |node| {
            let weight = match self.metric.unit() {
                Unit::Nanos => Weight::Millis(millis(weight(node)?)),
                _ => Weight::Count(weight(node)?),
            };
            Some(Row { stack: Some(stack(node)), time_ms: begin_ms, weight })
        })
    }
}

/// The row of a node in the table of stacks, which has none for the root.
pub(super) fn stack(node: NodeId) -> u32 {
    node.0.saturating_sub(1)
}
