//! Round moments on an axis of time.

use super::viewport::Viewport;

/// A moment that has a name.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The moment, in nanoseconds.
    pub nanos: f64,
    /// The moment for people, all in one unit and with as many digits as tell it from its neighbours.
    pub text: String,
}

/// The ticks of a part of a run, of which about `most` have room.
pub fn ticks(viewport: Viewport, most: f64) -> Vec<Tick> {
    let step = step_of(viewport.span() / most.max(1.0));
    let (unit, name) = unit_of(viewport.to);
    let decimals = (unit / step).log10().ceil().max(0.0) as usize;
    let first = (viewport.from / step).ceil() as i64;
    let last = (viewport.to / step).floor() as i64;
    let tick = |at: i64| {
        let nanos = at as f64 * step;
        Tick { nanos, text: format!("{:.decimals$} {name}", nanos / unit) }
    };
    (first..=last.min(first.saturating_add(100))).map(tick).collect()
}

/// 1, 2 or 5 times a power of ten, at least `least` and at least a nanosecond.
fn step_of(least: f64) -> f64 {
    let least = least.max(1.0);
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].map(|times| times * power).into_iter().find(|step| *step >= least).unwrap_or(power * 10.0)
}

fn unit_of(nanos: f64) -> (f64, &'static str) {
    let units = [(1e9, "s"), (1e6, "ms"), (1e3, "µs")];
    units.into_iter().find(|(unit, _)| nanos >= *unit).unwrap_or((1.0, "ns"))
}

#[cfg(test)]
mod tests {
    use super::{Viewport, ticks};

    #[test]
    fn ticks_are_round_and_tell_each_other_apart() {
        for (from, to, texts) in [
            (0.0, 1e9, vec!["0.0 s", "0.2 s", "0.4 s", "0.6 s", "0.8 s", "1.0 s"]),
            (1.203e9, 1.2034e9, vec!["1.2030 s", "1.2031 s", "1.2032 s", "1.2033 s", "1.2034 s"]),
            (0.0, 100.0, vec!["0 ns", "20 ns", "40 ns", "60 ns", "80 ns", "100 ns"]),
            (9e9, 61e9, vec!["10 s", "20 s", "30 s", "40 s", "50 s", "60 s"]),
        ] {
            let found: Vec<_> =
                ticks(Viewport { from, to, down: 0.0 }, 5.5).into_iter().map(|t| t.text).collect();
            assert_eq!(found, texts);
        }
    }
}
