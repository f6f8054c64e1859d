//! What the module's file is made of, by section.

use super::elements::{Cell, Table, paragraph};
use crate::analysis::{Metric, ModuleSizeQuery, SizeId, module_size};
use crate::profile::Profile;
use crate::units;

/// The sections by falling size, and what stripping would save.
pub(super) fn module(profile: &Profile, metric: Metric) -> String {
    let size = module_size(profile, &ModuleSizeQuery { metric, time: None });
    if size.is_empty() {
        let text = match profile.needs_module() {
            true => "The profile was imported, without the module that ran.",
            false => "The recording holds no module.",
        };
        return paragraph("note", text);
    }
    let all = size.get(SizeId::ROOT).bytes;
    let mut sections = size.sections();
    sections.sort_by_key(|id| std::cmp::Reverse(size.get(*id).bytes));
    let columns = [("Section", ""), ("Bytes", "In the file, with its header."), ("Share", "Of the file.")];
    let mut table = Table::new("Sections", &columns);
    for id in sections {
        let bytes = size.get(id).bytes;
        let share = units::share(bytes, all);
        table.row([
            Cell::Words(size.section_name(id)),
            Cell::Number(units::bytes(bytes), bytes as f64),
            Cell::Number(units::percent(share), share),
        ]);
    }
    let strip =
        size.strippable().map_or(String::new(), |words| format!("; stripping would take away {words}"));
    paragraph("", &format!("{} in all{strip}.", units::bytes(all))) + &table.html()
}
