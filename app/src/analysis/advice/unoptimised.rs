//! An unoptimised build: hot code that passes each value through a local.

use super::code::{HotCode, HotFunction, local, operator};
use super::{Advice, AdviceKind, AdviceView, Figure, Gain, GainOf, Place};
use crate::analysis::{Metric, Unit, WatListing, WatRow};
use crate::units::{exact, percent, share};
use rustc_hash::{FxHashMap, FxHashSet};

/// Of an unoptimised program's instructions so many pass a value on through a local: 48 to 51 % in C by clang 19
/// without -O, at most 7 % in the hot functions of fifteen optimised programs in C, C++, Rust and TinyGo.
const LEAST_PASSED: f64 = 0.25;
/// Hot functions with less of the time together are no sample of the program.
const LEAST_SHARE: f64 = 0.25;
/// Functions of fewer instructions say nothing of the compiler.
const LEAST_INSTRUCTIONS: u64 = 16;

/// What a function's instructions are, each as often as it was executed, or once where that was not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mix {
    all: u64,
    /// Those that set a local which is set and read just once, or read it: the value could have stayed where it was.
    passing: u64,
}

impl Mix {
    fn of(function: &HotFunction) -> Mix {
        let WatListing { rows, has_executed, .. } = &function.listing;
        let passed = passed_on(rows);
        let mut mix = Mix::default();
        for row in rows.iter().filter(|row| is_counted(row)) {
            let times = if *has_executed { row.executed.unwrap_or(0) } else { 1 };
            let passes = local(row, &["local.get", "local.set"]).is_some_and(|local| passed.contains(local));
            mix.all = mix.all.saturating_add(times);
            mix.passing = mix.passing.saturating_add(if passes { times } else { 0 });
        }
        mix
    }
}

/// The locals that are set once and read once.
fn passed_on(rows: &[WatRow]) -> FxHashSet<&str> {
    let mut uses: FxHashMap<&str, (u32, u32)> = FxHashMap::default();
    for row in rows {
        if let Some(local) = local(row, &["local.get"]) {
            uses.entry(local).or_default().1 += 1;
        } else if let Some(local) = local(row, &["local.set", "local.tee"]) {
            uses.entry(local).or_default().0 += 1;
        }
    }
    uses.into_iter().filter(|(_, uses)| *uses == (1, 1)).map(|(local, _)| local).collect()
}

/// What only gives the code its form is no instruction.
fn is_counted(row: &WatRow) -> bool {
    row.offset.is_some() && !matches!(operator(row), "block" | "loop" | "else" | "end" | "try_table" | ")")
}

/// That the build is unoptimised, if it is.
pub(super) fn advice(code: &HotCode) -> Option<Advice> {
    let mixes = code.functions.iter().map(|function| (function, Mix::of(function)));
    let mixes: Vec<_> = mixes.filter(|(_, mix)| mix.all >= LEAST_INSTRUCTIONS).collect();
    let time: f64 = mixes.iter().map(|(function, _)| function.share).sum();
    let weighed = mixes.iter().map(|(function, mix)| function.share * share(mix.passing, mix.all));
    let passing = weighed.sum::<f64>() / time.max(f64::MIN_POSITIVE);
    let (hottest, _) = mixes.first()?;
    if time < LEAST_SHARE || passing < LEAST_PASSED {
        return None;
    }
    let sum = |count: fn(&Mix) -> u64| mixes.iter().map(|(_, mix)| count(mix)).fold(0, u64::saturating_add);
    let (all, passed) = (sum(|mix| mix.all), sum(|mix| mix.passing));
    Some(Advice {
        kind: AdviceKind::Unoptimised,
        what: "The program was built without optimisation".to_owned(),
        why: format!(
            "In the functions with {} of the time, {} of the instructions ({} of {}) only put a value into a local \
             that is read once, or read it; where compilers optimise, few do.",
            percent(time),
            percent(passing),
            exact(passed),
            exact(all),
        ),
        figures: vec![
            Figure::new("instructions", Unit::Instructions, all),
            Figure::new("passing_instructions", Unit::Instructions, passed),
        ],
        remedy: "Build with -O2 or -O3 (Rust: --release; AssemblyScript: --optimize), or run wasm-opt -O2 over the \
                 module."
            .to_owned(),
        gain: Gain { share: time * passing, of: GainOf::Time },
        place: Place {
            function: Some(hottest.frame),
            metric: Some(Metric::Time),
            ..Place::view(AdviceView::Instructions)
        },
    })
}
