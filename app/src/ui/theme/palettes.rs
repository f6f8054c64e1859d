//! The palettes.

use super::{Canvas, Family, Memory, Palette, rgb};
use egui::Color32;

/// Colours that people with colour blindness tell apart as well: those of Okabe and Ito (Color Universal Design, 2008).
pub(super) const OWNERS: [Color32; Memory::OWNERS] = [
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

/// Cividis, which looks the same with and without red-green blindness (Nuñez, Anderton and Renslow, PLOS ONE 13(7),
/// 2018).
const CIVIDIS: [Color32; 5] = [rgb(0x00224e), rgb(0x434e6c), rgb(0x7d7c78), rgb(0xbcae6c), rgb(0xfde737)];

/// The dark theme.
pub(super) static DARK: Palette = DARK_COLOURS;

const DARK_COLOURS: Palette = Palette {
    background: rgb(0x14161a),
    panel: rgb(0x1b1e24),
    raised: rgb(0x262a32),
    hovered: rgb(0x323843),
    border: rgb(0x333944),
    text: rgb(0xdfe3ea),
    weak: rgb(0xa6aebc),
    accent: rgb(0x6cb2ff),
    on_accent: rgb(0x0b1220),
    selected: rgb(0x24415f),
    good: rgb(0x5cc98b),
    warning: rgb(0xe9b44c),
    error: rgb(0xf79598),
    canvas: Canvas {
        guest: Family::Hues { from: 0.97, span: 0.24, saturation: 0.56, value: 0.93 },
        host: Family::Hues { from: 0.53, span: 0.10, saturation: 0.48, value: 0.92 },
        engine: rgb(0x8b93a1),
        root: rgb(0x3a414d),
        merged: rgb(0x7c6a58),
        dimmed: rgb(0x2e333c),
        hit: rgb(0xd78bff),
        hit_text: rgb(0xd78bff),
        outline: rgb(0xffffff),
        into_guest: rgb(0xe2a65c),
        into_host: rgb(0x73b3e8),
        over: rgb(0xf2777a),
        more: rgb(0xf0665c),
        less: rgb(0x5aa2f0),
        same: rgb(0x565e6b),
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
pub(super) static LIGHT: Palette = LIGHT_COLOURS;

const LIGHT_COLOURS: Palette = Palette {
    background: rgb(0xeef0f3),
    panel: rgb(0xfafbfc),
    raised: rgb(0xeceff3),
    hovered: rgb(0xdfe4ea),
    border: rgb(0xd3d9e0),
    text: rgb(0x1c222b),
    weak: rgb(0x525c6a),
    accent: rgb(0x115aae),
    on_accent: rgb(0xffffff),
    selected: rgb(0xcfe3fa),
    good: rgb(0x14663c),
    warning: rgb(0x7f5100),
    error: rgb(0xb0252c),
    canvas: Canvas {
        guest: Family::Hues { from: 0.97, span: 0.24, saturation: 0.46, value: 0.98 },
        host: Family::Hues { from: 0.53, span: 0.10, saturation: 0.36, value: 0.97 },
        engine: rgb(0xb9c0ca),
        root: rgb(0xdde2e8),
        merged: rgb(0xc9b49d),
        dimmed: rgb(0xe6e9ee),
        hit: rgb(0xc77af2),
        hit_text: rgb(0x8127b5),
        outline: rgb(0x10151c),
        into_guest: rgb(0xf0b064),
        into_host: rgb(0x8cc0ea),
        over: rgb(0xec8a8d),
        more: rgb(0xe8796f),
        less: rgb(0x6aa5ea),
        same: rgb(0xcdd3dc),
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

/// The dark theme for people with colour blindness.
pub(super) static DARK_DISTINCT: Palette = Palette {
    good: rgb(0x56b4e9),
    warning: rgb(0xf0c23c),
    error: rgb(0xff9466),
    canvas: Canvas {
        guest: Family::Named(&[OWNERS[0], OWNERS[3], OWNERS[5], OWNERS[6]]),
        host: Family::Named(&[OWNERS[1], OWNERS[2]]),
        hit: rgb(0xffffff),
        hit_text: rgb(0xf0e442),
        into_guest: OWNERS[3],
        into_host: OWNERS[1],
        over: OWNERS[5],
        more: OWNERS[5],
        less: OWNERS[1],
        ..DARK_COLOURS.canvas
    },
    memory: Memory {
        data: OWNERS[4],
        stack: rgb(0x7d4a66),
        stack_in_use: OWNERS[6],
        live: OWNERS[0],
        free: OWNERS[2],
        chosen: OWNERS[3],
        overhead: rgb(0x8f3d00),
        scale: CIVIDIS,
        ..DARK_COLOURS.memory
    },
    ..DARK_COLOURS
};

/// The light theme for people with colour blindness.
pub(super) static LIGHT_DISTINCT: Palette = Palette {
    good: rgb(0x005f96),
    warning: rgb(0x7a5200),
    error: rgb(0x983800),
    canvas: Canvas {
        guest: Family::Named(&[OWNERS[0], OWNERS[3], OWNERS[5], OWNERS[6]]),
        host: Family::Named(&[OWNERS[1], OWNERS[2]]),
        hit: rgb(0x000000),
        hit_text: rgb(0x8f2f67),
        into_guest: OWNERS[3],
        into_host: OWNERS[1],
        over: OWNERS[5],
        more: OWNERS[5],
        less: OWNERS[1],
        ..LIGHT_COLOURS.canvas
    },
    memory: Memory {
        data: OWNERS[4],
        stack: rgb(0xe3a3c6),
        stack_in_use: rgb(0xb3548a),
        zeroed: rgb(0x8fa3d8),
        live: OWNERS[0],
        free: OWNERS[2],
        chosen: rgb(0x000000),
        overhead: rgb(0x8f3d00),
        scale: CIVIDIS,
        ..LIGHT_COLOURS.memory
    },
    ..LIGHT_COLOURS
};
