//! FlatBuffers, as far as Arrow's files need them. They are written from the front to the back: what refers to something
//! stands before it, and is told where it is once that is known.

/// A buffer as it grows.
pub(super) struct Flat(Vec<u8>);

/// Where a reference stands that is still to be told what it refers to.
#[derive(Clone, Copy)]
pub(super) struct Hole(usize);

/// A field of a table, in the order of the schema.
pub(super) enum Field {
    /// It has what readers take where there is nothing.
    Absent,
    U8(u8),
    I16(i16),
    I32(i32),
    I64(i64),
    /// It refers to something.
    Hole,
}

impl Flat {
    /// Begins with the reference to the table that is the whole.
    pub(super) fn new() -> (Flat, Hole) {
        (Flat(vec![0; 4]), Hole(0))
    }

    /// A table, which `from` refers to, and what is to be referred to from it.
    pub(super) fn table<const N: usize>(
        &mut self,
        from: Hole,
        fields: impl IntoIterator<Item = Field>,
    ) -> [Hole; N] {
        let fields: Vec<Field> = fields.into_iter().collect();
        let (places, size) = layout(&fields);
        // The table of the fields' places stands in front, so that the table itself begins at a multiple of 8.
        let places_bytes = 4 + 2 * places.len();
        self.0.resize((self.0.len() + places_bytes).next_multiple_of(8) - places_bytes, 0);
        [places_bytes, size].into_iter().chain(places.iter().copied()).for_each(|value| self.u16(value));
        let start = self.fill(from);
        self.0.extend_from_slice(&(places_bytes as i32).to_le_bytes());
        self.0.resize(start + size, 0);
        let mut holes = [from; N];
        let mut next = holes.iter_mut();
        for (field, place) in fields.iter().zip(places) {
            let at = start + place;
            match field {
                Field::Absent => {}
                Field::U8(value) => self.put(at, &value.to_le_bytes()),
                Field::I16(value) => self.put(at, &value.to_le_bytes()),
                Field::I32(value) => self.put(at, &value.to_le_bytes()),
                Field::I64(value) => self.put(at, &value.to_le_bytes()),
                Field::Hole => next.by_ref().take(1).for_each(|hole| *hole = Hole(at)),
            }
        }
        holes
    }

    /// Text.
    pub(super) fn text(&mut self, from: Hole, text: &str) {
        self.count(from, text.len(), 4);
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(0);
    }

    /// A list of structures of numbers of 8 bytes each.
    pub(super) fn structures<const N: usize>(&mut self, from: Hole, rows: &[[i64; N]]) {
        self.count(from, rows.len(), 8);
        rows.iter().flatten().for_each(|value| self.0.extend_from_slice(&value.to_le_bytes()));
    }

    /// A list of references.
    pub(super) fn list(&mut self, from: Hole, count: usize) -> Vec<Hole> {
        self.count(from, count, 4);
        let first = self.0.len();
        self.0.resize(first + 4 * count, 0);
        (0..count).map(|at| Hole(first + 4 * at)).collect()
    }

    /// The buffer, as long as a multiple of 8.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        self.0
    }

    /// The number of elements, behind which these begin at a multiple of `align`.
    fn count(&mut self, from: Hole, count: usize, align: usize) {
        self.0.resize((self.0.len() + 4).next_multiple_of(align) - 4, 0);
        self.fill(from);
        self.0.extend_from_slice(&(count as u32).to_le_bytes());
    }

    /// What stands next is what `from` refers to.
    fn fill(&mut self, from: Hole) -> usize {
        let here = self.0.len();
        self.put(from.0, &((here - from.0) as u32).to_le_bytes());
        here
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn u16(&mut self, value: usize) {
        self.0.extend_from_slice(&(value as u16).to_le_bytes());
    }
}

/// Where each field stands in its table, 0 for those that are not there, and how long that is.
fn layout(fields: &[Field]) -> (Vec<usize>, usize) {
    let mut end = 4usize;
    let place = |field: &Field| {
        let size = match field {
            Field::Absent => return 0,
            Field::U8(_) => 1,
            Field::I16(_) => 2,
            Field::I32(_) | Field::Hole => 4,
            Field::I64(_) => 8,
        };
        let place = end.next_multiple_of(size);
        end = place + size;
        place
    };
    let places = fields.iter().map(place).collect();
    (places, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads as the guide to the format's internals says: table, its places, the field.
    #[test]
    fn fields_are_found_by_their_places() {
        let (mut flat, root) = Flat::new();
        let [hole] = flat.table(root, [Field::I16(7), Field::Absent, Field::I64(-9), Field::Hole]);
        flat.text(hole, "größe");
        let bytes = flat.finish();
        let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let u16_at = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]) as usize;
        let table = u32_at(0);
        let places = table - u32_at(table);
        assert_eq!((bytes.len() % 8, table % 8, u16_at(places)), (0, 0, 12));
        let field = |number: usize| u16_at(places + 4 + 2 * number);
        assert_eq!((u16_at(table + field(0)), field(1)), (7, 0));
        let long = table + field(2);
        assert_eq!((long % 8, i64::from_le_bytes(bytes[long..long + 8].try_into().unwrap())), (0, -9));
        let text = table + field(3) + u32_at(table + field(3));
        assert_eq!(&bytes[text + 4..text + 4 + u32_at(text)], "größe".as_bytes());
        assert_eq!(bytes[text + 4 + u32_at(text)], 0);
    }
}
