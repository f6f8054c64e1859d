//! The colour of each part.

use crate::analysis::{RunEvidence, SectionClass, SizeId, SizeKind};
use crate::ui::theme::Palette;
use crate::ui::views::SizeView;
use egui::Color32;

/// What colours tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourBy {
    /// How much of the metric a function has by itself.
    Heat,
    /// Code, data, names and so on.
    Kind,
    /// Whether code ran and data was read.
    Use,
}

impl ColourBy {
    /// All of them, in the order in which they are offered.
    pub const ALL: [ColourBy; 3] = [ColourBy::Heat, ColourBy::Kind, ColourBy::Use];

    /// Its name on screen.
    pub fn title(self, view: &SizeView) -> String {
        match (self, view.size.metric) {
            (ColourBy::Heat, Some(metric)) => format!("Heat: {}", metric.title().to_lowercase()),
            (ColourBy::Heat, None) => "Heat".to_owned(),
            (ColourBy::Kind, _) => "Kind".to_owned(),
            (ColourBy::Use, _) => "What was used".to_owned(),
        }
    }

    /// Does the recording tell it?
    pub fn is_known(self, view: &SizeView) -> bool {
        match self {
            ColourBy::Heat => view.size.metric.is_some(),
            ColourBy::Kind => true,
            ColourBy::Use => view.tells_runs() || view.size.reads_known,
        }
    }

    /// What the colours mean, with a word for each.
    pub fn legend(self, view: &SizeView, palette: &Palette) -> Vec<(Color32, String)> {
        let owned = |(colour, text): (Color32, &str)| (colour, text.to_owned());
        match self {
            ColourBy::Heat => {
                let hot = palette.memory.on_scale(1.0);
                let warm = palette.memory.on_scale(0.5);
                let cold = palette.memory.on_scale(0.0);
                let nothing = palette.memory.untouched;
                [(hot, "hottest"), (warm, "1/30"), (cold, "1/1000 or less"), (nothing, "none")]
                    .map(owned)
                    .into()
            }
            ColourBy::Kind => {
                let there = SectionClass::ALL.into_iter().filter(|class| view.size.class_bytes(*class) > 0);
                there.map(|class| (of_class(class, palette), class.name().to_owned())).collect()
            }
            ColourBy::Use => {
                let idle = match view.size.run {
                    RunEvidence::Counted => "never run, never read",
                    RunEvidence::Seen | RunEvidence::Nothing => "not seen running, never read",
                };
                let [used, unused] = use_colours(palette);
                [(used, "used"), (unused, idle), (palette.memory.untouched, "not known")].map(owned).into()
            }
        }
    }
}

/// The colour of a part that no others are shown in.
pub fn of(view: &SizeView, id: SizeId, by: ColourBy, palette: &Palette) -> Color32 {
    let node = view.size.get(id);
    let plain = palette.memory.untouched;
    match by {
        ColourBy::Heat => view.size.warmth(id).map_or(plain, |warmth| palette.memory.on_scale(warmth)),
        ColourBy::Kind if node.kind == SizeKind::Frame => plain,
        ColourBy::Kind => view.size.up(id).find_map(|above| class_of(view, above, palette)).unwrap_or(plain),
        ColourBy::Use if node.judged_bytes == 0 => plain,
        ColourBy::Use => {
            let [used, unused] = use_colours(palette);
            used.lerp_to_gamma(unused, node.idle_bytes as f32 / node.judged_bytes as f32)
        }
    }
}

fn class_of(view: &SizeView, id: SizeId, palette: &Palette) -> Option<Color32> {
    match view.size.get(id).kind {
        SizeKind::Section(class) => Some(of_class(class, palette)),
        _ => None,
    }
}

/// The colours of functions in the memory map serve here, too: people with colour blindness tell them apart.
fn of_class(class: SectionClass, palette: &Palette) -> Color32 {
    let [orange, sky, green, _, blue, _, pink, violet] = palette.memory.owners;
    match class {
        SectionClass::Code => orange,
        SectionClass::Data => blue,
        SectionClass::Debug => pink,
        SectionClass::Names => violet,
        SectionClass::Custom => green,
        SectionClass::Declarations => sky,
    }
}

/// Of what was used, and of what was not.
fn use_colours(palette: &Palette) -> [Color32; 2] {
    let [_, sky, _, _, _, vermilion, ..] = palette.memory.owners;
    [sky, vermilion]
}
