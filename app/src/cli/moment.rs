//! Moments of a run as people write them: `250ms`, `peak`, `end`, `frame#3`.

use super::table::clean;
use super::values::duration;
use crate::analysis::{HeapAt, NamedCalls, calls_named, heap_at, heap_at_peak};
use crate::profile::Profile;
use crate::units;
use anyhow::bail;
use std::ops::Range;
use std::str::FromStr;
use wasmscope_instrument::recording::CallSpan;
use wasmscope_symbolize::MemoryIndex;

/// A moment of the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// So many nanoseconds since the recording began.
    Nanos(u64),
    /// When what was measured began.
    Start,
    /// When the heap was largest.
    Peak,
    /// The end.
    End,
    /// When a call of an export or import began, or ended.
    Call { function: String, number: usize, end: bool },
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "start" => Ok(Moment::Start),
            "peak" => Ok(Moment::Peak),
            "end" => Ok(Moment::End),
            "0" => Ok(Moment::Nanos(0)),
            call if call.contains('#') => Moment::call(call),
            time => {
                let time = duration(time)
                    .map_err(|error| format!("{error}, or start, peak, end, or a call: frame#3"))?;
                Ok(Moment::Nanos(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)))
            }
        }
    }
}

impl Moment {
    fn call(text: &str) -> Result<Moment, String> {
        let bad = || format!("`{text}` is no call; write FUNCTION#NUMBER, from 1, or FUNCTION#NUMBER.end");
        let (function, number) =
            text.rsplit_once('#').filter(|(function, _)| !function.is_empty()).ok_or_else(bad)?;
        let (number, end) = number.strip_suffix(".end").map_or((number, false), |number| (number, true));
        let number = number.parse().ok().filter(|number| *number > 0).ok_or_else(bad)?;
        Ok(Moment::Call { function: function.to_owned(), number, end })
    }

    /// The first nanosecond that no longer belongs to what was before. The peak is that of a memory's heap, or of all
    /// together.
    ///
    /// # Errors
    /// When there is no such call.
    fn nanos(&self, profile: &Profile, memory: Option<MemoryIndex>) -> anyhow::Result<u64> {
        Ok(match self {
            Moment::Nanos(nanos) => *nanos,
            Moment::Start => profile.recording().measured_from_nanos(),
            Moment::Peak => {
                let timeline = profile.heap_timeline();
                let history = memory.map_or(timeline.whole(), |memory| timeline.of_memory(memory));
                history.totals.peak_nanos.saturating_add(1)
            }
            Moment::End => profile.duration_nanos().saturating_add(1),
            Moment::Call { function, number, end } => {
                let CallSpan { start_nanos, duration_nanos, .. } = find(profile, function, *number)?;
                if *end { start_nanos.saturating_add(duration_nanos) } else { start_nanos }
            }
        })
    }

    /// A moment that tells no call by its name. What happens at the very beginning or end of a call belongs behind it.
    ///
    /// # Errors
    /// When there is no such call, or the run was over by then.
    pub(super) fn resolve(self, profile: &Profile) -> anyhow::Result<Moment> {
        match self {
            Moment::Call { .. } => Ok(Moment::Nanos(self.nanos(profile, None)?.saturating_sub(1))),
            Moment::Start => Ok(Moment::Nanos(self.nanos(profile, None)?)),
            Moment::Nanos(nanos) if nanos > profile.duration_nanos() => {
                let (at, end) = (units::nanos(nanos), units::nanos(profile.duration_nanos()));
                bail!("there is no moment at {at}: the run ends at {end}");
            }
            moment => Ok(moment),
        }
    }

    /// All the time until and with the moment, in nanoseconds since the recording began.
    ///
    /// # Errors
    /// Those of [`Moment::resolve`].
    pub(super) fn all_until(self, profile: &Profile) -> anyhow::Result<Range<u64>> {
        Ok(match self.resolve(profile)? {
            Moment::Nanos(nanos) => 0..nanos.saturating_add(1),
            moment => 0..moment.nanos(profile, None)?,
        })
    }

    /// The heap at a moment that is resolved.
    pub(super) fn heap(&self, profile: &Profile, memory: MemoryIndex) -> HeapAt {
        match self {
            Moment::Nanos(nanos) => heap_at(profile, memory, *nanos),
            Moment::Peak => heap_at_peak(profile, memory),
            _ => heap_at(profile, memory, u64::MAX),
        }
    }
}

/// The time between two moments, in nanoseconds since the recording began.
///
/// # Errors
/// When there is no such call, or the second moment comes first.
pub(super) fn between(
    profile: &Profile,
    memory: Option<MemoryIndex>,
    from: &Moment,
    until: &Moment,
) -> anyhow::Result<Range<u64>> {
    let time = from.nanos(profile, memory)?..until.nanos(profile, memory)?;
    if time.start > time.end {
        let (start, end) = (units::nanos(time.start), units::nanos(time.end));
        bail!("--between takes the earlier time first; here the one is at {start} and the other at {end}");
    }
    Ok(time)
}

fn find(profile: &Profile, function: &str, number: usize) -> anyhow::Result<CallSpan> {
    let NamedCalls { calls, summed_calls, .. } = calls_named(profile, function);
    if let Some(call) = calls.get(number - 1) {
        return Ok(*call);
    }
    let name = clean(function);
    match (calls.len() as u64, summed_calls) {
        (0, 0) => {
            bail!("no call of an export or import `{name}` was recorded; --view timeline has those that were")
        }
        (known, 0) => bail!("there is no {name}#{number}: it was called {}", units::things(known, "time")),
        (known, summed) => bail!(
            "{name}#{number} is not known by itself: of {} only {} are",
            units::things(known + summed, "call"),
            units::exact(known)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::ProfileBuilder;
    use wasmscope_instrument::recording::{CallSlice, Direction};
    use wasmscope_symbolize::FuncIndex;

    #[test]
    fn moments_are_read() {
        let call = |function: &str, number, end| Moment::Call { function: function.into(), number, end };
        for (text, moment) in [
            ("12ms", Moment::Nanos(12_000_000)),
            ("0", Moment::Nanos(0)),
            ("start", Moment::Start),
            ("peak", Moment::Peak),
            ("end", Moment::End),
            ("frame#3", call("frame", 3, false)),
            ("a:b/c#[method]d.e#12.end", call("a:b/c#[method]d.e", 12, true)),
        ] {
            assert_eq!(text.parse(), Ok(moment), "{text}");
        }
        for text in ["", "later", "#3", "frame#", "frame#0", "frame#-1", "frame#3.begin", "5y"] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    /// `frame` is called at 100, 200 and 300 for 50 each, and four times more.
    fn profile() -> Profile {
        let direction = Direction::HostToGuest;
        let span = |start_nanos| CallSpan {
            start_nanos,
            duration_nanos: 50,
            direction,
            func: FuncIndex(0),
            depth: 0,
        };
        let slice = CallSlice {
            start_nanos: 400,
            width_nanos: 100,
            direction,
            func: FuncIndex(0),
            calls: 4,
            total_nanos: 9,
        };
        ProfileBuilder::new()
            .export_calls("frame", 7, 350)
            .alloc(120, "frame;malloc", 1_000, 8)
            .edit(|recording| {
                recording.spans = [300, 100, 200].map(span).to_vec();
                recording.slices = vec![slice];
            })
            .build()
    }

    #[test]
    fn calls_are_moments() {
        let profile = profile();
        let nanos = |text: &str| {
            text.parse::<Moment>().unwrap().nanos(&profile, None).map_err(|error| error.to_string())
        };
        assert_eq!((nanos("frame#1"), nanos("frame#3"), nanos("frame#2.end")), (Ok(100), Ok(300), Ok(250)));
        assert_eq!((nanos("start"), nanos("peak")), (Ok(0), Ok(121)));
        assert!(nanos("frame#4").unwrap_err().contains("of 7 calls only 3 are"));
        assert!(nanos("fame#1").unwrap_err().contains("`fame`"));
        let of = |from: &str, until: &str| {
            between(&profile, None, &from.parse().unwrap(), &until.parse().unwrap())
        };
        assert_eq!(of("frame#1", "frame#1.end").unwrap(), 100..150);
        assert!(of("frame#2", "frame#1").unwrap_err().to_string().contains("the earlier time first"));
        let at = "frame#1".parse::<Moment>().unwrap().resolve(&profile).unwrap();
        assert_eq!(at, Moment::Nanos(99), "what happens at 100 is the call's");
        let end = profile.duration_nanos();
        assert_eq!(Moment::Nanos(end).resolve(&profile).unwrap(), Moment::Nanos(end));
        let later = Moment::Nanos(end + 1).resolve(&profile).unwrap_err().to_string();
        assert!(later.contains("the run ends at"), "{later}");
    }
}
