//! The window: draws views and sends commands; it computes nothing itself.
//!
//! [`App`] holds what is open and applies [`command::Command`]s between frames. Panels are functions over views; views
//! are computed by [`worker`], files are opened and modules run by [`jobs`].

mod app;
mod apply;
mod command;
mod compare;
mod documents;
mod edges;
mod filters;
mod follow;
mod history;
mod jobs;
mod measures;
mod module;
mod needle;
mod notes;
mod panels;
mod path_dialog;
mod pick;
mod picture;
mod places;
mod run_dialog;
mod settings;
mod shell;
mod sources_dialog;
mod start;
mod theme;
mod views;
mod watch;
mod widgets;
mod work;
mod worker;

pub use app::App;
pub use places::Places;
pub use start::{StartError, run};
