//! A memory of the probes, as the host reaches it.
#![allow(unsafe_code, reason = "the engine gives no handle for a memory inside of a component")]

use super::guest::GuestState;
use crate::component::ViewedMemory;
use std::ptr::NonNull;
use wasmtime::component::{Instance, WasmList};
use wasmtime::{AsContext, AsContextMut, Memory, Store};

/// The bytes of a probe memory. Only the guest's own thread may look at them, and while the guest stands still.
pub enum ProbeBytes {
    /// A core module exports it.
    Exported(Memory),
    /// A component shows it.
    Viewed(View),
}

/// Where a memory lies that has its largest size from the start, as `Assembler::memories` declares those of components:
/// it never moves. The engine's own pointer to it is the same one all the time.
pub struct View {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: the bytes belong to a store that goes from thread to thread together with this.
unsafe impl Send for View {}

impl ProbeBytes {
    /// The memory that the instance with number `number` shows; `None` where it shows none.
    pub async fn view(
        memory: ViewedMemory,
        number: usize,
        instance: &Instance,
        store: &mut Store<GuestState>,
    ) -> wasmtime::Result<Option<ProbeBytes>> {
        let name = memory.view(number);
        let Some(func) = instance.get_func(&mut *store, &*name) else { return Ok(None) };
        let func = func.typed::<(), (WasmList<u8>,)>(&*store)?;
        let (list,) = func.call_async(&mut *store, ()).await?;
        let bytes = list.as_le_slice(&*store);
        let view = View { start: NonNull::from(bytes).cast(), length: bytes.len() };
        Ok(Some(ProbeBytes::Viewed(view)))
    }

    /// The bytes as they stand.
    pub fn bytes<'a>(&self, store: &'a impl AsContext<Data = GuestState>) -> &'a [u8] {
        match self {
            ProbeBytes::Exported(memory) => memory.data(store),
            // SAFETY: `view` has the bounds of the whole memory, which is one of ours, never moves and lives as long as
            // the only store of the run; that is borrowed, so that the guest stands still.
            ProbeBytes::Viewed(View { start, length }) => unsafe {
                std::slice::from_raw_parts(start.as_ptr(), *length)
            },
        }
    }

    /// The bytes, to be written.
    pub fn bytes_mut<'a>(&self, store: &'a mut impl AsContextMut<Data = GuestState>) -> &'a mut [u8] {
        match self {
            ProbeBytes::Exported(memory) => memory.data_mut(store),
            // SAFETY: as above; the store is borrowed mutably, and each memory has one `View` only.
            ProbeBytes::Viewed(View { start, length }) => unsafe {
                std::slice::from_raw_parts_mut(start.as_ptr(), *length)
            },
        }
    }
}
