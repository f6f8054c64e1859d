//! Runs the commands of a script, and notes what came of each.

use crate::common::seen::{self, failure};
use crate::host;
use crate::script::{Action, Command, Expected, Kind};
use crate::values;
use std::collections::HashMap;
use std::sync::Arc;
use wasmtime::error::Context as _;
use wasmtime::{
    Engine, Error, Instance, Linker, Module, Result, Store, ThrownException, Trap, Val, bail, format_err,
};

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub line: usize,
    /// All that can be seen of it.
    pub seen: String,
    /// Did it come out as the script says?
    pub holds: bool,
    pub is_assertion: bool,
}

/// Runs scripts in modules that were made of the scripts' own by `prepare`.
pub struct Player<'a> {
    prepare: &'a dyn Fn(&[u8]) -> Arc<[u8]>,
    store: Store<()>,
    linker: Linker<()>,
    current: Option<Instance>,
    defined: HashMap<Option<String>, Module>,
}

impl<'a> Player<'a> {
    pub fn new(engine: &Engine, prepare: &'a dyn Fn(&[u8]) -> Arc<[u8]>) -> Result<Player<'a>> {
        let mut store = Store::new(engine, ());
        let linker = host::linker(&mut store)?;
        Ok(Player { prepare, store, linker, current: None, defined: HashMap::new() })
    }

    /// What came of each command; those that are skipped have no outcome.
    pub fn play(mut self, commands: &[Command<'_>]) -> Vec<Outcome> {
        commands.iter().filter_map(|command| self.command(command)).collect()
    }

    fn command(&mut self, Command { line, kind }: &Command<'_>) -> Option<Outcome> {
        let outcome = |seen: String, holds, is_assertion| Outcome { line: *line, seen, holds, is_assertion };
        let done = |result: Result<()>| match result {
            Ok(()) => outcome("done".to_owned(), true, false),
            Err(error) => outcome(failure(&error), false, false),
        };
        Some(match kind {
            Kind::Module { name, wasm } => done(self.module(*name, wasm)),
            Kind::Definition { name, wasm } => done(self.definition(*name, wasm)),
            Kind::Instance { instance, module } => done(self.instance(*instance, *module)),
            Kind::Register { name, instance } => done(self.register(name, *instance)),
            Kind::Act(action) => done(self.act(action).map(|_| ())),
            Kind::Assert(action, expected) => {
                let result = self.act(action);
                let seen = match &result {
                    Ok(values) => self.texts(values),
                    Err(error) => failure(error),
                };
                let holds = self.is(result, expected).unwrap_or(false);
                outcome(seen, holds, true)
            }
            Kind::Refused { wasm } => {
                let refused = self.compile(wasm).is_err();
                outcome(if refused { "refused" } else { "taken" }.to_owned(), refused, true)
            }
            Kind::Skipped(_) => return None,
        })
    }

    fn compile(&self, wasm: &[u8]) -> Result<Module> {
        let compiled = Module::new(self.store.engine(), (self.prepare)(wasm));
        // What is wrong is the same, but not where: probes may stand in front of it.
        compiled.map_err(|error| {
            let text = format!("{error:#}");
            let words =
                text.split(' ').scan("", |before, word| Some((std::mem::replace(before, word), word)));
            let what: Vec<_> =
                words.filter(|(before, _)| *before != "offset").map(|(_, word)| word).collect();
            format_err!("not taken: {}", what.join(" "))
        })
    }

    fn module(&mut self, name: Option<&str>, wasm: &[u8]) -> Result<()> {
        // What follows a module that fails must not run in the one before it.
        self.current = None;
        let module = self.compile(wasm)?;
        self.instantiate(name, &module)
    }

    fn definition(&mut self, name: Option<&str>, wasm: &[u8]) -> Result<()> {
        let module = self.compile(wasm)?;
        self.defined.insert(name.map(str::to_owned), module);
        Ok(())
    }

    fn instance(&mut self, instance: Option<&str>, module: Option<&str>) -> Result<()> {
        let module = self.defined.get(&module.map(str::to_owned)).cloned();
        self.instantiate(instance, &module.ok_or_else(|| format_err!("no such module"))?)
    }

    fn instantiate(&mut self, name: Option<&str>, module: &Module) -> Result<()> {
        let instance = self.linker.instantiate(&mut self.store, module)?;
        if let Some(name) = name {
            self.linker.instance(&mut self.store, name, instance)?;
        }
        self.current = Some(instance);
        Ok(())
    }

    fn register(&mut self, name: &str, instance: Option<&str>) -> Result<()> {
        match (instance, self.current) {
            (Some(instance), _) => self.linker.alias_module(instance, name),
            (None, Some(current)) => self.linker.instance(&mut self.store, name, current).map(|_| ()),
            (None, None) => bail!("no instance"),
        }
    }

    fn export(&mut self, instance: Option<&str>, name: &str) -> Result<wasmtime::Extern> {
        let found = match (instance, self.current) {
            (Some(instance), _) => self.linker.get(&mut self.store, instance, name).ok(),
            (None, Some(current)) => current.get_export(&mut self.store, name),
            (None, None) => None,
        };
        found.with_context(|| format_err!("no export `{name}`"))
    }

    fn act(&mut self, action: &Action<'_>) -> Result<Vec<Val>> {
        match action {
            Action::Invoke(invoke) => {
                let func = self.export(invoke.module.map(|id| id.name()), invoke.name)?;
                let func = func.into_func().ok_or_else(|| format_err!("no function"))?;
                let arguments =
                    invoke.args.iter().map(|argument| values::argument(&mut self.store, argument));
                let arguments: Vec<_> = arguments.collect::<Result<_>>()?;
                let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
                func.call(&mut self.store, &arguments, &mut results)?;
                Ok(results)
            }
            Action::Instantiate(wasm) => {
                let module = self.compile(wasm)?;
                self.linker.instantiate(&mut self.store, &module).map(|_| Vec::new())
            }
            Action::Get { instance, global } => {
                let global = self.export(*instance, global)?.into_global();
                Ok(vec![global.ok_or_else(|| format_err!("no global"))?.get(&mut self.store)])
            }
        }
    }

    fn texts(&mut self, results: &[Val]) -> String {
        let text = |value| seen::value(&mut self.store, value).unwrap_or_else(|error| error.to_string());
        results.iter().map(text).collect::<Vec<_>>().join(", ")
    }

    fn is(&mut self, result: Result<Vec<Val>>, expected: &Expected<'_>) -> Result<bool> {
        Ok(match (result, expected) {
            (Ok(results), Expected::Values(expected)) => {
                let mut same = results.len() == expected.len();
                for (value, expected) in results.iter().zip(expected) {
                    same &= values::is(&mut self.store, value, expected)?;
                }
                same
            }
            (Err(error), Expected::Trap(message)) => is_trap(&error, message),
            (Err(error), Expected::Exhaustion) => is_exhaustion(&error),
            (Err(error), Expected::Exception) => {
                error.is::<ThrownException>() && self.store.take_pending_exception().is_some()
            }
            (Err(error), Expected::Unlinkable) => !error.is::<Trap>() && !error.is::<ThrownException>(),
            _ => false,
        })
    }
}

fn is_exhaustion(error: &Error) -> bool {
    matches!(error.downcast_ref(), Some(Trap::StackOverflow))
}

/// Is it the trap that a script expects? The engine's words are not always the suite's.
fn is_trap(error: &Error, message: &str) -> bool {
    let seen = failure(error);
    let null_function = message.contains("null function") || message.contains("uninitialized element");
    seen.contains(message)
        || null_function && (seen.contains("uninitialized element") || seen.contains("null reference"))
        || message.contains("null") && message.contains("reference") && seen.contains("null reference")
}
