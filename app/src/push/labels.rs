//! What profiles are found by.

use std::collections::BTreeSet;
use std::str::FromStr;
use thiserror::Error;

/// A label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Letters, digits and underscores, no digit first.
    pub name: String,
    /// Any text.
    pub value: String,
}

/// Why there can't be such a label.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LabelError {
    /// No equals sign.
    #[error("`{0}` is no label; write KEY=VALUE, such as region=eu")]
    NoValue(String),
    /// Other signs than servers take.
    #[error("`{0}` is no key of a label: letters, digits and underscores, no digit first")]
    Name(String),
    /// Two underscores in front.
    #[error("`{0}` is no key for you: those that begin with two underscores are the server's own")]
    Private(String),
    /// Some servers drop what has no value.
    #[error("the label `{0}` has no value")]
    Empty(String),
    /// There already.
    #[error("the label `{0}` is given twice")]
    Twice(String),
    /// One that is told anyway.
    #[error("the label `{0}` is told by wasmscope itself; give yours another key")]
    Own(String),
}

impl Label {
    pub(super) fn new(name: &str, value: &str) -> Label {
        Label { name: name.to_owned(), value: value.to_owned() }
    }
}

/// `KEY=VALUE`.
impl FromStr for Label {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Label, LabelError> {
        let (name, value) = text.split_once('=').ok_or_else(|| LabelError::NoValue(text.to_owned()))?;
        let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_';
        if !name.starts_with(is_letter) || !name.chars().all(|c| is_letter(c) || c.is_ascii_digit()) {
            return Err(LabelError::Name(name.to_owned()));
        }
        if name.starts_with("__") {
            return Err(LabelError::Private(name.to_owned()));
        }
        if value.is_empty() {
            return Err(LabelError::Empty(name.to_owned()));
        }
        Ok(Label::new(name, value))
    }
}

/// What a recording tells of where it comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The module's name.
    pub module: &'a str,
    /// What tells its build from others; nothing where there is no module.
    pub build_id: Option<&'a str>,
}

/// The application's key and name, the labels of `origin`, and those that were `given`.
///
/// # Errors
/// When a key is there twice.
pub fn all_labels(app: (&str, &str), origin: Origin<'_>, given: &[Label]) -> Result<Vec<Label>, LabelError> {
    let own = [Some(app), Some(("module", origin.module)), origin.build_id.map(|id| ("build_id", id))];
    let own = own.into_iter().flatten().filter(|(_, value)| !value.is_empty());
    let mut seen = BTreeSet::new();
    for Label { name, .. } in given {
        if [app.0, "module", "build_id"].contains(&name.as_str()) {
            return Err(LabelError::Own(name.clone()));
        }
        if !seen.insert(name) {
            return Err(LabelError::Twice(name.clone()));
        }
    }
    Ok(own.map(|(name, value)| Label::new(name, value)).chain(given.iter().cloned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read() {
        assert_eq!("env=a=b".parse(), Ok(Label::new("env", "a=b")));
        assert_eq!("_a1=größe, \"x\"".parse(), Ok(Label::new("_a1", "größe, \"x\"")));
        for (text, why) in [
            ("env", LabelError::NoValue("env".into())),
            ("=a", LabelError::Name(String::new())),
            ("1a=b", LabelError::Name("1a".into())),
            ("a-b=c", LabelError::Name("a-b".into())),
            ("é=c", LabelError::Name("é".into())),
            ("__name__=c", LabelError::Private("__name__".into())),
            ("a=", LabelError::Empty("a".into())),
        ] {
            assert_eq!(text.parse::<Label>(), Err(why), "{text}");
        }
    }

    #[test]
    fn each_key_is_there_once() {
        let origin = Origin { module: "a.wasm", build_id: Some("c0ffee") };
        let given = [Label::new("env", "x"), Label::new("region", "eu")];
        let names = |labels: Vec<Label>| labels.into_iter().map(|label| label.name).collect::<Vec<_>>();
        let app = ("job", "a");
        let all = all_labels(app, origin, &given).unwrap();
        assert_eq!(names(all), ["job", "module", "build_id", "env", "region"]);
        let unknown = Origin { module: "", build_id: None };
        assert_eq!(names(all_labels(app, unknown, &given).unwrap()), ["job", "env", "region"]);
        let twice = [Label::new("env", "x"), Label::new("env", "x")];
        assert_eq!(all_labels(app, origin, &twice), Err(LabelError::Twice("env".into())));
        for name in ["module", "build_id", "job"] {
            let own = [Label::new(name, "x")];
            assert_eq!(all_labels(app, origin, &own), Err(LabelError::Own(name.into())));
        }
    }
}
