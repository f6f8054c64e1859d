//! What can be measured, and the set of it that one run asks for.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One thing that a run can measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// Where time goes, by sampling the stack. Needs no rewriting, but for the stacks of Go programs.
    Time,
    /// Each crossing between guest and host: count, time, bytes where the ABI tells, call path.
    Boundary,
    /// Each `memory.grow`: time, pages before and after, call path.
    Growth,
    /// Each allocation and release of heap memory: address, size, call path.
    Heap,
    /// How often each function was called, by call path. Exact.
    Calls,
    /// How many instructions were executed, by call path and line. Exact, and the same on every machine.
    Instructions,
    /// Reads and writes of the first linear memory, by line of 64 bytes. Exact.
    Access,
    /// How deep the stack gets that compiled code keeps in linear memory, and by which call path.
    Stack,
}

impl Measure {
    /// Every measure, in the order in which they are shown.
    pub const ALL: [Measure; 8] = [
        Measure::Time,
        Measure::Boundary,
        Measure::Growth,
        Measure::Heap,
        Measure::Calls,
        Measure::Instructions,
        Measure::Access,
        Measure::Stack,
    ];

    /// The word that the command line and the recording use.
    pub const fn name(self) -> &'static str {
        match self {
            Measure::Time => "time",
            Measure::Boundary => "boundary",
            Measure::Growth => "growth",
            Measure::Heap => "heap",
            Measure::Calls => "calls",
            Measure::Instructions => "instructions",
            Measure::Access => "access",
            Measure::Stack => "stack",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of measures, written as a comma list: `time,heap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MeasureSet(u8);

impl MeasureSet {
    /// Nothing: the module runs as it is.
    pub const NONE: MeasureSet = MeasureSet(0);

    /// Does the set hold `measure`?
    pub const fn has(self, measure: Measure) -> bool {
        self.0 & measure.bit() != 0
    }

    /// Everything that there is.
    pub const ALL: MeasureSet = MeasureSet(u8::MAX >> (u8::BITS as usize - Measure::ALL.len()));

    /// The set with `measure` added.
    #[must_use]
    pub const fn with(self, measure: Measure) -> MeasureSet {
        MeasureSet(self.0 | measure.bit())
    }

    /// The set with `measure` taken out.
    #[must_use]
    pub const fn without(self, measure: Measure) -> MeasureSet {
        MeasureSet(self.0 & !measure.bit())
    }

    /// The measures in the set, in [`Measure::ALL`]'s order.
    pub fn iter(self) -> impl Iterator<Item = Measure> {
        Measure::ALL.into_iter().filter(move |m| self.has(*m))
    }

    /// Does any measure in the set need the module to be rewritten?
    pub fn needs_rewriting(self) -> bool {
        self.without(Measure::Time) != MeasureSet::NONE
    }
}

impl Default for MeasureSet {
    /// Time, boundary, growth and heap: what is cheap enough to be always on.
    fn default() -> Self {
        [Measure::Time, Measure::Boundary, Measure::Growth, Measure::Heap]
            .into_iter()
            .fold(MeasureSet::NONE, MeasureSet::with)
    }
}

impl fmt::Display for MeasureSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Measure::name).collect();
        f.write_str(&names.join(","))
    }
}

/// A word in a list of measures that names none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a measure; there are: {}", MeasureSet::ALL)]
pub struct UnknownMeasure {
    /// The word as it was given.
    pub word: String,
}

impl FromStr for MeasureSet {
    type Err = UnknownMeasure;

    fn from_str(list: &str) -> Result<Self, UnknownMeasure> {
        let words = list.split(',').map(str::trim);
        words.map(measure_named).try_fold(MeasureSet::NONE, |set, measure| Ok(set.with(measure?)))
    }
}

fn measure_named(word: &str) -> Result<Measure, UnknownMeasure> {
    let found = Measure::ALL.into_iter().find(|m| m.name() == word);
    found.ok_or_else(|| UnknownMeasure { word: word.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_back_as_they_are_written() {
        for list in ["time", "heap", "time,heap", "time,boundary,growth,heap", "calls,instructions"] {
            assert_eq!(list.parse::<MeasureSet>().unwrap().to_string(), list);
        }
        assert!("".parse::<MeasureSet>().is_err() && "time,,heap".parse::<MeasureSet>().is_err());
    }

    #[test]
    fn an_unknown_word_is_named_with_the_known_ones() {
        let error = "time,heat".parse::<MeasureSet>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`heat` is not a measure; there are: time,boundary,growth,heap,calls,instructions,access,stack"
        );
    }
}
