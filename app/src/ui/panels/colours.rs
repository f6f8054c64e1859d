//! The colour of each box.

use crate::analysis::NodeId;
use crate::profile::{FrameId, FrameInfo, FrameKind, Profile};
use crate::ui::theme::Palette;
use crate::ui::views::FlameView;
use crate::units;
use egui::Color32;
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
            // The root spreads what is small, of which there is most.
            return self.palette.heat(units::share(own, view.most_self).sqrt());
        }
        self.frame(frame)
    }

    /// The colour of a function.
    pub fn frame(&self, frame: FrameId) -> Color32 {
        self.by_frame.get(frame.index()).copied().unwrap_or(self.palette.canvas.engine)
    }
}

/// Functions of a group differ by so much in their shade.
const SHADES: f32 = 0.06;
/// What was inlined is paler.
const INLINED_FADE: f32 = 0.22;

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

/// The language of a function's source, as its place in [`LANGUAGES`]. Headers of C++ without an ending are C++.
fn language(info: &FrameInfo) -> Option<usize> {
    let file = info.file.as_deref()?.rsplit(['/', '\\']).next()?;
    let ending = file.rsplit_once('.').map_or("hpp", |(_, ending)| ending);
    LANGUAGES.iter().position(|(_, endings, _)| endings.contains(&ending))
}

/// The languages of the guest's functions, with their colours.
fn languages(profile: &Profile, palette: &Palette) -> Vec<(&'static str, Color32)> {
    let guest = |kind| matches!(kind, FrameKind::Wasm(_) | FrameKind::Inlined);
    let frames = profile.frames().iter().filter(|(_, info)| guest(info.kind));
    let found: Vec<_> = frames.map(|(_, info)| language(info)).collect();
    let known = LANGUAGES.iter().enumerate().filter(|(number, _)| found.contains(&Some(*number)));
    let known =
        known.map(|(number, (name, _, hue))| (*name, palette.canvas.guest.numbered(number, *hue, 0.0)));
    let unknown = found.contains(&None).then_some(("not known", palette.canvas.engine));
    known.chain(unknown).collect()
}

fn colour(info: &FrameInfo, palette: &Palette, by: ColourBy) -> Color32 {
    match (info.kind, by) {
        (FrameKind::Wasm(_) | FrameKind::Inlined, ColourBy::Language) => {
            let shade = SHADES * fraction(&info.name);
            let known = language(info).and_then(|number| Some((number, LANGUAGES.get(number)?.2)));
            known.map_or(palette.canvas.engine, |(number, hue)| {
                palette.canvas.guest.numbered(number, hue, shade)
            })
        }
        _ => group_colour(info, palette),
    }
}

/// Guest code is warm, the host is cold; the hue is that of the group.
fn group_colour(info: &FrameInfo, palette: &Palette) -> Color32 {
    let canvas = &palette.canvas;
    let (at, shade) = (fraction(group(info)), SHADES * fraction(&info.name));
    match info.kind {
        FrameKind::Root => canvas.root,
        FrameKind::Engine => canvas.engine,
        FrameKind::Host(_) => canvas.host.colour(at, shade, 0.0),
        FrameKind::Wasm(_) => canvas.guest.colour(at, shade, 0.0),
        FrameKind::Inlined => canvas.guest.colour(at, shade * 0.5, INLINED_FADE),
    }
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
