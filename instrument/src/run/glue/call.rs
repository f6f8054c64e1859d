//! A call of a glue function: its arguments, the guest's memory, and the guest's outputs.

use super::super::OutputStream;
use super::super::guest::GuestState;
use super::State;
use wasmtime::{Caller, Error, Extern, Func, Memory, Result, Val};

/// The most bytes of one text that are read.
const MOST_TEXT_BYTES: u32 = 1 << 20;

/// A call that goes on.
pub struct Call<'a> {
    /// Who calls.
    pub caller: Caller<'a, GuestState>,
    /// The import's name.
    pub name: &'a str,
    /// The arguments, of the types that the import has.
    pub args: &'a [Val],
    /// Does the import answer with a reference?
    pub answers_reference: bool,
}

impl Call<'_> {
    /// An `i32` argument; 0 where there is none.
    pub fn i32(&self, number: usize) -> i32 {
        self.args.get(number).and_then(Val::i32).unwrap_or_default()
    }

    /// An `i32` argument that is an address, a length or an index.
    pub fn u32(&self, number: usize) -> u32 {
        self.i32(number).cast_unsigned()
    }

    /// An `i64` argument.
    pub fn i64(&self, number: usize) -> i64 {
        self.args.get(number).and_then(Val::i64).unwrap_or_default()
    }

    /// An `f64` argument.
    pub fn f64(&self, number: usize) -> f64 {
        self.args.get(number).and_then(Val::f64).unwrap_or_default()
    }

    /// What glue keeps for the guest.
    pub fn state(&mut self) -> &mut State {
        &mut self.caller.data_mut().glue
    }

    /// The caller's memory.
    pub fn memory(&mut self) -> Result<Memory> {
        let memory = self.export("memory").and_then(Extern::into_memory);
        memory.ok_or_else(|| Error::msg(format!("{}: the caller exports no `memory`", self.name)))
    }

    /// A copy of the caller's memory from `address`.
    pub fn bytes(&mut self, address: u32, length: u32) -> Result<Vec<u8>> {
        let range = address as usize..address as usize + length as usize;
        let memory = self.memory()?;
        let bytes = memory.data(&self.caller).get(range).map(<[u8]>::to_vec);
        bytes.ok_or_else(|| self.out_of_bounds())
    }

    /// Writes into the caller's memory.
    pub fn write(&mut self, address: u32, bytes: &[u8]) -> Result<()> {
        let memory = self.memory()?;
        let written = memory.write(&mut self.caller, address as usize, bytes);
        written.map_err(|_| self.out_of_bounds())
    }

    /// Writes an `i32` into the caller's memory.
    pub fn write_i32(&mut self, address: u32, value: i32) -> Result<()> {
        self.write(address, &value.to_le_bytes())
    }

    /// UTF-8 in the caller's memory.
    pub fn text(&mut self, address: u32, length: u32) -> Result<String> {
        let bytes = self.bytes(address, length)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// UTF-8 in the caller's memory, up to a zero. Nothing stands at address 0.
    pub fn c_text(&mut self, address: u32) -> Result<String> {
        let memory = self.memory()?;
        let bytes = memory.data(&self.caller).get(address as usize..).unwrap_or_default();
        let bytes = bytes.get(..MOST_TEXT_BYTES as usize).unwrap_or(bytes);
        let length = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        let bytes = if address == 0 { &[] } else { bytes.get(..length).unwrap_or_default() };
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// Prints a line.
    pub fn print(&mut self, stream: OutputStream, line: &str) {
        self.state().console.print(stream, line);
    }

    /// Bytes by chance, as many as the argument says.
    pub fn random_bytes(&mut self, number: usize) -> Result<Vec<u8>> {
        let length = self.u32(number);
        let memory = self.memory()?;
        let most = memory.data_size(&self.caller);
        if length as usize > most {
            return Err(Error::msg(format!("{}: more bytes than the memory has", self.name)));
        }
        Ok(self.state().random_bytes(length))
    }

    /// Grows the caller's memory, and notes it.
    pub fn grow(&mut self, memory: Memory, pages: u64) -> bool {
        let before_pages = memory.size(&self.caller);
        let granted = memory.grow(&mut self.caller, pages).is_ok();
        self.caller.data_mut().watch.note_growth(before_pages, pages, granted);
        granted
    }

    /// Something that the caller exports.
    pub fn export(&mut self, name: &str) -> Option<Extern> {
        let instance = self.caller.data().glue.instance;
        self.caller.get_export(name).or_else(|| instance?.get_export(&mut self.caller, name))
    }

    /// A function that the caller exports.
    pub fn exported_function(&mut self, name: &str) -> Option<Func> {
        self.export(name)?.into_func()
    }

    fn out_of_bounds(&self) -> Error {
        Error::msg(format!("{}: a pointer leads out of the memory", self.name))
    }
}
