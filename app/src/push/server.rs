//! Where a server is, and who we are to it. What it is told of who we are is never written anywhere else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use std::fmt;
use thiserror::Error;
use ureq::http::{HeaderValue, Uri};

/// A server: its base URL, and what it is to know us by.
pub struct Server {
    base: String,
    is_local: bool,
    authorization: Option<HeaderValue>,
}

/// Why a URL is none to send to. It doesn't repeat the URL, in which there may be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadServer {
    /// Neither `http://` nor `https://`.
    #[error("the URL must begin with http:// or https://, such as http://localhost:4040")]
    Scheme,
    /// Nothing behind that, or what no host is called.
    #[error("the URL has no host that can be read; it looks like http://localhost:4040")]
    Host,
    /// A question mark or hash.
    #[error("the URL is that of the server, without a query or fragment")]
    Query,
    /// A line break or the like in the token or password.
    #[error("the token or password has characters that can't be sent")]
    Credentials,
}

impl Server {
    /// The server at `url`, which may name a user as `https://user@host` or `https://user:password@host`. `token` is
    /// the password of a user without one, and else stands by itself.
    ///
    /// # Errors
    /// When it is no such URL.
    pub fn new(url: &str, token: Option<&str>) -> Result<Server, BadServer> {
        let (scheme, rest) = url.split_once("://").ok_or(BadServer::Scheme)?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(BadServer::Scheme);
        }
        if rest.contains(['?', '#']) {
            return Err(BadServer::Query);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, host) =
            authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let base = format!("{scheme}://{host}{}", path.trim_end_matches('/'));
        let uri: Uri = base.parse().map_err(|_| BadServer::Host)?;
        let is_whole = |name: &str| !name.is_empty() && (name == host || uri.port_u16().is_some());
        let name = uri.host().filter(|name| is_whole(name)).ok_or(BadServer::Host)?;
        let is_local = name == "localhost" || name == "[::1]" || name.starts_with("127.");
        let words = user.map(|user| basic(user, token)).or(token.map(|token| format!("Bearer {token}")));
        let authorization = words.map(|words| HeaderValue::from_str(&words)).transpose();
        Ok(Server { base, is_local, authorization: authorization.map_err(|_| BadServer::Credentials)? })
    }

    /// The URL of `path`, which begins with a slash, on the server. It names no user.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Is who we are told, where everybody on the way can read it?
    pub fn tells_secrets_openly(&self) -> bool {
        self.authorization.is_some() && self.base.starts_with("http:") && !self.is_local
    }

    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

/// `user:password` or `user`, percent-encoded as URLs have it.
fn basic(user: &str, token: Option<&str>) -> String {
    let decoded = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let (user, password) = match user.split_once(':') {
        Some((user, password)) => (user, decoded(password)),
        None => (user, token.unwrap_or("").as_bytes().to_vec()),
    };
    format!("Basic {}", STANDARD.encode([&decoded(user), &b":"[..], &password].concat()))
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("base", &self.base).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(url: &str, token: Option<&str>) -> (String, Option<String>) {
        let server = Server::new(url, token).unwrap();
        let header = server.authorization().map(|value| value.to_str().unwrap().to_owned());
        (server.url("/x"), header)
    }

    #[test]
    fn the_path_is_appended_to_the_base() {
        for (url, whole) in [
            ("http://localhost:4040", "http://localhost:4040/x"),
            ("HTTP://localhost:4040/", "http://localhost:4040/x"),
            ("https://a.example/pyroscope/", "https://a.example/pyroscope/x"),
            ("http://[::1]:7070", "http://[::1]:7070/x"),
            ("http://a@b:c@host/p@q", "http://host/p@q/x"),
        ] {
            assert_eq!(told(url, None).0, whole, "{url}");
        }
    }

    #[test]
    fn credentials_go_into_the_header_alone() {
        let basic = |words: &str| Some(format!("Basic {}", STANDARD.encode(words)));
        assert_eq!(told("http://h", None).1, None);
        assert_eq!(told("http://h", Some("t0")).1.as_deref(), Some("Bearer t0"));
        assert_eq!(told("http://12@h", Some("t0")).1, basic("12:t0"));
        assert_eq!(told("http://me:p%40ss%3A@h", Some("t0")).1, basic("me:p@ss:"));
        let server = Server::new("https://me:secret@h", None).unwrap();
        assert!(!format!("{server:?}").contains("secret") && !server.url("/x").contains("me"));
        assert!(!server.tells_secrets_openly());
        assert!(Server::new("http://me:secret@h", None).unwrap().tells_secrets_openly());
        for url in ["http://h", "http://me@localhost:4040", "http://me@127.0.0.1", "http://me@[::1]:1"] {
            assert!(!Server::new(url, None).unwrap().tells_secrets_openly(), "{url}");
        }
    }

    #[test]
    fn what_is_no_server_is_refused() {
        for (url, why) in [
            ("localhost:4040", BadServer::Scheme),
            ("ftp://h", BadServer::Scheme),
            ("http://", BadServer::Host),
            ("http:///ingest", BadServer::Host),
            ("http://h:", BadServer::Host),
            ("http://h:99999", BadServer::Host),
            ("http://a b", BadServer::Host),
            ("http://h/ingest?name=a", BadServer::Query),
            ("http://h/#a", BadServer::Query),
        ] {
            assert_eq!(Server::new(url, None).unwrap_err(), why, "{url}");
        }
        assert_eq!(Server::new("http://h", Some("a\nb")).unwrap_err(), BadServer::Credentials);
    }
}
