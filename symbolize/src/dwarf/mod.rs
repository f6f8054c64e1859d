//! Lines and inlined functions.

use std::ops::Range;
use std::sync::Arc;

use crate::demangle::Names;
use crate::ids::{CodeOffset, FuncIndex};
use crate::module::ModuleIndex;
use crate::symbols::Location;
use crate::warning::Warning;

pub(crate) struct Debug {
    warnings: Vec<Warning>,
}

pub(crate) struct RawFrame {
    pub(crate) name: Names,
    pub(crate) location: Option<Location>,
}

impl Debug {
    pub(crate) fn load(_bytes: &Arc<[u8]>, _module: &ModuleIndex) -> Debug {
        Debug { warnings: Vec::new() }
    }
    pub(crate) fn frames(&self, _offset: CodeOffset, _function: FuncIndex) -> Vec<RawFrame> {
        Vec::new()
    }
    pub(crate) fn name(&self, _function: FuncIndex) -> Option<Arc<str>> {
        None
    }
    pub(crate) fn declaration(&self, _function: FuncIndex) -> Option<Location> {
        None
    }
    pub(crate) fn first_location(&self, _body: &Range<CodeOffset>) -> Option<Location> {
        None
    }
    pub(crate) fn has_lines(&self) -> bool {
        false
    }
    pub(crate) fn warnings(&self) -> &[Warning] {
        &self.warnings
    }
}
