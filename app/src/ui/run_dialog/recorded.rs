//! How a recording was made, as far as that is known: what was answered for it, and what it tells itself.

use super::super::module::{ExportedFunction, ModuleFacts, Parameters};
use super::form::{Call, CallsForm, RunForm, is_file};
use super::words;
use wasmscope_instrument::recording::{Outcome, Recording};

/// What is known of how a recording was made.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// What the run dialog was answered for it.
    Answers(RunForm),
    /// What it tells; the rest may be as in the last run of its module.
    LastRun(RunForm),
    /// What it tells, and no more.
    Told,
    /// Its module was not run.
    NotRun,
}

impl Known {
    /// What is known of `recording`: `answers` are those for it, `last` those for the last run of its module.
    pub fn of(recording: &Recording, answers: Option<RunForm>, last: Option<RunForm>) -> Known {
        let told = if recording.outcome == Outcome::NotRun { Known::NotRun } else { Known::Told };
        answers.map(Known::Answers).or_else(|| last.map(Known::LastRun)).unwrap_or(told)
    }

    /// What is not known of it, as a sentence.
    pub fn gap(&self) -> Option<&'static str> {
        match self {
            Known::Answers(_) => None,
            Known::LastRun(_) => Some("Folders and variables are those of the last run of its module."),
            Known::Told => Some("Folders and variables that it was given are not known."),
            Known::NotRun => Some("Its module was not run: each build is run without arguments."),
        }
    }

    /// The fields of a run like that of `recording`, which is of `module`.
    pub fn form(self, recording: &Recording, module: &ModuleFacts) -> RunForm {
        match self {
            Known::Answers(form) => form,
            Known::LastRun(form) => told(form, recording, module),
            Known::Told => told(RunForm::default(), recording, module),
            Known::NotRun => RunForm::for_module(module),
        }
    }
}

/// `form` with what the recording tells of its run: arguments, call, measures and rate.
fn told(form: RunForm, recording: &Recording, module: &ModuleFacts) -> RunForm {
    if recording.outcome == Outcome::NotRun {
        return form;
    }
    let meta = &recording.meta;
    RunForm {
        call: meta.invoked.as_deref().map_or(Call::Command, |text| called(text, module)),
        // However many a time had room for: both builds are to do the same.
        calls: CallsForm::Times,
        call_times: recording.calls.map_or(1, |calls| calls.calls),
        args: words::join(&meta.args),
        measures: meta.measures,
        rate_hz: meta.rate_hz,
        ..form
    }
}

/// The call that is written `fib(30)`. One that `module` does not have keeps its text, by which it is refused.
fn called(text: &str, module: &ModuleFacts) -> Call {
    let known = module.exports.iter().find_map(|export| {
        let args = args_of(text, export)?;
        Some(Call::Export { name: export.name.clone(), args })
    });
    known.unwrap_or_else(|| Call::Export { name: text.to_owned(), args: Vec::new() })
}

/// What the fields hold, if `text` is a call of `export`. The interface of a component's function may be left out.
fn args_of(text: &str, export: &ExportedFunction) -> Option<Vec<String>> {
    let short = export.name.rsplit_once('#').map(|(_, function)| function);
    let rest = [Some(&*export.name), short].into_iter().flatten().find_map(|name| text.strip_prefix(name))?;
    let given = match rest {
        "" => "",
        rest => rest.strip_prefix('(')?.strip_suffix(')')?,
    };
    match &export.params {
        Parameters::Values(types) => Some(values(given)).filter(|fields| fields.len() == types.len()),
        Parameters::Text { none } => Some(if *none { Vec::new() } else { vec![given.to_owned()] }),
    }
}

/// The fields of `7, file:a b`: a file is two arguments, the second of which is its length.
fn values(given: &str) -> Vec<String> {
    let each = given.split(", ").filter(|text| !text.is_empty());
    each.flat_map(|text| [text.to_owned()].into_iter().chain(is_file(text).then(String::new))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::module::KnownSymbols;
    use wasmscope_instrument::recording::{CallTimes, Meta};
    use wasmscope_instrument::{Guest, Measure, MeasureSet};
    use wasmscope_symbolize::ValType::{self, I32, I64};

    fn export(name: &str, params: Parameters) -> ExportedFunction {
        ExportedFunction { name: name.to_owned(), params, signature: String::new() }
    }

    fn module() -> ModuleFacts {
        let values = |types: &[ValType]| Parameters::Values(types.to_vec());
        ModuleFacts {
            guest: Guest { bytes: Default::default(), name: "m.wasm".to_owned(), path: String::new() },
            exports: vec![
                export("f", values(&[])),
                export("fib", values(&[I32])),
                export("read", values(&[I32, I32, I64])),
                export("a:b/c@1.0.0#count", Parameters::Text { none: false }),
            ],
            is_command: true,
            symbols: KnownSymbols::None,
            imported_functions: 0,
            missing: Vec::new(),
            defined_functions: 4,
        }
    }

    fn recording(meta: Meta) -> Recording {
        let calls = Some(CallTimes { calls: 7, ..CallTimes::default() });
        Recording { meta, calls, ..Recording::default() }
    }

    #[test]
    fn a_call_is_read_from_its_text() {
        for (text, name, args) in [
            ("f()", "f", &[][..]),
            ("fib(30)", "fib", &["30"]),
            ("read(file:a b, 9)", "read", &["file:a b", "", "9"]),
            ("a:b/c@1.0.0#count(\"(x)\", 3)", "a:b/c@1.0.0#count", &["\"(x)\", 3"]),
            ("count(\"x\")", "a:b/c@1.0.0#count", &["\"x\""]),
            // These are refused by the name that nothing has.
            ("fib(1, 2)", "fib(1, 2)", &[]),
            ("gone()", "gone()", &[]),
        ] {
            let args = args.iter().map(|text| (*text).to_owned()).collect();
            assert_eq!(called(text, &module()), Call::Export { name: name.to_owned(), args }, "{text}");
        }
    }

    #[test]
    fn what_a_recording_tells_goes_before_the_last_run_of_its_module() {
        let measures = MeasureSet::NONE.with(Measure::Instructions);
        let args = vec!["a b".to_owned()];
        let meta = Meta { args, invoked: Some("fib(3)".into()), measures, rate_hz: 50, ..Meta::default() };
        let last = RunForm { env: "A=1".into(), args: "other".into(), ..RunForm::default() };
        let known = Known::of(&recording(meta.clone()), None, Some(last.clone()));
        let form = known.clone().form(&recording(meta.clone()), &module());
        let call = Call::Export { name: "fib".into(), args: vec!["3".into()] };
        let (args, call_times, rate_hz) = ("'a b'".to_owned(), 7, 50);
        let expected = RunForm { call, args, call_times, rate_hz, measures, ..last.clone() };
        assert_eq!(form, expected);
        assert!(known.gap().unwrap().contains("last run"));
        // Without that run there are no variables.
        let known = Known::of(&recording(meta.clone()), None, None);
        assert_eq!(known, Known::Told);
        let form = known.form(&recording(meta.clone()), &module());
        assert_eq!(form, RunForm { env: String::new(), ..expected });
        // What was answered for the recording is all of it.
        let known = Known::of(&recording(meta.clone()), Some(last.clone()), None);
        assert_eq!((known.gap(), known.form(&recording(meta), &module())), (None, last));
    }

    #[test]
    fn a_recording_of_no_run_tells_nothing() {
        let unrun = Recording { outcome: Outcome::NotRun, ..Recording::default() };
        let last = RunForm { args: "x".into(), ..RunForm::default() };
        assert_eq!(Known::of(&unrun, None, Some(last.clone())).form(&unrun, &module()), last);
        let known = Known::of(&unrun, None, None);
        assert_eq!(known, Known::NotRun);
        assert_eq!(known.form(&unrun, &module()), RunForm::for_module(&module()));
    }
}
