//! What a server says, in a few words.

use serde_json::Value;

/// So much of an answer is read.
pub(super) const MOST_BYTES: u64 = 16 << 10;
const MOST_LINES: usize = 3;
const MOST_CHARACTERS: usize = 400;

/// The message in an answer, or else its first lines in one, without control characters.
pub(super) fn words(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let message = serde_json::from_slice::<Value>(answer).ok();
    let message = message.as_ref().and_then(|value| value.get("message")?.as_str()).unwrap_or(&text);
    let lines = message.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).take(MOST_LINES).collect();
    let words = lines.join(" ").chars().filter(|c| !c.is_control()).collect::<String>();
    match words.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

/// Both receivers answer with an object, in which there is nothing. Others say that all is well to everything.
pub(super) fn is_receipt(answer: &[u8]) -> bool {
    serde_json::from_slice::<Value>(answer).is_ok_and(|value| value.is_object())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_become_short_and_harmless() {
        assert_eq!(words(br#"{"code":"invalid_argument","message":"no \u001b[2Jlabels"}"#), "no [2Jlabels");
        assert_eq!(words(b"\r\n one\x07\n\n  two \t x\nthree\nfour"), "one two x three");
        assert_eq!(words(b"\xff{"), "\u{fffd}{");
        assert_eq!(words(b""), "");
        assert_eq!(words("ä".repeat(1_000).as_bytes()), format!("{}…", "ä".repeat(400)));
    }

    #[test]
    fn pages_are_no_receipt() {
        assert!(is_receipt(b"{}") && is_receipt(b" {\"x\": 1}\n"));
        assert!(!is_receipt(b"") && !is_receipt(b"<!doctype html>") && !is_receipt(b"[]"));
    }
}
