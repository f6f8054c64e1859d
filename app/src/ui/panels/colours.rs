//! The colour of each box.

use crate::analysis::NodeId;
use crate::profile::{FrameId, FrameInfo, FrameKind, Profile};
use crate::ui::theme::Palette;
use crate::ui::views::FlameView;
use crate::units;
use egui::Color32;
use egui::ecolor::HsvaGamma;
use std::hash::{Hash, Hasher};

/// What colours mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourBy {
    /// What a function belongs to.
    #[default]
    Group,
    /// The language of its source.
    Language,
    /// How much of the box is its own.
    SelfCost,
}

impl ColourBy {
    /// All of them.
    pub const ALL: [ColourBy; 3] = [ColourBy::Group, ColourBy::Language, ColourBy::SelfCost];

    /// Its name.
    pub const fn title(self) -> &'static str {
        match self {
            ColourBy::Group => "By crate, module or file",
            ColourBy::Language => "By language",
            ColourBy::SelfCost => "By self cost",
        }
    }
}

/// Colours by frame, kept until the theme or their meaning changes.
#[derive(Default)]
pub struct FrameColours {
    of: Option<(&'static Palette, ColourBy)>,
    by_frame: Vec<Color32>,
    /// What the colours mean, where that is a short list.
    pub legend: Vec<(&'static str, Color32)>,
}

/// The colours of boxes.
pub struct Fill<'a> {
    palette: &'static Palette,
    by: ColourBy,
    by_frame: &'a [Color32],
}

impl FrameColours {
    /// The colours of all boxes of `profile`.
    pub fn of(&mut self, profile: &Profile, palette: &'static Palette, by: ColourBy) -> Fill<'_> {
        if self.of != Some((palette, by)) || self.by_frame.len() != profile.frames().len() {
            let frames = profile.frames().iter();
            self.by_frame = frames.map(|(_, info)| colour(info, palette, by)).collect();
            self.legend = if by == ColourBy::Language { languages(profile, palette) } else { Vec::new() };
            self.of = Some((palette, by));
        }
        Fill { palette, by, by_frame: &self.by_frame }
    }
}

impl Fill<'_> {
    /// The colour of a box.
    pub fn of(&self, view: &FlameView, node: NodeId, frame: FrameId) -> Color32 {
        if self.by == ColourBy::SelfCost {
            let own = view.tree.self_values().get(node.index()).copied().unwrap_or(0);
            return heat(units::share(own, view.most_self), self.palette);
        }
        self.frame(frame)
    }

    /// The colour of a function.
    pub fn frame(&self, frame: FrameId) -> Color32 {
        self.by_frame.get(frame.index()).copied().unwrap_or(self.palette.canvas.engine)
    }
}

/// From grey to red; the root spreads what is small, of which there is most.
fn heat(share: f64, palette: &Palette) -> Color32 {
    let (saturation, value) = palette.canvas.guest;
    let hot = hsv(0.04, (saturation * 1.3).min(1.0), value);
    palette.canvas.engine.lerp_to_gamma(hot, share.sqrt() as f32)
}

/// The languages that are told apart, with the endings of their files, and the hue of each.
const LANGUAGES: [(&str, &[&str], f32); 8] = [
    ("Rust", &["rs"], 0.05),
    ("C", &["c", "h"], 0.13),
    ("C++", &["cc", "cpp", "cxx", "hpp", "hh", "hxx", "inl", "ipp", "tcc"], 0.92),
    ("Go", &["go"], 0.48),
    ("AssemblyScript", &["ts", "js"], 0.75),
    ("Zig", &["zig"], 0.22),
    ("Swift", &["swift"], 0.34),
    ("Assembly", &["s", "S", "wat"], 0.85),
];

/// The language of a function's source: its name and hue. Headers of C++ without an ending are C++.
fn language(info: &FrameInfo) -> Option<(&'static str, f32)> {
    let file = info.file.as_deref()?.rsplit(['/', '\\']).next()?;
    let ending = file.rsplit_once('.').map_or("hpp", |(_, ending)| ending);
    let found = LANGUAGES.iter().find(|(_, endings, _)| endings.contains(&ending));
    found.map(|(name, _, hue)| (*name, *hue))
}

/// The languages of the guest's functions, with their colours.
fn languages(profile: &Profile, palette: &Palette) -> Vec<(&'static str, Color32)> {
    let guest = |kind| matches!(kind, FrameKind::Wasm(_) | FrameKind::Inlined);
    let frames = profile.frames().iter().filter(|(_, info)| guest(info.kind));
    let found: Vec<_> = frames.map(|(_, info)| language(info).map(|(name, _)| name)).collect();
    let (saturation, value) = palette.canvas.guest;
    let known = LANGUAGES.iter().filter(|(name, ..)| found.contains(&Some(*name)));
    let known = known.map(|(name, _, hue)| (*name, hsv(*hue, saturation, value)));
    let unknown = found.contains(&None).then_some(("not known", palette.canvas.engine));
    known.chain(unknown).collect()
}

fn colour(info: &FrameInfo, palette: &Palette, by: ColourBy) -> Color32 {
    let (saturation, value) = palette.canvas.guest;
    match (info.kind, by) {
        (FrameKind::Wasm(_) | FrameKind::Inlined, ColourBy::Language) => {
            let shade = 0.06 * fraction(&info.name);
            language(info).map_or(palette.canvas.engine, |(_, hue)| hsv(hue, saturation, value - shade))
        }
        _ => group_colour(info, palette),
    }
}

/// Guest code is warm, the host is cold; the hue is that of the group.
fn group_colour(info: &FrameInfo, palette: &Palette) -> Color32 {
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
