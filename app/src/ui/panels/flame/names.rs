//! What functions are called.

use crate::profile::{FrameId, FrameKind, Profile};

/// How names are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Names {
    /// Demangled, without arguments.
    #[default]
    Short,
    /// As the module has them. Inlined functions have none there and are shown in full.
    Raw,
}

/// The name of a function.
pub fn name_of(profile: &Profile, frame: FrameId, names: Names) -> &str {
    let info = profile.frames().get(frame);
    match (names, info.kind) {
        (Names::Short, _) => &info.short,
        (Names::Raw, FrameKind::Wasm(function) | FrameKind::Host(function)) => {
            profile.told_name(function).unwrap_or_else(|| &profile.symbols().name(function).raw)
        }
        (Names::Raw, FrameKind::Inlined | FrameKind::Engine | FrameKind::Root) => &info.name,
    }
}
