//! The memory, table and addresses that Emscripten's JavaScript makes for its modules.
//!
//! A module that is linked dynamically has no places of its own: it asks where its data and its functions begin, where
//! its stack is, and where the heap. Its `dylink.0` section tells how large its data are.

use super::super::guest::GuestState;
use wasmscope_symbolize::{Import, ImportKind, ModuleIndex, Section};
use wasmtime::{
    Error, Extern, ExternType, Global, GlobalType, Mutability, Ref, Result, Store, Table, Val, ValType,
};

/// The section by which a module is known as one that is linked dynamically.
const DYLINK: &str = "dylink.0";
/// The part of it that has the sizes of its data.
const MEMORY_INFO: u8 = 1;

/// Below it are no data.
const DATA_START: u64 = 1_024;
/// The table's entry 0 is no function.
const TABLE_START: u64 = 1;
/// The most entries that engines let a table begin with.
const MOST_ENTRIES: u64 = 10_000_000;
const PAGE_BYTES: u64 = 1 << 16;
/// The stack that Emscripten's first versions gave, and newer programs are content with less.
const MOST_STACK_BYTES: u64 = 5 << 20;
const STACK_ALIGNMENT: u64 = 16;

/// Is the module linked dynamically?
pub fn is_dynamic(index: &ModuleIndex) -> bool {
    section(index).is_some()
}

fn section(index: &ModuleIndex) -> Option<&Section> {
    index.sections().iter().find(|section| section.id == 0 && &*section.name == DYLINK)
}

/// Is `import` something that can be made for the module behind `index`?
pub fn has(index: &ModuleIndex, import: &Import) -> bool {
    match (&*import.module, &import.kind) {
        ("env", ImportKind::Memory { .. }) => &*import.name == "memory",
        ("env", ImportKind::Table { .. }) => &*import.name == "__indirect_function_table",
        (_, ImportKind::Global { .. }) if is_dynamic(index) => Layout::default().address(import).is_some(),
        _ => false,
    }
}

/// Makes what `import` asks for, which has the type `ty`.
pub fn make(
    store: &mut Store<GuestState>,
    import: &Import,
    ty: ExternType,
    bytes: &[u8],
    index: &ModuleIndex,
) -> Result<Extern> {
    let (sizes, layout) = Layout::of(bytes, index);
    match ty {
        ExternType::Global(global) => {
            let unfit = || Error::msg(format!("{}.{} is no address", import.module, import.name));
            let address = layout.address(import).ok_or_else(unfit)?;
            Ok(Global::new(store, global, Val::I32(address))?.into())
        }
        ExternType::Table(table) => {
            let needed = (u64::from(sizes.table_entries) + TABLE_START).min(MOST_ENTRIES);
            let least = needed.min(table.maximum().unwrap_or(MOST_ENTRIES));
            let made = Table::new(&mut *store, table.clone(), Ref::Func(None))?;
            made.grow(store, least.saturating_sub(table.minimum()), Ref::Func(None))?;
            Ok(made.into())
        }
        other => other.default_value(store),
    }
}

/// A number that never changes.
pub fn constant(store: &mut Store<GuestState>, value: f64) -> Result<Global> {
    Global::new(store, GlobalType::new(ValType::F64, Mutability::Const), value.into())
}

/// Where things are in the memory: data, then the stack, which grows down, then the heap.
#[derive(Debug, Default, PartialEq, Eq)]
struct Layout {
    stack_low: u64,
    stack_high: u64,
}

impl Layout {
    fn of(bytes: &[u8], index: &ModuleIndex) -> (Sizes, Layout) {
        let sizes = section(index).and_then(|section| {
            let range = section.data.start.0 as usize..section.data.end.0 as usize;
            Sizes::read(bytes.get(range)?)
        });
        let sizes = sizes.unwrap_or_default();
        let initial = index.memories().first().map_or(0, |memory| memory.initial_pages);
        (sizes, Layout::after(DATA_START + u64::from(sizes.data_bytes), initial.min(1 << 16) * PAGE_BYTES))
    }

    /// A quarter of what is left is enough for a stack.
    fn after(data_end: u64, memory_bytes: u64) -> Layout {
        let stack_low = data_end.next_multiple_of(STACK_ALIGNMENT);
        let stack = (memory_bytes.saturating_sub(stack_low) / 4).min(MOST_STACK_BYTES);
        Layout { stack_low, stack_high: stack_low + stack / STACK_ALIGNMENT * STACK_ALIGNMENT }
    }

    fn address(&self, import: &Import) -> Option<i32> {
        let address = match (&*import.module, &*import.name) {
            ("env", "__memory_base") => DATA_START,
            ("env", "__table_base") => TABLE_START,
            ("env", "__stack_pointer") | ("GOT.mem", "__stack_high" | "__heap_base") => self.stack_high,
            ("GOT.mem", "__stack_low") => self.stack_low,
            _ => return None,
        };
        Some((address as u32).cast_signed())
    }
}

/// How much room a module needs that is linked dynamically.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sizes {
    data_bytes: u32,
    table_entries: u32,
}

impl Sizes {
    /// Reads the part of the section that tells of memory: size and alignment of the data, then entries of the table.
    fn read(mut section: &[u8]) -> Option<Sizes> {
        loop {
            let (kind, rest) = section.split_first()?;
            let (size, rest) = unsigned_leb(rest)?;
            let (part, after) = rest.split_at_checked(size as usize)?;
            if *kind == MEMORY_INFO {
                let (data_bytes, part) = unsigned_leb(part)?;
                let (_alignment, part) = unsigned_leb(part)?;
                let (table_entries, _) = unsigned_leb(part)?;
                return Some(Sizes { data_bytes, table_entries });
            }
            section = after;
        }
    }
}

fn unsigned_leb(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut reader = wasmparser::BinaryReader::new(bytes, 0);
    let value = reader.read_var_u32().ok()?;
    Some((value, bytes.get(reader.original_position()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_lies_between_data_and_heap() {
        assert_eq!(Layout::after(11_111, 1 << 16), Layout { stack_low: 11_120, stack_high: 11_120 + 13_600 });
        let large = Layout::after(1_024, 1 << 30);
        assert_eq!(large.stack_high - large.stack_low, MOST_STACK_BYTES);
        assert_eq!(Layout::after(100_000, 1 << 16).stack_high, 100_000);
    }

    #[test]
    fn the_sizes_are_found_behind_other_parts() {
        let sizes = Sizes { data_bytes: 4_096, table_entries: 3 };
        assert_eq!(Sizes::read(&[9, 2, 0, 0, 1, 5, 0x80, 0x20, 4, 3, 0]), Some(sizes));
        for broken in [&[][..], &[1], &[1, 9, 0], &[1, 0], &[9, 0], &[1, 2, 4, 4]] {
            assert_eq!(Sizes::read(broken), None);
        }
    }
}
