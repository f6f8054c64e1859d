//! Arguments that are files: room for them in the guest's memory, from its own allocator.

use super::guest::GuestState;
use super::invoke::call_export;
use crate::RecordError;
use crate::probes::MEMORY_EXPORT;
use std::path::Path;
use wasmscope_symbolize::{ExportKind, FuncIndex, ModuleIndex, ValType};
use wasmtime::{Error, Instance, Result, Store, Val};

/// What an allocator is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Size,
    Align,
    Zero,
    /// The class of AssemblyScript's `ArrayBuffer`.
    ArrayBuffer,
}

/// What buffers are aligned to, for whatever is read from them.
const ALIGNMENT: u64 = 16;

/// Exports that give room, and what each takes. The first that the module has is called.
const ALLOCATORS: [(&str, &[Word]); 7] = [
    ("malloc", &[Word::Size]),
    ("__wbindgen_malloc", &[Word::Size, Word::Align]),
    ("__wbindgen_malloc", &[Word::Size]),
    ("__new", &[Word::Size, Word::ArrayBuffer]),
    ("cabi_realloc", &[Word::Zero, Word::Zero, Word::Align, Word::Size]),
    ("alloc", &[Word::Size]),
    ("allocate", &[Word::Size]),
];

/// Keeps what AssemblyScript's `__new` gave from being collected.
const PIN: &str = "__pin";

/// The export that gives room for buffers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BufferAllocator {
    export: &'static str,
    func: FuncIndex,
    words: &'static [Word],
    is_wide: bool,
}

impl BufferAllocator {
    /// The allocator of the module behind `index`, if it can be called and there is a memory to write to.
    pub fn find(index: &ModuleIndex) -> std::result::Result<Self, RecordError> {
        let exports = |kind: ExportKind| index.exports().iter().filter(move |export| export.kind == kind);
        if !exports(ExportKind::Memory).any(|export| &*export.name == MEMORY_EXPORT) {
            return Err(RecordError::NoMemory);
        }
        let is_wide = index.memories().first().is_some_and(|memory| memory.memory64);
        let word = if is_wide { ValType::I64 } else { ValType::I32 };
        let find = |&(name, words): &(&'static str, &'static [Word])| {
            let export = exports(ExportKind::Function).find(|export| &*export.name == name)?;
            let ty = &index.function(FuncIndex(export.index))?.ty;
            let fits = ty.params.len() == words.len()
                && ty.params.iter().all(|param| *param == word)
                && *ty.results == [word.clone()];
            fits.then_some(BufferAllocator { export: name, func: FuncIndex(export.index), words, is_wide })
        };
        let names = || ALLOCATORS.map(|(name, _)| name.to_owned()).to_vec();
        ALLOCATORS.iter().find_map(find).ok_or_else(|| RecordError::NoAllocator { names: dedup(names()) })
    }

    /// The type of pointers and lengths.
    pub fn pointer_type(&self) -> &'static str {
        if self.is_wide { "i64" } else { "i32" }
    }

    /// Copies `bytes`, of the file `path`, into the guest's memory, and gives pointer and length.
    pub async fn fill(
        &self,
        store: &mut Store<GuestState>,
        instance: &Instance,
        path: &Path,
        bytes: &[u8],
    ) -> Result<[Val; 2]> {
        let pointer = self.allocate(store, instance, bytes.len() as u64).await?;
        let memory = instance.get_memory(&mut *store, MEMORY_EXPORT);
        let start = usize::try_from(pointer).unwrap_or(usize::MAX);
        let room = memory.and_then(|memory| memory.data_mut(store).get_mut(start..)?.get_mut(..bytes.len()));
        let room = room.filter(|_| pointer != 0 || bytes.is_empty()).ok_or_else(|| {
            let (name, length, path) = (self.export, bytes.len(), path.display());
            Error::msg(format!("`{name}` gave no room for the {length} bytes of {path}"))
        })?;
        room.copy_from_slice(bytes);
        Ok([self.value(pointer), self.value(bytes.len() as u64)])
    }

    async fn allocate(&self, store: &mut Store<GuestState>, instance: &Instance, size: u64) -> Result<u64> {
        let number = |word: &Word| match word {
            Word::Size => size,
            Word::Align => ALIGNMENT,
            Word::Zero => 0,
            Word::ArrayBuffer => 1,
        };
        let args: Vec<_> = self.words.iter().map(|word| self.value(number(word))).collect();
        store.data_mut().watch.entering = Some(self.func);
        let given = call_export(store, instance, self.export, &args).await?;
        if self.words.contains(&Word::ArrayBuffer) && instance.get_func(&mut *store, PIN).is_some() {
            call_export(store, instance, PIN, &given).await?;
        }
        Ok(given.first().map_or(0, |value| match value {
            Val::I64(pointer) => pointer.cast_unsigned(),
            value => u64::from(value.i32().unwrap_or(0).cast_unsigned()),
        }))
    }

    fn value(&self, number: u64) -> Val {
        if self.is_wide { Val::I64(number.cast_signed()) } else { Val::I32(number as i32) }
    }
}

fn dedup(mut names: Vec<String>) -> Vec<String> {
    names.dedup();
    names
}
