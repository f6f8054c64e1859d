//! Maps that are in their own URL.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Tools differ in whether they write the padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a URL `data:type;parameter,text` holds; the error is for people.
pub(super) fn decode(url: &str) -> Result<Vec<u8>, String> {
    let (head, text) = url.split_once(',').ok_or("its data URL has no comma")?;
    let text: Vec<u8> = percent_encoding::percent_decode_str(text).collect();
    if !head.to_ascii_lowercase().ends_with(";base64") {
        return Ok(text);
    }
    BASE64.decode(text).map_err(|error| format!("its data URL is no base 64: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_are_read() {
        for url in [
            "data:application/json;base64,eyJhIjoxfQ==",
            "data:application/json;charset=utf-8;base64,eyJhIjoxfQ",
            "DATA:;Base64,eyJhIjoxfQ%3D%3D",
            "data:application/json,%7B%22a%22:1%7D",
            "data:,{\"a\":1}",
        ] {
            assert_eq!(decode(url).as_deref(), Ok(&b"{\"a\":1}"[..]), "{url}");
        }
    }

    #[test]
    fn what_is_none_is_told() {
        assert!(decode("data:application/json;base64").is_err());
        assert!(decode("data:;base64,?!").is_err());
    }
}
