//! What the module's file is made of, as a picture and as a table.

mod csv;
mod svg;

use crate::analysis::{self, ModuleSizeQuery};
use crate::profile::Profile;

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModuleFormat {
    /// A treemap.
    Svg,
    /// One line for each part that has no others within it.
    Csv,
}

/// What the module's file is made of, with the heat that `query` asks for.
pub fn module_size(profile: &Profile, query: &ModuleSizeQuery, format: ModuleFormat) -> Vec<u8> {
    let size = analysis::module_size(profile, query);
    match format {
        ModuleFormat::Svg => svg::svg(&size).into_bytes(),
        ModuleFormat::Csv => csv::csv(&size).into_bytes(),
    }
}
