//! The dialog that asks how a module is to be run.

mod allocators;
mod calls;
mod form;
mod limits;
mod recorded;
mod ui;
mod words;

pub use form::{RunForm, StdinForm};
pub use recorded::Known;
pub use ui::{Dialog, RunDialog, run_dialog_ui};
