//! Machine code on disk, so that a module that was compiled once starts at once the next time.
//!
//! Each file is what the engine made of one module. Its name comes from the module as it is compiled, which differs by
//! what is measured, and from the engine with its settings; how often samples are taken is in neither. A file is
//! written beside its place and moved there, so that several recorders may write at once. Its checksum tells damage,
//! which the engine would not see: it would run whatever the code has become.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;
use wasmtime::component::Component;
use wasmtime::{Engine, Module, Result};

/// What each file begins with; behind it stand the checksum of the rest and the code as one zstd frame.
const MAGIC: [u8; 8] = *b"wscode1\n";
const HEAD_BYTES: usize = MAGIC.len() + 4;
/// All files together may have this much; those that were not used for longest go first.
const MAX_BYTES: u64 = 2 << 30;
/// More machine code than this is nobody's.
const MAX_CODE_BYTES: u64 = 4 << 30;
const LEVEL: i32 = 1;

/// What the engine compiles: core modules, and components.
pub trait Code: Sized {
    /// Compiles `wasm`.
    fn compile(engine: &Engine, wasm: &[u8]) -> Result<Self>;

    /// As bytes.
    fn serialize(&self) -> Result<Vec<u8>>;

    /// What was made bytes.
    ///
    /// # Safety
    /// The bytes must be those that `serialize` gave.
    #[expect(unsafe_code, reason = "the engine has no other way to take code that it made before")]
    unsafe fn deserialize(engine: &Engine, code: &[u8]) -> Result<Self>;
}

/// The same for each of the engine's types.
macro_rules! code {
    ($ty:ty) => {
        impl Code for $ty {
            fn compile(engine: &Engine, wasm: &[u8]) -> Result<Self> {
                Self::new(engine, wasm)
            }

            fn serialize(&self) -> Result<Vec<u8>> {
                self.serialize()
            }

            #[expect(unsafe_code, reason = "see the trait")]
            unsafe fn deserialize(engine: &Engine, code: &[u8]) -> Result<Self> {
                // SAFETY: the caller's.
                unsafe { Self::deserialize(engine, code) }
            }
        }
    };
}

code!(Module);
code!(Component);

/// The place of one module's machine code.
pub struct CodeCache {
    path: PathBuf,
}

impl CodeCache {
    /// The place in `dir` of what `engine` makes of `wasm`.
    pub fn new(dir: &Path, engine: &Engine, wasm: &[u8]) -> CodeCache {
        let mut hasher = DefaultHasher::new();
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        engine.precompile_compatibility_hash().hash(&mut hasher);
        wasm.hash(&mut hasher);
        let name = format!("{:016x}-{:08x}-{}", hasher.finish(), crc32fast::hash(wasm), wasm.len());
        CodeCache { path: dir.join(name) }
    }

    /// What was compiled before; `None` where it was not, or where its file is damaged.
    #[expect(unsafe_code, reason = "the engine has no other way to take code that it made before")]
    pub fn load<T: Code>(&self, engine: &Engine) -> Option<T> {
        let code = unpack(&fs::read(&self.path).ok()?)?;
        // SAFETY: The checksum says that these are the bytes that `keep` wrote, which `Code::serialize` gave. Who can
        // forge it can write into the user's own cache folder, and so replace programs of the user's as well.
        let module = unsafe { T::deserialize(engine, &code) }.ok()?;
        // When a file was last used decides what goes first. Where that can't be noted it goes earlier.
        let _ = File::open(&self.path).and_then(|file| file.set_modified(SystemTime::now()));
        Some(module)
    }

    /// Keeps it for the next time, as far as there is room: compiling again only takes longer.
    pub fn keep(&self, module: &impl Code) {
        let Ok(packed) = module.serialize().map_err(io::Error::other).and_then(|code| pack(&code)) else {
            return;
        };
        if self.write(&packed).is_ok() {
            let _ = self.path.parent().map_or(Ok(()), |dir| make_room(dir, MAX_BYTES));
        }
    }

    fn write(&self, packed: &[u8]) -> io::Result<()> {
        static WRITTEN: AtomicU32 = AtomicU32::new(0);
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let part = self.path.with_extension(format!("{}-{number}.part", std::process::id()));
        fs::create_dir_all(self.path.parent().unwrap_or(Path::new("")))?;
        let written = fs::write(&part, packed).and_then(|()| fs::rename(&part, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written
    }
}

fn pack(code: &[u8]) -> io::Result<Vec<u8>> {
    let packed = zstd::bulk::compress(code, LEVEL)?;
    Ok([&MAGIC[..], &crc32fast::hash(&packed).to_le_bytes(), &packed].concat())
}

fn unpack(file: &[u8]) -> Option<Vec<u8>> {
    let (crc, packed) = file.get(..HEAD_BYTES)?.strip_prefix(&MAGIC).zip(file.get(HEAD_BYTES..))?;
    if *crc != crc32fast::hash(packed).to_le_bytes() {
        return None;
    }
    let bytes = zstd::zstd_safe::get_frame_content_size(packed).ok()??;
    let mut code = Vec::with_capacity(usize::try_from(bytes).ok().filter(|_| bytes <= MAX_CODE_BYTES)?);
    zstd::Decoder::with_buffer(packed).ok()?.take(MAX_CODE_BYTES).read_to_end(&mut code).ok()?;
    Some(code)
}

/// Removes the files in `dir` that were not used for longest, until those that stay have `max_bytes` at most.
fn make_room(dir: &Path, max_bytes: u64) -> io::Result<()> {
    let facts = |entry: io::Result<fs::DirEntry>| {
        let entry = entry.ok()?;
        let facts = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        Some((facts.modified().ok()?, facts.len(), entry.path()))
    };
    let mut files: Vec<_> = fs::read_dir(dir)?.filter_map(facts).collect();
    files.sort_by(|a, b| b.cmp(a));
    let mut bytes = 0u64;
    for (_, len, path) in files {
        bytes = bytes.saturating_add(len);
        if bytes > max_bytes {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// `(module (func (export "f") (result i32) i32.const 7))`
    const WASM: &[u8] = b"\0asm\x01\0\0\0\x01\x05\x01\x60\0\x01\x7f\x03\x02\x01\0\
            \x07\x05\x01\x01f\0\0\x0a\x06\x01\x04\0\x41\x07\x0b";

    fn cached(dir: &Path) -> (Engine, CodeCache) {
        let engine = Engine::default();
        let cache = CodeCache::new(dir, &engine, WASM);
        cache.keep(&Module::new(&engine, WASM).unwrap());
        (engine, cache)
    }

    #[test]
    fn what_was_kept_is_found_by_the_same_engine_and_module_only() {
        let dir = tempfile::tempdir().unwrap();
        let (engine, cache) = cached(&dir.path().join("new"));
        let module: Module = cache.load(&engine).unwrap();
        assert_eq!(module.exports().map(|export| export.name().to_owned()).collect::<Vec<_>>(), ["f"]);
        let other = [WASM, b"\0\x02\x01x"].concat();
        let dir = cache.path.parent().unwrap();
        assert!(CodeCache::new(dir, &engine, &other).load::<Module>(&engine).is_none());
        let epochs = Engine::new(wasmtime::Config::new().epoch_interruption(true)).unwrap();
        assert!(CodeCache::new(dir, &epochs, WASM).load::<Module>(&epochs).is_none());
        assert!(cache.load::<Module>(&epochs).is_none(), "the engine refuses what another one made");
    }

    #[test]
    fn no_damage_reaches_the_engine() {
        let dir = tempfile::tempdir().unwrap();
        let (engine, cache) = cached(dir.path());
        let whole = fs::read(&cache.path).unwrap();
        for at in 0..whole.len() {
            let mut harmed = whole.clone();
            harmed[at] ^= 1 << (at % 8);
            assert!(unpack(&harmed).is_none(), "byte {at}");
        }
        for len in [0, 3, HEAD_BYTES, whole.len() - 1] {
            fs::write(&cache.path, &whole[..len]).unwrap();
            assert!(cache.load::<Module>(&engine).is_none(), "{len} bytes");
        }
        fs::write(&cache.path, b"somebody else's, and long enough to be ours").unwrap();
        assert!(cache.load::<Module>(&engine).is_none());
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        for (age, name) in ["new", "middle", "old"].iter().enumerate() {
            let path = dir.path().join(name);
            fs::write(&path, [0; 100]).unwrap();
            let then = SystemTime::now() - Duration::from_secs(60 * age as u64);
            File::options().append(true).open(path).unwrap().set_modified(then).unwrap();
        }
        let names = || {
            let entries = fs::read_dir(dir.path()).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        make_room(dir.path(), 300).unwrap();
        assert_eq!(names(), ["middle", "new", "old"]);
        make_room(dir.path(), 299).unwrap();
        assert_eq!(names(), ["middle", "new"]);
        make_room(dir.path(), 99).unwrap();
        assert!(names().is_empty());
    }
}
