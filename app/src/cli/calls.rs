//! Which export is called, with what and how often, as it is written on a command line.

use super::values;
use std::time::Duration;
use wasmscope_instrument::{Argument, Invocation, Repeat};

// No documentation of its own, which would take the place of the command's.
#[derive(Debug, clap::Args)]
pub(super) struct CallArgs {
    /// Call this export rather than run the module as a command; of a component with its arguments, such as
    /// 'count("a text", 3)', and with its interface where several have the name: 'demo:text/stats#count(...)'
    #[arg(long, value_name = "EXPORT")]
    invoke: Option<String>,
    /// An argument for the export, such as i32:30, once for each parameter; or file:PATH for two, pointer and length of
    /// the file's contents, for which the module's own allocator gives room
    #[arg(long = "arg", value_name = "TYPE:VALUE", requires = "invoke", allow_hyphen_values = true)]
    call_args: Vec<Argument>,
    /// Call the export so many times; the results of the last call are told, and how long one took
    #[arg(long, value_name = "N", requires = "invoke", value_parser = clap::value_parser!(u64).range(1..))]
    times: Option<u64>,
    /// Call the export again and again for this time, such as 500ms, 5s or 2m
    #[arg(
        long = "for",
        value_name = "DUR",
        requires = "invoke",
        conflicts_with = "times",
        value_parser = values::duration
    )]
    duration: Option<Duration>,
    /// Call the export so many times before that, or for a time such as 500ms, without measuring it
    #[arg(long, value_name = "N|DUR", requires = "invoke", value_parser = repeat)]
    warm_up: Option<Repeat>,
}

impl CallArgs {
    pub(super) fn invocation(&self) -> Option<Invocation> {
        let CallArgs { invoke, call_args, times, duration, warm_up } = self;
        let times = Repeat::Times(times.unwrap_or(1));
        Some(Invocation {
            args: call_args.clone(),
            repeat: duration.map_or(times, Repeat::For),
            warm_up: warm_up.unwrap_or(Repeat::Times(0)),
            ..Invocation::once(invoke.clone()?, &[])
        })
    }
}

/// `10` is a number of calls, `500ms` a time.
fn repeat(text: &str) -> Result<Repeat, String> {
    let bad = || format!("`{text}` is neither a number of calls nor a duration such as 500ms or 5s");
    if text.ends_with(|c: char| c.is_ascii_alphabetic()) {
        return values::duration(text).map(Repeat::For).map_err(|_| bad());
    }
    text.parse().map(Repeat::Times).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warm_ups_are_counts_or_times() {
        assert_eq!(repeat("10"), Ok(Repeat::Times(10)));
        assert_eq!(repeat("0"), Ok(Repeat::Times(0)));
        assert_eq!(repeat("500ms"), Ok(Repeat::For(Duration::from_millis(500))));
        for text in ["", "-1", "1.5", "soon"] {
            assert!(repeat(text).is_err(), "{text}");
        }
    }
}
