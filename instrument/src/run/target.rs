//! What is run: a core module or a component, and what is called of it.

use super::compiled::{CompiledGuest, GuestCode};
use super::component::{self, BoundEntry, ComponentEntry};
use super::guest::GuestState;
use super::imports::Stubs;
use super::invoke::Entry;
use super::link::{Linking, is_old};
use super::{Repeat, RunOptions};
use crate::RecordError;
use wasmscope_symbolize::ModuleIndex;
use wasmtime::Module;
use wasmtime::component::InstancePre;

/// What is called, before anything is compiled.
#[derive(Clone, Debug)]
pub enum Target {
    Module(Entry),
    Component(ComponentEntry),
}

/// A guest whose imports are linked, as far as that can be before it is instantiated, and what is called of it.
pub enum Linked {
    Module { linking: Box<Linking>, entry: Entry },
    Component { instance: InstancePre<GuestState>, entry: BoundEntry, stubs: Stubs },
}

impl Target {
    /// What `options` ask for, if the module or component in `bytes` has it.
    pub fn find(bytes: &[u8], index: &ModuleIndex, options: &RunOptions) -> Result<Self, RecordError> {
        if index.is_component() {
            return ComponentEntry::find(bytes, options).map(Target::Component);
        }
        Entry::find(index, options).map(Target::Module)
    }

    /// As people would write it: `fib(30)`; `None` for a command.
    pub fn text(&self) -> Option<String> {
        match self {
            Target::Module(entry) => entry.text.clone(),
            Target::Component(entry) => entry.text(),
        }
    }

    /// Finds somebody for each import.
    pub fn link(&self, compiled: &CompiledGuest, options: &RunOptions) -> Result<Linked, RecordError> {
        match (self, &compiled.code) {
            (Target::Module(entry), GuestCode::Module(_)) => {
                let linking = Box::new(Linking::new(&compiled.engine, options)?);
                Ok(Linked::Module { linking, entry: entry.clone() })
            }
            (Target::Component(entry), GuestCode::Component(component)) => {
                let entry = entry.bind(component, &compiled.places.index)?;
                let (instance, stubs) = component::link(component, options)?;
                Ok(Linked::Component { instance, entry, stubs })
            }
            _ => Err(mistaken()),
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

    /// How often it is called and measured, and how often before that.
    fn repeats(&self) -> (Repeat, Repeat) {
        match self {
            Linked::Module { entry, .. } => (entry.repeat, entry.warm_up),
            Linked::Component { entry, .. } => (entry.repeat, entry.warm_up),
        }
    }

    /// Are there calls before those that are measured?
    pub fn has_warm_up(&self) -> bool {
        !self.repeats().1.is_never()
    }

    /// Are there several calls, so that one has to say which?
    pub fn is_repeated(&self) -> bool {
        self.repeats().0 != Repeat::Times(1) || self.has_warm_up()
    }

    /// Sentences about what took the place of imports.
    pub fn sentences(&self) -> Vec<String> {
        match self {
            Linked::Module { linking, .. } => linking.notes.sentences().collect(),
            Linked::Component { stubs, .. } => stubs.note().into_iter().collect(),
        }
    }

    /// The machine code of the modules that a core module is linked to.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        let linking = match self {
            Linked::Module { linking, .. } => Some(linking),
            Linked::Component { .. } => None,
        };
        linking.into_iter().flat_map(|linking| linking.modules())
    }
}

/// What only a mistake of ours can lead to.
pub fn mistaken() -> RecordError {
    RecordError::Engine { message: "a component was taken for a module".to_owned() }
}

/// May files block the thread? Where a sleep is not taken over by us they must not: it could not be ended.
pub fn may_block(index: &ModuleIndex) -> bool {
    !index.is_component() && !is_old(index)
}
