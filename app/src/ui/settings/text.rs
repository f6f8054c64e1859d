//! Settings as text: TOML. Only the values that change are written anew, so that comments and what is not known stay.

use super::Settings;
use crate::sources::SourcePlace;
use crate::ui::theme::ColourSet;
use egui::ThemePreference;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

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
    let table = parse(text)?;
    let fields = Fields { table: table.get_ref() };
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
    settings().map_err(|(span, what)| Problem { line: line_of(text, span), what })
}

fn parse(text: &str) -> Result<Spanned<DeTable<'_>>, Problem> {
    DeTable::parse(text).map_err(|error| {
        let what = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
        Problem { line: line_of(text, error.span().unwrap_or_default()), what }
    })
}

/// Where something is wrong, in bytes, and what.
type Wrong = (Range<usize>, String);

fn line_of(text: &str, span: Range<usize>) -> usize {
    text.get(..span.start).unwrap_or_default().matches('\n').count() + 1
}

struct Fields<'a> {
    table: &'a DeTable<'a>,
}

impl Fields<'_> {
    fn read<T>(
        &self,
        key: &str,
        wanted: impl Display,
        read: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Result<Option<T>, Wrong> {
        let Some(value) = self.table.get(key) else { return Ok(None) };
        let wrong = || (value.span(), format!("`{key}` has to be {wanted}"));
        read(value.get_ref()).map(Some).ok_or_else(wrong)
    }

    fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Result<Option<T>, Wrong> {
        let wanted: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let known = |value: &DeValue<'_>| words.iter().find(|(word, _)| value.as_str() == Some(word));
        self.read(key, wanted.join(" or "), |value| known(value).map(|(_, known)| *known))
    }

    fn whole<T>(&self, key: &str, range: RangeInclusive<T>) -> Result<Option<T>, Wrong>
    where
        T: TryFrom<i64> + PartialOrd + Display,
    {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let number = |value: &DeValue<'_>| T::try_from(whole(value)?).ok();
        self.read(key, wanted, |value| number(value).filter(|number| range.contains(number)))
    }

    fn budget(&self, key: &str) -> Result<Option<f64>, Wrong> {
        let number = |value: &DeValue<'_>| match value.as_float() {
            Some(float) => float.as_str().parse().ok(),
            None => whole(value).map(|whole| whole as f64),
        };
        let is_one = |millis: &f64| Settings::BUDGET_MILLIS.contains(millis);
        self.read(key, "a number of milliseconds, from 0.001 to 1e9", |value| number(value).filter(is_one))
    }

    fn places(&self, key: &str) -> Result<Option<Vec<SourcePlace>>, Wrong> {
        // A text is always a place.
        let place =
            |value: &Spanned<DeValue<'_>>| value.get_ref().as_str().and_then(|text| text.parse().ok());
        let places = |value: &DeValue<'_>| value.as_array()?.iter().map(place).collect();
        self.read(key, "a list of texts in [ ]", places)
    }
}

fn whole(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// `text` with what differs between `before` and `after` as it is in `after`; all else stays as it is.
///
/// # Errors
/// When the text is no TOML.
pub fn changed(text: &str, before: &Settings, after: &Settings) -> Result<String, Problem> {
    let table = parse(text)?;
    let mut changes: Vec<(Range<usize>, String)> = Vec::new();
    // Some editors mark a text as Unicode by its first character.
    let begin = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    for ((key, old), (_, new)) in values(before).into_iter().zip(values(after)) {
        match table.get_ref().get(key) {
            _ if old == new => {}
            Some(value) => changes.push((value.span(), new)),
            // At the begin it belongs to no section.
            None => changes.push((begin..begin, format!("{key} = {new}\n"))),
        }
    }
    // From the end, so that the places of the others stay what they are.
    changes.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut text = text.to_owned();
    changes.into_iter().for_each(|(span, new)| text.replace_range(span, &new));
    Ok(text)
}

/// Each setting's name in the file, and its value as TOML has it.
fn values(settings: &Settings) -> [(&'static str, String); 6] {
    // In full, so that a new setting is not forgotten.
    let Settings { theme, colours, text_percent, budget_millis, recent_files, source_places } = settings;
    let places: Vec<_> = source_places.iter().map(|place| quoted(&place.to_string())).collect();
    [
        ("theme", quoted(word(&THEMES, *theme))),
        ("colours", quoted(word(&COLOURS, *colours))),
        ("text_size", text_percent.to_string()),
        ("budget_ms", format!("{budget_millis:?}")),
        ("recent_files", recent_files.to_string()),
        ("source_places", format!("[{}]", places.join(", "))),
    ]
}

fn word<T: PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| word)
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
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
            source_places: vec!["C:\\a \"b\"\t".parse().unwrap(), "/build=/mine".parse().unwrap()],
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
        let expected = "recent_files = 4\nmine = 3\n# mine\ntheme = \"dark\" # too bright?\ntext_size = 90\n\n\
                        [other]\nx = 1\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line, what) in [
            ("\ntheme = \"blue\"", 2, "`theme` has to be \"system\" or \"light\" or \"dark\""),
            ("theme = 3", 1, "`theme` has to be"),
            ("\n\ntext_size = 1000", 3, "`text_size` has to be a whole number from 50 to 300"),
            ("budget_ms = -1", 1, "from 0.001 to 1e9"),
            ("budget_ms = nan", 1, "from 0.001 to 1e9"),
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
