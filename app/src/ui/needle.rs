//! What is searched for in names.

use regex_lite::{Regex, RegexBuilder};
use std::ops::Range;

/// What is searched for, as it was typed: a part of a name, or behind a slash a regular expression, as `/^std::.*::new/`.
/// Small and capital letters are the same.
#[derive(Clone, Debug, Default)]
pub struct Needle {
    typed: String,
    kind: Kind,
}

#[derive(Clone, Debug, Default)]
enum Kind {
    /// Nothing is searched for.
    #[default]
    Nothing,
    /// A part of a name, in small letters.
    Part(String),
    Pattern(Regex),
    /// No regular expression, and why.
    Broken(String),
}

impl PartialEq for Needle {
    fn eq(&self, other: &Self) -> bool {
        self.typed == other.typed
    }
}

impl Needle {
    /// What `typed` means.
    pub fn new(typed: &str) -> Needle {
        let typed = typed.trim();
        let kind = match typed.strip_prefix('/') {
            _ if typed.is_empty() => Kind::Nothing,
            None => Kind::Part(typed.to_lowercase()),
            Some(pattern) => pattern_of(pattern.strip_suffix('/').unwrap_or(pattern)),
        };
        Needle { typed: typed.to_owned(), kind }
    }

    /// Is nothing searched for?
    pub fn is_empty(&self) -> bool {
        matches!(self.kind, Kind::Nothing)
    }

    /// Is it in `text`? Nothing is in every text.
    pub fn is_in(&self, text: &str) -> bool {
        match &self.kind {
            Kind::Nothing => true,
            Kind::Part(part) => text.to_lowercase().contains(part),
            Kind::Pattern(pattern) => pattern.is_match(text),
            Kind::Broken(_) => false,
        }
    }

    /// Where it stands in `text`, in characters.
    pub fn places_in(&self, text: &str) -> Vec<Range<usize>> {
        match &self.kind {
            Kind::Part(part) => places(text, part),
            Kind::Pattern(pattern) => {
                let found = pattern.find_iter(text).filter(|hit| !hit.is_empty());
                found.map(|hit| in_characters(text, hit.range())).collect()
            }
            Kind::Nothing | Kind::Broken(_) => Vec::new(),
        }
    }

    /// What is wrong with it.
    pub fn problem(&self) -> Option<&str> {
        match &self.kind {
            Kind::Broken(problem) => Some(problem),
            _ => None,
        }
    }
}

/// Where `part` stands in `text`.
fn places(text: &str, part: &str) -> Vec<Range<usize>> {
    let small = text.to_lowercase();
    // Some letters become two when they become small: then places in the one are none in the other.
    if small.chars().count() != text.chars().count() {
        return Vec::new();
    }
    small.match_indices(part).map(|(at, hit)| in_characters(&small, at..at + hit.len())).collect()
}

/// `range` of the bytes of `text` in characters.
fn in_characters(text: &str, range: Range<usize>) -> Range<usize> {
    let count = |to: usize| text.get(..to).map_or(0, |before| before.chars().count());
    count(range.start)..count(range.end)
}

fn pattern_of(pattern: &str) -> Kind {
    match RegexBuilder::new(pattern).case_insensitive(true).build() {
        _ if pattern.is_empty() => Kind::Nothing,
        Ok(pattern) => Kind::Pattern(pattern),
        Err(error) => Kind::Broken(format!("Not a regular expression: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::Needle;

    #[test]
    fn a_part_or_behind_a_slash_a_pattern() {
        for (typed, text, expected) in [
            ("", "anything", true),
            (" Parse ", "json::parse_line", true),
            ("parse$", "json::parse", false),
            ("/parse$", "json::PARSE", true),
            ("/parse$/", "json::parse_line", false),
            ("/^(a|b)::", "b::new", true),
            ("/", "anything", true),
            ("/(", "(", false),
        ] {
            assert_eq!(Needle::new(typed).is_in(text), expected, "{typed} in {text}");
        }
        assert_eq!(Needle::new("größe").places_in("Größe größer"), [0..5, 6..11]);
        assert_eq!(Needle::new("/g.*?e|x*").places_in("Größe größer"), [0..5, 6..11]);
        for (typed, text) in [("x", "İx"), ("", "abc"), ("/(", "(")] {
            assert!(Needle::new(typed).places_in(text).is_empty(), "{typed}");
        }
        assert!(Needle::new("/(").problem().is_some_and(|text| text.starts_with("Not a regular expression")));
        assert!(Needle::new("(").problem().is_none() && Needle::new("/").is_empty());
    }
}
