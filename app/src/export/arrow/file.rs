//! The file: a schema, a dictionary for each kind of text, and one batch of rows. Text in a column is a number that its
//! dictionary explains, so that a name stands in the file once.

use super::super::flat::{Field, Flat, Hole};

const MAGIC: &[u8] = b"ARROW1";
/// Of the format's messages.
const VERSION_5: i16 = 4;
/// Of messages: what is in them.
const SCHEMA: u8 = 1;
const DICTIONARY: u8 = 2;
const BATCH: u8 = 3;
/// Of types. Those that are large have room for more than 2 GiB.
const INT: u8 = 2;
const LARGE_UTF8: u8 = 20;
const LARGE_LIST: u8 = 21;

/// A dictionary, by its place among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texts {
    Functions,
    Kinds,
    Files,
}

/// What a column's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    U32,
    U64,
    Text(Texts),
    TextList(Texts),
}

/// The values of a column.
pub(super) struct Column {
    kind: Kind,
    /// Of the column and of what its lists are made of: how many values, and how many of them are not there.
    nodes: Vec<[i64; 2]>,
    /// Of each of these: which values are there, empty where all are; and the values.
    buffers: Vec<Vec<u8>>,
}

impl Column {
    /// Numbers, some of which may not be there.
    pub(super) fn number(values: impl Iterator<Item = Option<u32>>) -> Column {
        let (mut numbers, mut there, mut count, mut missing) = (Vec::new(), Vec::new(), 0usize, 0);
        for value in values {
            numbers.extend_from_slice(&value.unwrap_or(0).to_le_bytes());
            there.resize(count / 8 + 1, 0u8);
            there[count / 8] |= u8::from(value.is_some()) << (count % 8);
            count += 1;
            missing += i64::from(value.is_none());
        }
        let there = if missing == 0 { Vec::new() } else { there };
        Column { kind: Kind::U32, nodes: vec![[count as i64, missing]], buffers: vec![there, numbers] }
    }

    /// Text by its numbers in a dictionary.
    pub(super) fn text(texts: Texts, values: impl Iterator<Item = Option<u32>>) -> Column {
        Column { kind: Kind::Text(texts), ..Column::number(values) }
    }

    /// Lists of text, likewise.
    pub(super) fn texts(texts: Texts, lists: impl Iterator<Item = Vec<u32>>) -> Column {
        let (mut values, mut ends, mut count, mut end) = (Vec::new(), 0i64.to_le_bytes().to_vec(), 0, 0i64);
        for list in lists {
            list.iter().for_each(|value| values.extend_from_slice(&value.to_le_bytes()));
            count += 1;
            end += list.len() as i64;
            ends.extend_from_slice(&end.to_le_bytes());
        }
        let nodes = vec![[count, 0], [end, 0]];
        Column { kind: Kind::TextList(texts), nodes, buffers: vec![Vec::new(), ends, Vec::new(), values] }
    }

    /// Large numbers.
    pub(super) fn weights(values: impl Iterator<Item = u64>) -> Column {
        let numbers: Vec<u8> = values.flat_map(u64::to_le_bytes).collect();
        let count = numbers.len() as i64 / 8;
        Column { kind: Kind::U64, nodes: vec![[count, 0]], buffers: vec![Vec::new(), numbers] }
    }

    /// A dictionary's texts.
    fn dictionary(texts: &[&str]) -> Column {
        let mut ends = 0i64.to_le_bytes().to_vec();
        let mut bytes = Vec::new();
        for text in texts {
            bytes.extend_from_slice(text.as_bytes());
            ends.extend_from_slice(&(bytes.len() as i64).to_le_bytes());
        }
        let nodes = vec![[texts.len() as i64, 0]];
        Column { kind: Kind::U32, nodes, buffers: vec![Vec::new(), ends, bytes] }
    }
}

/// A file of `rows` rows, with the names of their columns, and what text there is.
pub(super) fn file(rows: usize, columns: Vec<(String, Column)>, dictionaries: &[&[&str]]) -> Vec<u8> {
    let kind = |(name, column): (String, Column)| ((name, column.kind), column);
    let (names, columns): (Vec<_>, Vec<_>) = columns.into_iter().map(kind).unzip();
    let mut file = File { bytes: [MAGIC, &[0; 2]].concat() };
    file.message(SCHEMA, Vec::new(), |flat, hole, _| schema(flat, hole, &names));
    let dictionaries = dictionaries.iter().enumerate().map(|(id, texts)| {
        file.message(DICTIONARY, vec![Column::dictionary(texts)], |flat, hole, columns| {
            let [data] = flat.table(hole, [Field::I64(id as i64), Field::Hole]);
            batch(flat, data, texts.len(), columns);
        })
    });
    let dictionaries: Vec<_> = dictionaries.collect();
    let rows = file.message(BATCH, columns, |flat, hole, columns| batch(flat, hole, rows, columns));
    file.finish(&names, &dictionaries, &[rows])
}

/// Where a message begins, how long it is without its body, and how long the body is.
type Block = [i64; 3];

struct File {
    bytes: Vec<u8>,
}

impl File {
    /// A message, whose header `write` writes, and the buffers of `columns` as its body. Each of them is let go once it
    /// is written.
    fn message(
        &mut self,
        kind: u8,
        columns: Vec<Column>,
        write: impl FnOnce(&mut Flat, Hole, &[Column]),
    ) -> Block {
        let buffers = columns.iter().flat_map(|column| &column.buffers);
        let body_bytes = buffers.map(|buffer| buffer.len().next_multiple_of(8)).sum();
        let (mut flat, root) = Flat::new();
        let fields = [Field::I16(VERSION_5), Field::U8(kind), Field::Hole, Field::I64(body_bytes as i64)];
        let [header] = flat.table(root, fields);
        write(&mut flat, header, &columns);
        let (begin, head) = (self.bytes.len() as i64, flat.finish());
        self.bytes.extend_from_slice(&u32::MAX.to_le_bytes());
        self.bytes.extend_from_slice(&(head.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(&head);
        self.bytes.reserve_exact(body_bytes);
        for buffer in columns.into_iter().flat_map(|column| column.buffers) {
            self.bytes.extend_from_slice(&buffer);
            self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        }
        [begin, head.len() as i64 + 8, body_bytes as i64]
    }

    /// The end: what tells where everything is.
    fn finish(mut self, columns: &[(String, Kind)], dictionaries: &[Block], batches: &[Block]) -> Vec<u8> {
        self.bytes.extend_from_slice(&u32::MAX.to_le_bytes());
        self.bytes.extend_from_slice(&[0; 4]);
        let (mut flat, root) = Flat::new();
        let fields = [Field::I16(VERSION_5), Field::Hole, Field::Hole, Field::Hole];
        let [schema_at, dictionaries_at, batches_at] = flat.table(root, fields);
        schema(&mut flat, schema_at, columns);
        // The length of a head is a number of 4 bytes, with as many behind it that say nothing.
        flat.structures(dictionaries_at, dictionaries);
        flat.structures(batches_at, batches);
        let footer = flat.finish();
        self.bytes.extend_from_slice(&footer);
        self.bytes.extend_from_slice(&(footer.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(MAGIC);
        self.bytes
    }
}

fn schema(flat: &mut Flat, from: Hole, columns: &[(String, Kind)]) {
    let [fields] = flat.table(from, [Field::Absent, Field::Hole]);
    let holes = flat.list(fields, columns.len());
    for (hole, (name, kind)) in holes.into_iter().zip(columns) {
        field(flat, hole, name, *kind);
    }
}

/// A column, or what its lists are made of.
fn field(flat: &mut Flat, from: Hole, name: &str, kind: Kind) {
    let (type_word, is_nullable) = match kind {
        Kind::U32 => (INT, 1),
        Kind::U64 => (INT, 0),
        Kind::Text(_) => (LARGE_UTF8, 1),
        Kind::TextList(_) => (LARGE_LIST, 0),
    };
    let head = || [Field::Hole, Field::U8(is_nullable), Field::U8(type_word), Field::Hole];
    let [name_at, type_at, children_at] = if let Kind::Text(texts) = kind {
        let fields = head().into_iter().chain([Field::Hole, Field::Hole]);
        let [name_at, type_at, dictionary_at, children_at] = flat.table(from, fields);
        let [index_at] = flat.table(dictionary_at, [Field::I64(texts as i64), Field::Hole]);
        int(flat, index_at, 32, true);
        [name_at, type_at, children_at]
    } else {
        flat.table(from, head().into_iter().chain([Field::Absent, Field::Hole]))
    };
    flat.text(name_at, name);
    match kind {
        Kind::U32 => int(flat, type_at, 32, false),
        Kind::U64 => int(flat, type_at, 64, false),
        // These types have nothing to be told of them.
        Kind::Text(_) | Kind::TextList(_) => {
            let [] = flat.table(type_at, []);
        }
    }
    let items = if let Kind::TextList(texts) = kind { vec![Kind::Text(texts)] } else { Vec::new() };
    let holes = flat.list(children_at, items.len());
    holes.into_iter().zip(items).for_each(|(hole, kind)| field(flat, hole, "item", kind));
}

fn int(flat: &mut Flat, from: Hole, bits: i32, is_signed: bool) {
    let [] = flat.table(from, [Field::I32(bits), Field::U8(u8::from(is_signed))]);
}

/// Where the values of `rows` rows are in the body of a message.
fn batch(flat: &mut Flat, from: Hole, rows: usize, columns: &[Column]) {
    let [nodes_at, buffers_at] = flat.table(from, [Field::I64(rows as i64), Field::Hole, Field::Hole]);
    let nodes: Vec<[i64; 2]> = columns.iter().flat_map(|column| column.nodes.iter().copied()).collect();
    flat.structures(nodes_at, &nodes);
    let mut begin = 0;
    let place = |buffer: &Vec<u8>| {
        let place = [begin, buffer.len() as i64];
        begin += buffer.len().next_multiple_of(8) as i64;
        place
    };
    let places: Vec<[i64; 2]> = columns.iter().flat_map(|column| &column.buffers).map(place).collect();
    flat.structures(buffers_at, &places);
}
