//! A report of a run as one HTML file. It opens from disk in any browser and loads nothing; its flame graph is live.
//!
//! What is text stands in the page as it is read. The call trees and functions stand in it as JSON, which `report.js`
//! draws. All names are those of somebody else's module: see [`elements`] and [`data`] for how they are written.

mod boundary;
mod chart;
mod data;
mod elements;
mod memory;
mod module;
mod overview;

use crate::analysis::{CallTreeQuery, summary};
use crate::profile::Profile;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use elements::text;
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The whole file: the run, with the call paths that `query` asks for by each metric that was measured.
pub(super) fn html(profile: &Profile, query: &CallTreeQuery) -> String {
    let view = summary(profile);
    filled(PAGE, |place| match place {
        "title" => text(&view.meta.module_name),
        "policy" => policy(),
        "style" => STYLE.to_owned(),
        "script" => SCRIPT.to_owned(),
        "head" => overview::head(&view),
        "figures" => overview::figures(&view),
        "warnings" => overview::warnings(&view),
        "advice" => overview::advice(profile),
        "scope" => overview::scope(query),
        "boundary" => boundary::boundary(profile, &view),
        "memory" => memory::memory(profile, &view),
        "module" => module::module(profile, query.metric),
        "data" => data::json(profile, query),
        "version" => env!("CARGO_PKG_VERSION").to_owned(),
        _ => String::new(),
    })
}

/// Nothing is loaded, and nothing runs but our own script, whatever a name should smuggle in.
fn policy() -> String {
    let hash = |content: &str| STANDARD.encode(Sha256::digest(content));
    let (style, script) = (hash(STYLE), hash(SCRIPT));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; \
         base-uri 'none'; form-action 'none'"
    )
}

/// `page` with each `{{name}}` replaced by what `part` has for it. What is put in is not looked at again.
fn filled(page: &str, part: impl Fn(&str) -> String) -> String {
    let mut pieces = page.split("{{");
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once("}}") {
            Some((name, rest)) => whole.extend([part(name).as_str(), rest]),
            None => whole.push_str(piece),
        }
    }
    whole
}

#[cfg(test)]
mod tests;
