//! What stands beside the treemap: one table at a time.

use super::super::PanelCtx;
use super::{ModuleState, idle, sections, start};
use crate::analysis::RunEvidence;
use crate::ui::views::SizeView;
use egui::Ui;
use std::sync::Arc;

/// What the side remembers.
#[derive(Default)]
pub struct SideState {
    page: Page,
    pub(super) sections: sections::SectionsState,
    pub(super) idle: idle::IdleState,
}

/// The pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Page {
    #[default]
    Sections,
    Code,
    Data,
    Start,
}

/// Draws the side.
pub fn side_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, view: &Arc<SizeView>, state: &mut ModuleState) {
    let code = if view.size.run == RunEvidence::Seen { "Not seen running" } else { "Never run" };
    let pages = [
        (Page::Sections, "Sections"),
        (Page::Code, code),
        (Page::Data, "Never read"),
        (Page::Start, "Start-up"),
    ];
    ui.horizontal_wrapped(|ui| {
        for (page, title) in pages {
            ui.selectable_value(&mut state.side.page, page, title);
        }
    });
    match state.side.page {
        Page::Sections => sections::sections_ui(ui, ctx, view, state),
        Page::Code => idle::code_ui(ui, ctx, view, state),
        Page::Data => idle::data_ui(ui, ctx, view, state),
        Page::Start => start::start_ui(ui, view),
    }
}
