//! What is called of a component.

use super::wave::{Call, Exported};
use crate::RecordError;
use crate::run::guest::GuestState;
use crate::run::repeat::repeated;
use crate::run::{Repeat, RunOptions};
use wasmtime::Store;
use wasmtime::component::{Component, ComponentExportIndex, Instance, Val};
use wasmtime_wasi::I32Exit;

/// The interface of commands, in whichever version.
const COMMAND: &str = "wasi:cli/run@0.2";
const RUN: &str = "run";

/// What is to be called, before anything is known of the component.
#[derive(Clone, Debug)]
pub struct ComponentEntry {
    /// The call as it was written; `None` runs the component as a command.
    call: Option<String>,
    repeat: Repeat,
    warm_up: Repeat,
    has_arguments: bool,
}

/// The function that is called, and with what.
pub struct BoundEntry {
    export: ComponentExportIndex,
    arguments: Vec<Val>,
    is_command: bool,
    /// How often it is called and measured.
    pub repeat: Repeat,
    /// How often it is called before that.
    pub warm_up: Repeat,
}

impl ComponentEntry {
    /// What `options` ask for.
    pub fn find(options: &RunOptions) -> Self {
        let invoke = options.invoke.as_ref();
        ComponentEntry {
            call: invoke.map(|invocation| invocation.export.clone()),
            repeat: invoke.map_or(Repeat::Times(1), |invocation| invocation.repeat),
            warm_up: invoke.map_or(Repeat::Times(0), |invocation| invocation.warm_up),
            has_arguments: invoke.is_some_and(|invocation| !invocation.args.is_empty()),
        }
    }

    /// As people wrote it; `None` for a command.
    pub fn text(&self) -> Option<String> {
        self.call.clone()
    }

    /// Finds the function in `component`.
    pub fn bind(&self, component: &Component) -> Result<BoundEntry, RecordError> {
        if self.has_arguments {
            return Err(RecordError::ArgumentsApart);
        }
        let exported = Exported::all(component);
        let Some(text) = &self.call else { return self.command(component, &exported) };
        let call = Call::read(text);
        let mut found = exported.iter().filter(|export| export.is_called_by(&call));
        let told = || exported.iter().map(ToString::to_string).collect();
        let Some(export) = found.next() else {
            return Err(RecordError::NoSuchExport { name: call.function.to_owned(), exported: told() });
        };
        if found.next().is_some() {
            let same = exported.iter().filter(|other| other.is_called_by(&call)).map(ToString::to_string);
            return Err(RecordError::AmbiguousExport {
                name: call.function.to_owned(),
                exported: same.collect(),
            });
        }
        let refused = |given| RecordError::ArgumentMismatch {
            export: call.function.to_owned(),
            expected: export.to_string(),
            given,
        };
        let arguments = call.arguments(&export.ty).map_err(refused)?;
        self.bound(component, export, arguments)
            .ok_or_else(|| RecordError::NoSuchExport { name: call.function.to_owned(), exported: told() })
    }

    fn command(&self, component: &Component, exported: &[Exported]) -> Result<BoundEntry, RecordError> {
        let is_run = |export: &&Exported| {
            export.name == RUN && export.interface.as_deref().is_some_and(|name| name.starts_with(COMMAND))
        };
        let run = exported.iter().find(is_run);
        run.and_then(|run| self.bound(component, run, Vec::new())).ok_or_else(|| {
            let exported = exported.iter().map(ToString::to_string).collect();
            RecordError::NotACommandComponent { exported }
        })
    }

    fn bound(&self, component: &Component, export: &Exported, arguments: Vec<Val>) -> Option<BoundEntry> {
        let interface = match &export.interface {
            Some(interface) => Some(component.get_export_index(None, interface)?),
            None => None,
        };
        let export = component.get_export_index(interface.as_ref(), &export.name)?;
        let (is_command, repeat, warm_up) = (self.call.is_none(), self.repeat, self.warm_up);
        Some(BoundEntry { export, arguments, is_command, repeat, warm_up })
    }
}

impl BoundEntry {
    /// Is it a command, which answers by its exit code?
    pub fn is_command(&self) -> bool {
        self.is_command
    }

    /// Calls it as often as `repeat` says, at least once, and gives the results of the last call as text.
    pub async fn call(
        &self,
        store: &mut Store<GuestState>,
        instance: &Instance,
        repeat: Repeat,
    ) -> wasmtime::Result<Vec<String>> {
        let missing = || wasmtime::Error::msg("the export is not there any more");
        let func = instance.get_func(&mut *store, self.export).ok_or_else(missing)?;
        let nothing = vec![Val::Bool(false); func.ty(&*store).results().len()];
        let results = repeated(store, repeat, async |store| {
            let mut results = nothing.clone();
            let began = store.data().watch.clock.now();
            func.call_async(&mut *store, &self.arguments, &mut results).await?;
            Ok((results, store.data().watch.clock.now().saturating_sub(began)))
        });
        match results.await?.as_slice() {
            // A command that failed says no more than that.
            [Val::Result(Err(_))] if self.is_command => Err(I32Exit(1).into()),
            results => results.iter().map(|result| result.to_wave()).collect(),
        }
    }
}
