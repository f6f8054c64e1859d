//! Call paths and places as one line of text.

use crate::profile::{LineId, PathId, Profile};

/// So many functions of a path are named.
const SHOWN_FRAMES: usize = 4;

/// The innermost functions of a path: `push (vec.h:8) < parse (json.c:30) < main (json.c:70)`.
pub(super) fn path_text(profile: &Profile, path: PathId) -> String {
    let frames: Vec<String> = profile
        .paths()
        .frames(path)
        .take(SHOWN_FRAMES)
        .map(|(frame, line)| {
            let name = &profile.frames().get(frame).short;
            place(profile, line).map_or_else(|| name.to_string(), |place| format!("{name} ({place})"))
        })
        .collect();
    if frames.is_empty() { "?".to_owned() } else { frames.join(" < ") }
}

/// `json.c:30`, without the folders; `None` where no line is known.
pub(super) fn place(profile: &Profile, line: LineId) -> Option<String> {
    let place = profile.lines().get(line)?;
    Some(format!("{}:{}", file_name(&place.file), place.line))
}

/// The last part of a path as a compiler recorded it, on whatever system that was.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}
