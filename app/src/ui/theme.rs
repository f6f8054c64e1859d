//! Every colour and measure of the window, in a dark and a light version.

use egui::{Color32, CornerRadius, FontFamily, FontId, Margin, Stroke, TextStyle, Theme, Vec2, Visuals};

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
    /// Saturation and value of a guest frame; its hue comes from its file.
    pub guest: (f32, f32),
    /// The same of a host frame; its hue comes from the import's module.
    pub host: (f32, f32),
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
    /// Text in a box.
    pub label: Color32,
    /// Text in a dimmed box.
    pub dimmed_label: Color32,
    /// The outline of the box under the pointer.
    pub outline: Color32,
    /// Calls of exports: the program at work.
    pub into_guest: Color32,
    /// Calls of imports: the host at work.
    pub into_host: Color32,
    /// Calls that took longer than they may.
    pub over: Color32,
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

/// Colours that people with colour blindness tell apart as well: those of Okabe and Ito (Color Universal Design, 2008).
const OWNERS: [Color32; Memory::OWNERS] = [
    rgb(0xe69f00),
    rgb(0x56b4e9),
    rgb(0x009e73),
    rgb(0xf0e442),
    rgb(0x0072b2),
    rgb(0xd55e00),
    rgb(0xcc79a7),
    rgb(0x8f6bd0),
];

/// Rising in lightness and in hue from blue to yellow, so that it reads without colour, too.
const SCALE: [Color32; 5] = [rgb(0x3b2f7d), rgb(0x2f6f9f), rgb(0x2fa58c), rgb(0x8fcf4f), rgb(0xfbe54a)];

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// The dark theme.
pub static DARK: Palette = Palette {
    background: rgb(0x14161a),
    panel: rgb(0x1b1e24),
    raised: rgb(0x262a32),
    hovered: rgb(0x323843),
    border: rgb(0x333944),
    text: rgb(0xdfe3ea),
    weak: rgb(0x98a1b0),
    accent: rgb(0x4c9ffe),
    on_accent: rgb(0x0b1220),
    selected: rgb(0x24415f),
    good: rgb(0x5cc98b),
    warning: rgb(0xe9b44c),
    error: rgb(0xf2777a),
    canvas: Canvas {
        guest: (0.56, 0.93),
        host: (0.48, 0.92),
        engine: rgb(0x8b93a1),
        root: rgb(0x3a414d),
        merged: rgb(0x7c6a58),
        dimmed: rgb(0x2e333c),
        hit: rgb(0xd78bff),
        label: rgb(0x17120c),
        dimmed_label: rgb(0x8d95a3),
        outline: rgb(0xffffff),
        into_guest: rgb(0xe2a65c),
        into_host: rgb(0x73b3e8),
        over: rgb(0xf2777a),
    },
    memory: Memory {
        outside: rgb(0x14161a),
        untouched: rgb(0x2b303a),
        data: rgb(0x5b8bd0),
        stack: rgb(0x6f5a94),
        stack_in_use: rgb(0xc79bf2),
        zeroed: rgb(0x4a5578),
        live: rgb(0xf0a35a),
        free: rgb(0x3f7f74),
        chosen: rgb(0xfff07a),
        pages: rgb(0x4c9ffe),
        overhead: rgb(0x8a5a3c),
        owners: OWNERS,
        other: rgb(0x8b93a1),
        scale: SCALE,
    },
};

/// The light theme.
pub static LIGHT: Palette = Palette {
    background: rgb(0xeef0f3),
    panel: rgb(0xfafbfc),
    raised: rgb(0xeceff3),
    hovered: rgb(0xdfe4ea),
    border: rgb(0xd3d9e0),
    text: rgb(0x1c222b),
    weak: rgb(0x5d6877),
    accent: rgb(0x1668c7),
    on_accent: rgb(0xffffff),
    selected: rgb(0xcfe3fa),
    good: rgb(0x1c7c4b),
    warning: rgb(0x9a6200),
    error: rgb(0xbf2f36),
    canvas: Canvas {
        guest: (0.46, 0.98),
        host: (0.36, 0.97),
        engine: rgb(0xb9c0ca),
        root: rgb(0xdde2e8),
        merged: rgb(0xc9b49d),
        dimmed: rgb(0xe6e9ee),
        hit: rgb(0xc77af2),
        label: rgb(0x1d1710),
        dimmed_label: rgb(0x8a94a2),
        outline: rgb(0x10151c),
        into_guest: rgb(0xf0b064),
        into_host: rgb(0x8cc0ea),
        over: rgb(0xec8a8d),
    },
    memory: Memory {
        outside: rgb(0xeef0f3),
        untouched: rgb(0xdadfe6),
        data: rgb(0x5c8fd6),
        stack: rgb(0xc9b3e6),
        stack_in_use: rgb(0x8a55c8),
        zeroed: rgb(0xb9c3dc),
        live: rgb(0xea8a34),
        free: rgb(0xa5d6c9),
        chosen: rgb(0xd4007a),
        pages: rgb(0x1668c7),
        overhead: rgb(0xb98f73),
        owners: OWNERS,
        other: rgb(0x9aa3b0),
        scale: SCALE,
    },
};

impl Palette {
    /// Text on a box of any colour: the dark ink or the light one, whichever is read better.
    pub fn ink_on(&self, ground: Color32) -> Color32 {
        const DARK_INK: Color32 = rgb(0x17120c);
        if egui::Rgba::from(ground).intensity() > 0.18 { DARK_INK } else { Color32::WHITE }
    }

    /// The palette that `ui` is drawn with.
    pub fn of(ui: &egui::Ui) -> &'static Palette {
        if ui.visuals().dark_mode { &DARK } else { &LIGHT }
    }
}

/// The font of labels in canvases and of numbers in tables.
pub const MONO: FontId = FontId::new(12.0, FontFamily::Monospace);

/// The height of a row in tables, in points.
pub const ROW_HEIGHT: f32 = 20.0;

/// Gives `ctx` both themes.
pub fn install(ctx: &egui::Context) {
    for (theme, palette) in [(Theme::Dark, &DARK), (Theme::Light, &LIGHT)] {
        ctx.set_visuals_of(theme, visuals(theme, palette));
    }
    ctx.all_styles_mut(|style| {
        style.text_styles = text_styles();
        style.spacing.item_spacing = Vec2::new(8.0, 6.0);
        style.spacing.button_padding = Vec2::new(8.0, 3.0);
        style.spacing.interact_size.y = 24.0;
        style.spacing.menu_margin = Margin::same(6);
        style.spacing.tooltip_width = 480.0;
        style.interaction.selectable_labels = false;
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
mod tests {
    use super::*;

    /// The contrast of two colours as WCAG 2 defines it, 1 to 21.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let light = |c: Color32| {
            let [r, g, b, _] = egui::Rgba::from(c).to_array();
            0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
        };
        let (a, b) = (light(a), light(b));
        a.max(b) / a.min(b)
    }

    #[test]
    fn the_ink_on_a_box_can_be_read() {
        for p in [&DARK, &LIGHT] {
            let scale = (0..=20).map(|step| p.memory.on_scale(f64::from(step) / 20.0));
            for ground in scale.chain(p.memory.owners).chain([p.memory.untouched]) {
                let ink = p.ink_on(ground);
                assert!(contrast(ink, ground) >= 4.0, "{ink:?} on {ground:?}: {}", contrast(ink, ground));
            }
        }
    }

    #[test]
    fn text_can_be_read_on_what_it_stands_on() {
        for p in [&DARK, &LIGHT] {
            for (text, ground) in [
                (p.text, p.panel),
                (p.text, p.selected),
                (p.weak, p.panel),
                (p.weak, p.raised),
                (p.on_accent, p.accent),
                (p.good, p.panel),
                (p.warning, p.panel),
                (p.error, p.panel),
                (p.canvas.label, p.canvas.hit),
                (p.canvas.label, p.canvas.engine),
                (p.canvas.label, p.canvas.into_guest),
                (p.canvas.label, p.canvas.into_host),
                (p.canvas.label, p.canvas.over),
            ] {
                assert!(contrast(text, ground) >= 4.5, "{text:?} on {ground:?}: {}", contrast(text, ground));
            }
        }
    }
}
