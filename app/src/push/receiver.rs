//! What servers want to be told. Both take JSON with the pprof file in base64; they differ in paths and in names.

use super::Label;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::ValueEnum;
use serde_json::{Value, json};

/// The part of a profile's type that is the same for all of ours, in front of metric and unit.
const PROFILE_NAME: &str = "wasm";

/// What runs on a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Receiver {
    /// Pyroscope, or Alloy in front of it: `push.v1.PusherService`, by the Connect protocol.
    #[default]
    Pyroscope,
    /// Parca: `ProfileStoreService`, by its gateway.
    Parca,
}

impl Receiver {
    /// Where it takes profiles, behind the server's base URL.
    pub const fn path(self) -> &'static str {
        match self {
            Receiver::Pyroscope => "/push.v1.PusherService/Push",
            Receiver::Parca => "/api/profiles/writeraw",
        }
    }

    /// The key of the label that the application's name stands in.
    pub const fn app_key(self) -> &'static str {
        match self {
            Receiver::Pyroscope => "service_name",
            Receiver::Parca => "job",
        }
    }

    /// The request, with a pprof file.
    pub(super) fn body(self, labels: &[Label], profile: &[u8]) -> Vec<u8> {
        let pair = |name: &str, value: &str| json!({ "name": name, "value": value });
        let mut pairs = vec![pair("__name__", PROFILE_NAME)];
        if self == Receiver::Pyroscope {
            // It is not the sum of all that came before: nothing is to be subtracted from it.
            pairs.push(pair("__delta__", "false"));
        }
        pairs.extend(labels.iter().map(|label| pair(&label.name, &label.value)));
        let labels: Value = match self {
            Receiver::Pyroscope => pairs.into(),
            Receiver::Parca => json!({ "labels": pairs }),
        };
        let profile = STANDARD.encode(profile);
        json!({ "series": [{ "labels": labels, "samples": [{ "rawProfile": profile }] }] })
            .to_string()
            .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_those_that_servers_read() {
        let labels = [Label::new("service_name", "a \"b\""), Label::new("env", "x")];
        let body = |receiver: Receiver| String::from_utf8(receiver.body(&labels, b"\x1f\x8b\x08")).unwrap();
        assert_eq!(
            body(Receiver::Pyroscope),
            concat!(
                r#"{"series":[{"labels":[{"name":"__name__","value":"wasm"},{"name":"__delta__","value":"false"},"#,
                r#"{"name":"service_name","value":"a \"b\""},{"name":"env","value":"x"}],"#,
                r#""samples":[{"rawProfile":"H4sI"}]}]}"#
            )
        );
        assert_eq!(
            body(Receiver::Parca),
            concat!(
                r#"{"series":[{"labels":{"labels":[{"name":"__name__","value":"wasm"},"#,
                r#"{"name":"service_name","value":"a \"b\""},{"name":"env","value":"x"}]},"#,
                r#""samples":[{"rawProfile":"H4sI"}]}]}"#
            )
        );
    }
}
