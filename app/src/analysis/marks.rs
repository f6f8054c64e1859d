//! Calls as marks in time: the third call of `frame` rather than 1.234 s.

use super::timeline;
use crate::profile::Profile;
use wasmscope_instrument::recording::CallSpan;

/// The calls of the functions that have a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedCalls {
    /// Those of which each is known, in the order in which they began.
    pub calls: Vec<CallSpan>,
    /// How many there were besides.
    pub summed_calls: u64,
}

/// The calls of the export or import `name`, which may be `module.name` for an import, after the warm-up.
pub fn calls_named(profile: &Profile, name: &str) -> NamedCalls {
    let timeline = timeline(profile);
    let is_named = |module: Option<&str>, function: &str| {
        function == name
            || module.is_some_and(|module| name.strip_prefix(module) == Some(&format!(".{function}")))
    };
    let rows: Vec<_> =
        timeline.rows.iter().filter(|row| is_named(row.module.as_deref(), &row.name)).collect();
    let is_of =
        |span: &&CallSpan| rows.iter().any(|row| (row.direction, row.func) == (span.direction, span.func));
    NamedCalls {
        calls: timeline.spans.iter().filter(is_of).copied().collect(),
        summed_calls: rows.iter().map(|row| row.summed_calls).fold(0, u64::saturating_add),
    }
}
