//! What all of these tests share.

use std::sync::{Arc, Mutex};
use wasmscope_instrument::recording::{Outcome, Recording, read};
use wasmscope_instrument::{
    Guest, Invocation, Link, Observer, OutputStream, RecordError, RunOptions, Unprovided, Value, record,
};

/// What a guest printed.
#[derive(Default)]
pub struct Printed(Mutex<Vec<u8>>);

impl Observer for Printed {
    fn output(&self, _stream: OutputStream, bytes: &[u8]) {
        self.0.lock().unwrap().extend_from_slice(bytes);
    }
}

impl Printed {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

pub fn wat(text: &str) -> Guest {
    let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    Guest { bytes: bytes.into(), name: "test.wasm".into(), path: String::new() }
}

pub fn link(name: &str, bytes: impl Into<Arc<[u8]>>) -> Link {
    Link { name: name.into(), path: format!("{name}.wasm"), bytes: bytes.into() }
}

pub fn invoke(export: &str, args: &[Value]) -> RunOptions {
    let invoke = Some(Invocation::once(export, args));
    RunOptions { invoke, ..RunOptions::default() }
}

pub fn stubbed(options: RunOptions) -> RunOptions {
    RunOptions { unprovided: Unprovided::Stub, ..options }
}

pub fn try_run(guest: &Guest, options: &RunOptions) -> Result<(Recording, String), RecordError> {
    let (mut file, printed) = (Vec::new(), Arc::new(Printed::default()));
    record(guest, options, Arc::clone(&printed) as Arc<dyn Observer>, &mut file)?;
    Ok((read(&file).unwrap(), printed.text()))
}

pub fn run(guest: &Guest, options: &RunOptions) -> (Recording, String) {
    try_run(guest, options).unwrap()
}

/// The values that a run returned.
pub fn returned(recording: &Recording) -> Vec<String> {
    match &recording.outcome {
        Outcome::Returned { values } => values.clone(),
        other => panic!("{other:?}"),
    }
}

/// Why a run trapped.
pub fn trapped(recording: &Recording) -> String {
    match &recording.outcome {
        Outcome::Trapped { message, .. } => message.clone(),
        other => panic!("{other:?}"),
    }
}
