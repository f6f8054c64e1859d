//! What each panel answers, what measures cost, and what words mean; searched as one types.

use super::glossary::SECTIONS;
use crate::analysis::Metric;
use crate::ui::widgets::search_field;
use egui::{Label, RichText, ScrollArea, Ui};

/// Draws the page.
pub fn help_ui(ui: &mut Ui, search: &mut String) {
    ui.horizontal(|ui| {
        ui.heading("Help");
        search_field(ui, search, "Search the help", 220.0);
    });
    let height = (ui.ctx().content_rect().height() - 190.0).max(120.0);
    let needle = search.trim().to_lowercase();
    ScrollArea::vertical().max_height(height).auto_shrink([false, false]).show(ui, |ui| {
        let mut found = 0;
        for (title, entries) in sections() {
            let entries: Vec<_> = entries.iter().filter(|entry| has(title, entry, &needle)).collect();
            if !entries.is_empty() {
                ui.add_space(10.0);
                ui.label(RichText::new(title).strong().size(15.0));
            }
            found += entries.len();
            entries.into_iter().for_each(|entry| entry_ui(ui, entry));
        }
        if found == 0 {
            ui.label("Nothing here has these words.");
        }
    });
}

type Entry = (&'static str, &'static str);

fn sections() -> impl Iterator<Item = (&'static str, Vec<Entry>)> {
    let metrics = Metric::ALL.map(|metric| (metric.title(), metric.description()));
    let written = SECTIONS.iter().map(|(title, entries)| (*title, entries.to_vec()));
    written.chain([("Metrics: what boxes and functions are weighed by", metrics.into())])
}

fn entry_ui(ui: &mut Ui, (name, text): &(&str, &str)) {
    ui.add_space(4.0);
    ui.label(RichText::new(*name).strong());
    ui.add(Label::new(RichText::new(*text).weak()).wrap().selectable(true));
}

/// Does the entry have the words? The title of its section counts as its own.
fn has(title: &str, (name, text): &(&str, &str), needle: &str) -> bool {
    let whole = format!("{title} {name} {text}").to_lowercase();
    needle.split_whitespace().all(|word| whole.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Metric;
    use crate::ui::panels::PanelKind;
    use wasmscope_instrument::Measure;

    #[test]
    fn each_panel_measure_and_metric_is_explained() {
        let entries: Vec<_> = sections().flat_map(|(_, entries)| entries).collect();
        let panels = PanelKind::ALL.map(PanelKind::title);
        let metrics = Metric::ALL.map(Metric::title);
        let measures = Measure::ALL.map(Measure::name);
        for name in panels.into_iter().chain(metrics).chain(measures) {
            assert!(entries.iter().any(|(known, text)| *known == name && !text.is_empty()), "{name}");
        }
    }

    #[test]
    fn words_are_found_in_any_order() {
        let entry = ("Self", "What a function's own code weighs.");
        assert!(has("Words", &entry, "own self") && has("Words", &entry, ""));
        assert!(!has("Words", &entry, "own host"));
    }
}
