//! The wire format of protocol buffers: fields of a number and a value.

/// What is no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    /// Bytes from the beginning of the message.
    pub(super) at: usize,
}

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message, in their order.
pub(super) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Fields<'a> {
        Fields { bytes, at: 0 }
    }

    fn field(&mut self) -> Option<(u64, Value<'a>)> {
        let tag = self.number()?;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => Value::Number(u64::from_le_bytes(*self.take(8)?.first_chunk()?)),
            2 => {
                let len = usize::try_from(self.number()?).ok()?;
                Value::Bytes(self.take(len)?)
            }
            5 => Value::Number(u64::from(u32::from_le_bytes(*self.take(4)?.first_chunk()?))),
            _ => return None,
        };
        Some((tag >> 3, value))
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..70).step_by(7) {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..)?.get(..len)?;
        self.at += len;
        Some(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let start = self.at;
        let field = self.field().ok_or(Malformed { at: start });
        if field.is_err() {
            self.at = self.bytes.len();
        }
        Some(field)
    }
}

/// The numbers of a repeated field: one, or many packed into bytes.
pub(super) fn numbers(value: Value<'_>) -> impl Iterator<Item = Result<u64, Malformed>> {
    let (single, packed) = match value {
        Value::Number(number) => (Some(number), Fields::of(&[])),
        Value::Bytes(bytes) => (None, Fields::of(bytes)),
    };
    single.map(Ok).into_iter().chain(Numbers(packed))
}

struct Numbers<'a>(Fields<'a>);

impl Iterator for Numbers<'_> {
    type Item = Result<u64, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        let Numbers(rest) = self;
        if rest.at >= rest.bytes.len() {
            return None;
        }
        let start = rest.at;
        let number = rest.number().ok_or(Malformed { at: start });
        if number.is_err() {
            rest.at = rest.bytes.len();
        }
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_apart_and_their_end_is_found() {
        let fields = |bytes| Fields::of(bytes).collect::<Result<Vec<_>, _>>();
        let bytes = b"\x08\x96\x01\x12\x02hi\x1d\x01\0\0\0";
        let expected = [(1, Value::Number(150)), (2, Value::Bytes(b"hi")), (3, Value::Number(1))];
        assert_eq!(fields(bytes).as_deref(), Ok(&expected[..]));
        assert_eq!(fields(&bytes[..5]), Err(Malformed { at: 3 }));
        assert_eq!(fields(&[0xff; 20]), Err(Malformed { at: 0 }));
        let packed: Vec<_> = numbers(Value::Bytes(b"\x01\x96\x01")).collect();
        assert_eq!(packed, [Ok(1), Ok(150)]);
    }
}
