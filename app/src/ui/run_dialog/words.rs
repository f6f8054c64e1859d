//! Splits a line into words as a shell does: blanks separate, quotes and backslashes hold together.

/// The words of `line`, or what is wrong with it.
pub fn split(line: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\'' | '"' => quoted(c, &mut chars, word.get_or_insert_default())?,
            '\\' => {
                let escaped = chars.next().ok_or("a backslash stands at the end")?;
                word.get_or_insert_default().push(escaped);
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// A line that [`split`] gives `words` of.
pub fn join(words: &[String]) -> String {
    let quoted = |word: &String| {
        let plain = |c: char| c.is_alphanumeric() || "-_=./:,+@%".contains(c);
        let is_plain = !word.is_empty() && word.chars().all(plain);
        if is_plain { word.clone() } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

fn quoted(quote: char, chars: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), String> {
    while let Some(c) = chars.next() {
        match c {
            c if c == quote => return Ok(()),
            '\\' if quote == '"' => word.extend(chars.next()),
            c => word.push(c),
        }
    }
    Err(format!("a quote {quote} is not closed"))
}

#[cfg(test)]
mod tests {
    use super::{join, split};

    #[test]
    fn lines_become_words() {
        for (line, words) in [
            ("", &[][..]),
            ("  a  b ", &["a", "b"]),
            ("'a b' \"c \\\" d\" e\\ f", &["a b", "c \" d", "e f"]),
            ("--name='x y'z ''", &["--name=x yz", ""]),
        ] {
            assert_eq!(split(line).unwrap(), words, "{line}");
        }
        let words = ["a b", "it's", "", "-x=1", "\\"].map(str::to_owned);
        assert_eq!(split(&join(&words)).unwrap(), words);
        assert!(split("'a").is_err());
        assert!(split("a\\").is_err());
    }
}
