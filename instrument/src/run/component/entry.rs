//! What is called of a component.

use super::wave::{Call, Exported};
use crate::RecordError;
use crate::run::RunOptions;
use crate::run::guest::GuestState;
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
}

/// The function that is called, and with what.
pub struct BoundEntry {
    export: ComponentExportIndex,
    arguments: Vec<Val>,
    is_command: bool,
}

impl ComponentEntry {
    /// What `options` ask for.
    pub fn find(options: &RunOptions) -> Self {
        ComponentEntry { call: options.invoke.as_ref().map(|invocation| invocation.export.clone()) }
    }

    /// As people wrote it; `None` for a command.
    pub fn text(&self) -> Option<String> {
        self.call.clone()
    }

    /// Finds the function in `component`.
    pub fn bind(&self, component: &Component) -> Result<BoundEntry, RecordError> {
        let exported = Exported::all(component);
        let Some(text) = &self.call else { return command(component, &exported) };
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
        bound(component, export, arguments, false)
            .ok_or_else(|| RecordError::NoSuchExport { name: call.function.to_owned(), exported: told() })
    }
}

fn command(component: &Component, exported: &[Exported]) -> Result<BoundEntry, RecordError> {
    let is_run = |export: &&Exported| {
        export.name == RUN && export.interface.as_deref().is_some_and(|name| name.starts_with(COMMAND))
    };
    let run = exported.iter().find(is_run);
    run.and_then(|run| bound(component, run, Vec::new(), true)).ok_or_else(|| {
        let exported = exported.iter().map(ToString::to_string).collect();
        RecordError::NotACommandComponent { exported }
    })
}

fn bound(
    component: &Component,
    export: &Exported,
    arguments: Vec<Val>,
    is_command: bool,
) -> Option<BoundEntry> {
    let interface = match &export.interface {
        Some(interface) => Some(component.get_export_index(None, interface)?),
        None => None,
    };
    let export = component.get_export_index(interface.as_ref(), &export.name)?;
    Some(BoundEntry { export, arguments, is_command })
}

impl BoundEntry {
    /// Is it a command, which answers by its exit code?
    pub fn is_command(&self) -> bool {
        self.is_command
    }

    /// Calls it, and gives its results as text.
    pub async fn call(
        &self,
        store: &mut Store<GuestState>,
        instance: &Instance,
    ) -> wasmtime::Result<Vec<String>> {
        let missing = || wasmtime::Error::msg("the export is not there any more");
        let func = instance.get_func(&mut *store, self.export).ok_or_else(missing)?;
        let mut results = vec![Val::Bool(false); func.ty(&*store).results().len()];
        func.call_async(&mut *store, &self.arguments, &mut results).await?;
        match results.as_slice() {
            // A command that failed says no more than that.
            [Val::Result(Err(_))] if self.is_command => Err(I32Exit(1).into()),
            results => results.iter().map(|result| result.to_wave()).collect(),
        }
    }
}
