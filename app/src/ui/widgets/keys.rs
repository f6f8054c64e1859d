//! Keys that letters stand on.

use egui::{Event, InputState, Key};

/// Was `key` pressed, without Ctrl or Alt that would make it somebody else's?
pub fn pressed(input: &InputState, key: Key) -> bool {
    let mine = |event: &Event| match event {
        Event::Key { key: k, pressed: true, modifiers, .. } => {
            *k == key && !modifiers.command && !modifiers.alt
        }
        _ => false,
    };
    input.events.iter().any(mine)
}
