//! Profiles of a recording that goes on.

use super::expand::{Expanded, Ids};
use super::told::{Known, Told};
use super::{Profile, UNCOUNTED, outline};
use std::sync::Arc;
use wasmscope_instrument::recording::Recording;
use wasmscope_symbolize::{SymbolFileNames, SymbolFiles, Symbols};

/// Makes profiles of a recording that goes on: functions, lines and call paths keep their ids from one to the next, so
/// that what is selected stays so.
pub struct Growing {
    symbols: Arc<Symbols>,
    told: Option<Arc<Told>>,
    ids: Ids,
    /// Why the module can't be read.
    problem: Option<String>,
}

impl Growing {
    /// Of the module in `recording`, with names and lines out of the files that `find` makes of the names of those that
    /// the module says it has.
    ///
    /// # Errors
    /// Those of `find`.
    pub fn of<E>(
        recording: &Recording,
        find: impl FnOnce(&SymbolFileNames) -> Result<SymbolFiles, E>,
    ) -> Result<Growing, E> {
        let told = Told::of(recording).map(Arc::new);
        let (module, problem) = outline(recording);
        let problem = problem.filter(|_| told.is_none());
        let files = find(&SymbolFileNames::of(&recording.module, &module))?;
        let symbols = Symbols::with_files(Arc::clone(&recording.module), Arc::new(module), files);
        Ok(Growing { symbols: Arc::new(symbols), told, ids: Ids::default(), problem })
    }

    /// The profile of what there is of a recording that goes on. What is written at its end is not said to be missing.
    pub fn profile_so_far(&mut self, recording: Recording) -> Profile {
        let mut profile = self.profile(recording);
        profile.warnings.retain(|warning| warning != UNCOUNTED);
        profile
    }

    /// The profile of a recording that is over, or of what there is of it, as [`Profile::new`] makes it.
    pub fn profile(&mut self, recording: Recording) -> Profile {
        let source = Known { symbols: &self.symbols, told: self.told.as_deref() };
        let expanded = Expanded::of(&recording, &source, &mut self.ids);
        let mut profile = Profile::assemble(recording, Arc::clone(&self.symbols), expanded);
        profile.told = self.told.clone();
        profile.warnings.splice(0..0, self.problem.clone());
        profile
    }
}
