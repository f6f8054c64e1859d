//! A recursive-descent parser: one function a grammar rule.

use crate::value::{Fields, Value};

#[derive(Debug)]
pub struct ParseError {
    pub offset: usize,
    pub expected: &'static str,
}

type Result<T> = std::result::Result<T, ParseError>;

/// Parses a text that is one JSON value and nothing else.
#[inline(never)]
pub fn parse(text: &str) -> Result<Value> {
    let mut parser = Parser { bytes: text.as_bytes(), offset: 0 };
    let value = parser.value()?;
    match parser.peek() {
        None => Ok(value),
        Some(_) => parser.fail("end of text"),
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl Parser<'_> {
    #[inline(never)]
    fn value(&mut self) -> Result<Value> {
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => self.fail("a value"),
        }
    }

    #[inline(never)]
    fn object(&mut self) -> Result<Value> {
        self.offset += 1;
        let mut fields = Fields::default();
        if self.eat(b'}') {
            return Ok(Value::Object(fields));
        }
        loop {
            if self.peek() != Some(b'"') {
                return self.fail("a key");
            }
            let key = self.string()?;
            if !self.eat(b':') {
                return self.fail("':'");
            }
            fields.insert(key, self.value()?);
            if self.eat(b'}') {
                return Ok(Value::Object(fields));
            }
            if !self.eat(b',') {
                return self.fail("',' or '}'");
            }
        }
    }

    #[inline(never)]
    fn array(&mut self) -> Result<Value> {
        self.offset += 1;
        let mut items = Vec::new();
        if self.eat(b']') {
            return Ok(Value::Array(items));
        }
        loop {
            items.push(self.value()?);
            if self.eat(b']') {
                return Ok(Value::Array(items));
            }
            if !self.eat(b',') {
                return self.fail("',' or ']'");
            }
        }
    }

    #[inline(never)]
    fn string(&mut self) -> Result<String> {
        self.offset += 1;
        let longest = self.bytes[self.offset..].iter().position(|byte| *byte == b'"');
        let mut text = Vec::with_capacity(longest.unwrap_or(0));
        loop {
            match self.next_byte() {
                Some(b'"') => break,
                Some(b'\\') => self.escape(&mut text)?,
                Some(byte) if byte >= b' ' => text.push(byte),
                _ => return self.fail("'\"'"),
            }
        }
        match String::from_utf8(text) {
            Ok(text) => Ok(text),
            Err(_) => self.fail("UTF-8"),
        }
    }

    #[inline(never)]
    fn escape(&mut self, text: &mut Vec<u8>) -> Result<()> {
        let byte = match self.next_byte() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => return self.code_unit(text),
            _ => return self.fail("an escape"),
        };
        text.push(byte);
        Ok(())
    }

    /// Four hex digits. Halves of a surrogate pair are taken for unknown.
    fn code_unit(&mut self, text: &mut Vec<u8>) -> Result<()> {
        let mut unit = 0;
        for _ in 0..4 {
            match self.next_byte().and_then(|byte| char::from(byte).to_digit(16)) {
                Some(digit) => unit = unit * 16 + digit,
                None => return self.fail("a hex digit"),
            }
        }
        let letter = char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    #[inline(never)]
    fn number(&mut self) -> Result<Value> {
        let start = self.offset;
        while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.bytes.get(self.offset) {
            self.offset += 1;
        }
        let digits = std::str::from_utf8(&self.bytes[start..self.offset]).unwrap_or("");
        match digits.parse() {
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => self.fail("a number"),
        }
    }

    fn word(&mut self, word: &'static str, value: Value) -> Result<Value> {
        if !self.bytes[self.offset..].starts_with(word.as_bytes()) {
            return self.fail(word);
        }
        self.offset += word.len();
        Ok(value)
    }

    /// The next byte that is not white space, left where it is.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.offset) {
            self.offset += 1;
        }
        self.bytes.get(self.offset).copied()
    }

    #[inline]
    fn eat(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.offset += usize::from(found);
        found
    }

    #[inline]
    fn next_byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.offset).copied();
        self.offset += 1;
        byte
    }

    #[cold]
    fn fail<T>(&self, expected: &'static str) -> Result<T> {
        Err(ParseError { offset: self.offset, expected })
    }
}
