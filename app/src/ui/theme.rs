//! Every colour and measure of the window, in a dark and a light version, each also for people with colour blindness.

mod palettes;

use egui::ecolor::HsvaGamma;
use egui::{Color32, CornerRadius, FontFamily, FontId, Id, Margin, Stroke, TextStyle, Theme, Vec2, Visuals};
use palettes::{DARK, DARK_DISTINCT, LIGHT, LIGHT_DISTINCT};

/// Which colours tell things apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ColourSet {
    /// Warm hues for the program, cold ones for its host.
    #[default]
    Standard,
    /// Few hues, which people with colour blindness tell apart as well.
    ColourBlind,
}

impl ColourSet {
    /// Both, with their names in menus.
    pub const ALL: [(ColourSet, &'static str); 2] =
        [(ColourSet::Standard, "Standard colours"), (ColourSet::ColourBlind, "Colour-blind safe")];
}

/// The colours of one theme.
#[derive(Debug, PartialEq)]
pub struct Palette {
    /// Behind everything.
    pub background: Color32,
    /// Panels, bars and dialogs.
    pub panel: Color32,
    /// Cards and fields that stand out of a panel.
    pub raised: Color32,
    /// The same under the pointer.
    pub hovered: Color32,
    /// Lines between things.
    pub border: Color32,
    /// Text.
    pub text: Color32,
    /// Text that explains or repeats.
    pub weak: Color32,
    /// What is selected or to be pressed next.
    pub accent: Color32,
    /// Text on [`Self::accent`].
    pub on_accent: Color32,
    /// A row or box that is selected.
    pub selected: Color32,
    /// Went well.
    pub good: Color32,
    /// Deserves a look.
    pub warning: Color32,
    /// Failed.
    pub error: Color32,
    /// Colours of canvases.
    pub canvas: Canvas,
    /// Colours of regions of the linear memory.
    pub memory: Memory,
}

/// Colours of the flame graph.
#[derive(Debug, PartialEq)]
pub struct Canvas {
    /// Guest frames, told apart by what they belong to.
    pub guest: Family,
    /// Host frames, told apart by the import's module.
    pub host: Family,
    /// The engine's own frames.
    pub engine: Color32,
    /// The box that stands for all.
    pub root: Color32,
    /// Boxes too narrow to be told apart.
    pub merged: Color32,
    /// Boxes that the search does not name.
    pub dimmed: Color32,
    /// Boxes that it names.
    pub hit: Color32,
    /// The name of a function that the search names, where it stands on a panel.
    pub hit_text: Color32,
    /// The outline of the box under the pointer.
    pub outline: Color32,
    /// Calls of exports: the program at work.
    pub into_guest: Color32,
    /// Calls of imports: the host at work.
    pub into_host: Color32,
    /// Calls that took longer than they may.
    pub over: Color32,
    /// Two builds: the new one costs more.
    pub more: Color32,
    /// Two builds: the new one costs less.
    pub less: Color32,
    /// Two builds: nothing changed, or nothing that is more than chance.
    pub same: Color32,
}

/// Colours of one kind of thing, of which there are many.
#[derive(Debug, PartialEq)]
pub enum Family {
    /// Hues from one on, as shares of the circle, all of one saturation and value.
    Hues {
        /// The first hue.
        from: f32,
        /// How much of the circle they take.
        span: f32,
        /// How colourful they are.
        saturation: f32,
        /// How light they are.
        value: f32,
    },
    /// These.
    Named(&'static [Color32]),
}

impl Family {
    /// The colour at a place of 0 to 1 in the family, darker by `shade` and paler by `fade`.
    pub fn colour(&self, at: f32, shade: f32, fade: f32) -> Color32 {
        match self {
            Family::Hues { from, span, .. } => self.hue((from + span * at).fract(), shade, fade),
            Family::Named(colours) => {
                let place = (at * colours.len() as f32) as usize;
                let base = colours.get(place).or(colours.last()).copied().unwrap_or_default();
                shaded(HsvaGamma::from(base), shade, fade)
            }
        }
    }

    /// A colour of this family's kind for the thing with this number, of which there are few: that hue, or the colour
    /// with that number.
    pub fn numbered(&self, number: usize, hue: f32, shade: f32) -> Color32 {
        match self {
            Family::Hues { .. } => self.hue(hue, shade, 0.0),
            Family::Named(_) => {
                let base = palettes::OWNERS[number % palettes::OWNERS.len()];
                shaded(HsvaGamma::from(base), shade, 0.0)
            }
        }
    }

    fn hue(&self, h: f32, shade: f32, fade: f32) -> Color32 {
        let (s, v) = match self {
            Family::Hues { saturation, value, .. } => (*saturation, *value),
            Family::Named(_) => (1.0, 1.0),
        };
        shaded(HsvaGamma { h, s, v, a: 1.0 }, shade, fade)
    }
}

fn shaded(colour: HsvaGamma, shade: f32, fade: f32) -> Color32 {
    HsvaGamma { s: colour.s * (1.0 - fade), v: (colour.v - shade).max(0.0), ..colour }.into()
}

/// Colours of regions of the linear memory, and of the curves that plot them.
#[derive(Debug, PartialEq)]
pub struct Memory {
    /// Beyond the memory's present size.
    pub outside: Color32,
    /// In the memory, but never written by anything that we know.
    pub untouched: Color32,
    /// Put there by a data segment.
    pub data: Color32,
    /// The room of the shadow stack.
    pub stack: Color32,
    /// The part of it that is in use.
    pub stack_in_use: Color32,
    /// Below the heap and in nothing else.
    pub zeroed: Color32,
    /// Blocks that are in use.
    pub live: Color32,
    /// Heap between blocks that nobody uses.
    pub free: Color32,
    /// Blocks of the selected site.
    pub chosen: Color32,
    /// The curve of the memory's size.
    pub pages: Color32,
    /// The allocator's own: headers and rounding.
    pub overhead: Color32,
    /// Blocks of the functions that hold most, the first having most.
    pub owners: [Color32; Memory::OWNERS],
    /// Blocks of all others.
    pub other: Color32,
    /// From little to much, or from early to late.
    pub scale: [Color32; 5],
}

impl Memory {
    /// So many functions have colours of their own.
    pub const OWNERS: usize = 8;

    /// The colour at a share of 0 to 1 of the scale.
    pub fn on_scale(&self, share: f64) -> Color32 {
        let last = self.scale.len() - 1;
        let at = share.clamp(0.0, 1.0) as f32 * last as f32;
        let below = (at.floor() as usize).min(last - 1);
        self.scale[below].lerp_to_gamma(self.scale[below + 1], at - below as f32)
    }
}

/// What one of two colours gives off, as WCAG 2 defines it, 0 to 1.
fn luminance(colour: Color32) -> f32 {
    let [r, g, b, _] = egui::Rgba::from(colour).to_array();
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

impl Palette {
    /// Text on a box of any colour: the dark ink or the light one, whichever is read better.
    pub fn ink_on(&self, ground: Color32) -> Color32 {
        // Nearly black: with a lighter one some grounds would be read badly with either.
        const DARK_INK: Color32 = rgb(0x040404);
        // Where both inks have the same contrast.
        const MIDDLE: f32 = 0.181;
        if luminance(ground) > MIDDLE { DARK_INK } else { Color32::WHITE }
    }

    /// From little, 0, to much, 1: from grey to red, or where that tells nothing along the scale.
    pub fn heat(&self, share: f64) -> Color32 {
        match self.canvas.guest {
            Family::Hues { saturation: s, value: v, .. } => {
                let hot = HsvaGamma { h: 0.04, s: (s * 1.3).min(1.0), v, a: 1.0 };
                self.canvas.engine.lerp_to_gamma(hot.into(), share.clamp(0.0, 1.0) as f32)
            }
            Family::Named(_) => self.memory.on_scale(share),
        }
    }

    /// The palette that `ui` is drawn with.
    pub fn of(ui: &egui::Ui) -> &'static Palette {
        let set = ui.data(|data| data.get_temp(colour_set_id())).unwrap_or_default();
        Palette::get(if ui.visuals().dark_mode { Theme::Dark } else { Theme::Light }, set)
    }

    /// The palette of a theme.
    pub fn get(theme: Theme, set: ColourSet) -> &'static Palette {
        match (theme, set) {
            (Theme::Dark, ColourSet::Standard) => &DARK,
            (Theme::Light, ColourSet::Standard) => &LIGHT,
            (Theme::Dark, ColourSet::ColourBlind) => &DARK_DISTINCT,
            (Theme::Light, ColourSet::ColourBlind) => &LIGHT_DISTINCT,
        }
    }
}

/// Where the toolkit keeps which colours are in use.
fn colour_set_id() -> Id {
    Id::unique("colour set")
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// The font of labels in canvases and of numbers in tables.
pub const MONO: FontId = FontId::new(12.0, FontFamily::Monospace);

/// The height of a row in tables, in points.
pub const ROW_HEIGHT: f32 = 20.0;

/// Gives `ctx` both themes, in these colours.
pub fn install(ctx: &egui::Context, set: ColourSet) {
    for theme in [Theme::Dark, Theme::Light] {
        ctx.set_visuals_of(theme, visuals(theme, Palette::get(theme, set)));
    }
    ctx.data_mut(|data| data.insert_temp(colour_set_id(), set));
    ctx.all_styles_mut(|style| {
        style.text_styles = text_styles();
        style.spacing.item_spacing = Vec2::new(8.0, 6.0);
        style.spacing.button_padding = Vec2::new(8.0, 3.0);
        style.spacing.interact_size.y = 24.0;
        style.spacing.menu_margin = Margin::same(6);
        style.spacing.tooltip_width = 480.0;
        // Figures are there to be copied; rows and cards, which are clicked as a whole, say otherwise.
        style.interaction.selectable_labels = true;
        style.animation_time = 0.1;
    });
}

fn text_styles() -> std::collections::BTreeMap<TextStyle, FontId> {
    [
        (TextStyle::Small, FontId::proportional(11.0)),
        (TextStyle::Body, FontId::proportional(13.5)),
        (TextStyle::Button, FontId::proportional(13.5)),
        (TextStyle::Heading, FontId::proportional(19.0)),
        (TextStyle::Monospace, MONO),
    ]
    .into()
}

fn visuals(theme: Theme, palette: &Palette) -> Visuals {
    let mut visuals = theme.default_visuals();
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.panel;
    visuals.extreme_bg_color = palette.background;
    visuals.text_edit_bg_color = Some(palette.background);
    visuals.faint_bg_color = palette.raised.gamma_multiply(0.45);
    visuals.code_bg_color = palette.raised;
    visuals.window_stroke = Stroke::new(1.0, palette.border);
    visuals.weak_text_color = Some(palette.weak);
    visuals.hyperlink_color = palette.accent;
    visuals.warn_fg_color = palette.warning;
    visuals.error_fg_color = palette.error;
    visuals.selection.bg_fill = palette.selected;
    visuals.selection.stroke = Stroke::new(1.0, palette.text);
    visuals.window_corner_radius = CornerRadius::same(8);
    visuals.menu_corner_radius = CornerRadius::same(6);
    visuals.striped = false;
    widgets(&mut visuals, palette);
    visuals
}

fn widgets(visuals: &mut Visuals, palette: &Palette) {
    let states = &mut visuals.widgets;
    let fills = [
        (&mut states.noninteractive, palette.panel, palette.border),
        (&mut states.inactive, palette.raised, palette.border),
        (&mut states.hovered, palette.hovered, palette.weak),
        (&mut states.active, palette.hovered, palette.accent),
        (&mut states.open, palette.hovered, palette.border),
    ];
    for (state, fill, border) in fills {
        state.bg_fill = fill;
        state.weak_bg_fill = fill;
        state.bg_stroke = Stroke::new(1.0, border);
        state.fg_stroke = Stroke::new(1.0, palette.text);
        state.corner_radius = CornerRadius::same(5);
        state.expansion = 0.0;
    }
}

#[cfg(test)]
mod tests;
