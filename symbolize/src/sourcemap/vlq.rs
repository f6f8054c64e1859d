//! The `mappings` of a source map: segments of numbers in base 64, each number relative to the one of the same kind
//! before it.

/// A segment, with its numbers added up. All of them count from 0; a broken map can make them negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// The line of the generated file.
    pub(super) line: usize,
    /// The column of the generated file.
    pub(super) column: i64,
    /// Where it comes from; `None` says that it comes from nowhere.
    pub(super) original: Option<Original>,
}

/// A place in the sources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Original {
    /// Position in the map's sources.
    pub(super) source: i64,
    pub(super) line: i64,
    pub(super) column: i64,
}

/// The segments of a text. An error is the position of the character that can't be read; since all that follows is
/// relative to it, nothing comes behind an error.
pub(super) struct Segments<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    column: i64,
    original: Original,
}

impl<'a> Segments<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Segments { text: text.as_bytes(), at: 0, line: 0, column: 0, original: Original::default() }
    }

    fn segment(&mut self) -> Option<Segment> {
        self.column = self.column.saturating_add(self.number()?);
        let original = if self.is_at_end() { None } else { Some(self.source()?) };
        let Segments { line, column, .. } = *self;
        self.is_at_end().then_some(Segment { line, column, original })
    }

    fn source(&mut self) -> Option<Original> {
        self.original.source = self.original.source.saturating_add(self.number()?);
        self.original.line = self.original.line.saturating_add(self.number()?);
        self.original.column = self.original.column.saturating_add(self.number()?);
        if !self.is_at_end() {
            // The name that the code had in the source.
            self.number()?;
        }
        Some(self.original)
    }

    fn is_at_end(&self) -> bool {
        matches!(self.text.get(self.at), None | Some(b',' | b';'))
    }

    /// A number of at most 35 bits: five in a digit, the lowest is the sign.
    fn number(&mut self) -> Option<i64> {
        let mut value = 0i64;
        for shift in (0..35).step_by(5) {
            let digit = digit(*self.text.get(self.at)?)?;
            self.at += 1;
            value |= i64::from(digit & 31) << shift;
            if digit & 32 == 0 {
                return Some(if value & 1 == 1 { -(value >> 1) } else { value >> 1 });
            }
        }
        None
    }
}

impl Iterator for Segments<'_> {
    type Item = Result<Segment, usize>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.text.get(self.at)? {
                b',' => {}
                b';' => (self.line, self.column) = (self.line + 1, 0),
                _ => break,
            }
            self.at += 1;
        }
        let segment = self.segment();
        let at = self.at;
        if segment.is_none() {
            self.at = self.text.len();
        }
        Some(segment.ok_or(at))
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<Segment, usize>> {
        Segments::new(text).collect()
    }

    fn from(source: i64, line: i64, column: i64) -> Option<Original> {
        Some(Original { source, line, column })
    }

    #[test]
    fn numbers_are_relative_to_those_before() {
        let segment = |line, column, original| Ok(Segment { line, column, original });
        assert_eq!(
            read("gBAEC,C,CCDAA;;D"),
            [
                segment(0, 16, from(0, 2, 1)),
                segment(0, 17, None),
                segment(0, 18, from(1, 1, 1)),
                segment(2, -1, None)
            ]
        );
        assert_eq!(read(",;,"), []);
    }

    #[test]
    fn nothing_comes_behind_what_cannot_be_read() {
        assert_eq!(read("A,A!,A").last(), Some(&Err(3)));
        assert_eq!(read("AA,A"), [Err(2)]);
        assert_eq!(read("AAA"), [Err(3)]);
        assert_eq!(read("AAAAAA"), [Err(5)]);
        assert_eq!(read("Ag"), [Err(2)]);
        assert_eq!(read("gggggggA"), [Err(7)]);
    }

    #[test]
    fn the_largest_numbers_add_up_without_overflow() {
        let largest = "+/////f";
        let sum = read(&[largest; 3].join(",")).last().copied();
        let expected = 3 * ((1 << 34) - 1);
        assert_eq!(sum.map(|segment| segment.map(|segment| segment.column)), Some(Ok(expected)));
    }
}
