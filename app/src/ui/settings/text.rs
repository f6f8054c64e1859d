//! Settings as text: TOML that keeps what its reader does not know, and its comments.

use super::Settings;
use crate::sources::SourcePlace;
use crate::ui::theme::ColourSet;
use egui::ThemePreference;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use toml_edit::{Array, Document, DocumentMut, Item, Value};

/// What a new file says: each setting as it is at first, and what it may be.
pub const TEMPLATE: &str = "\
# Wasmscope's settings. They can be changed here or in the window, which reads this file again when one returns to it.

# \"system\", \"light\" or \"dark\".
theme = \"system\"

# \"standard\", or \"colour-blind\" for colours that everybody tells apart.
colours = \"standard\"

# How large texts are, in percent: 50 to 300.
text_size = 100

# What a call may take, in milliseconds, before the timeline counts it as too long. 16.6 is a frame of 60 a second.
budget_ms = 16.6

# How many files \"Open recent\" lists: 0 to 100.
recent_files = 12

# Where source files are: \"/my/project\" for a folder in which each end of their paths is tried, or
# \"/build=/my/project\" for what was compiled in one folder and is in another one here.
source_places = []
";

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Problem {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong, as a sentence without its full stop.
    pub what: String,
}

const THEMES: [(&str, ThemePreference); 3] =
    [("system", ThemePreference::System), ("light", ThemePreference::Light), ("dark", ThemePreference::Dark)];
const COLOURS: [(&str, ColourSet); 2] =
    [("standard", ColourSet::Standard), ("colour-blind", ColourSet::ColourBlind)];

/// Reads settings. What is not there is as it is at first; what is not known is left alone.
///
/// # Errors
/// When the text is no TOML, or a setting has a value that it can't have.
pub fn read(text: &str) -> Result<Settings, Problem> {
    let problem = |span: Option<Range<usize>>, what: String| Problem { line: line_of(text, span), what };
    let syntax = |error: toml_edit::TomlError| {
        let what = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        problem(error.span(), what)
    };
    let document = Document::parse(text).map_err(syntax)?;
    let fields = Fields { document: &document };
    let usual = Settings::default();
    let settings = || -> Result<Settings, Wrong> {
        Ok(Settings {
            theme: fields.word("theme", &THEMES)?.unwrap_or(usual.theme),
            colours: fields.word("colours", &COLOURS)?.unwrap_or(usual.colours),
            text_percent: fields.whole("text_size", Settings::TEXT_PERCENT)?.unwrap_or(usual.text_percent),
            budget_millis: fields.budget("budget_ms")?.unwrap_or(usual.budget_millis),
            recent_files: fields.whole("recent_files", Settings::RECENT_FILES)?.unwrap_or(usual.recent_files),
            source_places: fields.places("source_places")?.unwrap_or_default(),
        })
    };
    settings().map_err(|(span, what)| problem(span, what))
}

/// Where something is wrong, in bytes, and what.
type Wrong = (Option<Range<usize>>, String);

fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
    before.matches('\n').count() + 1
}

struct Fields<'a> {
    document: &'a Document<&'a str>,
}

impl Fields<'_> {
    fn read<T>(
        &self,
        key: &str,
        wanted: impl Display,
        read: impl Fn(&Item) -> Option<T>,
    ) -> Result<Option<T>, Wrong> {
        let Some(item) = self.document.get(key) else { return Ok(None) };
        let wrong = || (item.span(), format!("`{key}` has to be {wanted}"));
        read(item).map(Some).ok_or_else(wrong)
    }

    fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>, Wrong> {
        let wanted: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let value = |item: &Item| words.iter().find(|(word, _)| item.as_str() == Some(word));
        self.read(key, wanted.join(" or "), |item| value(item).map(|(_, value)| *value))
    }

    fn whole<T>(&self, key: &str, range: RangeInclusive<T>) -> Result<Option<T>, Wrong>
    where
        T: TryFrom<i64> + PartialOrd + Display,
    {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let value = |item: &Item| T::try_from(item.as_integer()?).ok();
        self.read(key, wanted, |item| value(item).filter(|value| range.contains(value)))
    }

    fn budget(&self, key: &str) -> Result<Option<f64>, Wrong> {
        let value = |item: &Item| item.as_float().or_else(|| item.as_integer().map(|whole| whole as f64));
        let is_one = |millis: &f64| Settings::BUDGET_MILLIS.contains(millis);
        self.read(key, "a number of milliseconds, 0.001 or more", |item| value(item).filter(is_one))
    }

    fn places(&self, key: &str) -> Result<Option<Vec<SourcePlace>>, Wrong> {
        // A text is always a place.
        let place = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
        let places = |item: &Item| item.as_array()?.iter().map(place).collect();
        self.read(key, "a list of texts in [ ]", places)
    }
}

/// `text` with what differs between `before` and `after` as it is in `after`; all else stays as it is.
///
/// # Errors
/// When the text is no TOML.
pub fn changed(text: &str, before: &Settings, after: &Settings) -> Result<String, Problem> {
    let broken = |error: toml_edit::TomlError| Problem {
        line: line_of(text, error.span()),
        what: error.message().to_owned(),
    };
    let mut document: DocumentMut = text.parse().map_err(broken)?;
    // In full, so that a new setting is not forgotten.
    let Settings { theme, colours, text_percent, budget_millis, recent_files, source_places } = after;
    if *theme != before.theme {
        set(&mut document, "theme", word(&THEMES, *theme));
    }
    if *colours != before.colours {
        set(&mut document, "colours", word(&COLOURS, *colours));
    }
    if *text_percent != before.text_percent {
        set(&mut document, "text_size", i64::from(*text_percent));
    }
    if *budget_millis != before.budget_millis {
        set(&mut document, "budget_ms", *budget_millis);
    }
    if *recent_files != before.recent_files {
        set(&mut document, "recent_files", *recent_files as i64);
    }
    if *source_places != before.source_places {
        set(&mut document, "source_places", source_places.iter().map(ToString::to_string).collect::<Array>());
    }
    Ok(document.to_string())
}

fn word<T: PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| word)
}

/// Sets a value and keeps the comment behind it.
fn set(document: &mut DocumentMut, key: &str, new: impl Into<Value>) {
    let mut new = new.into();
    match document.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        None => drop(document.insert(key, Item::Value(new))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_says_how_everything_is_at_first() {
        assert_eq!(read(TEMPLATE), Ok(Settings::default()));
        assert_eq!(read(""), Ok(Settings::default()));
    }

    #[test]
    fn all_settings_come_back() {
        let settings = Settings {
            theme: ThemePreference::Dark,
            colours: ColourSet::ColourBlind,
            text_percent: 130,
            budget_millis: 8.3,
            recent_files: 3,
            source_places: vec!["/a \"b\"".parse().unwrap(), "/build=/mine".parse().unwrap()],
        };
        for text in [TEMPLATE, ""] {
            let text = changed(text, &Settings::default(), &settings).unwrap();
            assert_eq!(read(&text), Ok(settings.clone()), "{text}");
        }
    }

    #[test]
    fn only_what_changed_is_written() {
        let text = "mine = 3\n# mine\ntheme = \"light\" # too bright?\ntext_size = 90\n\n[other]\nx = 1\n";
        let before = Settings::default();
        let after = Settings { theme: ThemePreference::Dark, recent_files: 4, ..before.clone() };
        let text = changed(text, &before, &after).unwrap();
        let expected = "mine = 3\n# mine\ntheme = \"dark\" # too bright?\ntext_size = 90\nrecent_files = 4\n\n\
                        [other]\nx = 1\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line, what) in [
            ("\ntheme = \"blue\"", 2, "`theme` has to be \"system\" or \"light\" or \"dark\""),
            ("theme = 3", 1, "`theme` has to be"),
            ("\n\ntext_size = 1000", 3, "`text_size` has to be a whole number from 50 to 300"),
            ("budget_ms = -1", 1, "0.001 or more"),
            ("budget_ms = nan", 1, "0.001 or more"),
            ("source_places = [1]", 1, "a list of texts"),
            ("colours = [\n", 1, ""),
            ("x = 1\nnonsense\n", 2, ""),
            ("[theme]\n", 1, "`theme` has to be"),
        ] {
            let problem = read(text).unwrap_err();
            assert!(problem.what.contains(what) && !problem.what.is_empty(), "{text}: {problem}");
            assert!(problem.line == line || text.starts_with("colours"), "{text}: {problem}");
        }
    }
}
