//! What is called of a component.

use super::wave::Call;
use crate::run::boundary_log::Callee;
use crate::run::guest::{GuestState, Watch};
use crate::run::repeat::repeated;
use crate::run::{Repeat, RunOptions};
use crate::{ComponentExport, RecordError, component_exports};
use wasmscope_symbolize::{ExportKind, FuncIndex, ModuleIndex};
use wasmtime::Store;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, ComponentExportIndex, Instance, Val};
use wasmtime_wasi::I32Exit;

/// What is to be called, before the component is compiled.
#[derive(Clone, Debug)]
pub struct ComponentEntry {
    export: ComponentExport,
    /// `None` runs the component as a command.
    call: Option<Call>,
    repeat: Repeat,
    warm_up: Repeat,
}

/// The function that is called, and with what.
pub struct BoundEntry {
    export: ComponentExportIndex,
    arguments: Vec<Val>,
    is_command: bool,
    /// The core function that it is lifted from, as far as names tell.
    lifted_from: Option<FuncIndex>,
    /// How often it is called and measured.
    pub repeat: Repeat,
    /// How often it is called before that.
    pub warm_up: Repeat,
}

impl ComponentEntry {
    /// What `options` ask for, if the component in `bytes` has it.
    pub fn find(bytes: &[u8], options: &RunOptions) -> Result<Self, RecordError> {
        let exports =
            component_exports(bytes).map_err(|error| RecordError::Compile { message: error.to_string() })?;
        let Some(invocation) = &options.invoke else { return Self::command(exports) };
        if !invocation.args.is_empty() {
            return Err(RecordError::ArgumentsApart);
        }
        let call = Call::read(&invocation.export);
        let export = called(&call, &exports)?;
        let (repeat, warm_up) = (invocation.repeat, invocation.warm_up);
        Ok(ComponentEntry { export, call: Some(call), repeat, warm_up })
    }

    fn command(exports: Vec<ComponentExport>) -> Result<Self, RecordError> {
        let Some(run) = exports.iter().find(|export| export.is_command()) else {
            return Err(RecordError::NotACommandComponent { exported: told(exports.iter()) });
        };
        let (repeat, warm_up) = (Repeat::Times(1), Repeat::Times(0));
        Ok(ComponentEntry { export: run.clone(), call: None, repeat, warm_up })
    }

    /// As people wrote it; `None` for a command.
    pub fn text(&self) -> Option<String> {
        self.call.as_ref().map(|call| call.text.clone())
    }

    /// Finds the function in `component`, whose outline is `index`, and reads the arguments as its type has them.
    pub fn bind(&self, component: &Component, index: &ModuleIndex) -> Result<BoundEntry, RecordError> {
        let ComponentEntry { export, call, repeat, warm_up } = self;
        let lost = || RecordError::NoSuchExport { name: export.name.clone(), exported: Vec::new() };
        let (item, item_index) = self.item(component).ok_or_else(lost)?;
        let ComponentItem::ComponentFunc(ty) = item else { return Err(lost()) };
        let refused = |given| {
            let expected = export.to_string();
            RecordError::ArgumentMismatch { export: export.name.clone(), expected, given }
        };
        let arguments = call.as_ref().map_or(Ok(Vec::new()), |call| call.arguments(&ty)).map_err(refused)?;
        let is_command = call.is_none();
        let (lifted_from, repeat, warm_up) = (lifted_from(&export.path(), index), *repeat, *warm_up);
        Ok(BoundEntry { export: item_index, arguments, is_command, lifted_from, repeat, warm_up })
    }

    fn item(&self, component: &Component) -> Option<(ComponentItem, ComponentExportIndex)> {
        let interface = match &self.export.interface {
            Some(interface) => Some(component.get_export_index(None, interface)?),
            None => None,
        };
        component.get_export(interface.as_ref(), &*self.export.name)
    }
}

/// The function of a core module that is exported by the name that tools give to what is lifted to `path`.
fn lifted_from(path: &str, index: &ModuleIndex) -> Option<FuncIndex> {
    index.core_modules().iter().find_map(|module| {
        let mut exports = module.index.exports().iter();
        let export = exports.find(|export| export.kind == ExportKind::Function && &*export.name == path)?;
        module.function(FuncIndex(export.index))
    })
}

/// The one of `exports` that is called.
fn called(call: &Call, exports: &[ComponentExport]) -> Result<ComponentExport, RecordError> {
    let name = call.function.clone();
    let found: Vec<_> = exports.iter().filter(|export| call.is_of(export)).collect();
    match found.as_slice() {
        [] => Err(RecordError::NoSuchExport { name, exported: told(exports.iter()) }),
        [export] => Ok((*export).clone()),
        several => Err(RecordError::AmbiguousExport { name, exported: told(several.iter().copied()) }),
    }
}

fn told<'a>(exports: impl Iterator<Item = &'a ComponentExport>) -> Vec<String> {
    exports.map(ToString::to_string).collect()
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
            if let Some(core) = self.lifted_from {
                let Watch { log, clock, .. } = &mut store.data_mut().watch;
                log.enter(Callee::Lifted(core), None, clock);
            }
            func.call_async(&mut *store, &self.arguments, &mut results).await?;
            let Watch { log, clock, .. } = &mut store.data_mut().watch;
            if self.lifted_from.is_some() {
                log.leave(None, clock);
            }
            Ok((results, clock.now().saturating_sub(began)))
        });
        match results.await?.as_slice() {
            // A command that failed says no more than that.
            [Val::Result(Err(_))] if self.is_command => Err(I32Exit(1).into()),
            results => results.iter().map(|result| result.to_wave()).collect(),
        }
    }
}
