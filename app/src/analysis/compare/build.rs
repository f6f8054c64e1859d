//! The recordings of one build, and what keeps them from being compared.

use super::Side;
use crate::profile::Profile;
use std::sync::Arc;

/// Recordings of one build: one at least, all of the same module.
#[derive(Clone, Debug)]
pub struct Build {
    first: Arc<Profile>,
    repeats: Vec<Arc<Profile>>,
}

/// Why recordings can't be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    /// There is no recording of a build.
    #[error("there is no recording of the {} build", side.name())]
    Nothing {
        /// Which one.
        side: Side,
    },
    /// Recordings that should be of the same build are not.
    #[error(
        "the recordings of the {} build are of different modules: number {number} is of {module}, which is not the \
         {first} of the first; give each build a folder of its own",
        side.name()
    )]
    Mixed {
        /// Which build.
        side: Side,
        /// Which recording, from 1.
        number: usize,
        /// The name of its module.
        module: String,
        /// That of the first one's.
        first: String,
    },
}

impl Build {
    /// The recordings of one side.
    ///
    /// # Errors
    /// When there are none, or their modules differ.
    pub fn new(side: Side, repeats: Vec<Arc<Profile>>) -> Result<Build, CompareError> {
        let first = Arc::clone(repeats.first().ok_or(CompareError::Nothing { side })?);
        let is_another = |profile: &Arc<Profile>| profile.recording().module != first.recording().module;
        if let Some(at) = repeats.iter().position(is_another) {
            let name = |profile: &Profile| profile.recording().meta.module_name.clone();
            let (module, first) = (name(&repeats[at]), name(&first));
            return Err(CompareError::Mixed { side, number: at + 1, module, first });
        }
        Ok(Build { first, repeats })
    }

    /// The first recording: all are of its module.
    pub fn first(&self) -> &Arc<Profile> {
        &self.first
    }

    /// All recordings.
    pub fn repeats(&self) -> &[Arc<Profile>] {
        &self.repeats
    }
}
