//! The transforms that are done, as breadcrumbs, and the way back through them.

use super::super::PanelCtx;
use super::menu::group_text;
use super::names::{Names, name_of};
use crate::analysis::Transform;
use crate::profile::Profile;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::module::middle_cut;
use egui::{Key, Modifiers, RichText, Ui};

/// More steps back than anybody takes.
const MOST_STEPS: usize = 200;

/// The lists of transforms before the present one, and those that were gone back from.
#[derive(Default)]
pub struct History {
    past: Vec<Vec<Transform>>,
    future: Vec<Vec<Transform>>,
}

impl History {
    /// Has the recording shown with `transforms`, in a way that can be undone.
    pub fn set(&mut self, ctx: &PanelCtx<'_>, transforms: Vec<Transform>) {
        self.past.push(ctx.selection.transforms.clone());
        if self.past.len() > MOST_STEPS {
            self.past.remove(0);
        }
        self.future.clear();
        show(ctx, transforms);
    }

    /// Has one more transform done.
    pub fn add(&mut self, ctx: &PanelCtx<'_>, transform: Transform) {
        let mut transforms = ctx.selection.transforms.clone();
        transforms.push(transform);
        self.set(ctx, transforms);
    }

    fn undo(&mut self, ctx: &PanelCtx<'_>) {
        if let Some(before) = self.past.pop() {
            self.future.push(ctx.selection.transforms.clone());
            show(ctx, before);
        }
    }

    fn redo(&mut self, ctx: &PanelCtx<'_>) {
        if let Some(after) = self.future.pop() {
            self.past.push(ctx.selection.transforms.clone());
            show(ctx, after);
        }
    }

    /// Undoes and redoes by their keys, while no text is being typed and no dialog is open.
    pub fn keys(&mut self, ui: &Ui, ctx: &PanelCtx<'_>) {
        let is_behind = ui.memory(|memory| memory.top_modal_layer().is_some());
        if is_behind || ui.ctx().text_edit_focused() {
            return;
        }
        let ctrl_shift = Modifiers::COMMAND.plus(Modifiers::SHIFT);
        let hit = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        if hit(ctrl_shift, Key::Z) || hit(Modifiers::COMMAND, Key::Y) {
            self.redo(ctx);
        } else if hit(Modifiers::COMMAND, Key::Z) {
            self.undo(ctx);
        }
    }
}

fn show(ctx: &PanelCtx<'_>, transforms: Vec<Transform>) {
    ctx.commands.send(Command::Select(Selection { transforms, ..ctx.selection.clone() }));
}

/// Draws the breadcrumbs, if there are any: a click on one goes back to it, its × takes it out.
pub fn crumbs_ui(ui: &mut Ui, ctx: &PanelCtx<'_>, history: &mut History, names: Names) {
    let transforms = &ctx.selection.transforms;
    if transforms.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        if ui.small_button("All").on_hover_text("Undo all of it").clicked() {
            history.set(ctx, Vec::new());
        }
        for (at, transform) in transforms.iter().enumerate() {
            ui.label(RichText::new("›").weak());
            let text = text_of(ctx.profile, transform, names);
            let about = format!("{text}\n\nClick goes back to here. Ctrl+Z undoes the last.");
            let crumb = ui.small_button(middle_cut(&text, 40)).on_hover_text(about);
            if crumb.clicked() {
                history.set(ctx, transforms.iter().take(at + 1).cloned().collect());
            }
            let cross = ui.small_button("×").on_hover_text("Take this out");
            if cross.accessible_name(format!("Without {text}")).clicked() {
                let rest = transforms.iter().enumerate().filter(|(other, _)| *other != at);
                history.set(ctx, rest.map(|(_, transform)| transform.clone()).collect());
            }
        }
    });
}

/// A transform in a few words.
fn text_of(profile: &Profile, transform: &Transform, names: Names) -> String {
    let name = |frame: &_| name_of(profile, *frame, names).to_owned();
    match transform {
        Transform::FocusFunction(frame) => format!("focus: {}", name(frame)),
        Transform::FocusSubtree(subtree) => {
            format!("box: {}", subtree.frames.last().map(name).unwrap_or_default())
        }
        Transform::MergeFunction(frame) => format!("merged: {}", name(frame)),
        Transform::DropFunction(frame) => format!("dropped: {}", name(frame)),
        Transform::CollapseFunction(frame) => format!("collapsed: {}", name(frame)),
        Transform::CollapseRecursion(frame) => format!("recursion: {}", name(frame)),
        Transform::CollapseGroup(group) => format!("collapsed: {}", group_text(group)),
    }
}
