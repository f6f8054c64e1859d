//! The colour of each function: its hue says where it comes from.

use crate::profile::{FrameId, FrameInfo, FrameKind, Profile};
use crate::ui::theme::Palette;
use egui::Color32;
use egui::ecolor::HsvaGamma;
use std::hash::{Hash, Hasher};

/// Colours by frame, kept until the theme changes.
#[derive(Default)]
pub struct FrameColours {
    palette: Option<&'static Palette>,
    by_frame: Vec<Color32>,
}

impl FrameColours {
    /// The colours of all functions of `profile`.
    pub fn of(&mut self, profile: &Profile, palette: &'static Palette) -> &[Color32] {
        if self.palette != Some(palette) || self.by_frame.len() != profile.frames().len() {
            self.by_frame = profile.frames().iter().map(|(_, info)| colour(info, palette)).collect();
            self.palette = Some(palette);
        }
        &self.by_frame
    }
}

/// The colour of `frame`, or of the engine where it is unknown.
pub fn of(colours: &[Color32], frame: FrameId, palette: &Palette) -> Color32 {
    colours.get(frame.index()).copied().unwrap_or(palette.canvas.engine)
}

/// Guest code is warm, the host is cold; the hue is that of the group.
fn colour(info: &FrameInfo, palette: &Palette) -> Color32 {
    let canvas = &palette.canvas;
    let shade = 0.06 * fraction(&info.name);
    match info.kind {
        FrameKind::Root => canvas.root,
        FrameKind::Engine => canvas.engine,
        FrameKind::Host(_) => hsv(0.53 + 0.10 * fraction(group(info)), canvas.host.0, canvas.host.1 - shade),
        FrameKind::Wasm(_) => hsv(guest_hue(info), canvas.guest.0, canvas.guest.1 - shade),
        FrameKind::Inlined => hsv(guest_hue(info), canvas.guest.0 * 0.78, canvas.guest.1 - shade * 0.5),
    }
}

/// Between red and yellow-green.
fn guest_hue(info: &FrameInfo) -> f32 {
    (0.97 + 0.24 * fraction(group(info))) % 1.0
}

/// A function of which nothing is known stands for itself.
fn group(info: &FrameInfo) -> &str {
    info.group.as_ref().map_or(&info.short, |group| &group.name)
}

fn fraction(text: &str) -> f32 {
    let mut hasher = rustc_hash::FxHasher::default();
    text.hash(&mut hasher);
    let mixed = hasher.finish().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed >> 48) as f32) / 65_536.0
}

fn hsv(h: f32, s: f32, v: f32) -> Color32 {
    HsvaGamma { h, s, v, a: 1.0 }.into()
}
