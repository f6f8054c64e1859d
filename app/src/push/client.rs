//! One request over HTTP.

use super::answer::{self, MOST_BYTES};
use super::error::Problem;
use super::{Receiver, Server};
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::Response;
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// Of the Connect protocol, which gateways may insist on.
const CONNECT_VERSION: HeaderName = HeaderName::from_static("connect-protocol-version");

/// What sends requests.
pub(super) struct Client {
    agent: Agent,
    timeout: Duration,
}

impl Client {
    /// A client of which each request takes at most `timeout`. Proxies are those that the environment names.
    pub(super) fn new(timeout: Duration) -> Client {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        // Redirects are told, not followed: credentials must not get to another host.
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("wasmscope/", env!("CARGO_PKG_VERSION")));
        Client { agent: config.build().into(), timeout }
    }

    /// Sends `body` to `url` of `server`.
    pub(super) fn post(
        &self,
        url: &str,
        server: &Server,
        receiver: Receiver,
        body: &[u8],
    ) -> Result<(), Problem> {
        let mut request = self.agent.post(url).header(CONTENT_TYPE, "application/json");
        if receiver == Receiver::Pyroscope {
            request = request.header(CONNECT_VERSION, "1");
        }
        if let Some(authorization) = server.authorization() {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request.send(body).map_err(|error| Problem::of(&error, self.timeout))?;
        self.read(response, server.authorization().is_some())
    }

    fn read(&self, mut response: Response<Body>, is_known: bool) -> Result<(), Problem> {
        let header = |name| response.headers().get(name)?.to_str().ok();
        let status = response.status();
        if status.is_redirection() {
            return Err(Problem::Redirect(header(LOCATION).map_or("nowhere".to_owned(), without_user)));
        }
        // A date may stand there, too; then pauses grow as they do otherwise.
        let asked = header(RETRY_AFTER).and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
        let mut said = Vec::new();
        let read = response.body_mut().as_reader().take(MOST_BYTES).read_to_end(&mut said);
        if status.is_success() {
            read.map_err(|error| Problem::of(&ureq::Error::from(error), self.timeout))?;
            return if answer::is_receipt(&said) {
                Ok(())
            } else {
                Err(Problem::NoReceiver(answer::words(&said)))
            };
        }
        // What an answer breaks off with is no matter: the status says it all.
        Err(Problem::Refused { status: status.as_u16(), words: answer::words(&said), is_known, asked })
    }
}

/// A URL as it can be shown.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{path}", authority.rsplit_once('@').map_or(authority, |(_, host)| host))
}

#[cfg(test)]
mod tests {
    use super::without_user;

    #[test]
    fn redirects_tell_no_passwords() {
        assert_eq!(without_user("https://me:secret@h:1/p@q"), "https://h:1/p@q");
        assert_eq!(without_user("https://h/p"), "https://h/p");
        assert_eq!(without_user("/login"), "/login");
    }
}
