//! What canvases of boxes share: their labels, and their names for screen readers.

use crate::ui::theme::MONO;
use egui::{Color32, Galley, Id, Painter, Rect, Role, Ui};
use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::sync::Arc;

/// Labels that were laid out before, by what they name and their length.
pub struct Labels<K> {
    galleys: FxHashMap<(K, usize), Arc<Galley>>,
    probe: Option<Arc<Galley>>,
}

impl<K> Default for Labels<K> {
    fn default() -> Self {
        Labels { galleys: FxHashMap::default(), probe: None }
    }
}

/// More than a screen can show, so that what is in use is rarely laid out twice.
const MOST_LABELS: usize = 20_000;

impl<K: Copy + Eq + Hash> Labels<K> {
    /// Drops the labels whose glyphs are gone: another theme, another scale and a full atlas draw all glyphs anew.
    /// Says whether they were. To be asked in every frame.
    ///
    /// The toolkit lays a text out again only when its glyphs are gone, so one text tells of all.
    pub fn refresh(&mut self, painter: &Painter) -> bool {
        let probe = painter.layout_no_wrap("glyphs".to_owned(), MONO, Color32::PLACEHOLDER);
        let same = self.probe.as_ref().is_some_and(|known| Arc::ptr_eq(known, &probe));
        self.probe = Some(probe);
        if !same {
            self.galleys.clear();
        }
        !same
    }

    /// The name of `key`, cut to `most` characters.
    pub fn get(&mut self, painter: &Painter, key: K, name: &str, most: usize) -> Arc<Galley> {
        if self.galleys.len() > MOST_LABELS {
            self.galleys.clear();
        }
        let galley = self.galleys.entry((key, most)).or_insert_with(|| {
            let text = cut(name, most);
            painter.layout_no_wrap(text, MONO, Color32::PLACEHOLDER)
        });
        Arc::clone(galley)
    }
}

/// The first characters of `text`, with `…` where some are missing.
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Tells screen readers and tests where the box of `name` is on a canvas.
pub fn name_box(ui: &Ui, id: Id, rect: Rect, name: &str) {
    let bounds = egui::accesskit::Rect {
        x0: rect.min.x.into(),
        y0: rect.min.y.into(),
        x1: rect.max.x.into(),
        y1: rect.max.y.into(),
    };
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(Role::TreeItem);
        node.set_label(name);
        node.set_bounds(bounds);
    });
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn labels_are_cut_at_characters() {
        for (text, most, label) in [("parse", 5, "parse"), ("parse", 4, "par…"), ("größer", 4, "grö…")]
        {
            assert_eq!(cut(text, most), label);
        }
    }
}
