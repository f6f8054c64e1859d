//! Which export is called, with what, and how often.

use super::{BadValue, Value};
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Calls of one export.
#[derive(Clone, Debug, PartialEq)]
pub struct Invocation {
    /// The export's name.
    pub export: String,
    /// What each call is given.
    pub args: Vec<Argument>,
    /// How often it is called and measured, at least once.
    pub repeat: Repeat,
    /// How often it is called before that. What these calls do is not measured, but for what they leave in memory.
    pub warm_up: Repeat,
}

impl Invocation {
    /// One call, without a warm-up.
    pub fn once(export: impl Into<String>, args: &[Value]) -> Self {
        let args = args.iter().copied().map(Argument::Value).collect();
        Invocation { export: export.into(), args, repeat: Repeat::Times(1), warm_up: Repeat::Times(0) }
    }
}

/// How often something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// So many times.
    Times(u64),
    /// As long as this time has not passed.
    For(Duration),
}

impl Repeat {
    /// Is it never done?
    pub fn is_never(self) -> bool {
        self == Repeat::Times(0) || self == Repeat::For(Duration::ZERO)
    }

    /// Is it to be done again, when it was done so often and that took so long?
    pub(super) fn goes_on(self, done: u64, elapsed_nanos: u64) -> bool {
        match self {
            Repeat::Times(times) => done < times,
            Repeat::For(time) => u128::from(elapsed_nanos) < time.as_nanos(),
        }
    }
}

/// What stands for one parameter, or for two.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// A value.
    Value(Value),
    /// The contents of a file, in memory that the module's own allocator gives: the pointer and the length.
    File(PathBuf),
}

/// What a file's path stands behind.
const FILE: &str = "file:";

impl FromStr for Argument {
    type Err = BadValue;

    fn from_str(text: &str) -> Result<Self, BadValue> {
        match text.strip_prefix(FILE) {
            Some("") => Err(BadValue { text: text.to_owned() }),
            Some(path) => Ok(Argument::File(path.into())),
            None => text.parse().map(Argument::Value),
        }
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Argument::Value(value) => value.fmt(f),
            Argument::File(path) => write!(f, "{FILE}{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_values_or_files() {
        assert_eq!("i32:7".parse(), Ok(Argument::Value(Value::I32(7))));
        assert_eq!("file:a:b".parse(), Ok(Argument::File("a:b".into())));
        assert_eq!(Argument::File("a b".into()).to_string(), "file:a b");
        assert!("file:".parse::<Argument>().is_err());
    }

    #[test]
    fn a_repeat_ends() {
        let second = Duration::from_secs(1);
        assert!(Repeat::Times(2).goes_on(1, u64::MAX) && !Repeat::Times(2).goes_on(2, 0));
        assert!(Repeat::For(second).goes_on(u64::MAX, 999_999_999));
        assert!(!Repeat::For(second).goes_on(1, 1_000_000_000));
    }
}
