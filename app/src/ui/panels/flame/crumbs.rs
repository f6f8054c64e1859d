//! The transforms that are done, as breadcrumbs.

use super::super::PanelCtx;
use super::menu::group_text;
use super::names::{Names, name_of};
use crate::analysis::Transform;
use crate::profile::Profile;
use crate::ui::command::Command;
use crate::ui::documents::Selection;
use crate::ui::module::middle_cut;
use egui::{RichText, Ui};

/// Has the recording shown with `transforms`.
pub fn set(ctx: &PanelCtx<'_>, transforms: Vec<Transform>) {
    ctx.commands.send(Command::Select(Selection { transforms, ..ctx.selection.clone() }));
}

/// Has one more transform done.
pub fn add(ctx: &PanelCtx<'_>, transform: Transform) {
    let transforms = ctx.selection.transforms.iter().cloned().chain([transform]);
    set(ctx, transforms.collect());
}

/// Draws the breadcrumbs, if there are any: a click on one goes back to it, its × takes it out. Gives the transforms
/// that are left then.
pub fn crumbs_ui(
    ui: &mut Ui,
    profile: &Profile,
    transforms: &[Transform],
    names: Names,
) -> Option<Vec<Transform>> {
    if transforms.is_empty() {
        return None;
    }
    let mut left = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        if ui.small_button("All").on_hover_text("Undo all of it").clicked() {
            left = Some(Vec::new());
        }
        for (at, transform) in transforms.iter().enumerate() {
            ui.label(RichText::new("›").weak());
            let text = text_of(profile, transform, names);
            let about = format!("{text}\n\nClick goes back to here.");
            let crumb = ui.small_button(middle_cut(&text, 40)).on_hover_text(about);
            if crumb.clicked() {
                left = Some(transforms.iter().take(at + 1).cloned().collect());
            }
            let cross = ui.small_button("×").on_hover_text("Take this out");
            if cross.accessible_name(format!("Without {text}")).clicked() {
                let rest = transforms.iter().enumerate().filter(|(other, _)| *other != at);
                left = Some(rest.map(|(_, transform)| transform.clone()).collect());
            }
        }
    });
    left
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
