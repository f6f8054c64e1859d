//! Identifiers and numbers as the text format writes them.

use std::fmt::Write;

/// The identifier of an item of this name: `$memcpy`, or `$"operator new"` where other characters are in it than
/// identifiers may have.
pub(super) fn identifier(name: &str) -> String {
    if !name.is_empty() && name.bytes().all(is_plain) {
        return format!("${name}");
    }
    let mut text = "$\"".to_owned();
    for c in name.chars() {
        if matches!(c, ' '..='~') && c != '"' && c != '\\' {
            text.push(c);
        } else {
            // Writing to a string can't fail.
            let _ = write!(text, "\\u{{{:x}}}", c as u32);
        }
    }
    text.push('"');
    text
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-./:<=>?@\\^_`|~".contains(&byte)
}

/// A comment within a line.
pub(super) fn comment(text: &str) -> String {
    // A semicolon could end it, a control character the line.
    format!("(; {} ;)", text.replace(|c: char| c == ';' || c.is_control(), "?"))
}

/// A 32-bit float, with as many digits as tell it from all others.
pub(super) fn float32(bits: u32) -> String {
    let payload = u64::from(bits & 0x7f_ffff);
    special(f64::from(f32::from_bits(bits)), bits >> 31 == 1, payload, 1 << 22)
        .unwrap_or_else(|| format!("{:?}", f32::from_bits(bits)))
}

/// A 64-bit float, with as many digits as tell it from all others.
pub(super) fn float64(bits: u64) -> String {
    let payload = bits & 0xf_ffff_ffff_ffff;
    special(f64::from_bits(bits), bits >> 63 == 1, payload, 1 << 51)
        .unwrap_or_else(|| format!("{:?}", f64::from_bits(bits)))
}

/// What is no number or not finite.
fn special(value: f64, negative: bool, payload: u64, canonical: u64) -> Option<String> {
    let sign = if negative { "-" } else { "" };
    if value.is_infinite() {
        return Some(format!("{sign}inf"));
    }
    let payload = if payload == canonical { String::new() } else { format!(":{payload:#x}") };
    value.is_nan().then(|| format!("{sign}nan{payload}"))
}

/// What the text format calls the instruction that the library reads by a method of this name: `visit_i32_load8_s` is
/// `i32.load8_s`.
pub(super) fn mnemonic(method: &str) -> String {
    let name = method.strip_prefix("visit_").unwrap_or(method);
    match name {
        "typed_select" | "typed_select_multi" => return "select".to_owned(),
        "ref_test_non_null" | "ref_test_nullable" => return "ref.test".to_owned(),
        "ref_cast_non_null" | "ref_cast_nullable" => return "ref.cast".to_owned(),
        "ref_cast_desc_eq_non_null" | "ref_cast_desc_eq_nullable" => return "ref.cast_desc_eq".to_owned(),
        _ => {}
    }
    let mut words = name.split('_');
    let control = ["br", "call", "return", "catch", "try", "throw", "resume"];
    let dots = match (words.next(), words.next(), words.next()) {
        (Some(first), ..) if control.contains(&first) => 0,
        (_, Some("atomic"), Some(third)) if third.starts_with("rmw") => 3,
        (_, Some("atomic"), _) => 2,
        _ => 1,
    };
    name.replacen('_', ".", dots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_quoted_where_they_must_be() {
        assert_eq!(identifier("_ZN3foo3barE"), "$_ZN3foo3barE");
        assert_eq!(identifier("operator new"), "$\"operator new\"");
        assert_eq!(identifier("a\"b\u{7}é"), "$\"a\\u{22}b\\u{7}\\u{e9}\"");
        assert_eq!(comment("a;)\nb"), "(; a?)?b ;)");
    }

    #[test]
    fn floats_keep_all_that_they_are() {
        assert_eq!(float32(0x3dcc_cccd), "0.1");
        assert_eq!(float64((-0.0f64).to_bits()), "-0.0");
        assert_eq!(float64(1e300f64.to_bits()), "1e300");
        assert_eq!(float32(f32::NEG_INFINITY.to_bits()), "-inf");
        assert_eq!(float32(0x7fc0_0000), "nan");
        assert_eq!(float32(0xff80_0001), "-nan:0x1");
        assert_eq!(float64(0x7ff0_0000_0000_0002), "nan:0x2");
    }
}
