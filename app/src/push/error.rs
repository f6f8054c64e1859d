//! Why a profile did not arrive, and what to do about it.

use super::retry;
use std::io;
use std::time::Duration;
use thiserror::Error;
use ureq::Error;

/// It did not arrive.
#[derive(Debug, Error)]
#[error("{url}: {problem}{}", tried(*tries))]
pub struct PushError {
    /// The URL that it was sent to, without credentials.
    pub(super) url: String,
    pub(super) tries: u32,
    pub(super) problem: Problem,
}

fn tried(tries: u32) -> String {
    if tries > 1 { format!(" (tried {tries} times)") } else { String::new() }
}

/// What became of a try.
#[derive(Debug, Error)]
pub(super) enum Problem {
    /// Nobody listens, or what was open broke off.
    #[error("{0}")]
    Connection(String),
    #[error("no answer within {} s; --timeout gives it longer", .0.as_secs_f64())]
    Timeout(Duration),
    /// What trying again doesn't change.
    #[error("{0}")]
    Lasting(String),
    #[error("the server answers {status}{}{}", said(.words), hint(*.status, .words, *.is_known))]
    Refused { status: u16, words: String, is_known: bool, asked: Option<Duration> },
    #[error("the server sends on to {0}; if that is right, push to it")]
    Redirect(String),
    #[error("what answers there is no receiver of profiles{}{ELSEWHERE}", said(.0))]
    NoReceiver(String),
}

impl Problem {
    /// What the connection came to.
    pub(super) fn of(error: &Error, timeout: Duration) -> Problem {
        match error {
            Error::Timeout(_) => Problem::Timeout(timeout),
            Error::HostNotFound => Problem::Lasting("there is no such host".to_owned()),
            Error::Io(error) => Problem::of_io(error, timeout),
            Error::Rustls(error) => Problem::Lasting(no_tls(error)),
            Error::Protocol(_) => Problem::Lasting("what answers there doesn't speak HTTP".to_owned()),
            error => Problem::Lasting(error.to_string()),
        }
    }

    fn of_io(error: &io::Error, timeout: Duration) -> Problem {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::ConnectionRefused => Problem::Connection("nobody listens there".to_owned()),
            Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe | Kind::UnexpectedEof => {
                Problem::Connection("the connection broke off".to_owned())
            }
            Kind::TimedOut | Kind::WouldBlock => Problem::Timeout(timeout),
            _ => {
                let tls = error.get_ref().and_then(|inner| inner.downcast_ref());
                Problem::Lasting(tls.map_or_else(|| error.to_string(), no_tls))
            }
        }
    }

    /// How long to wait before it is tried again, behind `before` pauses; `None` where that makes no sense.
    pub(super) fn pause(&self, before: u32) -> Option<Duration> {
        match self {
            Problem::Connection(_) | Problem::Timeout(_) => Some(retry::pause(before, None, retry::spread())),
            Problem::Refused { status: 429 | 500..=599, asked, .. } => {
                Some(retry::pause(before, *asked, retry::spread()))
            }
            _ => None,
        }
    }
}

fn no_tls(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidMessage(_) => {
            "what answers there doesn't speak TLS; is it http:// rather than https://?".to_owned()
        }
        rustls::Error::InvalidCertificate(error) => {
            format!("its certificate isn't trusted: {error}; is its authority known to this system?")
        }
        error => format!("the connection can't be made safe: {error}"),
    }
}

fn said(words: &str) -> String {
    if words.is_empty() { String::new() } else { format!(": {words}") }
}

const ELSEWHERE: &str = "; is this its base URL, and --receiver the right one?";

/// What helps. Servers tell limits in words of their own: those of Pyroscope are known.
fn hint(status: u16, words: &str, is_known: bool) -> &'static str {
    match status {
        401 | 403 if is_known => "; it doesn't take the credentials",
        401 | 403 => "; set WASMSCOPE_PUSH_TOKEN, or name the user in the URL",
        404 | 405 => ELSEWHERE,
        413 => "; --metric or --between send less",
        _ if words.contains("ingestion window") => "; --now sends it as a run of now",
        400..=499 if words.contains("limit") => "; --metric or --between send less",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(30);

    fn refused(status: u16, words: &str, is_known: bool) -> Problem {
        Problem::Refused { status, words: words.to_owned(), is_known, asked: None }
    }

    #[test]
    fn refusals_say_what_helps() {
        let untrusted = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        for (problem, sentence) in [
            (refused(400, "bad labels", false), "the server answers 400: bad labels"),
            (refused(401, "", true), "the server answers 401; it doesn't take the credentials"),
            (
                refused(403, "no", false),
                "the server answers 403: no; set WASMSCOPE_PUSH_TOKEN, or name the user in the URL",
            ),
            (refused(413, "", false), "the server answers 413; --metric or --between send less"),
            (
                refused(400, "outside of ingestion window", false),
                "the server answers 400: outside of ingestion window; --now sends it as a run of now",
            ),
            (refused(500, "limit", false), "the server answers 500: limit"),
            (Problem::Timeout(TIMEOUT), "no answer within 30 s; --timeout gives it longer"),
            (
                Problem::of(&Error::Io(io::Error::other(untrusted)), TIMEOUT),
                "its certificate isn't trusted: UnknownIssuer; is its authority known to this system?",
            ),
        ] {
            assert_eq!(problem.to_string(), sentence);
        }
        let error = PushError { url: "http://h/x".into(), tries: 3, problem: refused(500, "", false) };
        assert_eq!(error.to_string(), "http://h/x: the server answers 500 (tried 3 times)");
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for (problem, expected) in [
            (refused(429, "", false), true),
            (refused(500, "", false), true),
            (refused(503, "", false), true),
            (refused(400, "", false), false),
            (refused(401, "", false), false),
            (refused(408, "", false), false),
            (Problem::Timeout(TIMEOUT), true),
            (Problem::of(&Error::Io(io::Error::from(io::ErrorKind::ConnectionRefused)), TIMEOUT), true),
            (Problem::of(&Error::Io(io::Error::from(io::ErrorKind::ConnectionReset)), TIMEOUT), true),
            (Problem::of(&Error::Io(io::Error::from(io::ErrorKind::InvalidData)), TIMEOUT), false),
            (Problem::of(&Error::HostNotFound, TIMEOUT), false),
            (Problem::Redirect("x".into()), false),
            (Problem::NoReceiver("x".into()), false),
        ] {
            assert_eq!(problem.pause(0).is_some(), expected, "{problem:?}");
        }
        let asked = Problem::Refused {
            status: 429,
            words: String::new(),
            is_known: false,
            asked: Some(Duration::from_secs(7)),
        };
        assert_eq!(asked.pause(0), Some(Duration::from_secs(7)));
    }
}
