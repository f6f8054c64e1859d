//! What a call tree can be weighed by.

use crate::profile::Profile;
use std::fmt;
use std::str::FromStr;
use wasmscope_instrument::Measure;
use wasmscope_instrument::recording::Quantity;

/// What the values of a call tree, a function table or a line table are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Wall-clock time by sampling.
    #[default]
    Time,
    /// Calls of imports.
    Crossings,
    /// Time inside imports, with what they called back meanwhile.
    HostTime,
    /// Pages that memories grew by.
    PagesGrown,
    /// Blocks handed out by the allocator; a realloc counts as one.
    Allocations,
    /// Bytes handed out by the allocator; a realloc counts with its whole new size.
    AllocatedBytes,
    /// Bytes of the blocks that were never freed or, in a range of time, that were handed out in the range and not
    /// freed until its end.
    LiveBytes,
    /// Bytes of the blocks that were live when the heap was largest, in a range of time when it was largest there.
    PeakBytes,
    /// Bytes of the blocks that were freed within [`SHORT_NANOS`](super::SHORT_NANOS).
    ShortLivedBytes,
    /// Calls of functions, exactly.
    Calls,
    /// Executed instructions, exactly.
    Instructions,
    /// Bytes that `memory.copy`, `memory.fill` and `memory.init` moved.
    MovedBytes,
}

/// How a metric comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sureness {
    /// It is counted: a program that does the same has the same.
    Counted,
    /// It is measured by the clock: no two runs have the same.
    Measured,
}

/// What a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Nanoseconds.
    Nanos,
    /// Bytes.
    Bytes,
    /// Pages of linear memory.
    Pages,
    /// Calls.
    Calls,
    /// Heap blocks.
    Blocks,
    /// Executed instructions.
    Instructions,
}

impl Metric {
    /// Every metric, in the order in which they are offered.
    pub const ALL: [Metric; 12] = [
        Metric::Time,
        Metric::Crossings,
        Metric::HostTime,
        Metric::PagesGrown,
        Metric::Allocations,
        Metric::AllocatedBytes,
        Metric::LiveBytes,
        Metric::PeakBytes,
        Metric::ShortLivedBytes,
        Metric::Calls,
        Metric::Instructions,
        Metric::MovedBytes,
    ];

    /// The word that the command line uses.
    pub const fn name(self) -> &'static str {
        match self {
            Metric::Time => "time",
            Metric::Crossings => "crossings",
            Metric::HostTime => "host-time",
            Metric::PagesGrown => "pages",
            Metric::Allocations => "allocations",
            Metric::AllocatedBytes => "allocated",
            Metric::LiveBytes => "live",
            Metric::PeakBytes => "peak",
            Metric::ShortLivedBytes => "short-lived",
            Metric::Calls => "calls",
            Metric::Instructions => "instructions",
            Metric::MovedBytes => "moved",
        }
    }

    /// A title of a word or two.
    pub const fn title(self) -> &'static str {
        match self {
            Metric::Time => "Time",
            Metric::Crossings => "Crossings",
            Metric::HostTime => "Host time",
            Metric::PagesGrown => "Pages grown",
            Metric::Allocations => "Allocations",
            Metric::AllocatedBytes => "Allocated bytes",
            Metric::LiveBytes => "Live bytes",
            Metric::PeakBytes => "Bytes at the peak",
            Metric::ShortLivedBytes => "Short-lived bytes",
            Metric::Calls => "Calls",
            Metric::Instructions => "Instructions",
            Metric::MovedBytes => "Bytes moved",
        }
    }

    /// What it is, as a sentence for a tooltip.
    pub const fn description(self) -> &'static str {
        match self {
            Metric::Time => "Wall-clock time, from samples of the running stack.",
            Metric::Crossings => {
                "Calls from the guest into imports, by who called. They are counted over the whole run."
            }
            Metric::HostTime => {
                "Time inside imports, by who called, with what the host called back meanwhile. It is summed over the \
                 whole run."
            }
            Metric::PagesGrown => "Pages that linear memories grew by, by who asked for them.",
            Metric::Allocations => {
                "Blocks that the allocator handed out, by who asked; a realloc counts as one."
            }
            Metric::AllocatedBytes => {
                "Bytes that the allocator handed out, by who asked; a realloc counts with its whole new size."
            }
            Metric::LiveBytes => {
                "Bytes of blocks that were not freed until the end, by who asked for them; in a range of time, of \
                 those handed out in it and not freed until its end."
            }
            Metric::PeakBytes => {
                "Bytes of the blocks that were live when the heap was largest, by who asked for them."
            }
            Metric::ShortLivedBytes => {
                "Bytes of the blocks that were freed within 5 ms, by who asked for them: what a buffer that is kept, \
                 or the stack, would spare."
            }
            Metric::Calls => "Calls of functions, each counted, by who called.",
            Metric::Instructions => {
                "Executed WebAssembly instructions, each counted. They are the same on every machine."
            }
            Metric::MovedBytes => {
                "Bytes that memory.copy, memory.fill and memory.init moved, by who moved them."
            }
        }
    }

    /// What its values count.
    pub const fn unit(self) -> Unit {
        match self {
            Metric::Time | Metric::HostTime => Unit::Nanos,
            Metric::Crossings | Metric::Calls => Unit::Calls,
            Metric::Instructions => Unit::Instructions,
            Metric::PagesGrown => Unit::Pages,
            Metric::Allocations => Unit::Blocks,
            Metric::AllocatedBytes
            | Metric::LiveBytes
            | Metric::PeakBytes
            | Metric::ShortLivedBytes
            | Metric::MovedBytes => Unit::Bytes,
        }
    }

    /// Does a range of time filter it? Crossings and counts are recorded as sums over the whole run.
    pub const fn is_timed(self) -> bool {
        matches!(
            self,
            Metric::Time
                | Metric::PagesGrown
                | Metric::Allocations
                | Metric::AllocatedBytes
                | Metric::LiveBytes
                | Metric::PeakBytes
                | Metric::ShortLivedBytes
        )
    }

    /// How it comes about.
    pub(super) const fn sureness(self) -> Sureness {
        match self {
            // Which blocks are short-lived is told by the clock.
            Metric::Time | Metric::HostTime | Metric::ShortLivedBytes => Sureness::Measured,
            _ => Sureness::Counted,
        }
    }

    /// What has to be measured for it.
    const fn measure(self) -> Measure {
        match self {
            Metric::Time => Measure::Time,
            Metric::Crossings | Metric::HostTime => Measure::Boundary,
            Metric::PagesGrown => Measure::Growth,
            Metric::Allocations
            | Metric::AllocatedBytes
            | Metric::LiveBytes
            | Metric::PeakBytes
            | Metric::ShortLivedBytes => Measure::Heap,
            Metric::Calls => Measure::Calls,
            Metric::Instructions | Metric::MovedBytes => Measure::Instructions,
        }
    }

    /// Was it measured, even if there is nothing of it? Counts are written when a run is over; without them nothing is.
    pub(super) fn is_measured_in(self, profile: &Profile) -> bool {
        let recording = profile.recording();
        let is_written = match self.measure() {
            Measure::Calls => !recording.counts.is_empty(),
            Measure::Instructions => !recording.instructions.is_empty(),
            _ => true,
        };
        is_written && recording.meta.measures.has(self.measure()) || self.available_in(profile)
    }

    /// What another profiler may have counted of it.
    pub(super) const fn quantity(self) -> Option<Quantity> {
        match self {
            Metric::Calls => Some(Quantity::Calls),
            Metric::Instructions => Some(Quantity::Instructions),
            Metric::Allocations => Some(Quantity::Allocations),
            Metric::AllocatedBytes => Some(Quantity::AllocatedBytes),
            Metric::LiveBytes => Some(Quantity::LiveBytes),
            _ => None,
        }
    }

    /// Does the profile hold anything of it?
    pub fn available_in(self, profile: &Profile) -> bool {
        let recording = profile.recording();
        if self.quantity().is_some_and(|quantity| profile.told_sums(quantity).next().is_some()) {
            return true;
        }
        match self {
            Metric::Time => !recording.samples.is_empty(),
            Metric::Crossings | Metric::HostTime => !recording.crossings.sites.is_empty(),
            Metric::PagesGrown => !recording.growth.is_empty(),
            Metric::Allocations
            | Metric::AllocatedBytes
            | Metric::LiveBytes
            | Metric::PeakBytes
            | Metric::ShortLivedBytes => !recording.heap.is_empty(),
            Metric::Calls => recording.counts.calls.iter().any(|calls| *calls > 0),
            Metric::Instructions => !recording.instructions.is_empty(),
            Metric::MovedBytes => recording.counts.bulk_bytes.iter().any(|bytes| *bytes > 0),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no metric.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a metric; there are: {}", Metric::ALL.map(Metric::name).join(", "))]
pub struct UnknownMetric {
    /// The word as it was given.
    pub word: String,
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(word: &str) -> Result<Self, UnknownMetric> {
        let found = Metric::ALL.into_iter().find(|metric| metric.name() == word);
        found.ok_or_else(|| UnknownMetric { word: word.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for metric in Metric::ALL {
            assert_eq!(metric.name().parse(), Ok(metric));
        }
        let error = "tim".parse::<Metric>().unwrap_err();
        assert!(
            error.to_string().starts_with("`tim` is not a metric; there are: time, crossings"),
            "{error}"
        );
    }
}
