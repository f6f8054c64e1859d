//! What kind of profile JSON is.

use super::{Format, ImportError};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::fmt;

/// Which format has such keys, as far as they can be read.
pub(super) fn format_of(bytes: &[u8]) -> Option<Format> {
    match bytes.trim_ascii_start().first() {
        // A trace may be a bare list of events.
        Some(b'[') => return Some(Format::ChromeTrace).filter(|_| begins_as_events(bytes)),
        Some(b'{') => {}
        _ => return None,
    }
    let mut keys = Keys::default();
    // Where it breaks off the keys before tell.
    let is_whole = (&mut keys).deserialize(&mut serde_json::Deserializer::from_slice(bytes)).is_ok();
    let has = |key: &str| keys.0.iter().any(|known| known == key);
    // Scenes have nodes, too; of a profile that breaks off they are the first to be there.
    let has_samples = || has("samples") || has("startTime");
    let is_cut = || !is_whole && keys.0.first().is_some_and(|first| first == "nodes");
    match () {
        () if has("traceEvents") => Some(Format::ChromeTrace),
        () if has("nodes") && !has("snapshot") && (has_samples() || is_cut()) => Some(Format::Chrome),
        () if has("profiles") || has("shared") && has("$schema") => Some(Format::Speedscope),
        () if has("threads") || has("meta") => Some(Format::Firefox),
        () if has("$schema") => Some(Format::Speedscope),
        () => None,
    }
}

fn begins_as_events(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1 << 12)];
    let has = |key: &[u8]| head.windows(key.len()).any(|part| part == key);
    has(b"\"ph\"") && (has(b"\"cat\"") || has(b"\"ts\""))
}

/// Reads all of `bytes`.
pub(super) fn parse<'a, T: Deserialize<'a>>(bytes: &'a [u8], format: Format) -> Result<T, ImportError> {
    serde_json::from_slice(bytes).map_err(|source| ImportError::Json { format, source })
}

/// The keys of an object.
#[derive(Default)]
struct Keys(Vec<String>);

/// No format has more.
const MOST_KEYS: usize = 64;

impl<'de> DeserializeSeed<'de> for &mut Keys {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Keys {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if self.0.len() < MOST_KEYS {
                self.0.push(key);
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_off_is_told_by_what_is_before() {
        for (text, format) in [
            (r#"{"nodes":[{"id":1"#, Some(Format::Chrome)),
            (r#"{"snapshot":{},"nodes":[],"samples":[]}"#, None),
            (r#"{"nodes":[],"meshes":[]}"#, None),
            (r#"{"asset":{},"nodes":[{"#, None),
            (r#"{"nodes":[],"samples":[]}"#, Some(Format::Chrome)),
            (r#"{"meta":{"version":2"#, Some(Format::Firefox)),
            (r#"{"$schema":"https://www.speedscope.app/"#, Some(Format::Speedscope)),
            (r#"{"version":3,"mappings":""}"#, None),
            (r#"[{"ph":"X","cat":"v8""#, Some(Format::ChromeTrace)),
            ("[1,2]", None),
            ("{", None),
        ] {
            assert_eq!(format_of(text.as_bytes()), format, "{text}");
        }
    }
}
