//! What is run: a core module or a component, and what is called of it.

use super::RunOptions;
use super::compiled::{CompiledGuest, GuestCode};
use super::component::{self, BoundEntry, ComponentEntry};
use super::guest::GuestState;
use super::imports::Stubs;
use super::invoke::Entry;
use super::link::{is_old, link};
use crate::RecordError;
use wasmscope_symbolize::ModuleIndex;
use wasmtime::{InstancePre, Store};

/// What is called, before anything is compiled.
#[derive(Clone, Debug)]
pub enum Target {
    Module(Entry),
    Component(ComponentEntry),
}

/// A guest whose imports are linked, and what is called of it.
pub enum Linked {
    Module {
        instance: InstancePre<GuestState>,
        entry: Entry,
        stubs: Stubs,
    },
    Component {
        instance: wasmtime::component::InstancePre<GuestState>,
        entry: BoundEntry,
        missing: Vec<String>,
    },
}

impl Target {
    /// What `options` ask for, if a module has it; of a component that is known when it was compiled.
    pub fn find(index: &ModuleIndex, options: &RunOptions) -> Result<Self, RecordError> {
        if index.is_component() {
            return Ok(Target::Component(ComponentEntry::find(options)));
        }
        Entry::find(index, options).map(Target::Module)
    }

    /// As people would write it: `fib(30)`; `None` for a command.
    pub fn text(&self) -> Option<String> {
        match self {
            Target::Module(entry) => entry.text(),
            Target::Component(entry) => entry.text(),
        }
    }

    /// Finds somebody for each import.
    pub fn link(
        &self,
        compiled: &CompiledGuest,
        store: &mut Store<GuestState>,
        options: &RunOptions,
    ) -> Result<Linked, RecordError> {
        match (self, &compiled.code) {
            (Target::Module(entry), GuestCode::Module(module)) => {
                let (instance, stubs) = link(module, store, options.unprovided)?;
                Ok(Linked::Module { instance, entry: entry.clone(), stubs })
            }
            (Target::Component(entry), GuestCode::Component(component)) => {
                let entry = entry.bind(component)?;
                let (instance, missing) = component::link(component, options.unprovided)?;
                Ok(Linked::Component { instance, entry, missing })
            }
            _ => Err(RecordError::Engine { message: "a component was taken for a module".to_owned() }),
        }
    }
}

impl Linked {
    /// Is it a command, which answers by its exit code?
    pub fn is_command(&self) -> bool {
        match self {
            Linked::Module { entry, .. } => entry.is_command,
            Linked::Component { entry, .. } => entry.is_command(),
        }
    }

    /// A sentence about what stood in for imports, if anything did.
    pub fn note(&self) -> Option<String> {
        match self {
            Linked::Module { stubs, .. } => stubs.note(),
            Linked::Component { missing, .. } if missing.is_empty() => None,
            Linked::Component { missing, .. } => {
                Some(format!("imports that nobody provides are traps: {}", missing.join(", ")))
            }
        }
    }
}

/// May files block the thread? Where a sleep is not taken over by us they must not: it could not be ended.
pub fn may_block(index: &ModuleIndex) -> bool {
    !index.is_component() && !is_old(index)
}
