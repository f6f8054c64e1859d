//! Places of call paths as programs write them that read heap profiles.

use crate::profile::{FrameId, FrameKind, LineId, Profile};

/// `0x2a: parse (json.c:30)`: the function's index in the module where it has one, its name, and where it was.
pub(super) fn place_text(profile: &Profile, (frame, line): (FrameId, LineId)) -> String {
    let info = profile.frames().get(frame);
    let index = match info.kind {
        FrameKind::Wasm(func) | FrameKind::Host(func) => func.0,
        FrameKind::Inlined | FrameKind::Engine | FrameKind::Root => 0,
    };
    let name = one_line(&info.name);
    match profile.lines().get(line) {
        Some(place) => format!("0x{index:x}: {name} ({}:{})", one_line(&place.file), place.line),
        None => format!("0x{index:x}: {name} (in {})", one_line(&profile.recording().meta.module_name)),
    }
}

/// Text without line breaks and the like: each line of these files has a meaning.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
