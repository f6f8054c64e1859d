//! What the run dialog's fields hold, and the options that they amount to.

use super::super::module::{ExportedFunction, ModuleFacts, Parameters};
use super::words;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;
use wasmscope_instrument::{
    Argument, BadAllocator, DEFAULT_RATE_HZ, GrantedDir, Invocation, Limits, Link, MeasureSet, OwnAllocator,
    Program, Repeat, RunOptions, SamplerChoice, Stdin, Unprovided, Value,
};
use wasmscope_symbolize::{SymbolFiles, ValType};

/// The fields of the dialog, as they are remembered for each module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunForm {
    /// What to call.
    pub call: Call,
    /// How often an export is called.
    pub calls: CallsForm,
    /// Seconds, where that is for a time.
    pub call_seconds: u64,
    /// Times, where that is a number of times.
    pub call_times: u64,
    /// Calls that are made first and not measured.
    pub warm_up_calls: u64,
    /// The program's arguments, as one would type them in a shell.
    pub args: String,
    /// Environment variables, one `NAME=VALUE` a line.
    pub env: String,
    /// Standard input.
    pub stdin: StdinForm,
    /// The file of [`StdinForm::File`].
    pub stdin_path: String,
    /// Folders that the program may use: the one here, and its name there.
    pub dirs: Vec<(String, String)>,
    /// What to measure.
    pub measures: MeasureSet,
    /// Keep the memory's content at the end, where heap or growth are measured.
    pub memory_image: bool,
    /// Functions that are allocators, one `NAME=FUNCTION` a line.
    pub allocators: String,
    /// A file or folder with names and lines; empty looks beside the module only.
    pub symbols: String,
    /// What becomes of imports that nobody provides.
    pub unprovided: Unprovided,
    /// Modules that imports come from, one `NAME=FILE` a line.
    pub links: String,
    /// Samples a second.
    pub rate_hz: u32,
    /// Stop after so many seconds; 0 is never.
    pub time_limit_seconds: u64,
    /// Let each memory grow to so many MiB; 0 is no limit.
    pub memory_limit_mib: u64,
    /// Let the tables have so many entries together; 0 is no limit.
    pub table_limit_entries: u64,
    /// The stack of the program's calls in KiB; 0 is the usual one.
    pub stack_limit_kib: u64,
    /// Stop after so many MiB of output; 0 is no limit.
    pub output_limit_mib: u64,
    /// Stop after so many instructions; 0 is no limit.
    pub fuel: u64,
    /// Is nothing shown of the recording while it is made?
    pub waits_for_end: bool,
}

/// What to call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Call {
    /// The program's start.
    #[default]
    Command,
    /// An exported function, with its arguments as text.
    Export {
        /// Its name.
        name: String,
        /// One a parameter.
        args: Vec<String>,
    },
}

/// How often an export is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallsForm {
    /// A number of times.
    #[default]
    Times,
    /// Again and again for a time.
    For,
}

/// Where standard input comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum StdinForm {
    /// It is empty.
    #[default]
    Empty,
    /// A file.
    File,
}

impl Default for RunForm {
    fn default() -> Self {
        RunForm {
            call: Call::Command,
            calls: CallsForm::Times,
            call_seconds: 5,
            call_times: 1,
            warm_up_calls: 0,
            args: String::new(),
            env: String::new(),
            stdin: StdinForm::Empty,
            stdin_path: String::new(),
            dirs: Vec::new(),
            measures: MeasureSet::default(),
            memory_image: true,
            allocators: String::new(),
            symbols: String::new(),
            unprovided: Unprovided::default(),
            links: String::new(),
            rate_hz: DEFAULT_RATE_HZ,
            time_limit_seconds: 0,
            memory_limit_mib: 0,
            table_limit_entries: 0,
            stack_limit_kib: 0,
            output_limit_mib: 0,
            fuel: 0,
            waits_for_end: false,
        }
    }
}

/// What is wrong with a field, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct FormError {
    /// Which field.
    pub field: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

fn wrong(field: &'static str, problem: impl Into<String>) -> FormError {
    FormError { field, problem: problem.into() }
}

impl RunForm {
    /// The form for a module that was never run: calls its start, or the first export of a library.
    pub fn for_module(module: &ModuleFacts) -> RunForm {
        let mut form = RunForm::default();
        form.fit(module);
        form
    }

    /// The form that amounts to `options`.
    pub fn from_options(options: &RunOptions) -> RunForm {
        let call = options.invoke.as_ref().map_or(Call::Command, call_of);
        RunForm {
            call,
            args: words::join(&options.program.args),
            measures: options.measures,
            memory_image: options.memory_image,
            allocators: lines(options.allocators.iter()),
            links: lines(options.links.iter().map(|link| format!("{}={}", link.name, link.path))),
            rate_hz: options.rate_hz,
            ..RunForm::default()
        }
    }

    /// Calls something that `module` has, where what was remembered is gone or has other parameters.
    pub fn fit(&mut self, module: &ModuleFacts) {
        let fits = match &self.call {
            Call::Command => module.is_command,
            Call::Export { name, args } => {
                module.exports.iter().any(|e| e.name == *name && e.params.fields().len() == args.len())
            }
        };
        if !fits {
            self.call = default_call(module);
        }
    }

    /// Where the symbols are, or that there is nothing.
    pub fn symbols_path(&self) -> Result<Option<PathBuf>, FormError> {
        let path = PathBuf::from(self.symbols.trim());
        match path.as_os_str().is_empty() {
            true => Ok(None),
            false if path.exists() => Ok(Some(path)),
            false => Err(wrong("Symbols", format!("there is no file or folder `{}`", path.display()))),
        }
    }

    /// What the fields amount to but for the symbols, or the first that is wrong.
    pub fn options(&self, module: &ModuleFacts) -> Result<RunOptions, FormError> {
        if self.measures == MeasureSet::NONE {
            return Err(wrong("Measure", "choose at least one"));
        }
        Ok(RunOptions {
            measures: self.measures,
            memory_image: self.memory_image,
            allocators: self.own_allocators()?,
            symbols: SymbolFiles::default(),
            rate_hz: self.rate_hz.clamp(1, 10_000),
            sampler: SamplerChoice::Auto,
            cache_dir: None,
            program: self.program()?,
            unprovided: self.provided(module)?,
            single_imports: Vec::new(),
            links: self.linked()?,
            invoke: self.invocation(module)?,
            limits: self.limits(),
        })
    }

    /// What the program may use up.
    pub fn limits(&self) -> Limits {
        let given = |value: u64| Some(value).filter(|value| *value > 0);
        let times = |value: u64, unit: u64| given(value).map(|value| value.saturating_mul(unit));
        Limits {
            time: given(self.time_limit_seconds).map(Duration::from_secs),
            memory_bytes: times(self.memory_limit_mib, 1 << 20),
            table_entries: given(self.table_limit_entries),
            stack_bytes: times(self.stack_limit_kib, 1 << 10),
            output_bytes: times(self.output_limit_mib, 1 << 20),
            fuel: given(self.fuel),
        }
    }

    fn provided(&self, module: &ModuleFacts) -> Result<Unprovided, FormError> {
        match (self.unprovided, module.missing.as_slice()) {
            // What links leave open is told when the run is to begin.
            (Unprovided::Refuse, [_, ..]) if self.links.trim().is_empty() => {
                Err(wrong("Imports", "choose what takes the place of what nobody provides"))
            }
            (chosen, _) => Ok(chosen),
        }
    }

    fn program(&self) -> Result<Program, FormError> {
        Ok(Program {
            args: words::split(&self.args).map_err(|problem| wrong("Arguments", problem))?,
            env: self
                .env
                .lines()
                .filter(|line| !line.trim().is_empty())
                .map(variable)
                .collect::<Result<_, _>>()?,
            stdin: self.standard_input()?,
            dirs: self.dirs.iter().map(|(host, guest)| granted(host, guest)).collect::<Result<_, _>>()?,
        })
    }

    fn own_allocators(&self) -> Result<Vec<OwnAllocator>, FormError> {
        let lines = self.allocators.lines().map(str::trim).filter(|line| !line.is_empty());
        let parsed = lines
            .map(|line| line.parse().map_err(|error: BadAllocator| wrong("Allocators", error.to_string())));
        parsed.collect()
    }

    fn linked(&self) -> Result<Vec<Link>, FormError> {
        let lines = self.links.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(link).collect()
    }

    /// Adds a module that imports come from: those of the first name that nobody provides.
    pub fn add_link(&mut self, module: &ModuleFacts, path: &str) {
        let name = module.missing.first().map_or("env", |import| &*import.module);
        if !self.links.is_empty() && !self.links.ends_with('\n') {
            self.links.push('\n');
        }
        self.links.push_str(&format!("{name}={path}\n"));
    }

    fn standard_input(&self) -> Result<Stdin, FormError> {
        let path = PathBuf::from(self.stdin_path.trim());
        match self.stdin {
            StdinForm::Empty => Ok(Stdin::Empty),
            StdinForm::File if path.is_file() => Ok(Stdin::File(path)),
            StdinForm::File => Err(wrong("Standard input", format!("there is no file `{}`", path.display()))),
        }
    }

    fn invocation(&self, module: &ModuleFacts) -> Result<Option<Invocation>, FormError> {
        let Call::Export { name, args } = &self.call else { return Ok(None) };
        let export = module.exports.iter().find(|export| export.name == *name);
        let export =
            export.ok_or_else(|| wrong("Call", format!("the module exports no function `{name}`")))?;
        let (export, args) = match &export.params {
            Parameters::Values(types) => (name.clone(), typed(types, args)?),
            Parameters::Text { .. } => (format!("{name}({})", args.join(", ")), Vec::new()),
        };
        Ok(Some(Invocation {
            export,
            args,
            repeat: self.repeat(),
            warm_up: Repeat::Times(self.warm_up_calls),
        }))
    }

    fn repeat(&self) -> Repeat {
        match self.calls {
            CallsForm::Times => Repeat::Times(self.call_times.max(1)),
            CallsForm::For => Repeat::For(Duration::from_secs(self.call_seconds.max(1))),
        }
    }
}

/// The call that was made. A component's has its arguments behind the name.
fn call_of(invocation: &Invocation) -> Call {
    let text = invocation.export.strip_suffix(')').and_then(|call| call.split_once('('));
    match text.filter(|_| invocation.args.is_empty()) {
        Some((name, "")) => Call::Export { name: name.to_owned(), args: Vec::new() },
        Some((name, args)) => Call::Export { name: name.to_owned(), args: vec![args.to_owned()] },
        None => Call::Export {
            name: invocation.export.clone(),
            args: invocation.args.iter().flat_map(fields).collect(),
        },
    }
}

/// What the fields of an argument hold: of a file, the second one is its length.
fn fields(argument: &Argument) -> Vec<String> {
    let length = matches!(argument, Argument::File(_)).then(String::new);
    [argument.to_string()].into_iter().chain(length).collect()
}

fn lines(items: impl Iterator<Item = impl ToString>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join("\n")
}

fn link(line: &str) -> Result<Link, FormError> {
    let pair = line.split_once('=').filter(|(name, path)| !name.is_empty() && !path.is_empty());
    let (name, path) = pair.ok_or_else(|| wrong("Imports", format!("`{line}` is not NAME=FILE")))?;
    let bytes = std::fs::read(path).map_err(|error| wrong("Imports", format!("{path}: {error}")))?;
    Ok(Link { name: name.to_owned(), path: path.to_owned(), bytes: bytes.into() })
}

fn default_call(module: &ModuleFacts) -> Call {
    match module.exports.first() {
        Some(export) if !module.is_command => Call::of(export),
        _ => Call::Command,
    }
}

impl Call {
    /// A call of `export` with zeros for arguments.
    pub fn of(export: &ExportedFunction) -> Call {
        Call::Export { name: export.name.clone(), args: export.params.fields() }
    }
}

/// A file stands for two parameters: pointer and length.
fn typed(types: &[ValType], args: &[String]) -> Result<Vec<Argument>, FormError> {
    let mut fields = types.iter().zip(args);
    let mut typed = Vec::new();
    while let Some((ty, text)) = fields.next() {
        let argument = match is_file(text) {
            true => text.trim().parse().map_err(|_| wrong("Argument", "which file?"))?,
            false => Argument::Value(typed_value(&ty.to_string(), text.trim())?),
        };
        if is_file(text) {
            fields.next();
        }
        typed.push(argument);
    }
    Ok(typed)
}

/// Does an argument's field name a file, as on the command line?
pub(super) fn is_file(text: &str) -> bool {
    text.trim().starts_with("file:")
}

fn typed_value(ty: &str, text: &str) -> Result<Value, FormError> {
    let value = format!("{ty}:{text}").parse::<Value>();
    value.map_err(|_| wrong("Argument", format!("`{text}` is no {ty}")))
}

/// What is wrong with `text` as an argument of type `ty`, if anything.
pub(super) fn argument_problem(ty: &str, text: &str) -> Option<String> {
    let problem = || typed_value(ty, text.trim()).err().map(|error| error.problem);
    if is_file(text) { None } else { problem() }
}

fn variable(line: &str) -> Result<(String, String), FormError> {
    let pair = line.trim().split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or_else(|| wrong("Environment", format!("`{line}` is not NAME=VALUE")))?;
    Ok((name.to_owned(), value.to_owned()))
}

fn granted(host: &str, guest: &str) -> Result<GrantedDir, FormError> {
    let path = PathBuf::from(host.trim());
    if !path.is_dir() {
        return Err(wrong("Folders", format!("there is no folder `{}`", path.display())));
    }
    let guest = guest.trim();
    Ok(GrantedDir { host: path, guest: if guest.is_empty() { host.trim() } else { guest }.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::module::KnownSymbols;
    use std::sync::Arc;

    const NO_LINK: &str = "Imports: /no/such: No such file or directory (os error 2)";

    fn library() -> ModuleFacts {
        ModuleFacts {
            guest: wasmscope_instrument::Guest {
                bytes: Arc::default(),
                name: "l".into(),
                path: String::new(),
            },
            exports: vec![ExportedFunction {
                name: "fib".into(),
                params: Parameters::Values(vec![ValType::I32]),
                signature: "(i32) -> i32".into(),
            }],
            is_command: false,
            symbols: KnownSymbols::None,
            imported_functions: 0,
            missing: Vec::new(),
            defined_functions: 1,
        }
    }

    #[test]
    fn a_library_calls_its_first_export() {
        let form = RunForm::for_module(&library());
        let invoke = form.options(&library()).unwrap().invoke;
        assert_eq!(invoke, Some(Invocation::once("fib", &[Value::I32(0)])));
    }

    #[test]
    fn an_export_is_called_as_often_as_the_fields_say() {
        let form = RunForm { call_times: 7, warm_up_calls: 2, ..RunForm::for_module(&library()) };
        let calls = |form: &RunForm| {
            let invoke = form.options(&library()).unwrap().invoke.unwrap();
            (invoke.warm_up, invoke.repeat)
        };
        assert_eq!(calls(&form), (Repeat::Times(2), Repeat::Times(7)));
        let form = RunForm { calls: CallsForm::For, call_seconds: 3, ..form };
        assert_eq!(calls(&form), (Repeat::Times(2), Repeat::For(Duration::from_secs(3))));
    }

    #[test]
    fn a_file_is_two_arguments() {
        let mut module = library();
        module.exports[0].params = Parameters::Values(vec![ValType::I32, ValType::I32, ValType::I64]);
        let args = vec!["file:a b".to_owned(), String::new(), "9".to_owned()];
        let call = Call::Export { name: "fib".into(), args: args.clone() };
        let invoke = RunForm { call: call.clone(), ..RunForm::default() }.options(&module).unwrap().invoke;
        let expected = vec![Argument::File("a b".into()), Argument::Value(Value::I64(9))];
        assert_eq!(invoke.as_ref().unwrap().args, expected);
        assert_eq!(RunForm::from_options(&RunOptions { invoke, ..RunOptions::default() }).call, call);
    }

    #[test]
    fn a_component_is_called_by_text() {
        let mut module = library();
        module.exports[0].name = "a:b/c@1.0.0#count".into();
        module.exports[0].params = Parameters::Text { none: false };
        let form = RunForm::for_module(&module);
        let Call::Export { name, args } = &form.call else { panic!("{:?}", form.call) };
        assert_eq!((&**name, args.as_slice()), ("a:b/c@1.0.0#count", &[String::new()][..]));
        let call = Call::Export { name: name.clone(), args: vec!["\"(x)\", 3".into()] };
        let invoke = RunForm { call: call.clone(), ..form }.options(&module).unwrap().invoke;
        assert_eq!(invoke, Some(Invocation::once("a:b/c@1.0.0#count(\"(x)\", 3)", &[])));
        assert_eq!(RunForm::from_options(&RunOptions { invoke, ..RunOptions::default() }).call, call);
    }

    #[test]
    fn memory_is_kept_unless_it_is_not_wanted() {
        let kept = RunForm::for_module(&library());
        let unwanted = RunForm { memory_image: false, ..kept.clone() };
        assert!(kept.options(&library()).unwrap().memory_image);
        let options = unwanted.options(&library()).unwrap();
        assert!(!options.memory_image && !RunForm::from_options(&options).memory_image);
    }

    #[test]
    fn limits_are_those_that_are_not_0() {
        assert_eq!(RunForm::default().limits(), Limits::default());
        let form = RunForm { stack_limit_kib: 64, output_limit_mib: 2, fuel: 9, ..RunForm::default() };
        let (stack_bytes, output_bytes, fuel) = (Some(64 << 10), Some(2 << 20), Some(9));
        assert_eq!(form.limits(), Limits { stack_bytes, output_bytes, fuel, ..Limits::default() });
    }

    #[test]
    fn wrong_fields_are_named() {
        let ok = RunForm::for_module(&library());
        for (form, message) in [
            (RunForm { measures: MeasureSet::NONE, ..ok.clone() }, "Measure: choose at least one"),
            (RunForm { env: "A=1\nB".into(), ..ok.clone() }, "Environment: `B` is not NAME=VALUE"),
            (RunForm { links: "env=/no/such\nx".into(), ..ok.clone() }, NO_LINK),
            (RunForm { links: "x".into(), ..ok.clone() }, "Imports: `x` is not NAME=FILE"),
            (RunForm { args: "'x".into(), ..ok.clone() }, "Arguments: a quote ' is not closed"),
            (
                RunForm { dirs: vec![("/no/such".into(), String::new())], ..ok.clone() },
                "Folders: there is no folder `/no/such`",
            ),
            (
                RunForm { call: Call::Export { name: "fib".into(), args: vec!["x".into()] }, ..ok },
                "Argument: `x` is no i32",
            ),
        ] {
            assert_eq!(form.options(&library()).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn symbols_must_be_there() {
        let form = |symbols: &str| RunForm { symbols: symbols.into(), ..RunForm::default() };
        assert_eq!(form(" ").symbols_path(), Ok(None));
        assert_eq!(form(".").symbols_path(), Ok(Some(".".into())));
        let error = form("/no/such").symbols_path().unwrap_err().to_string();
        assert_eq!(error, "Symbols: there is no file or folder `/no/such`");
    }
}
