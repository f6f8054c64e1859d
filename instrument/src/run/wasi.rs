//! The world that a guest gets: WASI preview 1, with what the user granted and nothing else.

use super::output::{GuestOutput, OutputBuffer};
use super::{GrantedDir, Observer, OutputStream, Program, Stdin};
use crate::RecordError;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use wasmtime_wasi::cli::InputFile;
use wasmtime_wasi::p1::WasiP1Ctx;
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// Builds the guest's world. `name` becomes its argument 0. Where the thread `may_block` files are quicker, but a sleep
/// that we don't take over can't be ended.
pub fn make_world(
    name: &str,
    program: &Program,
    observer: &Arc<dyn Observer>,
    buffer: &Arc<OutputBuffer>,
    may_block: bool,
) -> Result<WasiP1Ctx, RecordError> {
    let Program { args, env, stdin, dirs } = program;
    let output = |which| GuestOutput { which, observer: Arc::clone(observer), buffer: Arc::clone(buffer) };
    let mut world = WasiCtxBuilder::new();
    world
        .allow_blocking_current_thread(may_block)
        .arg(name)
        .args(args)
        .envs(env)
        .stdout(output(OutputStream::Stdout))
        .stderr(output(OutputStream::Stderr));
    grant_stdin(&mut world, stdin)?;
    dirs.iter().try_for_each(|dir| grant_dir(&mut world, dir))?;
    Ok(world.build_p1())
}

fn grant_stdin(world: &mut WasiCtxBuilder, stdin: &Stdin) -> Result<(), RecordError> {
    match stdin {
        Stdin::Empty => {}
        Stdin::Inherit => drop(world.inherit_stdin()),
        Stdin::File(path) => drop(world.stdin(InputFile::new(open_file(path)?))),
    }
    Ok(())
}

/// Opens a file that the guest is given.
pub fn open_file(path: &Path) -> Result<File, RecordError> {
    let refused = |source| RecordError::Grant { path: path.to_owned(), source };
    let kind = std::fs::metadata(path).map_err(refused)?.file_type();
    if kind.is_dir() {
        return Err(refused(ErrorKind::IsADirectory.into()));
    }
    // To open a pipe may wait for ever.
    if !kind.is_file() && path != Path::new("/dev/null") {
        return Err(refused(std::io::Error::other("no file; pass a pipe as our own standard input")));
    }
    File::open(path).map_err(refused)
}

fn grant_dir(world: &mut WasiCtxBuilder, dir: &GrantedDir) -> Result<(), RecordError> {
    let GrantedDir { host, guest } = dir;
    let refused = |source| RecordError::Grant { path: host.clone(), source };
    // The engine's own error does not keep what the operating system said.
    std::fs::read_dir(host).map_err(refused)?;
    let opened = world.preopened_dir(host, guest, FsPerms::ReadWrite);
    opened.map(drop).map_err(|error| refused(std::io::Error::other(format!("{error:#}"))))
}
