//! How long to wait until it is tried again.

use super::error::Problem;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
/// No pause is longer, whatever the server asks for.
const LONGEST: Duration = Duration::from_secs(60);

/// A try that failed, and the pause until the next one.
#[derive(Debug)]
pub struct Retry<'a> {
    /// The URL, without credentials.
    pub url: &'a str,
    pub(super) problem: &'a Problem,
    /// How long until then.
    pub pause: Duration,
    /// Which it will be, from 1.
    pub number: u32,
    /// How many there are at most.
    pub of: u32,
}

impl Retry<'_> {
    /// What went wrong.
    pub fn reason(&self) -> String {
        self.problem.to_string()
    }
}

/// The pause behind `before` others: twice as long each time, or what the server `asked` for. Somewhere in its second
/// half, as `spread` of 0 to 255 says: a whole fleet must not come back at once.
pub(super) fn pause(before: u32, asked: Option<Duration>, spread: u8) -> Duration {
    if let Some(asked) = asked {
        return asked.min(LONGEST);
    }
    let whole = FIRST.saturating_mul(1u32.checked_shl(before).unwrap_or(u32::MAX)).min(LONGEST);
    whole / 2 + whole / 2 * u32::from(spread) / 255
}

/// Another number each time.
pub(super) fn spread() -> u8 {
    RandomState::new().hash_one(0u8) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_minute() {
        let millis = |before, spread| pause(before, None, spread).as_millis();
        assert_eq!([0, 1, 2, 3, 6, 40].map(|n| millis(n, 255)), [1_000, 2_000, 4_000, 8_000, 60_000, 60_000]);
        assert_eq!([0, 1, 2, 3, 6, 40].map(|n| millis(n, 0)), [500, 1_000, 2_000, 4_000, 30_000, 30_000]);
        assert!((500..=1_000).contains(&pause(0, None, spread()).as_millis()));
    }

    #[test]
    fn the_server_is_listened_to() {
        let asked = |seconds| pause(3, Some(Duration::from_secs(seconds)), 7).as_secs();
        assert_eq!([0, 17, 60, 86_400].map(asked), [0, 17, 60, 60]);
    }
}
